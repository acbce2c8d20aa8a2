#!/bin/sh
# Tests unusual uses of the files of wl_shm_pools, with and without lido-run, in Lido and in Weston. Prints TAP.
#
#     traps_test.sh LIDO TRAPS TRAPS_LINKED TRAPS_DIRECT files|fds|io|processes|races|direct|drag|malloc
set -u
lido=$1
plain=$2
linked=$3
direct=$4
part=$5
: "${SANITIZE:=none}"
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
	timeout -k 5 60 "$@" >"$runtime/out" 2>&1
}

# expect_unless_skipped NAME TEXT: expects the text, unless the case says why it does nothing here.
expect_unless_skipped() {
	if says out '^skipped: '; then
		skip "$1" "$(grep '^skipped: ' "$runtime/out")"
	else
		expect "$1" says out "$2"
	fi
}

stop() {
	kill "$server"
	wait "$server"
	ended=$?
	server=
}

# warns_of N: has libwayland warned of so many objects that outlive their queue?
warns_of() {
	[ "$(grep -c 'still attached' "$runtime/out")" = "$1" ]
}

# run CASE...: each with and without lido-run.
run() {
	for case in "$@"; do
		expect "$case-as-it-is" passes "$plain" "$case"
		left=$(grep -c 'still attached' "$runtime/out")
		expect "$case-in-the-pool" passes "$linked" "$case"
		expect "$case-leaves-no-proxy-of-ours" warns_of "$left"
		case $case in
		written | received | forked-before | cloned-before | named | splices-around | \
			splices-into-closed | streams-before | named-before | forked-unsized | large-file)
			expect "$case-stays-a-file" says out 'stays a file: '
			;;
		beyond-limit) expect "$case-goes-on-with-files" says out 'stays a file: the server has no memory' ;;
		ring-before) expect_unless_skipped "$case-stays-a-file" 'stays a file: the program uses io_uring' ;;
		finds-libwayland)
			expect "$case-stays-a-file" says out 'stays a file: the program may have prepared to read'
			expect "$case-is-in-a-block" says out 'is in a block'
			;;
		setuid) expect_unless_skipped "$case-is-in-a-block" 'is in a block' ;;
		ring-after | ring-of-* | ring-noticed) expect_unless_skipped "$case-is-plain-afterwards" 'plain from now on: the program uses io_uring' ;;
		*) expect "$case-is-in-a-block" says out 'is in a block' ;;
		esac
	done
}

# run_plain CASE...: the same, of cases that make the file of a pool plain.
run_plain() {
	for case in "$@"; do
		run "$case"
		expect "$case-is-plain-afterwards" says out 'is plain from now on: '
	done
}

# run_unlike CASE PATTERN OTHER: a case that no library can see. It prints the pattern, and in the pool the other one.
run_unlike() {
	expect "$1-as-it-is" passes "$plain" "$1"
	expect "$1-prints-${2##* }" says out "$2"
	expect "$1-in-the-pool" passes "$linked" "$1"
	expect "$1-prints-${3##* }-in-the-pool" says out "$3"
}

# run_direct CASE...: cases in which the program itself makes direct system calls. It prints what it prints as it is.
run_direct() {
	for case in "$@"; do
		expect "$case-as-it-is" passes "$plain" "$case"
		cp "$runtime/out" "$runtime/expected"
		expect "$case-of-the-program" passes "$direct" "$case"
		if says expected '^skipped: '; then
			skip "$case-stays-a-file" "$(grep '^skipped: ' "$runtime/expected")"
			continue
		fi
		expect "$case-stays-a-file" says out 'stays a file: the program makes direct system calls'
		sed '/^lido-run: /d' "$runtime/out" >"$runtime/printed"
		expect "$case-prints-the-same" cmp "$runtime/expected" "$runtime/printed"
	done
}

# run_drag CASE: on resizes, recycled memory is already in the page table.
run_drag() {
	expect "$1-as-it-is" passes "$plain" "$1"
	plain_faults=$(sed -n 's/^a frame: \([0-9]*\) faults.*/\1/p' "$runtime/out")
	grep '^a frame' "$runtime/out" | sed "s/^/# $1 as it is: /"
	expect "$1-in-the-pool" passes "$linked" "$1"
	faults=$(sed -n 's/^a frame: \([0-9]*\) faults.*/\1/p' "$runtime/out")
	grep '^a frame' "$runtime/out" | sed "s/^/# $1 in the pool: /"
	# Sanitizers have faults of their own.
	[ "$SANITIZE" = none ] && times=10 || times=4
	expect "$1-has-$times-times-fewer-faults" test "$((faults * times))" -lt "$plain_faults"
}

