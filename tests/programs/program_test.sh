#!/bin/sh
# Tests the program lido from the outside: options, exit statuses, signals, and nested in real sessions. Prints TAP.
#
#     program_test.sh LIDO DRIVE
set -u
lido=$1
drive=$2
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-program.XXXXXX")
trap 'rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY
export XDG_RUNTIME_DIR="$runtime"

suite=program
say_why() {
	cat "$runtime/out" "$runtime/err"
}
program=$lido
. "$(dirname "$0")/../runner/tap.sh"

is_empty() {
	[ ! -s "$runtime/$1" ]
}

# Starts lido in the background, headless, on the socket "stays"; $server is its pid.
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
expect limits-of-sandboxes-are-listed ends_with 0 --sandbox-limit help
expect wrong-limit-of-sandboxes-is-wrong-use ends_with 2 --sandbox-limit files=0
expect wrong-limit-of-sandboxes-is-named says err '"lido --sandbox-limit help"'
expect limit-of-sandboxes-is-an-option ends_with 7 --headless 64x64 --sandbox-limit files=9 -- sh -c 'exit 7'
expect wrong-size-is-wrong-use ends_with 2 --headless 12
expect unknown-renderer-is-wrong-use ends_with 2 --headless 64x64 --renderer crayon
expect renderers-are-named says err 'pixman'

expect unknown-zero-copy-is-wrong-use ends_with 2 --headless 64x64 --zero-copy maybe
expect unknown-linux-dmabuf-is-wrong-use ends_with 2 --headless 64x64 --linux-dmabuf maybe
expect values-of-linux-dmabuf-are-named says err '--linux-dmabuf "maybe": must be yes, no or auto'
expect linux-dmabuf-with-pixman-is-allowed ends_with 7 --headless 64x64 --renderer pixman --linux-dmabuf yes -- sh -c 'exit 7'
expect unknown-shm-is-wrong-use ends_with 2 --headless 64x64 --shm=sysv
expect kinds-of-shm-are-named says err 'wlroots'

expect status-of-the-command-is-ours ends_with 7 --headless 64x64 -- sh -c 'exit 7'
expect nothing-was-wrong is_empty err
expect command-that-is-killed-gives-128-and-the-signal ends_with 137 --headless 64x64 -- sh -c 'kill -9 $$'
expect command-that-is-not-there-gives-127 ends_with 127 --headless 64x64 no-such-command
expect command-finds-the-socket ends_with 0 --headless 64x64 --socket here --no-xwayland -- \
	sh -c 'test "$WAYLAND_DISPLAY" = here && test -S "$XDG_RUNTIME_DIR/here" && test -z "${DISPLAY:-}"'

expect command-has-the-users-umask ends_with 0 --headless 64x64 -- sh -c "test \$(umask) = $(umask)"

# ends_with_files FILES STATUS ARGS...: like ends_with, with this RLIMIT_NOFILE.
ends_with_files() {
	(ulimit -n "$1" && shift && ends_with "$@")
}

# Even with few files, lido must serve grim, a separate client.
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
# A shell's background jobs ignore SIGINT, but lido installs its own handler.
stop INT
expect sigint-is-a-clean-end test $? = 0

# Of existing files, lido may only delete stale sockets.
start
kill -KILL "$server"
wait "$server"
expect crashed-server-leaves-its-sockets test -S "$runtime/stays" -a -S "$runtime/stays-monitor"
expect stale-socket-is-replaced ends_with 0 --headless 64x64 --socket stays -- \
	sh -c 'test -S "$XDG_RUNTIME_DIR/stays-monitor" && grim "$XDG_RUNTIME_DIR/picture.png"'
expect stale-socket-is-removed-at-the-end sh -c '! ls "$1"/stays* 2>/dev/null' - "$runtime"

