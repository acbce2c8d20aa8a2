#!/bin/sh
# Tests the example clients from the outside: options, drawing, resizing, exiting. Prints TAP.
#
#     examples_test.sh LIDO DRIVE FINGERS LIDO_PAINT LIDO_ICONS LIDO_HELLO PART
set -u
lido=$1
drive=$2
fingers=$3
paint=$4
icons=$5
hello=$6
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-examples.XXXXXX")
trap 'rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY
export XDG_RUNTIME_DIR="$runtime"

# fontconfig keeps data of fonts until exit, which is not our leak.
echo 'leak:libfontconfig' >"$runtime/suppressions"
export LSAN_OPTIONS="suppressions=$runtime/suppressions:print_suppressions=0"

# The output has SIZE x SIZE pixels, so that the driver's thousandths are pixels. Windows appear GAP pixels from edges.
SIZE=1000
GAP=16

# Colors, as "red green blue".
desktop='33 63 74'
paper='251 249 242'
pool='25 128 138'
brick='204 76 81'

suite=examples
say_why() {
	cat "$runtime/out" "$runtime/err" "$runtime/server" "$runtime/drive" "$runtime/pixel"
}
patience=100
time_limit=120
. "$(dirname "$0")/../runner/tap.sh"

# Returns whether the program printed no errors. Sanitizers may complain about a missing symbolizer.
says_nothing() {
	! says err '^lido-'
}

# Starts Lido in the background; $server is its pid. Plugs the input devices in first, so that no client misses a key.
start_server() {
	"$lido" --headless ${SIZE}x$SIZE --socket here >"$runtime/server" 2>&1 &
	server=$!
	wait_for test -S "$runtime/here"
	export WAYLAND_DISPLAY=here
	"$drive" plug >"$runtime/plug" 2>&1 &
	wait_for says plug 'plugged'
}

stop_server() {
	kill "$server"
	wait "$server"
}

# start COMMAND...: starts a client in the background; $client is its pid.
start() {
	"$@" >"$runtime/out" 2>"$runtime/err" &
	client=$!
}

# Waits for the client to exit, or kills it after 60 seconds. Returns its status.
end() {
	{ sleep 60; kill -9 "$client"; } >/dev/null 2>&1 &
	watchdog=$!
	wait "$client"
	status=$?
	kill "$watchdog" 2>/dev/null
	return $status
}

# stop SIGNAL: sends it to the client, and waits for its exit.
stop() {
	kill -"$1" "$client"
	end
}

act() {
	"$drive" "$@" >"$runtime/drive" 2>&1
}

# take NAME: captures the screen to this file.
take() {
	grim -t ppm "$runtime/$1"
}

differ() {
	! cmp -s "$runtime/$1" "$runtime/$2"
}

# has_pixel COLOR X Y: captures the screen, and returns whether this position in the window has this color.
has_pixel() {
	take now
	offset=$((($3 + GAP) * SIZE + $2 + GAP))
	# The pixels follow "P6\n1000 1000\n255\n".
	got=$(od -An -tu1 -v -j $((17 + 3 * offset)) -N 3 "$runtime/now" | tr -s ' ')
	[ "$got" = " $1" ] || { echo "at $2 $3 is$got, not $1" >"$runtime/pixel"; false; }
}

# stroke X Y X Y X Y: draws a stroke in the window.
stroke() {
	act press $(($1 + GAP)) $(($2 + GAP)) move $(($3 + GAP)) $(($4 + GAP)) move $(($5 + GAP)) $(($6 + GAP)) release
}

# check_options NAME PROGRAM: command lines.
check_options() {
	expect "$1-help-is-a-success" ends_with 0 "$2" --help
	expect "$1-help-lists-the-options" says out '--window'
	expect "$1-version-is-a-success" ends_with 0 "$2" --version
	expect "$1-unknown-option-is-wrong-use" ends_with 2 "$2" --no-such-option
	expect "$1-unknown-option-is-named" says err "$1: unknown option --no-such-option.*$1 --help"
	expect "$1-option-without-value-is-wrong-use" ends_with 2 "$2" --window
	expect "$1-wrong-window-is-wrong-use" ends_with 2 "$2" --window 12
	expect "$1-wrong-window-is-named" says err '"12".*640x480'
	expect "$1-huge-window-is-wrong-use" ends_with 2 "$2" --window 99999x1
	expect "$1-argument-is-wrong-use" ends_with 2 "$2" picture.png
	expect "$1-without-compositor-is-a-failure" ends_with 1 env WAYLAND_DISPLAY=nowhere "$2"
	expect "$1-without-compositor-says-what-to-do" says err '"nowhere".*set WAYLAND_DISPLAY'
}

