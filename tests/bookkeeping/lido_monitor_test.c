/*
 * lido_monitor_v1: who can connect, what it reports, and that no monitor harms the server. Ordinary clients never see
 * the global, so only these tests can show it.
 */
#include "base/os.h"
#include "faults.h"
#include "file.h"
#include "memory/pool.h"
#include "monitor_client.h"
#include "pool_pair.h"
#include "runner.h"
#include "wire/manager.h"
#include <errno.h>
#include <fcntl.h>
#include <lido/monitor.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "test-monitor"

static struct lido_monitor *create_monitor(struct server *server) {
	struct lido_monitor *monitor = lido_monitor_create(server->manager, NAME);
	expect(monitor != NULL);
	wl_display_set_global_filter(server->display, lido_monitor_filter, monitor);
	return monitor;
}

static void get_path(char *path, size_t size, const char *name) {
	snprintf(path, size, "%s/%s", getenv("XDG_RUNTIME_DIR"), name);
}

TEST("lido_monitor@socket-is-the-users-alone-and-goes-with-the-server") {
	struct server server;
	struct stat stat_out;
	char path[256];
	server_init_core(&server, NULL);
	create_monitor(&server);
	get_path(path, sizeof(path), NAME);
	expect(stat(path, &stat_out) == 0 && S_ISSOCK(stat_out.st_mode));
	expect_int(stat_out.st_mode & 0777, ==, 0600);
	server_finish(&server);
	expect(access(path, F_OK) != 0 && errno == ENOENT);
	get_path(path, sizeof(path), NAME ".lock");
	expect(access(path, F_OK) != 0 && errno == ENOENT);
}

// What a crashed server leaves.
static void leave_socket(const char *path) {
	int fd = lido_os.listen_at(path);
	expect(fd >= 0);
	close(fd);
}

TEST("lido_monitor@socket-of-another-server-is-left-alone-and-one-of-a-dead-server-is-taken") {
	struct server first, second;
	char path[256];
	server_init_core(&first, NULL);
	server_init_core(&second, NULL);
	get_path(path, sizeof(path), NAME);
	leave_socket(path);
	create_monitor(&first);
	expect(lido_monitor_create(second.manager, NAME) == NULL);
	expect_int(errno, ==, EWOULDBLOCK);
	struct monitor_client client;
	monitor_client_init(&client, &first, NAME);
	monitor_client_finish(&client);
	server_finish(&second);
	server_finish(&first);
}

// They stay as they are, and no lock file is left.
TEST("lido_monitor@file-folder-and-link-in-the-place-of-the-socket-are-left-alone") {
	struct server server;
	struct stat before, after;
	char path[256], lock[256], target[256];
	server_init_core(&server, NULL);
	get_path(path, sizeof(path), NAME);
	get_path(lock, sizeof(lock), NAME ".lock");
	get_path(target, sizeof(target), "target");
	leave_socket(target);
	for (int kind = 0; kind < 3; kind++) {
		expect_int(kind == 0   ? mknod(path, S_IFREG | 0600, 0)
				   : kind == 1 ? mkdir(path, 0700)
							   : symlink(target, path),
				==, 0);
		expect_int(lstat(path, &before), ==, 0);
		expect(lido_monitor_create(server.manager, NAME) == NULL);
		expect_int(errno, ==, EEXIST);
		expect_int(lstat(path, &after), ==, 0);
		expect_int(after.st_ino, ==, before.st_ino);
		expect(access(lock, F_OK) != 0 && errno == ENOENT);
		expect_int(remove(path), ==, 0);
	}
	expect_int(access(target, F_OK), ==, 0);
	create_monitor(&server);
	server_finish(&server);
}

TEST("lido_monitor@file-that-has-taken-the-place-of-the-socket-is-left-alone") {
	struct server server;
	char path[256];
	server_init_core(&server, NULL);
	create_monitor(&server);
	get_path(path, sizeof(path), NAME);
	expect_int(unlink(path), ==, 0);
	expect_int(mknod(path, S_IFREG | 0600, 0), ==, 0);
	server_finish(&server);
	expect_int(access(path, F_OK), ==, 0);
	expect_int(unlink(path), ==, 0);
}

