#!/usr/bin/env python3
"""A client that sends random requests of all protocols that the server offers, for some time.

    random_client.py SECONDS SEED OUTPUTS SUMMARY XML...

It has two connections at once; when the server ends one, the next begins. OUTPUTS: 1 if it may disable outputs, change
their modes, switch them off, and lock the session. At the end it writes what it has done to the file SUMMARY, as JSON. If the server has died, or does not answer,
it prints the last requests of its connections and exits with 1.
"""
import collections
import json
import os
import random
import re
import sys
import time

sys.dont_write_bytecode = True
from connection import Closed, Connection, Object
from files import close_all, odd_file, pipe_end, write_some
from manners import ALWAYS_POLITE, EFFECTS, MANNERS, ONLY_IN_RECIPES
from protocol import FIXED_SCALE, read_protocols

CONNECTIONS = 2
OBJECTS_MAX = 500
USUAL_MAX = 10  # objects of an interface; more of them are seldom created
DANGER_MAX = 1 / 500  # a request that often ends the connection is sent so seldom that it ends no more than this share
BATCH_MAX = 80
NUMBERS = [0, 1, -1, 2, 3, 4, 15, 16, 17, 255, 256, 479, 480, 481, 639, 640, 641, 4095, 4096, 65535, 65536, 1 << 24,
    (1 << 31) - 1, -(1 << 31), -(1 << 31) + 1, (1 << 31) - 256, 0x7fffff, -0x7fffff]
STRINGS = ['', 'a', 'ab', 'abc', 'abcd', 'org.example.App', 'text/plain', '\u00fc\u20ac\U0001f600', 'a\nb\t"\\', '%s%n%d',
    b'\xff\xfe\x80', b'\xc3', 'x' * 127, 'x' * 128, 'y' * 1000, 'z' * 3900]


class Refused(Exception):
    """There is no object for an argument, or the request would be an error."""


class Statistics:
    def __init__(self):
        self.sent, self.survived, self.deaths = (collections.Counter() for _ in range(3))
        self.errors, self.lives, self.offered = collections.Counter(), [], set()

    def is_too_dangerous(self, key, number):
        """Whether a request must not be sent, for a random number below 1."""
        danger = self.deaths[key] / (self.sent[key] + 20)
        return danger > DANGER_MAX and number > DANGER_MAX / danger

    def write(self, path):
        with open(path, 'w') as file:
            json.dump({'survived': self.survived, 'deaths': self.deaths, 'errors': self.errors, 'lives': self.lives,
                'offered': sorted(self.offered)}, file)


