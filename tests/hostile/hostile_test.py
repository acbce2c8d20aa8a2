#!/usr/bin/env python3
"""Runs attacks on a compositor, one at a time, and measures their effect on other clients. Prints TAP.

    hostile_test.py LIDO ATTACK WITNESS REFERENCE SANITIZER PART/PARTS

Victims draw continuously in the same compositor: Debian's weston-simple-shm with wl_shm, and two WITNESSes with
lido_shm_v1 and with wl_shm. Each waits for a frame callback, draws, and commits. WAYLAND_DEBUG makes libwayland-client
print each message with its time, so clients need no changes. (A client that captures the screen would also measure its
own captures, and cost the compositor more than the victims.) The test measures the longest gap between two commits
before, during and after each attack. No victim covers another: fully covered surfaces get no frame callbacks.

The machine may be busy. REFERENCE prints when each processor stalled, and how long the server and the victims were
runnable but not scheduled. This time is reported, and subtracted from each gap, before the attack and during it.

An attack passes if
  * the server answered it correctly (see attack.h),
  * no victim waited for a frame longer than GAP_MAX, or GAP_RATIO_MAX times the longest gap before on a machine that is
    slow without attacks, or BUSY_FACTOR times that where the machine caused most of a gap; if only this fails, the attack
    is run once more, in memory that was used just before, while no other part attacks,
  * all victims are alive and draw, and each pixel of the witnesses is shown as drawn,
  * within SETTLE_SECONDS, the server has exactly as many fds and shared mappings as before, at most MAPPINGS_SLACK more
    mappings of any kind, and at most RSS_SLACK more resident memory,
  * the server's usage never exceeded SHARES, for attacks that take as much of a resource as possible.

Part 2/4 has the second attack of every four. Parts may run concurrently: each has its own compositor and victims.
LIDO_TEST may name attacks: hostile@NAME.
"""
import collections
import contextlib
import fcntl
import fnmatch
import mmap
import os
import re
import resource
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from lido import Lido, kill_session, read_fds

GAP_MAX = 200  # ms; docs/load.md has usual values
GAP_RATIO_MAX = 5  # raises the limit only if gaps are longer than GAP_USUAL without attacks
GAP_USUAL = 40
BUSY_FACTOR = 2  # processors share caches and memory: what runs on a busy machine is slower, too
RESTS_MAX = 5
PHASE_SECONDS = 0.4  # between attacks: after one, and before the next
ATTACK_SECONDS = 60
SETTLE_SECONDS = 10
PICTURE_SECONDS = 10  # timeout of a victim's next frame, and of a witness's answer
WARM_SIZE = 1 << 30  # several times what one attack makes the server use
MAPPINGS_SLACK = 16  # malloc's own mappings
RSS_SLACK = 1024  # KiB: free memory that malloc keeps between used allocations
REST_SECONDS = 2.2  # slightly longer than the server keeps memory warm
SKIPPED = 77
SANITIZED_PERCENT = 20  # scales an attack's counts; memory is not judged then, and times may be 4 times as long
# Victims get no frames while there is no output, or while the session is locked.
WITHOUT_FRAMES = ('output-disabled', 'output-mode-released', 'output-switched-without-end',
    'session-locked-and-unlocked-without-end', 'session-lockers-that-die', 'session-locks-without-end')

