"""The stock clients, and how each is used."""
import glob
import os

import checks

DRAG = tuple('drag 60 60 260 160 drag 260 160 60 60'.split())  # out and back
ACTIONS = tuple('click 80 150 scroll 15 scroll -15 key down key page-down'.split()) + 3 * DRAG + ('maximize',)
PICTURE = '/usr/share/elementary/images/space.png'
SDL2 = '/usr/libexec/installed-tests/SDL2/'
SDL3 = '/usr/libexec/installed-tests/SDL3/'
GROW = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'grow.py')
SHELL = ['sh', '-c', 'echo These pixels; sleep 600']
QT_EXAMPLE = '/usr/lib/*/qt%s/examples/widgets/painting/basicdrawing/'


class Client:
    """A row.

    name, command
    settle         seconds from its start until it is used
    actions        what `drive` does with it; none if it has no window
    check          function(session) that uses it further, and returns what it has verified; or raises session.Failure
    prepare        function(session) that is called before it starts
    needs          the global of Lido that it cannot do without, or an option of Lido
    lido_options   options of Lido
    managed_options  further ones where the client is run by lido-run
    ends           whether it ends by itself
    starts         how often it is started at most until it opens a window
    note           why its pictures may differ
    is_shown       whether it shows something, and its pictures are compared
    counts_start   whether what it did before it was used is counted
    """

    def __init__(self, name, command, settle=2, actions=ACTIONS, **properties):
        self.name = name
        self.command = command
        self.settle = settle
        self.actions = actions
        self.check = properties.pop('check', None)
        self.prepare = properties.pop('prepare', None)
        self.needs = properties.pop('needs', '')
        self.lido_options = properties.pop('lido_options', [])
        self.managed_options = properties.pop('managed_options', [])
        self.ends = properties.pop('ends', False)
        self.starts = properties.pop('starts', 1)
        self.note = properties.pop('note', '')
        self.is_shown = properties.pop('is_shown', True)
        self.counts_start = True
        assert not properties, properties

    def restrict_to_drags(self, count):
        """Has only its corner dragged, and only that counted. Returns whether it can be."""
        self.counts_start = False
        is_dragged = self.actions == ACTIONS
        self.actions = count * DRAG
        return is_dragged


def layer(name, command, settle=2, **properties):
    """A panel, menu or message: it has no window that can be resized."""
    return Client(name, command, settle, (), **properties)


def tool(name, command, check, settle=1, **properties):
    """A program without a window, or whose window does not matter: the row says what was verified."""
    return Client(name, command, settle, (), check=check, is_shown=False, **properties)


def x11(name, command, settle=4, **properties):
    """Its pixels are in the memory of Xwayland, which Lido starts."""
    return Client(name, command, settle, needs='--xwayland', lido_options=['--xwayland'], managed_options=['--managed'],
        **properties)


def in_environment(settings, command):
    return ['env'] + settings.split() + command


def sdl(version, test, **properties):
    folder = SDL2 if version == 2 else SDL3
    return Client('sdl%d-%s' % (version, test[4:]), in_environment('SDL_VIDEODRIVER=wayland', [folder + test]),
        **properties)


def example(version):
    found = glob.glob(QT_EXAMPLE % version + 'basicdrawing') + glob.glob(QT_EXAMPLE % version + 'bin/basicdrawing')
    return [found[0] if found else 'basicdrawing']


def office(toolkit):
    return in_environment('SAL_USE_VCLPLUGIN=' + toolkit, ['soffice', '--writer', '--norestore', '--nologo',
        '--nofirststartwizard', 'private:factory/swriter'])


