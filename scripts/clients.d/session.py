"""Runs one client in its own headless Lido, and measures it."""
import glob
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import time
import zlib

SIZE = (1280, 800)
DRIVE_SECONDS = 120
SHOTS = 6
SHOT_SECONDS = 0.15
SAID_LINES = 20
# How libwayland, GTK and Qt print an error of the server, and how lido-run prints that it got no block.
LIMIT = re.compile(r'#\d+: error \d+: |Error \d+ \(Protocol error\)|connection experienced a fatal error'
    r'|stays a file: the server has no memory|cannot grow to \d+ bytes')


class Failure(Exception):
    """What a client did not do that its row asks for."""


class Session:
    """Runs one client; the fields hold the measurements."""

    def __init__(self, client, build, with_pool, scale):
        self.error = self.verified = ''
        self.shots = []
        self.said = [] # the last lines that the client has printed
        self.pools = self.in_blocks = self.mappings = self.fds = self.areas = self.blocks = 0
        self.faults = self.cpu = self.start_cpu = self.server_cpu = 0
        self.reasons = set()
        self.limits = []
        self.nearest = (0, '')
        self.build = build
        self.scale = scale
        self.runner = [os.path.join(build, 'preload/client/lido-run'), '--debug'] if with_pool else []
        self.processes = []
        self.client = self.lido = None
        self.ended = None # what the client and its children have used, when it has ended
        # Both runs of a client have the same folder: some show its name.
        folder = self.folder = '/dev/shm/lido-clients-%d-%s' % (os.getpid(), client.name)
        os.mkdir(folder, 0o700)
        try:
            self.environment = dict(os.environ, XDG_RUNTIME_DIR=folder, WAYLAND_DISPLAY='lido-clients', HOME=folder,
                GDK_BACKEND='wayland', QT_QPA_PLATFORM='wayland', XDG_CONFIG_HOME=folder, XDG_CACHE_HOME=folder,
                LIDO_RUN_PRELOAD=os.path.join(build, 'preload/client/liblido-run-preload.so'), ELM_DISPLAY='wl',
                MOZ_ENABLE_WAYLAND='1', LIBGL_ALWAYS_SOFTWARE='1', NO_AT_BRIDGE='1', LANG='C.UTF-8', SHELL='/bin/sh')
            for variable in ('DISPLAY', 'LD_PRELOAD', 'LIDO_RUN_DEBUG', 'WAYLAND_DEBUG'):
                self.environment.pop(variable, None)
            self.run(client, scale)
        finally:
            for process in reversed(self.processes):
                end(process)
            self.read_log()
            shutil.rmtree(folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, command, log, **options):
        """Starts a process that ends with the session. Its output goes to the file log."""
        with open(self.path(log), 'ab') as file:
            process = subprocess.Popen(command, env=self.environment, stdout=options.get('stdout', file), stderr=file,
                stdin=options.get('stdin', subprocess.DEVNULL), start_new_session=True, cwd=self.folder)
        self.processes.append(process)
        return process

    def run_tool(self, *command, **options):
        """Runs a program to its end, and returns what it prints."""
        done = subprocess.run(command, env=self.environment, capture_output=True, check=False, cwd=self.folder,
            timeout=options.pop('timeout', 20), **options)
        if done.returncode != 0:
            raise Failure('%s: %s' % (command[0], done.stderr.decode(errors='replace').strip()[-100:]))
        return done.stdout

    def drive(self, *actions):
        done = subprocess.run([os.path.join(self.build, 'tests/programs/drive')] + list(actions), env=self.environment,
            capture_output=True, text=True, check=False, timeout=DRIVE_SECONDS)
        if done.returncode != 0:
            raise Failure(done.stderr.strip())

    def take_shot(self):
        return subprocess.run(['grim', '-t', 'ppm', '-'], env=self.environment, capture_output=True, check=False).stdout

    def start_lido(self, options):
        bus = self.start(['dbus-daemon', '--session', '--nofork', '--print-address'], 'bus', stdout=subprocess.PIPE)
        self.environment['DBUS_SESSION_BUS_ADDRESS'] = bus.stdout.readline().decode().strip()
        with open(self.path('report'), 'wb') as report:
            lido = self.lido = self.start([os.path.join(self.build, 'compositor/lido'), '--headless', '%dx%d' % SIZE,
                '--socket', 'lido-clients'] + options, 'lido', stdout=report)
        if not wait_for(lambda: os.path.exists(self.path('lido-clients')), 10):
            raise Failure('lido did not start')
        # Real seats have a keyboard and a pointer: some clients end without.
        plug = self.start([os.path.join(self.build, 'tests/programs/drive'), 'plug'], 'plug', stdout=subprocess.PIPE)
        plug.stdout.readline()
        if '--xwayland' in options:
            with open(self.path('lido'), encoding='utf-8') as file:
                self.environment['DISPLAY'] = re.search(r'DISPLAY=(:\d+)', file.read()).group(1)
        return lido

    def has_ended(self):
        if self.ended is None:
            pid, status, usage = os.wait4(self.client.pid, os.WNOHANG)
            if pid != 0:
                self.client.returncode = os.waitstatus_to_exitcode(status)
                self.ended = usage.ru_minflt, (usage.ru_utime + usage.ru_stime) * 1000
        return self.ended is not None

    def count(self):
        """Returns minor page faults and milliseconds of CPU time of the client and its children."""
        counts = count_session(self.client.pid)
        return tuple(map(sum, zip(counts, self.ended))) if self.has_ended() else counts

    def run(self, client, scale):
        lido = self.start_lido(client.lido_options + (client.managed_options if self.runner else []))
        if scale != 1:
            self.run_tool('wlr-randr', '--output', 'HEADLESS-1', '--scale', str(scale))
        if client.prepare:
            client.prepare(self)
        self.start([os.path.join(self.build, 'top/lido-top'), '--json', '--interval', '0.5'], 'top')
        started = self.client = self.start(self.runner + client.command, 'client')
        time.sleep(client.settle)
        start_faults, self.start_cpu = self.count()
        try:
            self.use(client)
        except (Failure, subprocess.TimeoutExpired) as failure:
            self.error = str(failure)
        if self.has_ended() and not client.ends:
            self.error = self.error or 'ended by itself'
        self.faults, self.cpu = self.count()
        if not client.counts_start:
            self.faults -= start_faults
            self.cpu -= self.start_cpu
        self.server_cpu = count_session(lido.pid)[1]
        for _ in range(SHOTS if client.is_shown else 1):
            self.shots.append(self.take_shot())
            time.sleep(SHOT_SECONDS)
        self.read_report(lido, started, client)
        self.read_top(started)

    def use(self, client):
        if client.actions:
            self.drive(*client.actions)
        if client.check:
            self.verified = client.check(self)
        time.sleep(1)

    def read_top(self, client):
        with open(self.path('top'), errors='replace', encoding='utf-8') as file:
            lines = [line for line in file if line.startswith('{') and line.endswith('}\n')]
        for row in (row for line in lines for row in json.loads(line)['clients']):
            if self.is_of(row, client) and row['limit']['max'] > 0:
                share = 100 * row['limit']['used'] // row['limit']['max']
                self.nearest = max(self.nearest, (share, row['limit']['key']))
        if not lines:
            self.limits.append('lido-top printed nothing')
        elif self.nearest[0] >= 100:
            self.limits.append(self.nearest[1])

    def is_of(self, row, client):
        """Whether a row of a report is a process of the client, or the connection that lido made for its X server."""
        is_server = 'DISPLAY' in self.environment and row['pid'] == self.lido.pid
        return is_server or session_of(row['pid']) == client.pid

    def read_report(self, lido, started, client):
        path = self.path('report')
        if lido.poll() is not None:
            self.error = 'lido ended with status %d' % lido.returncode
            return
        os.kill(lido.pid, signal.SIGUSR1)
        wait_for(lambda: os.path.getsize(path) > 0 or lido.poll() is not None, 5)
        time.sleep(0.1)
        with open(path, encoding='utf-8') as file:
            text = file.read()
        rows = [row for row in (json.loads(text) if text else []) if self.is_of(row, started)]
        if not rows and not self.error and client.is_shown:
            self.error = 'has no connection'
        self.mappings = sum(row['mappings'] for row in rows)
        self.fds = sum(row['fds'] for row in rows)
        self.areas = sum(row['exported_areas'] for row in rows)
        self.blocks = sum(row['blocks'] for row in rows)

    def read_log(self):
        """Reads what the client and lido-run have printed. Called when all processes have ended."""
        if not os.path.exists(self.path('client')):
            return
        with open(self.path('client'), errors='replace', encoding='utf-8') as file:
            for line in file:
                self.said = self.said[1 - SAID_LINES:] + [line.rstrip()]
                if LIMIT.search(line):
                    self.limits.append(line.strip())
                if line.startswith('lido-run: ') and ' a pool of ' in line:
                    self.pools += 1
                    self.in_blocks += line.strip().endswith('is in a block')
                    if ' stays a file: ' in line:
                        self.reasons.add(line.strip().split(' stays a file: ')[1])


