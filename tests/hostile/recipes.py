"""What clients do in several requests, so that random requests find windows, focus, drags and selections.

Each function sends the requests of one purpose to a client's server, with random choices.
"""
import os
import socket
import tempfile

from files import make_file, make_keymap
from handlers import SIZE_MAX
from manners import MIME_TYPES, is_complete, is_free

WINDOWS_MAX = 5
LAYERS_MAX = 3
BOUND_MAX = 3  # objects of one global
SANDBOXES_MAX = 4
BUTTON_LEFT = 0x110


def bind(client, name):
    interface, version = client.globals[name]
    if interface not in client.interfaces or len(client.live(interface)) >= BOUND_MAX:
        return
    version = min(version, client.interfaces[interface].version)
    if client.chance(0.15):
        version = client.random.randint(1, version)
    object_ = client.connection.create(client.interfaces[interface], version, ())
    object_.state['number'] = 0
    client.request(client.registry, 'bind', name=name, id=(interface, version, object_))


def bind_all(client):
    for name in list(client.globals):
        if client.chance(0.95):
            bind(client, name)


def bind_one(client):
    if client.globals:
        bind(client, client.random.choice(list(client.globals)))


def show(client, surface):
    """Attaches a buffer and commits."""
    if client.live('wl_buffer'):
        client.polite(surface, 'attach')
    if surface.version >= 4:
        client.request(surface, 'damage_buffer', x=0, y=0, width=1 << 30, height=1 << 30)
    if client.chance(0.5):
        client.request(surface, 'frame')
    client.polite(surface, 'commit')


def show_role(client, surface, object_):
    """Commits without a buffer, waits for the configure event, and shows a buffer."""
    surface.state['role'] = object_
    object_.state['surface'] = surface
    client.polite(surface, 'commit')
    client.roundtrip()
    if object_.state.get('configured'):
        show(client, surface)


def open_xdg_surface(client):
    if len(client.live('xdg_surface')) >= WINDOWS_MAX * 2:
        return None, None
    surface = client.choose('', 'wl_surface', is_free) if client.chance(0.5) else None
    surface = surface[''] if surface else client.make('wl_compositor', 'create_surface')
    xdg_surface = client.make('xdg_wm_base', 'get_xdg_surface', surface=surface)
    surface.state['role'] = xdg_surface
    return surface, xdg_surface


def open_toplevel(client):
    if len(client.live('xdg_toplevel')) >= WINDOWS_MAX:
        return
    surface, xdg_surface = open_xdg_surface(client)
    if surface is not None:
        client.request(xdg_surface, 'get_toplevel')
        show_role(client, surface, xdg_surface)


def make_positioner(client):
    positioner = client.make('xdg_wm_base', 'create_positioner')
    client.polite(positioner, 'set_size')
    client.polite(positioner, 'set_anchor_rect')
    return positioner


def open_popup(client):
    parents = [parent for parent in client.live('xdg_surface')
        if parent.state.get('configured') and parent.live_users('xdg_toplevel', 'xdg_popup')]
    layers = [layer for layer in client.live('zwlr_layer_surface_v1') if layer.state.get('configured')]
    if not parents + layers:
        return
    positioner = (client.choose('', 'xdg_positioner', is_complete) or {'': None})[''] or make_positioner(client)
    surface, xdg_surface = open_xdg_surface(client)
    if surface is None:
        return
    parent = client.random.choice(parents + layers)
    is_layer = parent in layers
    popup = client.request(xdg_surface, 'get_popup', parent=None if is_layer else parent, positioner=positioner)
    popup.state['parent'] = parent
    if is_layer:
        client.request(parent, 'get_popup', popup=popup)
        parent.users.append(popup)
    if client.chance(0.3) and client.live('wl_seat'):
        client.request(popup, 'grab')
    show_role(client, surface, xdg_surface)


def open_layer(client):
    if len(client.live('zwlr_layer_surface_v1')) >= LAYERS_MAX:
        return
    surface = client.make('wl_compositor', 'create_surface')
    layer = client.make('zwlr_layer_shell_v1', 'get_layer_surface', surface=surface)
    client.polite(layer, 'set_size')
    show_role(client, surface, layer)


