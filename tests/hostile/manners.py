"""What a client must know beyond the XML to live long: which numbers and objects a request accepts, and when.

A function of MANNERS returns values of arguments by name, the others are random; None: the request would be an error.
A function of EFFECTS remembers what a request that was sent has changed.
"""
MANNERS, EFFECTS = {}, {}
MIME_TYPES = ['text/plain', 'text/plain;charset=utf-8', 'UTF8_STRING', 'image/png', 'x/y']
WINDOW_ROLES = ('xdg_surface', 'zwlr_layer_surface_v1')


def manners(*keys):
    def register(function):
        MANNERS.update((key, function) for key in keys)
        return function
    return register


def effect(*keys):
    def register(function):
        EFFECTS.update((key, function) for key in keys)
        return function
    return register


# Recipes send these, with what must come before and after.
ONLY_IN_RECIPES = {'wl_registry.bind', 'xdg_wm_base.get_xdg_surface', 'xdg_surface.get_toplevel',
    'xdg_surface.get_popup', 'zwlr_layer_shell_v1.get_layer_surface', 'wl_subcompositor.get_subsurface',
    'wl_shm.create_pool', 'zwp_input_method_v2.get_input_popup_surface', 'zwp_virtual_keyboard_v1.keymap',
    'xdg_popup.grab', 'wp_security_context_manager_v1.create_listener', 'zwlr_output_manager_v1.create_configuration'}


# Never sent otherwise than politely. The first four end the compositor, change outputs, lock the session, or switch
# outputs off. wlroots 0.18 leaks some hundred
# bytes when it refuses a drag without a source.
ALWAYS_POLITE = {'zwp_virtual_keyboard_v1.key', 'zwlr_output_configuration_v1.apply', 'ext_session_lock_manager_v1.lock',
    'zwlr_output_power_v1.set_mode', 'wl_data_device.start_drag'}


# Surfaces

def role_of(surface):
    return surface.state.get('role')


def is_free(surface):
    """Whether it can get any role."""
    return role_of(surface) is None and not surface.state.get('shown')


def can_show(surface):
    role = role_of(surface)
    if role is None or role.interface.name not in WINDOW_ROLES:
        return True
    return role.is_alive and role.state.get('configured', False)


@manners('wl_surface.attach')
def attach(client, surface):
    buffers = client.live('wl_buffer')
    if surface.state.get('scaled') or surface.live_users('wp_viewport'):
        buffers = [buffer for buffer in buffers if 'size' in buffer.state]
    shown = can_show(surface) and buffers and client.chance(0.9)
    offset = 0 if surface.version >= 5 else client.pixels(-9)
    return {'buffer': client.random.choice(buffers) if shown else None, 'x': offset, 'y': offset}


@effect('wl_surface.attach')
def attached(client, surface, values, created):
    surface.state['pending'] = values[0]
    if values[0] is not None and 'size' not in values[0].state:
        surface.state['tiny'] = True
    surface.state['shown'] = surface.state.get('shown') or values[0] is not None


@manners('wl_surface.commit')
def commit(client, surface):
    role = role_of(surface)
    if role is not None and role.interface.name == 'xdg_surface' and not role.live_users('xdg_toplevel', 'xdg_popup'):
        return None
    return {} if can_show(surface) or surface.state.get('pending') is None else None


@effect('wl_surface.commit')
def committed(client, surface, values, created):
    role = role_of(surface)
    if role is not None and 'pending' in surface.state and surface.state['pending'] is None:
        role.state.update(configured=False, pending=[])
    surface.state.pop('pending', None)


@manners('wl_surface.destroy')
def destroy_surface(client, surface):
    return {} if not surface.live_users('xdg_surface', 'zwlr_layer_surface_v1', 'wp_viewport') else None


@manners('wl_surface.set_buffer_scale')
def set_buffer_scale(client, surface):
    return {'scale': 1 if surface.state.get('tiny') else client.random.choice([1, 1, 2])}


@effect('wl_surface.set_buffer_scale')
def scaled(client, surface, values, created):
    surface.state['scaled'] = surface.state.get('scaled') or values[0] != 1


@manners('wp_viewport.set_source')
def set_source(client, viewport):
    if client.chance(0.3):
        return dict.fromkeys(('x', 'y', 'width', 'height'), -256)
    return {'x': client.below(9 * 256), 'y': client.below(9 * 256), 'width': 256 * (1 + client.below(6)),
        'height': 256 * (1 + client.below(6))}


