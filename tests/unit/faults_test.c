/*
 * A whole session of a client and a reader in which the n-th call fails, for every n: nothing leaks, nothing crashes,
 * and the server may end only the client of the failed call.
 */
#include "base/os.h"
#include "client.h"
#include "faults.h"
#include "file.h"
#include "life.h"
#include "memory/disposal.h"
#include "monitor_client.h"
#include "runner.h"
#include "server.h"
#include "wire/manager.h"
#include <errno.h>
#include <fcntl.h>
#include <lido/monitor.h>
#include <sys/mman.h>

#define MONITOR_NAME "faults-monitor"

// Calls in which libwayland allocates, or calls the kernel, for the core. The linker's --wrap dictates the names.
#define WRAP(result, name, ...) \
	result __real_##name(__VA_ARGS__); \
	result __wrap_##name(__VA_ARGS__); \
	result __wrap_##name(__VA_ARGS__)

WRAP(struct wl_resource *, wl_resource_create, struct wl_client *client, const struct wl_interface *interface,
		int version, uint32_t id) {
	return faults_is_hit(FAULT_RESOURCE, ENOMEM) ? NULL : __real_wl_resource_create(client, interface, version, id);
}

WRAP(struct wl_global *, wl_global_create, struct wl_display *display, const struct wl_interface *interface,
		int version, void *data, wl_global_bind_func_t bind) {
	bool is_hit = faults_is_hit(FAULT_GLOBAL, ENOMEM);
	return is_hit ? NULL : __real_wl_global_create(display, interface, version, data, bind);
}

WRAP(struct wl_event_source *, wl_event_loop_add_timer, struct wl_event_loop *loop, wl_event_loop_timer_func_t notify,
		void *data) {
	return faults_is_hit(FAULT_TIMER, ENOMEM) ? NULL : __real_wl_event_loop_add_timer(loop, notify, data);
}

WRAP(struct wl_event_source *, wl_event_loop_add_fd, struct wl_event_loop *loop, int fd, uint32_t mask,
		wl_event_loop_fd_func_t notify, void *data) {
	return faults_is_hit(FAULT_SOURCE, ENOMEM) ? NULL : __real_wl_event_loop_add_fd(loop, fd, mask, notify, data);
}

WRAP(int, wl_event_source_timer_update, struct wl_event_source *source, int delay) {
	return faults_is_hit(FAULT_TIMER_UPDATE, ENOMEM) ? -1 : __real_wl_event_source_timer_update(source, delay);
}

// A monitor that queries. It ends whatever fails.
static void run_monitor(struct server *server) {
	struct lido_monitor *monitor = lido_monitor_create(server->manager, MONITOR_NAME);
	if (monitor == NULL) {
		return;
	}
	struct monitor_client client;
	if (monitor_client_try_init(&client, server, MONITOR_NAME)) {
		monitor_client_try_get_clients(&client, 0);
		monitor_client_try_get_ranges(&client, 1, 0, 0);
	}
	monitor_client_finish(&client);
	lido_monitor_destroy(monitor);
}

// The parts of a session.
enum {
	PART_LIFE = 1,
	PART_MONITOR = 2,
};

