#!/usr/bin/env python3
"""Tests lido-top: in a pseudo-terminal, its JSON, and its map. Prints TAP.

    top_test.py LIDO LIDO_TOP LIDO_ICONS

LIDO_TEST selects tests by name: top@NAME.
"""
import fnmatch
import json
import os
import pty
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

sys.dont_write_bytecode = True
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../hostile'))
from lido import Lido, kill_session
from odd_server import OddServer
from terminal import Terminal

SVG = '{http://www.w3.org/2000/svg}'
NASTY = [b'\x1b]0;title\x07', b'\x1b[31mred', b'a\rb\nc\x08d', b'\xc3\xa4\xff\xfe\x9b1m', b'%s%n', b'', b'<&">\\', b'x' * 500]


# What lido-top(1) lists.
METRICS = {'lido_clients': 'gauge', 'lido_client_read_bytes': 'counter', **{'lido_client_' + name: 'gauge' for name in (
    'exported_areas sealed_files unsealable_files mappings fds blocks buffers buffers_peak pins mapped_bytes used_bytes '
    'used_peak_bytes resident_bytes cached_bytes scratch_bytes scratch_peak_bytes scratch_idle_bytes pinned_bytes '
    'limit_used limit_max').split()}}


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


def expect(condition, *what):
    if not condition:
        raise Failed(' '.join(str(w) for w in what))


class Stage:
    """A Lido with two clients: lido-icons with 20 and with 100 icons."""

    def __init__(self, programs):
        program, self.top, self.icons = programs
        self.lido = Lido(program)
        self.environment = self.lido.environment
        self.clients = [self.lido.start([self.icons, '--count', count], 'icons-' + count) for count in ('20', '100')]
        self.wait_for_buffers()

    def run(self, *arguments):
        return subprocess.run([self.top, *arguments], env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60)

    def clients_now(self):
        result = self.run('--once', '--json')
        expect(result.returncode == 0, result.stderr)
        return json.loads(result.stdout)['clients']

    def wait_for_buffers(self):
        for _ in range(300):
            counts = sorted(client['buffers'] for client in self.clients_now())
            if len(counts) == 2 and counts[0] >= 20 and counts[1] >= 100:
                return
            time.sleep(0.1)
        raise Failed('the clients did not appear: %s' % counts)

    def start(self, columns=100, lines=12, options=()):
        return Terminal([self.top, '--interval', '0.2', *options], columns, lines, self.environment)

    def finish(self):
        for client in self.clients:
            kill_session(client)
        status = self.lido.stop()
        self.lido.clean()
        expect(status == 0, 'lido exited with', status)


def rows(lines):
    """Returns the lines of clients, split into words."""
    return [line.split() for line in lines[2:-1] if line]


def pids(lines):
    return [int(row[1]) for row in rows(lines)]


def has_all(stage):
    wanted = sorted(client.pid for client in stage.clients)
    return lambda lines: len(rows(lines)) == 2 and sorted(pids(lines)) == wanted


def quit_with(terminal, key='q'):
    terminal.type(key)
    status, said = terminal.finish()
    expect((status, said) == (0, ''), 'lido-top exited with', status, said)
    expect(terminal.is_restored, 'the terminal was not restored')


def test_table_has_the_clients_and_q_ends_it(stage):
    terminal = stage.start()
    expect(terminal.wait_for(has_all(stage)), *terminal.shown())
    lines = terminal.shown()
    expect(lines[0].startswith(' lido-top  2 clients'), lines[0])
    expect(lines[1].startswith('Name ') and 'Used' in lines[1] and 'Buffers' in lines[1], lines[1])
    expect(lines[-1].startswith(' q quit'), lines[-1])
    expect(all(row[0] == 'lido-icons' for row in rows(lines)), lines)
    expect(terminal.is_alternate, 'not in the alternate screen')
    buffers = lines[1].split().index('Buffers')

    def is_as_told(lines):
        told = {client['pid']: client['buffers'] for client in stage.clients_now()}
        return all(told[int(row[1])] == int(row[buffers]) for row in rows(lines))

    # Wait, since a client may just be replacing its window's first buffer.
    expect(terminal.wait_for(is_as_told), stage.clients_now(), *terminal.shown())
    quit_with(terminal)


