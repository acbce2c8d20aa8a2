/*
 * What lido prints when clients meet limits of their shared memory.
 */
#include "client.h"
#include "file.h"
#include "pool_client.h"
#include "runner.h"
#include "server.h"
#include <compositor/monotonic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wlr/util/log.h>

static struct {
	char last[256];
	enum wlr_log_importance importance; // of the last
	int len;
} messages;

// Keeps messages about limits.
__attribute__((format(printf, 2, 0))) static void handle_message(
		enum wlr_log_importance importance, const char *format, va_list arguments) {
	char text[sizeof(messages.last)];
	vsnprintf(text, sizeof(text), format, arguments);
	if (strstr(text, "the limit") != NULL) {
		snprintf(messages.last, sizeof(messages.last), "%s", text);
		messages.importance = importance;
		messages.len++;
	}
}

static void init(struct server *server) {
	struct lido_limits limits = lido_limits_default();
	limits.shm_pools_max = 1;
	limits.blocks_max = 1;
	wlr_log_init(WLR_INFO, handle_message);
	server_init_compositor(server, 100, 100, &limits);
}

// A client that exceeds its limit.
static void exceed(struct server *server) {
	struct client client;
	client_init(&client, server);
	int fd = file_create(FILE_SEALED, 4096);
	struct wl_shm_pool *pools[] = {wl_shm_create_pool(client.shm, fd, 4096), wl_shm_create_pool(client.shm, fd, 4096)};
	expect_no_memory(&client, "the limit (shm-pools) is 1");
	wl_shm_pool_destroy(pools[0]);
	wl_shm_pool_destroy(pools[1]);
	close(fd);
	client_finish(&client);
}

TEST("pools@client-that-is-disconnected-is-named-with-its-limit") {
	struct server server;
	char start[64];
	init(&server);
	exceed(&server);
	snprintf(start, sizeof(start), " (process %d): too many wl_shm_pool objects: 1 held, the limit", (int)getpid());
	expect_contains(messages.last, "disconnected ");
	expect_contains(messages.last, start);
	expect_int(messages.importance, ==, WLR_ERROR);
	expect_int(messages.len, ==, 1);
	server_finish(&server);
}

TEST("pools@client-that-goes-without-is-no-error") {
	struct server server;
	struct client client;
	struct pool_client pool;
	struct pool_block blocks[2];
	init(&server);
	client_init(&client, &server);
	pool_client_init(&pool, &client, 0);
	for (int i = 0; i < 2; i++) {
		pool_block_init(&blocks[i], &pool, 4096);
	}
	expect_reason(&blocks[1], BLOCKS);
	expect_contains(messages.last, " met a limit: too many blocks: 1 held, the limit (blocks) is 1");
	expect_int(messages.importance, ==, WLR_INFO);
	pool_client_finish(&pool);
	client_finish(&client);
	server_finish(&server);
}

TEST("pools@client-that-comes-back-to-be-disconnected-does-not-fill-the-log") {
	struct server server;
	init(&server);
	for (int i = 0; i < 30; i++) {
		exceed(&server);
	}
	expect_int(messages.len, >=, 10);
	expect_int(messages.len, <=, 12);
	int before = messages.len;
	int64_t end = monotonic_msec() + 20000;
	while (monotonic_msec() < end) {
		server_dispatch(&server, 1000);
	}
	exceed(&server);
	expect_int(messages.len, ==, before + 1);
	server_finish(&server);
}
