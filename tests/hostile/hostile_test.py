#!/usr/bin/env python3
"""Attacks a compositor, one after the other, and looks at what the others notice. Prints TAP.

    hostile_test.py LIDO ATTACK WITNESS REFERENCE SANITIZER PART/PARTS

Victims draw all the time in the same compositor: weston-simple-shm, by wl_shm, as it is in Debian, and two of WITNESS, by
lido_shm_v1 and by wl_shm. All wait for a frame callback, draw, and commit. When they do, they say themselves:
WAYLAND_DEBUG makes libwayland-client print each message with its time, of any client, unmodified. (A capture client that
watches the screen would measure its own captures, too, and cost the compositor more than the victims.) The longest time
from one commit to the next is taken before, during and after each attack. No victim hides another: who is wholly covered
gets no frame callbacks, and rightly.

Machines are busy. REFERENCE says when each processor stood still, and how long the server and the victims were ready to
run and did not. What of a wait was that is told, and taken off before the wait is judged.

An attack passes when
  * the server answered it as it should (see attack.h),
  * no victim waited longer than GAP_MAX, or GAP_RATIO_MAX times what was its longest wait before, for a frame; where
    that alone fails, the attack is run once more,
  * the victims live and draw, and each pixel of the witnesses is seen as they have drawn it,
  * the server's fds and shared mappings are what they were, exactly, and its resident memory within RSS_SLACK, soon,
  * at its height it had no more than SHARES allows, where the attack takes as much of something as it can.

Part 2/4 has the second attack of every four; parts may run at the same time, each has a compositor and victims of its own.
LIDO_TEST may name attacks: hostile@NAME.
"""
import collections
import fnmatch
import os
import re
import resource
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from lido import Lido, kill_session, read_fds

GAP_MAX = 1000  # ms: plainly starving, on any machine; docs/load.md has what is usual
GAP_RATIO_MAX = 5
GAP_USUAL = 40
PHASE_SECONDS = 0.4  # between attacks: after the one, and before the next
ATTACK_SECONDS = 60
SETTLE_SECONDS = 10
PICTURE_SECONDS = 10  # until a victim must have drawn, and a witness answered
RSS_SLACK = 1024  # KiB: what malloc keeps of small pieces between those that live
REST_SECONDS = 2.2  # a little longer than what is kept warm
SKIPPED = 77
SANITIZED_PERCENT = 20  # of the attack's counts; and then time and memory are not judged: both are the sanitizer's
WITHOUT_OUTPUT = ('output-disabled', 'output-mode-released')  # in which victims may wait as long as there is none

# What one client (or, for connections, two processes) can have the server spend at most, by the default limits: fds, shared
# mappings, resident MiB. None: what the limit on files of this machine makes of it, see fds_max(). The numbers are those
# of shm/include/lido/limits.h, compositor/clients.h and compositor/rectangles.h, and what the attack's own connection takes; memory is rounded up by
# a quarter and more, since malloc does not do the same twice.
SHARES = {
    'pools-just-below-the-limit': (1024 + 8, 8, 12),
    'mappings-just-below-the-limit': (1024 + 8, 1024 + 8, 72),
    'fds-that-nobody-asked-for-just-below-the-limit': (None, 8, 4),
    'connections-without-end': (None, 8, 48),
    'buffers-without-end': (16, 8, 24),
    'handles-without-end': (128, 8, 12),
    'blocks-just-below-the-limit': (8, 8, 24),
    'blocks-without-end': (8, 8, 64),
    'blocks-of-all-bytes': (24, 24, 12),
    'surfaces-just-below-the-limit': (8, 8, 32),
    'regions-without-end': (8, 8, 80),
    'frame-callbacks-without-end': (8, 8, 80),
    'rectangles-just-below-the-limit': (8, 8, 192),
    'snapshots-of-all-bytes': (8, 8, 512 + 16),
}

COMMIT = re.compile(r'\[ *(\d+)\.(\d+)\].* -> wl_surface[@#]\d+\.commit\(')


def since(start, time_):
    """Microseconds. The clock that libwayland prints has 32 bits of them."""
    return (time_ - start + 2 ** 31) % 2 ** 32 - 2 ** 31


