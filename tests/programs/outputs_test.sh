#!/bin/sh
# Switches a headless output off and on with wlopm, and asks gammastep for other colors, of which such an output has
# none. Prints TAP.
#
#     outputs_test.sh LIDO
set -u
lido=$1
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-outputs.XXXXXX")
trap 'rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY
export XDG_RUNTIME_DIR="$runtime"

suite=outputs
say_why() {
	cat "$runtime/out" "$runtime/err" "$runtime/lido"
}
. "$(dirname "$0")/../runner/tap.sh"

"$lido" --headless 320x240 --socket outputs >"$runtime/report" 2>"$runtime/lido" &
server=$!
wait_for test -S "$runtime/outputs"
export WAYLAND_DISPLAY=outputs

if command -v wlopm >/dev/null && command -v grim >/dev/null; then
	# Returns whether wlopm says that the output is in this state.
	is() {
		timeout 60 wlopm >"$runtime/out" 2>"$runtime/err" && says out "^HEADLESS-1 $1$"
	}
	expect output-is-on is on
	expect screenshot-succeeds ends_with 0 grim "$runtime/picture.png"
	expect wlopm-switches-it-off ends_with 0 wlopm --off HEADLESS-1
	expect output-is-off is off
	# By ext-image-copy-capture-v1, which grim uses if there is one, it waits.
	WAYLAND_DEBUG=1 timeout 3 grim "$runtime/picture.png" >"$runtime/debug" 2>&1
	status=$?
	if grep -q 'ext_image_copy_capture_frame_v1#[0-9]*\.capture' "$runtime/debug"; then
		expect screenshot-of-an-output-that-is-off-waits test "$status" = 124
	else
		expect screenshot-of-an-output-that-is-off-fails test "$status" = 1
	fi
	expect wlopm-toggles-it ends_with 0 wlopm --toggle HEADLESS-1
	expect output-is-on-again is on
	expect screenshot-succeeds-again ends_with 0 grim "$runtime/picture.png"
	expect wlopm-switches-all-outputs-off ends_with 0 wlopm --off '*'
	expect all-outputs-are-off is off
	expect wlopm-switches-all-outputs-on ends_with 0 wlopm --on '*'
	expect all-outputs-are-on is on
else
	skip wlopm-switches-outputs 'wlopm or grim is not installed'
fi
if command -v gammastep >/dev/null; then
	timeout 60 gammastep -c /dev/null -m wayland -P -O 4000 >"$runtime/out" 2>"$runtime/err" &
	gammastep=$!
	expect gammastep-is-told-that-the-output-has-no-gamma-tables wait_for says err 'ero outputs support gamma adjustment'
	kill "$gammastep"
	wait "$gammastep"
else
	skip gammastep-is-told-that-the-output-has-no-gamma-tables 'gammastep is not installed'
fi
kill -TERM "$server"
wait "$server"
expect lido-ends-well test $? = 0
finish
