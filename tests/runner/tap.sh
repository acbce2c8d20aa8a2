# For tests in sh, which source it: tests are printed as TAP. Before that they set
#   suite      what stands before the @ of each name
#   runtime    the folder with what programs have said
#   say_why    a function that shows what there is to see of a failure
# and may set patience, in tenths of a second, for wait_for.
number=0
failed=0

# expect NAME CONDITION...: one test; what was said is shown when the condition does not hold.
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

# skip NAME CAUSE
skip() {
	number=$((number + 1))
	echo "ok $number $suite@$1 # SKIP $2"
}

# says FILE PATTERN
says() {
	grep -qe "$2" "$runtime/$1"
}

# finish: prints the plan, and ends the test. A part that is no part, and so ran nothing, has failed.
finish() {
	[ "$number" -gt 0 ] || { echo "Bail out! $suite has no such part" && exit 1; }
	echo "1..$number"
	exit "$failed"
}

# wait_for COMMAND...: until it succeeds.
wait_for() {
	tries=${patience:-200}
	until "$@" 2>/dev/null; do
		[ "$((tries -= 1))" -gt 0 ] || return 1
		sleep 0.1
	done
}