def say(text):
    """As a comment of TAP, and where meson shows it when a test has failed: that is standard error alone."""
    text = re.sub(r'^(?!#)', '# ', text, flags=re.M)
    print(text, flush=True)
    print(text, file=sys.stderr, flush=True)


class Log:
    """What a process says, as it comes."""

    def __init__(self, path):
        self.path, self.position = path, 0

    def read(self):
        """The whole lines that are new."""
        with open(self.path, errors='replace') as file:
            file.seek(self.position)
            text = file.read()
        text = text[:text.rfind('\n') + 1]
        self.position += len(text)
        return text


class Reference:
    """What the machine itself was late. See reference.c."""

    def __init__(self, server, program, processes):
        self.server_pid = server.pid
        self.process = server.start([program] + [str(process.pid) for process in processes], 'reference')
        self.log, self.lates = Log(os.path.join(server.directory, 'reference')), []

    def excuse(self, start, end, pid):
        """Of the microseconds from start to end, those in which some processor stood still, or the server and this
        victim were kept from running, whichever is more."""
        for line in self.log.read().splitlines():
            time_, late, name = line.split()
            self.lates.append((int(time_), int(late), name))
        sums = collections.Counter()
        for time_, late, name in self.lates:
            late = min(since(start, time_), since(start, end)) - max(since(start, time_) - late, 0)
            if late > 0 and (name.startswith('cpu') or int(name) in (self.server_pid, pid)):
                sums[name if name.startswith('cpu') else 'pids'] += late
        return min(max(sums.values(), default=0), since(start, end))


