"""What is verified of clients beyond their picture. Each check returns what it has seen, or raises session.Failure."""
import os
import re
import signal
import socket
import struct
import subprocess

from session import Failure, read_ppm, wait_for

OUTPUT = 'HEADLESS-1'
TEXT = b'one two'
LARGE = bytes(range(1, 251)) * 4000
WITHOUT = 'without-window'
VNC_PORT = 5977


def require(condition, text):
    if not condition:
        raise Failure(text)


def write(session, name, text):
    with open(session.path(name), 'w', encoding='utf-8') as file:
        file.write(text)


def read(session, name):
    if not os.path.exists(session.path(name)):
        return ''
    with open(session.path(name), errors='replace', encoding='utf-8') as file:
        return file.read()


# Preparations

def write_pdf(session):
    page = '<< /Length 66 >> stream\nBT /F1 48 Tf 72 600 Td (These pixels) Tj ET 72 500 300 20 re f   \nendstream'
    objects = ['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
        '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources '
        '<< /Font << /F1 5 0 R >> >> >>',
        page, '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>']
    text, offsets = '%PDF-1.4\n', []
    for number, body in enumerate(objects, 1):
        offsets.append(len(text))
        text += '%d 0 obj %s endobj\n' % (number, body)
    table = ''.join('%010d 00000 n \n' % offset for offset in offsets)
    text += 'xref\n0 6\n0000000000 65535 f \n%strailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n' % (
        table, len(text))
    write(session, 'page.pdf', text)


def write_svg(session):
    write(session, 'page.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400">'
        '<rect x="50" y="50" width="300" height="200" fill="#3465a4"/><circle cx="400" cy="250" r="90" fill="#cc0000"/>'
        '</svg>\n')


def write_yambar(session):
    write(session, 'yambar.yml', 'bar:\n  location: top\n  height: 26\n  background: 204060ff\n  left:\n'
        '    - label:\n        content: {string: {text: "These pixels"}}\n')


def write_kanshi(session):
    write(session, 'kanshi.conf', 'profile {\n\toutput %s enable scale 1.25\n}\n' % OUTPUT)


def write_modules(session):
    session.run_tool('python3', '-m', 'pywayland.scanner', '-o', 'modules', '-i', '/usr/share/wayland/wayland.xml',
        '/usr/share/wayland-protocols/stable/xdg-shell/xdg-shell.xml')


def start_reader(session):
    """Starts a terminal whose program reads a line, and waits for its window."""
    session.start(['foot', '-a', 'reader', 'sh', '-c', 'head -n 1 >typed; sleep 600'], 'reader')
    session.drive('move', '200', '200')


def start_key_reader(session):
    session.start(['foot', '-a', 'reader', 'sh', '-c', 'stty -icanon; head -c 3 >typed; sleep 600'], 'reader')
    session.drive('move', '200', '200')


def start_picture(session):
    session.start(['swaybg', '-i', '/usr/share/elementary/images/earth_normal.png'], 'picture')


def start_film(session):
    session.start(['weston-simple-shm'], 'film')


# Checks of what is shown

def type_into(session):
    before = session.take_shot()
    session.run_tool('wtype', 'fo')
    require(wait_for(lambda: session.take_shot() != before, 5), 'typing changes nothing')
    return 'typing changes the picture'


def press_keys(session):
    """Presses three letters of a keyboard at the bottom of the screen. wvkbd reads the position of motions only."""
    session.drive(WITHOUT, *'move 260 870 click 270 870 click 370 870 click 470 870'.split())
    require(wait_for(lambda: len(read(session, 'typed')) == 3, 5), 'pressing its keys typed nothing')
    return 'pressing three keys typed "%s" in foot' % read(session, 'typed')


def show_squeekboard(session):
    session.run_tool('dbus-send', '--session', '--print-reply', '--dest=sm.puri.OSK0', '/sm/puri/OSK0',
        'sm.puri.OSK0.SetVisible', 'boolean:true')
    before = session.take_shot()
    wait_for(lambda: session.take_shot() != before, 2)
    return press_keys(session)


