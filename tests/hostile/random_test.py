#!/usr/bin/env python3
"""Lets random clients attack a compositor, and verifies that it ends where it began. Prints TAP.

    random_test.py --seconds S [--seeds N,N...] LIDO WITNESS REFERENCE XML...

For S seconds with each seed (without seeds: with a random one each half minute, for S seconds in all), two processes of
random_client.py send random requests. With every fourth seed they may also disable outputs, change modes, switch
outputs off, and lock the session.
A seed passes if
  * the server is alive, and answers the clients and the victims,
  * no victim waited longer than in hostile_test.py (where the output keeps its mode),
  * after the clients have gone, the server has as many fds and shared mappings as before, and each pixel of the victims
    is shown as drawn.
In the end the server must exit with status 0: sanitizers, which also look for leaks, make it another one.

The victims are two WITNESSes that draw by a timer, because random clients may rightfully cover or disable what others show.
"""
import argparse
import collections
import fnmatch
import json
import os
import random
import re
import statistics
import sys
import time

sys.dont_write_bytecode = True
from connection import Closed, Connection
from hostile_test import GAP_MAX, GAP_RATIO_MAX, PICTURE_SECONDS, REST_SECONDS, Arena, Result, Victim, say, wait_for_usage
from lido import kill_session, read_fds
from protocol import FIXED_SCALE, read_protocols

HERE = os.path.dirname(os.path.abspath(__file__))
PROCESSES = 2
ROUND_SECONDS = 30
PATIENCE_SECONDS = 120  # for a client to end, beyond its time
SLOW = 4  # sanitized servers are
LIFE_MIN = 100  # requests: median of the connections
REACHED_MIN = 0.6  # share of all requests that were accepted at least once
SIZE = (640, 480)
TEXT_MAX = 12000


class RandomArena(Arena):
    def start_witnesses(self, witness):
        return [Victim(self.server, 'lido_shm', [witness, 'pool', '0', 'timer']),
            Victim(self.server, 'read', [witness, 'wl_shm', '128', 'timer'])]

    def start_others(self):
        return []


class Totals:
    """What all clients have done."""

    def __init__(self, interfaces):
        self.interfaces, self.offered, self.lives = interfaces, set(), []
        self.survived, self.deaths, self.errors = (collections.Counter() for _ in range(3))

    def add(self, path):
        with open(path) as file:
            summary = json.load(file)
        for name in ('survived', 'deaths', 'errors'):
            getattr(self, name).update(summary[name])
        self.lives += summary['lives']
        self.offered |= set(summary['offered'])

    def reachable(self):
        """Returns the keys of all requests of the globals that the server offers, and of what these create."""
        names, keys = {'wl_display'} | self.offered, set()
        todo = list(names)
        while todo:
            interface = self.interfaces.get(todo.pop())
            messages = interface.requests + interface.events if interface else []
            keys |= {message.key for message in interface.requests} if interface else set()
            new = {message.creates for message in messages if message.creates} - names
            names |= new
            todo += new
        return keys

    def print(self):
        keys = self.reachable()
        reached = {key for key in keys if self.survived[key]}
        say('%d requests on %d connections, median %d; %d of %d kinds of requests accepted (%.0f %%)' % (
            sum(self.survived.values()), len(self.lives), self.life(), len(reached), len(keys), 100 * self.share()))
        for name in sorted({key.split('.')[0] for key in keys}):
            all_ = sorted(key for key in keys if key.split('.')[0] == name)
            say('%-44s %3d of %3d  %9d  %s' % (name, sum(key in reached for key in all_), len(all_),
                sum(self.survived[key] for key in all_),
                ' '.join(key.split('.')[1] for key in all_ if key not in reached)))
        say('not known: ' + ' '.join(self.unknown()))
        for text, count in self.errors.most_common(int(os.environ.get('LIDO_ERRORS', 12))):
            say('%6d %s' % (count, text[:200]))

    def life(self):
        return statistics.median(self.lives) if self.lives else 0

    def unknown(self):
        """Returns the globals of which no XML was given."""
        return sorted(self.offered - set(self.interfaces))

    def share(self):
        keys = self.reachable()
        return sum(self.survived[key] > 0 for key in keys) / max(1, len(keys))


