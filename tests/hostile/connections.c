// Attacks on connections.
#include "attack.h"

#include "lido-shm-v1-client-protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <lido/limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

// Connects a socket without libwayland. Returns -1 if the connection is refused.
static int open_socket(void) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", getenv("XDG_RUNTIME_DIR"), getenv("WAYLAND_DISPLAY"));
	if (fd != -1 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void raise_limit(void) {
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void expect_newcomer_is_served(void) {
	struct attacker newcomer;
	attacker_connect(&newcomer);
	expect_alive(&newcomer);
	attacker_disconnect(&newcomer);
}

static void connect_five_hundred(void *data) {
	struct attacker attackers[500];
	raise_limit();
	for (int i = 0; i < attack_count(500); i++) {
		attacker_connect(&attackers[i]);
	}
	hold();
}

ATTACK("a-thousand-connections") {
	pid_t child = start_child(connect_five_hundred, NULL);
	connect_five_hundred(NULL);
	hold();
	stop_child(child);
}

static void connect_for_ever(void *data) {
	raise_limit();
	while (open_socket() != -1) {
	}
	pause();
}

// Opens as many connections as the kernel allows two processes: more than the server's limit of fds.
ATTACK("connections-without-end") {
	pid_t children[2];
	for (int i = 0; i < 2; i++) {
		children[i] = start_child(connect_for_ever, NULL);
	}
	sleep_ms(1500);
	expect_newcomer_is_served();
	for (int i = 0; i < 2; i++) {
		stop_child(children[i]);
	}
}

static void connect_and_draw(void *data) {
	struct attacker attacker;
	struct window window;
	struct picture picture;
	attacker_connect(&attacker);
	window_init(&window, &attacker);
	picture_init(&picture, &attacker, 0, true, 320, 240);
	for (;;) {
		window_commit(&window, picture.buffer);
		expect_alive(&attacker);
	}
}

ATTACK("connect-and-kill-storm") {
	for (int i = 0; i < attack_count(100); i++) {
		pid_t child = start_child(connect_and_draw, NULL);
		sleep_ms((int)random_below(20));
		stop_child(child);
	}
}

ATTACK("half-a-message-then-silence") {
	// wl_display.get_registry, 12 bytes.
	const uint32_t message[] = {1, 12 << 16 | 1, 2};
	for (size_t size = 1; size < sizeof(message); size++) {
		int fd = open_socket();
		if (fd == -1 || write(fd, message, size) != (ssize_t)size) {
			fail("cannot write: %s", strerror(errno));
		}
	}
	hold();
}

ATTACK("garbage") {
	for (int i = 0; i < attack_count(200); i++) {
		uint32_t words[256];
		int fd = open_socket();
		for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++) {
			words[j] = random_below(4) == 0 ? random_below(UINT32_MAX) : random_below(4);
		}
		// Alternate between a header with the real size and one with a smaller size.
		words[0] = 1;
		words[1] = (uint32_t)(i % 2 == 0 ? 12 : sizeof(words)) << 16 | 1;
		if (fd == -1 || send(fd, words, sizeof(words), MSG_NOSIGNAL) < 0) {
			fail("cannot write: %s", strerror(errno));
		}
		close(fd);
	}
	expect_newcomer_is_served();
}

// Sends one byte with as many copies of the fd as one message can have. False: the server takes no more.
static bool send_patiently(int socket_fd, int fd) {
	struct timeval patience = {.tv_sec = 1};
	setsockopt(socket_fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return send_fds(socket_fd, "", 1, fd, FDS_PER_MESSAGE);
}

// A message that is never complete, with fds that no request takes: libwayland keeps them until a request needs them.
ATTACK("fds-that-nobody-asked-for") {
	const uint32_t header[] = {1, 65528U << 16 | 1};
	int fd = open_socket(), null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd == -1 || null == -1 || write(fd, header, sizeof(header)) != (ssize_t)sizeof(header)) {
		fail("cannot write: %s", strerror(errno));
	}
	for (int i = 0; i < 2000 && send_patiently(fd, null); i++) {
	}
	hold();
	expect_newcomer_is_served();
}

// The same with as many fds as are accepted: those of files, and ACCOUNT_OTHER_FDS_MAX.
ATTACK("fds-that-nobody-asked-for-just-below-the-limit") {
	const uint32_t header[] = {1, 65528U << 16 | 1};
	int fd = open_socket(), null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd == -1 || null == -1 || write(fd, header, sizeof(header)) != (ssize_t)sizeof(header)) {
		fail("cannot write: %s", strerror(errno));
	}
	for (int i = 0; i < (LIDO_FILES_MAX_DEFAULT + 256) / FDS_PER_MESSAGE; i++) {
		if (!send_patiently(fd, null)) {
			fail("the server has taken only %d fds", i * FDS_PER_MESSAGE);
		}
	}
	hold();
}

ATTACK("stopped-with-buffers-held") {
	pid_t child = start_child(connect_and_draw, NULL);
	sleep_ms(200);
	kill(child, SIGSTOP);
	sleep_ms(1000);
	expect_newcomer_is_served();
	stop_child(child);
}

static void keep_connection(void *data) {
	struct attacker *attacker = data;
	for (;;) {
		wl_surface_commit(wl_compositor_create_surface(attacker->compositor));
		wl_display_flush(attacker->display);
		sleep_ms(1);
	}
}

// Two processes write to one connection; both use the same new object ids.
ATTACK("connection-inherited-by-a-child") {
	struct attacker attacker;
	struct window window;
	struct picture picture;
	attacker_connect(&attacker);
	window_init(&window, &attacker);
	picture_init(&picture, &attacker, 0, true, 320, 240);
	window_commit(&window, picture.buffer);
	expect_alive(&attacker);
	pid_t child = start_child(keep_connection, &attacker);
	for (int i = 0; i < 100; i++) {
		wl_surface_commit(wl_compositor_create_surface(attacker.compositor));
		wl_display_flush(attacker.display);
		sleep_ms(1);
	}
	// The process that connected closes its socket, but the connection stays open in the child.
	attacker_disconnect(&attacker);
	hold();
	stop_child(child);
}