def test_letter_that_sorts_is_underlined(stage):
    terminal = stage.start(180)
    expect(terminal.wait_for(has_all(stage)), *terminal.shown())
    letters = terminal.underlined_letters(1)
    expect(letters == 'NPESlBuMdRCaiykt', letters)
    columns = [line.split()[0] for line in stage.run('--sort', 'help').stdout.splitlines()]
    for letter, column in zip(letters.lower(), columns):
        terminal.type(letter)
        expect(terminal.wait_for(lambda lines: lines[-1].endswith('by ' + column)), letter, *terminal.shown())
    quit_with(terminal)


def test_letters_sort_and_v_reverses(stage):
    terminal = stage.start()
    by_buffers = [client.pid for client in reversed(stage.clients)]
    by_pid = sorted(by_buffers, reverse=True)
    expect(terminal.wait_for(has_all(stage)), *terminal.shown())
    for key, order, name in ('u', by_buffers, 'buffers'), ('v', by_buffers[::-1], 'buffers'), ('p', by_pid, 'pid'), \
            ('v', by_pid[::-1], 'pid'):
        terminal.type(key)
        expect(terminal.wait_for(lambda lines: pids(lines) == order and lines[-1].endswith('by ' + name)), key,
            *terminal.shown())
    quit_with(terminal)


def test_other_sizes_are_drawn(stage):
    terminal = stage.start(80)
    expect(terminal.wait_for(has_all(stage)), *terminal.shown())
    expect('of limit' not in terminal.shown()[1], terminal.shown()[1])
    terminal.resize(160, 20)
    expect(terminal.wait_for(lambda lines: has_all(stage)(lines) and 'of limit' in lines[1]), *terminal.shown())
    expect(terminal.wait_for(lambda lines: lines[-1].startswith(' q quit')), *terminal.shown())
    for columns, lines in (40, 5), (10, 3), (2, 2), (300, 60):
        terminal.resize(columns, lines)
        expect(terminal.wait_for(lambda shown: any(shown)), columns, lines, *terminal.shown())
    expect(terminal.wait_for(has_all(stage)), *terminal.shown())
    quit_with(terminal)


def test_first_order_is_an_option(stage):
    terminal = stage.start(options=('--sort', 'blocks', '--reverse'))
    expect(terminal.wait_for(lambda lines: pids(lines) == [client.pid for client in stage.clients]), *terminal.shown())
    quit_with(terminal)


def test_json_is_one_object_a_line(stage):
    process = subprocess.Popen([stage.top, '--json', '--interval', '0.1'], env=stage.environment,
        stdout=subprocess.PIPE, text=True)
    looks = [json.loads(process.stdout.readline())['clients'] for _ in range(3)]
    process.kill()
    process.wait()
    process.stdout.close()
    for clients in looks:
        expect(sorted(c['pid'] for c in clients) == sorted(c.pid for c in stage.clients), clients)
    expect(looks[0][0]['bytes_read_per_second'] is None and looks[2][0]['bytes_read_per_second'] >= 0, looks)
    client = next(c for c in looks[2] if c['pid'] == stage.clients[1].pid)
    expect(client['exported_areas'] == 1 and client['blocks'] >= 100 and client['bytes_used'] > 0, client)
    expect(client['bytes_used'] <= client['bytes_used_peak'] <= client['bytes_mapped'], client)
    expect(client['limit']['used'] <= client['limit']['max'], client)


def test_once_prints_all_columns(stage):
    result = stage.run('--once', '--sort', 'pid')
    lines = result.stdout.splitlines()
    expect(result.returncode == 0 and len(lines) == 3 and 'of limit' in lines[0], result.stdout)
    expect([int(line.split()[1]) for line in lines[1:]] == sorted((c.pid for c in stage.clients), reverse=True), lines)


def test_map_is_to_scale(stage):
    for client in stage.clients:
        result = stage.run('--map', str(client.pid))
        expect(result.returncode == 0, result.stderr)
        areas = ElementTree.fromstring(result.stdout).findall(SVG + 'svg')
        expect(len(areas) == 2, result.stdout)  # one area, and the compositor's copies
        for area in areas:
            _, _, width, height = map(int, area.get('viewBox').split())
            total = used = 0
            for rectangle in area.findall(SVG + 'rect'):
                x, y, w, h = (int(rectangle.get(key)) for key in ('x', 'y', 'width', 'height'))
                expect(w > 0 and h == 1 and x + w <= width and y < height and y * width + x == total, x, y, w, total)
                total += w * h
                used += w * h if rectangle.get('class') == 'used' else 0
            expect(total == int(area.get('data-size')), total, area.get('data-size'))
            expect(used > 0, result.stdout)
        told = next(c for c in stage.clients_now() if c['pid'] == client.pid)
        expect(abs(int(areas[0].get('data-size')) - told['bytes_resident']) < 1 << 20, told)