class Restorer:
    """A client that restores what others may change: the output's mode, and the place of the cursor, which covers
    victims."""

    def __init__(self, server, interfaces):
        self.interfaces, self.globals, self.serial = interfaces, {}, None
        self.answers, self.powers, self.locks = [], [], []
        self.connection = Connection(os.path.join(server.directory, 'lido'), interfaces, self.handle_event)
        self.registry = self.send(self.connection.display, 'get_registry')
        self.connection.roundtrip()

    def handle_event(self, object_, message, values):
        if message.key == 'wl_registry.global':
            self.globals[values[1]] = values[0]
        elif message.key == 'zwlr_output_manager_v1.done':
            self.serial = values[0]
        elif object_.interface.name == 'zwlr_output_configuration_v1':
            self.answers.append(message.name)
        elif message.key == 'zwlr_output_power_v1.mode':
            self.powers.append(values[0])
        elif object_.interface.name == 'ext_session_lock_v1':
            self.locks.append(message.name)

    def send(self, object_, name, *values):
        """values: those of all arguments but the new object, which is returned."""
        message = object_.interface.by_name[name]
        created = None
        if message.creates:
            created = self.connection.create(self.interfaces[message.creates], object_.version)
            position = [argument.type for argument in message.arguments].index('new_id')
            values = (*values[:position], created, *values[position:])
        self.connection.send(object_, message, values)
        return created

    def bind(self, interface, version):
        object_ = self.connection.create(self.interfaces[interface], version)
        self.send(self.registry, 'bind', self.globals[interface], (interface, version, object_))
        return object_

    def restore_output(self):
        """Enables the output in its first mode again. Returns what is wrong, or None."""
        manager = self.bind('zwlr_output_manager_v1', 4)
        self.connection.roundtrip()
        configuration = self.send(manager, 'create_configuration', self.serial)
        for head in self.connection.live('zwlr_output_head_v1'):
            configured = self.send(configuration, 'enable_head', head)
            self.send(configured, 'set_custom_mode', *SIZE, 0)
            self.send(configured, 'set_position', 0, 0)
            self.send(configured, 'set_transform', 0)
            self.send(configured, 'set_scale', FIXED_SCALE)
        self.send(configuration, 'apply')
        self.connection.roundtrip()
        return None if self.answers == ['succeeded'] else 'the output cannot be restored: %s' % self.answers

    def switch_on(self):
        """Returns what is wrong, or None."""
        output = self.bind('wl_output', 1)
        power = self.send(self.bind('zwlr_output_power_manager_v1', 1), 'get_output_power', output)
        self.send(power, 'set_mode', 1)
        end = time.monotonic() + PATIENCE_SECONDS
        while self.powers[-1:] != [1] and time.monotonic() < end:
            self.connection.roundtrip()
        return None if self.powers[-1:] == [1] else 'the output stays off: %s' % self.powers

    def unlock(self):
        """Takes over from a locker that has died, and unlocks. Returns what is wrong, or None."""
        lock = self.send(self.bind('ext_session_lock_manager_v1', 1), 'lock')
        end = time.monotonic() + PATIENCE_SECONDS
        while not self.locks and time.monotonic() < end:
            self.connection.roundtrip()
        if self.locks == ['locked']:
            self.send(lock, 'unlock_and_destroy')
            self.connection.roundtrip()
        return None if self.locks == ['locked'] else 'the session cannot be unlocked: %s' % self.locks

    def move_cursor_away(self):
        pointer = self.send(self.bind('zwlr_virtual_pointer_manager_v1', 1), 'create_virtual_pointer', None)
        self.send(pointer, 'motion_absolute', 0, 1, 1, 1, 1)
        self.send(pointer, 'frame')
        self.connection.roundtrip()


def restore(server, interfaces, changes_outputs):
    """Returns what is wrong, or None."""
    try:
        restorer = Restorer(server, interfaces)
        wrong = (restorer.restore_output() or restorer.switch_on() or restorer.unlock()) if changes_outputs else None
        restorer.move_cursor_away()
        restorer.connection.close()
        return wrong
    except Closed:
        return 'a client was disconnected: %s' % (restorer.connection.error,)


