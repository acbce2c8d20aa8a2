#!/bin/sh
# Uses protocols by stock programs that need them, and verifies what the programs then do. Prints TAP.
#
#     tools_test.sh LIDO DRIVE PART [HANDS]
#
# HANDS, which takes the place of LIDO, has a tablet and a touchpad.
set -u
lido=$1
drive=$2
part=$3
hands=${4-}
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-tools.XXXXXX")
trap 'rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY
export XDG_RUNTIME_DIR="$runtime" LANG=C.UTF-8 LC_ALL=C.UTF-8 GDK_BACKEND=wayland GTK_A11Y=none NO_AT_BRIDGE=1
export GSETTINGS_BACKEND=memory

suite=tools
patience=100
say_why() {
	tail -n 30 "$runtime/client" "$runtime/typed" "$runtime/out" "$runtime/err" "$runtime/lido.log"
}
. "$(dirname "$0")/../runner/tap.sh"

# needs TOOL...: ends the test if one is not installed.
needs() {
	for tool; do
		command -v "$tool" >/dev/null || { skip "$part" "$tool is not installed"; finish; }
	done
}

start_lido() {
	if [ -n "$hands" ]; then
		mkfifo "$runtime/hands"
		"$hands" 800 600 tools <"$runtime/hands" >"$runtime/report" 2>"$runtime/lido.log" &
		server=$!
		exec 3>"$runtime/hands"
	else
		"$lido" --headless 800x600 --no-xwayland --socket tools >"$runtime/report" 2>"$runtime/lido.log" &
		server=$!
	fi
	wait_for grep -q running "$runtime/report" "$runtime/lido.log"
	export WAYLAND_DISPLAY=tools
	# What the seat has does not change while clients are tested.
	"$drive" plug >"$runtime/plug" 2>&1 3>&- &
	plug=$!
	wait_for grep -q plugged "$runtime/plug"
	picture empty
}

end_lido() {
	kill "$plug"
	kill -TERM "$server"
	wait "$server"
	expect "lido-ends-well-after-$part" test $? = 0
	finish
}

# start COMMAND...: starts the client, which prints its requests and events. $client is its pid.
start() {
	WAYLAND_DEBUG=client "$@" >"$runtime/client" 2>&1 3>&- &
	client=$!
}

end_client() {
	kill "$client" 2>/dev/null
	wait "$client" 2>/dev/null
}

# Returns whether the client has printed the pattern. Versions of libwayland differ in the sign before an object's number.
prints() {
	grep -qe "$(echo "$1" | sed 's/@/[@#][0-9]*/')" "$runtime/client"
}

act() {
	printf '%s\n' "$@" >&3
	sleep 0.1
}

# picture NAME: takes a screenshot, of $place if that is set.
place=
picture() {
	timeout 60 grim ${place:+-g "$place"} -t ppm "$runtime/$1" 2>"$runtime/err"
}

# Whether the screen differs from the picture "before".
changes() {
	picture after && ! cmp -s "$runtime/before" "$runtime/after"
}

# is_shown [TITLE]: returns whether a window is drawn, and the client has set this title.
is_shown() {
	picture before && ! cmp -s "$runtime/before" "$runtime/empty" && sleep 0.5 && ! changes &&
		prints "xdg_toplevel@.set_title(\"${1-}"
}

case $part in
tablet)
	needs weston-tablet grim
	start_lido
	start weston-tablet
	expect weston-tablet-knows-the-tablet wait_for prints 'zwp_tablet_seat_v2@.tablet_added'
	expect weston-tablet-is-shown wait_for is_shown
	# Where the line begins, far from where the cursor is before and after.
	place='150,170 40x30'
	picture before
	act 'near 200 300' 'tip 200 300'
	# The program draws from where the pen was in one frame to where it is in the next.
	for position in '210 310' '220 320' '240 320' '260 330' '280 340' '320 380'; do
		act "draw $position"
	done
	expect pen-comes-near wait_for prints 'zwp_tablet_tool_v2@.proximity_in'
	expect pen-presses wait_for prints 'zwp_tablet_tool_v2@.down'
	expect pen-moves wait_for prints 'zwp_tablet_tool_v2@.motion'
	act raise
	expect pen-leaves wait_for prints 'zwp_tablet_tool_v2@.proximity_out'
	expect pen-has-drawn-a-line wait_for changes
	end_client
	;;
