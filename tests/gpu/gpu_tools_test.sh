#!/bin/sh
# Uses protocols that need a GPU, or programs that are installed for its tests, by stock programs. Prints TAP.
#
#     gpu_tools_test.sh LIDO LUT
set -u
lido=$1
lut=$2
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-tools.XXXXXX")
trap 'rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY
export XDG_RUNTIME_DIR="$runtime" WLR_LIBINPUT_NO_DEVICES=1

suite=gpu_tools
patience=${LIDO_PATIENCE:-200}
say_why() {
	cat "$runtime/out" "$runtime/err" "$runtime/lido.log"
	tail -n 40 "$runtime/client"
}
. "$(dirname "$0")/../runner/tap.sh"

if [ ! -c "${LIDO_VKMS:-/}" ]; then
	skip tools-use-the-gpu 'LIDO_VKMS names no GPU: run it by ./dev test --gpu'
	finish
fi

# start_lido ARGS...: starts lido on the socket "lido"; its pid is $server.
start_lido() {
	"$lido" --no-xwayland --socket lido "$@" >"$runtime/report" 2>"$runtime/lido.log" &
	server=$!
	wait_for test -S "$runtime/lido"
	export WAYLAND_DISPLAY=lido
}

end_lido() {
	kill -TERM "$server"
	wait "$server"
	expect "lido-ends-well-after-$1" test $? = 0
}

# start COMMAND...: starts the client, which prints its requests and events. $client is its pid.
start() {
	WAYLAND_DEBUG=client "$@" >"$runtime/client" 2>&1 &
	client=$!
}

end_client() {
	kill "$client" 2>/dev/null
	wait "$client" 2>/dev/null
}

# prints N PATTERN: returns whether at least N lines of the client have the pattern.
prints() {
	[ "$(grep -ce "$2" "$runtime/client")" -ge "$1" ]
}

# has_table TEST: evaluates the test of $1, $2 and $3: the last entries of the output's gamma table.
has_table() {
	test="$1"
	set -- $("$lut" "$LIDO_VKMS" 2>"$runtime/err") - - -
	eval "$test"
}

WLR_DRM_DEVICES="$LIDO_VKMS" start_lido --renderer gles2
expect output-has-its-own-colors-first has_table '[ "$1" = none ]'
start gammastep -c /dev/null -m wayland -P -O 4000
expect gammastep-makes-the-output-warmer wait_for has_table '[ "$1" -gt 60000 ] && [ "$3" -lt 50000 ]'
end_client
expect output-has-its-own-colors-again wait_for has_table '[ "$1" = none ]'
end_lido gammastep

start_lido --headless 640x480 --renderer pixman
start mpv --no-config --vo=wlshm --no-audio --loop=inf 'av://lavfi:testsrc=size=320x240:rate=10'
expect mpv-says-that-it-shows-a-video wait_for prints 1 'wp_content_type_v1#[0-9]*\.set_content_type(2)'
expect mpv-shows-frames wait_for prints 5 'wl_surface#[0-9]*\.commit'
end_client
end_lido mpv

start_lido --headless 640x480 --renderer gles2
start wl-mirror --verbose --backend dmabuf HEADLESS-1
expect wl-mirror-receives-frames wait_for prints 5 'zwlr_export_dmabuf_frame_v1#[0-9]*\.ready'
expect wl-mirror-is-still-there kill -0 "$client"
end_client
end_lido wl-mirror
finish
