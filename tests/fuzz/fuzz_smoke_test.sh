#!/bin/sh
# Runs a fuzzer for some seconds with a fixed seed: fuzz_smoke_test.sh FUZZER CORPUS. Prints TAP.
set -u
name=$(basename "$1")
dir=$(mktemp -d "${TMPDIR:-/tmp}/lido-fuzz.XXXXXX")
trap 'rm -rf "$dir"' EXIT
echo 1..1
if "$1" -seed=1 -runs=20000 -max_total_time=5 -timeout=20 -artifact_prefix="$dir/" "$dir" "$2" >"$dir.log" 2>&1; then
	echo "ok 1 - $name@finds-nothing-in-five-seconds"
else
	sed 's/^/# /' "$dir.log"
	for input in "$dir"/crash-* "$dir"/leak-* "$dir"/timeout-* "$dir"/oom-*; do
		[ ! -f "$input" ] || echo "# $(basename "$input"): $(base64 -w 0 "$input")"
	done
	echo "not ok 1 - $name@finds-nothing-in-five-seconds"
fi
rm -f "$dir.log"
