#!/bin/sh
# Tests the options of lido-run and lido --managed, or uses and resizes a stock client with lido-run, and verifies that
# its pixels are in the pool. Prints TAP.
#
#     run_test.sh LIDO LIDO_RUN LIBRARY DRIVE options|CLIENT
set -u
lido=$1
run=$2
library=$(realpath "$3")
drive=$4
part=$5
runtime=$(mktemp -d /dev/shm/lido-run.XXXXXX)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY LD_PRELOAD LIDO_RUN_DEBUG
export XDG_RUNTIME_DIR="$runtime" LIDO_RUN_PRELOAD="$library" GDK_BACKEND=wayland QT_QPA_PLATFORM=wayland

suite=run
say_why() {
	for file in out err drive client table; do
		[ ! -f "$runtime/$file" ] || tail -n 20 "$runtime/$file" | sed "s/^/$file: /"
	done
}
. "$(dirname "$0")/../runner/tap.sh"

# is_in_pool PID: returns whether the client's pixels are in blocks, and the server uses no files of the client.
is_in_pool() {
	kill -USR1 "$server"
	sleep 0.2
	grep "\"pid\": $1," "$runtime/report" | tail -n 1 | grep -q \
		'"exported_areas": 1, "sealed_files": 0, "unsealable_files": 0, "mappings": 1, "fds": 1, "blocks": [1-9]'
}

# use NAME COMMAND...: drives the client that the command starts.
use() {
	name=$1
	shift
	if [ -z "${1:-}" ] || ! command -v "$1" >/dev/null; then
		skip "$name" "${1:-$name} is not installed"
		return
	fi
	rm -f "$runtime/report"
	"$lido" --headless 1280x800 --socket "lido-$name" >"$runtime/report" 2>"$runtime/table" &
	server=$!
	wait_for test -S "$runtime/lido-$name"
	export WAYLAND_DISPLAY="lido-$name"
	"$run" "$@" >"$runtime/client" 2>&1 &
	client=$!
	expect "$name-is-used" sh -c '"$1" 2 >"$2" 2>&1' - "$drive" "$runtime/drive"
	expect "$name-is-in-the-pool" wait_for is_in_pool "$client"
	kill "$client" 2>/dev/null
	wait "$client" 2>/dev/null
	kill "$server"
	wait "$server"
	ended=$?
	server=
	expect "$name-does-lido-no-harm" test "$ended" = 0
}

check_options() {
	expect "help" ends_with 0 "$run" --help
	expect "version" ends_with 0 "$run" --version
	expect "no-command-is-wrong-use" ends_with 2 "$run"
	expect "unknown-option-is-wrong-use" ends_with 2 "$run" --no-such-option true
	expect "command-that-is-not-there-gives-127" ends_with 127 "$run" no-such-command
	expect "library-that-is-not-there-gives-126" ends_with 126 env LIDO_RUN_PRELOAD=/nowhere "$run" true
	expect "other-programs-run-as-they-are" ends_with 7 "$run" sh -c 'exit 7'
	expect "and-nothing-is-said" [ ! -s "$runtime/err" ]
	# A program that gains privileges does not load the library.
	if setpriv --ruid 1 true 2>/dev/null; then
		expect "privileged-programs-run-as-they-are" ends_with 7 "$run" setpriv --ruid 1 sh -c 'exit 7'
		expect "and-nothing-is-said-of-it" [ ! -s "$runtime/err" ]
		expect "privileged-programs-are-without-the-library" ends_with 1 \
			"$run" setpriv --ruid 1 grep -q liblido-run /proc/self/maps
	else
		skip "privileged-programs-run-as-they-are" "this user cannot run setpriv --ruid 1"
	fi
	expect "others-are-with-the-library" ends_with 0 "$run" grep -q liblido-run /proc/self/maps
	expect "libwayland-is-not-brought-along" ends_with 1 "$run" grep -q libwayland /proc/self/maps

	expect "managed-sets-it" ends_with 0 "$lido" --headless 64x64 --managed -- sh -c 'test "$LD_PRELOAD" = "$LIDO_RUN_PRELOAD"'
	expect "managed-keeps-the-status" ends_with 7 "$lido" --headless 64x64 --managed -- sh -c 'exit 7'
	expect "managed-without-library-gives-126" ends_with 126 env LIDO_RUN_PRELOAD=/nowhere "$lido" --headless 64x64 --managed true
	expect "not-managed-does-not" ends_with 0 "$lido" --headless 64x64 -- sh -c 'test -z "${LD_PRELOAD:-}"'
}

case $part in
options) check_options ;;
gtk3) use gtk3 gtk3-demo ;;
gtk4) use gtk4 env GSK_RENDERER=cairo gtk4-demo-application ;;
qt6) use qt6 "$(find /usr/lib/*/qt6/examples/widgets/painting/basicdrawing -type f -perm -1 2>/dev/null | head -n 1)" ;;
*) use "$part" "$part" ;;
esac
finish
