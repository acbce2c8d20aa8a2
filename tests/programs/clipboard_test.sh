#!/bin/sh
# Copies and pastes with wl-clipboard, and tells by which protocol. Prints TAP.
#
#     clipboard_test.sh LIDO
set -u
lido=$1
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-clipboard.XXXXXX")
trap 'rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY
export XDG_RUNTIME_DIR="$runtime"

suite=clipboard
say_why() {
	cat "$runtime/out" "$runtime/err" "$runtime/copy" "$runtime/lido"
}
. "$(dirname "$0")/../runner/tap.sh"

for tool in wl-copy wl-paste; do
	command -v "$tool" >/dev/null || { skip wl-clipboard-copies "$tool is not installed"; finish; }
done

"$lido" --headless 320x240 --socket clipboard >"$runtime/report" 2>"$runtime/lido" &
server=$!
wait_for test -S "$runtime/clipboard"
export WAYLAND_DISPLAY=clipboard

# pastes TEXT [OPTION]: returns whether wl-paste prints it, by a data control.
pastes() {
	WAYLAND_DEBUG=1 timeout 60 wl-paste --no-newline ${2:-} >"$runtime/out" 2>"$runtime/err" &&
		[ "$(cat "$runtime/out")" = "$1" ] && grep -q 'get_data_device' "$runtime/err"
}

# Whether the last wl-paste used this interface.
used() {
	grep -q "$1#[0-9]*\\.get_data_device" "$runtime/err"
}

# copies TEXT [OPTION]: starts wl-copy, and returns whether it sets the selection.
copies() {
	rm -f "$runtime/copy"
	WAYLAND_DEBUG=1 timeout 60 wl-copy --foreground --paste-once ${2:-} "$1" >"$runtime/copy" 2>&1 &
	wait_for grep -q '\.set_.*selection(' "$runtime/copy"
}

expect wl-copy-sets-the-clipboard copies 'a text'
expect wl-paste-prints-the-clipboard pastes 'a text'
expect wl-copy-sets-the-primary-selection copies 'another text' --primary
expect wl-paste-prints-the-primary-selection pastes 'another text' --primary
if grep -q 'ext_data_control_manager_v1' "$runtime/err"; then
	expect wl-clipboard-uses-ext-data-control used ext_data_control_manager_v1
else
	expect wl-clipboard-uses-wlr-data-control used zwlr_data_control_manager_v1
fi
kill -TERM "$server"
wait "$server"
expect lido-ends-well test $? = 0
finish
