#!/bin/sh
# Locks the session with swaylock and gtklock, over a green window of foot, and looks at what the output shows. Passwords
# would need PAM; swaylock unlocks on SIGUSR1, too. Prints TAP.
#
#     locks_test.sh LIDO
set -u
lido=$1
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-locks.XXXXXX")
trap 'rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY
export XDG_RUNTIME_DIR="$runtime" LANG=C.UTF-8 LC_ALL=C.UTF-8 GTK_A11Y=none NO_AT_BRIDGE=1 GSETTINGS_BACKEND=memory

suite=locks
say_why() {
	cat "$runtime/typed" "$runtime/err" "$runtime/foot" "$runtime/locker" "$runtime/lido"
}
. "$(dirname "$0")/../runner/tap.sh"

for tool in foot wtype grim swaylock gtklock; do
	command -v "$tool" >/dev/null || { skip lockers-lock "$tool is not installed"; finish; }
done

# count COLOR [PICTURE]: prints how many pixels of a new screenshot have this color, RRGGBB.
count() {
	timeout 60 grim -t ppm "$runtime/${2:-picture}" 2>"$runtime/err" || return 1
	python3 -c 'import sys
data = open(sys.argv[1], "rb").read()
magic, width, height, most, pixels = data.split(None, 4)
color = bytes.fromhex(sys.argv[2])
print(sum(pixels[i:i + 3] == color for i in range(0, len(pixels), 3)))' "$runtime/${2:-picture}" "$1"
}
# gtklock needs so much space.
PIXELS=$((800 * 600))

# shows COLOR: returns whether more than half of the output has this color.
shows() {
	[ "$(count "$1")" -gt $((PIXELS / 2)) ]
}

# shows_only COLOR: returns whether all of the output has this color.
shows_only() {
	[ "$(count "$1")" = "$PIXELS" ]
}

shows_nothing_of() {
	[ "$(count "$1")" = 0 ]
}

# Returns whether the output is not entirely black.
shows_something() {
	[ "$(count 000000)" -lt "$PIXELS" ]
}

has_typed() {
	grep -qxF "$1" "$runtime/typed"
}

# start_locker COMMAND...: $locker is its pid.
start_locker() {
	"$@" >"$runtime/locker" 2>&1 &
	locker=$!
}

# Whether the screen differs from the last picture: the locker has reacted.
changes() {
	cp "$runtime/picture" "$runtime/before" && count 000000 >"$runtime/number" &&
		! cmp -s "$runtime/before" "$runtime/picture"
}

"$lido" --headless 800x600 --socket locks >"$runtime/report" 2>"$runtime/lido" &
server=$!
wait_for test -S "$runtime/locks"
export WAYLAND_DISPLAY=locks
foot --config=/dev/null --maximized sh -c \
	'printf "\033]11;#00ff00\033\\"; : >"$XDG_RUNTIME_DIR/ready"; while read -r line; do echo "$line"; done >"$XDG_RUNTIME_DIR/typed"' \
	>"$runtime/foot" 2>&1 &
foot=$!
expect foot-waits-for-a-line wait_for test -e "$runtime/ready"
expect window-is-shown wait_for shows 00ff00

start_locker swaylock --config /dev/null --color ff0000 --ready-fd 3 3>"$runtime/told"
expect swaylock-is-shown wait_for shows ff0000
expect swaylock-is-told-that-it-has-locked wait_for test -s "$runtime/told"
expect swaylock-hides-the-window shows_nothing_of 00ff00
expect wtype-ends-well ends_with 0 wtype -s 500 'secret'
expect swaylock-reacts-to-keys wait_for changes
expect second-swaylock-is-refused ends_with 2 swaylock --config /dev/null --color 0000ff
kill -KILL "$locker"
wait "$locker"
expect screen-is-black-when-swaylock-was-killed wait_for shows_only 000000
expect keys-reach-nobody ends_with 0 wtype -s 500 'nobody' -k Return
expect another-screenshot-is-black shows_only 000000
start_locker swaylock --config /dev/null --color 0000ff
expect next-swaylock-takes-over wait_for shows 0000ff
kill -USR1 "$locker"
wait "$locker"
expect next-swaylock-ends-well test $? = 0
expect window-is-shown-again wait_for shows 00ff00

start_locker gtklock
expect gtklock-hides-the-window wait_for shows_nothing_of 00ff00
expect gtklock-shows-something wait_for shows_something
expect wtype-ends-well-again ends_with 0 wtype -s 500 'secret'
expect gtklock-reacts-to-keys wait_for changes
kill -KILL "$locker"
wait "$locker"
expect screen-is-black-when-gtklock-was-killed wait_for shows_only 000000
start_locker swaylock --config /dev/null --color 0000ff
expect swaylock-takes-over-from-gtklock wait_for shows 0000ff
kill -USR1 "$locker"
wait "$locker"
expect window-is-shown-in-the-end wait_for shows 00ff00

expect wtype-types-into-the-window ends_with 0 wtype -s 500 'unlocked' -k Return
expect window-has-only-what-was-typed-when-it-was-unlocked wait_for has_typed unlocked
expect window-has-nothing-else test "$(wc -l <"$runtime/typed")" = 1
kill -TERM "$foot" "$server"
wait "$server"
expect lido-ends-well test $? = 0
finish