def attack(arena, seed, seconds, changes_outputs, totals, paths):
    """Runs the clients. Returns a Result."""
    result, server = Result('seed-%d' % seed), arena.server
    gap_before = arena.rest()
    before, fds_before = server.settled_usage(), read_fds(server.pid)
    arena.read_gap()
    clients = [server.start([sys.executable, os.path.join(HERE, 'random_client.py'), str(seconds),
        str(seed * PROCESSES + i), str(int(changes_outputs)), os.path.join(server.directory, 'summary-%d' % i), *paths],
        'client-%d' % i) for i in range(PROCESSES)]
    end = time.monotonic() + seconds + PATIENCE_SECONDS
    while time.monotonic() < end and any(client.poll() is None for client in clients):
        time.sleep(0.05)
    for i, client in enumerate(clients):
        status = client.poll()
        kill_session(client)
        if status == 0:
            totals.add(os.path.join(server.directory, 'summary-%d' % i))
        else:
            said = open(os.path.join(server.directory, 'client-%d' % i), errors='replace').read()
            result.causes.append('client %d ended with status %s:\n%s' % (i, status, said[-TEXT_MAX:]))
    if not server.is_alive():
        result.causes.append('the server exited with status %d' % server.process.returncode)
        return result
    if result.causes:
        return result
    judge(arena, result, before, fds_before, gap_before, changes_outputs, totals)
    return result


def judge(arena, result, before, fds_before, gap_before, changes_outputs, totals):
    wrong = restore(arena.server, totals.interfaces, changes_outputs)
    result.causes += [wrong] if wrong else []
    _, usage_wrong = wait_for_usage(arena.server, before, fds_before, True)
    result.causes += usage_wrong
    gap, own, _ = arena.read_gap()
    result.row = gap
    gap_max = max(GAP_MAX, GAP_RATIO_MAX * gap_before) * SLOW
    if own > gap_max and not changes_outputs:
        result.causes.append('a victim waited %.0f ms for an answer, %.0f ms without delays of the machine (limit: %.0f; '
            'before: %.0f)' % (gap, own, gap_max, gap_before))
    result.causes += ['the victim %s exited' % victim.name for victim in arena.victims if not victim.is_alive()]
    if not result.causes:
        result.causes += arena.look()
    arena.gap = None


class Tap:
    def __init__(self):
        self.number, self.failed = 0, 0

    def report(self, name, causes):
        self.number += 1
        self.failed += bool(causes)
        for cause in causes:
            say('%s: %s' % (name, cause))
        print('%sok %d - requests_fuzz@%s' % ('not ' if causes else '', self.number, name), flush=True)


def stop(arena):
    """Ends the server. Returns its status, and what it has printed: pixman's complaints about odd rectangles left out."""
    log, text = arena.server.log, ''
    arena.server.clean, clean = lambda: None, arena.server.clean
    status = arena.stop()
    with open(log, errors='replace') as file:
        text = re.sub(r'\*\*\* BUG \*\*\*\nIn pixman_.*\nSet a breakpoint.*\n\n?', '', file.read())
    clean()
    start = re.search('ERROR: |runtime error: |Assertion', text)
    return status, text[max(0, start.start() - 200) if start else 0:][:TEXT_MAX]


def find_seeds(arguments):
    """Yields seeds and seconds for each."""
    if arguments.seeds:
        yield from ((int(seed), arguments.seconds) for seed in arguments.seeds.split(','))
        return
    end, source = time.monotonic() + arguments.seconds, random.SystemRandom()
    while time.monotonic() < end:
        yield source.randrange(1 << 31), min(ROUND_SECONDS, max(1, end - time.monotonic()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seconds', type=float, required=True)
    parser.add_argument('--seeds')
    parser.add_argument('programs', nargs='+')
    arguments = parser.parse_args()
    lido, witness, reference, *paths = arguments.programs
    totals, tap = Totals(read_protocols(paths)), Tap()
    arena = RandomArena(lido, witness, reference)
    arena.server.without.append('/dev/urandom')  # wlroots opens it for the first activation token, and keeps it
    for seed, seconds in find_seeds(arguments):
        result = attack(arena, seed, seconds, seed % 4 == 3, totals, paths)
        tap.report('random-requests-of-seed-%d-hurt-nobody' % seed, result.causes)
        say('%.0f seconds; longest gap of a victim: %s' % (seconds, result.row))
        if result.causes:
            break
    totals.print()
    if not tap.failed:
        tap.report('clients-live-long', [] if totals.life() >= LIFE_MIN else ['the median is %d requests' % totals.life()])
        tap.report('all-protocols-are-known', ['no XML of %s' % name for name in totals.unknown()])
        tap.report('most-requests-are-reached', [] if totals.share() >= REACHED_MIN else ['only %.0f %% are' % (100 * totals.share())])
    status, text = stop(arena)
    tap.report('the-server-ends-cleanly', [] if status == 0 else ['status %d:\n%s' % (status, text)])
    print('1..%d' % tap.number)
    return 1 if tap.failed else 0


if __name__ == '__main__':
    sys.exit(main())
