"""Runs a program in a pseudo-terminal, and emulates the xterm controls that ncurses sends."""
import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

CSI = re.compile(r'\[([?>]?)([0-9;]*)([@-~])')


class Terminal:
    def __init__(self, command, columns, lines, environment):
        self.master, self.slave = pty.openpty()
        self.text, self.raw = '', b''
        self.is_alternate, self.is_underlining, self.decoder = False, False, codecs.getincrementaldecoder('utf-8')('replace')
        self.resize(columns, lines)
        self.modes = termios.tcgetattr(self.slave)
        self.errors_read, errors_write = os.pipe()
        self.process = subprocess.Popen(command, env=dict(environment, TERM='xterm', LC_ALL='C.UTF-8'),
            stdin=self.slave, stdout=self.slave, stderr=errors_write, start_new_session=True)
        os.close(errors_write)

    def resize(self, columns, lines):
        """Resizes the window, which is blank until the program draws."""
        self.columns, self.lines = columns, lines
        self.x = self.y = 0
        self.cells = [[' '] * columns for _ in range(lines)]
        self.underlined = set()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack('HHHH', lines, columns, 0, 0))
        if hasattr(self, 'process'):
            os.kill(self.process.pid, signal.SIGWINCH)

    def put(self, character):
        if self.x >= self.columns:
            self.x, self.y = 0, min(self.y + 1, self.lines - 1)
        y = min(self.y, self.lines - 1)
        self.cells[y][self.x] = self.last = character
        (self.underlined.add if self.is_underlining else self.underlined.discard)((self.x, y))
        self.x += 1

    def erase(self, y, start, end):
        self.cells[y][start:end] = [' '] * (min(end, self.columns) - start)

    def control(self, private, arguments, final):
        numbers = [int(n) if n else 0 for n in arguments.split(';')]
        first = numbers[0]
        count = max(first, 1)
        if final == 'H':
            column = numbers[1] if len(numbers) > 1 else 1
            self.y, self.x = min(count, self.lines) - 1, min(max(column, 1), self.columns) - 1
        elif final == 'd':
            self.y = min(count, self.lines) - 1
        elif final == 'G':
            self.x = min(count, self.columns) - 1
        elif final in 'ABCD':
            dx, dy = {'A': (0, -1), 'B': (0, 1), 'C': (1, 0), 'D': (-1, 0)}[final]
            self.x = min(max(self.x + dx * count, 0), self.columns - 1)
            self.y = min(max(self.y + dy * count, 0), self.lines - 1)
        elif final == 'K':
            self.erase(self.y, *((self.x, self.columns), (0, self.x + 1), (0, self.columns))[first])
        elif final == 'J':
            if first == 0:
                self.erase(self.y, self.x, self.columns)
            for y in range(self.y + 1 if first == 0 else 0, self.lines if first != 1 else self.y):
                self.erase(y, 0, self.columns)
        elif final == 'X':
            self.erase(self.y, self.x, self.x + count)
        elif final == 'P':
            row = self.cells[self.y]
            self.cells[self.y] = row[:self.x] + row[self.x + count:] + [' '] * min(count, self.columns - self.x)
        elif final == '@':
            row = self.cells[self.y]
            self.cells[self.y] = (row[:self.x] + [' '] * count + row[self.x:])[:self.columns]
        elif final in 'LM':
            count = min(count, self.lines - self.y)
            blank = [[' '] * self.columns for _ in range(count)]
            rest = self.cells[self.y:]
            rest = blank + rest[:len(rest) - count] if final == 'L' else rest[count:] + blank
            self.cells[self.y:] = rest
        elif final == 'b':
            for _ in range(count):
                self.put(self.last)
        elif final in 'hl' and private == '?' and 1049 in numbers:
            self.is_alternate = final == 'h'
        elif final == 'm':
            for number in numbers:
                self.is_underlining = number == 4 or self.is_underlining and number not in (0, 24)
        elif final not in 'hlrt':
            raise ValueError('unknown control %r' % (private + arguments + final))

    def feed(self, data):
        self.raw += data
        self.text += self.decoder.decode(data)
        while self.text:
            character = self.text[0]
            if character == '\x1b':
                match = CSI.match(self.text, 1)
                if match:
                    self.control(*match.groups())
                    self.text = self.text[match.end():]
                elif len(self.text) > 1 and self.text[1] in '=>78':
                    self.text = self.text[2:]
                elif len(self.text) > 2 and self.text[1] in '()':
                    self.text = self.text[3:]
                elif len(self.text) < 32:
                    return  # incomplete
                else:
                    raise ValueError('unknown sequence %r' % self.text[:8])
                continue
            self.text = self.text[1:]
            if character == '\r':
                self.x = 0
            elif character == '\n':
                self.y = min(self.y + 1, self.lines - 1)
            elif character == '\b':
                self.x = max(self.x - 1, 0)
            elif character >= ' ':
                self.put(character)

    def underlined_letters(self, line):
        """Returns the characters of this line that were last drawn underlined."""
        return ''.join(self.cells[y][x] for x, y in sorted(self.underlined) if y == line)

    def read(self, seconds):
        """Reads once if output arrives within this time. Returns False if none does."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        self.feed(os.read(self.master, 65536))
        return True

    def shown(self):
        return [''.join(cells).rstrip() for cells in self.cells]

    def wait_for(self, condition, seconds=30):
        """Waits until the condition holds for the shown lines. Returns False if it never does."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            while self.read(0.05):
                pass
            if condition(self.shown()):
                return True
        return False

    def type(self, text):
        os.write(self.master, text.encode())

    def finish(self, seconds=30):
        """Waits for the program to exit. Returns its status and standard error."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.05)
        if self.process.poll() is None:
            self.process.kill()
        status = self.process.wait()
        while self.read(0):
            pass
        with open(self.errors_read, 'rb') as errors:
            said = errors.read().decode(errors='replace')
        self.is_restored = termios.tcgetattr(self.slave) == self.modes and not self.is_alternate
        os.close(self.master)
        os.close(self.slave)
        return status, said
