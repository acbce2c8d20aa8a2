#!/bin/sh
# The program lido as its users call it: options, exit statuses, signals, and nested in real sessions. Prints TAP.
#
#     program_test.sh LIDO
set -u
lido=$1
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-program.XXXXXX")
trap 'rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY
export XDG_RUNTIME_DIR="$runtime"

suite=program
say_why() {
	cat "$runtime/out" "$runtime/err"
}
. "$(dirname "$0")/../runner/tap.sh"

# ends_with STATUS ARGS...: runs lido; its output is in $runtime/out and $runtime/err.
ends_with() {
	wanted=$1
	shift
	timeout 60 "$lido" "$@" >"$runtime/out" 2>"$runtime/err"
	[ $? = "$wanted" ]
}

is_empty() {
	[ ! -s "$runtime/$1" ]
}

# Runs lido in the background, headless, on the socket "stays"; $server is its id.
start() {
	"$lido" --headless 320x240 --socket stays >"$runtime/out" 2>"$runtime/err" &
	server=$!
	wait_for test -S "$runtime/stays"
}

stop() {
	kill -"$1" "$server"
	wait "$server"
}

expect help-is-a-success ends_with 0 --help
expect help-lists-the-options says out '--shm-limit'
expect version-is-a-success ends_with 0 --version
expect limits-are-listed ends_with 0 --shm-limit help
expect list-of-limits-has-files says out 'files'
expect unknown-option-is-wrong-use ends_with 2 --no-such-option
expect unknown-option-is-named says err 'no-such-option'
expect wrong-limit-is-wrong-use ends_with 2 --shm-limit files=0
expect wrong-limit-is-named says err 'files=0'
expect wrong-size-is-wrong-use ends_with 2 --headless 12
expect unknown-renderer-is-wrong-use ends_with 2 --headless 64x64 --renderer crayon
expect renderers-are-named says err 'pixman'

expect unknown-shm-is-wrong-use ends_with 2 --headless 64x64 --shm=sysv
expect kinds-of-shm-are-named says err 'wlroots'

expect status-of-the-command-is-ours ends_with 7 --headless 64x64 -- sh -c 'exit 7'
expect nothing-was-wrong is_empty err
expect command-that-is-killed-gives-128-and-the-signal ends_with 137 --headless 64x64 -- sh -c 'kill -9 $$'
expect command-that-is-not-there-gives-127 ends_with 127 --headless 64x64 no-such-command
expect command-finds-the-socket ends_with 0 --headless 64x64 --socket here -- \
	sh -c 'test "$WAYLAND_DISPLAY" = here && test -S "$XDG_RUNTIME_DIR/here" && test -z "${DISPLAY:-}"'

expect command-has-the-users-umask ends_with 0 --headless 64x64 -- sh -c "test \$(umask) = $(umask)"

# ends_with_files FILES STATUS ARGS...: as ends_with, with this RLIMIT_NOFILE.
ends_with_files() {
	(ulimit -n "$1" && shift && ends_with "$@")
}

# grim is a client of its own; lido must serve it with its share of few files.
for files in 64 99 100 199 1024; do
	expect "$files-files-serve-a-client" ends_with_files "$files" 0 --headless 64x64 -- grim "$runtime/picture.png"
done
for files in 20 63; do
	expect "$files-files-are-a-failure" ends_with_files "$files" 1 --headless 64x64 -- true
	expect "limit-of-$files-files-is-named" says err "RLIMIT_NOFILE) is $files, but lido needs at least 64; raise"
done

start
expect socket-is-the-users-alone test "$(stat -c %a "$runtime/stays")" = 700
expect socket-in-use-is-a-failure sh -c '! "$1" --headless 64x64 --socket stays >/dev/null 2>"$2/other"' - "$lido" "$runtime"
expect socket-in-use-is-named says other 'stays'
expect socket-for-monitors-is-the-users-alone test "$(stat -c %a "$runtime/stays-monitor")" = 600
kill -USR1 "$server"
expect report-is-json-on-standard-output wait_for says out '^\[\]$'
expect report-is-a-table-on-standard-error wait_for says err '^client '
stop TERM
expect sigterm-is-a-clean-end test $? = 0
expect no-socket-is-left sh -c '! ls "$1"/stays*' - "$runtime"
expect no-monitor-makes-no-socket-for-it ends_with 0 --headless 64x64 --socket here --no-monitor -- \
	sh -c 'test -S "$XDG_RUNTIME_DIR/here" && test ! -e "$XDG_RUNTIME_DIR/here-monitor"'
start
# A shell's background job ignores SIGINT, but lido asks for it by itself.
stop INT
expect sigint-is-a-clean-end test $? = 0

"$lido" --headless 320x240 --socket compared --shm=wlroots >"$runtime/out" 2>"$runtime/err" &
server=$!
wait_for test -S "$runtime/compared"
expect wlroots-shm-serves-clients env WAYLAND_DISPLAY=compared timeout 60 grim "$runtime/picture.png"
kill -USR1 "$server"
expect wlroots-shm-has-no-report wait_for says err 'served by wlroots'
stop TERM
expect wlroots-shm-ends-cleanly test $? = 0

start
WAYLAND_DISPLAY=stays ends_with 7 --size 200x100 -- sh -c 'exit 7'
expect nested-in-itself-works test $? = 0
stop TERM

if command -v weston >/dev/null; then
	weston --backend=headless --renderer=pixman --no-config --socket=parent >"$runtime/weston" 2>&1 &
	parent=$!
	wait_for test -S "$runtime/parent"
	WAYLAND_DISPLAY=parent WLR_RENDERER=pixman ends_with 7 -- sh -c 'exit 7'
	expect nested-in-weston-works test $? = 0
	WAYLAND_DISPLAY=parent WLR_RENDERER=pixman "$lido" --socket nested >"$runtime/out" 2>"$runtime/err" &
	server=$!
	wait_for test -S "$runtime/nested"
	kill "$parent"
	wait "$parent"
	wait "$server"
	expect parent-that-goes-is-a-clean-end test $? = 0
else
	skip nested-in-weston-works 'weston is not installed'
fi

if command -v Xvfb >/dev/null; then
	Xvfb -displayfd 3 -screen 0 640x480x24 3>"$runtime/display" >"$runtime/xvfb" 2>&1 &
	parent=$!
	wait_for test -s "$runtime/display"
	DISPLAY=:$(cat "$runtime/display") WLR_RENDERER=pixman ends_with 7 -- sh -c 'exit 7'
	expect nested-in-x11-works test $? = 0
	kill "$parent"
	wait "$parent"
else
	skip nested-in-x11-works 'Xvfb is not installed'
fi

finish
