#!/bin/sh
# Tests unusual uses of the files of wl_shm_pools, with and without lido-run, in Lido and in Weston. Prints TAP.
#
#     traps_test.sh LIDO TRAPS TRAPS_LINKED
set -u
lido=$1
plain=$2
linked=$3
runtime=$(mktemp -d /dev/shm/lido-traps.XXXXXX)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY
export XDG_RUNTIME_DIR="$runtime" LIDO_RUN_DEBUG=1

suite=run_traps
say_why() {
	tail -n 30 "$runtime/out"
}
. "$(dirname "$0")/../runner/tap.sh"

passes() {
	timeout 60 "$@" >"$runtime/out" 2>&1
}

stop() {
	kill "$server"
	wait "$server"
	ended=$?
	server=
}

cases='drawn-before mapped-late mapped-twice grows reads-as-zeros outlives two-pools two-connections fork-draws punches prepared
	queue threads written beyond-limit closes-unknown-fds close-range closefrom dup2 closes-stderr fork-closes vfork-exec
	daemonizes signals seccomp'

"$lido" --headless 320x240 --renderer pixman --socket lido-traps >"$runtime/report" 2>"$runtime/table" &
server=$!
wait_for test -S "$runtime/lido-traps"
export WAYLAND_DISPLAY=lido-traps
for case in $cases; do
	expect "$case-as-it-is" passes "$plain" "$case"
	expect "$case-in-the-pool" passes "$linked" "$case"
	case $case in
	written) expect "$case-stays-a-file" says out 'stays a file: ' ;;
	beyond-limit) expect "$case-goes-on-with-files" says out 'stays a file: the server has no memory' ;;
	*) expect "$case-is-in-a-block" says out 'is in a block' ;;
	esac
done
# On resizes, recycled memory is already in the page table.
expect "drag-as-it-is" passes "$plain" drag
plain_faults=$(sed -n 's/^a frame: \([0-9]*\) faults.*/\1/p' "$runtime/out")
grep '^a frame' "$runtime/out" | sed 's/^/# as it is: /'
expect "drag-in-the-pool" passes "$linked" drag
faults=$(sed -n 's/^a frame: \([0-9]*\) faults.*/\1/p' "$runtime/out")
grep '^a frame' "$runtime/out" | sed 's/^/# in the pool: /'
expect "drag-has-a-quarter-of-the-faults" test "$((faults * 4))" -lt "$plain_faults"
stop
expect "lido-ends-well" test "$ended" = 0

# A server without Lido's pool.
if command -v weston >/dev/null; then
	weston --backend=headless --renderer=pixman --no-config --socket=other >"$runtime/weston" 2>&1 &
	server=$!
	wait_for test -S "$runtime/other"
	export WAYLAND_DISPLAY=other
	expect "nothing-happens-elsewhere" passes "$linked" threads
	expect "and-nothing-is-in-a-block" sh -c '! grep -q "a pool of" "$1"' - "$runtime/out"
	stop
fi
finish