class Victim:
    def __init__(self, server, name, command):
        self.name, self.log, self.last = name, Log(os.path.join(server.directory, name)), None
        self.process = server.start(command, name, WAYLAND_DEBUG='1')

    def frames(self, reference=None):
        """Returns how many there were since the last call, the longest time without one, in ms, and how long the longest
        was without what the machine is to blame for."""
        text = self.log.read()
        times = [int(match[1]) * 1000 + int(match[2]) for match in COMMIT.finditer(text)]
        count = len(times)
        if self.last is not None:
            times.insert(0, self.last)
        if not times:
            return 0, 0, 0
        self.last = times[-1]
        times.append(time.time_ns() // 1000 % 2 ** 32)  # what is still being waited for
        gaps = [(since(a, b) / 1000, a, b) for a, b in zip(times, times[1:])]
        # What takes no longer than usual needs no excuse.
        own = max(gap - (reference.excuse(a, b, self.process.pid) / 1000 if reference and gap > GAP_USUAL else 0)
            for gap, a, b in gaps)
        return count, max(gaps)[0], own

    def look(self):
        """Asks a witness what is seen of it. Returns "right", or what is wrong."""
        self.process.send_signal(signal.SIGUSR1)
        end = time.monotonic() + PICTURE_SECONDS
        log = Log(self.log.path)
        log.position = self.log.position
        while time.monotonic() < end and self.is_alive():
            pictures = re.findall('^picture: (.*)', log.read(), flags=re.M)
            if pictures:
                return pictures[0]
            time.sleep(0.01)
        return 'it does not answer'

    def is_alive(self):
        return self.process.poll() is None


class Arena:
    """A server with victims."""

    def __init__(self, lido, witness, reference):
        self.server, self.gap = Lido(lido), None
        self.witnesses = [Victim(self.server, 'lido_shm', [witness, 'pool', '0']),
            Victim(self.server, 'read', [witness, 'wl_shm', '128'])]
        self.victims = [Victim(self.server, 'wl_shm', ['weston-simple-shm'])] + self.witnesses
        self.reference = Reference(self.server, reference,
            [self.server.process] + [victim.process for victim in self.victims])
        # weston-simple-shm makes further buffers, and destroys them, as it happens to need them.
        self.server.without.append('weston-shared')
        # Until memory, policies and outputs have come to rest.
        end = time.monotonic() + 30
        drawn, usage, since = [0] * len(self.victims), None, time.monotonic()
        while time.monotonic() < end and (min(drawn) < 60 or time.monotonic() < since + REST_SECONDS):
            time.sleep(0.1)
            drawn = [sum_ + victim.frames()[0] for sum_, victim in zip(drawn, self.victims)]
            last, usage = usage, {key: self.server.usage()[key] for key in ('fds', 'shared')}
            since = since if usage == last else time.monotonic()

    def read_gap(self):
        """Returns the longest gap of any victim since the last call, the longest without what the machine is to blame
        for, and the fewest frames."""
        frames = [victim.frames(self.reference) for victim in self.victims]
        return max(gap for _, gap, _ in frames), max(own for _, _, own in frames), min(count for count, _, _ in frames)

    def rest(self):
        """Returns the longest gap of the phase after the last attack, which is the one before the next."""
        if self.gap is None:
            self.read_gap()
            time.sleep(PHASE_SECONDS)
            self.gap = self.read_gap()[0]
        return self.gap

    def look(self):
        """Returns what is wrong with the pictures, a list."""
        seen = [(victim.name, victim.look()) for victim in self.witnesses]
        return ['the picture of the victim %s: %s' % pair for pair in seen if pair[1] != 'right']

    def is_alive(self):
        return self.server.is_alive() and all(victim.is_alive() for victim in self.victims)

    def stop(self):
        for process in self.victims + [self.reference]:
            kill_session(process.process)
        status = self.server.stop()
        self.server.clean()
        return status


class Result:
    def __init__(self, name):
        self.name, self.causes, self.late, self.skipped, self.row = name, [], False, None, None


def wait_for_usage(server, before, fds_before, sanitized):
    """Until they are back. Returns what they are in the end, and what is wrong with them."""
    end = time.monotonic() + SETTLE_SECONDS
    while True:
        usage = server.settled_usage()
        wrong = ['%s: %d before, %d after' % (key, before[key], usage[key]) for key in ('fds', 'shared')
            if usage[key] != before[key]]
        if not sanitized and usage['resident'] > before['resident'] + RSS_SLACK:
            wrong.append('resident: %d KiB before, %d after' % (before['resident'], usage['resident']))
        if wrong and time.monotonic() > end:
            new = collections.Counter(read_fds(server.pid)) - collections.Counter(fds_before)
            wrong.append('new fds: ' + ', '.join('%s %d' % pair for pair in new.items()))
        if not wrong or time.monotonic() > end:
            return usage, wrong
        time.sleep(0.05)


def fds_max(name):
    """An eighth of the server's limit for those in flight; for the connections of two processes, half of 21 percent and half
    of what is left."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return 8 + (limit * 21 // 100 * 3 // 4 if name == 'connections-without-end' else max(1024, limit // 8))


def measure_attack(arena, command, sanitized):
    """Runs the attack. Returns its status (None: no end) and the most the server had meanwhile."""
    process = arena.server.start(command, 'attack', **({'LIDO_ATTACK_PERCENT': str(SANITIZED_PERCENT)} if sanitized else {}))
    end = time.monotonic() + ATTACK_SECONDS * (4 if sanitized else 1)
    most = arena.server.usage()
    while process.poll() is None and time.monotonic() < end and arena.is_alive():
        usage = arena.server.usage()
        most = {key: max(most[key], usage[key]) for key in most}
        time.sleep(0.02)
    status = process.poll()
    kill_session(process)  # its children
    return status, most


def attack(arena, command, name, sanitized):
    result = Result(name)
    server = arena.server
    gap_before = arena.rest()
    arena.read_gap()
    before, fds_before, start = server.settled_usage(), read_fds(server.pid), time.monotonic()
    status, most = measure_attack(arena, command + [name], sanitized)
    seconds = time.monotonic() - start
    said = open(os.path.join(server.directory, 'attack'), errors='replace').read()
    if status == SKIPPED:
        result.skipped = said.strip().replace('skipped: ', '')
    elif status != 0:
        result.causes.append('the attack has no end' if status is None else 'the attack ended with %d: %s' % (status, said[-500:]))
    try:
        server.process.wait(0.1)
        result.causes.append('the server died with status %d' % server.process.returncode)
        return result
    except subprocess.TimeoutExpired:
        pass
    after, wrong = wait_for_usage(server, before, fds_before, sanitized)
    gap_during, own_during, _ = arena.read_gap()
    end = time.monotonic() + PICTURE_SECONDS
    time.sleep(PHASE_SECONDS)
    gap_after, own_after, frames = arena.read_gap()
    arena.gap = gap_after
    while frames == 0 and arena.is_alive() and time.monotonic() < end:
        time.sleep(0.1)
        gap_after, own_after, frames = arena.read_gap()
    result.causes += wrong
    result.causes += ['the victim of %s died' % victim.name for victim in arena.victims if not victim.is_alive()]
    if frames == 0:
        result.causes.append('a victim draws no more')
    else:
        result.causes += arena.look()
    gap_max = max(GAP_MAX, GAP_RATIO_MAX * gap_before) * (4 if sanitized else 1)
    if name not in WITHOUT_OUTPUT and max(own_during, own_after) > gap_max:
        result.late = not result.causes
        result.causes.append('a victim waited %.0f ms for a frame, %.0f of them for no fault of the machine, and before %.0f' % (
            max(gap_during, gap_after), max(own_during, own_after), gap_before))
    taken = {key: most[key] - before[key] for key in ('fds', 'shared', 'rss')}
    for key, bound in zip(taken, SHARES.get(name, ())):
        bound = fds_max(name) if bound is None else bound * 1024 if key == 'rss' else bound
        if taken[key] > bound and not (sanitized and key == 'rss'):
            result.causes.append('it had the server take %d %s, the bound is %d' % (taken[key], key, bound))
    result.row = (name, seconds, gap_before, gap_during, own_during, gap_after, taken['fds'], taken['shared'],
        taken['rss'] / 1024, after['cpu'] - before['cpu'], after['resident'] - before['resident'])
    return result


def choose(names):
    globs = os.environ.get('LIDO_TEST', '').split()
    return [name for name in names if not globs or any(fnmatch.fnmatch('hostile@' + name, glob) for glob in globs)]


def print_table(rows):
    print('# %-46s %6s %27s  %s' % ('', '', 'longest gap, ms', 'taken of the server at most'))
    print('# %-46s %6s %6s %6s %6s %6s  %6s %6s %8s %6s %8s' % ('attack', 's', 'before', 'during', 'own', 'after', 'fds',
        'shared', 'MiB', 'cpu s', 'left KiB'))
    for row in rows:
        print('# %-46s %6.1f %6.0f %6.0f %6.0f %6.0f  %6d %6d %8.1f %6.2f %8d' % row)


def print_shares(rows):
    """The share of the compositor that one client can use up."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    mappings = int(open('/proc/sys/vm/max_map_count').read())
    rows = [row for row in rows if row[0] in SHARES]
    if rows:
        print('# One client can use up at most (of %d fds and %d mappings):' % (files, mappings))
        print('# %-46s %14s %14s %8s %12s' % ('by', 'fds', 'mappings', 'MiB', 'longest gap'))
    for row in rows:
        print('# %-46s %6d %5.1f %% %6d %5.1f %% %8.1f %9.0f ms' % (row[0], row[6], row[6] / files * 100, row[7],
            row[7] / mappings * 100, row[8], row[4]))


def main():
    lido, program, witness, reference, sanitizer, part = sys.argv[1:7]
    sanitized = sanitizer != 'none'
    first, parts = map(int, part.split('/'))
    names = subprocess.run([program, '--list'], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    names = choose(names[first - 1::parts])
    if not names:
        print('1..0 # SKIP no test matches')
        return 0
    print('1..%d' % (len(names) + 1), flush=True)
    arena, rows, failed, start = Arena(lido, witness, reference), [], 0, None
    for number, name in enumerate(names, 1):
        result = attack(arena, [program], name, sanitized)
        if result.late:
            say('%s: once more, since %s' % (name, result.causes[0]))
            result = attack(arena, [program], name, sanitized)
        rows += [result.row] if result.row else []
        failed += bool(result.causes)
        for cause in result.causes:
            say('%s: %s' % (name, cause))
        print('%sok %d - hostile@%s%s' % ('not ' if result.causes else '', number, name,
            ' # SKIP ' + result.skipped if result.skipped and not result.causes else ''), flush=True)
        if result.causes:
            say(arena.server.said())
            arena.stop()
            arena = Arena(lido, witness, reference)
    print_table(rows)
    print_shares(rows)
    said = arena.server.said()
    status = arena.stop()
    if status != 0:
        say('the server ended with status %d: %s' % (status, said))
    print('%sok %d - hostile@the-server-of-part-%s-ends-cleanly' % ('' if status == 0 else 'not ', len(names) + 1, part.split('/')[0]))
    return 1 if failed or status != 0 else 0


if __name__ == '__main__':
    sys.exit(main())
