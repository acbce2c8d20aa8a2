#!/bin/sh
# Shows a window of the client library in Lido and in unmodified compositors. Prints TAP.
#
#     compositors_test.sh LIDO FRAMES COMPOSITOR
set -u
lido=$1
frames=$2
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-compositors.XXXXXX")
trap 'rm -rf "$runtime"' EXIT
chmod 700 "$runtime"
unset WAYLAND_DISPLAY DISPLAY
export XDG_RUNTIME_DIR="$runtime" WLR_BACKENDS=headless WLR_RENDERER=pixman WLR_LIBINPUT_NO_DEVICES=1

suite=compositors
say_why() {
	cat "$runtime/out" "$runtime/err"
	tail -n 20 "$runtime/server" | sed 's/^/server: /'
}
. "$(dirname "$0")/../runner/tap.sh"

# start COMMAND...: starts a compositor in the background; $server is its pid, $socket its socket's name.
start() {
	socket=
	rm -f "$runtime"/wayland-* "$runtime/here"
	"$@" >"$runtime/server" 2>&1 &
	server=$!
	tries=200
	while [ -z "$socket" ] && [ "$((tries -= 1))" -gt 0 ]; do
		sleep 0.05
		for found in "$runtime"/here "$runtime"/wayland-?; do
			[ ! -S "$found" ] || socket=${found##*/}
		done
	done
}

stop() {
	kill -TERM "$server" 2>/dev/null
	wait "$server" 2>/dev/null
}

# shows BACKEND FRAMES: returns whether a window shows this many frames.
shows() {
	WAYLAND_DISPLAY=$socket timeout 60 "$frames" "$1" "$2" >"$runtime/out" 2>"$runtime/err"
}

# fails BACKEND TEXT: returns whether a window fails to show a frame, with an error that matches TEXT.
fails() {
	! shows "$1" 1 && grep -q "$2" "$runtime/err"
}

# says TEXT: returns whether the window printed this line.
says() {
	grep -qx "$1" "$runtime/out"
}

# is_at_most KEY NUMBER: returns whether the value that the window printed for KEY is at most NUMBER.
is_at_most() {
	[ "$(sed -n "s/^$1 //p" "$runtime/out")" -le "$2" ]
}

# check_stock COMPOSITOR: two images suffice, or three if the compositor is late. Each has one file, which grows.
# Binding takes two round trips.
check_stock() {
	expect "$1-shows-frames" shows auto 160
	expect "$1-has-wl-shm" says 'backend wl_shm'
	expect "$1-needs-no-file-per-frame" is_at_most areas 3
	expect "$1-needs-no-mapping-per-frame" is_at_most mappings 3
	expect "$1-is-not-waited-for" is_at_most round_trips 3
	expect "$1-has-no-pool" fails pool 'does not offer'
}

check_weston() {
	start weston --backend=headless --renderer=pixman --socket=here --no-config --idle-time=0
	check_stock weston
	stop
}

check_sway() {
	echo 'xwayland disable' >"$runtime/sway.conf"
	start sway -c "$runtime/sway.conf"
	check_stock sway
	stop
}

check_lido() {
	start "$lido" --headless 640x480 --socket here
	expect lido-shows-frames-in-its-pool shows auto 160
	expect lido-has-a-pool says 'backend pool'
	expect lido-needs-one-file says 'areas 1'
	expect lido-needs-one-mapping says 'mappings 1'
	expect lido-needs-one-image-since-it-copies says 'images 1'
	# Binding takes two, the first image one, and growing to four times the pixels five, each by half as much again.
	expect lido-is-seldom-waited-for is_at_most round_trips 8
	expect lido-shows-frames-by-wl-shm shows wl_shm 160
	expect lido-has-wl-shm says 'backend wl_shm'
	stop
	expect lido-ends-well test $? = 0
}

case $3 in
lido) check_lido ;;
*)
	if command -v "$3" >/dev/null; then
		"check_$3"
	else
		skip "$3-shows-frames" "$3 is not installed"
	fi
	;;
esac
finish