@manners('wp_viewport.set_destination')
def set_destination(client, viewport):
    return {'width': client.pixels(1), 'height': client.pixels(1)} if client.chance(0.8) else {'width': -1, 'height': -1}


@manners('wp_viewporter.get_viewport', 'wp_fractional_scale_manager_v1.get_fractional_scale',
    'wp_alpha_modifier_v1.get_surface', 'wp_content_type_manager_v1.get_surface_content_type',
    'wp_tearing_control_manager_v1.get_tearing_control')
def extend_surface(client, manager):
    names = {'wp_viewporter': 'wp_viewport', 'wp_fractional_scale_manager_v1': 'wp_fractional_scale_v1',
        'wp_alpha_modifier_v1': 'wp_alpha_modifier_surface_v1', 'wp_content_type_manager_v1': 'wp_content_type_v1',
        'wp_tearing_control_manager_v1': 'wp_tearing_control_v1'}
    return client.choose('surface', 'wl_surface', lambda surface: not surface.live_users(names[manager.interface.name]))


@manners('zwp_pointer_constraints_v1.lock_pointer', 'zwp_pointer_constraints_v1.confine_pointer')
def constrain(client, manager):
    return client.choose('surface', 'wl_surface',
        lambda surface: not surface.live_users('zwp_locked_pointer_v1', 'zwp_confined_pointer_v1'))


@manners('zwp_keyboard_shortcuts_inhibit_manager_v1.inhibit_shortcuts')
def inhibit_shortcuts(client, manager):
    return client.choose('surface', 'wl_surface',
        lambda surface: not surface.live_users('zwp_keyboard_shortcuts_inhibitor_v1'))


@manners('wp_viewport.destroy', 'wp_alpha_modifier_surface_v1.destroy', 'wp_fractional_scale_v1.destroy')
def destroy_extension(client, object_):
    return {}


@manners('wl_pointer.set_cursor')
def set_cursor(client, pointer):
    surface = client.free_surface(pointer) if client.chance(0.8) else None
    return {'surface': surface, 'hotspot_x': client.pixels(-9), 'hotspot_y': client.pixels(-9)}


@manners('wl_subsurface.place_above', 'wl_subsurface.place_below')
def place(client, subsurface):
    parent = subsurface.state.get('parent')
    if parent is None:
        return None
    siblings = [user.state['surface'] for user in parent.live_users('wl_subsurface')
        if user is not subsurface and user.state.get('parent') is parent]
    siblings = [surface for surface in siblings + [parent] if surface.is_alive]
    return {'sibling': client.random.choice(siblings)} if siblings else None


# Windows

@manners('xdg_wm_base.destroy')
def destroy_wm_base(client, wm_base):
    return {} if not wm_base.live_users('xdg_surface') and len(client.live('xdg_wm_base')) > 1 else None


@manners('xdg_surface.destroy')
def destroy_xdg_surface(client, xdg_surface):
    return {} if not xdg_surface.live_users('xdg_toplevel', 'xdg_popup') else None


@manners('xdg_toplevel.destroy', 'xdg_popup.destroy')
def destroy_window(client, window):
    xdg_surface = window.parents[0]
    return {} if all(user is window for user in xdg_surface.live_users('xdg_popup')) else None


@effect('xdg_toplevel.destroy', 'xdg_popup.destroy')
def destroyed_window(client, window, values, created):
    window.parents[0].state.update(configured=False, pending=[])


@manners('xdg_surface.ack_configure', 'zwlr_layer_surface_v1.ack_configure')
def ack_configure(client, object_):
    pending = object_.state.get('pending')
    return {'serial': client.random.choice(pending)} if pending else None


@effect('xdg_surface.ack_configure', 'zwlr_layer_surface_v1.ack_configure')
def acknowledged(client, object_, values, created):
    pending = object_.state.get('pending', [])
    if values[0] in pending:
        del pending[:pending.index(values[0]) + 1]
        object_.state['configured'] = True


@manners('xdg_surface.set_window_geometry')
def set_window_geometry(client, xdg_surface):
    if not xdg_surface.live_users('xdg_toplevel', 'xdg_popup'):
        return None
    return {'width': client.pixels(1), 'height': client.pixels(1)}


@manners('xdg_toplevel.set_min_size')
def set_min_size(client, toplevel):
    return {'width': client.below(60), 'height': client.below(60)}


