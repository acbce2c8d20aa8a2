#!/bin/sh
# Compares where instructions begin with what objdump says, in libraries of this machine. Prints TAP.
#
#     instructions_test.sh INSTRUCTIONS FILE...
set -u
instructions=$1
shift
folder=$(mktemp -d /dev/shm/lido-instructions.XXXXXX)
trap 'rm -rf "$folder"' EXIT

suite=run_instructions
say_why() {
	diff "$folder/objdump" "$folder/ours" | head -n 20
}
. "$(dirname "$0")/../runner/tap.sh"

if [ $# = 0 ]; then
	skip instructions "the instructions of this machine have one length"
fi
for file in "$@"; do
	path=$(realpath "$file")
	objdump --disassemble --wide --section=.text "$path" | sed -n 's/^ *\([0-9a-f]*\):.*/\1/p' >"$folder/objdump"
	"$instructions" "$path" >"$folder/ours"
	name=${file##*/}
	expect "$name-has-instructions" test "$(wc -l <"$folder/objdump")" -gt 1000
	expect "$name-is-read-as-objdump-reads-it" cmp "$folder/objdump" "$folder/ours"
done
finish