def add_subsurface(client):
    if not client.live('wl_surface'):
        return
    parent = client.random.choice(client.live('wl_surface'))
    surface = client.make('wl_compositor', 'create_surface')
    subsurface = client.make('wl_subcompositor', 'get_subsurface', surface=surface, parent=parent)
    surface.state['role'] = subsurface
    subsurface.state.update(parent=parent, surface=surface)
    show(client, surface)


def add_file(client):
    size = client.random.choice([4096, 65536, 640 * 480 * 4, 1 << 20, client.random.randint(4096, 1 << 21)])
    pool = client.make('wl_shm', 'create_pool', fd=make_file(size, client.random), size=size)
    pool.state['size'] = size
    for _ in range(client.random.randint(1, 3)):
        client.polite(pool, 'create_buffer')
    if client.chance(0.5):
        client.request(pool, 'destroy')


def add_block(client):
    if not client.live('lido_shm_pool_v1'):
        client.make('lido_shm_manager_v1', client.random.choice(['get_pool', 'get_private_pool']))
    size = client.random.choice([65536, 640 * 480 * 4, client.random.randint(16384, 1 << 21)])
    block = client.make('lido_shm_pool_v1', 'create_block', size=size)
    client.polite(block, 'create_buffer')


def redraw(client):
    if client.live('wl_surface'):
        show(client, client.random.choice(client.live('wl_surface')))


def add_keyboard(client):
    if len(client.live('zwp_virtual_keyboard_v1')) >= 2 or 'keymap' not in client.shared:
        return
    keyboard = client.make('zwp_virtual_keyboard_manager_v1', 'create_virtual_keyboard')
    fd, size = make_keymap(client.shared['keymap'], client.random)
    client.request(keyboard, 'keymap', format=1, fd=fd, size=size)


def get_pointer(client):
    if client.live('zwlr_virtual_pointer_v1'):
        return client.random.choice(client.live('zwlr_virtual_pointer_v1'))
    return client.make('zwlr_virtual_pointer_manager_v1', 'create_virtual_pointer')


def press(client, pointer, state):
    client.request(pointer, 'button', button=BUTTON_LEFT, state=state)
    client.request(pointer, 'frame')


def click(client):
    pointer = get_pointer(client)
    client.polite(pointer, 'motion_absolute')
    client.request(pointer, 'frame')
    press(client, pointer, 1)
    client.roundtrip()
    if client.chance(0.9):
        press(client, pointer, 0)


def drag(client):
    pointer = get_pointer(client)
    client.polite(pointer, 'motion_absolute')
    press(client, pointer, 1)
    client.roundtrip()
    source = client.make('wl_data_device_manager', 'create_data_source')
    client.request(source, 'offer', mime_type=MIME_TYPES[0])
    if source.version >= 3:
        client.polite(source, 'set_actions')
    client.make('wl_data_device', 'start_drag', source=source, serial=client.serials[-1])
    for _ in range(client.random.randint(1, 4)):
        client.polite(pointer, 'motion_absolute')
        client.request(pointer, 'frame')
    client.roundtrip()
    for offer in list(client.live('wl_data_offer')):
        client.request(offer, 'accept', mime_type=MIME_TYPES[0])
    if client.chance(0.9):
        press(client, pointer, 0)


def select(client):
    names = client.random.choice([
        ('wl_data_device_manager', 'wl_data_device', 'create_data_source', 'get_data_device'),
        ('zwp_primary_selection_device_manager_v1', 'zwp_primary_selection_device_v1', 'create_source', 'get_device'),
        ('zwlr_data_control_manager_v1', 'zwlr_data_control_device_v1', 'create_data_source', 'get_data_device'),
        ('ext_data_control_manager_v1', 'ext_data_control_device_v1', 'create_data_source', 'get_data_device')])
    if not client.live(names[1]):
        client.make(names[0], names[3])
    source = client.make(names[0], names[2])
    for _ in range(client.random.randint(1, 3)):
        client.request(source, 'offer', mime_type=client.random.choice(MIME_TYPES))
    client.make(names[1], 'set_selection', source=source)


def ask_for_token(client):
    token = client.make('xdg_activation_v1', 'get_activation_token')
    if client.chance(0.5):
        client.request(token, 'set_serial')
    if client.chance(0.5) and client.live('wl_surface'):
        client.request(token, 'set_surface')
    client.polite(token, 'commit')


def capture(client):
    if len(client.live('zwlr_screencopy_frame_v1')) < 4:
        client.make('zwlr_screencopy_manager_v1', client.random.choice(['capture_output', 'capture_output_region']))


