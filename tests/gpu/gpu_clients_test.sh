#!/bin/sh
# Shows stock clients with gles2, and compares screenshots with those of pixman without a GPU. Prints TAP.
#
#     gpu_clients_test.sh LIDO SAME PART
#
# PART: headless, which renders on vgem; dmabuf, clients that draw into DMA-BUFs there; drm, on vkms with its output; randr,
# where wlr-randr changes that; sway or weston, in which Lido is nested. Without a GPU all is skipped.
set -u
lido=$1
same=$2
part=$3
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-gpu.XXXXXX")
trap 'rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY
export XDG_RUNTIME_DIR="$runtime" GDK_BACKEND=wayland QT_QPA_PLATFORM=wayland WLR_LIBINPUT_NO_DEVICES=1
# Qt may draw its decoration before it knows that the window is active, and not again.
export QT_WAYLAND_DISABLE_WINDOWDECORATION=1

suite=gpu_clients
patience=${LIDO_PATIENCE:-100}
say_why() {
	cat "$runtime/why" "$runtime/lido.log" "$runtime/parent.log" "$runtime/client"
}
. "$(dirname "$0")/../runner/tap.sh"

if [ ! -e "${LIDO_VKMS:-/}/" ] && [ ! -c "${LIDO_VKMS:-/}" ]; then
	skip "$part" 'LIDO_VKMS names no GPU: run it by ./dev test --gpu'
	finish
fi
for node in /sys/class/drm/renderD*; do
	render=/dev/dri/${node##*/}
done

# start_lido ARGS...: starts lido on the socket "lido"; its pid is $server.
start_lido() {
	"$lido" --no-xwayland --socket lido "$@" >"$runtime/report" 2>"$runtime/lido.log" &
	server=$!
	wait_for test -S "$runtime/lido"
}

stop_lido() {
	kill -TERM "$server"
	wait "$server"
}

# shoot NAME: takes a screenshot of lido.
shoot() {
	WAYLAND_DISPLAY=lido timeout 60 grim -t ppm "$runtime/$1.ppm" 2>"$runtime/why"
}

# is_still: returns whether lido's output does not change for a while, and has changed since $last.
is_still() {
	shoot now
	sleep 0.5
	shoot later
	cmp -s "$runtime/now.ppm" "$runtime/later.ppm" && ! cmp -s "$runtime/now.ppm" "$runtime/last.ppm"
}

# start_client COMMAND...: starts it, and waits until its window is drawn.
start_client() {
	shoot last
	WAYLAND_DISPLAY=lido "$@" >"$runtime/client" 2>&1 &
	wait_for is_still
}

start_foot() {
	start_client foot --config=/dev/null --window-size-pixels=400x300 "$@" sh -c 'echo "A terminal"; exec sleep 1000'
}

start_clients() {
	start_foot
	start_client gtk3-demo-application
	start_client "$(find /usr/lib/*/qt6/examples/widgets/painting/basicdrawing -type f -perm -1 | head -n 1)"
}

# is_like NAME: returns whether lido shows what the screenshot NAME shows.
is_like() {
	shoot now && "$same" "$runtime/$1.ppm" "$runtime/now.ppm" 2 2>"$runtime/why"
}

# sends_dmabufs: returns whether the client has drawn thirty frames, and sent DMA-BUFs only.
sends_dmabufs() {
	[ "$(grep -c 'wl_surface.*commit()' "$runtime/client")" -ge 30 ] && grep -q 'zwp_linux_buffer_params_v1.*create' "$runtime/client" &&
		! grep -q 'wl_shm_pool.*create_buffer' "$runtime/client"
}

# has_colors N: returns whether lido shows at least that many colors.
has_colors() {
	shoot now && [ "$(tail -c +16 "$runtime/now.ppm" | od -An -v -t x1 -w3 | sort -u | wc -l)" -ge "$1" ]
}

# The screenshot to compare with: of the same clients, in memory, with pixman.
make_reference() {
	start_lido --headless 1024x768 --renderer pixman
	start_clients
	sleep 2 # what clients draw late is in the reference, since the others wait for it
	shoot reference
	stop_lido
	[ -s "$runtime/reference.ppm" ] || { echo 'Bail out! there is no screenshot to compare with' && exit 1; }
}

# Steps of wlr-randr: what it does, and the name of its screenshot.
tour='scale-1.5 --scale 1.5
scale-2 --scale 2
rotated-by-90-degrees --scale 1 --transform 90
rotated-by-180-degrees --transform 180
flipped-and-rotated-by-270-degrees --transform flipped-270
not-transformed --transform normal
smaller MODE 800x600
larger MODE 1920x1080'

# take_step NAME ARGUMENTS...: takes one of them. $mode: how wlr-randr sets a mode of this output.
take_step() {
	shift
	[ "$1" != MODE ] || set -- "$mode" "$2"
	WAYLAND_DISPLAY=lido wlr-randr --output "$output" "$@" >"$runtime/why" 2>&1
}

case $part in
headless)
	make_reference
	export WLR_RENDER_DRM_DEVICE="$render"
	start_lido --headless 1024x768 --renderer gles2
	start_clients
	expect headless-on-vgem-shows-the-same wait_for is_like reference
	stop_lido
	expect headless-on-vgem-ends-well test $? = 0
	;;