# Checks of tools

def paste(session):
    require(session.run_tool(*session.runner, 'wl-paste', '--no-newline') == TEXT, 'paste is not what was copied')
    with open(session.path('large'), 'wb') as file:
        file.write(LARGE)
    with open(session.path('large'), 'rb') as file:
        session.start(session.runner + ['wl-copy', '--foreground', '--type', 'image/png'], 'copy', stdin=file)

    def is_pasted():
        return subprocess.run(['wl-paste', '--type', 'image/png'], env=session.environment, capture_output=True,
            check=False, timeout=20).stdout == LARGE
    require(wait_for(is_pasted, 5), 'paste of %d bytes is not what was copied' % len(LARGE))
    return 'wl-paste printed what was copied, twice, 1 MB the second time'


def list_history(session):
    session.start(['wl-copy', '--foreground', TEXT.decode()], 'copy')
    require(wait_for(lambda: TEXT in session.run_tool('cliphist', 'list'), 5), 'the list lacks what was copied')
    return 'cliphist listed what was copied'


def read_scale(session):
    require(wait_for(lambda: b'Scale: 1.25' in session.run_tool('wlr-randr'), 5), 'the scale is not 1.25')
    return 'the output got the scale of its file, 1.25'


def compare_turned(session):
    def is_turned():
        width, height, _ = read_ppm(session.take_shot())
        return width < height
    require(wait_for(is_turned, 5), 'the screenshot is not turned')
    return 'the screenshot is %d x %d' % read_ppm(session.take_shot())[:2]


def read_power(session):
    require(b'off' in session.run_tool('wlopm'), 'the output is on')
    session.run_tool('wlopm', '--on', OUTPUT)
    require(b'on' in session.run_tool('wlopm'), 'the output stays off')
    return 'wlopm told that the output was off, then on'


def stays(session):
    return 'it stays connected'


def wake_up(session):
    require(wait_for(lambda: os.path.exists(session.path('idle')), 8), 'idleness was not reported')
    session.drive(WITHOUT, 'move', '500', '500')
    require(wait_for(lambda: os.path.exists(session.path('resumed')), 5), 'input ended no idleness')
    return 'it ran its commands after one idle second and at the next input'


def read_typed(session):
    require(wait_for(lambda: read(session, 'typed') == 'seven words\n', 8), 'foot read "%s"' % read(session, 'typed'))
    return 'foot read what was typed'


def list_windows(session):
    require(b'reader' in session.run_tool('wlrctl', 'toplevel', 'list'), 'the list lacks the window')
    session.run_tool('wlrctl', 'toplevel', 'minimize', 'app_id:reader')
    shown = session.take_shot()
    session.run_tool('wlrctl', 'toplevel', 'focus', 'app_id:reader')
    require(wait_for(lambda: session.take_shot() != shown, 5), 'focusing a minimized window changes nothing')
    return 'it found, minimized and restored foot'


def read_events(session):
    session.drive('click', '80', '150', 'key', 'down', 'scroll', '15')
    for event in 'wl_pointer', 'wl_keyboard', 'xdg_toplevel':
        require(wait_for(lambda name=event: name in read(session, 'client'), 5), 'it printed no event of ' + event)
    return 'it printed events of pointer, keyboard and window'


def select_region(session):
    session.drive(WITHOUT, *'press 200 200 move 400 400 move 600 600 release'.split())
    require(wait_for(lambda: read(session, 'region'), 5), 'it printed no region')
    region = read(session, 'region').strip()
    x, _, width, height = (int(number) for number in re.findall(r'\d+', region))
    require(abs(width - 2 * x) < 8 and abs(width * 10 - height * 16) < 40, 'it printed the region ' + region)
    return 'it printed the region that was dragged: ' + region


