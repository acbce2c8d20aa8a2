#!/usr/bin/env python3
"""Measures what frames of shared memory cost on a GPU: uploaded, and read with no copy. Prints one table.

    gpu.py BUILD [--quick]

Runs lido headless, with the renderer gles2, in turn with wlroots' own wl_shm, with --zero-copy=no and with
--zero-copy=yes. LIDO_BENCH_PRELOAD names a library that is preloaded into it.
"""
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

CASES = ['1080p two images', '4K two images', '1080p two buffers, sealed', '4K two buffers, sealed',
    '1080p new image, warm', '1080p new pool, sealed']
MODES = {'wlroots': ['--shm=wlroots'], 'upload': ['--zero-copy=no'], 'no copy': ['--zero-copy=yes']}


class Server:
    """lido in its own runtime folder."""

    def __init__(self, build, options):
        self.build = build
        self.folder = tempfile.mkdtemp(prefix='lido-gpu-')
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=self.folder, WAYLAND_DISPLAY='bench')
        self.environment.pop('DISPLAY', None)
        own = dict(self.environment, WLR_SCENE_DISABLE_DIRECT_SCANOUT='1')
        if os.environ.get('LIDO_BENCH_PRELOAD'):
            own['LD_PRELOAD'] = os.environ['LIDO_BENCH_PRELOAD'] + ':' + own.get('LD_PRELOAD', '')
        self.log = open(self.folder + '/log', 'w+', errors='replace')
        command = [build + '/compositor/lido', '--headless', '3840x2160', '--renderer', 'gles2', '--socket', 'bench',
            '--verbose', '--no-xwayland', *options]
        self.process = subprocess.Popen(command, env=own, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        end = time.monotonic() + 30
        while not os.path.exists(self.folder + '/bench'):
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError('lido did not start: ' + self.read_log()[-2000:])
            time.sleep(0.05)

    def read_log(self):
        with open(self.folder + '/log', errors='replace') as file:
            return file.read()

    def look(self):
        """What the monitor says of the client; None: nothing."""
        result = subprocess.run([self.build + '/top/lido-top', '--json', '--once'], env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        clients = json.loads(result.stdout)['clients'] if result.returncode == 0 else []
        return next((client for client in clients if client['name'].startswith('commit_bench')), None)

    def measure(self, case, frames):
        """Returns microseconds of the server per frame, and the last two looks at the client with their times."""
        command = [self.build + '/tests/bench/commit_bench', str(self.process.pid), str(frames), case]
        client = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)
        looks = []
        while client.poll() is None:
            look = self.look()
            looks += [(time.monotonic(), look)] if look else []
            time.sleep(0.5)
        match = re.search(r'server_cpu=([\d.]+)', client.stdout.read())
        if match is None:
            raise RuntimeError('%s: no result: %s' % (case, self.read_log()[-2000:]))
        return float(match[1]), looks[-2:]

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def describe(log):
    """The renderer, and whether it reads with no copy, as lido has logged it."""
    for pattern in r'GL renderer: (.*)', r'lido: (the GPU reads.*|pixels in shared.*)':
        match = re.search(pattern, log)
        if match:
            print(match[1])


def main():
    build, quick = os.path.abspath(sys.argv[1]), '--quick' in sys.argv
    rounds = 1 if quick else int(os.environ.get('LIDO_BENCH_ROUNDS', 5))
    frames = 10 if quick else 120
    costs, copied, pins = {}, {}, {}
    print(platform.platform())
    for number in range(rounds):
        for mode, options in MODES.items():
            server = Server(build, options)
            try:
                for case in CASES:
                    cost, looks = server.measure(case, frames)
                    costs.setdefault((case, mode), []).append(cost)
                    if len(looks) == 2:
                        (before, first), (after, last) = looks
                        copied[case, mode] = (last['bytes_read'] - first['bytes_read']) / (after - before)
                        pins[case, mode] = last['pins']
                if number == 0 and mode == 'no copy':
                    describe(server.read_log())
            finally:
                server.stop()
    print('\n%-28s' % 'server, µs a frame' + ''.join('%10s' % mode for mode in MODES) + '   no copy/upload   pins   MB/s copied')
    for case in CASES:
        values = [statistics.median(costs[case, mode]) for mode in MODES]
        rate = copied.get((case, 'no copy'))
        print('%-28s' % case + ''.join('%10.0f' % value for value in values) + '%17.2f' % (values[2] / values[1]) +
            '%7s' % pins.get((case, 'no copy'), '?') + '%14s' % ('?' if rate is None else '%.1f' % (rate / 1e6)))


main()
