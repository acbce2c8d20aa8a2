"""A client's connection without libwayland, so that it can send what libwayland would refuse to."""
import array
import collections
import os
import socket
import struct

DISPLAY_ID = 1
SERVER_IDS = 0xff000000
HEADER_SIZE = 8
FDS_MAX = 28  # libwayland receives no more with one call
UNSENT_SIZE_MAX = 2048
ANSWER_SECONDS = 60  # a server that takes longer hangs
MALFORMED_SECONDS = 0.2


class Closed(Exception):
    """The server has closed the connection, after an error event or without one."""


class Object:
    """state: what clients know about it. users: objects that were created with this one."""

    def __init__(self, id_, interface, version, parents=()):
        self.id, self.interface, self.version, self.parents = id_, interface, version, parents
        self.users, self.state, self.is_alive = [], {}, True
        for parent in parents:
            parent.users.append(self)

    def __str__(self):
        return '%s#%x' % (self.interface.name, self.id)

    __repr__ = __str__

    def live_users(self, *names):
        """Returns its users, if any are named, of these interfaces."""
        self.users = [user for user in self.users if user.is_alive]
        return [user for user in self.users if not names or user.interface.name in names]


def pad(data):
    return data + b'\0' * (-len(data) % 4)


def encode(argument, value):
    """Returns the bytes of the argument on the wire. Numbers are truncated to 32 bits."""
    if argument.type == 'fd':
        return b''
    if argument.type in ('object', 'new_id') and not isinstance(value, (int, tuple)):
        return struct.pack('=I', value.id if value is not None else 0)
    if argument.type == 'string' or argument.type == 'array':
        if value is None:
            return struct.pack('=I', 0)
        if argument.type == 'string':
            value = (value.encode(errors='surrogateescape') if isinstance(value, str) else value) + b'\0'
        return struct.pack('=I', len(value)) + pad(value)
    if isinstance(value, tuple):  # wl_registry.bind: interface, version, object
        name = value[0].encode() + b'\0'
        return struct.pack('=I', len(name)) + pad(name) + struct.pack('=II', value[1] & 0xffffffff, value[2].id)
    return struct.pack('=I', value & 0xffffffff)


