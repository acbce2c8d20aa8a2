#!/bin/sh
# Operates stock clients by input devices of the kernel, on an output of vkms. Prints TAP.
#
#     gpu_devices_test.sh LIDO PLUG
set -u
lido=$1
plug=$2
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-devices.XXXXXX")
trap 'rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY
export XDG_RUNTIME_DIR="$runtime" GDK_BACKEND=wayland

suite=gpu_devices
patience=${LIDO_PATIENCE:-200}
say_why() {
	cat "$runtime/typed" "$runtime/plug" "$runtime/lido.log"
	tail -n 40 "$runtime/client"
}
. "$(dirname "$0")/../runner/tap.sh"

if [ ! -c "${LIDO_VKMS:-/}" ] || [ ! -w /dev/uinput ]; then
	skip devices-operate-clients 'LIDO_VKMS names no GPU, or there is no /dev/uinput: run it by ./dev test --gpu'
	finish
fi

# plug_in KIND: plugs it in, and sends it what is written to fd 3.
plug_in() {
	rm -f "$runtime/actions"
	mkfifo "$runtime/actions"
	"$plug" "$1" <"$runtime/actions" >"$runtime/plug" 2>&1 &
	device=$!
	exec 3>"$runtime/actions"
	wait_for grep -q plugged "$runtime/plug"
}

unplug() {
	exec 3>&-
	wait "$device"
}

# tries PATTERN LINE...: sends the lines to the device. Returns whether the client has then printed the pattern. Lido and
# clients listen to a device some time after it was plugged in, and the kernel drops positions that do not change.
tries() {
	wanted=$1
	shift
	printf '%s\n' "$@" >&3
	sleep 0.2
	grep -qe "$wanted" "$runtime/client"
}

# acts LINE PATTERN: sends the line once, and waits until the client prints the pattern.
acts() {
	lines=$(wc -l <"$runtime/client")
	echo "$1" >&3
	wait_for prints_after "$lines" "$2"
}

prints_after() {
	tail -n "+$(($1 + 1))" "$runtime/client" | grep -qe "$2"
}

# types TEXT: the same for text in foot.
types() {
	echo "type $1" >&3
	sleep 0.2
	grep -qxF "$1" "$runtime/typed"
}

WLR_DRM_DEVICES="$LIDO_VKMS" WLR_LIBINPUT_NO_DEVICES=1 "$lido" --renderer gles2 --no-xwayland --socket lido \
	>"$runtime/report" 2>"$runtime/lido.log" 3>&- &
server=$!
wait_for test -S "$runtime/lido"
export WAYLAND_DISPLAY=lido

foot --config=/dev/null sh -c ': >"$XDG_RUNTIME_DIR/ready"; while read -r line; do echo "$line"; done >"$XDG_RUNTIME_DIR/typed"' \
	>"$runtime/client" 2>&1 &
client=$!
expect foot-starts wait_for test -e "$runtime/ready"
for round in 'hello foot' 'another keyboard'; do
	plug_in keyboard
	expect "text-arrives-$(echo "$round" | tr ' ' -)" wait_for types "$round"
	[ "$round" != 'hello foot' ] || unplug
done

# A device that a tool creates, with keys that it sends.
if command -v evemu-device >/dev/null; then
	# The kinds of events that it has, synchronization and keys, and the first 248 keys.
	cat >"$runtime/evemu" <<'END'
N: a keyboard of evemu
I: 0003 1209 0001 0001
P: 00 00 00 00 00 00 00 00
B: 00 03 00 00 00 00 00 00 00
B: 01 fe ff ff ff ff ff ff ff
B: 01 ff ff ff ff ff ff ff ff
B: 01 ff ff ff ff ff ff ff ff
B: 01 ff ff ff ff ff ff ff 00
END
	evemu-device "$runtime/evemu" >"$runtime/plug" 2>&1 &
	tool=$!
	wait_for grep -q /dev/input/ "$runtime/plug"
	node=$(sed -n 's|.*\(/dev/input/event[0-9]*\)$|\1|p' "$runtime/plug")

	# evemu_types TEXT: sends its letters and Return. Returns whether foot has read the line.
	evemu_types() {
		for name in $(echo "$1" | tr a-z A-Z | sed 's/./& /g') ENTER; do
			for value in 1 0; do
				evemu-event "$node" --type EV_KEY --code "KEY_$name" --value "$value" --sync
			done
		done >>"$runtime/plug" 2>&1
		sleep 0.2
		grep -qxF "$1" "$runtime/typed"
	}
	expect text-arrives-from-evemu wait_for evemu_types evemu
	kill "$tool"
	wait "$tool" 2>/dev/null
else
	skip text-arrives-from-evemu 'evemu-device is not installed'
fi
# Control and D.
printf '%s\n' 'press 29' 'press 32' 'release 32' 'release 29' >&3
expect control-and-d-end-foot wait_for sh -c '! kill -0 "$1"' - "$client"
unplug

stdbuf -oL wev >"$runtime/client" 2>&1 &
client=$!
plug_in absolute
expect pointer-enters-wev wait_for tries 'wl_pointer\] enter' 'move 200 200' 'move 201 200'
expect pointer-moves acts 'move 210 210' 'wl_pointer\] motion'
expect button-is-pressed acts 'press 272' 'wl_pointer\] button.*272.*pressed'
expect button-is-released acts 'release 272' 'wl_pointer\] button.*272.*released'
expect wheel-scrolls acts 'scroll 1' 'wl_pointer\] axis.*vertical.*15'
unplug
plug_in touchscreen
expect finger-touches-wev wait_for tries 'wl_touch\] up' 'touch 0 200 200' 'touch 0 220 220' 'lift 0'
expect finger-was-down-first grep -q 'wl_touch\] down' "$runtime/client"
expect finger-has-moved grep -q 'wl_touch\] motion' "$runtime/client"
unplug
kill "$client"
wait "$client" 2>/dev/null

WAYLAND_DEBUG=client gtk3-demo-application >"$runtime/client" 2>&1 &
client=$!
plug_in pen
expect pen-comes-near-a-window-of-gtk wait_for tries 'zwp_tablet_tool_v2#[0-9]*.proximity_in' \
	'pen 100 180 0' 'pen 102 182 0' away
printf '%s\n' 'pen 104 184 0' >&3
expect pen-presses acts 'pen 106 186 500' 'zwp_tablet_tool_v2#[0-9]*.down'
expect pressure-arrives grep -q 'zwp_tablet_tool_v2#[0-9]*.pressure([1-9]' "$runtime/client"
expect pen-lifts acts 'pen 106 186 0' 'zwp_tablet_tool_v2#[0-9]*.up'
expect pen-leaves acts away 'zwp_tablet_tool_v2#[0-9]*.proximity_out'
unplug
expect tablet-is-removed wait_for grep -q 'zwp_tablet_v2#[0-9]*.removed' "$runtime/client"
kill "$client"
wait "$client" 2>/dev/null

kill -TERM "$server"
wait "$server"
expect lido-ends-well test $? = 0
finish
