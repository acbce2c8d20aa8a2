#!/usr/bin/env python3
"""Opens, resizes and closes stock clients for a long time, and verifies that the server does not grow.

    soak.py LIDO DRIVE OUT MINUTES [SEED]

Each minute is a tide: about fifty seconds of flood, in which it opens, resizes, closes and kills clients at random,
then an ebb without clients. The server's usage at ebb must not grow: fds and shared mappings by none, resident memory
by at most RSS_SLOPE_MAX. (During the flood all three follow the clients.)

Writes OUT/soak.tsv, a line per second, and OUT/soak.svg; prints the verdict. Exits with 1 if the usage has grown.
"""
import glob
import os
import random
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from lido import Lido, kill_session

FLOOD_SECONDS = 52
EBB_SECONDS = 5  # trimming takes two idle seconds
CLIENTS_MAX = 6
RSS_SLOPE_MAX = 16  # KiB a minute, by least squares over the ebbs after the warm-up
WARM_UP = 3  # ebbs, after which the server's allocator, fonts and cursors have settled
SLOPE_LEN_MIN = 6  # ebbs after the warm-up: fewer do not determine a slope
COLUMNS = ('clients', 'fds', 'shared', 'mappings', 'rss', 'shmem', 'cpu')


def find_clients():
    """Returns the commands of installed stock clients, and ours."""
    qt = glob.glob('/usr/lib/*/qt6/examples/widgets/painting/basicdrawing/bin/basicdrawing') + glob.glob(
        '/usr/lib/*/qt6/examples/widgets/painting/basicdrawing/basicdrawing')
    commands = [[name] for name in ('foot', 'gtk3-demo', 'gtk4-demo-application', 'weston-simple-shm',
        'weston-simple-damage', 'weston-flower', 'weston-terminal', 'weston-smoke', 'weston-clickdot',
        'weston-transformed', 'weston-stacking', 'weston-eventdemo')]
    commands += [qt[:1], ['lido-paint'], ['lido-icons', '--grow']]
    return [command for command in commands if command and shutil.which(command[0])]


class Soak:
    def __init__(self, lido, drive, out, seed):
        self.server = Lido(lido, '1280x800')
        self.drive = drive
        self.random = random.Random(seed)
        self.clients, self.opened, self.killed = [], {}, 0
        self.commands = find_clients()
        self.start = time.monotonic()
        self.rows, self.ebbs = [], []
        self.tsv = open(os.path.join(out, 'soak.tsv'), 'w')
        self.tsv.write('second\tebb\t' + '\t'.join(COLUMNS) + '\n')

    def sample(self, is_ebb=False):
        self.clients = [client for client in self.clients if client.poll() is None]
        usage = dict(self.server.usage(), second=time.monotonic() - self.start, clients=len(self.clients))
        self.rows.append(usage)
        if is_ebb:
            self.ebbs.append(usage)
        values = [str(usage[column]) for column in COLUMNS]
        self.tsv.write('%.1f\t%d\t' % (usage['second'], is_ebb) + '\t'.join(values) + '\n')
        self.tsv.flush()

    def act(self, *actions):
        """Drives the input devices. The window may be gone already."""
        command = [self.drive] + [str(action) for action in actions]
        driver = self.server.start(command, 'drive')
        try:
            driver.wait(5)
        except subprocess.TimeoutExpired:
            kill_session(driver)

    def kill(self, client):
        kill_session(client, self.random.choice([signal.SIGKILL, signal.SIGTERM]))
        self.killed += 1

    def step(self):
        choice = self.random.random()
        if len(self.clients) < 2 or (choice < 0.5 and len(self.clients) < CLIENTS_MAX):
            command = self.random.choice(self.commands)
            self.clients.append(self.server.start(command))
            name = os.path.basename(command[0])
            self.opened[name] = self.opened.get(name, 0) + 1
        elif choice < 0.75:
            self.act('drag', *(self.random.randrange(20, 980) for _ in range(4)))
        elif choice < 0.85:
            self.act('click', self.random.randrange(1000), self.random.randrange(1000), 'close')
        else:
            self.kill(self.random.choice(self.clients))

    def tide(self):
        end = time.monotonic() + FLOOD_SECONDS
        while time.monotonic() < end and self.server.is_alive():
            next_step = time.monotonic() + 1
            self.sample()
            self.step()
            time.sleep(max(0, next_step - time.monotonic()))
        for client in self.clients:
            self.kill(client)
        time.sleep(EBB_SECONDS)
        if self.server.is_alive():
            self.sample(True)


