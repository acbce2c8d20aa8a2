#!/bin/sh
# Uses and resizes a stock client in Lido, and verifies that both survive. Prints TAP.
#
#     stock_clients_test.sh LIDO DRIVE CLIENT
set -u
lido=$1
drive=$2
seconds=${LIDO_DRIVE_SECONDS:-4}
number=0
failed=0
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-clients.XXXXXX")
trap 'rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY
export XDG_RUNTIME_DIR="$runtime" GDK_BACKEND=wayland QT_QPA_PLATFORM=wayland

# check NAME COMMAND...: drives the client that the command starts.
check() {
	name=$1
	shift
	number=$((number + 1))
	if [ -z "${1:-}" ] || ! command -v "$1" >/dev/null; then
		echo "ok $number stock-client@$name # SKIP ${1:-$name} is not installed"
		return
	fi
	# After SIGTERM, Lido exits with 0, unless it leaks or crashes.
	"$lido" --headless 1280x800 --socket "lido-$name" >"$runtime/report" 2>"$runtime/lido" &
	server=$!
	tries=100
	while [ ! -S "$runtime/lido-$name" ] && [ "$((tries -= 1))" -gt 0 ]; do sleep 0.1; done
	export WAYLAND_DISPLAY="lido-$name"
	"$@" >"$runtime/client" 2>&1 &
	client=$!
	"$drive" "$seconds" >"$runtime/drive" 2>&1
	driven=$?
	kill -0 "$client" 2>/dev/null
	alive=$?
	kill "$client" 2>/dev/null
	wait "$client" 2>/dev/null
	ended=$?
	kill -TERM "$server" 2>/dev/null
	wait "$server"
	served=$?
	if [ "$driven" = 0 ] && [ "$alive" = 0 ] && [ "$served" = 0 ]; then
		echo "ok $number stock-client@$name"
	else
		failed=1
		echo "not ok $number stock-client@$name"
		echo "# status of the driver: $driven; client alive: $alive (0: yes), its status: $ended; status of lido: $served"
		sed 's/^/# /' "$runtime/drive" "$runtime/lido" "$runtime/client"
	fi
}

case $3 in
gtk3) check gtk3 gtk3-demo ;;
gtk4-cairo) check gtk4-cairo env GSK_RENDERER=cairo gtk4-demo-application ;;
qt6) check qt6 "$(find /usr/lib/*/qt6/examples/widgets/painting/basicdrawing -type f -perm -1 2>/dev/null | head -n 1)" ;;
*) check "$3" "$3" ;;
esac
echo "1..$number"
exit $failed
