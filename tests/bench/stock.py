"""Measures stock clients that animate without input, and counts system calls with strace."""
import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

# What WAYLAND_DEBUG prints when a client shows a picture, makes a pool, and names what it has drawn.
DRAWN = r'wl_surface[@#]\d+\.attach\(wl_buffer'
POOL = r'wl_shm[@#]\d+\.create_pool\('
DAMAGE = r'wl_surface[@#]\d+\.damage(?:_buffer)?\(-?\d+, -?\d+, (\d+), (\d+)\)'


def find_clients():
    """Returns the installed clients that animate without input."""
    qt = glob.glob('/usr/lib/*/qt6/examples/widgets/graphicsview/collidingmice/**/collidingmice', recursive=True)
    qt = [path for path in qt if os.path.isfile(path)]
    scroll = 'i=0; while :; do i=$((i + 1)); echo "$i the quick brown fox jumps over the lazy dog"; sleep 0.01; done'
    clients = {
        'gtk3 (pixbufs)': ['gtk3-demo', '--run=pixbufs'],
        'gtk4 cairo (fishbowl)': ['gtk4-demo', '--run=fishbowl'],
        'qt6 (collidingmice)': qt[:1],
        'foot (scrolling)': ['foot', 'sh', '-c', scroll],
        'weston-simple-shm': ['weston-simple-shm'],
    }
    return {name: command for name, command in clients.items() if command and shutil.which(command[0])}


def read_cpu(pid):
    """CPU seconds of the process, from the kernel's clock of that process (clock_getcpuclockid)."""
    return time.clock_gettime((~pid << 3) | 2)


def read_log(path, width, height):
    """Returns the numbers of commits, pools and damaged pixels so far. No damage is larger than width x height."""
    with open(path, errors='replace') as file:
        text = file.read()
    pixels = sum(min(int(x), width) * min(int(y), height) for x, y in re.findall(DAMAGE, text))
    return len(re.findall(DRAWN, text)), len(re.findall(POOL, text)), pixels


def measure(compositor, build, name, command, seconds, results, maximize=True, counter=None, slowness=1):
    """Runs a client over the whole output and counts its commits. Adds no result if it does not draw. counter: counts
    instructions meanwhile, from begin() to end(). slowness: how much longer than usual the start takes."""
    log = os.path.join(compositor.directory, 'client')
    environment = dict(compositor.environment, WAYLAND_DEBUG='client', GDK_BACKEND='wayland', GSK_RENDERER='cairo',
        QT_QPA_PLATFORM='wayland', GTK_A11Y='none', NO_AT_BRIDGE='1')
    with open(log, 'wb') as output:
        client = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True)
    end = time.monotonic() + 30
    while read_log(log, *compositor.size)[0] < 2 and client.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(0.5 * slowness)
    if maximize and compositor.name.startswith('lido'):
        compositor.run([build + '/tests/programs/drive', 'maximize'])
    time.sleep(1.5 * slowness)
    if counter is not None:
        counter.begin()
    before, start = read_log(log, *compositor.size), time.monotonic()
    processes = {'cpu': compositor.pid, 'client_cpu': client.pid}
    cpu = {key: read_cpu(pid) for key, pid in processes.items()}
    time.sleep(seconds)
    instructions = counter.end() if counter is not None else None
    is_alive = client.poll() is None
    cpu = {key: read_cpu(pid) - cpu[key] for key, pid in processes.items() if is_alive}
    commits, pools, pixels = (now - then for now, then in zip(read_log(log, *compositor.size), before))
    passed = time.monotonic() - start
    try:
        os.killpg(client.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    client.wait()
    if not is_alive or commits < seconds:
        print('bench: %s does not draw in %s' % (name, compositor.name), flush=True)
        return
    if counter is not None:
        results.add(compositor.name, name, 'instructions', instructions / 1000 / commits)
    for key, time_used in cpu.items():
        results.add(compositor.name, name, key, time_used * 1e6 / commits)
    results.add(compositor.name, name, 'commits', commits / passed)
    results.add(compositor.name, name, 'pools', pools / passed)
    results.add(compositor.name, name, 'pixels', pixels / 1000 / commits)


def parse_calls(path):
    """Returns the number of all calls, and of those that map and unmap memory."""
    total = mappings = 0
    with open(path) as file:
        for line in file:
            fields = line.split()
            if len(fields) >= 5 and fields[3].isdigit() and fields[-1] != 'total':
                total += int(fields[3])
                mappings += int(fields[3]) if fields[-1] in ('mmap', 'munmap', 'mremap') else 0
    return total, mappings


def count_calls(compositor, command):
    """Counts system calls while the client runs: [all, mappings] of the compositor, then of the client."""
    with tempfile.TemporaryDirectory() as directory:
        server, client = directory + '/server', directory + '/client'
        tracer = subprocess.Popen(['strace', '-f', '-c', '-p', str(compositor.pid), '-o', server], stderr=subprocess.PIPE)
        tracer.stderr.readline()
        compositor.run(command, prefix=['strace', '-f', '-c', '-o', client])
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        return [*parse_calls(server), *parse_calls(client)]
