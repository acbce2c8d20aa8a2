"""What a client does on events."""
import os

from files import make_file, write_some

XKB_V1 = 1
SIZE_MAX = 1 << 26  # bytes of a captured picture


def acknowledge(client, object_, values):
    object_.state.setdefault('pending', []).append(values[0])
    if client.chance(0.9):
        client.request(object_, 'ack_configure', serial=values[0])


def pong(client, object_, values):
    if client.chance(0.9):
        client.request(object_, 'pong', serial=values[0])


def add_global(client, object_, values):
    client.globals[values[0]] = (values[1], values[2])


def remove_global(client, object_, values):
    client.globals.pop(values[0], None)


def add_format(client, object_, values):
    client.formats.add(values[0])


def set_capabilities(client, object_, values):
    object_.state['capabilities'] = values[0]


def add_token(client, object_, values):
    client.shared['tokens'] = client.shared['tokens'][-7:] + [values[0]]


def add_handle(client, object_, values):
    client.shared['handles'] = client.shared['handles'][-7:] + [values[0]]


def send_data(client, object_, values):
    write_some(values[1], client.random)


def keep_keymap(client, object_, values):
    if values[0] == XKB_V1 and 'keymap' not in client.shared:
        client.shared['keymap'] = os.pread(values[1], values[2], 0)


def add_area(client, object_, values):
    """Does to an area's file what the server must endure."""
    if client.chance(client.wildness):
        try:
            os.ftruncate(values[1], client.random.choice([0, values[2] + 4096]))
        except OSError:
            pass


def capture(client, object_, values):
    """Offers a buffer of the right size."""
    format_, width, height, stride = values
    object_.state['size'] = (width, height, stride, format_)
    size = stride * height
    if not 0 < size <= SIZE_MAX:
        return
    pool = client.make('wl_shm', 'create_pool', fd=make_file(size, client.random), size=size)
    pool.state['size'] = size
    client.request(pool, 'create_buffer', offset=0, width=width, height=height, stride=stride, format=format_)
    client.request(pool, 'destroy')
    if client.chance(0.8):
        client.polite(object_, client.random.choice(['copy', 'copy_with_damage']))


def set_session_size(client, object_, values):
    object_.state['size'] = (values[0], values[1])


def set_session_format(client, object_, values):
    object_.state['format'] = values[0]


def set_output_serial(client, object_, values):
    object_.state['serial'] = values[0]


HANDLERS = {
    'xdg_surface.configure': acknowledge,
    'zwlr_layer_surface_v1.configure': acknowledge,
    'xdg_wm_base.ping': pong,
    'wl_registry.global': add_global,
    'wl_registry.global_remove': remove_global,
    'wl_shm.format': add_format,
    'wl_seat.capabilities': set_capabilities,
    'xdg_activation_token_v1.done': add_token,
    'zxdg_exported_v1.handle': add_handle,
    'zxdg_exported_v2.handle': add_handle,
    'send': send_data,
    'wl_keyboard.keymap': keep_keymap,
    'lido_shm_pool_v1.area': add_area,
    'zwlr_screencopy_frame_v1.buffer': capture,
    'ext_image_copy_capture_session_v1.buffer_size': set_session_size,
    'ext_image_copy_capture_session_v1.shm_format': set_session_format,
    'zwlr_output_manager_v1.done': set_output_serial,
}