@manners('xdg_toplevel.set_max_size')
def set_max_size(client, toplevel):
    return {'width': client.random.choice([0, 100, 640, 3000]), 'height': client.random.choice([0, 100, 480, 3000])}


@manners('xdg_toplevel.set_parent')
def set_parent(client, toplevel):
    older = [other for other in client.live('xdg_toplevel') if other.state['number'] < toplevel.state['number']]
    return {'parent': client.random.choice(older + [None])}


@manners('xdg_positioner.set_size')
def set_positioner_size(client, positioner):
    return {'width': client.pixels(1), 'height': client.pixels(1)}


@manners('xdg_positioner.set_anchor_rect')
def set_anchor_rect(client, positioner):
    return {'width': client.pixels(1), 'height': client.pixels(1)}


@effect('xdg_positioner.set_size', 'xdg_positioner.set_anchor_rect')
def positioned(client, positioner, values, created):
    positioner.state[len(values)] = min(values[-2:]) > 0


def is_complete(positioner):
    return positioner.state.get(2) and positioner.state.get(4)


@effect('wl_shm_pool.create_buffer', 'lido_shm_block_v1.create_buffer')
def created_buffer(client, pool, values, created):
    created.state['size'] = tuple(values[2:6])


@manners('xdg_popup.reposition')
def reposition(client, popup):
    return client.choose('positioner', 'xdg_positioner', is_complete)


@manners('zwlr_layer_surface_v1.set_size')
def set_layer_size(client, layer):
    return {'width': client.pixels(1), 'height': client.pixels(1)}


@manners('zwlr_layer_surface_v1.set_exclusive_edge')
def set_exclusive_edge(client, layer):
    return {'edge': 0} if client.chance(0.95) else {}


@manners('zwlr_layer_surface_v1.get_popup')
def get_layer_popup(client, layer):
    return client.choose('popup', 'xdg_popup', lambda popup: popup.state.get('parent') is None)


# Shared memory

@manners('wl_shm_pool.create_buffer', 'lido_shm_block_v1.create_buffer')
def create_buffer(client, pool):
    return client.fit(pool.state.get('size', 0))


@manners('wl_shm_pool.resize')
def resize_pool(client, pool):
    return {'size': pool.state['size']} if 'size' in pool.state else None


@manners('lido_shm_pool_v1.create_block', 'lido_shm_block_v1.resize')
def create_block(client, object_):
    return {'size': client.random.choice([1, 4096, 65536, 640 * 480 * 4, client.below(1 << 20) + 1, 1 << 31, 0xffffffff])}


@effect('lido_shm_pool_v1.create_block')
def created_block(client, pool, values, created):
    created.state['size'] = values[1]


@effect('lido_shm_block_v1.resize')
def resized_block(client, block, values, created):
    block.state['size'] = min(block.state.get('size', 0), values[0])


@manners('lido_shm_pool_v1.destroy')
def destroy_pool(client, pool):
    return {} if not pool.live_users('lido_shm_block_v1') else None


# Selections and drags

@manners('wl_data_device.set_selection', 'zwp_primary_selection_device_v1.set_selection',
    'zwlr_data_control_device_v1.set_selection', 'zwlr_data_control_device_v1.set_primary_selection',
    'ext_data_control_device_v1.set_selection', 'ext_data_control_device_v1.set_primary_selection')
def set_selection(client, device):
    names = {'wl_data_device': 'wl_data_source', 'zwp_primary_selection_device_v1': 'zwp_primary_selection_source_v1',
        'zwlr_data_control_device_v1': 'zwlr_data_control_source_v1',
        'ext_data_control_device_v1': 'ext_data_control_source_v1'}
    chosen = client.choose('source', names[device.interface.name], lambda source: not source.state.keys() & {'used', 'actions'})
    return chosen or {'source': None}


@effect('wl_data_device.set_selection', 'zwp_primary_selection_device_v1.set_selection',
    'zwlr_data_control_device_v1.set_selection', 'zwlr_data_control_device_v1.set_primary_selection',
    'ext_data_control_device_v1.set_selection', 'ext_data_control_device_v1.set_primary_selection',
    'wl_data_device.start_drag')
def used_source(client, device, values, created):
    if values[0] is not None:
        values[0].state['used'] = True


@manners('wl_data_source.set_actions')
def set_source_actions(client, source):
    return {'dnd_actions': client.below(8)} if not source.state.keys() & {'used', 'actions'} else None


