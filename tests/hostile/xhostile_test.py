#!/usr/bin/env python3
"""Runs hostile X11 programs on a compositor with Xwayland, and measures their effect on Wayland clients. Prints TAP.

    xhostile_test.py LIDO XATTACK ATTACK WITNESS REFERENCE DRIVE DROP

Victims, gaps and pictures are those of hostile_test.py. An attack passes if

  * no victim waited for a frame longer than GAP_MAX,
  * all victims are alive and draw, and each pixel of the witnesses is shown as drawn,
  * the server's memory grew by at most RSS_MAX,
  * a further X11 program is served within SERVED_SECONDS, by the same X server or a new one,
  * when Xwayland is killed, the server has as many fds as before it was started.

During attacks by drags, DRIVE is a user who drags from the attacker's window to DROP, a Wayland client.

LIDO_TEST may name attacks: xhostile@NAME.
"""
import collections
import fnmatch
import os
import re
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import hostile_test
from hostile_test import GAP_RATIO_MAX, Arena, say
from lido import Lido, kill_session, read, read_fds

GAP_MAX = 200  # ms
# Attacks of Wayland clients, where X11 programs run. Some of them matter only then.
WAYLAND = ('drags-cut-short', 'data-of-x11-into-a-full-pipe-that-blocks')
# Attacks during which the X server is stopped: of titles without end, or by drags.
STOPPED = {"xwayland-stopped": 'hold', "x11-drags-while-xwayland-is-stopped": 'x11-drags-entered-and-left-without-end'}
DRAGS = 'x11-drags-'
STOLEN = ('x11-drags-stolen',)  # the user has not pressed the button in the attacker's window
# In thousandths of the output.
DRAG = 'press 516 688 move 600 600 move 700 500 move 781 417 wait 150 move 785 420 wait 50 release wait 100'
# The attack is the first program of a new X server, which the compositor asks for much while it starts.
BUSY_FROM_THE_START = 'server-kept-busy-from-its-start'
RSS_MAX = 160 << 10  # KiB: ACCOUNT_HEAP_SIZE_MAX, pictures of all windows and what malloc() keeps
SERVED_SECONDS = 20
SETTLE_SECONDS = 10


class XArena(Arena):
    def __init__(self, lido, witness, reference):
        hostile_test.Lido = lambda program: Lido(program, options=('--xwayland',))
        super().__init__(lido, witness, reference)
        end = time.monotonic() + 10
        while 'running' not in read(self.server.log) and time.monotonic() < end:
            time.sleep(0.05)
        self.display = re.search(' DISPLAY=(:[0-9]+)', read(self.server.log))[1]
        self.server.environment['DISPLAY'] = self.display
        self.fds, self.names = self.server.usage()['fds'], read_fds(self.server.pid)

    def find_xwayland(self):
        """Returns the process of the X server, or None."""
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                arguments = read('/proc/%s/cmdline' % pid).split('\0')
            except OSError:
                continue
            if arguments[:2] == ['Xwayland', self.display] and self.is_ours(int(pid)):
                return int(pid)
        return None

    def is_ours(self, pid):
        try:
            return 'XDG_RUNTIME_DIR=' + self.server.directory in read('/proc/%d/environ' % pid).split('\0')
        except OSError:
            return False

    def kill_xwayland(self):
        """Ends the X server. Returns False if the compositor does not close all that belonged to it."""
        pid = self.find_xwayland()
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < end:
            if self.server.usage()['fds'] <= self.fds and self.find_xwayland() is None:
                return True
            time.sleep(0.1)
        return False

    def has_selection(self):
        """Returns whether there is a text in the clipboard."""
        process = self.server.start(['wl-paste', '--list-types'], 'types')
        process.wait()
        return 'text/plain' in read(os.path.join(self.server.directory, 'types'))

    def serves(self):
        """Returns whether an X11 program is served."""
        process = self.server.start(['xdpyinfo'], 'xdpyinfo')
        try:
            return process.wait(SERVED_SECONDS) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            kill_session(process)


def stop_xwayland(arena, program, attack):
    """Stops the X server while its window manager asks it for what the attack needs."""
    process = arena.server.start([program, attack], 'attack')
    time.sleep(1)
    pid = arena.find_xwayland()
    os.kill(pid, signal.SIGSTOP)
    time.sleep(4)
    os.kill(pid, signal.SIGCONT)
    kill_session(process)


def start_user(arena, drive, drop):
    """Starts a place for drops, and a user who drags to it again and again."""
    return [arena.server.start([drop, 'text/plain', '7'], 'drop'),
        arena.server.start(['sh', '-c', 'while :; do "$0" without-window %s; done' % DRAG, drive], 'drive')]


