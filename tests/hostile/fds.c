// Sends fds that cannot be used as files of pixels.
#include "attack.h"

#include "virtual-keyboard-unstable-v1-client-protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int open_pipe(void) {
	int fds[2] = {-1, -1};
	return pipe2(fds, O_CLOEXEC) == 0 ? fds[0] : -1;
}

static int open_fifo(void) {
	char path[128];
	snprintf(path, sizeof(path), "%s/attack-fifo", getenv("XDG_RUNTIME_DIR"));
	int fd = mkfifo(path, 0600) == 0 ? open(path, O_RDWR | O_CLOEXEC) : -1;
	unlink(path);
	return fd;
}

static int open_socket(void) {
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int open_eventfd(void) {
	return eventfd(0, EFD_CLOEXEC);
}

static int open_timerfd(void) {
	return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
}

static int open_epoll(void) {
	return epoll_create1(EPOLL_CLOEXEC);
}

static int open_zero(void) {
	return open("/dev/zero", O_RDWR | O_CLOEXEC);
}

static int open_full(void) {
	return open("/dev/full", O_RDWR | O_CLOEXEC);
}

static int open_terminal(void) {
	return open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static int open_directory(void) {
	return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int open_path(void) {
	return open("/proc/self/exe", O_PATH | O_CLOEXEC);
}

static int open_process(void) {
	return open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
}

static int open_memory(void) {
	return open("/proc/self/mem", O_RDWR | O_CLOEXEC);
}

// Reading this blocks until the kernel's next message.
static int open_kernel_log(void) {
	return open("/proc/kmsg", O_RDONLY | O_CLOEXEC);
}

static int open_write_only(void) {
	int fd = file_create(4096, 0);
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_CLOEXEC);
}

ATTACK("fds-of-every-kind") {
	int (*const openers[])(void) = {open_pipe, open_fifo, open_socket, open_eventfd, open_timerfd, open_epoll,
		open_zero, open_full, open_terminal, open_directory, open_path, open_process, open_memory, open_kernel_log,
		open_write_only};
	for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++) {
		struct attacker attacker;
		int fd = openers[i]();
		if (fd == -1) {
			continue; // missing, or no permission
		}
		attacker_connect(&attacker);
		wl_shm_create_pool(attacker.shm, fd, 4096);
		expect_error(&attacker, &wl_shm_interface, WL_SHM_ERROR_INVALID_FD);
		attacker_disconnect(&attacker);
		close(fd);
	}
}

static void answer(int fuse, uint64_t unique, const void *data, size_t size) {
	char message[512];
	struct fuse_out_header header = {.unique = unique, .len = (uint32_t)(sizeof(header) + size)};
	memcpy(message, &header, sizeof(header));
	memcpy(message + sizeof(header), data, size);
	if (write(fuse, message, header.len) < 0) {
		fail("cannot answer the kernel: %s", strerror(errno));
	}
}

// Serves a file system with one file, its root. Answers only the requests needed to open it.
static void serve_file(void *data) {
	int fuse = *(int *)data;
	static char message[1 << 17];
	const struct fuse_attr attr = {.ino = 1, .size = 1 << 20, .mode = S_IFREG | 0666, .nlink = 1};
	for (;;) {
		struct fuse_in_header header;
		if (read(fuse, message, sizeof(message)) < (ssize_t)sizeof(header)) {
			continue;
		}
		memcpy(&header, message, sizeof(header));
		if (header.opcode == FUSE_INIT) {
			answer(fuse, header.unique, &(struct fuse_init_out){.major = 7, .minor = 31, .max_write = 65536},
					sizeof(struct fuse_init_out));
		} else if (header.opcode == FUSE_GETATTR) {
			// Attributes with zero validity: any later stat asks again, and blocks.
			static bool answered;
			if (!answered) {
				answer(fuse, header.unique, &(struct fuse_attr_out){.attr = attr}, sizeof(struct fuse_attr_out));
			}
		} else if (header.opcode == FUSE_OPEN) {
			// Without this flag, closing any fd of the file in any program also blocks: see docs/load.md.
			answer(fuse, header.unique, &(struct fuse_open_out){.open_flags = FOPEN_NOFLUSH},
					sizeof(struct fuse_open_out));
		}
	}
}

// Opens a file whose server stops answering afterwards.
static int open_fuse(pid_t *server) {
	static char path[] = "/tmp/lido-attack-XXXXXX";
	char options[128];
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fuse == -1) {
		skip("cannot open /dev/fuse: %s", strerror(errno));
	}
	if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
		skip("cannot create a mount namespace: %s", strerror(errno));
	}
	int place = mkstemp(path);
	mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	snprintf(options, sizeof(options), "fd=%d,rootmode=%o,user_id=%u,group_id=%u,allow_other", fuse, S_IFREG,
			(unsigned)geteuid(), (unsigned)getegid());
	if (mount("attack", path, "fuse", 0, options) != 0) {
		int error = errno;
		unlink(path);
		skip("cannot mount FUSE: %s", strerror(error));
	}
	*server = start_child(serve_file, &fuse);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	int error = errno;
	umount2(path, MNT_DETACH);
	unlink(path);
	close(place);
	close(fuse);
	if (fd == -1) {
		fail("cannot open the FUSE file: %s", strerror(error));
	}
	return fd;
}

// The server must not even query the size.
ATTACK("file-whose-server-never-answers") {
	struct attacker attacker;
	pid_t server;
	attacker_connect(&attacker);
	int fd = open_fuse(&server);
	wl_shm_create_pool(attacker.shm, fd, 4096);
	wl_display_flush(attacker.display);
	sleep_ms(1500);
	// Killing the file's server wakes blocked processes, so that the attack's effects end with it.
	stop_child(server);
	expect_error(&attacker, &wl_shm_interface, WL_SHM_ERROR_INVALID_FD);
}

ATTACK("keymap-whose-server-never-answers") {
	struct attacker attacker;
	pid_t server;
	attacker_connect(&attacker);
	if (attacker.keyboards == NULL || attacker.seat == NULL) {
		skip("the compositor has no virtual keyboards");
	}
	int fd = open_fuse(&server);
	struct zwp_virtual_keyboard_v1 *keyboard =
			zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(attacker.keyboards, attacker.seat);
	zwp_virtual_keyboard_v1_keymap(keyboard, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fd, 4096);
	wl_display_flush(attacker.display);
	sleep_ms(1500);
	stop_child(server);
}
