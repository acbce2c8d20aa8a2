"""A server for monitors that sends arbitrary names, with a minimal implementation of the wire protocol."""
import os
import socket
import struct
import threading

CLIENT, VALUE, LIMIT, CLIENTS_DONE = range(4)
GET_CLIENTS = 1


def pack_text(data):
    data += b'\0'
    return struct.pack('=I', len(data)) + data + b'\0' * (-len(data) % 4)


class OddServer:
    """names: names of the clients, bytes. None: the server does not answer requests."""

    def __init__(self, folder, names):
        self.names, self.monitor = names, None
        self.path = os.path.join(folder, 'odd-monitor')
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(1)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def send(self, number, opcode, data=b''):
        self.socket.sendall(struct.pack('=II', number, (8 + len(data)) << 16 | opcode) + data)

    def answer(self):
        for i, name in enumerate(self.names):
            self.send(self.monitor, CLIENT, struct.pack('=Ii', i + 1, 4000 + i) + pack_text(name))
            self.send(self.monitor, VALUE, struct.pack('=III', 10, 0x7fffffff, 0xffffffff))
            self.send(self.monitor, VALUE, struct.pack('=III', 0xffffffff, 0xffffffff, 0xffffffff))
            self.send(self.monitor, LIMIT, pack_text(name) + struct.pack('=IIII', 0, 5, 0, 0))
        self.send(self.monitor, CLIENTS_DONE, struct.pack('=I', 0))

    def handle(self, number, opcode, data):
        if number == 1 and opcode == 0:
            self.send(struct.unpack('=I', data)[0], 0, struct.pack('=I', 0))
        elif number == 1:
            self.registry = struct.unpack('=I', data)[0]
            self.send(self.registry, 0, struct.pack('=I', 7) + pack_text(b'lido_monitor_v1') + struct.pack('=I', 1))
        elif number == self.registry:
            self.monitor = struct.unpack('=I', data[-4:])[0]
        elif number == self.monitor and opcode == GET_CLIENTS and self.names is not None:
            self.answer()

    def run(self):
        self.socket = self.listener.accept()[0]
        data = b''
        try:
            while True:
                more = self.socket.recv(4096)
                if not more:
                    return
                data += more
                while len(data) >= 8:
                    number, head = struct.unpack('=II', data[:8])
                    if len(data) < head >> 16:
                        break
                    self.handle(number, head & 0xffff, data[8:head >> 16])
                    data = data[head >> 16:]
        except OSError:
            pass

    def close(self):
        """Closes the connection, which the client notices."""
        self.socket.shutdown(socket.SHUT_RDWR)

    def stop(self):
        self.thread.join()
        self.socket.close()
        self.listener.close()
        os.unlink(self.path)
