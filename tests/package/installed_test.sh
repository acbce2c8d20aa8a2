#!/bin/sh
# Tests what `meson install` has put below /usr/local as its users find it: with nothing set in the environment. Prints
# TAP.
#
#     installed_test.sh FOLDER WLROOTS_VERSION
#
# FOLDER is mounted at /usr/local, so this runs in a mount namespace of its own (unshare --mount).
set -u
here=$(realpath "$(dirname "$0")")
installed=$1
wlroots=$2
runtime=$(mktemp -d /dev/shm/lido-installed.XXXXXX)
trap 'rm -rf "$runtime"' EXIT

# ldconfig writes its cache where it is private to this namespace, too.
cp -a /etc "$runtime/etc"
mkdir "$runtime/cache"
mkdir -p /var/cache/ldconfig
mount --bind "$installed" /usr/local && mount --bind "$runtime/etc" /etc &&
	mount --bind "$runtime/cache" /var/cache/ldconfig && ldconfig || {
	echo 'Bail out! cannot mount: run this by unshare --mount'
	exit 1
}

suite=installed
say_why() {
	tail -n 20 "$runtime/out" "$runtime/err"
}
. "$here/../runner/tap.sh"

# user COMMAND...: runs it as a shell does that nobody has prepared.
user() {
	(cd "$runtime" && env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin HOME="$runtime" XDG_RUNTIME_DIR="$runtime" "$@" \
		>"$runtime/out" 2>"$runtime/err")
}

# compile NAME PACKAGE...: the line of the documentation.
compile() {
	user sh -c 'source=$1 name=$2 && shift 2 &&
		cc -Wall -Werror -std=c11 "$source" -o "$name" $(pkgconf --cflags --libs "$@")' - "$here/$1.c" "$@"
}

# prints COMMAND PATTERN: returns whether the command, split at blanks, ends well and prints a line that matches.
prints() {
	user $1 && grep -qE "$2" "$runtime/out"
}

has_only_libraries() {
	! ls /usr/local/lib | grep -vE "^(liblido-(shm|client|wlroots-$wlroots)\.so.*|lido|pkgconfig|i386-linux-gnu)$" >"$runtime/err"
}

# has_lone_headers COMPILER ARGUMENT...: compiles each header by itself.
has_lone_headers() {
	for header in /usr/local/include/lido/*.h; do
		user sh -c '"$@" -Wall -Wextra -Werror -fsyntax-only $(pkgconf --cflags lido-client "$0")' "lido-wlroots-$wlroots" "$@" "$header" || return 1
	done
}

for package in lido-shm lido-client lido-protocols "lido-wlroots-$wlroots"; do
	expect "pkgconf-finds-$package" user pkgconf --exists --print-errors "$package"
done
version=$(pkgconf --modversion lido-shm)
soversion=${version%.*}
expect "xml-is-in-a-folder-that-pkgconf-knows" user sh -c 'test -f "$(pkgconf --variable=pkgdatadir lido-protocols)/lido-shm-v1.xml"'
expect "core-requires-a-version-of-libwayland" prints "pkgconf --print-requires lido-shm" '^wayland-server >= '
expect "client-requires-a-version-of-libwayland" prints "pkgconf --print-requires lido-client" '^wayland-client >= '
expect "adapter-requires-its-version-of-the-core" prints "pkgconf --print-requires lido-wlroots-$wlroots" "^lido-shm >= $version"
expect "adapter-requires-no-incompatible-core" prints "pkgconf --print-requires lido-wlroots-$wlroots" '^lido-shm < '
expect "headers-are-c11" has_lone_headers cc -std=c11 -x c
if command -v c++ >/dev/null; then
	expect "headers-are-c++11" has_lone_headers c++ -std=c++11 -x c++
else
	skip "headers-are-c++11" 'no C++ compiler is installed'
fi

expect "client-compiles" compile client lido-client
expect "client-runs" user ./client
expect "client-needs-a-library-with-the-minor-version" prints "readelf -d client" "NEEDED.*\[liblido-client.so.$soversion\]"
expect "core-compiles" compile core lido-shm
expect "core-runs" user ./core
expect "core-needs-a-library-with-the-minor-version" prints "readelf -d core" "NEEDED.*\[liblido-shm.so.$soversion\]"
expect "compositor-compiles" compile compositor "lido-wlroots-$wlroots"
expect "compositor-runs" user WLR_RENDERER=pixman ./compositor
expect "compositor-needs-the-adapter-for-its-wlroots" prints "readelf -d compositor" "NEEDED.*\[liblido-wlroots-$wlroots.so.$soversion\]"
expect "project-of-meson-is-configured" user meson setup --wrap-mode=nofallback -Dwlroots_version="$wlroots" build "$here"
expect "project-of-meson-passes" user WLR_RENDERER=pixman meson test -C build

expect "only-libraries-are-among-the-libraries" has_only_libraries
expect "lido-run-preloads-its-library" user lido-run grep -q /usr/local/lib/lido/liblido-run-preload.so /proc/self/maps
expect "lido-run-says-nothing" test ! -s "$runtime/err"
expect "lido-wrap-preloads-its-library" user lido-wrap grep -q /usr/local/lib/lido/liblido-wlroots-preload.so /proc/self/maps

# 32 bits: a stub, and what the stub loads.
if gcc -m32 "$here/../preload/narrow.c" -o "$runtime/narrow" 2>"$runtime/err"; then
	expect "programs-of-32-bits-run" prints "lido-run ./narrow echo done" done
	expect "and-nothing-is-said-of-them" test ! -s "$runtime/err"
	mkdir -p /usr/local/lib/i386-linux-gnu/lido /usr/local/lib32/lido
	echo '#include <unistd.h>
		__attribute__((constructor)) static void f(void) { if (write(1, "loaded ", 7) < 0) _exit(1); }' |
		gcc -m32 -shared -fPIC -x c - -o "$runtime/narrow.so"
	for folder in lib/i386-linux-gnu lib32; do # as the system has it
		cp "$runtime/narrow.so" "/usr/local/$folder/lido/liblido-run-preload.so"
	done
	expect "programs-of-32-bits-load-their-library" prints "lido-run ./narrow echo done" loaded
else
	skip "programs-of-32-bits-run" 'gcc -m32 links no programs'
fi
finish