# Without --debug nothing is printed, whatever the program does.
check_silence() {
	unset LIDO_RUN_DEBUG
	for case in reads writes shrinks draws-meanwhile sent inherited written; do
		expect "$case-is-silent" passes "$linked" "$case"
		expect "$case-prints-nothing" test ! -s "$runtime/out"
	done
}

# Near its limit a server has no room for growth: a pool that grows moves once to a block, and once to a file.
check_near_limit() {
	"$lido" --headless 320x240 --renderer pixman --socket small --shm-limit area-bytes=4M >"$runtime/report-small" 2>&1 &
	server=$!
	wait_for test -S "$runtime/small"
	export WAYLAND_DISPLAY=small
	expect "grows-near-limit" passes "$linked" grows-in-steps
	grep '^a pool of' "$runtime/out" | tail -n 1 | sed 's/^/# /'
	expect "and-moves-to-a-file" says out 'moves to a fallback file'
	expect "and-moves-twice" test "$(grep -c 'a pool grows to' "$runtime/out")" = 2
	stop
}

# A server without Lido's pool.
check_elsewhere() {
	weston --backend=headless --renderer=pixman --no-config --socket=other >"$runtime/weston" 2>&1 &
	server=$!
	wait_for test -S "$runtime/other"
	export WAYLAND_DISPLAY=other
	expect "nothing-happens-elsewhere" passes "$linked" threads
	expect "and-nothing-is-in-a-block" sh -c '! grep -q "a pool of" "$1"' - "$runtime/out"
	stop
}

"$lido" --headless 320x240 --renderer pixman --socket lido-traps >"$runtime/report" 2>"$runtime/table" &
server=$!
wait_for test -S "$runtime/lido-traps"
export WAYLAND_DISPLAY=lido-traps
case $part in
files)
	run drawn-before mapped-late mapped-twice grows grows-in-steps reads-as-zeros outlives leaves-all two-pools two-connections fork-draws punches \
		prepared finds-libwayland queue threads written beyond-limit
	run numbered large-file
	run_plain shrinks-numbered seeks-numbered sends-numbered far-mapping
	;;
fds)
	run closes-unknown-fds close-range closefrom dup2 closes-stderr fork-closes vfork-exec daemonizes signals seccomp \
		without-fds setuid
	;;
io)
	run_plain reads writes captures shrinks shrinks-sealed truncates-by-opening fallocates private-mapping remaps-pages reuses-fds
	run_plain draws-meanwhile reads-meanwhile asks-meanwhile
	run draws-in-sandbox sized-unseen ordinary-reads
	grep '^a read' "$runtime/out" | sed 's/^/# /'
	run_unlike unseen-read 'an unseen read: 373737' 'an unseen read: 000000'
	run_unlike counts-blocks 'a file in use has blocks: 32' 'a file in use has blocks: 0'
	run_unlike allocates 'an allocated file has blocks: 32' 'an allocated file has blocks: 0'
	run_unlike unseen-mapping 'an unseen mapping: 373737' 'an unseen mapping: 000000'
	run_unlike unseen-write 'after an unseen write: 383838' 'after an unseen write: 373737'
	;;
processes)
	run_plain sent inherited closes-returned
	run received forked-before cloned-before named ring-after ring-of-plugin ring-of-library ring-noticed ring-before
	run_unlike debugged ' 00484848' ' 00000000'
	run_unlike forked-grows 'after the child: 4d4d4d' 'after the child: 4e4e4e'
	check_silence
	;;
races)
	run_plain signal-in-move signal-reads calls-in-move
	run splices-around splices-into-closed streams-before named-before forked-unsized cancels
	;;
direct)
	run_direct unseen-read unseen-write unseen-mapping sized-unseen ring-noticed
	;;
malloc)
	for round in 1 2 3 4 5; do
		expect "threads-with-an-allocator-that-locks-$round" passes "$linked" threads
	done
	expect "threads-with-an-allocator-that-locks-are-in-blocks" says out 'is in a block'
	expect "allocator-that-locks-is-locked-for-forks" passes "$linked" forks-allocating
	;;
drag)
	run_drag drag
	run_drag drag-beside
	run_drag drag-sparse
	run_drag drag-threads
	;;
esac
stop
expect "lido-ends-well" test "$ended" = 0
[ "$part" != files ] || check_near_limit
if [ "$part" = files ] && command -v weston >/dev/null; then
	check_elsewhere
fi
finish
