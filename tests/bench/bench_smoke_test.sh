#!/bin/sh
# Runs each benchmark's client in Lido with tiny counts, to verify that it works. Prints TAP.
#
#     bench_smoke_test.sh LIDO BENCH...
set -u
lido=$1
shift
number=0
failed=0
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-smoke.XXXXXX")
trap 'kill "$server" 2>/dev/null; wait; rm -rf "$runtime"' EXIT
unset DISPLAY WAYLAND_DISPLAY
export XDG_RUNTIME_DIR="$runtime"
"$lido" --headless 640x480 --socket smoke >"$runtime/server" 2>&1 &
server=$!
tries=100
while [ ! -S "$runtime/smoke" ] && [ "$((tries -= 1))" -gt 0 ]; do sleep 0.1; done
export WAYLAND_DISPLAY=smoke

for bench in "$@"; do
	number=$((number + 1))
	name=$(basename "$bench" _bench)
	case $name in
	commit) set -- "$server" 2 '64x64 new image, warm' ;;
	death) set -- "$server" 3 library ;;
	icons) set -- "$server" 3 library ;;
	limits) set -- 1 ;;
	resize) set -- "$server" 4 swapchain ;;
	start) set -- "$lido" --headless 640x480 ;;
	scale) set -- "$server" 2 4 library ;;
	esac
	# A line of results is a name, then KEY=NUMBER fields.
	if timeout 60 "$bench" "$@" >"$runtime/out" 2>"$runtime/err" && grep -q '	[a-z_0-9]*=[0-9.-]*' "$runtime/out"; then
		echo "ok $number bench@$name-runs"
	else
		failed=1
		echo "not ok $number bench@$name-runs"
		sed 's/^/# /' "$runtime/out" "$runtime/err" "$runtime/server"
	fi
done
echo "1..$number"
exit $failed
