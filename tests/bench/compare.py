#!/usr/bin/env python3
"""Benchmarks Lido against other compositors, and against itself with wlroots' own wl_shm.

    compare.py BUILD OUT [--quick] [NAME...]

Runs the same client in each server in turn, for several rounds. Prints the tables and writes them to OUT/NAME.txt, all
values to OUT/NAME.tsv and plots to OUT/NAME.svg.
"""
import os
import sys

sys.dont_write_bytecode = True
from compositors import Compositor
from results import Results, format_table, number, plot_bars, plot_lines, span
import stock

LIDO, WLROOTS = 'lido', 'lido wl_shm'
FRAME_PEERS = [LIDO, WLROOTS, 'weston']
ALL = [LIDO, WLROOTS, 'sway', 'labwc', 'cage', 'weston']


class Run:
    """One benchmark run. quick: a single round with counts too small for meaningful figures."""

    def __init__(self, build, out, quick):
        self.build, self.out, self.quick = build, out, quick
        self.rounds = 1 if quick else int(os.environ.get('LIDO_BENCH_ROUNDS', 5))
        self.text = ''

    def say(self, text=''):
        print(text, flush=True)
        self.text += text + '\n'

    def table(self, title, header, rows):
        self.say('\n%s\n%s' % (title, format_table(header, rows)))

    def client(self, name, *arguments):
        return ['%s/tests/bench/%s_bench' % (self.build, name), *(str(argument) for argument in arguments)]

    def progress(self, name, number):
        print('bench: %s, round %d of %d' % (name, number + 1, self.rounds), file=sys.stderr, flush=True)

    def each(self, name, servers, measure, **options):
        """Calls measure(compositor) for each server in each round."""
        for number in range(self.rounds):
            self.progress(name, number)
            for server in servers:
                with Compositor(server, self.build, **options) as compositor:
                    measure(compositor)


def bench_commit(run, name='commit', servers=(LIDO, WLROOTS, 'weston'), one=LIDO, other='weston'):
    """Frames in new buffers, and in reused ones."""
    results = Results()
    frames = 3 if run.quick else 60
    cases = os.popen(' '.join(run.client('commit', 'cases'))).read().splitlines()
    cases = [case for case in cases if not run.quick or case.startswith('64x64')]

    def measure(compositor):
        for case in cases:
            results.add_output(compositor.name, compositor.run(run.client('commit', compositor.pid, frames, case)))
    run.each(name, servers, measure)
    results.write('%s/%s.tsv' % (run.out, name))
    rows = []
    for case in results.cases:
        row = [case]
        for key in ('server_cpu', 'client_cpu'):
            row += [number(results.ratio((one, case), (other, case), key), 2)]
            row += [span(results.get(server, case, key)) for server in servers]
        rows.append(row)
    header = ['CPU time of a frame, us', '%s:%s' % (one, other), *servers]
    run.table('compositor, then client', [*header, 'client', *servers], rows)
    keys = ('server_faults+client_faults', 'server_switches+client_switches')
    rows = [[case] + [number(results.median(server, case, key)) for key in keys for server in servers]
        for case in results.cases]
    run.table('page faults of a frame, of both; then switches of context', ['', *servers, *servers], rows)
    if name == 'commit':
        compare_memory(run, results)
    count_calls(run, cases, servers)
    plot_bars(run.out, name, 'CPU time of a 1080p frame, compositor and client', 'us', servers,
        [[case[6:]] + [results.median(server, case, 'server_cpu+client_cpu') for server in servers]
            for case in results.cases if case.startswith('1080p' if not run.quick else '64x64')][:5])


def compare_memory(run, results):
    """Pool blocks in Lido compared with a new wl_shm pool for each frame, in Lido and in other servers."""
    rows = []
    key = 'server_cpu+client_cpu'
    for case in results.cases:
        size, rest = case.split(' ', 1)
        if rest not in ('new image, cold', 'new image, warm', 'two images'):
            continue
        base = size + ' new pool, sealed'
        rows.append([case] + [number(results.ratio((LIDO, case), (server, base), key), 3)
            for server in (LIDO, WLROOTS, 'weston')] + [span(results.get(LIDO, case, key))])
    run.table('compositor and client together: ratio to a new wl_shm pool for each frame in ...',
        ['in lido', LIDO, WLROOTS, 'weston', 'us in lido'], rows)