class Connection:
    """handle_event(object, message, values) is called for each event.

    sent: the requests whose effects are not known yet, as (object, message, values, note). last: the last requests.
    """

    def __init__(self, path, interfaces, handle_event):
        self.interfaces, self.handle_event = interfaces, handle_event
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(ANSWER_SECONDS)
        self.socket.connect(path)
        self.unsent, self.received, self.fds = bytearray(), b'', collections.deque()
        self.objects, self.free_ids, self.next_id = {}, [], DISPLAY_ID + 1
        self.by_interface = collections.defaultdict(list)
        self.sent, self.last, self.error, self.count = [], collections.deque(maxlen=80), None, 0
        self.is_malformed = False  # a request was changed by mutate()
        self.display = self.add(Object(DISPLAY_ID, interfaces['wl_display'], 1))

    def add(self, object_):
        old = self.objects.get(object_.id)
        if old is not None:
            self.forget(old)  # the server reuses its ids
        self.objects[object_.id] = object_
        self.by_interface[object_.interface.name].append(object_)
        return object_

    def create(self, interface, version, parents=()):
        """Adds an object with the next id, as libwayland demands. The caller sends it."""
        if self.free_ids:
            id_ = self.free_ids.pop()
        else:
            id_, self.next_id = self.next_id, self.next_id + 1
        return self.add(Object(id_, interface, version, parents))

    def forget(self, object_):
        """The object is destroyed. Its entry remains until the server deletes the id: events may be under way."""
        if object_.is_alive:
            object_.is_alive = False
            self.by_interface[object_.interface.name].remove(object_)

    def live(self, name):
        return self.by_interface.get(name, ())

    def send(self, object_, message, values, note=None, mutate=None):
        """Sends a request. mutate(body): changes the encoded arguments. Closes the fds among the values."""
        body = b''.join(encode(argument, value) for argument, value in zip(message.arguments, values))
        fds = [value for argument, value in zip(message.arguments, values) if argument.type == 'fd']
        opcode, size = message.opcode, None
        if mutate is not None:
            opcode, size, body, fds = mutate(opcode, body, fds)
            self.is_malformed = True
        size = HEADER_SIZE + len(body) if size is None else size
        self.unsent += struct.pack('=II', object_.id, (size & 0xffff) << 16 | opcode & 0xffff) + body
        self.count += 1
        entry = (object_, message, values, note)
        self.sent.append(entry)
        self.last.append(entry)
        if message.is_destructor:
            self.forget(object_)
        if fds or len(self.unsent) > UNSENT_SIZE_MAX:
            self.flush(fds)

    def flush(self, fds=()):
        data, self.unsent = bytes(self.unsent), bytearray()
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))] if fds else []
        try:
            while data:
                data = data[self.socket.sendmsg([data], ancillary):]
                ancillary = []
        except ConnectionError:
            self.read_rest()
        finally:
            for fd in set(fds):
                os.close(fd)

    def roundtrip(self):
        """Waits until the server has handled all requests, and returns their entries of sent. Raises Closed, or
        TimeoutError if the server does not answer."""
        callback = self.create(self.interfaces['wl_callback'], 1, ())
        self.send(self.display, self.interfaces['wl_display'].by_name['sync'], [callback])
        self.flush()
        count = len(self.sent)
        while callback.is_alive:
            self.read()
        handled = self.sent[:count]
        del self.sent[:count]
        return handled

    def read(self):
        """Reads once, and handles all complete events."""
        try:
            # A server that waits for the rest of a malformed request does not answer.
            self.socket.settimeout(MALFORMED_SECONDS if self.is_malformed else ANSWER_SECONDS)
            data, ancillary, _, _ = self.socket.recvmsg(1 << 16, socket.CMSG_SPACE(4 * FDS_MAX))
        except ConnectionError:
            data, ancillary = b'', []
        except TimeoutError:
            if not self.is_malformed:
                raise
            data, ancillary = b'', []
        for level, type_, payload in ancillary:
            if level == socket.SOL_SOCKET and type_ == socket.SCM_RIGHTS:
                self.fds.extend(array.array('i', payload[:len(payload) // 4 * 4]))
        if not data:
            raise Closed
        self.received += data
        while len(self.received) >= HEADER_SIZE:
            id_, word = struct.unpack_from('=II', self.received)
            if len(self.received) < word >> 16:
                break
            body, self.received = self.received[HEADER_SIZE:word >> 16], self.received[word >> 16:]
            if id_ not in self.objects and self.is_malformed:
                raise Closed  # its ids are not the server's
            self.dispatch(self.objects[id_], word & 0xffff, body)

    def read_rest(self):
        """The server does not read any more: its last event may tell why."""
        while True:
            self.read()

    def dispatch(self, object_, opcode, body):
        message = object_.interface.events[opcode]
        values = self.decode(object_, message, body)
        if object_ is self.display and message.name == 'delete_id':
            self.forget(self.objects[values[0]])
            if values[0] < SERVER_IDS:
                self.free_ids.append(values[0])
        elif object_ is self.display and message.name == 'error':
            self.error = values
        elif message.is_destructor:
            self.forget(object_)
        self.handle_event(object_, message, values)

    def decode(self, object_, message, body):
        values, position = [], 0
        for argument in message.arguments:
            if argument.type == 'fd':
                values.append(self.fds.popleft())
                continue
            value, = struct.unpack_from('=i' if argument.type in ('int', 'fixed') else '=I', body, position)
            position += 4
            if argument.type in ('string', 'array'):
                data = body[position:position + value]
                position += (value + 3) // 4 * 4
                value = data[:-1].decode(errors='surrogateescape') if argument.type == 'string' else data
            elif argument.type == 'new_id':
                value = self.add(Object(value, self.interfaces[argument.interface], object_.version, (object_,)))
            elif argument.type == 'object' and object_ is not self.display:
                value = self.objects.get(value)
            values.append(value)
        return values

    def close(self):
        self.socket.close()
        for fd in self.fds:
            os.close(fd)

    def describe(self):
        """Returns lines: the last requests."""
        return ['%s.%s(%s)' % (object_, message.name, ', '.join(
            repr(value)[:80] for value in values))
            for object_, message, values, _ in self.last]
