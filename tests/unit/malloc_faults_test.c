/*
 * A session in which the n-th allocation of the server's event loop fails, for every n, including those of libwayland;
 * and a failing epoll_ctl(). The server must not crash, keep a file, or end another client.
 */
#include "client.h"
#include "life.h"
#include "runner.h"
#include "server.h"
#include "wire/manager.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum call {
	CALL_MALLOC,
	CALL_EPOLL_CTL,
};

static struct {
	bool enabled, in_loop;
	enum call call;
	uint64_t nth, count;
} state;

static bool is_hit(enum call call) {
	bool is_servers = state.in_loop || call == CALL_EPOLL_CTL;
	return state.enabled && is_servers && call == state.call && ++state.count == state.nth;
}

// These override libc's functions, for libwayland too.
#define DEFINE(result, name, ...) \
	__attribute__((visibility("default"))) result name(__VA_ARGS__); \
	__attribute__((visibility("default"))) result name(__VA_ARGS__)

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t len, size_t size);
extern void *__libc_realloc(void *data, size_t size);

static void *fail_memory(void) {
	errno = ENOMEM;
	return NULL;
}

DEFINE(void *, malloc, size_t size) {
	return is_hit(CALL_MALLOC) ? fail_memory() : __libc_malloc(size);
}

DEFINE(void *, calloc, size_t nmemb, size_t size) {
	return is_hit(CALL_MALLOC) ? fail_memory() : __libc_calloc(nmemb, size);
}

DEFINE(void *, realloc, void *ptr, size_t size) {
	return is_hit(CALL_MALLOC) ? fail_memory() : __libc_realloc(ptr, size);
}

DEFINE(int, epoll_ctl, int epfd, int op, int fd, struct epoll_event *event) {
	if (is_hit(CALL_EPOLL_CTL)) {
		errno = ENOMEM;
		return -1;
	}
	return (int)syscall(SYS_epoll_ctl, epfd, op, fd, event);
}

// The client runs in this process too: its allocations do not count, and it has no epoll of its own. The linker's
// --wrap dictates the names.
int __real_wl_event_loop_dispatch(struct wl_event_loop *loop, int timeout);
int __wrap_wl_event_loop_dispatch(struct wl_event_loop *loop, int timeout);
int __wrap_wl_event_loop_dispatch(struct wl_event_loop *loop, int timeout) {
	state.in_loop = true;
	int result = __real_wl_event_loop_dispatch(loop, timeout);
	state.in_loop = false;
	return result;
}

static void start(enum call call, uint64_t nth) {
	state.call = call;
	state.nth = nth;
	state.count = 0;
	state.enabled = true;
}

// Returns the number of calls since start().
static uint64_t stop(void) {
	state.enabled = false;
	return state.count;
}

static int pools_len, limits_len;

static void handle_pool(struct wl_listener *listener, void *data) {
	const struct lido_limits limits = lido_limits_default();
	expect(lido_pool_set_limits(data, &limits));
	pools_len++;
}

static void handle_limit(struct wl_listener *listener, void *data) {
	limits_len++;
}

// Runs a session in which the nth allocation fails. Returns the number of allocations.
static uint64_t run_session(uint64_t nth) {
	int fds[LIFE_FILES];
	struct server server;
	struct client client, other;
	life_create_files(fds);
	struct wl_listener pools = {.notify = handle_pool}, limits = {.notify = handle_limit};
	server_init_core(&server, NULL);
	lido_manager_add_pool_listener(server.manager, &pools);
	lido_manager_add_limit_listener(server.manager, &limits);
	client_init(&other, &server);
	pools_len = 0;
	start(CALL_MALLOC, nth);
	if (client_try_init(&client, &server) && client_get_peer(&client) != NULL) {
		life_run(&client, fds);
	}
	uint64_t calls = stop();
	if (client.error[0] != '\0') {
		life_expect_honest_end(&client);
	}
	expect_alive(&other);
	// A pool is told of once there is one, and what is short is not a limit.
	expect_int(pools_len, <=, 1);
	expect_int(limits_len, ==, 0);
	life_expect_possible(&server, fds);
	client_finish(&client);
	client_finish(&other);
	expect(wl_list_empty(&server.manager->pools));
	server_finish(&server);
	life_close_files(fds);
	return calls;
}

TEST("malloc_faults@nth-allocation-of-the-process-may-fail-for-every-n") {
	uint64_t calls = run_session(0);
	expect_int(calls, >, 50);
	// A fault may lengthen the session: continue until the n-th call is not reached.
	for (uint64_t n = 1; n <= calls; n++) {
		uint64_t now = run_session(n);
		calls = now > calls ? now : calls;
		expect_int(calls, <, 10000);
	}
}

TEST("malloc_faults@failed-epoll_ctl-creates-no-client") {
	struct server server;
	struct client other;
	int fds[2];
	server_init_core(&server, NULL);
	client_init(&other, &server);
	expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	start(CALL_EPOLL_CTL, 1);
	struct wl_client *client = wl_client_create(server.display, fds[0]);
	expect_int(stop(), ==, 1);
	expect(client == NULL);
	close(fds[0]);
	close(fds[1]);
	expect_alive(&other);
	client_finish(&other);
	server_finish(&server);
}