def count_calls(run, cases, servers):
    """System calls per frame: the increase when the frames double. Slow, so only for few cases, and not timed."""
    rows = []
    frames = 4 if run.quick else 40
    for case in cases:
        if not case.startswith('64x64' if run.quick else '1080p') or '%' in case:
            continue
        row = [case]
        for server in servers:
            counts = []
            with Compositor(server, run.build) as compositor:
                # The first run absorbs what a server does only once.
                for count in (1, frames, 2 * frames):
                    counts.append(stock.count_calls(compositor, run.client('commit', compositor.pid, count, case)))
            row += ['%.1f/%.1f' % tuple((counts[2][i] - counts[1][i]) / frames for i in pair) for pair in ((0, 1), (2, 3))]
        rows.append(row)
    header = ['all/mmap and munmap'] + [server + side for server in servers for side in (': server', ': client')]
    run.table('system calls of a frame (strace)', header, rows)


def bench_wrap(run):
    """Sway with Lido's shm backend preloaded, compared with sway alone."""
    bench_commit(run, 'wrap', ('sway wrapped', 'sway'), 'sway wrapped', 'sway')


def bench_resize(run):
    """A window that changes its size with each frame."""
    results = Results()
    frames = 8 if run.quick else 300
    pairs = [(LIDO, 'swapchain'), (LIDO, 'sealed'), (LIDO, 'unsealable'), (WLROOTS, 'sealed'), ('sway', 'sealed'),
        ('weston', 'sealed')]
    for round in range(run.rounds):
        run.progress('resize', round)
        for server, memory in pairs:
            with Compositor(server, run.build) as compositor:
                results.add_output(server, compositor.run(run.client('resize', compositor.pid, frames, memory)))
    results.write(run.out + '/resize.tsv')
    rows = []
    key = 'server_cpu+client_cpu'
    for server, memory in pairs:
        gaps = results.get(server, memory, 'interval_max')
        works = results.get(server, memory, 'work_max')
        rows.append(['%s, %s' % (server, memory),
            number(results.ratio((LIDO, 'swapchain'), (server, memory), key), 3)] +
            [span(results.get(server, memory, part)) for part in (key, 'server_cpu', 'client_cpu')] +
            [number(results.median(server, memory, 'server_faults+client_faults')),
            '%s/%s' % (number(results.median(server, memory, 'interval_median')), number(min(gaps))),
            '%s/%s' % (number(results.median(server, memory, 'work_median')), number(min(works)))])
    run.table('a frame of a resize, 400x300 to 1080p and back, %d frames' % frames,
        ['server, memory', 'ratio', 'CPU of both, us', 'server', 'client', 'faults', 'interval ms: median/max',
            'us a MiB: median/max'], rows)
    run.say('(ratio: lido with the swapchain to this line; max: of the round in which it was least)')
    plot_bars(run.out, 'resize', 'CPU time of a frame of a resize', 'us', ['compositor', 'client'],
        [['%s %s' % pair, results.median(*pair, 'server_cpu'), results.median(*pair, 'client_cpu')] for pair in pairs])


def bench_icons(run):
    """Many small buffers."""
    results = Results()
    counts = [10] if run.quick else [500, 5000]
    pairs = [(LIDO, 'library'), (LIDO, 'sealed'), (WLROOTS, 'sealed'), ('sway', 'sealed'), ('labwc', 'sealed'),
        ('weston', 'sealed')]
    for round in range(run.rounds):
        run.progress('icons', round)
        for count in counts:
            for server, memory in pairs:
                # Allow enough files; the default limit is 1,024.
                options = ['--shm-limit', 'files=6000'] if (server, memory) == (LIDO, 'sealed') else []
                with Compositor(server, run.build, options=options) as compositor:
                    text = compositor.run(run.client('icons', compositor.pid, count, memory))
                results.add_output(server, text, '%d %s' % (count, memory))
    results.write(run.out + '/icons.tsv')
    for count in counts:
        best = (LIDO, '%d library' % count)
        rows = []
        for server, memory in pairs:
            case = '%d %s' % (count, memory)
            rows.append(['%s, %s' % (server, memory), number(results.ratio(best, (server, case), 'time'), 2),
                span(results.get(server, case, 'time'))] + [span(results.get(server, case, side + '_cpu'))
                for side in ('server', 'client')] + ['%s/%s' % tuple(number(results.median(server, case, side + '_faults'))
                for side in ('server', 'client'))] + ['%s/%s' % tuple(number(results.median(server, case, side + '_' + key), 0)
                for side in ('server', 'client')) for key in ('fds', 'mappings', 'address', 'resident')])
        run.table('%d icons of 32x32 (%d KiB)' % (count, 4 * count), ['server, memory', 'ratio', 'all shown, ms',
            'server, us an icon', 'client', 'faults s/c', 'fds', 'mappings', 'address KiB', 'resident KiB'], rows)
    plot_bars(run.out, 'icons', 'Time until %d icons are shown' % counts[-1], 'ms', ['ms'],
        [['%s %s' % (server, memory), results.median(server, '%d %s' % (counts[-1], memory), 'time')]
            for server, memory in pairs])