# keeps_file NAME: returns whether the file is unchanged.
keeps_file() {
	[ "$(cat "$runtime/$1")" = precious ]
}
for mode in 600 400; do
	echo precious >"$runtime/here"
	chmod "$mode" "$runtime/here"
	expect "file-with-mode-$mode-in-place-of-the-socket-is-a-failure" ends_with 1 --headless 64x64 --socket here -- true
	expect "file-with-mode-$mode-is-named" says err "$runtime/here\": a file that is not a socket has this name; remove"
	expect "file-with-mode-$mode-stays" keeps_file here
	rm -f "$runtime/here"
done
echo precious >"$runtime/here-monitor"
expect file-in-place-of-the-monitor-socket-means-no-monitor ends_with 0 --headless 64x64 --socket here -- true
expect file-in-place-of-the-monitor-socket-is-named says err "$runtime/here-monitor\" for lido-top: a file that is not"
expect file-in-place-of-the-monitor-socket-stays keeps_file here-monitor
start
rm -f "$runtime/stays"
echo precious >"$runtime/stays"
stop TERM
expect file-in-place-of-the-socket-stays-at-the-end keeps_file stays
rm -f "$runtime/stays"
echo precious >"$runtime/wayland-1"
expect name-that-a-file-has-is-skipped ends_with 0 --headless 64x64 -- sh -c 'test "$WAYLAND_DISPLAY" = wayland-2'
expect file-with-the-first-name-stays keeps_file wayland-1
rm "$runtime/here-monitor" "$runtime/wayland-1"

# start_four COUNT NAME ARGS...: starts four lidos at once. They run until COUNT of the files NAME1 to NAME4 have
# content: "status" files get exit statuses, "name" files WAYLAND_DISPLAYs. Sets $statuses to all statuses, sorted.
start_four() {
	count=$1
	name=$2
	shift 2
	rm -f "$runtime/go" "$runtime"/status? "$runtime"/name?
	for number_of_four in 1 2 3 4; do
		{
			timeout 60 "$lido" --headless 64x64 "$@" -- sh -c 'echo "$WAYLAND_DISPLAY"
				until [ -e "$XDG_RUNTIME_DIR/go" ]; do sleep 0.1; done' \
				>"$runtime/name$number_of_four" 2>"$runtime/err$number_of_four"
			echo "$?" >"$runtime/status$number_of_four"
		} &
	done
	wait_for has_content "$count" "$name"
	touch "$runtime/go"
	wait
	statuses=$(cat "$runtime"/status? | sort | tr '\n' ' ')
}
has_content() {
	[ "$(cat "$runtime/$2"? 2>/dev/null | wc -l)" = "$1" ]
}
start_four 3 status --socket here
expect of-four-with-one-name-one-starts test "$statuses" = '0 1 1 1 '
expect other-three-say-that-it-is-in-use test "$(cat "$runtime"/err? | grep -c 'here": already in use')" = 3
start_four 4 name
expect four-without-a-name-start test "$statuses" = '0 0 0 0 '
expect four-without-a-name-have-four-names test "$(cat "$runtime"/name? | sort -u | grep -c '^wayland-[1-4]$')" = 4
expect four-leave-no-socket sh -c '! ls "$1"/here* "$1"/wayland-* 2>/dev/null' - "$runtime"

expect no-folder-is-a-failure env -u XDG_RUNTIME_DIR sh -c '! "$1" --headless 64x64 -- true 2>"$2/err"' - "$lido" "$runtime"
expect no-folder-is-named says err 'XDG_RUNTIME_DIR is not set; XDG_RUNTIME_DIR must be'
long=$(head -c 120 /dev/zero | tr '\0' x)
expect name-that-is-too-long-is-a-failure ends_with 1 --headless 64x64 --socket "$long" -- true
expect name-that-is-too-long-is-explained says err 'choose a shorter name'