def slope(points):
    """Returns the slope of y per unit of x, by least squares."""
    mean_x, mean_y = (sum(column) / len(points) for column in zip(*points))
    square = sum((x - mean_x) ** 2 for x, y in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / square if square else 0


def draw(soak, path):
    """Draws three panels over time: a line of each second, and a dot for each ebb."""
    width, height, left, gap = 760, 130, 70, 34
    end = soak.rows[-1]['second']
    rows = soak.rows[::max(1, len(soak.rows) // 450)]
    svg = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">'
        % (width + left + 20, 3 * (height + gap) + 26), '<rect width="100%" height="100%" fill="#fff"/>']
    panels = (('rss', 1 / 1024, 'resident, MiB', '#19808a'), ('fds', 1, 'fds', '#cc4c51'),
        ('shared', 1, 'shared mappings', '#5a4fa2'))
    for number, (column, scale, title, color) in enumerate(panels):
        top = gap + number * (height + gap)
        most = max(row[column] for row in soak.rows) * scale * 1.05

        def place(row):
            return left + row['second'] / end * width, top + height - row[column] * scale / most * height

        svg.append('<text x="%d" y="%d">%s</text>' % (left, top - 8, title))
        svg.append('<path d="M%d %dv%dh%d" fill="none" stroke="#888"/>' % (left, top, height, width))
        for part in (0, 0.5, 1):
            svg.append('<text x="%d" y="%d" text-anchor="end">%.0f</text>'
                % (left - 6, top + height * (1 - part) + 4, most * part))
        line = ' '.join('%.0f,%.0f' % place(row) for row in rows)
        svg.append('<polyline points="%s" fill="none" stroke="%s" opacity="0.55"/>' % (line, color))
        svg += ['<circle cx="%.0f" cy="%.0f" r="3" fill="%s"/>' % (*place(row), color) for row in soak.ebbs]
    bottom = 3 * (height + gap) + 16
    svg += ['<text x="%.0f" y="%d" text-anchor="middle">%.0f</text>' % (left + part * width, bottom, part * end / 60)
        for part in (0, 0.25, 0.5, 0.75, 1)]
    svg.append('<text x="%d" y="%d">minutes</text></svg>' % (left + width * 0.87, bottom))
    with open(path, 'w') as file:
        file.write('\n'.join(svg) + '\n')


def judge(soak, status):
    """Prints the verdict. Returns whether nothing has grown."""
    ebbs = soak.ebbs[WARM_UP:] if len(soak.ebbs) > WARM_UP + 1 else soak.ebbs
    opened = ', '.join('%s %d' % pair for pair in sorted(soak.opened.items()))
    print('soak: %.0f minutes, %d clients opened, %d of them killed (%s)'
        % (soak.rows[-1]['second'] / 60, sum(soak.opened.values()), soak.killed, opened))
    good = status == 0
    if not good:
        print('soak: FAILED: the server exited with status %d\n%s' % (status, soak.server.said()))
    for column in ('fds', 'shared'):
        grown = ebbs[-1][column] - ebbs[0][column]
        good &= grown <= 0
        print('soak: %s at ebb: %d first, %d last, peak %d%s' % (column, ebbs[0][column],
            ebbs[-1][column], max(row[column] for row in soak.rows), '' if grown <= 0 else ': FAILED, must not grow'))
    rise = slope([(ebb['second'] / 60, ebb['rss']) for ebb in ebbs])
    judged = len(ebbs) >= SLOPE_LEN_MIN
    good &= not judged or rise <= RSS_SLOPE_MAX
    print('soak: resident at ebb: %d KiB first, %d last, peak %d; %+.1f KiB per minute, the limit is %d%s'
        % (ebbs[0]['rss'], ebbs[-1]['rss'], max(row['rss'] for row in soak.rows), rise, RSS_SLOPE_MAX,
        ' (too few tides to judge it)' if not judged else '' if rise <= RSS_SLOPE_MAX else ': FAILED'))
    return good


def main():
    lido, drive, out, minutes = sys.argv[1:5]
    seed = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    soak = Soak(lido, drive, out, seed)
    tides = max(1, round(float(minutes)))
    try:
        for number in range(tides):
            soak.tide()
            if not soak.server.is_alive():
                break
            print('soak: tide %d of %d: %s' % (number + 1, tides,
                ', '.join('%s %d' % (column, soak.ebbs[-1][column]) for column in ('fds', 'shared', 'rss'))),
                file=sys.stderr)
    finally:
        for client in soak.clients:
            kill_session(client)
        status = soak.server.stop()
        draw(soak, os.path.join(out, 'soak.svg'))
        good = judge(soak, status) if soak.ebbs else False
        soak.server.clean()
    sys.exit(0 if good else 1)


if __name__ == '__main__':
    main()