class Client:
    """shared: what the clients of this process tell each other."""

    def __init__(self, path, interfaces, rng, shared, statistics, changes_outputs):
        self.interfaces, self.random, self.shared, self.statistics = interfaces, rng, shared, statistics
        self.changes_outputs = changes_outputs
        # How often it forgets its manners, and then even the rules of the wire.
        self.wildness = rng.choice([0, 0, 0.002, 0.02])
        self.malice = rng.choice([0, 0, 0.1, 0.5])
        self.globals, self.serials, self.formats, self.number = {}, collections.deque([0], 32), {0, 1}, 0
        self.connection = Connection(path, interfaces, self.handle_event)
        self.registry = self.request(self.connection.display, 'get_registry')
        self.roundtrip()

    # Choices

    def chance(self, share):
        return self.random.random() < share

    def below(self, end):
        return self.random.randrange(end)

    def pixels(self, least):
        """A size or position that is plausible on a small screen."""
        return self.random.choice([least, self.random.randint(least, 40), self.random.randint(least, 700)])

    def live(self, name):
        return self.connection.live(name)

    def choose(self, argument, name, is_right):
        right = [object_ for object_ in self.live(name) if is_right(object_)]
        return {argument: self.random.choice(right)} if right else None

    def free_surface(self, user):
        """Returns a surface that has no role, or that of this user, and gives it this role."""
        free = [surface for surface in self.live('wl_surface') if surface.state.get('role') in (None, user)
            and not surface.state.get('shown')]
        surface = self.random.choice(free) if free and self.chance(0.7) else self.make('wl_compositor', 'create_surface')
        surface.state['role'] = user
        return surface

    def fit(self, size):
        """Returns the arguments of a buffer that lies within size bytes."""
        width, height = 2 * self.random.randint(16, 160), 2 * self.random.randint(16, 120)
        while width * 4 * height > size and height > 2:
            height -= 2
        if width * 4 * height > size:
            return None
        offset = self.random.randrange(0, size - width * 4 * height + 1) // 4 * 4
        return {'offset': self.random.choice([0, offset]), 'width': width, 'height': height, 'stride': width * 4,
            'format': self.below(2)}

    def integer(self, argument):
        if argument.name == 'serial' and self.chance(0.95):
            return self.random.choice(self.serials)
        if argument.values and argument.is_bitfield:
            return self.random.choice(argument.values) | self.random.choice(argument.values)
        if argument.values and self.chance(0.995):
            return self.random.choice(argument.values)
        if self.chance(0.1):
            return self.random.choice(NUMBERS)
        value = self.pixels(0 if argument.type == 'uint' else -20)
        return value * FIXED_SCALE if argument.type == 'fixed' else value

    def value(self, argument):
        if argument.type in ('int', 'uint', 'fixed'):
            return self.integer(argument)
        if argument.type == 'string':
            return None if argument.can_be_null and self.chance(0.2) else self.random.choice(STRINGS)
        if argument.type == 'array':
            return self.random.randbytes(self.random.choice([0, 1, 4, 8, 100, 2000]))
        if argument.type == 'fd':
            return odd_file(self.random) if self.chance(0.2) else pipe_end(self.random, self.shared['pipes'])
        objects = self.live(argument.interface)
        if argument.can_be_null and (not objects or self.chance(0.2)):
            return None
        if not objects:
            raise Refused
        return self.random.choice(objects)

    # Requests

    def request(self, object_, name, /, note=None, mutate=None, **given):
        """Sends a request, with random values for arguments that are not given. Returns the object it creates."""
        message = object_.interface.by_name[name]
        if message.since > object_.version or not object_.is_alive:
            raise Refused
        values = [given[argument.name] if argument.name in given else None if argument.type in ('new_id', 'fd')
            else self.value(argument) for argument in message.arguments]
        # Files come last, since nothing else refuses then.
        values = [self.value(argument) if argument.type == 'fd' and value is None else value
            for argument, value in zip(message.arguments, values)]
        created = None
        if message.creates is not None:
            parents = [object_] + [value for value in values if isinstance(value, Object)]
            created = self.connection.create(self.interfaces[message.creates], object_.version, parents)
            created.state['number'] = self.number = self.number + 1
            values = [created if argument.type == 'new_id' else value for argument, value in zip(message.arguments, values)]
        self.statistics.sent[message.key] += 1
        self.connection.send(object_, message, values, note, mutate)
        if message.key in EFFECTS and note != 'malformed':
            EFFECTS[message.key](self, object_, values, created)
        return created

    def polite(self, object_, name, /, **given):
        """Sends a request as one must."""
        key = object_.interface.name + '.' + name
        chosen = MANNERS[key](self, object_) if key in MANNERS else {}
        if chosen is None:
            raise Refused
        return self.request(object_, name, **dict(chosen, **given))

    def make(self, name, request, /, **given):
        """Sends a request to any object of the interface. Closes given files if it is refused."""
        try:
            if not self.live(name):
                raise Refused
            return self.polite(self.random.choice(self.live(name)), request, **given)
        except Refused:
            close_all(value for key, value in given.items() if key.endswith('fd'))
            raise

    def impolite(self, object_, message):
        """Sends a request of the right types, and perhaps breaks one rule of the wire."""
        if message.key in ALWAYS_POLITE:
            raise Refused
        if not self.chance(self.malice):
            self.request(object_, message.name, note='wild')
            return
        given = {}
        for argument in message.arguments:
            if argument.type == 'object' and self.chance(0.5):
                given[argument.name] = self.random.choice([0, 1, 2, 0xff000000, 0xffffffff, self.connection.next_id,
                    self.random.choice(list(self.connection.objects))])
        self.request(object_, message.name, note='malformed', mutate=None if given else self.mutate, **given)
        self.connection.is_malformed = True

    def mutate(self, opcode, body, fds):
        kind = self.below(8)
        size = None
        if kind == 0:
            opcode = self.random.choice([opcode + 1, 100, 0xffff])
        elif kind == 1:
            body = body[:self.below(len(body) + 1)]
        elif kind == 2:
            body += self.random.randbytes(self.random.choice([4, 64, 1]))
        elif kind == 3:
            size = self.random.choice([0, 4, 7, 9, len(body), len(body) + 12, 4096, 4100, 0xffff])
        elif kind == 4:
            close_all(fds)
            fds = []
        elif kind == 5:
            fds = fds + [odd_file(self.random) for _ in range(self.random.choice([1, 2, 27]))][:28 - len(fds)]
        elif body:
            words = len(body) // 4
            position = 4 * self.below(words) if words else 0
            body = body[:position] + (self.random.choice(NUMBERS) & 0xffffffff).to_bytes(4, sys.byteorder) + body[position + 4:]
        return opcode, size, body, fds

    def random_request(self):
        """Sends a request to a random object, if it may be sent."""
        names = [name for name, objects in self.connection.by_interface.items() if objects]
        object_ = self.random.choice(self.live(self.random.choice(names)))
        if not object_.interface.requests:
            raise Refused
        message = self.random.choice(object_.interface.requests)
        count = len(self.live(object_.interface.name))
        if message.is_destructor and not self.chance(0.05 if count < 3 else 0.3):
            raise Refused
        if message.creates and len(self.live(message.creates)) > USUAL_MAX and not self.chance(0.1):
            raise Refused
        if self.chance(self.wildness):
            self.impolite(object_, message)
        elif message.key in ONLY_IN_RECIPES or self.statistics.is_too_dangerous(message.key, self.random.random()):
            raise Refused
        else:
            self.polite(object_, message.name)

    def destroy_something(self):
        objects = [object_ for objects in self.connection.by_interface.values() for object_ in objects
            if object_.interface.destructor]
        if objects:
            object_ = self.random.choice(objects)
            self.polite(object_, object_.interface.destructor.name)

    def step(self):
        try:
            if len(self.connection.objects) > OBJECTS_MAX and self.chance(0.6):
                self.destroy_something()
            elif self.chance(0.08):
                self.random.choice(RECIPES)(self)
            else:
                self.random_request()
        except Refused:
            pass

    def roundtrip(self):
        for _, message, _, _ in self.connection.roundtrip():
            self.statistics.survived[message.key] += 1

    def batch(self):
        for _ in range(self.random.randint(1, BATCH_MAX)):
            self.step()
        if self.chance(0.1):
            self.connection.flush()
            time.sleep(self.random.choice([0.001, 0.02, 0.05]))  # a frame may be shown
        self.roundtrip()

    # Events

    def handle_event(self, object_, message, values):
        for argument, value in zip(message.arguments, values):
            if argument.name == 'serial':
                self.serials.append(value)
        handler = HANDLERS.get(message.key) or HANDLERS.get(message.name)
        try:
            if handler:
                handler(self, object_, values)
        except Refused:
            pass
        for argument, value in zip(message.arguments, values):
            if argument.type == 'fd':
                os.close(value)

    def find_culprit(self):
        """Returns the entry of the request that the error is about, or None."""
        id_, _, text = self.connection.error
        named = re.search(r'(\w+)[@#](\d+)\.(\w+)', text)
        invalid = re.match(r'invalid object (\d+)', text)
        id_ = int(invalid[1]) if id_ == 1 and invalid else id_
        for entry in reversed(self.connection.sent):
            if id_ == 1 and named and (entry[0].id, entry[1].name) == (int(named[2]), named[3]):
                return entry
            if id_ != 1 and (entry[0].id == id_ or any(isinstance(value, Object) and value.id == id_ for value in entry[2])):
                return entry
        return None

    def end(self):
        """The server has closed the connection. Notes why."""
        self.statistics.lives.append(self.connection.count)
        self.connection.close()
        if self.connection.error is None:
            self.statistics.errors['closed without an error'] += 1
            return
        id_, code, text = self.connection.error
        culprit = self.find_culprit()
        if culprit is not None and culprit[3] is None:
            self.statistics.deaths[culprit[1].key] += 1
        request = culprit[1].key if culprit else '?'
        name = self.connection.objects[id_].interface.name if id_ in self.connection.objects else '?'
        note = ' (%s)' % culprit[3] if culprit and culprit[3] else ''
        self.statistics.errors['%s%s: error %d of %s: %s' % (request, note, code, name, re.sub(r'\d+', 'N', text))] += 1