def run_attack(arena, program, attack, user, name):
    """user: the programs for drags. Returns the errors, the longest gap before and during the attack, and the peak of the server's memory."""
    if not arena.serves():
        return ['no X11 program is served before the attack'], 0, 0, 0
    is_wayland = name in WAYLAND
    copy = arena.server.start([program, 'offer'] if is_wayland else ['wl-copy', '--foreground', 'text'], 'copy')
    end = time.monotonic() + 10
    while not arena.has_selection() and time.monotonic() < end:
        time.sleep(0.2)
    gap_before = arena.rest()
    before = most = arena.server.usage()['rss']
    if name == BUSY_FROM_THE_START:
        os.kill(arena.find_xwayland(), signal.SIGKILL)
        while arena.find_xwayland() is not None:
            time.sleep(0.1)
    arena.read_gap()
    causes, helpers = [], start_user(arena, *user) if name.startswith(DRAGS) else []
    if name in STOPPED:
        stop_xwayland(arena, program, STOPPED[name])
    else:
        attack_name = 'server-kept-busy' if name == BUSY_FROM_THE_START else name
        process = arena.server.start([attack if is_wayland else program, attack_name], 'attack')
        end = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < end and arena.is_alive():
            most = max(most, arena.server.usage()['rss'])
            time.sleep(0.05)
        if process.poll() is None:
            causes.append('the attack does not end')
        elif process.poll() != 0:
            causes.append('the attack exited with status %d: %s' % (process.poll(),
                read(os.path.join(arena.server.directory, 'attack'))[-500:]))
        kill_session(process)
    for process in [copy] + helpers:
        kill_session(process)
    if helpers and ('enter' in read(os.path.join(arena.server.directory, 'drop'))) == (name in STOLEN):
        causes.append('%s drag has reached the Wayland client' % ('a' if name in STOLEN else 'no'))
    if not arena.server.is_alive():
        return ['the server exited with status %d' % arena.server.process.returncode], gap_before, 0, 0
    time.sleep(1)
    _, gap, frames = arena.read_gap()
    gap_max = max(GAP_MAX, GAP_RATIO_MAX * gap_before)
    if gap > gap_max:
        causes.append('a victim waited %.0f ms for a frame (limit: %.0f, before: %.0f)' % (gap, gap_max, gap_before))
    if most - before > RSS_MAX:
        causes.append('the server took %d KiB of memory, the limit is %d' % (most - before, RSS_MAX))
    causes += ['the victim %s exited' % victim.name for victim in arena.victims if not victim.is_alive()]
    causes += arena.look() if not causes and frames > 0 else [] if causes else ['a victim has stopped drawing']
    if not arena.serves():
        causes.append('no X11 program is served after the attack')
    if not arena.server.is_alive():
        causes.append('the server exited with status %d' % arena.server.process.returncode)
    elif not arena.kill_xwayland():
        new = collections.Counter(read_fds(arena.server.pid)) - collections.Counter(arena.names)
        causes.append('after the end of Xwayland %d fds are open, before its start %d; new: %s; Xwayland: %s' % (
            arena.server.usage()['fds'], arena.fds, ', '.join('%s %d' % pair for pair in new.items()), arena.find_xwayland()))
    return causes, gap_before, gap, most - before


def main():
    lido, program, attack, witness, reference, *user = sys.argv[1:8]
    globs = os.environ.get('LIDO_TEST', '').split()
    names = subprocess.run([program, '--list'], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    names = [name for name in names + [*STOPPED, BUSY_FROM_THE_START, *WAYLAND]
        if not globs or any(fnmatch.fnmatch('xhostile@' + name, glob) for glob in globs)]
    if not names:
        print('1..0 # SKIP no test matches')
        return 0
    print('1..%d' % (len(names) + 1), flush=True)
    arena, failed = XArena(lido, witness, reference), 0
    for number, name in enumerate(names, 1):
        start = time.monotonic()
        causes, before, gap, memory = run_attack(arena, program, attack, user, name)
        say('%-40s %4.1f s, longest gap %4.0f ms before, %4.0f during, %6d KiB' % (
            name, time.monotonic() - start, before, gap, memory))
        failed += bool(causes)
        for cause in causes:
            say('%s: %s' % (name, cause))
        print('%sok %d - xhostile@%s' % ('not ' if causes else '', number, name), flush=True)
        if causes:
            say(arena.server.said())
            arena.stop()
            arena = XArena(lido, witness, reference)
    said = arena.server.said()
    status = arena.stop()
    if status != 0:
        say('the server exited with status %d: %s' % (status, said))
    print('%sok %d - xhostile@the-server-ends-cleanly' % ('' if status == 0 else 'not ', len(names) + 1))
    return 1 if failed or status != 0 else 0


if __name__ == '__main__':
    sys.exit(main())
