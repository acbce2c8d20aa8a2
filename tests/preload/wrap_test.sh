#!/bin/sh
# Tests lido-wrap: runs unmodified compositors with Lido's backend preloaded, and verifies all rules and stock clients.
# Prints TAP.
#
#     wrap_test.sh LIDO_WRAP LIBRARY LIDO_SHM_CHECK OTHER_WLROOTS PART
set -u
wrap=$1
library=$(realpath "$2")
check=$3
other=$(realpath "$4")
part=$5
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-wrap.XXXXXX")
compositor=
trap '[ -z "$compositor" ] || kill -- "-$compositor" 2>/dev/null; rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY LIDO_TEST LD_PRELOAD
export XDG_RUNTIME_DIR="$runtime" LIDO_WLROOTS_PRELOAD="$library"
export WLR_BACKENDS=headless WLR_RENDERER=pixman WLR_LIBINPUT_NO_DEVICES=1

suite=wrap
say_why() {
	for file in out err log; do
		[ ! -f "$runtime/$file" ] || sed "s/^/$file: /" "$runtime/$file" | tail -n 40
	done
}
time_limit=300
. "$(dirname "$0")/../runner/tap.sh"

says_not() {
	! says "$@"
}

find_socket() {
	for path in "$runtime"/wayland-*; do
		case $path in *.lock) continue ;; esac
		[ -S "$path" ] && socket=${path##*/} && return
	done
	return 1
}

# start COMMAND...: starts a compositor in the background, in its own process group, to be killed with its children.
start() {
	rm -f "$runtime"/wayland-*
	setsid "$wrap" "$@" >"$runtime/log" 2>&1 &
	compositor=$!
	wait_for find_socket
}

stop() {
	kill -- "-$compositor"
	wait "$compositor"
	compositor=
}

# lives COMMAND...: starts a client, and returns whether it is alive after a while.
lives() {
	WAYLAND_DISPLAY=$socket "$@" >"$runtime/out" 2>"$runtime/err" &
	client=$!
	sleep 1.5
	kill "$client" 2>/dev/null
	result=$?
	wait "$client" 2>/dev/null
	return "$result"
}

check_options() {
	expect "help" ends_with 0 "$wrap" --help
	expect "version" ends_with 0 "$wrap" --version
	expect "no-command-is-wrong-use" ends_with 2 "$wrap"
	expect "wrong-limit-is-wrong-use" ends_with 2 "$wrap" --shm-limit files=none true
	expect "wrong-limit-is-named" says err 'files=none'
	expect "limits-are-listed" ends_with 0 "$wrap" --shm-limit help
	expect "command-that-is-not-there-gives-127" ends_with 127 "$wrap" no-such-command
	expect "library-that-is-not-there-gives-126" ends_with 126 env LIDO_WLROOTS_PRELOAD=/nowhere "$wrap" true
	expect "other-programs-run-as-they-are" ends_with 7 "$wrap" sh -c 'exit 7'
	expect "and-nothing-is-said" [ ! -s "$runtime/err" ]
	expect "other-wlroots-is-left-alone" ends_with 0 env LD_PRELOAD="$other" "$wrap" true
	expect "other-wlroots-is-named" says err 'libwlroots-0.99'
}

# check_compositor NAME CHECKS ARGS...: verifies the rules that these arguments of lido-shm-check select. CHECKS: their
# name in the names of tests.
check_compositor() {
	name=$1
	checks=$2
	shift 2
	case $name in
	sway)
		printf 'output HEADLESS-1 mode 320x240@60Hz\n' >"$runtime/config"
		start sway -c "$runtime/config"
		;;
	labwc) start labwc -C "$runtime" ;;
	cage) start cage -- sleep 600 ;;
	esac
	expect "$name-has-it-for-$checks" wait_for says log "wl_shm is Lido's"
	expect "$name-answers-as-lido-in-$checks" ends_with 0 "$check" --socket "$socket" --strict --hostile "$@"
}

# Verifies that stock clients and ours survive in the compositor.
check_clients() {
	for client in weston-simple-shm foot gtk3-demo lido-icons; do
		command -v "$client" >/dev/null || continue
		expect "$name-shows-$client" lives "$client"
	done
}

# Verifies one limit, and the environment of the compositor's clients.
check_limits() {
	start --shm-limit files=3 cage -- sh -c 'env >"$XDG_RUNTIME_DIR/environment"; sleep 600'
	expect "clients-do-not-have-it-preloaded" wait_for grep -q '^WAYLAND_DISPLAY' "$runtime/environment"
	expect "clients-have-no-ld_preload" sh -c '! grep -q ^LD_PRELOAD "$1"' - "$runtime/environment"
	ends_with 0 "$check" --socket "$socket" --verbose --hostile 'wl_shm.create_pool@just-below-the-limit'
	expect "limits-hold" says out 'the limit (files) is 3'
}

# needs PROGRAM: skips the part if the program is not installed.
needs() {
	command -v "$1" >/dev/null || { skip "$part" "$1 is not installed" && finish; }
}

# All rules take most of a minute, and test the same code in each compositor: run them only in sway, in three parts.
case $part in
options) check_options ;;
limits)
	needs cage
	check_limits
	;;
sway)
	needs sway
	check_compositor sway checks-of-wl 'wl_*'
	check_clients
	;;
sway-pool)
	needs sway
	check_compositor sway checks-of-the-pool 'lido_shm_pool_v1*'
	;;
sway-others)
	needs sway
	check_compositor sway all-other-checks --except 'wl_*' --except 'lido_shm_pool_v1*'
	;;
labwc | cage)
	needs "$part"
	check_compositor "$part" checks-of-wl-and-pictures 'wl_*' 'lido_shm_manager_v1*' '*@*shown*'
	check_clients
	;;
esac
finish
