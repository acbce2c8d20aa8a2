"""Runs lido in its own runtime directory, and reads the resource usage of processes."""
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time

USAGE = ('fds', 'shared', 'mappings', 'rss', 'shmem')


def read(path):
    with open(path, errors='replace') as file:
        return file.read()


def read_link(path):
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return ''


# wlroots keeps two to four buffers for an output: their number varies, and they are no client's.
OUTPUT_FILES = '/wlroots-'


def read_usage(pid, without=(OUTPUT_FILES,)):
    """Returns the numbers of fds and of shared mappings, both without files of the given names, and of all mappings;
    resident KiB, in total and of shared memory; seconds of CPU."""
    status = dict(line.split(':', 1) for line in read('/proc/%d/status' % pid).splitlines() if ':' in line)
    maps = read('/proc/%d/maps' % pid).splitlines()
    fds = '/proc/%d/fd/' % pid
    ticks = read('/proc/%d/stat' % pid).rsplit(')', 1)[1].split()
    return {
        'fds': sum(not any(name in read_link(fds + fd) for name in without) for fd in os.listdir(fds)),
        'shared': sum(line.split(' ', 2)[1].endswith('s') and not any(name in line for name in without)
            for line in maps),
        'mappings': len(maps),
        'rss': int(status['VmRSS'].split()[0]),
        'shmem': int(status['RssShmem'].split()[0]),
        'cpu': (int(ticks[11]) + int(ticks[12])) / os.sysconf('SC_CLK_TCK'),
    }


def read_resident(pid, names):
    """Returns the resident KiB of mappings of files with these names."""
    sum_, counts = 0, False
    for line in read('/proc/%d/smaps' % pid).splitlines():
        if '-' in line.split(' ', 1)[0]:
            counts = any(name in line for name in names)
        elif counts and line.startswith('Rss:'):
            sum_ += int(line.split()[1])
    return sum_


def read_fds(pid):
    """Returns the targets of all fds, sorted, with their numbers replaced by N."""
    fds = '/proc/%d/fd/' % pid
    return sorted(re.sub(r'[0-9]+', 'N', read_link(fds + fd)) for fd in os.listdir(fds))


class Lido:
    """A server, to be ended with stop(). files_max: its RLIMIT_NOFILE."""

    def __init__(self, program, size='640x480', files_max=None, options=()):
        # Use a tmpfs if there is one, like a real runtime directory.
        parent = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
        self.directory = tempfile.mkdtemp(prefix='lido-hostile-', dir=parent)
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=self.directory, WAYLAND_DISPLAY='lido',
            GDK_BACKEND='wayland', QT_QPA_PLATFORM='wayland', GSK_RENDERER='cairo')
        self.environment.pop('DISPLAY', None)
        self.environment.pop('WAYLAND_SOCKET', None)
        self.log = os.path.join(self.directory, 'log')
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files_max, files_max))) if files_max else None
        with open(self.log, 'wb') as log:
            self.process = subprocess.Popen([program, '--headless', size, '--socket', 'lido', *options],
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=limit)
        self.pid = self.process.pid
        self.without = [OUTPUT_FILES]
        end = time.monotonic() + 30
        while not os.path.exists(os.path.join(self.directory, 'lido')) and time.monotonic() < end:
            time.sleep(0.05)

    def start(self, command, log='client', **environment):
        """Starts a client in its own session. Its output goes to the file log in the server's directory."""
        with open(os.path.join(self.directory, log), 'wb') as output:
            return subprocess.Popen(command, env=dict(self.environment, **environment), stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True)

    def is_alive(self):
        return self.process.poll() is None

    def usage(self):
        return read_usage(self.pid, self.without)

    def settled_usage(self):
        """Returns the same, and resident KiB without the files whose number varies. Slow."""
        usage = self.usage()
        return dict(usage, resident=usage['rss'] - read_resident(self.pid, self.without))

    def said(self):
        return re.sub(r'^', '# ', read(self.log)[-3000:], flags=re.M)

    def stop(self):
        """Ends the server. Returns its status: 0, unless it crashed or a sanitizer found an error."""
        if self.is_alive():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def clean(self):
        shutil.rmtree(self.directory, ignore_errors=True)


def kill_session(process, number=signal.SIGKILL):
    """Ends a client that start() has started, and its children. Returns its status."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass
    try:
        return process.wait(5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait()