static int open_dev_null(void) {
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int create_memfd(int device_fd, int fd, off_t offset, off_t size) {
	return memfd_create("udmabuf", MFD_CLOEXEC);
}

// Files in place of udmabufs, which few machines let programs make.
static void fake_udmabufs(void) {
	lido_os.open_udmabuf = open_dev_null;
	lido_os.create_udmabuf = create_memfd;
}

static uint64_t run_session(uint64_t n, int parts) {
	int fds[LIFE_FILES];
	life_create_files(fds);
	struct server server = {.display = wl_display_create()};
	fake_udmabufs();
	faults_start(n);
	server.manager = lido_manager_create(server.display, server_core_formats, server_core_formats_len, NULL);
	if (server.manager != NULL) {
		server.manager->udmabufs.needs_sync = true;
		struct client client;
		if (client_try_init(&client, &server)) {
			if ((parts & PART_MONITOR) != 0) {
				run_monitor(&server);
			}
			if ((parts & PART_LIFE) != 0) {
				life_run(&client, fds);
			}
		}
		life_expect_honest_end(&client);
		expect_int(faults_stop(), >, 0);
		life_expect_possible(&server, fds);
		client_finish(&client);
	} else {
		expect_int(errno, ==, ENOMEM);
		faults_stop();
	}
	wl_display_destroy_clients(server.display);
	wl_display_destroy(server.display);
	life_close_files(fds);
	uint64_t calls = 0;
	for (int i = 0; i < FAULTS_LEN; i++) {
		calls += faults_get_count(i);
	}
	return calls;
}

TEST("faults@session-without-faults-uses-every-call") {
	expect_int(run_session(0, PART_LIFE | PART_MONITOR), >, 50);
	for (int i = 0; i < FAULTS_LEN; i++) {
		if (faults_get_count(i) == 0) {
			fail("call %d was never made: the session does not cover it", i);
		}
	}
}

static void run_sessions(int parts) {
	uint64_t calls = run_session(0, parts);
	// A fault may lengthen the session: continue until the n-th call is not reached.
	for (uint64_t n = 1; n <= calls; n++) {
		uint64_t now = run_session(n, parts);
		calls = now > calls ? now : calls;
		expect_int(calls, <, 10000);
	}
}

TEST("faults@nth-call-may-fail-for-every-n") {
	run_sessions(PART_LIFE);
}

TEST("faults@nth-call-may-fail-under-a-monitor-for-every-n") {
	run_sessions(PART_MONITOR);
}

static void run_with_all_failing(enum fault fault) {
	int fds[LIFE_FILES];
	struct server server;
	struct client client;
	life_create_files(fds);
	server_init_core(&server, NULL);
	faults_start_all_of(fault, 0);
	if (client_try_init(&client, &server)) {
		life_run(&client, fds);
	}
	life_expect_honest_end(&client);
	faults_stop();
	client_finish(&client);
	server_finish(&server);
	life_close_files(fds);
}

TEST("faults@one-kind-of-call-may-always-fail") {
	for (int i = 0; i < FAULTS_LEN; i++) {
		run_with_all_failing(i);
	}
}

TEST("faults@what-cannot-be-unmapped-is-unmapped-later") {
	int fds[LIFE_FILES];
	struct server server;
	struct client client;
	life_create_files(fds);
	server_init_core(&server, NULL);
	client_init(&client, &server);
	faults_start_all_of(FAULT_MUNMAP, 0);
	life_run(&client, fds);
	life_expect_honest_end(&client);
	client_finish(&client);
	expect_int(server.manager->total.counts[LIDO_QUOTA_MAPPINGS].used, >, 0);
	expect_int(server.manager->total.counts[LIDO_QUOTA_MAPPINGS].used, ==, faults_get_count(FAULT_MUNMAP));
	faults_stop();
	server_dispatch(&server, 2 * LIDO_TRIM_TICK_MS);
	expect_int(server.manager->total.counts[LIDO_QUOTA_MAPPINGS].used, ==, 0);
	server_finish(&server);
	life_close_files(fds);
}

TEST("faults@without-an-event-source-a-large-file-is-closed-at-once") {
	struct lido_disposal disposal;
	struct wl_event_loop *loop = wl_event_loop_create();
	lido_disposal_init(&disposal, loop, NULL);
	faults_start_all_of(FAULT_SOURCE, 0);
	lido_disposal_close(&disposal, file_create(FILE_SEALED, 64 << 20), true);
	faults_stop();
	expect_int(wl_list_length(&disposal.files), ==, 0);
	lido_disposal_finish(&disposal);
	wl_event_loop_destroy(loop);
}
