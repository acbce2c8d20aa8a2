"""The compared compositors, headless and with pixman, each in its own runtime directory."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

WIDTH, HEIGHT = 1920, 1080

SWAY = '''output HEADLESS-1 mode {width}x{height}@60Hz
for_window [title=".*"] {floating}
for_window [app_id=".*"] {floating}
default_border none
default_floating_border none
focus_follows_mouse no
'''
LABWC = '''<?xml version="1.0"?>
<labwc_config><core><decoration>client</decoration></core>
<windowRules><windowRule identifier="*" serverDecoration="no">{maximize}</windowRule></windowRules></labwc_config>
'''


class Compositor:
    """A running server; end it with stop(). kiosk: each window covers the output. prefix: a program that runs it. starts:
    False if a benchmark starts it itself, by .command."""

    def __init__(self, name, build, size=(WIDTH, HEIGHT), kiosk=False, options=(), prefix=(), starts=True):
        self.name, self.size, self.kiosk = name, size, kiosk
        parent = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
        self.directory = tempfile.mkdtemp(prefix='lido-bench-', dir=parent)
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=self.directory, XDG_CONFIG_HOME=self.directory,
            WLR_BACKENDS='headless', WLR_RENDERER='pixman', WLR_LIBINPUT_NO_DEVICES='1',
            WLR_SCENE_DISABLE_DIRECT_SCANOUT='1', LIDO_WLROOTS_PRELOAD=build + '/preload/compositor/liblido-wlroots-preload.so')
        for variable in ('DISPLAY', 'WAYLAND_DISPLAY', 'WAYLAND_SOCKET'):
            self.environment.pop(variable, None)
        self.log = os.path.join(self.directory, 'log')
        self.command = [*prefix, *getattr(self, 'command_' + name.split()[0])(build), *options]
        self.process = None
        if starts:
            self.start()

    def start(self):
        with open(self.log, 'wb') as log:
            self.process = subprocess.Popen(self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True)
        self.pid = self.process.pid
        self.wait_for_socket()

    def command_lido(self, build):
        shm = ['--shm=wlroots'] if self.name.endswith('wl_shm') else []
        return [build + '/compositor/lido', '--headless', '%dx%d' % self.size, '--renderer', 'pixman', *shm]

    def command_sway(self, build):
        floating = 'border none' if self.kiosk else 'floating enable, move position 0 0'
        config = self.write('sway', SWAY.format(width=self.size[0], height=self.size[1], floating=floating))
        return [build + '/preload/compositor/lido-wrap'] * self.name.endswith('wrapped') + ['sway', '-c', config]

    def command_labwc(self, build):
        maximize = '<action name="Maximize"/>' if self.kiosk else ''
        self.write('rc.xml', LABWC.format(maximize=maximize))
        return ['labwc', '-C', self.directory]

    def command_cage(self, build):
        return ['cage', '-d', '--', 'sleep', 'infinity']

    def command_weston(self, build):
        return ['weston', '--backend=headless', '--renderer=pixman', '--width=%d' % self.size[0],
            '--height=%d' % self.size[1], '--no-config', '--idle-time=0'] + ['--shell=kiosk'] * self.kiosk

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, 'w') as file:
            file.write(text)
        return path

    def wait_for_socket(self):
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            sockets = [name for name in os.listdir(self.directory) if re.fullmatch('wayland-[0-9]+', name)]
            if sockets:
                self.environment['WAYLAND_DISPLAY'] = sockets[0]
                return
            time.sleep(0.05)
        raise RuntimeError('%s did not start: %s' % (self.name, self.read_log()))

    def read_log(self):
        with open(self.log, errors='replace') as file:
            return file.read()[-2000:]

    def run(self, command, prefix=(), timeout=300):
        """Runs a client until it exits; returns its output."""
        result = subprocess.run([*prefix, *command], env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, text=True)
        if result.returncode != 0:
            raise RuntimeError('%s in %s: %s%s' % (' '.join(command), self.name, result.stderr[-1000:], self.read_log()))
        return result.stdout

    def stop(self):
        if self.process is not None:
            self.end()
        shutil.rmtree(self.directory, ignore_errors=True)

    def end(self):
        # Cage waits for its client, so it ends as well.
        os.killpg(self.pid, signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()
