#!/usr/bin/env python3
"""Runs a stock client and a client of the pool in the compositor without wlroots. Prints TAP.

    plain_test.py PLAIN_COMPOSITOR FRAMES [LIDO_TOP]
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

FRAMES = 30
SECONDS = 30


class Plain:
    def __init__(self, program):
        self.directory = tempfile.mkdtemp(prefix='lido-plain-')
        self.picture = os.path.join(self.directory, 'picture.ppm')
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=self.directory, WAYLAND_DISPLAY='plain')
        self.process = subprocess.Popen([program, 'plain', self.picture], env=self.environment,
            stdout=subprocess.PIPE, text=True)
        self.wait_for(lambda: os.path.exists(os.path.join(self.directory, 'plain')))

    def wait_for(self, condition):
        end = time.monotonic() + SECONDS
        while not condition() and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)

    def stop(self):
        """Ends the compositor. Returns its status, the number of shown frames, and the picture's header and pixels."""
        self.process.send_signal(signal.SIGTERM)
        said = self.process.communicate(timeout=SECONDS)[0]
        with open(self.picture, 'rb') as file:
            head, pixels = file.read().split(b'\n', 1)
        shutil.rmtree(self.directory)
        return self.process.returncode, int(said.split()[0]), head, pixels


def get_colors(pixels):
    return {pixels[i:i + 3] for i in range(0, len(pixels), 3)}


def count_commits(log):
    with open(log, errors='replace') as file:
        return file.read().count('.commit(')


number = 0
failed = False


def expect(name, condition, *what):
    global number, failed
    number += 1
    failed |= not condition
    print('%s %d plain@%s' % ('ok' if condition else 'not ok', number, name))
    if not condition:
        print('#', *what)


def show_stock_client(program):
    if shutil.which('weston-simple-shm') is None:
        return
    plain = Plain(program)
    log = os.path.join(plain.directory, 'log')
    with open(log, 'w') as output:
        client = subprocess.Popen(['weston-simple-shm'], env=dict(plain.environment, WAYLAND_DEBUG='1'),
            stdout=output, stderr=output)
    plain.wait_for(lambda: count_commits(log) > FRAMES or client.poll() is not None)
    lives = client.poll() is None
    client.kill()
    client.wait()
    status, frames, head, pixels = plain.stop()
    expect('weston-simple-shm-draws-frames', lives and frames >= FRAMES, lives, frames)
    expect('its-picture-is-there', head == b'P6 640 480 255' and len(get_colors(pixels)) > 100, head,
        len(get_colors(pixels)))
    expect('and-nothing-is-left', status == 0, status)


def show_pool_client(program, client, *more):
    plain = Plain(program)
    result = subprocess.run([client, 'pool', str(FRAMES)], env=plain.environment, capture_output=True, text=True)
    status, frames, head, pixels = plain.stop()
    expect('client-of-the-library-has-the-pool', result.returncode == 0 and 'backend pool' in result.stdout, result)
    expect('each-of-its-frames-is-shown', frames == FRAMES, frames)
    expect('the-last-one-is-in-the-picture', bytes([(FRAMES - 1) * 8 % 256]) * 3 == pixels[:3], pixels[:3])
    expect('of-the-pool-nothing-is-left', status == 0, status)


def watch(program, client, top):
    plain = Plain(program)
    process = subprocess.Popen([client, 'pool', '1000000'], env=plain.environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)

    def look():
        text = subprocess.run([top, '--once', '--json'], env=plain.environment, capture_output=True, text=True).stdout
        return json.loads(text)['clients'] if text else []

    plain.wait_for(lambda: look() and look()[0]['bytes_read'] > 0)
    clients = look()
    process.kill()
    process.wait()
    status = plain.stop()[0]
    expect('lido-top-sees-the-client', len(clients) == 1 and clients[0]['pid'] == process.pid and
        clients[0]['exported_areas'] == 1, clients)
    expect('and-nothing-is-left-of-that', status == 0, status)


show_stock_client(sys.argv[1])
show_pool_client(*sys.argv[1:])
if len(sys.argv) > 3:
    watch(*sys.argv[1:])
print('1..%d' % number)
sys.exit(failed)
