#!/bin/sh
# Tests that check.py reports what got worse than the docs, and nothing else. Prints TAP.
#
#     check_test.sh CHECK.PY
set -u
check=$1
folder=$(mktemp -d "${TMPDIR:-/tmp}/lido-check.XXXXXX")
trap 'rm -rf "$folder"' EXIT
number=0
failed=0

# expect NAME STATUS LIDO CAGE: Lido needs 10 (8-12) in the docs, and cage 20.
expect() {
	number=$((number + 1))
	table "$3" "$4" >"$folder/start.txt"
	status=0
	python3 "$check" "$folder/docs" "$folder/start.txt" >"$folder/out" 2>&1 || status=$?
	if [ "$status" = "$2" ]; then
		echo "ok $number check@$1"
	else
		failed=1
		echo "not ok $number check@$1"
		sed 's/^/# /' "$folder/out"
	fi
}

table() {
	printf '\nstart, and idle without clients\nserver  CPU until then  fds\n'
	printf 'lido    %s     29\ncage    %s   19\n' "$1" "$2"
}

{
	printf 'Text.\n\n```'
	table '10.0 (8.0-12.0)' '20.0 (18.0-25.0)'
	printf '```\n'
} >"$folder/docs"
expect equal-is-fine 0 '10.0 (8.0-12.0)' '20.0 (18.0-25.0)'
expect better-is-fine 0 '5.0 (4.0-6.0)' '20.0 (18.0-25.0)'
expect a-slower-machine-is-fine 0 '20.0 (16.0-24.0)' '40.0 (36.0-50.0)'
expect worse-within-the-span-is-fine 0 '12.0 (11.0-13.0)' '20.0 (18.0-25.0)'
expect worse-is-reported 1 '14.0 (13.0-15.0)' '20.0 (18.0-25.0)'
expect nothing-to-compare-is-reported 2 '-' '-'
echo "1..$number"
exit $failed