@effect('wl_data_source.set_actions')
def acted(client, source, values, created):
    source.state['actions'] = True


@manners('wl_data_source.offer', 'zwp_primary_selection_source_v1.offer', 'zwlr_data_control_source_v1.offer',
    'ext_data_control_source_v1.offer')
def offer(client, source):
    return {'mime_type': client.random.choice(MIME_TYPES)} if client.chance(0.8) and not source.state.get('used') else None


@manners('wl_data_offer.receive', 'zwp_primary_selection_offer_v1.receive', 'zwlr_data_control_offer_v1.receive',
    'ext_data_control_offer_v1.receive')
def receive(client, offer_):
    return {'mime_type': client.random.choice(MIME_TYPES)} if client.chance(0.9) else {}


@manners('wl_data_device.start_drag')
def start_drag(client, device):
    chosen = client.choose('source', 'wl_data_source', lambda source: 'used' not in source.state)
    return chosen and dict(chosen, icon=client.free_surface(device) if client.chance(0.5) else None)


# Devices

@manners('wl_seat.get_touch')
def get_touch(client, seat):
    return {} if seat.state.get('capabilities', 0) & 4 else None


# Alt+Escape ends the compositor.
@manners('zwp_virtual_keyboard_v1.key')
def press_key(client, keyboard):
    return {'key': 2 + client.below(100), 'state': client.below(2)} if 'keymap' in keyboard.state else None


@manners('zwp_virtual_keyboard_v1.modifiers')
def set_modifiers(client, keyboard):
    return {'mods_depressed': client.below(256), 'mods_locked': client.below(4)} if 'keymap' in keyboard.state else None


@effect('zwp_virtual_keyboard_v1.keymap')
def has_keymap(client, keyboard, values, created):
    keyboard.state['keymap'] = True


@manners('zwlr_virtual_pointer_v1.axis', 'zwlr_virtual_pointer_v1.axis_stop', 'zwlr_virtual_pointer_v1.axis_discrete')
def scroll(client, pointer):
    return {'axis': client.below(2)}


@manners('zwlr_virtual_pointer_v1.axis_source')
def scroll_source(client, pointer):
    return {'axis_source': client.below(4)}


@manners('zwlr_virtual_pointer_v1.button')
def press_button(client, pointer):
    return {'button': client.random.choice([0x110, 0x111]), 'state': client.below(2)}


@manners('zwlr_virtual_pointer_v1.motion_absolute')
def move(client, pointer):
    return {'x': client.below(640), 'y': client.below(480), 'x_extent': 640, 'y_extent': 480}


# Others

@manners('xdg_activation_token_v1.commit', 'xdg_activation_token_v1.set_serial', 'xdg_activation_token_v1.set_app_id',
    'xdg_activation_token_v1.set_surface')
def use_token(client, token):
    return {} if 'used' not in token.state else None


@effect('xdg_activation_token_v1.commit')
def committed_token(client, token, values, created):
    token.state['used'] = True


@manners('xdg_activation_v1.activate')
def activate(client, activation):
    tokens = client.shared['tokens']
    return {'token': client.random.choice(tokens)} if tokens and client.chance(0.8) else {}


def is_toplevel(surface):
    role = role_of(surface)
    return role is not None and role.interface.name == 'xdg_surface' and role.live_users('xdg_toplevel')


@manners('zxdg_exporter_v1.export', 'zxdg_exporter_v2.export_toplevel', 'zxdg_imported_v1.set_parent_of',
    'zxdg_imported_v2.set_parent_of')
def use_toplevel(client, object_):
    return client.choose('surface', 'wl_surface', is_toplevel)


@manners('zxdg_importer_v1.import', 'zxdg_importer_v2.import_toplevel')
def import_toplevel(client, importer):
    handles = client.shared['handles']
    return {'handle': client.random.choice(handles)} if handles and client.chance(0.8) else {}


@manners('zwlr_screencopy_frame_v1.copy', 'zwlr_screencopy_frame_v1.copy_with_damage')
def copy(client, frame):
    size = frame.state.get('size')
    buffers = [buffer for buffer in client.live('wl_buffer') if buffer.state.get('size') == size]
    return {'buffer': client.random.choice(buffers)} if size and buffers and not frame.state.get('used') else None