WESTON = [
    Client('weston-flower', ['weston-flower'], note='each flower is another'),
    Client('weston-clickdot', ['weston-clickdot']),
    Client('weston-eventdemo', ['weston-eventdemo']),
    Client('weston-terminal', ['weston-terminal']),
    Client('weston-editor', ['weston-editor'], needs='zwp_text_input_manager_v1'),
    Client('weston-image', ['weston-image', PICTURE]),
    Client('weston-stacking', ['weston-stacking'], note='it shows an address'),
    Client('weston-dnd', ['weston-dnd'], note='each flower is another'),
    Client('weston-simple-shm', ['weston-simple-shm'], note='it moves'),
    Client('weston-simple-egl', ['weston-simple-egl'], note='it moves'),
    Client('weston-simple-damage', ['weston-simple-damage'], note='it moves'),
    Client('weston-presentation-shm', ['weston-presentation-shm'], note='it moves'),
    Client('weston-smoke', ['weston-smoke'], note='it moves'),
    Client('weston-subsurfaces', ['weston-subsurfaces'], note='it moves'),
]
TOOLKITS = [
    Client('gtk3-demo', ['gtk3-demo'], note='its list ends at one of two places'),
    Client('gtk3-widget-factory', ['gtk3-widget-factory'], note='a part of it moves'),
    Client('gtk4-cairo', in_environment('GSK_RENDERER=cairo', ['gtk4-demo', '--run=sliding_puzzle']),
        note='the puzzle is shuffled'),
    Client('gtk4-egl', in_environment('GSK_RENDERER=ngl', ['gtk4-demo-application'])),
    Client('gtk4-vulkan', in_environment('GSK_RENDERER=vulkan', ['gtk4-demo-application'])),
    Client('qt5', example('5')),
    Client('qt6', example('6')),
    Client('libdecor', ['libdecor-demo']),
    Client('fluid', ['fluid'], 3),
    Client('vkcube', ['vkcube', '--wsi', 'wayland'], 3, note='it moves'),
    Client('glmark2', ['glmark2-es2-wayland', '-b', 'build:duration=120'], note='it moves'),
    sdl(2, 'testdrawchessboard'),
    sdl(2, 'testsprite2', note='it moves'),
    sdl(2, 'testgles2', note='it moves'),
    sdl(3, 'testdrawchessboard'),
    sdl(3, 'testsprite', note='it moves'),
    sdl(3, 'testgles2', note='it moves'),
    Client('python', ['python3', GROW], 8, (), prepare=checks.write_modules),
    Client('python-reuse', ['python3', GROW, '--reuse'], 8, (), prepare=checks.write_modules),
]
TERMINALS = [
    Client('foot', ['foot'] + SHELL),
    Client('alacritty', ['alacritty', '-e'] + SHELL),
    Client('kitty', ['kitty', '-o', 'cursor_blink_interval=0'] + SHELL, 3),
    Client('terminology', ['terminology', '-e', 'sleep 600']),
    Client('qterminal', ['qterminal', '-e', 'sleep 600']),
    Client('konsole', ['konsole', '--separate', '-e', 'sleep', '600'], 3),
    Client('xfce4-terminal', ['xfce4-terminal', '--disable-server', '-x', 'sleep', '600'], 3),
]
PROGRAMS = [
    Client('featherpad', ['featherpad']),
    Client('mousepad', ['mousepad']),
    Client('gnome-text-editor', in_environment('GSK_RENDERER=cairo', ['gnome-text-editor', '-s']),
        note='its cursor blinks'),
    Client('gnome-calculator', in_environment('GSK_RENDERER=cairo', ['gnome-calculator']), 4, note='its cursor blinks'),
    Client('emacs', ['emacs-pgtk', '-Q'], 4, note='its cursor blinks'),
    Client('thunar', ['thunar'], 3),
    Client('zathura', ['zathura', 'page.pdf'], prepare=checks.write_pdf),
    Client('mpv', ['mpv', '--no-config', '--vo=wlshm', '--image-display-duration=inf', '--osc=no', PICTURE]),
    Client('mpv-film', ['mpv', '--no-config', '--vo=wlshm', 'av://lavfi:testsrc2=size=640x480'], note='it moves'),
    Client('mpv-egl', ['mpv', '--no-config', '--vo=gpu', '--gpu-sw=yes', '--gpu-context=wayland',
        '--image-display-duration=inf', '--osc=no', PICTURE]),
    # One start in six waits forever for a thread of its own, with and without lido-run.
    Client('swayimg', ['swayimg', PICTURE], starts=4),
    Client('imv', ['imv-wayland', PICTURE], note='how far it has panned varies'),
    Client('firefox', ['firefox-esr', '--no-remote', '--new-instance', 'about:license'], 16,
        note='how far it has scrolled varies'),
    Client('chromium', ['chromium', '--ozone-platform=wayland', '--disable-gpu', '--no-sandbox', '--no-first-run',
        '--user-data-dir=chromium', 'chrome://version'], 8),
    Client('libreoffice-gtk3', office('gtk3'), 15),
    Client('libreoffice-qt6', office('qt6'), 15),
    Client('gimp', ['gimp', '--no-splash'], 20, ('click', '500', '500') + ACTIONS[3:],
        note='the width of its panes varies'),
    Client('inkscape', ['inkscape', 'page.svg'], 12, prepare=checks.write_svg),
]
X11 = [
    Client('xwayland-rootful', ['sh', '-c', 'rm -f /tmp/.X77-lock; Xwayland :77 -shm -geometry 800x600 -ac & '
        'sleep 1; DISPLAY=:77 exec xclock -update 600']),
    x11('xterm', ['xterm', '-e'] + SHELL),
    x11('gtk3-x11', in_environment('GDK_BACKEND=x11', ['gtk3-demo']), note='its list ends at one of two places'),
    x11('java', ['jedit', '-noserver', '-nosettings'], 12),
]
PANELS = [
    layer('fuzzel', ['fuzzel', '--no-icons'], check=checks.type_into),
    layer('waybar', ['waybar'], note='it shows load and memory'),
    layer('yambar', ['yambar', '-c', 'yambar.yml'], prepare=checks.write_yambar),
    layer('wofi', ['wofi', '--show', 'run'], check=checks.type_into),
    layer('tofi', ['sh', '-c', 'echo one | exec tofi']),
    layer('bemenu', ['sh', '-c', 'echo one | exec bemenu'], check=checks.type_into),
    layer('wmenu', ['sh', '-c', 'echo one | exec wmenu'], check=checks.type_into),
    layer('wob', ['sh', '-c', '(echo 40; sleep 600) | exec wob']),
    layer('mako', ['sh', '-c', 'mako & sleep 1; notify-send -t 0 one two; wait']),
    layer('fnott', ['sh', '-c', 'fnott & sleep 1; notify-send -t 0 one two; wait']),
    layer('swaybg', ['swaybg', '-i', PICTURE]),
    layer('wvkbd', ['wvkbd-mobintl', '-L', '300'], prepare=checks.start_key_reader, check=checks.press_keys),
    layer('squeekboard', ['squeekboard'], prepare=checks.start_key_reader, check=checks.show_squeekboard),
    layer('swaylock', ['swaylock', '-c', '406080'], needs='ext_session_lock_manager_v1', check=checks.type_into),
    layer('gtklock', ['gtklock'], needs='ext_session_lock_manager_v1', check=checks.type_into),
]
TOOLS = [
    Client('wdisplays', ['wdisplays']),
    Client('wl-mirror', ['wl-mirror', 'HEADLESS-1'], actions=ACTIONS[:-1] + ('drag', '60', '60', '300', '260'),
        prepare=checks.start_picture),
    tool('wl-clipboard', ['wl-copy', '--foreground', 'one two'], checks.paste, ends=True),
    tool('cliphist', ['wl-paste', '--watch', 'cliphist', 'store'], checks.list_history),
    tool('kanshi', ['kanshi', '-c', 'kanshi.conf'], checks.read_scale, prepare=checks.write_kanshi),
    tool('wlr-randr', ['wlr-randr', '--output', 'HEADLESS-1', '--transform', '90'], checks.compare_turned, ends=True),
    tool('wlopm', ['wlopm', '--off', 'HEADLESS-1'], checks.read_power, needs='zwlr_output_power_manager_v1', ends=True),
    tool('wlsunset', ['wlsunset', '-t', '3000', '-T', '3001', '-S', '00:00', '-s', '00:01'], checks.stays,
        needs='zwlr_gamma_control_manager_v1'),
    tool('swayidle', ['swayidle', 'timeout', '1', 'touch idle', 'resume', 'touch resumed'], checks.wake_up, 0),
    tool('wtype', ['wtype', '-s', '1500', 'seven words', '-k', 'Return'], checks.read_typed, ends=True,
        prepare=checks.start_reader),
    tool('wlrctl', ['wlrctl', 'toplevel', 'waitfor', 'app_id:reader'], checks.list_windows, ends=True,
        prepare=checks.start_reader),
    tool('wev', ['stdbuf', '-oL', 'wev'], checks.read_events),
    tool('slurp', ['sh', '-c', 'exec slurp >region'], checks.select_region, ends=True),
    tool('wayvnc', ['wayvnc', '127.0.0.1', '5977'], checks.use_remotely, prepare=checks.start_reader),
    tool('wf-recorder', ['wf-recorder', '-y', '-f', 'film.mp4'], checks.count_frames,
        prepare=checks.start_film, ends=True),
]
CLIENTS = WESTON + TOOLKITS + TERMINALS + PROGRAMS + X11 + PANELS + TOOLS
