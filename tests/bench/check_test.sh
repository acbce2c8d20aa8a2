#!/bin/sh
# Tests that check.py reports what got worse than the docs, and nothing else. Prints TAP.
#
#     check_test.sh CHECK.PY
set -u
check=$1
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-check.XXXXXX")
trap 'rm -rf "$runtime"' EXIT

suite=check
say_why() {
	cat "$runtime/out" "$runtime/err"
}
. "$(dirname "$0")/../runner/tap.sh"

table() {
	printf '\nstart, and idle without clients\nserver  CPU until then  fds\n'
	printf 'lido    %s     29\ncage    %s   19\n' "$1" "$2"
}

# expect_status NAME STATUS LIDO CAGE: Lido needs 10 (8-12) in the docs, and cage 20.
expect_status() {
	table "$3" "$4" >"$runtime/start.txt"
	expect "$1" ends_with "$2" python3 "$check" "$runtime/docs" "$runtime/start.txt"
}

{
	printf 'Text.\n\n```'
	table '10.0 (8.0-12.0)' '20.0 (18.0-25.0)'
	printf '```\n'
} >"$runtime/docs"
expect_status equal-is-fine 0 '10.0 (8.0-12.0)' '20.0 (18.0-25.0)'
expect_status better-is-fine 0 '5.0 (4.0-6.0)' '20.0 (18.0-25.0)'
expect_status a-slower-machine-is-fine 0 '20.0 (16.0-24.0)' '40.0 (36.0-50.0)'
expect_status worse-within-the-span-is-fine 0 '12.0 (11.0-13.0)' '20.0 (18.0-25.0)'
expect_status worse-is-reported 1 '14.0 (13.0-15.0)' '20.0 (18.0-25.0)'
expect_status nothing-to-compare-is-reported 2 '-' '-'
finish