# The most that one client (or, for connections, two processes) can make the server use with the default limits: fds,
# mappings, resident MiB. None: depends on this machine's limit on files, see connection_fds_max(). The numbers follow from
# shm/include/lido/limits.h, compositor/clients.h, compositor/account.h and the attack's own connection. Memory is
# rounded up by a quarter or more, since malloc's usage varies.
SHARES = {
    'pools-just-below-the-limit': (1024 + 8, 8, 12),
    'mappings-just-below-the-limit': (1024 + 8, 1024 + 8, 72),
    'fds-that-nobody-asked-for-just-below-the-limit': (1024 + 256 + 8, 8, 4),
    'keymaps-asked-for-without-reading': (1024 + 256 + 8, 8, 8),
    'connections-without-end': (None, 8, 48),
    'buffers-without-end': (16, 8, 24),
    'resources-without-end': (128, 8, 12),
    'blocks-just-below-the-limit': (8, 8, 24),
    'blocks-without-end': (8, 8, 64),
    'blocks-of-all-bytes': (24, 24, 12),
    'surfaces-just-below-the-limit': (8, 8, 32),
    'regions-without-end': (8, 8, 64),
    'frame-callbacks-without-end': (8, 8, 64),
    'rectangles-in-all-surfaces': (8, 8, 64),
    'rectangles-in-all-surfaces-of-many-connections': (64, 8, 64),
    'configures-never-acknowledged': (16, 16, 72),
    'snapshots-of-all-bytes': (8, 8, 512 + 16),
    'snapshots-of-three-connections': (16, 8, 640 + 16),
    'mappings-of-queued-pictures': (32, 128, 960),  # of five clients and a newcomer
}

COMMIT = re.compile(r'\[ *(\d+)\.(\d+)\].* -> wl_surface[@#]\d+\.commit\(')


def since(start, time_):
    """Returns microseconds. libwayland prints only 32 bits of them."""
    return (time_ - start + 2 ** 31) % 2 ** 32 - 2 ** 31


def say(text):
    """Prints a comment of TAP, also to standard error, since meson shows only that of failed tests."""
    text = re.sub(r'^(?!#)', '# ', text, flags=re.M)
    print(text, flush=True)
    print(text, file=sys.stderr, flush=True)


class Log:
    """Reads the output of a running process from a file."""

    def __init__(self, path):
        self.path, self.position = path, 0

    def read(self):
        """Returns new, complete lines."""
        with open(self.path, errors='replace') as file:
            file.seek(self.position)
            text = file.read()
        text = text[:text.rfind('\n') + 1]
        self.position += len(text)
        return text