@effect('zwlr_screencopy_frame_v1.copy', 'zwlr_screencopy_frame_v1.copy_with_damage')
def copied(client, frame, values, created):
    frame.state['used'] = True


@manners('ext_image_copy_capture_session_v1.create_frame')
def create_frame(client, session):
    return {} if not session.live_users('ext_image_copy_capture_frame_v1') else None


@manners('ext_image_copy_capture_cursor_session_v1.get_capture_session')
def get_capture_session(client, session):
    return {} if 'used' not in session.state else None


@manners('ext_image_copy_capture_frame_v1.attach_buffer')
def attach_to_frame(client, frame):
    size = frame.parents[0].state.get('size')
    chosen = client.choose('buffer', 'wl_buffer', lambda buffer: size and buffer.state.get('size', ())[:2] == size)
    return chosen if not frame.state.get('used') else None


@effect('ext_image_copy_capture_frame_v1.attach_buffer')
def attached_to_frame(client, frame, values, created):
    frame.state['attached'] = True


@manners('ext_image_copy_capture_frame_v1.damage_buffer')
def damage_frame(client, frame):
    size = {'x': client.pixels(0), 'y': client.pixels(0), 'width': client.pixels(1), 'height': client.pixels(1)}
    return size if not frame.state.get('used') else None


@manners('ext_image_copy_capture_frame_v1.capture')
def capture_frame(client, frame):
    return {} if frame.state.get('attached') and not frame.state.get('used') else None


@effect('ext_image_copy_capture_frame_v1.capture', 'ext_image_copy_capture_cursor_session_v1.get_capture_session')
def captured(client, object_, values, created):
    object_.state['used'] = True


# The client keeps its first registry.
@manners('wl_fixes.destroy_registry')
def destroy_registry(client, fixes):
    return client.choose('registry', 'wl_registry', lambda registry: registry is not client.registry)


@effect('wl_fixes.destroy_registry')
def destroyed_registry(client, fixes, values, created):
    client.connection.forget(values[0])


@manners('zwlr_foreign_toplevel_handle_v1.set_rectangle')
def set_rectangle(client, handle):
    return {'width': client.pixels(0), 'height': client.pixels(0)}


@manners('wl_display.get_registry')
def get_registry(client, display):
    return {} if len(client.live('wl_registry')) < 3 else None


# Other clients must go on seeing frames: an output changes its mode only if the client is told to.
@manners('zwlr_output_configuration_v1.apply')
def apply(client, configuration):
    return {} if client.changes_outputs and not configuration.state.get('used') else None


# A locker hides all windows, and so does one that has died.
@manners('ext_session_lock_manager_v1.lock')
def lock(client, manager):
    return {} if client.changes_outputs else None


@manners('zwlr_output_power_v1.set_mode')
def set_power(client, power):
    return {} if client.changes_outputs else None


@manners('zwlr_output_configuration_v1.test')
def test(client, configuration):
    return {} if not configuration.state.get('used') else None


@manners('zwlr_output_configuration_v1.enable_head', 'zwlr_output_configuration_v1.disable_head')
def configure(client, configuration):
    return {} if not configuration.state.get('used') and client.chance(0.1) else None


@effect('zwlr_output_configuration_v1.apply', 'zwlr_output_configuration_v1.test',
    'zwlr_output_configuration_v1.destroy')
def configured(client, configuration, values, created):
    configuration.state['used'] = True
    forget_users(client, configuration, 'zwlr_output_configuration_head_v1')


@effect('zwlr_output_manager_v1.stop', 'zwlr_foreign_toplevel_manager_v1.stop')
def stopped(client, manager, values, created):
    client.connection.forget(manager)


@effect('zwp_input_method_v2.destroy')
def destroyed_method(client, method, values, created):
    forget_users(client, method, 'zwp_input_method_keyboard_grab_v2', 'zwp_input_popup_surface_v2')


def forget_users(client, object_, *names):
    """The server has destroyed them with the object."""
    for user in object_.live_users(*names):
        client.connection.forget(user)


@manners('zwlr_output_configuration_head_v1.set_custom_mode')
def set_custom_mode(client, head):
    return {'width': client.random.choice([1, 320, 640, 1920]), 'height': client.random.choice([1, 200, 480, 1080]),
        'refresh': client.random.choice([0, 1, 60000])}


@manners('zwlr_output_configuration_head_v1.set_scale')
def set_head_scale(client, head):
    return {'scale': client.random.choice([1, 128, 256, 300, 512])}