def bench_death(run):
    """A client with very many buffers is killed."""
    results = Results()
    count = 20 if run.quick else 10000
    pairs = [(LIDO, 'library'), (WLROOTS, 'sealed'), ('sway', 'sealed'), ('labwc', 'sealed'), ('weston', 'sealed')]
    for round in range(run.rounds):
        run.progress('death', round)
        for server, memory in pairs:
            with Compositor(server, run.build) as compositor:
                results.add_output(server, compositor.run(run.client('death', compositor.pid, count, memory)))
    results.write(run.out + '/death.tsv')
    rows = []
    for server, memory in pairs:
        rows.append(['%s, %s' % (server, memory)] + [number(results.ratio((LIDO, 'library'), (server, memory), key), 3)
            for key in ('returned', 'server_cpu')] + [span(results.get(server, memory, key))
            for key in ('returned', 'server_cpu', 'answer', 'quiet_answer', 'gap', 'quiet_gap')] +
            [number(results.median(server, memory, key), 0) for key in ('fds', 'mappings')])
    run.table('a client with %d buffers of 64x64 is killed (ms)' % count, ['server, memory', 'ratio', 'of CPU',
        'all returned', 'CPU of the server', 'longest answer', 'in quiet', 'longest frame', 'in quiet', 'fds', 'mappings'], rows)
    plot_bars(run.out, 'death', 'A client with %d buffers dies' % count, 'ms', ['all returned', 'longest answer'],
        [['%s %s' % pair, results.median(*pair, 'returned'), results.median(*pair, 'answer')] for pair in pairs])


def bench_scale(run):
    """From one client to very many."""
    results = Results()
    counts = [1, 3] if run.quick else [1, 10, 100, 500, 1000, 2000]
    commits = 20 if run.quick else 2000
    pairs = [(LIDO, 'library'), (LIDO, 'sealed'), (WLROOTS, 'sealed'), ('sway', 'sealed'),
        ('labwc', 'sealed'), ('weston', 'sealed')]
    for round in range(run.rounds):
        run.progress('scale', round)
        for count in counts:
            for server, memory in pairs:
                with Compositor(server, run.build) as compositor:
                    text = compositor.run(run.client('scale', compositor.pid, count, commits, memory))
                results.add_output(server + ', ' + memory, text)
    results.write(run.out + '/scale.tsv')
    keys = ('fds', 'mappings', 'resident', 'idle', 'server_cpu', 'p50', 'p99')
    for server in results.servers:
        run.table(server, ['clients', 'fds each', 'mappings each', 'KiB each', 'idle, ms a second', 'CPU a commit, us',
            'back after, us: p50', 'p99'],
            [[case] + [span(results.get(server, case, key)) for key in keys] for case in results.cases])
    for key, title, unit in (('resident', 'Resident memory of the compositor, for each client', 'KiB'),
            ('p50', 'From a commit until the client has a buffer back, median', 'us')):
        plot_lines(run.out, 'scale-' + key, title, unit, 'clients', results.servers,
            [[int(case)] + [results.median(server, case, key) for server in results.servers] for case in results.cases])


def bench_start(run):
    """Until the server serves clients, and what it holds without any."""
    results = Results()
    servers = [LIDO, WLROOTS, 'cage', 'labwc', 'sway']
    for round in range(run.rounds):
        run.progress('start', round)
        for server in servers[:1] if run.quick else servers:
            with Compositor(server, run.build, size=(1280, 720), starts=False) as compositor:
                results.add_output(server, compositor.run(run.client('start') + compositor.command))
    results.write(run.out + '/start.tsv')
    keys = ('answer', 'cpu', 'proportional')
    run.table('start, and idle without clients', ['server', *('ratio: ' + key for key in keys), 'socket, ms',
        'first answer', 'CPU until then', 'faults', 'resident KiB', 'proportional', 'anonymous', 'fds', 'mappings',
        'CPU of an idle second, ms'], [[server] +
            [number(results.ratio((LIDO, 'idle'), (server, 'idle'), key), 2) for key in keys] +
            [span(results.get(server, 'idle', key)) for key in ('socket', 'answer', 'cpu')] +
            [number(results.median(server, 'idle', key), 0) for key in ('faults', 'resident', 'proportional',
                'anonymous', 'fds', 'mappings')] + [number(results.median(server, 'idle', 'idle_cpu'))]
            for server in results.servers])