TEST("lido_monitor@name-that-is-too-long-or-no-folder-is-an-error") {
	struct server server;
	char name[200] = "";
	server_init_core(&server, NULL);
	memset(name, 'x', sizeof(name) - 1);
	expect(lido_monitor_create(server.manager, name) == NULL);
	expect_int(errno, ==, ENAMETOOLONG);
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char *folder = strdup(runtime != NULL ? runtime : "");
	unsetenv("XDG_RUNTIME_DIR");
	expect(lido_monitor_create(server.manager, NAME) == NULL);
	expect_int(errno, ==, ENOENT);
	setenv("XDG_RUNTIME_DIR", folder, true);
	free(folder);
	server_finish(&server);
}

TEST("lido_monitor@is-shown-to-monitors-alone-and-nothing-else-is") {
	struct pair pair;
	struct monitor_client monitor;
	pair_init(&pair, NULL);
	create_monitor(&pair.server);
	struct client late;
	client_init(&late, &pair.server);
	expect(client_find_global(&late, "lido_monitor_v1", NULL) == NULL);
	expect(client_find_global(&pair.client, "lido_monitor_v1", NULL) == NULL);
	monitor_client_init(&monitor, &pair.server, NAME);
	expect(client_find_global(&monitor.client, "lido_monitor_v1", NULL) != NULL);
	expect_int(monitor.client.globals.size / sizeof(struct client_global), ==, 1);
	monitor_client_finish(&monitor);
	client_finish(&late);
	pair_finish(&pair);
}

// Tries to bind a global that was not announced to the client.
static void expect_bind_error(struct server *server, uint32_t name, const char *text, bool is_hidden) {
	struct client guesser;
	client_init(&guesser, server);
	struct wl_proxy *proxy = wl_registry_bind(guesser.registry, name, &lido_monitor_v1_interface, 1);
	if (is_hidden) {
		expect_protocol_error(&guesser, guesser.registry, WL_DISPLAY_ERROR_INVALID_OBJECT, text);
	} else {
		expect_protocol_error(&guesser, guesser.display, WL_DISPLAY_ERROR_IMPLEMENTATION, text);
	}
	wl_proxy_destroy(proxy);
	client_finish(&guesser);
}

TEST("lido_monitor@cannot-be-bound-by-guessing-its-name") {
	struct pair pair;
	struct monitor_client monitor;
	pair_init(&pair, NULL);
	create_monitor(&pair.server);
	monitor_client_init(&monitor, &pair.server, NAME);
	uint32_t name = client_find_global(&monitor.client, "lido_monitor_v1", NULL)->name;
	expect_bind_error(&pair.server, name, "global lido_monitor_v1 (", true);
	// Not even if the compositor has set no filter.
	wl_display_set_global_filter(pair.server.display, NULL, NULL);
	expect_bind_error(&pair.server, name, "only for clients of the monitor socket", false);
	expect_alive(&monitor.client);
	monitor_client_finish(&monitor);
	pair_finish(&pair);
}