# on_full_disk FILES: runs lido on a disk with space for FILES files, including its folder, then on one with more space.
# Returns the first status if the second run succeeds.
on_full_disk() {
	unshare --user --map-root-user --mount sh -c '
		mount -t tmpfs -o nr_inodes="$1" none "$3" && export XDG_RUNTIME_DIR="$3" || exit
		"$2" --headless 64x64 --socket here -- true
		status=$?
		mount -o remount,nr_inodes=100 "$3" && "$2" --headless 64x64 --socket here -- true && exit "$status"
		exit 99' - "$1" "$lido" "$runtime/disk" >"$runtime/out" 2>"$runtime/err"
}
mkdir "$runtime/disk"
if unshare --user --map-root-user --mount mount -t tmpfs none "$runtime/disk" 2>/dev/null; then
	for files in 1 2; do
		on_full_disk "$files"
		expect "disk-for-$files-files-is-a-failure" test $? = 1
		expect "disk-for-$files-files-is-explained" says err 'disk/here": No space left on device; XDG_RUNTIME_DIR must be'
	done
	on_full_disk 3
	expect disk-without-space-for-the-monitor-socket-means-no-monitor test $? = 0
	expect disk-without-space-for-the-monitor-socket-is-explained says err 'here-monitor" for lido-top: No space left on device'
else
	skip full-disk-is-explained 'no user namespace to mount a file system in'
fi

# Sends SIGTERM 0, 3, 6, ... 57 ms after the start. The status is 143 if lido does not handle it yet.
ends_at_any_moment() {
	for delay in 00 03 06 09 12 15 18 21 24 27 30 33 36 39 42 45 48 51 54 57; do
		"$lido" --headless 64x64 --socket early >"$runtime/out" 2>"$runtime/err" &
		server=$!
		sleep "0.0$delay"
		stop TERM
		status=$?
		if [ "$status" != 0 ] && [ "$status" != 143 ]; then
			echo "status $status after $delay ms" >>"$runtime/err"
			return 1
		fi
		[ "$status" = 143 ] || ! ls "$runtime"/early* 2>/dev/null || return 1
	done
}
expect sigterm-ends-it-at-any-moment ends_at_any_moment
expect sigterm-blocks-no-later-start ends_with 0 --headless 64x64 --socket early -- true
expect later-start-leaves-nothing sh -c '! ls "$1"/early* 2>/dev/null' - "$runtime"

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

# starts_nested NAME: starts a nested lido with a terminal, and logs what both are sent. Returns once the terminal has
# the focus.
starts_nested() {
	WAYLAND_DISPLAY=stays WAYLAND_DEBUG=client "$lido" --size 150x200 --socket "$1" -- foot >"$runtime/$1-log" 2>&1 &
	wait_for logs "$1" 2 'enter('
}
# logs NAME COUNT PATTERN: returns whether the log has that many of these events of keyboards.
logs() {
	[ "$(grep -c "wl_keyboard[#@][0-9]*\.$3" "$runtime/$1-log")" -ge "$2" ]
}
if command -v foot >/dev/null; then
	start
	WAYLAND_DISPLAY=stays "$drive" plug >"$runtime/plug" 2>&1 &
	starts_nested first
	starts_nested second
	WAYLAND_DISPLAY=stays "$drive" switch >"$runtime/out" 2>"$runtime/err"
	expect nested-session-is-chosen-by-alt-tab test $? = 0
	# KEY_LEFTALT (56) of four bytes, and not KEY_TAB (15).
	expect nested-session-enters-with-alt-alone wait_for logs first 1 'enter(.*array\[4\])'
	expect nested-session-has-its-release wait_for logs first 1 'key(.*, 56, 0)'
	expect nested-session-sees-no-tab sh -c '! grep "wl_keyboard.*\(array\[8\]\|key(.*, 15, \)" "$1"/*-log' - "$runtime"
	stop TERM
	wait
else
	skip nested-session-enters-with-alt-alone 'foot is not installed'
fi

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
