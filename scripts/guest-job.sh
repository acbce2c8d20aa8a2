#!/bin/sh
# How scripts/gpu-run and scripts/vm-run hand a command over: scripts/guest-init.sh runs it.

# quote WORDS...: prints them quoted for the shell.
quote() {
	for word in "$@"; do
		printf "'%s' " "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")"
	done
}

# write_job FOLDER COMMAND...: writes the command and this environment there.
write_job() {
	export -p >"$1/environment"
	folder=$1
	shift
	echo "exec $(quote "$@")" >"$folder/command"
}