def open_capture_session(client):
    """Opens a session for the pixels of an output, a window or the cursor. Returns None if it does not begin."""
    kind = client.random.choice(['output', 'foreign_toplevel'])
    source = client.make('ext_%s_image_capture_source_manager_v1' % kind, 'create_source')
    if client.chance(0.2):
        cursor = client.make('ext_image_copy_capture_manager_v1', 'create_pointer_cursor_session', source=source)
        session = client.polite(cursor, 'get_capture_session')
    else:
        session = client.make('ext_image_copy_capture_manager_v1', 'create_session', source=source)
    client.roundtrip()
    return session if session.is_alive and 'size' in session.state else None


def capture_by_session(client):
    session = open_capture_session(client)
    if session is None:
        return
    width, height = session.state['size']
    size = width * height * 4
    if not 0 < size <= SIZE_MAX:
        return
    for _ in range(client.random.randint(1, 3)):
        frame = client.polite(session, 'create_frame')
        pool = client.make('wl_shm', 'create_pool', fd=make_file(size, client.random), size=size)
        buffer = client.request(pool, 'create_buffer', offset=0, width=width, height=height, stride=width * 4,
            format=session.state.get('format', 0))
        client.request(pool, 'destroy')
        client.request(frame, 'attach_buffer', buffer=buffer)
        client.polite(frame, 'damage_buffer')
        client.polite(frame, 'capture')
        client.roundtrip()
        if client.chance(0.8):
            client.polite(frame, 'destroy')
    client.polite(session, 'destroy')


def configure_outputs(client):
    managers = [manager for manager in client.live('zwlr_output_manager_v1') if 'serial' in manager.state]
    if not managers:
        return
    manager = client.random.choice(managers)
    configuration = client.request(manager, 'create_configuration', serial=manager.state['serial'])
    heads = [head for head in client.live('zwlr_output_head_v1') if head.parents == (manager,)]
    for head in heads:
        if client.chance(0.1):
            client.request(configuration, 'disable_head', head=head)
            continue
        configured = client.request(configuration, 'enable_head', head=head)
        for request in ('set_custom_mode', 'set_position', 'set_scale', 'set_transform', 'set_adaptive_sync'):
            if client.chance(0.3):
                client.polite(configured, request)
    client.polite(configuration, client.random.choice(['test', 'apply']) if client.changes_outputs else 'test')


def open_sandbox(client):
    """Opens a security context. Connections to its socket end with the process, or when another one takes its place."""
    sandboxes = client.shared['sandboxes']
    if not client.live('wp_security_context_manager_v1'):
        return
    directory = tempfile.mkdtemp(dir=os.environ['XDG_RUNTIME_DIR'])
    path = os.path.join(directory, 's')
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen(4)
        ours, closing = socket.socketpair()
        context = client.make('wp_security_context_manager_v1', 'create_listener', listen_fd=os.dup(listener.fileno()),
            close_fd=closing.detach())
    for request in ('set_sandbox_engine', 'set_app_id', 'set_instance_id'):
        if client.chance(0.7):
            client.request(context, request)
    client.request(context, 'commit')
    client.request(context, 'destroy')
    sandboxes.append((path, ours))
    if len(sandboxes) > SANDBOXES_MAX:
        sandboxes.pop(0)[1].close()


def write_text(client):
    if not client.live('zwp_text_input_v3'):
        client.make('zwp_text_input_manager_v3', 'get_text_input')
    text_input = client.random.choice(client.live('zwp_text_input_v3'))
    client.request(text_input, 'enable')
    client.request(text_input, 'commit')
    if not client.live('zwp_input_method_v2'):
        client.make('zwp_input_method_manager_v2', 'get_input_method')
    method = client.random.choice(client.live('zwp_input_method_v2'))
    client.request(method, 'commit_string')
    client.request(method, 'commit')
    if client.chance(0.2):
        surface = client.make('wl_compositor', 'create_surface')
        surface.state['role'] = client.request(method, 'get_input_popup_surface', surface=surface)
        show(client, surface)


RECIPES = [bind_one, open_toplevel, open_toplevel, open_popup, open_popup, open_layer, add_subsurface, add_file, add_file,
    add_block, redraw, redraw, redraw, add_keyboard, click, click, drag, select, ask_for_token, capture, capture_by_session,
    configure_outputs, open_sandbox, write_text]
