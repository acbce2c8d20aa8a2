#!/bin/sh
# Installs Debian packages of Lido in a copy of the root that is thrown away, uses them, and removes them. Prints TAP.
#
#     deb_test.sh DEB...
#
# Runs in a mount namespace of its own (unshare --mount).
set -u
here=$(realpath "$(dirname "$0")")
runtime=$(mktemp -d /dev/shm/lido-deb.XXXXXX)
root=$runtime/root
trap 'umount -l "$root" "$runtime/files"; rm -rf "$runtime"' EXIT

mkdir "$runtime/files" "$root"
mount -t tmpfs none "$runtime/files" && mkdir "$runtime/files/upper" "$runtime/files/work" &&
	mount -t overlay overlay -o "lowerdir=/,upperdir=$runtime/files/upper,workdir=$runtime/files/work" "$root" || {
	echo 'Bail out! cannot mount: run this by unshare --mount'
	exit 1
}
for folder in dev proc sys; do
	mount --rbind "/$folder" "$root/$folder"
done
mkdir -p "$root/tmp/lido"
mount -t tmpfs none "$root/tmp/lido"
chmod 700 "$root/tmp/lido"
cp "$@" "$here"/*.c "$root/tmp/lido"

suite=deb
say_why() {
	tail -n 20 "$runtime/out" "$runtime/err"
}
. "$here/../runner/tap.sh"

# inside COMMAND...: runs it where the packages are.
inside() {
	chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp/lido XDG_RUNTIME_DIR=/tmp/lido "$@" \
		>"$runtime/out" 2>"$runtime/err"
}

# compile NAME PACKAGE...
compile() {
	inside sh -c 'cd /tmp/lido && name=$1 && shift && cc -Wall -Werror -std=c11 "$name.c" -o "$name" $(pkgconf --cflags --libs "$@")' - "$@"
}

prints() {
	pattern=$1
	shift
	inside "$@" && grep -qE "$pattern" "$runtime/out"
}

list_files() {
	find "$root/usr" "$root/etc" "$root/var/lib/dpkg/info" -xdev -name '*lido*' | sort
}

before=$(list_files)
packages=$(for deb in "$@"; do dpkg-deb --field "$deb" Package; done)
expect "packages-are-installed" inside sh -c 'dpkg --install /tmp/lido/*.deb'
expect "files-are-there" test "$(list_files)" != "$before"
for program in lido lido-run lido-top lido-wrap lido-paint lido-icons lido-shm-check; do
	expect "$program-runs" prints "^$program [0-9]" "$program" --version
done
expect "client-compiles" compile client lido-client
expect "client-runs" inside /tmp/lido/client
expect "core-compiles" compile core lido-shm
expect "core-runs" inside /tmp/lido/core
expect "compositor-compiles" compile compositor lido-wlroots-0.18
expect "compositor-runs" inside WLR_RENDERER=pixman /tmp/lido/compositor
expect "lido-shows-a-client" inside timeout 60 lido --headless 320x240 --renderer pixman --no-xwayland -- lido-icons --once
expect "lido-run-moves-a-client" inside timeout 60 lido --headless 320x240 --renderer pixman --no-xwayland -- \
	lido-run --debug lido-icons --once --shm
expect "and-says-so" sh -c 'cat "$1" "$2" | grep -q "is in a block"' - "$runtime/out" "$runtime/err"
expect "manual-is-there" inside test -e /usr/share/man/man1/lido.1.gz
expect "packages-are-removed" inside dpkg --purge $packages
expect "nothing-is-left" test "$(list_files)" = "$before"
finish
