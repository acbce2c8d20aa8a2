#!/bin/sh
# Types into foot through fcitx5, an input method that grabs the keyboard: keys that it does not use come back by its
# virtual keyboard, with the keymap of the one that was typed on. Prints TAP.
#
#     input_method_test.sh LIDO DRIVE
set -u
lido=$1
drive=$2
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-method.XXXXXX")
trap 'rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY DBUS_SESSION_BUS_ADDRESS XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME
export XDG_RUNTIME_DIR="$runtime" HOME="$runtime" LANG=C.UTF-8 LC_ALL=C.UTF-8

suite=input-method
say_why() {
	cat "$runtime/typed" "$runtime/out" "$runtime/err" "$runtime/foot" "$runtime/lido"
	tail -n 60 "$runtime/fcitx"
}
. "$(dirname "$0")/../runner/tap.sh"

# has_typed LINE: returns whether foot's program has read this line.
has_typed() {
	grep -qxF "$1" "$runtime/typed"
}

for tool in foot wtype fcitx5; do
	command -v "$tool" >/dev/null || { skip fcitx-passes-what-is-typed "$tool is not installed"; finish; }
done
"$lido" --headless 640x480 --socket method >"$runtime/report" 2>"$runtime/lido" &
server=$!
wait_for test -S "$runtime/method"
export WAYLAND_DISPLAY=method
"$drive" plug >"$runtime/plug" 2>&1 &
plug=$!

# The first input method is the one that passes keys on, Control+Space switches to the other.
mkdir -p "$runtime/.config/fcitx5"
cat >"$runtime/.config/fcitx5/profile" <<'END'
[Groups/0]
Name=Default
Default Layout=us
DefaultIM=hangul

[Groups/0/Items/0]
Name=keyboard-us
Layout=

[Groups/0/Items/1]
Name=hangul
Layout=

[GroupOrder]
0=Default
END

start_fcitx() {
	WAYLAND_DEBUG=client fcitx5 --disable=all --enable=wayland,waylandim,keyboard,hangul,unicode,imselector \
		>"$runtime/fcitx" 2>&1 &
	fcitx=$!
}

start_fcitx
foot sh -c ': >"$XDG_RUNTIME_DIR/ready"; while read -r line; do echo "$line"; done >"$XDG_RUNTIME_DIR/typed"' \
	>"$runtime/foot" 2>&1 &
foot=$!
expect foot-waits-for-a-line wait_for test -e "$runtime/ready"
expect fcitx-grabs-the-keyboard wait_for says fcitx 'zwp_input_method_v2#[0-9]*.grab_keyboard('
expect wtype-ends-well ends_with 0 wtype -s 500 'Hello, foot!' -k Return
expect text-arrives wait_for has_typed 'Hello, foot!'
expect fcitx-has-received-its-keys says fcitx 'zwp_input_method_keyboard_grab_v2#[0-9]*.key('
expect and-has-passed-them-on says fcitx 'zwp_virtual_keyboard_v1#[0-9]*.key('
expect with-a-keymap says fcitx 'zwp_virtual_keyboard_v1#[0-9]*.keymap('
expect wtype-with-another-keymap-ends-well ends_with 0 wtype -s 500 'Größe 日本 €' -k Return
expect other-characters-arrive wait_for has_typed 'Größe 日本 €'
expect control-and-space-choose-hangul ends_with 0 wtype -s 500 -M ctrl -k space -m ctrl
expect syllables-are-typed ends_with 0 wtype -s 500 gksrmf -k Return -k Return
expect syllables-arrive wait_for has_typed 한글
expect fcitx-has-committed-them says fcitx 'zwp_input_method_v2#[0-9]*.commit_string("'
kill "$fcitx"
wait "$fcitx"
expect without-fcitx-wtype-ends-well ends_with 0 wtype -s 500 'Hello again' -k Return
expect text-arrives-without-fcitx wait_for has_typed 'Hello again'
start_fcitx
expect fcitx-grabs-the-keyboard-again wait_for says fcitx 'zwp_input_method_v2#[0-9]*.grab_keyboard('
kill -KILL "$fcitx"
wait "$fcitx" 2>/dev/null
expect after-a-crash-of-fcitx-wtype-ends-well ends_with 0 wtype -s 500 'Hello once more' -k Return
expect text-arrives-after-it wait_for has_typed 'Hello once more'
expect modifiers-are-accepted ends_with 0 wtype -s 500 -M ctrl d -m ctrl
expect control-d-ends-foot wait_for sh -c '! kill -0 "$1"' - "$foot"
kill "$plug"
kill -TERM "$server"
wait "$server"
expect lido-ends-well test $? = 0
finish
