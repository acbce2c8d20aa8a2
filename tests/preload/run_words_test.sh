#!/bin/sh
# Tests lido-run with a path that has $LIB: a program of 32 bits loads nothing, or the library that is installed for it.
# Prints TAP.
#
#     run_words_test.sh LIDO LIDO_RUN LIBRARY LIB STUB stub PROGRAM
#     run_words_test.sh LIDO LIDO_RUN LIBRARY LIB STUB library TRAPS
#
# LIDO_RUN is of the same build as LIBRARY, for whose programs LIB takes the place of $LIB. STUB is for programs of 32
# bits: PROGRAM, for which no library is installed, or TRAPS, for which it is LIBRARY.
set -u
lido=$1
run=$2
library=$(realpath "$3")
lib=$4
stub=$(realpath "$5")
part=$6
program=$(realpath "$7")
runtime=$(mktemp -d /dev/shm/lido-words.XXXXXX)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY LD_PRELOAD LIDO_RUN_DEBUG
export XDG_RUNTIME_DIR="$runtime"

suite=run_words
say_why() {
	for file in out err report; do
		[ ! -f "$runtime/$file" ] || tail -n 20 "$runtime/$file" | sed "s/^/$file: /"
	done
}
narrow=$program
program=
. "$(dirname "$0")/../runner/tap.sh"

says_nothing() {
	[ ! -s "$runtime/err" ]
}

for folder in lib/i386-linux-gnu lib32 lib; do
	mkdir -p "$runtime/installed/$folder"
	ln -s "$stub" "$runtime/installed/$folder/lido-run.so"
done

check_stub() {
	mkdir -p "$runtime/installed/$lib"
	ln -sf "$library" "$runtime/installed/$lib/lido-run.so"
	export LIDO_RUN_PRELOAD="$runtime/installed/\$LIB/lido-run.so"
	expect "programs-of-64-bits-load-the-library" ends_with 0 "$run" grep -q "$library" /proc/self/maps
	expect "and-nothing-is-said" says_nothing
	expect "programs-of-32-bits-run" ends_with 7 "$run" "$narrow"
	expect "and-nothing-is-said-of-them" says_nothing
	expect "programs-that-they-start-load-the-library" ends_with 0 \
		"$run" "$narrow" grep -q "$library" /proc/self/maps
	expect "and-nothing-is-said-of-these" says_nothing
	expect "managed-programs-of-32-bits-run" ends_with 7 "$lido" --headless 64x64 --managed -- "$narrow"
	expect "and-ld.so-says-nothing-of-them" sh -c '! grep -q ld.so "$1"' - "$runtime/err"
	rm "$runtime/installed/$lib/lido-run.so"
	expect "library-that-is-not-there-gives-126" ends_with 126 "$run" "$narrow"
}

check_library() {
	"$lido" --headless 320x240 --renderer pixman --socket lido-words >"$runtime/report" 2>&1 &
	server=$!
	wait_for test -S "$runtime/lido-words"
	export WAYLAND_DISPLAY=lido-words LIDO_RUN_PRELOAD="$runtime/installed/\$LIB/lido-run.so"
	expect "program-of-32-bits-runs" ends_with 0 "$run" --debug "$narrow" drawn-before
	expect "its-pool-is-in-a-block" says err 'a pool of [0-9]* bytes is in a block'
	expect "program-of-32-bits-is-silent" ends_with 0 "$run" "$narrow" drawn-before
	expect "and-so-is-ld.so" says_nothing
	kill "$server"
	wait "$server"
	ended=$?
	server=
	expect "lido-ends-well" test "$ended" = 0
}

case $part in
stub) check_stub ;;
library) check_library ;;
esac
finish
