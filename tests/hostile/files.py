"""Files that clients pass to the server."""
import fcntl
import os
import socket

KEPT_PIPES = 8
F_ADD_SEALS, SEAL_SHRINK, SEAL_GROW, SEAL_WRITE = 1033, 2, 4, 8


def close_all(fds):
    for fd in fds:
        os.close(fd)


def make_file(size, rng):
    """Returns a memfd of this size: sealed, sealable, or neither; with holes or without."""
    kind = rng.randrange(3)
    fd = os.memfd_create('random', os.MFD_CLOEXEC | (os.MFD_ALLOW_SEALING if kind < 2 else 0))
    os.ftruncate(fd, size)
    if rng.random() < 0.5:
        os.pwrite(fd, b'\x7f' * min(size, 1 << 20), 0)
    if kind == 0:
        fcntl.fcntl(fd, F_ADD_SEALS, rng.choice([SEAL_SHRINK, SEAL_SHRINK | SEAL_GROW]))
    return fd


def make_keymap(right, rng):
    """Returns a file with a keymap, mostly the right one, and the size to tell."""
    odd = rng.choice([right[:-9], b'', b'\0' * 4096, b'xkb_keymap {', rng.randbytes(300)])
    data = right if rng.random() < 0.9 else odd
    fd = os.memfd_create('keymap', os.MFD_CLOEXEC)
    os.pwrite(fd, data, 0)
    return fd, rng.choice([len(data)] * 40 + [len(data) + 1, 1 << 31])


def odd_file(rng):
    """Returns an fd of any kind."""
    kind = rng.randrange(9)
    if kind == 0:
        return make_file(rng.choice([0, 1, 4096, 1 << 20]), rng)
    if kind == 1:
        return os.open('/dev/null', os.O_RDWR | os.O_CLOEXEC)
    if kind == 2:
        return os.open('/dev/zero', os.O_RDWR | os.O_CLOEXEC)
    if kind == 3:
        return os.open('/', os.O_RDONLY | os.O_CLOEXEC)
    if kind == 4:
        return os.open('/proc/self/maps', os.O_RDONLY | os.O_CLOEXEC)
    if kind == 5:
        return os.memfd_create('empty', os.MFD_CLOEXEC)
    if kind == 6:
        return make_keymap(b'xkb_keymap {};\0', rng)[0]
    if kind == 7:
        ends = socket.socketpair()
        ends[1].close()
        return ends[0].detach()
    fd = os.open('/proc/self/exe', os.O_RDONLY | os.O_CLOEXEC)
    return fd


def pipe_end(rng, kept):
    """Returns an end of a pipe, mostly the one to write to. The other is closed, or kept for a while."""
    ends = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    other, given = ends if rng.random() < 0.9 else reversed(ends)
    if rng.random() < 0.3:
        os.close(other)
    else:
        kept.append(other)
        if len(kept) > KEPT_PIPES:
            os.close(kept.popleft())
    return given


def write_some(fd, rng):
    """Writes what a pipe takes without waiting."""
    try:
        os.set_blocking(fd, False)
        os.write(fd, b'random ' * rng.randrange(1000))
    except OSError:
        pass
