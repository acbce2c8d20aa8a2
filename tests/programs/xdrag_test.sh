#!/bin/sh
# Drags from X11 programs to Wayland windows, and the other way. Prints TAP.
#
#     xdrag_test.sh LIDO DRIVE DROP XDRAG [HANDS]
#
# With HANDS, which takes the place of LIDO, the drags are by a finger and a pen.
set -u
lido=$1
drive=$2
drop=$3
xdrag=$4
hands=${5-}
runtime=$(mktemp -d "${TMPDIR:-/tmp}/lido-xdrag.XXXXXX")
trap 'rm -rf "$runtime"' EXIT
unset WAYLAND_DISPLAY DISPLAY
export XDG_RUNTIME_DIR="$runtime" LANG=C.UTF-8 LC_ALL=C.UTF-8

suite=xwayland
say_why() {
	tail -n 30 "$runtime/place" "$runtime/source" "$runtime"/*.log
}
. "$(dirname "$0")/../runner/tap.sh"

for tool in Xwayland grim foot swaylock gtk3-demo xclip xdotool; do
	command -v "$tool" >/dev/null || { skip x11-programs-drag "$tool is not installed"; finish; }
done

# find_example NAME: prints the path of an example program of Qt.
find_example() {
	find /usr/lib -path "*/$1/*" -name "$1" -type f -perm -1 2>/dev/null | head -n 1
}
example=$(find_example draggabletext)
editor=$(find_example notepad)

if [ -n "$hands" ]; then
	mkfifo "$runtime/hands"
	"$hands" 1000 600 drags <"$runtime/hands" >"$runtime/lido.log" 2>"$runtime/out.log" &
	server=$!
	exec 3>"$runtime/hands"
else
	"$lido" --headless 1000x600 --socket drags --xwayland >"$runtime/out.log" 2>"$runtime/lido.log" &
	server=$!
fi
wait_for grep -q 'running' "$runtime/lido.log"
export WAYLAND_DISPLAY=drags DISPLAY="$(sed -n 's/.* DISPLAY=\(:[0-9]*\)$/\1/p' "$runtime/lido.log")"
"$drive" plug >"$runtime/plug.log" 2>&1 &
plug=$!

# has_color X Y RRGGBB: returns whether the screen has this color there.
has_color() {
	[ "$(grim -t ppm -g "$1,$2 1x1" - | tail -c 3 | od -An -tx1 | tr -d ' ')" = "$3" ]
}

has_no_color() {
	! has_color "$@"
}

# A window of the X11 program is at 150, 150; the place for drops at 800, 150, and nothing at 800, 500. In thousandths:
source_at='150 250'
place_at='800 250'
nothing_at='800 833'

# from X Y to X Y: prints moves of the pointer from here to there, in steps as a hand makes them.
from() {
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		printf ' move %d %d' $(($1 + i * ($4 - $1) / 12)) $(($2 + i * ($5 - $2) / 12))
	done
	echo ' wait 200'
}
to_place=$(from $source_at to $place_at)

# open PLACE-ARGUMENTS SOURCE-ARGUMENTS: shows a place for drops and an X11 program, whose output is in $runtime/place and
# $runtime/source.
open() {
	"$drop" $1 >"$runtime/place" 2>"$runtime/place.log" &
	place=$!
	"$xdrag" $2 >"$runtime/source" 2>"$runtime/source.log" &
	source=$!
	wait_for has_color 950 280 00a000
	wait_for has_color 220 230 c00000
}

shut() {
	kill "$place" "$source" 2>/dev/null
	wait "$place" "$source" 2>/dev/null
	wait_for has_no_color 950 280 00a000
	wait_for has_no_color 220 230 c00000
}

# drag ACTIONS...: presses the button in the X11 program, and acts.
drag() {
	"$drive" press $source_at wait 100 "$@" >"$runtime/drive.log" 2>&1
}

# hold ACTIONS...: the same, and holds the button down until let_go.
hold() {
	rm -f "$runtime/go"
	drag "$@" until "$runtime/go" release &
	dragging=$!
}

let_go() {
	: >"$runtime/go"
	wait "$dragging"
}

# has_label: returns whether there is more than one color where the label was dropped.
has_label() {
	[ "$(grim -t ppm -g '560,190 90x20' - | tail -c 5400 | od -An -v -tx1 -w3 | sort -u | wc -l)" -gt 2 ]
}

never() {
	! "$@"
}

# is_told FILE LINE: returns whether the line comes.
is_told() {
	wait_for grep -qx "$2" "$runtime/$1"
}

end_server() {
	kill -TERM "$server"
	wait "$server"
	expect "$1" test $? = 0
	kill "$plug" 2>/dev/null
	finish
}

# hand ACTION X Y X Y: moves a finger or a pen by this action from here to there, in steps as a hand makes them.
hand() {
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		echo "$1 $(($2 + i * ($4 - $2) / 12)) $(($3 + i * ($5 - $3) / 12))" >&3
		sleep 0.02
	done
	sleep 0.2
}

# is_accepted: returns whether the place accepts the drag, and the X11 program knows it.
is_accepted() {
	wait_for sh -c 'tail -n 1 "$1/place" | grep -qx "action 1" && tail -n 1 "$1/source" | grep -qx "status 1 copy"' - \
		"$runtime"
}

# has_ended TIMES: returns whether so many drags of the X11 program have ended. The X server forgets what touches a window
# when a program lets go of the pointer: whoever touches it before that drags nothing.
has_ended() {
	wait_for sh -c 'test "$(grep -cx end "$1/source")" = "$2"' - "$runtime" "$1"
}

# by_hand NAME PRESS MOVE RELEASE: drags from the X11 program to the place with these actions of hands.
by_hand() {
	open 'text/plain 7' '5 copy'
	eval "$2"
	sleep 0.1
	hand "$3" $source_at $place_at
	expect "x11-drag-by-$1-is-accepted" is_accepted
	echo "$4 $place_at" >&3
	expect "x11-drag-by-$1-is-dropped-on-a-wayland-window" is_told place 'data 5 495'
	expect "program-of-the-drag-by-$1-is-told" is_told source 'finished 1 copy'
	shut
	open 'text/plain 7' '5 copy'
	eval "$2"
	sleep 0.1
	hand "$3" $source_at $place_at
	wait_for grep -q '^enter' "$runtime/place"
	hand "$3" $place_at $nothing_at
	echo "$4 $nothing_at" >&3
	expect "x11-drag-by-$1-to-nothing-leaves" is_told place leave
	expect "drag-by-$1-ends-then" has_ended 1
	expect "nothing-is-dropped-there-by-$1" never says place drop
	eval "$2"
	sleep 0.1
	echo "$3 $place_at" >&3
	is_accepted
	echo "$4 $place_at" >&3
	expect "$1-may-jump-there-and-rest" is_told place 'data 5 495'
	shut
}

# open_both: shows labels of Qt on Wayland, of which one is at $label_at, and an editor of Qt on X11, with a place for
# drops at $editor_at and its first word at $word_at.
label_at='81 97'
editor_at='600 650'
word_at='228 441'
open_both() {
	QT_QPA_PLATFORM=wayland "$example" >"$runtime/qt.log" 2>&1 &
	source=$!
	wait_for has_color 300 200 efefef
	QT_QPA_PLATFORM=xcb "$editor" >"$runtime/qt-x11.log" 2>&1 &
	place=$!
	wait_for has_color 880 400 ffffff
	sleep 1
}

# has_word WORD: returns whether this is the editor's first word: a double click makes it the primary selection.
has_word() {
	"$drive" click $word_at click $word_at wait 300 >"$runtime/drive.log" 2>&1
	[ "$(timeout 5 xclip -o -selection primary)" = "$1" ]
}

shut_both() {
	kill "$source" "$place"
	wait "$source" "$place" 2>/dev/null
	wait_for has_no_color 300 200 efefef
	wait_for has_no_color 880 400 ffffff
}

if [ -n "$hands" ]; then
	by_hand finger 'echo "touch $source_at" >&3' slide lift
	by_hand pen 'echo "near $source_at" >&3; sleep 0.1; echo "tip $source_at" >&3' draw raise
	open 'text/plain 7' '5 copy'
	echo "touch $source_at" >&3
	sleep 0.1
	hand slide $source_at $place_at
	is_accepted
	echo cancel >&3
	expect finger-that-is-canceled-leaves is_told place leave
	expect and-drops-nothing never says place drop
	shut
	open 'text/plain 7' '5 copy'
	"$drive" move $source_at >"$runtime/drive.log" 2>&1
	echo "touch $source_at" >&3
	sleep 0.1
	hand slide $source_at $nothing_at
	wait_for grep -qx left "$runtime/source"
	"$drive" move 160 260 move 170 270 >"$runtime/drive.log" 2>&1
	hand slide $nothing_at $place_at
	expect drag-by-finger-goes-on-while-the-pointer-moves-over-the-program is_accepted
	expect and-follows-the-finger-alone sh -c 'test "$(grep -cx entered "$1/source")" -le 1' - "$runtime"
	echo "lift $place_at" >&3
	expect and-is-dropped-by-the-finger is_told place 'data 5 495'
	shut
	if [ -n "$example" ] && [ -n "$editor" ]; then
		open_both
		echo "touch $label_at" >&3
		sleep 0.1
		hand slide $label_at $editor_at
		echo "lift $editor_at" >&3
		expect label-of-qt-is-dropped-by-a-finger-on-an-editor-of-qt-on-x11 wait_for has_word Academy
		shut_both
	else
		skip label-of-qt-is-dropped-by-a-finger-on-an-editor-of-qt-on-x11 "Qt's examples draggabletext and notepad are not installed"
	fi
	end_server lido-ends-well-after-drags-by-hand
fi

open 'text/plain 7' '5 copy'
drag $to_place release
expect text-of-an-x11-program-is-dropped-on-a-wayland-window is_told place 'data 5 495'
expect x11-program-is-told is_told source 'finished 1 copy'
expect nothing-is-deleted-then never says source DELETE
drag move $place_at wait 300 release
expect pointer-may-jump-there-and-rest wait_for sh -c 'test "$(grep -cx "data 5 495" "$1/place")" = 2' - "$runtime"
shut

open 'text/plain;charset=utf-8 7' '5 move copy,move'
drag $to_place release
expect text-is-moved is_told source 'finished 1 move'
expect program-is-to-delete-what-was-moved says source 'asked DELETE'
expect utf-8-has-its-own-name says source 'asked UTF8_STRING'
shut

open 'text/plain 7' '5 ask copy,move,ask'
drag $to_place release
expect wayland-program-asks-its-user is_told place 'action 4'
expect answer-is-told is_told source 'finished 1 copy'
shut

open 'text/plain 2 2' '5 copy copy'
drag $to_place release
expect nothing-is-dropped-without-a-common-action is_told source leave
expect and-nothing-was-told never says place drop
shut

open 'text/plain 7' '3000000 copy'
drag $to_place release
expect megabytes-come-in-pieces is_told place 'data 3000000 328499920'
shut

open 'text/plain 7 0 slow' '3000000 copy'
drag $to_place release
expect x11-programs-go-on-while-a-client-does-not-read ends_with 0 xdpyinfo
expect it-receives-all-the-same is_told place 'data 3000000 328499920'
shut

open 'text/plain 7' '5 copy copy 1000'
drag $to_place wait 500 release
expect many-types-are-offered is_told place 'data 5 495'
expect but-no-more-than-other-clients-may-offer sh -c 'test "$(grep ^enter "$1/place" | wc -w)" = 258' - "$runtime"
shut

open 'image/png 7' '5 copy'
drag $to_place release
expect nothing-is-dropped-without-a-common-type is_told source leave
expect and-no-data-was-asked-for never says source asked
shut

open 'text/plain 7' '5 copy'
drag $to_place key escape wait 100 release
expect x11-program-receives-keys is_told source escape
expect drag-that-it-cancels-leaves is_told place leave
expect and-is-not-dropped never says place drop
shut

open 'text/plain 7' '5 copy copy 2 50 early'
drag $to_place wait 300 release
expect drop-before-the-button-is-released-is-refused is_told source 'finished 0 none'
expect and-the-wayland-window-is-left is_told place leave
expect and-has-no-data never says place drop
shut

open 'text/plain 7' '5 copy'
drag $to_place $(from $place_at to $nothing_at) release
expect drag-to-nothing-leaves is_told place leave
expect and-nothing-is-dropped-there never says place drop
drag $to_place $(from $place_at to $nothing_at) $(from $nothing_at to $place_at) release
expect drag-may-come-back is_told place 'data 5 495'
shut

open 'text/plain 7' '5 copy'
drag $to_place $(from $place_at to $source_at) release
expect program-may-drop-on-its-own-window is_told source dropped
expect after-it-left-the-other-one is_told place leave
"$xdrag" 5 copy copy 2 350 >"$runtime/second" 2>"$runtime/second.log" &
second=$!
wait_for has_color 520 530 c00000
drag $(from $source_at to 450 750) release
expect x11-programs-drag-to-each-other-as-before is_told second dropped
kill "$second"
wait "$second" 2>/dev/null
shut

open 'text/plain 7' '5 copy'
hold $to_place
wait_for grep -q '^enter' "$runtime/place"
kill -KILL "$source"
expect drag-ends-with-its-program is_told place leave
let_go
expect and-cannot-be-dropped never says place drop
shut

open 'text/plain 7' '5 copy'
hold $to_place
wait_for grep -qx 'status 1 copy' "$runtime/source"
wait_for grep -qx 'action 1' "$runtime/place"
sleep 0.5 # motions that it has not read yet would make it look again later
kill -STOP "$source"
let_go
expect drag-ends-if-its-program-does-not-drop is_told place leave
kill -CONT "$source"
expect program-is-told-that-it-is-too-late is_told source 'finished 0 none'
expect and-nothing-is-dropped-then never says place drop
shut

open 'text/plain 7 0 slow' '30000000 copy'
drag $to_place release
wait_for grep -q 'asked' "$runtime/source"
kill -KILL "$source"
expect data-ends-with-its-program wait_for sh -c 'grep -q "^data" "$1/place" && ! grep -q "^data 30000000 " "$1/place"' - "$runtime"
shut

open 'text/plain 7' '5 copy'
hold $to_place
wait_for grep -qx 'status 1 copy' "$runtime/source"
kill -KILL "$place"
expect x11-program-is-told-when-the-window-is-gone wait_for sh -c 'sed "1,/^status 1 copy/d" "$1/source" | grep -qx leave' - "$runtime"
let_go
shut

# Programs as users have them.
# GTK's demo has two windows, whose order is not certain. One goes, and the other one gets a place, once both are shown.
background=$(grim -t ppm -g "720,400 1x1" - | tail -c 3 | od -An -tx1 | tr -d ' ')
GDK_BACKEND=x11 gtk3-demo --run=textview >"$runtime/gtk.log" 2>&1 &
gtk=$!
find_window() {
	xdotool search --onlyvisible --name "^$1\$"
}
windows_are_shown() {
	find_window 'Multiple Views' && find_window 'Application Class'
} >/dev/null
view_is_put_at() {
	xdotool windowminimize "$main" windowmove "$view" "$1" "$2"
	sleep 0.3
	[ "$(xdotool getwindowgeometry "$view" | awk '/Position:/ { print $2 }')" = "$1,$2" ] && has_no_color 640 400 "$background" &&
		has_color 720 400 "$background"
}
expect windows-of-gtk-on-x11-are-shown wait_for windows_are_shown
view=$(find_window "Multiple Views") main=$(find_window "Application Class")
expect one-of-them-is-put-in-its-place wait_for view_is_put_at 228 75
WAYLAND_DEBUG=client foot -W 40x10 sh -c 'stty -icanon; head -c 4 >"$XDG_RUNTIME_DIR/typed"; sleep 60' \
	>"$runtime/foot.log" 2>&1 &
foot=$!
expect terminal-is-shown-beside-it wait_for has_color 860 110 242424
# The X server tells clicks apart by its own time, and GTK drops nothing whose button is released before it knows that
# the target accepts it. So on a busy machine, each step waits for what it needs.
word_is_selected() {
	"$drive" click 255 345 click 255 345 wait 800 >"$runtime/drive.log" 2>&1
	[ "$(timeout 5 xclip -o -selection primary)" = Font ]
}
expect word-of-gtk-on-x11-is-selected wait_for word_is_selected
rm -f "$runtime/go"
"$drive" press 255 345 $(from 255 345 to 860 183) until "$runtime/go" wait 500 release >"$runtime/drive.log" 2>&1 &
dragging=$!
expect terminal-accepts-it wait_for grep -q 'wl_data_offer#[0-9]*.action(1)' "$runtime/foot.log"
let_go
expect word-of-gtk-on-x11-is-dropped-on-a-wayland-terminal wait_for grep -q '^Font' "$runtime/typed"
kill "$foot" "$gtk"
wait "$foot" "$gtk" 2>/dev/null
if [ -n "$example" ]; then
	wait_for has_color 640 400 "$background"
	QT_QPA_PLATFORM=xcb "$example" >"$runtime/qt-x11.log" 2>&1 &
	source=$!
	expect window-of-qt-on-x11-is-shown wait_for has_color 300 200 efefef
	QT_QPA_PLATFORM=wayland "$example" >"$runtime/qt.log" 2>&1 &
	place=$!
	expect window-of-qt-is-shown-beside-it wait_for has_color 600 200 efefef
	sleep 1
	"$drive" press 52 107 $(from 52 107 to 600 333) release move 600 400 >"$runtime/drive.log" 2>&1
	expect label-of-qt-on-x11-is-dropped-on-a-window-of-qt wait_for has_label
	kill "$source" "$place"
	wait "$source" "$place" 2>/dev/null
	wait_for has_no_color 300 200 efefef
else
	skip label-of-qt-on-x11-is-dropped-on-a-window-of-qt "Qt's example draggabletext is not installed"
fi

# The other way.
if [ -n "$example" ] && [ -n "$editor" ]; then
	open_both
	"$drive" press $label_at $(from $label_at to $editor_at) release >"$runtime/drive.log" 2>&1
	expect label-of-qt-is-dropped-on-an-editor-of-qt-on-x11 wait_for has_word Academy
	shut_both
else
	skip label-of-qt-is-dropped-on-an-editor-of-qt-on-x11 "Qt's examples draggabletext and notepad are not installed"
fi

open 'text/plain 7' '5 copy'
hold $to_place
wait_for grep -q '^enter' "$runtime/place"
swaylock -c 102030 >"$runtime/swaylock.log" 2>&1 &
lock=$!
expect lock-of-the-session-ends-the-drag is_told place leave
let_go
expect and-nothing-is-dropped-behind-it never says place drop
kill "$lock"
wait "$lock" 2>/dev/null

kill "$place" "$source" 2>/dev/null
end_server lido-ends-well-after-drags