dmabuf)
	export WLR_RENDER_DRM_DEVICE="$render"
	start_lido --headless 640x480 --renderer gles2 --linux-dmabuf yes
	WAYLAND_DISPLAY=lido WAYLAND_DEBUG=1 weston-simple-dmabuf-egl >"$runtime/client" 2>&1 &
	client=$!
	expect weston-simple-dmabuf-egl-draws-into-dmabufs wait_for sends_dmabufs
	expect weston-simple-dmabuf-egl-is-shown wait_for has_colors 50
	kill "$client"
	wait "$client"
	# It prints what it is told, and exits, since nothing here is scanned out.
	WAYLAND_DISPLAY=lido timeout 20 weston-simple-dmabuf-feedback >"$runtime/client" 2>&1
	expect main-device-is-announced grep "main device $render" "$runtime/client"
	stop_lido
	expect dmabufs-on-vgem-end-well test $? = 0
	;;
drm)
	make_reference
	export WLR_DRM_DEVICES="$LIDO_VKMS"
	start_lido --renderer gles2
	start_clients
	expect output-of-vkms-shows-the-same wait_for is_like reference
	stop_lido
	expect lido-on-vkms-ends-well test $? = 0
	start_lido --renderer pixman
	start_clients
	expect pixman-on-vkms-shows-the-same wait_for is_like reference
	stop_lido
	expect lido-with-pixman-on-vkms-ends-well test $? = 0
	;;
randr)
	start_lido --headless 1024x768 --renderer pixman
	output=HEADLESS-1
	mode=--custom-mode
	start_foot --maximized
	echo "$tour" | while read -r name arguments; do
		shoot last
		take_step "$name" $arguments
		wait_for is_still
		shoot "$name"
	done
	stop_lido
	export WLR_DRM_DEVICES="$LIDO_VKMS"
	start_lido --renderer gles2
	output=Virtual-1
	mode=--mode
	start_foot --maximized
	# Not by a pipe: the tests count in this shell.
	while read -r name arguments; do
		expect "wlr-randr-succeeds-$name" take_step "$name" $arguments
		expect "output-is-right-$name" wait_for is_like "$name"
	done <<-END
		$tour
	END
	expect wlr-randr-disables-the-output take_step off --off
	expect wlr-randr-enables-the-output take_step on --on
	expect output-is-right-again wait_for is_like larger
	stop_lido
	expect lido-on-changed-output-ends-well test $? = 0
	;;
sway)
	make_reference
	printf '%s\n' 'output HEADLESS-1 resolution 1024x768' 'default_border none' 'xwayland disable' >"$runtime/config"
	WLR_BACKENDS=headless WLR_RENDERER=gles2 WLR_RENDER_DRM_DEVICE="$render" sway --config "$runtime/config" \
		>"$runtime/parent.log" 2>&1 &
	parent=$!
	wait_for test -S "$runtime/wayland-1"
	export WAYLAND_DISPLAY=wayland-1
	start_lido --renderer gles2
	start_clients
	expect nested-in-sway-shows-the-same wait_for is_like reference
	grim -t ppm "$runtime/outer.ppm"
	expect sway-shows-what-lido-draws "$same" "$runtime/reference.ppm" "$runtime/outer.ppm" 2
	stop_lido
	expect nested-in-sway-ends-well test $? = 0
	kill "$parent"
	wait "$parent"
	;;
weston)
	make_reference
	# With --debug it lets weston-screenshooter look.
	weston --backend=headless --renderer=gl --shell=kiosk --width=1024 --height=768 --no-config --idle-time=0 --debug \
		--socket=parent >"$runtime/parent.log" 2>&1 &
	parent=$!
	wait_for test -S "$runtime/parent"
	export WAYLAND_DISPLAY=parent
	# Weston ends clients whose first frame is larger than its output; wlroots draws that before it knows the size.
	start_lido --renderer gles2 --size 1024x768
	start_clients
	expect nested-in-weston-shows-the-same wait_for is_like reference
	(cd "$runtime" && weston-screenshooter)
	expect weston-shows-what-lido-draws "$same" "$runtime/reference.ppm" "$(ls "$runtime"/wayland-screenshot*.png | head -n 1)" 2
	stop_lido
	expect nested-in-weston-ends-well test $? = 0
	kill "$parent"
	wait "$parent"
	;;
esac
finish
