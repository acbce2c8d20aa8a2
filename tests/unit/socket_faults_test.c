/*
 * The server's end of a client's socket, and the loop that watches it: a whole session in which the n-th call fails,
 * for every n and with every error that the kernel can return. Nothing leaks, and another client is not affected.
 */
#include "client.h"
#include "life.h"
#include "runner.h"
#include "server.h"
#include "wire/manager.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum call {
	CALL_SENDMSG,
	CALL_RECVMSG,
	CALL_EPOLL_WAIT,
};

#define FDS_LOST (-1) // no error: the fds of the message are lost, as when the process reaches RLIMIT_NOFILE

static struct {
	int fd; // the victim's socket; -1: no call fails
	enum call call;
	int error;
	uint64_t nth, count;
} state = {.fd = -1};

static bool is_hit(enum call call, int fd) {
	return state.fd != -1 && call == state.call && (fd == state.fd || call == CALL_EPOLL_WAIT) &&
		   ++state.count == state.nth;
}

// These override libc's functions, for libwayland too.
#define DEFINE(result, name, ...) \
	__attribute__((visibility("default"))) result name(__VA_ARGS__); \
	__attribute__((visibility("default"))) result name(__VA_ARGS__)

DEFINE(ssize_t, sendmsg, int fd, const struct msghdr *message, int flags) {
	if (is_hit(CALL_SENDMSG, fd)) {
		errno = state.error;
		return -1;
	}
	return syscall(SYS_sendmsg, fd, message, flags);
}

static void lose_fds(struct msghdr *message) {
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header)) {
		size_t len = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < len; i++) {
			int lost;
			memcpy(&lost, CMSG_DATA(header) + i * sizeof(lost), sizeof(lost));
			close(lost);
		}
	}
	message->msg_controllen = 0;
	message->msg_flags |= MSG_CTRUNC;
}

DEFINE(ssize_t, recvmsg, int fd, struct msghdr *message, int flags) {
	bool hit = is_hit(CALL_RECVMSG, fd);
	if (hit && state.error != FDS_LOST) {
		errno = state.error;
		return -1;
	}
	ssize_t size = syscall(SYS_recvmsg, fd, message, flags);
	if (hit && size > 0) {
		lose_fds(message);
	}
	return size;
}

DEFINE(int, epoll_wait, int epfd, struct epoll_event *events, int maxevents, int timeout) {
	if (is_hit(CALL_EPOLL_WAIT, epfd)) {
		errno = state.error;
		return -1;
	}
	return (int)syscall(SYS_epoll_pwait, epfd, events, maxevents, timeout, NULL, 0);
}

// Returns the number that the next fd gets.
static int get_next_fd(void) {
	int fd = dup(STDERR_FILENO);
	expect(fd != -1);
	close(fd);
	return fd;
}

// If the server has ended the client, the failed call must explain the error.
static void expect_honest_end(struct client *client) {
	if (client->error[0] == '\0') {
		return;
	}
	if (state.error == FDS_LOST) {
		expect_contains(client->error, "error 1: invalid arguments for wl_shm#");
	} else {
		life_expect_honest_end(client);
	}
}

// Runs a session in which the nth call fails. Returns the number of calls.
static uint64_t run_session(enum call call, int error, uint64_t nth) {
	int fds[LIFE_FILES];
	struct server server;
	struct client client, other;
	life_create_files(fds);
	server_init_core(&server, NULL);
	client_init(&other, &server);
	state.call = call;
	state.error = error;
	state.nth = nth;
	state.count = 0;
	state.fd = get_next_fd();
	if (client_try_init(&client, &server) && client_get_peer(&client) != NULL) {
		expect_int(wl_client_get_fd(client_get_peer(&client)), ==, state.fd);
		life_run(&client, fds);
	}
	state.fd = -1;
	expect_honest_end(&client);
	expect_alive(&other);
	life_expect_possible(&server, fds);
	client_finish(&client);
	client_finish(&other);
	expect(wl_list_empty(&server.manager->pools));
	server_finish(&server);
	life_close_files(fds);
	return state.count;
}

static void run_sessions(enum call call, const int *errors, size_t errors_len) {
	for (size_t i = 0; i < errors_len; i++) {
		uint64_t calls = run_session(call, errors[i], 0);
		expect_int(calls, >, 5);
		for (uint64_t n = 1; n <= calls; n++) {
			uint64_t now = run_session(call, errors[i], n);
			calls = now > calls ? now : calls;
			expect_int(calls, <, 1000);
		}
	}
}

TEST("socket_faults@nth-send-may-fail-for-every-n") {
	static const int errors[] = {EAGAIN, EPIPE, ENOBUFS, ETOOMANYREFS};
	run_sessions(CALL_SENDMSG, errors, sizeof(errors) / sizeof(errors[0]));
}

TEST("socket_faults@nth-receive-may-fail-for-every-n") {
	static const int errors[] = {EAGAIN, ECONNRESET, ENOMEM};
	run_sessions(CALL_RECVMSG, errors, sizeof(errors) / sizeof(errors[0]));
}

TEST("socket_faults@nth-receive-may-lose-its-fds-for-every-n") {
	static const int errors[] = {FDS_LOST};
	run_sessions(CALL_RECVMSG, errors, 1);
}

TEST("socket_faults@nth-wait-may-be-interrupted-for-every-n") {
	static const int errors[] = {EINTR};
	run_sessions(CALL_EPOLL_WAIT, errors, 1);
}