TEST("lido_monitor@tells-the-numbers-of-each-client") {
	struct pool_pair pair;
	struct pool_block blocks[2];
	struct monitor_client monitor;
	pool_pair_init(&pair, NULL, 0);
	create_monitor(&pair.base.server);
	for (int i = 0; i < 2; i++) {
		pool_block_init(&blocks[i], &pair.pool, 65536);
	}
	struct wl_buffer *buffer = pool_block_create_buffer(&blocks[0], 0, 128, 128);
	expect_place(&blocks[1]);
	memset(pool_block_get_data(&blocks[0]), 1, 65536);
	monitor_client_init(&monitor, &pair.base.server, NAME);
	expect_int(monitor_client_get_all(&monitor), ==, 2);
	const struct monitor_row *row = monitor_client_get_row(&monitor, 0);
	expect_int(row->pid, ==, getpid());
	expect_string(row->name, "lido_monitor_test");
	expect_int(row->values[LIDO_MONITOR_V1_VALUE_EXPORTED_AREAS], ==, 1);
	expect_int(row->values[LIDO_MONITOR_V1_VALUE_BLOCKS], ==, 2);
	expect_int(row->values[LIDO_MONITOR_V1_VALUE_BUFFERS], ==, 1);
	expect_int(row->values[LIDO_MONITOR_V1_VALUE_BYTES_USED], ==, 65536);
	expect_int(row->values[LIDO_MONITOR_V1_VALUE_BYTES_RESIDENT], ==, 65536);
	expect_int(row->values[LIDO_MONITOR_V1_VALUE_BYTES_MAPPED], ==, pool_client_get_first_area(&pair.pool)->reserve);
	expect_int(row->values[LIDO_MONITOR_V1_VALUE_SEALED_FILES], ==, 0);
	expect_string(row->limit_key, "areas"); // one of sixteen
	expect_int(row->limit_used, ==, 1);
	expect_int(row->limit_max, ==, LIDO_AREAS_MAX_DEFAULT);
	expect_int(monitor_client_get_row(&monitor, 1)->values[LIDO_MONITOR_V1_VALUE_FDS], ==, 0);
	// Peaks remain, and freed memory is cached.
	wl_buffer_destroy(buffer);
	pool_block_finish(&blocks[0]);
	client_roundtrip(&pair.base.client);
	monitor_client_get_all(&monitor);
	row = monitor_client_get_row(&monitor, 0);
	expect_int(row->values[LIDO_MONITOR_V1_VALUE_BYTES_USED], ==, 0);
	expect_int(row->values[LIDO_MONITOR_V1_VALUE_BYTES_USED_PEAK], ==, 65536);
	expect_int(row->values[LIDO_MONITOR_V1_VALUE_BUFFERS_PEAK], ==, 1);
	expect_int(row->values[LIDO_MONITOR_V1_VALUE_BYTES_CACHED], ==, 65536);
	monitor_client_finish(&monitor);
	pool_pair_finish(&pair);
}

TEST("lido_monitor@clients-come-in-pages-and-each-once") {
	enum {
		COUNT = 11
	};
	struct server server;
	struct client clients[COUNT];
	struct monitor_client monitor;
	server_init_core(&server, NULL);
	create_monitor(&server);
	for (int i = 0; i < COUNT; i++) {
		client_init(&clients[i], &server);
	}
	monitor_client_init(&monitor, &server, NAME);
	expect_int(monitor_client_get_all(&monitor), ==, COUNT);
	expect_int(monitor.answers, ==, (COUNT + LIDO_MONITOR_CLIENTS_MAX - 1) / LIDO_MONITOR_CLIENTS_MAX);
	for (size_t i = 1; i < COUNT; i++) {
		expect_int(monitor_client_get_row(&monitor, i - 1)->id, <, monitor_client_get_row(&monitor, i)->id);
	}
	// The last client of an answer may disconnect before the next query.
	monitor.rows.size = 0;
	expect(monitor_client_try_get_clients(&monitor, 0));
	client_finish(&clients[LIDO_MONITOR_CLIENTS_MAX - 1]);
	expect(monitor_client_try_get_clients(&monitor, monitor.next));
	expect_int(monitor_client_get_row(&monitor, LIDO_MONITOR_CLIENTS_MAX)->id, >,
			monitor_client_get_row(&monitor, LIDO_MONITOR_CLIENTS_MAX - 1)->id);
	monitor_client_finish(&monitor);
	for (int i = 0; i < COUNT; i++) {
		if (i != LIDO_MONITOR_CLIENTS_MAX - 1) {
			client_finish(&clients[i]);
		}
	}
	server_finish(&server);
}

// Queries all ranges of the first area, which must cover it without gaps. bytes receives the bytes of each kind.
static void get_ranges(struct monitor_client *monitor, int64_t bytes[4]) {
	monitor->ranges.size = 0;
	uint32_t area = 0, offset = 0;
	do {
		expect(monitor_client_try_get_ranges(monitor, 1, area, offset));
		area = monitor->next;
		offset = monitor->next_offset;
	} while (area == monitor->area);
	memset(bytes, 0, 4 * sizeof(*bytes));
	uint32_t end = 0, last = 0;
	const struct monitor_range *range;
	wl_array_for_each(range, &monitor->ranges) {
		expect_int(range->offset, ==, end);
		expect_int(range->size, >, 0);
		expect(range->kind >= 1 && range->kind <= 3 && range->kind != last);
		bytes[range->kind] += range->size;
		end += range->size;
		last = range->kind;
	}
	expect_int(end, ==, monitor->size);
}

