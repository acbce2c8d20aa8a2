#!/usr/bin/env python3
"""Counts the instructions of a compositor for each commit of stock clients, with callgrind.

    stock_instructions.py BUILD OUT [CLIENT...]

CLIENT: a part of a client's name. LIDO_BENCH_SERVERS names the compositors, LIDO_BENCH_SECONDS how long each is counted
(default: 10), LIDO_BENCH_ROUNDS how often (default: 1). Profiles for callgrind_annotate are left in OUT. Counts exclude
the kernel. Clients animate by the clock, at random (Qt), or as much as the server keeps up with (GTK 4): compare those
that damage as many pixels.
"""
import os
import re
import sys

sys.dont_write_bytecode = True
from compositors import Compositor
from results import Results, format_table, number
import stock

SERVERS = ['lido', 'lido wl_shm', 'labwc', 'sway']
# A small window besides those that cover the output.
SMALL = 'weston-simple-shm 250x250'


class Counter:
    """Counts while a client is measured. profile: where callgrind writes; it appends the number of the profile."""

    def __init__(self, compositor, profile):
        self.compositor, self.profile = compositor, profile

    def command(self, *words):
        self.compositor.run(['vgdb', '--pid=%d' % self.compositor.pid, *words])

    def begin(self):
        self.command('instrumentation', 'on')

    def end(self):
        """Returns the instructions since begin()."""
        self.command('dump')
        with open(self.profile + '.1') as file:
            return int(re.search(r'^(?:totals|summary): (\d+)', file.read(), re.MULTILINE).group(1))


def find_clients(parts):
    clients = stock.find_clients()
    if 'weston-simple-shm' in clients:
        clients[SMALL] = clients['weston-simple-shm']
    return {name: command for name, command in clients.items() if not parts or any(part in name for part in parts)}


def report(results, servers):
    ratios = [(servers[0], server) for server in servers[1:]]
    rows = [[name, *(number(results.median(server, name, 'instructions')) for server in servers),
        *(number(results.ratio((one, name), (other, name), 'instructions'), 2) for one, other in ratios)]
        for name in results.cases]
    print('thousands of instructions of the compositor for each commit\n' +
        format_table(['', *servers, *('%s:%s' % pair for pair in ratios)], rows))
    rows = [[name, *(', '.join(number(results.median(server, name, key), 0) for key in ('pixels', 'commits'))
        for server in servers)] for name in results.cases]
    print('thousands of pixels that a commit damages, and commits a second, in callgrind\n' +
        format_table(['', *servers], rows), end='', flush=True)


def main():
    build, out, *parts = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    results, seconds = Results(), float(os.environ.get('LIDO_BENCH_SECONDS', 10))
    servers = os.environ['LIDO_BENCH_SERVERS'].split(',') if 'LIDO_BENCH_SERVERS' in os.environ else SERVERS
    for round in range(int(os.environ.get('LIDO_BENCH_ROUNDS', 1))):
        for name, command in find_clients(parts).items():
            for server in servers:
                print('bench: %s in %s' % (name, server), file=sys.stderr, flush=True)
                profile = os.path.join(out, re.sub('[^a-z0-9]+', '-', '%s %s' % (server, name)))
                is_small = name == SMALL
                callgrind = ['valgrind', '-q', '--tool=callgrind', '--instr-atstart=no', '--callgrind-out-file=' + profile]
                with Compositor(server, build, size=(1280, 720), kiosk=not is_small, prefix=callgrind) as compositor:
                    stock.measure(compositor, build, name, command, seconds, results, maximize=not is_small,
                        counter=Counter(compositor, profile), slowness=3)
    report(results, servers)
    return 0


if __name__ == '__main__':
    sys.exit(main())