def end(process):
    for number, seconds in ((signal.SIGTERM, 3), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, number)
            process.wait(seconds)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass


def wait_for(condition, seconds):
    """Returns whether the condition has become true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def session_of(pid):
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def read_cpu(pid):
    """Returns nanoseconds of CPU time of a process, with its threads that have ended."""
    try:
        return time.clock_gettime_ns(~pid << 3 | 2)  # its CPU-time clock: clock_getcpuclockid(3)
    except OSError:
        return 0


def count_session(leader):
    """Returns minor page faults and milliseconds of CPU time of all processes of a session.

    Of processes that have ended, the kernel tells their parent's in ticks of 10 ms.
    """
    faults = ticks = nanoseconds = 0
    for path in glob.glob('/proc/[0-9]*/stat'):
        try:
            with open(path, errors='replace', encoding='utf-8') as file:
                fields = file.read().rsplit(')', 1)[1].split()
        except OSError:
            continue
        if int(fields[3]) == leader:
            faults += int(fields[7]) + int(fields[8])
            ticks += sum(int(field) for field in fields[13:15])
            nanoseconds += read_cpu(int(path.split('/')[2]))
    return faults, ticks * 1000 / os.sysconf('SC_CLK_TCK') + nanoseconds / 1e6


def read_ppm(shot):
    """Returns width, height and the bytes, three per pixel."""
    if not shot.startswith(b'P6'):
        return 0, 0, b''
    _, width, height, _, pixels = shot.split(maxsplit=4)
    return int(width), int(height), shot[len(shot) - int(width) * int(height) * 3:] if pixels else b''


def write_png(path, shot):
    width, height, pixels = read_ppm(shot)
    if not pixels:
        return
    rows = b''.join(b'\0' + pixels[i * width * 3:(i + 1) * width * 3] for i in range(height))
    with open(path, 'wb') as file:
        file.write(b'\x89PNG\r\n\x1a\n')
        for kind, data in ((b'IHDR', struct.pack('>2I5B', width, height, 8, 2, 0, 0, 0)),
                (b'IDAT', zlib.compress(rows, 1)), (b'IEND', b'')):
            file.write(struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data)))