TEST("lido_monitor@ranges-tile-the-file-in-pages") {
	enum {
		COUNT = 600
	};
	struct pool_pair pair;
	static struct pool_block blocks[COUNT];
	struct monitor_client monitor;
	int64_t bytes[4];
	pool_pair_init(&pair, NULL, 0);
	create_monitor(&pair.base.server);
	monitor_client_init(&monitor, &pair.base.server, NAME);
	expect(monitor_client_try_get_ranges(&monitor, 1, 0, 0));
	expect_int(monitor.next, ==, 0); // no area yet
	for (int i = 0; i < COUNT; i++) {
		pool_block_init(&blocks[i], &pair.pool, 4096);
	}
	expect_place(&blocks[COUNT - 1]);
	get_ranges(&monitor, bytes);
	expect_int(monitor.ranges.size / sizeof(struct monitor_range), ==, 1);
	expect_int(bytes[LIDO_MONITOR_V1_RANGE_USED], ==, COUNT * 4096);
	expect_int(monitor.blocks, ==, COUNT);
	for (int i = 0; i < COUNT; i += 2) {
		pool_block_finish(&blocks[i]);
	}
	client_roundtrip(&pair.base.client);
	size_t answers = monitor.answers;
	get_ranges(&monitor, bytes);
	expect_int(monitor.ranges.size / sizeof(struct monitor_range), ==, COUNT);
	expect_int(monitor.answers - answers, ==, (COUNT + LIDO_MONITOR_RANGES_MAX - 1) / LIDO_MONITOR_RANGES_MAX);
	expect_int(bytes[LIDO_MONITOR_V1_RANGE_USED], ==, COUNT / 2 * 4096);
	expect_int(bytes[LIDO_MONITOR_V1_RANGE_CACHED], ==, COUNT / 2 * 4096);
	uint32_t calls = UINT32_MAX;
	lido_pool_trim(pair_get_pool(&pair.base), 0, &calls);
	get_ranges(&monitor, bytes);
	expect_int(bytes[LIDO_MONITOR_V1_RANGE_CACHED], ==, 0);
	expect_int(bytes[LIDO_MONITOR_V1_RANGE_FREE], ==, COUNT / 2 * 4096);
	monitor_client_finish(&monitor);
	pool_pair_finish(&pair);
}

TEST("lido_monitor@any-numbers-in-a-question-are-answered") {
	static const uint32_t numbers[] = {0, 1, 2, 4095, 65535, 65536, 65537, INT32_MAX, UINT32_MAX - 1, UINT32_MAX};
	enum {
		LEN = sizeof(numbers) / sizeof(numbers[0])
	};
	struct pool_pair pair;
	struct pool_block block;
	struct monitor_client monitor;
	pool_pair_init(&pair, NULL, 0);
	create_monitor(&pair.base.server);
	pool_block_init(&block, &pair.pool, 65536);
	expect_place(&block);
	monitor_client_init(&monitor, &pair.base.server, NAME);
	for (size_t i = 0; i < LEN * LEN * LEN; i++) {
		monitor.ranges.size = 0;
		expect(monitor_client_try_get_ranges(
				&monitor, numbers[i / LEN / LEN], numbers[i / LEN % LEN], numbers[i % LEN]));
		const struct monitor_range *range;
		wl_array_for_each(range, &monitor.ranges) {
			expect_int((int64_t)range->offset + range->size, <=, monitor.size);
		}
	}
	for (size_t i = 0; i < LEN; i++) {
		expect(monitor_client_try_get_clients(&monitor, numbers[i]));
	}
	monitor_client_finish(&monitor);
	pool_pair_finish(&pair);
}

TEST("lido_monitor@second-question-before-the-answer-is-busy-whichever-object-asks") {
	for (int is_other = 0; is_other < 2; is_other++) {
		struct pair pair;
		struct monitor_client monitor;
		pair_init(&pair, NULL);
		create_monitor(&pair.server);
		monitor_client_init(&monitor, &pair.server, NAME);
		struct lido_monitor_v1 *other = client_bind(&monitor.client, &lido_monitor_v1_interface, 1);
		client_roundtrip(&monitor.client);
		struct lido_monitor_v1 *second = is_other ? other : monitor.monitor;
		lido_monitor_v1_get_clients(monitor.monitor, 0);
		lido_monitor_v1_get_ranges(second, 1, 0, 0);
		expect_protocol_error(&monitor.client, second, LIDO_MONITOR_V1_ERROR_BUSY, "busy");
		lido_monitor_v1_destroy(other);
		monitor_client_finish(&monitor);
		pair_finish(&pair);
	}
}