class Reference:
    """Delays caused by the machine itself. See reference.c."""

    def __init__(self, server, program, processes):
        self.server_pid = server.pid
        self.process = server.start([program] + [str(process.pid) for process in processes], 'reference')
        self.log, self.lates = Log(os.path.join(server.directory, 'reference')), []

    def excuse(self, start, end, pid):
        """Returns how many microseconds between start and end a processor stalled, or the server and this victim were
        runnable but not scheduled, whichever is more."""
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
        """Returns the number of frames since the last call, the longest gap in ms, and the longest gap without delays
        caused by the machine."""
        text = self.log.read()
        times = [int(match[1]) * 1000 + int(match[2]) for match in COMMIT.finditer(text)]
        count = len(times)
        if self.last is not None:
            times.insert(0, self.last)
        if not times:
            return 0, 0, 0
        self.last = times[-1]
        times.append(time.time_ns() // 1000 % 2 ** 32)  # the current gap has not ended
        gaps = [(since(a, b) / 1000, a, b) for a, b in zip(times, times[1:])]
        # Usual gaps need no excuse.
        own = max(gap - (reference.excuse(a, b, self.process.pid) / 1000 if reference and gap > GAP_USUAL else 0)
            for gap, a, b in gaps)
        return count, max(gaps)[0], own

    def look(self):
        """Makes a witness compare its picture. Returns "right", or what is wrong."""
        self.process.send_signal(signal.SIGUSR1)
        end = time.monotonic() + PICTURE_SECONDS
        log = Log(self.log.path)
        log.position = self.log.position
        while time.monotonic() < end and self.is_alive():
            pictures = re.findall('^picture: (.*)', log.read(), flags=re.M)
            if pictures:
                return pictures[0]
            time.sleep(0.01)
        return 'the witness does not answer'

    def is_alive(self):
        return self.process.poll() is None


class Arena:
    """A server with victims."""

    def __init__(self, lido, witness, reference):
        self.server, self.gap = Lido(lido), None
        self.witnesses = self.start_witnesses(witness)
        self.victims = self.start_others() + self.witnesses
        self.reference = Reference(self.server, reference,
            [self.server.process] + [victim.process for victim in self.victims])
        # The number of weston-simple-shm's buffers varies.
        self.server.without.append('weston-shared')
        # Wait until memory, policies and outputs have settled.
        end = time.monotonic() + 30
        drawn, usage, since = [0] * len(self.victims), None, time.monotonic()
        while time.monotonic() < end and (min(drawn) < 60 or time.monotonic() < since + REST_SECONDS):
            time.sleep(0.1)
            drawn = [sum_ + victim.frames()[0] for sum_, victim in zip(drawn, self.victims)]
            last, usage = usage, {key: self.server.usage()[key] for key in ('fds', 'shared')}
            since = since if usage == last else time.monotonic()

    def start_witnesses(self, witness):
        return [Victim(self.server, 'lido_shm', [witness, 'pool', '0']),
            Victim(self.server, 'read', [witness, 'wl_shm', '128'])]

    def start_others(self):
        return [Victim(self.server, 'wl_shm', ['weston-simple-shm'])]

    def read_gap(self):
        """Returns the longest gap of any victim since the last call, the longest without delays caused by the machine,
        and the fewest frames."""
        frames = [victim.frames(self.reference) for victim in self.victims]
        return max(gap for _, gap, _ in frames), max(own for _, _, own in frames), min(count for count, _, _ in frames)

    def rest(self):
        """Returns the longest gap of the phase between the last attack and the next, without delays caused by the
        machine. If it is unusual, it may be the last attack's: measures again."""
        for _ in range(RESTS_MAX):
            if self.gap is not None and self.gap <= GAP_USUAL:
                break
            self.read_gap()
            time.sleep(PHASE_SECONDS)
            self.gap = self.read_gap()[1]
        return self.gap

    def look(self):
        """Returns a list of errors in the witnesses' pictures."""
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
    """Waits until the usage is back to that before the attack. Returns the final usage, and a list of errors."""
    end = time.monotonic() + SETTLE_SECONDS
    while True:
        usage = server.settled_usage()
        wrong = ['%s: %d before, %d after' % (key, before[key], usage[key]) for key in ('fds', 'shared')
            if usage[key] != before[key]]
        # The allocators of sanitizers keep mappings and memory.
        if not sanitized and usage['mappings'] > before['mappings'] + MAPPINGS_SLACK:
            wrong.append('mappings: %d before, %d after' % (before['mappings'], usage['mappings']))
        if not sanitized and usage['resident'] > before['resident'] + RSS_SLACK:
            wrong.append('resident: %d KiB before, %d after' % (before['resident'], usage['resident']))
        if wrong and time.monotonic() > end:
            new = collections.Counter(read_fds(server.pid)) - collections.Counter(fds_before)
            wrong.append('new fds: ' + ', '.join('%s %d' % pair for pair in new.items()))
        if not wrong or time.monotonic() > end:
            return usage, wrong
        time.sleep(0.05)


def warm_memory():
    """Uses free memory, as huge pages and as small ones, and frees it again. The host of a virtual machine may provide
    memory only when it is used: then each page takes 8 us in place of 1, a third of a second for a picture of 8K. That is
    no time of the compositor's, but cannot be told from it."""
    for advice in mmap.MADV_HUGEPAGE, mmap.MADV_NOHUGEPAGE:
        with mmap.mmap(-1, WARM_SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
            with contextlib.suppress(OSError):  # a kernel without huge pages
                memory.madvise(advice)
            for offset in range(0, WARM_SIZE, mmap.PAGESIZE):
                memory[offset] = 1


class Turn:
    """The right to attack: of all parts at once, or of one alone. Parts know each other by the programs that they run."""

    def __init__(self, gate, room):
        self.gate, self.room = open(gate, 'rb'), open(room, 'rb')

    @contextlib.contextmanager
    def take(self, alone=False):
        # Whoever waits for the room holds the gate, so that those who share it cannot keep others out.
        fcntl.flock(self.gate, fcntl.LOCK_EX)
        fcntl.flock(self.room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(self.gate, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self.room, fcntl.LOCK_UN)


def connection_fds_max():
    """Returns the bound on fds for the connections of two processes: half of 21 percent, and half of the rest."""
    return 8 + resource.getrlimit(resource.RLIMIT_NOFILE)[1] * 21 // 100 * 3 // 4


def measure_attack(arena, command, sanitized):
    """Runs the attack. Returns its status (None: it does not end) and the server's peak usage."""
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
        result.causes.append('the attack does not end' if status is None else 'the attack exited with status %d: %s' % (
            status, said[-500:]))
    try:
        server.process.wait(0.1)
        result.causes.append('the server exited with status %d' % server.process.returncode)
        return result
    except subprocess.TimeoutExpired:
        pass
    after, wrong = wait_for_usage(server, before, fds_before, sanitized)
    gap_during, own_during, _ = arena.read_gap()
    end = time.monotonic() + PICTURE_SECONDS
    time.sleep(PHASE_SECONDS)
    gap_after, own_after, frames = arena.read_gap()
    arena.gap = own_after
    while frames == 0 and arena.is_alive() and time.monotonic() < end:
        time.sleep(0.1)
        gap_after, own_after, frames = arena.read_gap()
    result.causes += wrong
    result.causes += ['the victim %s exited' % victim.name for victim in arena.victims if not victim.is_alive()]
    if frames == 0:
        result.causes.append('a victim has stopped drawing')
    else:
        result.causes += arena.look()
    gap, own = max(gap_during, gap_after), max(own_during, own_after)
    gap_max = max(GAP_MAX, GAP_RATIO_MAX * gap_before) * (4 if sanitized else 1) * (BUSY_FACTOR if gap > 2 * own else 1)
    if name not in WITHOUT_FRAMES and own > gap_max:
        result.late = not result.causes
        result.causes.append('a victim waited %.0f ms for a frame, %.0f ms without delays of the machine (limit: %.0f; '
            'before the attack: %.0f)' % (gap, own, gap_max, gap_before))
    taken = {key: most[key] - before[key] for key in ('fds', 'mappings', 'rss')}
    for key, bound in zip(taken, SHARES.get(name, ())):
        bound = connection_fds_max() if bound is None else bound * 1024 if key == 'rss' else bound
        if taken[key] > bound and not (sanitized and key == 'rss'):
            result.causes.append('the server took %d %s for the attack, the limit is %d' % (taken[key], key, bound))
    result.row = (name, seconds, gap_before, gap_during, own_during, gap_after, taken['fds'], taken['mappings'],
        taken['rss'] / 1024, after['cpu'] - before['cpu'], after['resident'] - before['resident'])
    return result


def choose(names):
    globs = os.environ.get('LIDO_TEST', '').split()
    return [name for name in names if not globs or any(fnmatch.fnmatch('hostile@' + name, glob) for glob in globs)]


def print_table(rows):
    print('# %-46s %6s %27s  %s' % ('', '', 'longest gap, ms', 'peak usage of the server'))
    print('# %-46s %6s %6s %6s %6s %6s  %6s %6s %8s %6s %8s' % ('attack', 's', 'before', 'during', 'own', 'after', 'fds',
        'maps', 'MiB', 'cpu s', 'left KiB'))
    for row in rows:
        print('# %-46s %6.1f %6.0f %6.0f %6.0f %6.0f  %6d %6d %8.1f %6.2f %8d' % row)


def print_shares(rows):
    """Prints the share of the compositor's resources that one client can use up."""
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
    arena, rows, failed, turn = Arena(lido, witness, reference), [], 0, Turn(program, witness)
    for number, name in enumerate(names, 1):
        with turn.take():
            result = attack(arena, [program], name, sanitized)
        if result.late:
            say('%s: run once more, since %s' % (name, result.causes[0]))
            with turn.take(alone=True):
                warm_memory()
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
        say('the server exited with status %d: %s' % (status, said))
    print('%sok %d - hostile@the-server-of-part-%s-ends-cleanly' % ('' if status == 0 else 'not ', len(names) + 1, part.split('/')[0]))
    return 1 if failed or status != 0 else 0


if __name__ == '__main__':
    sys.exit(main())
