#!/bin/sh
# What the first processes of our own systems have in common: sourced by scripts/gpu-init and scripts/vm-init.
job=/run/job

mount() {
	busybox mount "$@"
}

# Mounts what a system has, except the folders of the host. The root is read-only.
mount_system() {
	mount -t proc none /proc
	mount -t sysfs none /sys
	mount -t devtmpfs none /dev
	mkdir -p /dev/pts /dev/shm
	mount -t devpts none /dev/pts
	for folder in /dev/shm /run /tmp; do mount -t tmpfs -o mode=1777 none $folder; done
}

# These GPUs report no change of their outputs. "change UUID HOTPLUG=1", written to a GPU's file uevent, does.
start_udev() {
	mkdir -p /run/udev/rules.d
	echo 'ACTION=="change", SUBSYSTEM=="drm", ENV{SYNTH_ARG_HOTPLUG}=="1", ENV{HOTPLUG}="1"' >/run/udev/rules.d/90-lido.rules
	/usr/lib/systemd/systemd-udevd --daemon 2>/dev/null
}

# The command's environment: that of the caller, with folders of this system.
set_environment() {
	# As on other systems; the kernel's own limit is 4096. Lido raises the soft one to it, and tests in whose process it
	# runs do not, though they hold the fds of many clients.
	ulimit -Hn 1048576
	ulimit -Sn 65536
	. $job/environment
	export HOME=/run/home XDG_RUNTIME_DIR=/run/user TMPDIR=/tmp
	mkdir -m 700 -p $HOME $XDG_RUNTIME_DIR
	export LIBSEAT_BACKEND=builtin
	export MESA_SHADER_CACHE_DISABLE=true # tests count fds
}

# run_job FOLDER: runs the job's command there, and leaves its exit status.
run_job() {
	(
		set_environment
		set_gpu
		cd "$1" && exec sh $job/command
	) </dev/null
	echo $? >$job/status.part
	mv $job/status.part $job/status
}

power_off() {
	sync
	busybox poweroff -f
}