# check_ends NAME PROGRAM: exits by signals, keys, and with the compositor.
check_ends() {
	for signal in TERM INT; do
		start_server
		start "$2" --window 400x300
		wait_for shows_window
		expect "$1-ends-by-$signal" stop $signal
		stop_server
	done
	for action in 'key q' 'key escape' close; do
		start_server
		start "$2" --window 400x300
		wait_for shows_window
		act $action
		expect "$1-ends-by-$(echo "$action" | tr ' ' '-')" end
		expect "$1-has-no-complaint-at-$(echo "$action" | tr ' ' '-')" says_nothing
		stop_server
	done
	start_server
	start "$2" --window 400x300
	wait_for shows_window
	stop_server
	end
	expect "$1-fails-when-the-compositor-goes" test $? = 1
	expect "$1-says-that-the-compositor-went" says err 'the compositor has closed the connection'
}

shows_window() {
	! has_pixel "$desktop" 4 4
}

check_paint() {
	start_server
	start "$paint" --window 600x400
	expect paint-shows-paper wait_for has_pixel "$paper" 20 20
	take hint
	act move 100 100
	stroke 100 100 200 150 300 100
	expect paint-begins-where-it-is-pressed wait_for has_pixel "$pool" 100 100
	expect paint-ends-where-it-is-released has_pixel "$pool" 300 100
	expect paint-stays-between has_pixel "$pool" 200 137
	expect paint-is-round has_pixel "$paper" 200 150
	expect paint-stays-off-the-rest has_pixel "$paper" 20 20
	expect paint-takes-the-hint-away differ hint now
	# The second color of the palette.
	act click $((138 + GAP)) $((361 + GAP))
	stroke 400 200 420 200 440 200
	expect paint-uses-the-palette wait_for has_pixel "$brick" 420 200
	act press $((100 + GAP)) $((250 + GAP)) move $((150 + GAP)) $((250 + GAP)) move $((200 + GAP)) $((250 + GAP))
	expect paint-shows-strokes-before-they-end wait_for has_pixel "$brick" 150 250
	act release

	act drag 600 400 250 300
	expect paint-shrinks wait_for has_pixel "$desktop" 420 200
	expect paint-keeps-strokes-in-sight has_pixel "$pool" 100 100
	act drag 245 295 600 400
	expect paint-keeps-strokes-out-of-sight wait_for has_pixel "$brick" 420 200
	act drag 595 395 900 700
	expect paint-has-paper-where-it-grows wait_for has_pixel "$paper" 800 100
	expect paint-keeps-strokes-when-it-grows has_pixel "$pool" 100 100
	stroke 700 100 720 100 740 100
	expect paint-draws-where-it-has-grown wait_for has_pixel "$brick" 720 100
	act key c
	expect paint-clears wait_for has_pixel "$paper" 100 100
	expect paint-clears-all has_pixel "$paper" 720 100
	expect paint-ends-well stop TERM
	start "$paint" --example --window 1x1
	sleep 0.5
	expect paint-is-fine-when-tiny stop TERM
	stop_server
	expect paint-leaves-lido-well test $? = 0
}

# Paints with two fingers at once.
check_touch() {
	"$fingers" $SIZE here >"$runtime/server" 2>&1 &
	server=$!
	wait_for test -S "$runtime/here"
	export WAYLAND_DISPLAY=here
	start "$paint" --window 600x400
	wait_for has_pixel "$paper" 20 20
	kill -USR1 "$server"
	expect paint-follows-a-finger wait_for has_pixel "$pool" $((200 - GAP)) $((100 - GAP))
	expect paint-follows-another-one has_pixel "$pool" $((200 - GAP)) $((200 - GAP))
	expect paint-keeps-them-apart has_pixel "$paper" $((200 - GAP)) $((150 - GAP))
	expect paint-begins-where-a-finger-touches has_pixel "$pool" $((100 - GAP)) $((200 - GAP))
	expect paint-ends-where-a-finger-leaves has_pixel "$pool" $((300 - GAP)) $((200 - GAP))
	kill -USR1 "$server"
	expect paint-ends-well-after-fingers stop TERM
	stop_server
	expect paint-leaves-a-touch-screen-well test $? = 0
}

# reports AWK-CONDITION: returns whether it is true for the last line of the report.
reports() {
	tail -n 1 "$runtime/out" | awk "{ exit !($1) }"
}

