// Sends fds that cannot be used as files of pixels.
#include "attack.h"

#include "security-context-v1-client-protocol.h"
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
#include <sys/un.h>
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
			// Whoever closes any fd of the file waits for an answer (FUSE_FLUSH), too.
			answer(fuse, header.unique, &(struct fuse_open_out){0}, sizeof(struct fuse_open_out));
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

static void send_fd(int socket_fd, const void *data, size_t size, int fd) {
	// The server may have disconnected this client already.
	if (!send_fds(socket_fd, data, size, fd, 1) && errno != EPIPE && errno != ECONNRESET) {
		fail("cannot send an fd: %s", strerror(errno));
	}
}

// libwayland would close its copy of the fd, and so wait for the file's server.
static void send_with_fd(struct wl_display *display, const void *data, size_t size, int fd) {
	wl_display_flush(display);
	send_fd(wl_display_get_fd(display), data, size, fd);
}

// The byte is the first one of a message that is never complete.
static void send_unwanted_fd(struct wl_display *display, int fd) {
	send_with_fd(display, "", 1, fd);
}

static void create_pool(struct attacker *attacker, int fd, int32_t size) {
	struct wl_proxy *pool = wl_proxy_create((struct wl_proxy *)attacker->shm, &wl_shm_pool_interface);
	const uint32_t message[4] = {
		wl_proxy_get_id((struct wl_proxy *)attacker->shm),
		sizeof(message) << 16 | WL_SHM_CREATE_POOL,
		wl_proxy_get_id(pool),
		(uint32_t)size,
	};
	send_with_fd(attacker->display, message, sizeof(message), fd);
}

static void set_keymap(struct attacker *attacker, struct zwp_virtual_keyboard_v1 *keyboard, int fd, uint32_t size) {
	const uint32_t message[4] = {
		wl_proxy_get_id((struct wl_proxy *)keyboard),
		sizeof(message) << 16 | ZWP_VIRTUAL_KEYBOARD_V1_KEYMAP,
		WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1,
		size,
	};
	send_with_fd(attacker->display, message, sizeof(message), fd);
}

// The server must not even query the size.
ATTACK("file-whose-server-never-answers") {
	struct attacker attacker;
	pid_t server;
	attacker_connect(&attacker);
	create_pool(&attacker, open_fuse(&server), 4096);
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
	set_keymap(&attacker, keyboard, fd, 4096);
	sleep_ms(1500);
	stop_child(server);
}

// wlroots asks what kind of file it is.
ATTACK("sandbox-socket-whose-server-never-answers") {
	struct attacker attacker;
	pid_t server;
	attacker_connect(&attacker);
	if (attacker.security == NULL) {
		skip("the compositor has no wp_security_context_manager_v1");
	}
	int pipes[2], fd = open_fuse(&server);
	if (pipe2(pipes, O_CLOEXEC) != 0) {
		fail("cannot create a pipe: %s", strerror(errno));
	}
	struct wl_proxy *context = wl_proxy_create((struct wl_proxy *)attacker.security, &wp_security_context_v1_interface);
	const uint32_t message[3] = {
		wl_proxy_get_id((struct wl_proxy *)attacker.security),
		sizeof(message) << 16 | WP_SECURITY_CONTEXT_MANAGER_V1_CREATE_LISTENER,
		wl_proxy_get_id(context),
	};
	send_with_fd(attacker.display, message, 1, fd);
	send_with_fd(attacker.display, (const char *)message + 1, sizeof(message) - 1, pipes[0]);
	sleep_ms(1500);
	stop_child(server);
	expect_error(&attacker, &wp_security_context_manager_v1_interface,
			WP_SECURITY_CONTEXT_MANAGER_V1_ERROR_INVALID_LISTEN_FD);
}

// Closing any of them never ends. They are closed by whoever refuses them, and by libwayland, which knows of no request
// that wants them.
ATTACK("files-whose-server-never-answers-without-end") {
	struct attacker attacker;
	pid_t server;
	attacker_connect(&attacker);
	int fd = open_fuse(&server);
	for (int i = 0; i < 40; i++) {
		struct attacker other;
		if (!attacker_try_connect(&other)) {
			break;
		}
		create_pool(&other, fd, 4096);
		for (int j = 0; j < 4; j++) {
			send_unwanted_fd(other.display, fd);
		}
	}
	sleep_ms(1500);
	stop_child(server);
	sleep_ms(100);
}

static int create_large_file(int64_t size) {
	int fd = file_create(size, 0);
	if (fallocate(fd, 0, 0, size) != 0) {
		skip("not enough memory: %s", strerror(errno));
	}
	return fd;
}

// The server closes the last fd of the file, and so frees it.
ATTACK("file-of-1500-MiB-dropped") {
	struct attacker attacker;
	attacker_connect(&attacker);
	int fd = create_large_file(INT64_C(1500) << 20);
	struct wl_shm_pool *pool = wl_shm_create_pool(attacker.shm, fd, 4096);
	expect_alive(&attacker);
	close(fd);
	wl_shm_pool_destroy(pool);
	expect_alive(&attacker);
	hold();
}

// Large files that nobody has but a message in a socket, of which the server has the last fd.
ATTACK("files-of-1500-MiB-in-a-socket-dropped") {
	struct attacker attacker;
	int sockets[2];
	attacker_connect(&attacker);
	int fd = create_large_file(INT64_C(1500) << 20);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
		fail("cannot create sockets: %s", strerror(errno));
	}
	send_fd(sockets[0], "", 1, fd);
	send_unwanted_fd(attacker.display, sockets[1]);
	close(fd);
	close(sockets[1]);
	close(sockets[0]);
	sleep_ms(100);
	attacker_disconnect(&attacker);
	hold();
}

// The server keeps two fds for each, and watches them with two more.
ATTACK("security-contexts-without-end") {
	struct attacker attacker;
	attacker_connect(&attacker);
	if (attacker.security == NULL) {
		skip("the compositor has no wp_security_context_manager_v1");
	}
	for (int i = 0; i < 10000; i++) {
		int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), pipes[2];
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "lido-attack-%d-%d", (int)getpid(), i);
		if (listening == -1 || pipe2(pipes, O_CLOEXEC) != 0 ||
				bind(listening, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(listening, 1) != 0) {
			fail("cannot listen: %s", strerror(errno));
		}
		struct wp_security_context_v1 *context =
				wp_security_context_manager_v1_create_listener(attacker.security, listening, pipes[0]);
		wp_security_context_v1_commit(context);
		wp_security_context_v1_destroy(context);
		bool alive = attacker_try_roundtrip(&attacker);
		close(listening);
		close(pipes[0]); // the other end stays open, and so does the context
		if (!alive) {
			break;
		}
	}
	expect_no_memory(&attacker);
}