from handlers import HANDLERS
from recipes import RECIPES, bind_all


class Attacker:
    def __init__(self, seconds, seed, changes_outputs, paths):
        self.random = random.Random(seed)
        self.interfaces, self.statistics = read_protocols(paths), Statistics()
        self.changes_outputs, self.end = changes_outputs, time.monotonic() + seconds
        self.display = os.path.join(os.environ['XDG_RUNTIME_DIR'], os.environ['WAYLAND_DISPLAY'])
        self.shared = {'tokens': [], 'handles': [], 'pipes': collections.deque(), 'sandboxes': []}
        self.clients = [None] * CONNECTIONS

    def connect(self):
        path = self.display
        if self.shared['sandboxes'] and self.random.random() < 0.3:
            path = self.random.choice(self.shared['sandboxes'])[0]
        try:
            client = Client(path, self.interfaces, self.random, self.shared, self.statistics, self.changes_outputs)
        except OSError:
            if path == self.display:
                raise
            return None  # a sandbox that has ended
        self.statistics.offered |= {name for name, _ in client.globals.values()}
        bind_all(client)
        return client

    def run(self):
        """Returns what is wrong with the server, or None."""
        while time.monotonic() < self.end:
            number = self.random.randrange(CONNECTIONS)
            try:
                if self.clients[number] is None:
                    self.clients[number] = self.connect()
                else:
                    self.clients[number].batch()
                    if self.random.random() < 0.002:
                        raise Closed
            except Closed:
                if not self.is_server_alive():
                    return 'the server has died'
                if self.clients[number] is not None:
                    self.clients[number].end()
                    self.clients[number] = None
            except TimeoutError:
                return 'the server does not answer'
            except (ConnectionRefusedError, FileNotFoundError):
                return 'the server does not accept connections'
        return None

    def is_server_alive(self):
        try:
            Connection(self.display, self.interfaces, None).close()
        except OSError:
            return False
        return True


def main():
    attacker = Attacker(float(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == '1', sys.argv[5:])
    wrong = attacker.run()
    for client in attacker.clients:
        if client is not None:
            attacker.statistics.lives.append(client.connection.count)
    attacker.statistics.write(sys.argv[4])
    if wrong is None:
        return 0
    print('%s; seed %s' % (wrong, sys.argv[2]))
    for client in attacker.clients:
        if client is not None:
            print('the last requests of a connection:\n  ' + '\n  '.join(client.connection.describe()))
    return 1


if __name__ == '__main__':
    sys.exit(main())