class Vnc:
    """A viewer that reads one picture, and types. Only 127.0.0.1."""

    def __init__(self):
        self.socket = socket.create_connection(('127.0.0.1', VNC_PORT), 10)
        self.version = self.receive(12)
        self.socket.sendall(self.version)
        types = self.receive(self.receive(1)[0])
        require(1 in types, 'the VNC server requires a password')
        self.socket.sendall(b'\1')
        require(self.receive(4) == b'\0\0\0\0', 'the VNC server refused')
        self.socket.sendall(b'\1')
        self.width, self.height = struct.unpack('>HH', self.receive(4))
        self.receive(16)
        self.receive(struct.unpack('>I', self.receive(4))[0])
        self.socket.sendall(struct.pack('>B3x4B3H3B3x', 0, 32, 24, 0, 1, 255, 255, 255, 16, 8, 0))
        self.socket.sendall(struct.pack('>BxHi', 2, 1, 0))

    def receive(self, size):
        data = b''
        while len(data) < size:
            part = self.socket.recv(min(size - len(data), 1 << 16))
            require(part, 'the VNC server hung up')
            data += part
        return data

    def type(self, text):
        for symbol in text:
            key = 0xff0d if symbol == ord('\r') else symbol
            for pressed in (1, 0):
                self.socket.sendall(struct.pack('>BBxxI', 4, pressed, key))

    def read_picture(self):
        pixels = bytearray(self.width * self.height * 4)
        missing = self.width * self.height
        self.socket.sendall(struct.pack('>BB4H', 3, 0, 0, 0, self.width, self.height))
        while missing > 0:
            kind, count = struct.unpack('>BxH', self.receive(4))
            require(kind == 0, 'the VNC server sent a message of kind %d' % kind)
            for _ in range(count):
                x, y, width, height, encoding = struct.unpack('>4Hi', self.receive(12))
                require(encoding == 0, 'the VNC server sent encoding %d' % encoding)
                rows = self.receive(width * height * 4)
                for row in range(height):
                    start = ((y + row) * self.width + x) * 4
                    pixels[start:start + width * 4] = rows[row * width * 4:(row + 1) * width * 4]
                missing -= width * height
        rgb = bytearray(self.width * self.height * 3)
        rgb[0::3], rgb[1::3], rgb[2::3] = pixels[2::4], pixels[1::4], pixels[0::4]
        return bytes(rgb)


def is_like(picture, width, shot, scale):
    """Whether a screenshot shows the picture. At a fractional scale, grim scales the output's pixels once more."""
    shot_width, shot_height, shown = read_ppm(shot)
    if scale == int(scale):
        return picture == shown
    rows = ((picture[y * width * 3:][:shot_width * 3], shown[y * shot_width * 3:][:shot_width * 3])
        for y in range(shot_height))
    differ = sum(abs(a - b) > 48 for row in rows for a, b in zip(*row))
    return width - 2 <= shot_width <= width and differ < len(shown) / 10


def use_remotely(session):
    try:
        vnc = Vnc()
        vnc.type(b'far\r')
        require(wait_for(lambda: read(session, 'typed') == 'far\n', 5), 'what is typed by VNC does not arrive')
        require(wait_for(lambda: is_like(vnc.read_picture(), vnc.width, session.take_shot(), session.scale), 5),
            'the VNC picture of %d x %d is not the one on the output' % (vnc.width, vnc.height))
    except OSError as error:
        raise Failure('VNC: %s' % error) from error
    return '127.0.0.1 answered %s, typed "far" in foot, and sent the pixels of the output, %d x %d' % (
        vnc.version.decode().strip(), vnc.width, vnc.height)


def count_frames(session):
    wait_for(lambda: False, 3)
    require(not session.has_ended(), 'it ended by itself')
    os.killpg(session.client.pid, signal.SIGINT)
    require(wait_for(session.has_ended, 10), 'it does not end')
    told = session.run_tool('ffprobe', '-v', 'error', '-select_streams', 'v', '-count_frames', '-show_entries',
        'stream=width,height,nb_read_frames', '-of', 'csv=p=0', 'film.mp4').decode().strip()
    width, height, frames = (int(number) for number in told.split(',')[:3])
    require(width * height >= 800 * 1280 and frames >= 20, 'the film has %s' % told)
    return 'the film has %s frames or more of %d x %d' % (20, width, height)
