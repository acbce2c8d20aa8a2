"""A window that grows by a few pixels 120 times, with a file of its own for each frame: python3-pywayland.

--reuse: draws all frames from one picture in memory, instead of a new one for each.
"""
import mmap
import os
import sys

sys.path.insert(0, os.getcwd()) # has modules/, made by pywayland-scanner

from pywayland.client import Display  # noqa: E402
from modules.wayland import WlCompositor, WlShm  # noqa: E402
from modules.xdg_shell import XdgWmBase  # noqa: E402

FRAMES = 120
MAX_WIDTH, MAX_HEIGHT = 200 + 4 * FRAMES, 150 + 3 * FRAMES
PIXEL = (200, 80, 160, 255)


class Window:
    def __init__(self):
        self.globals = {}
        self.picture = bytes(PIXEL) * (MAX_WIDTH * MAX_HEIGHT) if '--reuse' in sys.argv else None
        self.display = Display()
        self.display.connect()
        registry = self.display.get_registry()
        registry.dispatcher['global'] = self.bind
        self.display.roundtrip()
        self.globals['xdg_wm_base'].dispatcher['ping'] = lambda base, serial: base.pong(serial)
        self.surface = self.globals['wl_compositor'].create_surface()
        self.xdg_surface = self.globals['xdg_wm_base'].get_xdg_surface(self.surface)
        self.xdg_surface.dispatcher['configure'] = lambda surface, serial: surface.ack_configure(serial)
        self.toplevel = self.xdg_surface.get_toplevel()
        self.surface.commit()
        self.display.roundtrip()

    def bind(self, registry, name, interface, version):
        for kind in (WlCompositor, WlShm, XdgWmBase):
            if kind.name == interface:
                self.globals[interface] = registry.bind(name, kind, 1)

    def draw(self, width, height):
        size = width * height * 4
        fd = os.memfd_create('frame')
        os.ftruncate(fd, size)
        with mmap.mmap(fd, size) as pixels:
            pool = self.globals['wl_shm'].create_pool(fd, size)
            buffer = pool.create_buffer(0, width, height, width * 4, WlShm.format.xrgb8888)
            pool.destroy()
            os.close(fd)
            pixels[:] = memoryview(self.picture)[:size] if self.picture else bytes(PIXEL) * (width * height)
            self.show(buffer, width, height)

    def show(self, buffer, width, height):
        done = []
        buffer.dispatcher['release'] = lambda buffer: done.append('release')
        frame = self.surface.frame()
        frame.dispatcher['done'] = lambda frame, time: done.append('frame')
        self.surface.attach(buffer, 0, 0)
        self.surface.damage(0, 0, width, height)
        self.surface.commit()
        while len(done) < 2:
            self.display.dispatch(block=True)
        buffer.destroy()


window = Window()
for i in range(FRAMES, 0, -1):
    window.draw(MAX_WIDTH - 4 * i, MAX_HEIGHT - 3 * i)
while window.display.dispatch(block=True) >= 0:
    pass
