# Functions for tests in sh, which print TAP. Before sourcing this file, a test sets
#   suite      the part of each name before the @
#   runtime    the folder with the output of programs
#   say_why    a function that prints the details of a failure
# and may set
#   patience   the timeout of wait_for in tenths of a second
#   time_limit the timeout of ends_with in seconds
#   program    what ends_with runs, if its tests name only arguments
number=0
failed=0

# expect NAME COMMAND...: one test, which fails with details if the command fails.
expect() {
	sentence=$1
	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number $suite@$sentence"
		return
	fi
	failed=1
	echo "not ok $number $suite@$sentence"
	echo "# failed: $*"
	say_why 2>/dev/null | sed 's/^/# /'
}

# skip NAME CAUSE: skips one test.
skip() {
	number=$((number + 1))
	echo "ok $number $suite@$1 # SKIP $2"
}

# ends_with STATUS [COMMAND] ARGUMENT...: runs a program, with output to $runtime/out and $runtime/err. Fails if it exits
# with another status.
ends_with() {
	wanted=$1
	shift
	timeout "${time_limit:-60}" ${program:+"$program"} "$@" >"$runtime/out" 2>"$runtime/err"
	[ $? = "$wanted" ]
}

# says FILE PATTERN: returns whether the output in this file of $runtime has a match.
says() {
	grep -qe "$2" "$runtime/$1"
}

# finish: prints the plan, and exits. Running no test, as with an unknown part, is a failure.
finish() {
	[ "$number" -gt 0 ] || { echo "Bail out! no test of $suite was run: unknown part" && exit 1; }
	echo "1..$number"
	exit "$failed"
}

# wait_for COMMAND...: repeats the command until it succeeds. Fails after the timeout.
wait_for() {
	tries=${patience:-200}
	until "$@" 2>/dev/null; do
		[ "$((tries -= 1))" -gt 0 ] || return 1
		sleep 0.1
	done
}
