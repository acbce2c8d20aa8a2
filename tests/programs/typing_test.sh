#!/bin/sh
# Types into foot with wtype, which makes a keymap of just the characters that it needs. Prints TAP.
#
#     typing_test.sh LIDO
set -u
lido=$1
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-typing.XXXXXX")
trap 'rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY
export XDG_RUNTIME_DIR="$runtime" LANG=C.UTF-8 LC_ALL=C.UTF-8

suite=typing
say_why() {
	cat "$runtime/typed" "$runtime/out" "$runtime/err" "$runtime/foot" "$runtime/lido"
}
. "$(dirname "$0")/../runner/tap.sh"

# has_typed LINE: returns whether foot's program has read this line.
has_typed() {
	grep -qxF "$1" "$runtime/typed"
}

for tool in foot wtype; do
	command -v "$tool" >/dev/null || { skip wtype-types-into-foot "$tool is not installed"; finish; }
done
"$lido" --headless 640x480 --socket typing >"$runtime/report" 2>"$runtime/lido" &
server=$!
wait_for test -S "$runtime/typing"
export WAYLAND_DISPLAY=typing
foot sh -c ': >"$XDG_RUNTIME_DIR/ready"; while read -r line; do echo "$line"; done >"$XDG_RUNTIME_DIR/typed"' \
	>"$runtime/foot" 2>&1 &
foot=$!
expect foot-waits-for-a-line wait_for test -e "$runtime/ready"
# The seat of a headless lido has no keyboard before, so foot cannot listen to one: it gets half a second for that.
expect wtype-ends-well ends_with 0 wtype -s 500 'Hello, foot!' -k Return
expect text-arrives wait_for has_typed 'Hello, foot!'
expect wtype-with-another-keymap-ends-well ends_with 0 wtype -s 500 'Größe 日本 €' -k Return
expect other-characters-arrive wait_for has_typed 'Größe 日本 €'
expect modifiers-are-accepted ends_with 0 wtype -s 500 -M ctrl d -m ctrl
expect control-d-ends-foot wait_for sh -c '! kill -0 "$1"' - "$foot"
kill -TERM "$server"
wait "$server"
expect lido-ends-well test $? = 0
finish
