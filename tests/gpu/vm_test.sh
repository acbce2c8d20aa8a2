#!/bin/sh
# Stock clients with a GPU whose driver is not software to Mesa, in a virtual machine. Prints TAP.
#
#     vm_test.sh LIDO SAME PICTURE PART
#
# PART: clients, of shared memory and of DMA-BUFs. PICTURE looks at screenshots and at the machine's monitors.
set -u
lido=$1
same=$2
picture=$3
part=$4
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-vm.XXXXXX")
trap 'rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY
export XDG_RUNTIME_DIR="$runtime" GDK_BACKEND=wayland

suite=vm_$part
patience=${LIDO_PATIENCE:-25} # here a look takes some seconds
say_why() {
	cat "$runtime/why"
	tail -n 20 "$runtime/lido.log" "$runtime/client"
}
. "$(dirname "$0")/../runner/tap.sh"

if [ ! -c "${LIDO_VM:-/}" ]; then
	skip "$part" 'LIDO_VM names no GPU: run it by ./dev test --vm'
	finish
fi

# set_monitor HEAD WIDTH HEIGHT: resizes a monitor, like a user who resizes the window of a virtual machine.
set_monitor() {
	echo "$@" >/dev/virtio-ports/lido.head
}

# start_lido ARGS...: starts lido on the socket "lido"; its pid is $server.
start_lido() {
	"$lido" --no-xwayland --verbose --socket lido "$@" >"$runtime/report" 2>"$runtime/lido.log" &
	server=$!
	usual=$patience
	patience=600 # its driver is read first
	wait_for test -S "$runtime/lido"
	patience=$usual
}

# On the machine's outputs, but without its input devices: as with a headless output, no window has the focus.
start_on_card() {
	WLR_BACKENDS=drm WLR_DRM_DEVICES=$LIDO_VM start_lido --renderer gles2
}

stop_lido() {
	kill -TERM "$server"
	wait "$server"
}

# shoot NAME: takes a screenshot of $output.
shoot() {
	WAYLAND_DISPLAY=lido timeout 20 grim -o "$output" -t ppm "$runtime/$1.ppm" 2>"$runtime/why"
}

start_client() {
	WAYLAND_DISPLAY=lido "$@" >"$runtime/client" 2>&1 &
	client=$!
}

stop_client() {
	kill -KILL "$client"
	wait "$client" 2>/dev/null
}

start_foot() {
	start_client foot --config=/dev/null --maximized sh -c 'echo "A terminal"; exec sleep 1000'
}

# shows WHAT ARGUMENTS...: returns whether lido shows that.
shows() {
	what=$1
	shift
	shoot now && "$picture" "$what" "$runtime/now.ppm" "$@" 2>"$runtime/why"
}

# is_still: returns whether $output does not change for a while, and has changed since the screenshot "last".
is_still() {
	shoot now && sleep 0.5 && shoot later && cmp -s "$runtime/now.ppm" "$runtime/later.ppm" &&
		! cmp -s "$runtime/now.ppm" "$runtime/last.ppm"
}

# is_like NAME: returns whether lido shows what the screenshot NAME shows.
is_like() {
	shoot now && "$same" "$runtime/$1.ppm" "$runtime/now.ppm" 2 2>"$runtime/why"
}

# has_mode OUTPUT MODE: returns whether that is the mode of the output.
has_mode() {
	WAYLAND_DISPLAY=lido wlr-randr | awk -v output="$1" -v mode="$2" '
		/^[^ ]/ { name = $1 }
		name == output && /current/ { found = $1 == mode }
		END { exit !found }'
}

# shows_when_stopped WHAT X Y WIDTH HEIGHT: lets the client draw for a while, and returns whether lido shows that when it
# is stopped. A triangle that turns is a line at times.
shows_when_stopped() {
	kill -CONT "$client"
	sleep 0.3
	kill -STOP "$client"
	shows "$@"
}

# expect_shown NAME WHAT X Y WIDTH HEIGHT: waits for the client's window, stops the client, since its picture moves,
# expects that lido and the first monitor show it, and ends it.
expect_shown() {
	name=$1
	shift
	wait_for shows window "$2" "$3" "$4" "$5"
	expect "$name-is-shown" wait_for shows_when_stopped "$@"
	expect "monitor-shows-$name" wait_for shows monitor 0
	stop_client
}

# has_dmabufs: returns whether the client, with WAYLAND_DEBUG, has sent DMA-BUFs, and no pixels of shared memory.
has_dmabufs() {
	grep -q 'zwp_linux_buffer_params_v1.*create' "$runtime/client" && ! grep -q 'wl_shm_pool.*create_buffer' "$runtime/client"
}

case $part in
clients)
	# The reference: what the same shows in memory with pixman.
	output=HEADLESS-1
	start_lido --headless 1024x768 --renderer pixman
	shoot last
	start_foot
	wait_for is_still
	cp "$runtime/now.ppm" "$runtime/foot.ppm"
	stop_client
	stop_lido

	set_monitor 0 1024 768
	output=Virtual-1
	start_on_card
	expect gpu-draws grep -q 'GL renderer: virgl' "$runtime/lido.log"
	expect output-has-the-size-of-its-monitor wait_for has_mode Virtual-1 1024x768
	expect monitor-shows-the-background wait_for shows monitor 0
	start_client weston-simple-shm
	expect_shown weston-simple-shm rings 16 16 250 250
	export WAYLAND_DEBUG=client
	start_client weston-simple-egl -o
	expect_shown weston-simple-egl triangle 16 16 250 250
	expect weston-simple-egl-draws-into-dmabufs has_dmabufs
	start_client weston-simple-dmabuf-egl
	expect_shown weston-simple-dmabuf-egl square 16 16 256 256
	expect weston-simple-dmabuf-egl-draws-into-dmabufs has_dmabufs
	unset WAYLAND_DEBUG
	start_foot
	expect foot-is-shown wait_for is_like foot
	expect monitor-shows-foot wait_for shows monitor 0
	stop_client
	stop_lido
	expect lido-ends-well test $? = 0
	;;
esac
finish