check_icons() {
	start_server
	expect icons-report ends_with 0 "$icons" --once
	expect icons-have-one-area-and-one-mapping reports '$1 == 500 && $2 == 1 && $3 == 1'
	expect icons-with-wl-shm-report ends_with 0 "$icons" --once --shm
	expect icons-with-wl-shm-have-a-mapping-each reports '$1 == 500 && $2 >= 500 && $3 >= 500'
	expect icons-in-a-block-report ends_with 0 "$icons" --once --block
	expect icons-in-a-block-have-one-area-and-one-mapping reports '$1 == 500 && $2 == 1 && $3 == 1'
	expect icons-in-a-block-with-wl-shm-report ends_with 0 "$icons" --once --block --shm
	expect icons-in-a-block-with-wl-shm-have-one-file reports '$1 == 500 && $2 < 6 && $3 < 6'
	expect icons-in-blocks-grow-and-shrink ends_with 0 "$icons" --grow --count 20 --block
	expect icons-in-blocks-that-are-gone-take-nothing reports '$8 <= $6 + 3 * 4096 / 1048576 + 0.01'
	expect icons-in-a-block-beyond-2-gib-are-a-failure ends_with 1 "$icons" --once --block --size 256 --count 8193
	expect icons-in-a-block-beyond-2-gib-are-explained says err 'block size.*above 2 GiB; try a lower --count'
	expect icons-grow-and-shrink ends_with 0 "$icons" --grow --count 20
	expect icons-report-each-step sh -c '[ "$(awk "NR > 1 { printf \"%d \", \$1 }" "$1")" = "1 10 20 10 1 " ]' - \
		"$runtime/out"
	expect icons-that-are-gone-take-nothing reports '$8 <= $6 + 3 * 4096 / 1048576 + 0.01'
	expect icons-in-thousands ends_with 0 "$icons" --once --count 5000
	expect icons-in-thousands-have-one-mapping reports '$1 == 5000 && $3 == 1'
	expect icons-over-the-limit-are-a-failure ends_with 1 "$icons" --once --count 100000
	expect icons-over-the-limit-are-explained says err 'try a lower --count'
	expect no-icons-are-wrong-use ends_with 2 "$icons" --count 0
	expect no-icons-are-named says err '--count "0"'
	expect tiny-icons-are-wrong-use ends_with 2 "$icons" --size 2

	start "$icons" --window 300x300 --report
	expect icons-say-when-all-are-shown wait_for reports '$1 == 500'
	# Captures include the pointer: move it to its place first.
	act move $((30 + GAP)) $((30 + GAP))
	take before
	act click $((30 + GAP)) $((30 + GAP))
	sleep 0.1
	take during
	expect icon-lights-up differ before during
	sleep 1.2
	take after
	expect icon-settles cmp "$runtime/before" "$runtime/after"
	act scroll 15
	expect icons-scroll wait_for sh -c 'grim -t ppm "$1/now"; ! cmp -s "$1/now" "$1/before"' - "$runtime"
	act key page-down key down drag 290 290 600 600
	expect icons-grow-with-the-window wait_for sh -c 'grim -t ppm "$1/after"; ! cmp -s "$1/now" "$1/after"' - "$runtime"
	act drag 590 590 100 100
	expect icons-end-well stop TERM
	stop_server
	expect icons-leave-lido-well test $? = 0
}

check_hello() {
	for kind in pool wl-shm; do
		[ $kind = pool ] || export LIDO_POOL=0
		start_server
		start "$hello"
		expect "hello-has-a-color-in-$kind" wait_for has_pixel "$pool" 20 20
		act click $((100 + GAP)) $((100 + GAP))
		expect "hello-changes-when-clicked-in-$kind" wait_for has_pixel "$brick" 20 20
		expect "hello-has-its-size-in-$kind" has_pixel "$desktop" 400 300
		act drag 310 230 600 400
		expect "hello-grows-in-$kind" wait_for has_pixel "$brick" 400 300
		act close
		expect "hello-closes-in-$kind" end
		expect "hello-says-nothing-in-$kind" says_nothing
		stop_server
		expect "hello-leaves-lido-well-in-$kind" test $? = 0
	done
	expect hello-without-compositor-is-a-failure ends_with 1 env WAYLAND_DISPLAY=nowhere "$hello"
}

case $7 in
options)
	check_options lido-paint "$paint"
	check_options lido-icons "$icons"
	;;
*)
	if ! command -v grim >/dev/null; then
		skip "$7" 'grim is not installed'
	else
		case $7 in
		paint-ends) check_ends lido-paint "$paint" ;;
		icons-ends) check_ends lido-icons "$icons" ;;
		*) "check_$7" ;;
		esac
	fi
	;;
esac
finish
