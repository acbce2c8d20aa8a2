#!/bin/sh
# Runs X11 programs in lido: windows, menus, the clipboard, and the end and return of Xwayland. Prints TAP.
#
#     xwayland_test.sh LIDO DRIVE XFOCUS [LIBRARY]
#
# LIBRARY: that of lido-run, which Xwayland loads.
set -u
lido=$1
drive=$2
xfocus=$3
managed=${4:+--managed}
[ -z "$managed" ] || export LIDO_RUN_PRELOAD="$(realpath "$4")"
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-xwayland.XXXXXX")
trap 'rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY
export XDG_RUNTIME_DIR="$runtime" LANG=C.UTF-8 LC_ALL=C.UTF-8

suite=xwayland${managed:+-managed}
say_why() {
	tail -n 40 "$runtime"/*.log "$runtime"/*.keys "$runtime/out" "$runtime/err"
}
. "$(dirname "$0")/../runner/tap.sh"

for tool in Xwayland xterm xclip xdotool xwininfo xprop xdpyinfo wl-copy wtype grim gtk3-widget-factory; do
	command -v "$tool" >/dev/null || { skip x11-programs-are-shown "$tool is not installed"; finish; }
done

# start NAME SIZE: starts lido. Sets $server, and exports WAYLAND_DISPLAY and DISPLAY.
start() {
	"$lido" --headless "$2" --socket "$1" --xwayland $managed >"$runtime/$1.out" 2>"$runtime/$1.log" &
	server=$!
	wait_for grep -q 'running' "$runtime/$1.log"
	export WAYLAND_DISPLAY="$1" DISPLAY="$(sed -n 's/.* DISPLAY=\(:[0-9]*\)$/\1/p' "$runtime/$1.log")"
}

# find_server: prints the process of Xwayland.
find_server() {
	for process in /proc/[0-9]*; do
		if tr '\0' ' ' <"$process/cmdline" | grep -q "^Xwayland $DISPLAY -rootless" &&
			tr '\0' '\n' <"$process/environ" | grep -qx "XDG_RUNTIME_DIR=$runtime"; then
			echo "${process#/proc/}"
		fi
	done 2>/dev/null
}

# get_color X Y: prints the color of the screen there.
get_color() {
	grim -t ppm -g "$1,$2 1x1" - | tail -c 3 | od -An -tx1 | tr -d ' '
}

# has_color X Y RRGGBB: returns whether the screen has this color there.
has_color() {
	[ "$(get_color "$1" "$2")" = "$3" ]
}

# find_window: prints the window of xterm.
find_window() {
	xdotool search --onlyvisible --class xterm | tail -n 1
}

# is_at X Y [WxH]: returns whether xterm's window is there.
is_at() {
	xwininfo -id "$window" >"$runtime/info"
	grep -q "Absolute upper-left X:  $1$" "$runtime/info" && grep -q "Absolute upper-left Y:  $2$" "$runtime/info" &&
		[ "$(get_size)" = "${3:-$(get_size)}" ]
}

# get_size: prints the size of xterm's window.
get_size() {
	xwininfo -id "$window" | awk '/ Width:/ { width = $2 } / Height:/ { print width "x" $2 }'
}

# has_state ATOM: returns whether xterm's window has this state.
has_state() {
	xprop -id "$window" _NET_WM_STATE | grep -q "$1"
}

has_no_state() {
	! has_state "$1"
}

is_gone() {
	! kill -0 "$1"
}

# pastes TEXT COMMAND...: returns whether the command prints the text.
pastes() {
	text=$1
	shift
	[ "$(timeout 5 "$@")" = "$text" ]
}

expect command-has-the-display ends_with 0 "$lido" --headless 64x64 --socket short --xwayland -- \
	sh -c 'test "${DISPLAY#:}" != "${DISPLAY-}"'
expect command-has-no-display-without-xwayland ends_with 0 "$lido" --headless 64x64 --socket short --no-xwayland -- \
	sh -c 'test -z "${DISPLAY+set}"'

start first 800x600
first=$server first_display=$DISPLAY
start second 800x600
expect two-compositors-have-two-displays test "$first_display" != "$DISPLAY"
kill -TERM "$server"
wait "$server"
expect the-second-ends-well test $? = 0
export WAYLAND_DISPLAY=first DISPLAY="$first_display"
server=$first

expect x-server-is-not-started-before-a-program-connects test -z "$(find_server)"
"$drive" plug >"$runtime/plug.log" 2>&1 &
plug=$!
background=$(get_color 5 5)
xterm -bg '#c00000' -fg white -fn fixed -b 0 -bw 0 +sb -geometry 40x10+100+80 -e \
	sh -c 'while read -r line; do echo "$line"; done >"$XDG_RUNTIME_DIR/typed"' >"$runtime/xterm.log" 2>&1 &
xterm=$!
expect window-of-xterm-is-shown-where-its-user-wants-it wait_for has_color 300 200 c00000
window=$(find_window)
expect it-is-at-that-place-for-x11-too is_at 100 80
expect nothing-is-shown-beside-it has_color 95 85 "$background"
expect globals-for-xwayland-are-hidden-from-others sh -c 'wayland-info >"$1/info"; ! grep -q xwayland "$1/info"' - "$runtime"
[ -z "$managed" ] || expect its-pixels-are-in-the-pool-of-xwayland grep -q memfd:lido "/proc/$(find_server)/maps"
expect text-is-typed ends_with 0 wtype -s 500 'Hello, X11!' -k Return
expect text-arrives wait_for grep -qx 'Hello, X11!' "$runtime/typed"

expect program-moves-its-window ends_with 0 xdotool windowmove "$window" 400 300
expect it-is-shown-there wait_for has_color 600 400 c00000
expect it-is-not-shown-where-it-was has_color 300 200 "$background"
expect program-resizes-its-window ends_with 0 xdotool windowsize "$window" 300 200
expect size-changes wait_for is_at 400 300 300x200
expect window-cannot-be-moved-out-of-reach ends_with 0 xdotool windowmove "$window" 5000 5000
expect part-of-it-stays-on-the-output wait_for is_at 704 568

# set_mode SIZE: gives the output this size.
set_mode() {
	ends_with 0 wlr-randr --output HEADLESS-1 --custom-mode "$1"
}

# A window, also one that is hidden, comes back into view when the output shrinks, and X11 learns of it.
if command -v wlr-randr >/dev/null; then
	xdotool windowmove "$window" 480 390
	expect window-is-in-a-corner wait_for is_at 480 390 300x200
	expect output-shrinks set_mode 500x400
	expect window-comes-back-into-view wait_for is_at 200 200 300x200
	expect it-is-shown-where-x11-has-it wait_for has_color 450 350 c00000
	expect output-grows-again set_mode 800x600
	xdotool windowmove "$window" 480 390
	wait_for is_at 480 390 300x200
	xdotool windowunmap "$window"
	expect window-is-hidden wait_for has_color 600 500 "$background"
	expect output-shrinks-meanwhile set_mode 500x400
	xdotool windowmap "$window"
	expect window-appears-in-view wait_for has_color 450 350 c00000
	expect and-x11-has-it-there is_at 200 200 300x200
	expect output-is-smaller-than-the-window set_mode 250x150
	expect its-upper-left-corner-is-in-view wait_for is_at 0 0
	expect output-has-its-size-again set_mode 800x600
else
	skip window-comes-back-into-view 'wlr-randr is not installed'
fi
xdotool windowmove "$window" 100 80
wait_for is_at 100 80

# 250, 180 is its center; the pixels that are left over from whole characters go.
expect user-drags-its-corner ends_with 0 "$drive" drag 450 400 550 500
expect size-follows-in-whole-characters wait_for sh -c '
	size=$(xwininfo -id "$1" | awk "/ Width:/ { width = \$2 } / Height:/ { print width, \$2 }")
	set -- $size
	[ "$1" -gt 330 ] && [ "$2" -gt 220 ] && [ $(($1 % 6)) = 0 ] && [ $(($2 % 13)) = 0 ]' - "$window"

expect program-minimizes-it ends_with 0 xdotool windowminimize "$window"
expect it-is-hidden wait_for has_color 200 150 "$background"
expect program-activates-it ends_with 0 xdotool windowactivate "$window"
expect it-is-shown-again wait_for has_color 200 150 c00000
expect it-has-the-focus has_state FOCUSED

printf 'from Wayland' | wl-copy
expect x11-pastes-what-wayland-copied wait_for pastes 'from Wayland' xclip -o -selection clipboard
printf 'from X11' | xclip -selection clipboard
expect wayland-pastes-what-x11-copied wait_for pastes 'from X11' wl-paste -n
printf 'selected by Wayland' | wl-copy --primary
expect x11-pastes-the-primary-selection wait_for pastes 'selected by Wayland' xclip -o -selection primary
printf 'selected by X11' | xclip -selection primary
expect wayland-pastes-the-primary-selection wait_for pastes 'selected by X11' wl-paste -n --primary
head -c 3000000 /dev/zero | tr '\0' 'x' >"$runtime/large"
# One paste must have all of it, so wait until it is what is offered.
wl-copy --clear
wait_for sh -c '! wl-paste --list-types' >/dev/null 2>&1
xclip -selection clipboard -i "$runtime/large"
wait_for wl-paste --list-types >/dev/null 2>&1
expect wayland-pastes-megabytes sh -c 'timeout 20 wl-paste -n | cmp -s - "$1/large"' - "$runtime"
expect a-slow-program-pastes-all sh -c 'timeout 20 wl-paste -n | (sleep 1; cat) | cmp -s - "$1/large"' - "$runtime"
expect a-program-stops-reading sh -c 'timeout 20 wl-paste -n | head -c 1000 | grep -q x'
# xclip serves one program at a time.
expect the-next-one-pastes-all wait_for sh -c 'timeout 2 wl-paste -n | cmp -s - "$1/large"' - "$runtime"

expect user-maximizes-it ends_with 0 "$drive" maximize
expect it-fills-the-output wait_for is_at 0 0 800x600
expect it-knows wait_for has_state MAXIMIZED_VERT
if command -v wlr-randr >/dev/null; then
	set_mode 500x400
	expect it-fills-the-smaller-output-too wait_for is_at 0 0 500x400
	set_mode 800x600
	expect it-fills-the-larger-output-again wait_for is_at 0 0 800x600
else
	skip it-fills-the-smaller-output-too 'wlr-randr is not installed'
fi
expect user-closes-it ends_with 0 "$drive" close
expect program-ends wait_for is_gone "$xterm"
expect nothing-is-left-of-it wait_for has_color 200 150 "$background"

GDK_BACKEND=x11 gtk3-widget-factory >"$runtime/gtk.log" 2>&1 &
gtk=$!
# The boxes "Left", "Middle" and "Right" open menus, with a blue entry below the pointer.
expect window-of-gtk-is-shown wait_for has_color 5 590 f6f5f4
sleep 1
expect user-opens-a-menu ends_with 0 "$drive" click 94 495
expect menu-is-shown-above-the-window wait_for has_color 120 305 3584e4
kill "$gtk"
wait "$gtk"

# Alt+Tab is a binding: the window that it chooses learns of neither key.
for name in one two; do
	xev -name "$name" -event keyboard -geometry 100x100 >"$runtime/$name.keys" 2>&1 &
	[ "$name" = two ] || expect first-window-is-shown wait_for has_color 60 60 ffffff
done
expect second-window-is-shown-beside-it wait_for has_color 180 60 ffffff
expect user-switches-windows-by-a-binding ends_with 0 wtype -s 500 -M alt -k Tab -m alt -s 200 x
expect text-goes-to-the-window-that-was-chosen wait_for grep -q 'keysym 0x78, x' "$runtime/one.keys"
expect no-modifier-is-down-then grep -q 'state 0x0, keycode [0-9]* (keysym 0x78, x)' "$runtime/one.keys"
expect keys-of-the-binding-are-not-told sh -c '! grep -E "keysym 0x(ff09|ffe9)," "$1/one.keys"' - "$runtime"

expect two-windows-that-take-the-focus-are-not-asked-again-and-again ends_with 0 "$xfocus"

if [ "$(id -u)" = 0 ] && setpriv --reuid=65534 --clear-groups true 2>/dev/null; then
	expect other-users-are-refused ends_with 1 setpriv --reuid=65534 --clear-groups xdpyinfo
else
	skip other-users-are-refused 'not run by root'
fi

xterm -e sleep 60 >"$runtime/xterm.log" 2>&1 &
xterm=$!
wait_for sh -c 'xdotool search --onlyvisible --class xterm | grep -q .'
kill "$(find_server)"
expect programs-end-with-the-x-server wait_for is_gone "$xterm"
expect compositor-lives kill -0 "$server"
expect next-program-starts-the-x-server-again ends_with 0 xdpyinfo
kill -KILL "$(find_server)"
expect even-if-it-was-killed ends_with 0 xdpyinfo
kill -TERM "$server"
wait "$server"
expect lido-ends-well test $? = 0
expect x-server-ends-with-it wait_for sh -c 'test -z "$1"' - "$(find_server)"
kill "$plug" 2>/dev/null

# Two outputs, which are windows of another lido. One is closed.
start outer 1300x800
outer=$server
WLR_WL_OUTPUTS=2 "$lido" --socket inner --xwayland $managed >"$runtime/inner.out" 2>"$runtime/inner.log" &
server=$!
wait_for grep -q 'running' "$runtime/inner.log"
export WAYLAND_DISPLAY=inner DISPLAY="$(sed -n 's/.* DISPLAY=\(:[0-9]*\)$/\1/p' "$runtime/inner.log")"
xterm -fn fixed -b 0 -bw 0 +sb -geometry 40x10+1400+100 >"$runtime/xterm.log" 2>&1 &
xterm=$!
# xterm_is_at X Y: the same of a window that may not be there yet.
xterm_is_at() {
	window=$(find_window)
	[ -n "$window" ] && is_at "$1" "$2"
}
expect window-is-on-the-second-output wait_for xterm_is_at 1400 100
expect second-output-is-closed env WAYLAND_DISPLAY=outer "$drive" close
expect window-comes-back-to-the-first wait_for is_at 1040 100 240x130
kill "$xterm"
kill -TERM "$server"
wait "$server"
expect nested-lido-ends-well test $? = 0
kill -TERM "$outer"
wait "$outer"

# An X server that does not start, the first two times.
cat >"$runtime/Xwayland-that-fails" <<END
#!/bin/sh
echo start >>"$runtime/starts"
[ "\$(wc -l <"$runtime/starts")" -gt 2 ] || exit 1
exec Xwayland "\$@"
END
chmod +x "$runtime/Xwayland-that-fails"
export WLR_XWAYLAND="$runtime/Xwayland-that-fails"

# try_again: starts a program on the display that lido has told last: somebody else may have taken the first number. Returns
# whether the X server was started by it or before.
try_again() {
	DISPLAY="$(sed -n 's/.* DISPLAY=//p' "$runtime/third.log" | tail -n 1)" xdpyinfo >/dev/null 2>&1 &&
		[ "$(wc -l <"$runtime/starts")" -ge 3 ]
}
start third 800x600
expect program-fails-if-the-x-server-does-not-start ends_with 1 xdpyinfo
expect compositor-lives-without-x-server kill -0 "$server"
expect further-programs-try-again wait_for try_again
expect it-was-tried-three-times test "$(wc -l <"$runtime/starts")" = 3
kill -TERM "$server"
wait "$server"
expect lido-ends-well-after-failures test $? = 0
finish