def test_map_goes_to_a_file(stage):
    path = os.path.join(stage.lido.directory, 'map.svg')
    result = stage.run('--map', str(stage.clients[0].pid), '-o', path)
    expect(result.returncode == 0 and result.stdout == '' and ElementTree.parse(path), result)
    result = stage.run('--map', str(stage.clients[0].pid), '-o', '/nowhere/map.svg')
    expect(result.returncode == 1 and '/nowhere/map.svg' in result.stderr, result)


def test_process_that_is_no_client_is_a_failure(stage):
    result = stage.run('--map', '1')
    expect(result.returncode == 1 and 'process 1 is not a client' in result.stderr, result)


def test_wrong_options_are_wrong_use(stage):
    for arguments, text in ((['--sort', 'color'], 'color'), (['--interval', '0'], '"0"'), (['--map', 'foot'], 'foot'),
            (['--no-such'], '--no-such'), (['word'], 'argument "word"'), (['--map'], 'needs a value'), (['-o', 'x'], '--map'),
            (['--prometheus', '--json'], 'excludes --json'), (['--prometheus', '--map', '1'], 'and --map')):
        result = stage.run(*arguments)
        expect(result.returncode == 2 and text in result.stderr and result.stdout == '', arguments, result)
    for arguments, text in ((['--help'], '--sort'), (['--version'], 'lido-top '), (['--sort', 'help'], 'buffers')):
        result = stage.run(*arguments)
        expect(result.returncode == 0 and text in result.stdout and result.stderr == '', arguments, result)


def test_no_compositor_is_a_failure_that_names_the_socket(stage):
    result = stage.run('--once', '--display', 'nobody')
    expect(result.returncode == 1 and 'nobody-monitor' in result.stderr, result)
    result = subprocess.run([stage.top, '--once'], env=dict(stage.environment, WAYLAND_DISPLAY='lido', TERM='none'),
        capture_output=True, text=True)
    expect(result.returncode == 0, result)


def test_unknown_terminal_is_a_failure(stage):
    master, slave = pty.openpty()
    result = subprocess.run([stage.top], env=dict(stage.environment, TERM='no-such-terminal'), stdin=slave, stdout=slave,
        stderr=subprocess.PIPE, text=True)
    os.close(master)
    os.close(slave)
    expect(result.returncode == 1 and 'no-such-terminal' in result.stderr, result)


def test_without_a_terminal_it_says_what_needs_none(stage):
    result = stage.run()
    expect(result.returncode == 1 and '--once' in result.stderr and result.stdout == '', result)


def test_compositor_that_goes_is_said_and_the_terminal_is_put_back(stage):
    server = OddServer(stage.lido.directory, [b'one'])
    terminal = stage.start(options=('--display', 'odd'))
    expect(terminal.wait_for(lambda lines: 'one' in lines[2]), *terminal.shown())
    server.close()
    status, said = terminal.finish()
    server.stop()
    expect(status == 1 and said == 'lido-top: the compositor has closed the connection\n', status, said)
    expect(terminal.is_restored, 'the terminal was not restored')


def test_compositor_that_does_not_answer_holds_up_nothing(stage):
    server = OddServer(stage.lido.directory, None)
    terminal = stage.start(options=('--display', 'odd'))
    expect(terminal.wait_for(lambda lines: True), *terminal.shown())
    quit_with(terminal)
    server.stop()


def parse_metrics(text):
    """Parses OpenMetrics text strictly. Returns the samples: {name: {client: (labels, value)}}."""
    try:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families
    except ImportError:
        raise Skipped('python3-prometheus-client is not installed')
    try:
        families = list(text_string_to_metric_families(text))
    except ValueError as error:
        raise Failed('%s in %s' % (error, text))
    expect({family.name: family.type for family in families} == METRICS, [family.name for family in families])
    expect(all(family.documentation for family in families), families)
    expect(all(family.unit == ('bytes' if family.name.endswith('_bytes') else '') for family in families), families)
    return {family.name: {sample.labels.get('client'): (sample.labels, sample.value) for sample in family.samples}
        for family in families}