def bench_limits(run):
    """The parts of a frame, without a compositor: lower bounds for its cost."""
    results = Results()
    for round in range(run.rounds):
        run.progress('limits', round)
        results.add_output('', os.popen(' '.join(run.client('limits', 2 if run.quick else 20))).read())
    results.write(run.out + '/limits.tsv')
    keys = ('draw', 'read', 'draw_and_read', 'draw_and_compose', 'copy', 'pread', 'draw_fresh')
    run.table('parts of a frame, us', ['', *(key.replace('_', ' ') for key in keys), 'pread:copy', 'fresh:draw+read'],
        [[case] + [span(results.get('', case, key)) for key in keys] +
            [number(results.ratio(('', case), ('', case), 'pread') and results.median('', case, 'pread') /
                results.median('', case, 'copy'), 2), number(results.median('', case, 'draw_fresh') /
                results.median('', case, 'draw_and_read'), 1)] for case in results.cases])


def bench_stock(run):
    """Unmodified stock clients."""
    results = Results()
    seconds = 0.5 if run.quick else 5
    clients = dict(list(stock.find_clients().items())[:1 if run.quick else None])

    def measure(compositor):
        for name, command in clients.items():
            stock.measure(compositor, run.build, name, command, seconds, results)
    servers = os.environ['LIDO_BENCH_SERVERS'].split(',') if 'LIDO_BENCH_SERVERS' in os.environ else ALL
    run.each('stock', [LIDO, WLROOTS] if run.quick else servers, measure, size=(1280, 720), kiosk=True)
    results.write(run.out + '/stock.tsv')
    report_stock(run, results)


def report_stock(run, results):
    peers = [server for server in results.servers if server != LIDO]
    rows = []
    for name in results.cases:
        # A client may not run in every server: foot needs a seat, which headless Weston lacks.
        best = min((results.median(server, name, 'cpu'), server) for server in peers if results.get(server, name, 'cpu'))
        rows.append([name, number(results.median(LIDO, name, 'cpu') / best[0], 2), best[1],
            number(results.ratio((LIDO, name), (WLROOTS, name), 'cpu'), 2)] +
            [span(results.get(server, name, 'cpu')) for server in results.servers])
    run.table('stock clients on all of 1280x720: CPU time of the compositor for each commit, us',
        ['', 'ratio', 'to', 'to ' + WLROOTS, *results.servers], rows)
    run.table('CPU time of the client for each commit, us', ['', *results.servers], [[name] + [
        span(results.get(server, name, 'client_cpu')) for server in results.servers] for name in results.cases])
    run.table('commits a second, pools a second, and thousands of pixels that a commit damages', ['', *results.servers],
        [[name] + [', '.join(number(results.median(server, name, key), 0) for key in ('commits', 'pools', 'pixels'))
            for server in results.servers] for name in results.cases])
    plot_bars(run.out, 'stock', 'CPU time of the compositor for each commit', 'us', results.servers,
        [[name] + [results.median(server, name, 'cpu') for server in results.servers] for name in results.cases])


BENCHMARKS = {
    'limits': bench_limits,
    'commit': bench_commit,
    'wrap': bench_wrap,
    'resize': bench_resize,
    'icons': bench_icons,
    'stock': bench_stock,
    'death': bench_death,
    'scale': bench_scale,
    'start': bench_start,
}


def main():
    build, out, *names = sys.argv[1:]
    quick = '--quick' in names
    names = [name for name in names if name in BENCHMARKS]
    os.makedirs(out, exist_ok=True)
    for name in names or BENCHMARKS:
        run = Run(build, out, quick)
        BENCHMARKS[name](run)
        with open('%s/%s.txt' % (out, name), 'w') as file:
            file.write(run.text)
    return 0


if __name__ == '__main__':
    sys.exit(main())
