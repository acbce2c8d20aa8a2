#!/bin/sh
# Tests clients of the pool behind waypipe, a proxy that passes on what it does not know, and loses fds. Prints TAP.
#
#     proxy_test.sh LIDO LIDO_PAINT LIDO_ICONS [LIDO_RUN LIBRARY]
set -u
lido=$1
paint=$2
icons=$3
run=${4:-}
export LIDO_RUN_PRELOAD="$(realpath "${5:-/}")"
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-proxy.XXXXXX")
server=
proxy=
client=
trap 'for pid in $client $proxy $server; do kill "$pid"; done 2>/dev/null; rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY LD_PRELOAD LIDO_POOL LIDO_RUN_DEBUG
export XDG_RUNTIME_DIR="$runtime"

# fontconfig keeps data of fonts until exit, which is not our leak.
echo 'leak:libfontconfig' >"$runtime/suppressions"
export LSAN_OPTIONS="suppressions=$runtime/suppressions:print_suppressions=0"

suite=proxy
say_why() {
	for file in out proxy report table; do
		[ ! -f "$runtime/$file" ] || tail -n 10 "$runtime/$file" | sed "s/^/$file: /"
	done
}
. "$(dirname "$0")/../runner/tap.sh"

# has AREAS: returns whether a client that has this many areas in the pool shows a buffer.
has() {
	: >"$runtime/report"
	kill -USR1 "$server"
	sleep 0.2
	grep '"buffers": [1-9]' "$runtime/report" | grep -q "\"exported_areas\": $1,"
}

start_server() {
	"$lido" --headless 800x600 --renderer pixman --socket there >>"$runtime/report" 2>"$runtime/table" &
	server=$!
	wait_for test -S "$runtime/there"
	export WAYLAND_DISPLAY=there
}

# stop PID: ends a process, and waits for it.
stop() {
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# use NAME COMMAND...: the client runs directly, with the pool refused, and behind the proxy.
use() {
	name=$1
	shift
	"$@" >"$runtime/out" 2>&1 &
	client=$!
	expect "$name-takes-the-pool-directly" wait_for has 1
	stop "$client"
	LIDO_POOL=0 "$@" >"$runtime/out" 2>&1 &
	client=$!
	expect "$name-takes-files-where-the-pool-is-refused" wait_for has 0
	stop "$client"
	client=
	if ! command -v waypipe >/dev/null; then
		skip "$name-takes-files-behind-a-proxy" "waypipe is not installed"
		return
	fi
	waypipe --socket "$runtime/channel" client >"$runtime/proxy" 2>&1 &
	proxy=$!
	wait_for test -S "$runtime/channel"
	# The shell tells the pid of the program, which the proxy starts.
	waypipe --socket "$runtime/channel" server -- sh -c 'echo $$ >"$1/pid"; shift; exec "$@"' - "$runtime" "$@" \
		>"$runtime/out" 2>&1 &
	client=$!
	expect "$name-takes-files-behind-a-proxy" wait_for has 0
	sleep 1
	expect "$name-lives-behind-a-proxy" kill -0 "$(cat "$runtime/pid")"
	expect "$name-has-no-error-behind-a-proxy" sh -c '! grep -q "file descriptor expected" "$1"' - "$runtime/out"
	kill "$(cat "$runtime/pid")" 2>/dev/null
	stop "$client"
	stop "$proxy"
	client=
	proxy=
	rm -f "$runtime/channel" "$runtime/pid"
}

start_server
use lido-paint "$paint"
use lido-icons "$icons"
if [ -z "$run" ]; then
	skip "lido-run-takes-files-behind-a-proxy" "the library cannot be preloaded into programs without sanitizers"
else
	use lido-run "$run" foot sleep 1000
fi
stop "$server"
server=
finish