def test_metrics_are_those_of_the_clients(stage):
    result = stage.run('--prometheus')
    told = stage.clients_now()
    expect(result.returncode == 0 and result.stdout.endswith('\n# EOF\n'), result)
    metrics = parse_metrics(result.stdout)
    expect(metrics['lido_clients'] == {None: ({}, 2)}, metrics['lido_clients'])
    for name in METRICS:
        if name != 'lido_clients':
            expect(sorted(metrics[name]) == sorted(str(client['id']) for client in told), name, metrics[name])
    for client in told:
        labels, value = metrics['lido_client_exported_areas'][str(client['id'])]
        expect(labels == {'client': str(client['id']), 'pid': str(client['pid']), 'name': 'lido-icons'}, labels)
        expect(value == client['exported_areas'] == 1, value)
        expect(metrics['lido_client_used_bytes'][str(client['id'])][1] > 0, metrics)
        labels, value = metrics['lido_client_limit_max'][str(client['id'])]
        expect(labels['limit'] == client['limit']['key'] and value == client['limit']['max'], labels, value)


def test_metrics_of_clients_with_nasty_names_are_text(stage):
    server = OddServer(stage.lido.directory, NASTY)
    result = stage.run('--prometheus', '--display', 'odd')
    server.stop()
    expect(re.fullmatch(r'[ -~\n]*', result.stdout) and result.returncode == 0, result)
    metrics = parse_metrics(result.stdout)
    names = [metrics['lido_client_fds'][str(i + 1)][0]['name'] for i in range(len(NASTY))]
    expect(names[2] == 'a?b?c?d' and names[4] == '%s%n' and names[6] == '<&">\\' and names[7] == 'x' * 47, names)
    expect(metrics['lido_client_used_bytes']['1'][1] == 0x7fffffffffffffff, metrics['lido_client_used_bytes'])


def test_metrics_without_clients_are_complete(stage):
    server = OddServer(stage.lido.directory, [])
    result = stage.run('--prometheus', '--display', 'odd')
    server.stop()
    expect(result.returncode == 0, result)
    metrics = parse_metrics(result.stdout)
    expect(metrics['lido_clients'] == {None: ({}, 0)} and metrics['lido_client_fds'] == {}, metrics)


def test_names_never_reach_the_terminal_raw(stage):
    server = OddServer(stage.lido.directory, NASTY)
    terminal = stage.start(300, 20, options=('--display', 'odd', '--sort', 'pid', '--reverse'))
    expect(terminal.wait_for(lambda lines: len([line for line in lines[2:-1] if line]) == len(NASTY)), *terminal.shown())
    lines = terminal.shown()[2:]
    expect(lines[0].startswith('?]0;title?'), lines[0])
    expect(lines[1].startswith('?[31mred'), lines[1])
    expect(lines[2].startswith('a?b?c?d'), lines[2])
    expect(lines[3].startswith('?????1m'), lines[3])
    expect(lines[4].startswith('%s%n'), lines[4])
    expect(b'\x1b]0' not in terminal.raw and b'\x07' not in terminal.raw, terminal.raw)
    quit_with(terminal)
    server.stop()
    for arguments in (['--json'], []):
        server = OddServer(stage.lido.directory, NASTY)
        result = stage.run('--once', '--display', 'odd', *arguments)
        server.stop()
        expect(re.fullmatch(r'[ -~\n]*', result.stdout) and result.returncode == 0, result)
        if arguments:
            expect(len(json.loads(result.stdout)['clients']) == len(NASTY), result.stdout)


def main(programs):
    tests = [(name[5:].replace('_', '-'), run) for name, run in globals().items() if name.startswith('test_')]
    wanted = [name for name in os.environ.get('LIDO_TEST', '').split()]
    tests = [(name, run) for name, run in tests
        if not wanted or any(fnmatch.fnmatch('top@' + name, pattern) for pattern in wanted)]
    print('1..%d' % len(tests), flush=True)
    failed = False
    stage = Stage(programs)
    for number, (name, run) in enumerate(tests, 1):
        try:
            run(stage)
            print('ok %d top@%s' % (number, name), flush=True)
        except Skipped as cause:
            print('ok %d top@%s # SKIP %s' % (number, name, cause), flush=True)
        except Failed as failure:
            failed = True
            print('not ok %d top@%s' % (number, name))
            print(re.sub(r'^', '# ', str(failure), flags=re.M), flush=True)
    stage.finish()
    sys.exit(failed)


main(sys.argv[1:])