gestures)
	needs gtk3-demo grim
	start_lido
	start gtk3-demo --run=gestures
	expect gtk-asks-for-gestures wait_for prints 'zwp_pointer_gestures_v1@.get_swipe_gesture'
	expect demo-of-gestures-is-shown wait_for is_shown Gestures
	"$drive" move 200 300 wait 200 >"$runtime/out" 2>&1
	picture before
	act 'swipe 200 100'
	expect swipe-arrives wait_for prints 'zwp_pointer_gesture_swipe_v1@.end'
	expect swipe-is-shown wait_for changes
	picture before
	act 'pinch 2000'
	expect pinch-is-shown wait_for changes
	act part
	expect pinch-arrives wait_for prints 'zwp_pointer_gesture_pinch_v1@.end'
	end_client
	;;
shortcuts)
	needs Xwayland xev wtype
	start_lido
	start Xwayland -geometry 400x300 -host-grab -displayfd 9 9>"$runtime/number"
	wait_for test -s "$runtime/number"
	DISPLAY=:$(cat "$runtime/number") stdbuf -oL xev -geometry 400x300+0+0 >"$runtime/typed" 2>&1 &
	xev=$!
	expect xev-is-shown wait_for grep -q MapNotify "$runtime/typed"
	"$drive" key c wait 100
	expect keys-reach-xev wait_for grep -q 'keysym 0x63, c' "$runtime/typed"
	expect xwayland-inhibits-shortcuts wait_for prints 'zwp_keyboard_shortcuts_inhibit_manager_v1@.inhibit_shortcuts'
	expect xwayland-is-told-that-it-does wait_for prints 'zwp_keyboard_shortcuts_inhibitor_v1@.active'
	expect binding-does-not-close-xwayland ends_with 0 "$drive" close wait 300
	expect its-key-reaches-xev wait_for grep -q 'keysym 0xffc1, F4' "$runtime/typed"
	wtype -s 300 -M logo -k Escape -m logo
	expect super-escape-ends-it wait_for prints 'zwp_keyboard_shortcuts_inhibitor_v1@.inactive'
	expect binding-is-pressed-again ends_with 0 "$drive" close
	expect binding-closes-xwayland wait_for sh -c '! kill -0 "$1"' - "$client"
	wait "$xev" 2>/dev/null
	end_client
	;;
hints)
	needs weston-simple-egl grim
	start_lido
	start weston-simple-egl -t
	expect weston-simple-egl-hints-that-it-may-tear wait_for prints 'wp_tearing_control_v1@.set_presentation_hint(1)'
	expect its-window-is-shown wait_for prints 'wl_surface@.enter'
	expect weston-simple-egl-is-still-there kill -0 "$client"
	end_client
	;;
foreign)
	# GTK passes the handle of the window to what opens a link. Nothing is installed that does.
	needs gtk3-demo grim
	start_lido
	start gtk3-demo --run=links
	expect gtk-asks-for-both-versions wait_for prints 'bind([0-9]*, "zxdg_exporter_v1", 1'
	expect demo-of-links-is-shown wait_for is_shown Links
	"$drive" click 181 228 wait 100 >"$runtime/out" 2>&1
	expect window-with-the-link-is-exported wait_for prints 'zxdg_exporter_v2@.export_toplevel'
	expect gtk-receives-a-handle wait_for prints 'zxdg_exported_v2@.handle("[0-9a-f]*")'
	expect gtk-is-still-there kill -0 "$client"
	end_client
	;;
list)
	needs foot grim
	grim -h | grep -q -e ' -T ' || { skip grim-captures-a-window 'this version of grim has no -T'; finish; }
	start_lido
	"$drive" globals | grep -qx ext_foreign_toplevel_image_capture_source_manager_v1 ||
		{ skip grim-captures-a-window 'wlroots is older than 0.20'; end_lido; }
	start foot --config=/dev/null --window-size-pixels=300x200 sleep 1000
	foot=$client
	expect foot-is-shown wait_for is_shown
	start grim -T none "$runtime/none"
	wait "$client"
	expect grim-finds-no-window-without-its-identifier test ! -e "$runtime/none"
	identifier=$(sed -n 's/.*ext_foreign_toplevel_handle_v1[@#][0-9]*\.identifier("\(.*\)").*/\1/p' "$runtime/client")
	expect grim-captures-the-window ends_with 0 grim -T "$identifier" -t ppm "$runtime/window"
	expect picture-has-the-width-of-the-window grep -aqx '300 [0-9]*' "$runtime/window"
	kill "$foot"
	;;
fixes)
	needs weston-simple-egl
	start_lido
	"$drive" globals | grep -qx wl_fixes || { skip mesa-destroys-its-registry 'wlroots is older than 0.20'; end_lido; }
	start weston-simple-egl
	expect mesa-destroys-its-registry wait_for prints 'wl_fixes@.destroy_registry'
	expect its-window-is-shown wait_for prints 'wl_surface@.enter'
	end_client
	;;
esac
[ -z "${server-}" ] || end_lido
finish