TEST("lido_monitor@object-that-goes-takes-its-question-along") {
	struct pair pair;
	struct monitor_client monitor;
	pair_init(&pair, NULL);
	struct lido_monitor *server_monitor = create_monitor(&pair.server);
	monitor_client_init(&monitor, &pair.server, NAME);
	for (int i = 0; i < 3; i++) {
		struct lido_monitor_v1 *other = client_bind(&monitor.client, &lido_monitor_v1_interface, 1);
		lido_monitor_v1_get_clients(other, 0);
		lido_monitor_v1_destroy(other);
	}
	expect_alive(&monitor.client);
	expect_int(monitor_client_get_all(&monitor), ==, 2);
	// So does a connection that ends, and the server.
	lido_monitor_v1_get_clients(monitor.monitor, 0);
	monitor_client_finish(&monitor);
	monitor_client_init(&monitor, &pair.server, NAME);
	lido_monitor_v1_get_clients(monitor.monitor, 0);
	wl_display_flush(monitor.client.display);
	lido_monitor_destroy(server_monitor);
	wl_display_set_global_filter(pair.server.display, NULL, NULL);
	monitor_client_finish(&monitor);
	pair_finish(&pair);
}

TEST("lido_monitor@that-asks-without-reading-is-ended-and-harms-nobody") {
	struct pair pair;
	struct monitor_client monitor;
	pair_init(&pair, NULL);
	wl_display_set_default_max_buffer_size(pair.server.display, LIDO_MONITOR_ANSWER_SIZE_MAX);
	create_monitor(&pair.server);
	monitor_client_init(&monitor, &pair.server, NAME);
	bool is_gone = false;
	for (int i = 0; i < 100000 && !is_gone; i++) {
		lido_monitor_v1_get_clients(monitor.monitor, 0);
		is_gone = wl_display_flush(monitor.client.display) < 0 && errno == EPIPE;
		server_dispatch(&pair.server, 0);
	}
	expect(is_gone);
	monitor_client_finish(&monitor);
	pair_finish(&pair);
}

TEST("lido_monitor@one-more-than-may-be-is-refused") {
	struct pair pair;
	struct monitor_client monitors[LIDO_MONITORS_MAX], late;
	pair_init(&pair, NULL);
	create_monitor(&pair.server);
	for (int i = 0; i < LIDO_MONITORS_MAX; i++) {
		monitor_client_init(&monitors[i], &pair.server, NAME);
	}
	expect(!monitor_client_try_init(&late, &pair.server, NAME));
	expect_contains(late.client.error, "too many monitors: the limit is 8");
	monitor_client_finish(&late);
	monitor_client_finish(&monitors[0]);
	monitor_client_init(&late, &pair.server, NAME);
	expect_int(monitor_client_get_all(&late), ==, 2);
	monitor_client_finish(&late);
	for (int i = 1; i < LIDO_MONITORS_MAX; i++) {
		monitor_client_finish(&monitors[i]);
	}
	pair_finish(&pair);
}

TEST("lido_monitor@without-fds-the-socket-rests-and-then-serves") {
	struct server server;
	struct monitor_client monitor;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	server_init_core(&server, NULL);
	create_monitor(&server);
	get_path(address.sun_path, sizeof(address.sun_path), NAME);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	faults_start_all_of(FAULT_ACCEPT, 0);
	expect(fd != -1 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	for (int i = 0; i < 100; i++) {
		server_dispatch(&server, 0);
	}
	expect_int(faults_get_count(FAULT_ACCEPT), ==, 1);
	faults_stop();
	for (int i = 0; i < 100; i++) {
		server_dispatch(&server, 10);
	}
	monitor_client_init(&monitor, &server, NAME);
	monitor_client_finish(&monitor);
	close(fd);
	server_finish(&server);
}
