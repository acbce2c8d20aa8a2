#!/bin/sh
# Tests the program lido-shm-check from the outside, against lido at a socket. Prints TAP.
#
#     shm_check_test.sh LIDO LIDO_SHM_CHECK PART
set -u
lido=$1
check=$2
part=$3
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-shm-check.XXXXXX")
trap 'rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY LIDO_TEST
export XDG_RUNTIME_DIR="$runtime"

suite=shm_check
say_why() {
	cat "$runtime/out" "$runtime/err"
}
time_limit=500
program=$check
. "$(dirname "$0")/../runner/tap.sh"

# start ASAN-OPTIONS: starts lido in the background, at the socket "checked".
start() {
	ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}$1" \
		"$lido" --headless 320x240 --renderer pixman --socket checked 2>"$runtime/lido" &
	server=$!
	wait_for [ -S "$runtime/checked" ]
}

stop() {
	kill "$server"
	wait "$server"
	expect "lido-$1" [ $? = 0 ]
	[ "$failed" = 0 ] || sed 's/^/# /' "$runtime/lido"
}

check_options() {
	expect "help-says-how" ends_with 0 --help
	expect "help-is-on-standard-output" says out '^Usage:'
	expect "version" ends_with 0 --version
	expect "unknown-option-is-2" ends_with 2 --frobnicate
	expect "unknown-format-is-2" ends_with 2 --format=xml
	expect "unknown-format-names-those-there-are" says err 'table, tap, junit and markdown'
	expect "timeout-that-is-no-number-is-2" ends_with 2 --timeout=soon
	expect "no-socket-is-2" ends_with 2
	expect "no-socket-says-what-to-do" says err '\-\-socket NAME'
	expect "nobody-there-is-2" ends_with 2 --socket nobody
	expect "nobody-there-names-the-path" says err "$runtime/nobody"
	expect "list-needs-no-compositor" ends_with 0 --list
	expect "list-has-sentences" says out '^wl_shm_pool.resize@smaller-is-refused	This request can only'
	expect "list-of-some" ends_with 0 --list 'wl_shm_pool.resize@*'
	expect "list-of-some-has-no-other" [ "$(grep -vc '^wl_shm_pool.resize@' "$runtime/out")" = 0 ]

	expect "list-without-some" ends_with 0 --list --except '*@smaller*' 'wl_shm_pool.resize@*'
	expect "list-without-some-has-the-others" says out '@to-the-same-size'
	expect "list-without-some-has-none-of-them" [ "$(grep -c '@smaller' "$runtime/out")" = 0 ]
}

check_formats() {
	start detect_leaks=1
	expect "path-for-a-socket" ends_with 0 --socket "$runtime/checked" 'wl_shm@*'
	expect "tap" ends_with 0 --socket checked --format tap 'wl_shm.format@*'
	expect "tap-has-a-plan" says out '^1\.\.3$'
	expect "tap-has-results" says out '^ok 1 - wl_shm.format@'
	expect "junit" ends_with 0 --socket checked --format junit 'wl_shm*'
	expect "junit-is-xml" xmllint --noout "$runtime/out"
	expect "markdown" ends_with 0 --socket checked --format markdown 'wl_shm.format@*'
	expect "markdown-has-four-columns" says out '^| wl_shm.format@[^|]*|[^|]*| accepted | accepted |$'
	expect "unknown-test-is-2" ends_with 2 --socket checked nonsense
	stop "has-ended-well-after-reports"
}

# check_all NAME SKIPPED ARGS...: Lido follows the rules that the arguments select, of which SKIPPED are skipped.
check_all() {
	name=$1
	skipped=$2
	shift 2
	start detect_leaks=1
	expect "lido-is-as-expected-in-$name" ends_with 0 --socket checked --strict --hostile --except '*@captured-into-*' "$@"
	# The renderer lacks formats with two planes.
	expect "nothing-else-is-skipped-in-$name" [ "$(grep -c '^  skipped ' "$runtime/out")" = \
		"$(grep -c '^  skipped .* no format .* is offered$' "$runtime/out")" ]
	expect "nothing-is-skipped-without-being-told-in-$name" says out \
		" 0 failed, 0 differ where the description is silent, $skipped skipped$"
	stop "has-ended-well-after-$name"
}

# wlroots' screen capture never unlocks a buffer that it refuses, which leaks: run without leak detection.
check_captures() {
	start detect_leaks=0
	expect "lido-is-as-expected-in-captures" ends_with 0 --socket checked --strict '*@captured-into-*'
	stop "has-ended-well-after-captures"
}

# All rules take most of a minute, so they are split into three parts.
case $part in
options) check_options ;;
captures) check_captures ;;
wl) check_all checks-of-wl 0 'wl_*' ;;
pool) check_all checks-of-the-pool 0 'lido_shm_pool_v1*' ;;
others) check_all all-other-checks 1 --except 'wl_*' --except 'lido_shm_pool_v1*' ;;
formats) check_formats ;;
esac
finish
