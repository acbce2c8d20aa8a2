/*
 * Limits per client: exceeding one disconnects the client with wl_display.no_memory, whose message names the value and
 * the limit, and affects no other client. Only these tests set the limits.
 */
#include "file.h"
#include "pair.h"
#include "runner.h"
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static struct lido_limits small_limits(void) {
	struct lido_limits limits = lido_limits_default();
	limits.files_max = 7;
	limits.shm_pools_max = 9;
	limits.buffers_max = 11;
	limits.scratch_bytes_max = 1 << 20;
	return limits;
}

static struct wl_shm_pool *create_pool_of_new_file(struct client *client, enum file_kind kind) {
	int fd = file_create(kind, 4096);
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, 4096);
	wl_display_flush(client->display);
	close(fd);
	return pool;
}

TEST("wl_shm_limit@one-file-too-many-is-no_memory") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct lido_limits limits = small_limits();
		struct pair pair;
		struct wl_shm_pool *pools[8];
		pair_init(&pair, &limits);
		for (int i = 0; i < 7; i++) {
			pools[i] = create_pool_of_new_file(&pair.client, kind);
		}
		expect_alive(&pair.client);
		pools[7] = create_pool_of_new_file(&pair.client, kind);
		expect_no_memory(&pair.client, "7 held, the limit (files) is 7");
		for (int i = 0; i < 8; i++) {
			wl_shm_pool_destroy(pools[i]);
		}
		pair_finish(&pair);
	}
}

static struct lido_limit_event met;
static int met_len;

static void handle_limit(struct wl_listener *listener, void *data) {
	met = *(const struct lido_limit_event *)data;
	met_len++;
}

TEST("wl_shm_limit@that-ends-a-client-is-told-to-the-compositor") {
	struct lido_limits limits = small_limits();
	struct wl_listener listener = {.notify = handle_limit};
	struct pair pair;
	pair_init(&pair, &limits);
	lido_manager_add_limit_listener(pair.server.manager, &listener);
	lido_manager_add_limit_listener(pair.server.manager, &(struct wl_listener){.notify = handle_limit}); // stays
	for (int i = 0; i < 8; i++) {
		create_pool_of_new_file(&pair.client, FILE_SEALED);
	}
	struct wl_client *peer = client_get_peer(&pair.client);
	expect_no_memory(&pair.client, "the limit (files) is 7");
	expect_int(met_len, ==, 2);
	expect(met.client == peer && met.is_fatal);
	expect_string(met.key, "files");
	expect_int(met.scope, ==, LIDO_LIMIT_OF_CLIENT);
	expect_int(met.used, ==, 7);
	expect_int(met.wanted, ==, 1);
	expect_int(met.max, ==, 7);
	wl_list_remove(&listener.link);
	pair_finish(&pair);
}

TEST("wl_shm_limit@scratch-memory-that-ends-a-client-is-told-once") {
	struct lido_limits limits = small_limits();
	struct wl_listener listener = {.notify = handle_limit};
	struct pair pair;
	pair_init(&pair, &limits);
	lido_manager_add_limit_listener(pair.server.manager, &listener);
	struct lido_pool *pool = pair_get_pool(&pair);
	expect(lido_scratch_create(pool, (1 << 20) + 1) == NULL);
	expect_int(met_len, ==, 0);
	lido_pool_post_no_memory(pool);
	lido_pool_post_no_memory(pool);
	expect_int(met_len, ==, 1);
	expect(met.is_fatal);
	expect_string(met.key, "scratch-bytes");
	expect_no_memory(&pair.client, "(scratch-bytes) is 1048576");
	pair_finish(&pair);
}

TEST("wl_shm_limit@file-that-was-given-back-does-not-count") {
	struct lido_limits limits = small_limits();
	struct pair pair;
	pair_init(&pair, &limits);
	for (int i = 0; i < 100; i++) {
		wl_shm_pool_destroy(create_pool_of_new_file(&pair.client, FILE_SEALED));
		client_roundtrip(&pair.client);
	}
	pair_finish(&pair);
}

TEST("wl_shm_limit@same-file-counts-once") {
	struct lido_limits limits = small_limits();
	limits.shm_pools_max = 100;
	limits.files_max = 1;
	struct pair pair;
	pair_init(&pair, &limits);
	struct wl_shm_pool *pools[100];
	int fd = file_create(FILE_SEALED, 4096);
	for (int i = 0; i < 100; i++) {
		pools[i] = wl_shm_create_pool(pair.client.shm, fd, 4096);
	}
	expect_alive(&pair.client);
	for (int i = 0; i < 100; i++) {
		wl_shm_pool_destroy(pools[i]);
	}
	close(fd);
	// The other client does not need more than one file, either.
	pair_finish(&pair);
}

TEST("wl_shm_limit@file-held-by-a-buffer-counts") {
	struct lido_limits limits = small_limits();
	limits.files_max = 1;
	struct pair pair;
	pair_init(&pair, &limits);
	struct wl_shm_pool *pool = create_pool_of_new_file(&pair.client, FILE_SEALED);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, 8, 8, 32, WL_SHM_FORMAT_ARGB8888);
	wl_shm_pool_destroy(pool);
	expect_alive(&pair.client);
	pool = create_pool_of_new_file(&pair.client, FILE_SEALED);
	expect_no_memory(&pair.client, "(files) is 1");
	wl_shm_pool_destroy(pool);
	wl_buffer_destroy(buffer);
	pair_finish(&pair);
}

TEST("wl_shm_limit@one-handle-too-many-is-no_memory") {
	struct lido_limits limits = small_limits();
	struct pair pair;
	struct wl_shm_pool *pools[10];
	pair_init(&pair, &limits);
	int fd = file_create(FILE_UNSEALABLE, 4096);
	for (int i = 0; i < 9; i++) {
		pools[i] = wl_shm_create_pool(pair.client.shm, fd, 4096);
	}
	expect_alive(&pair.client);
	pools[9] = wl_shm_create_pool(pair.client.shm, fd, 4096);
	expect_no_memory(&pair.client, "9 held, the limit (shm-pools) is 9");
	for (int i = 0; i < 10; i++) {
		wl_shm_pool_destroy(pools[i]);
	}
	expect_int(file_count_fds(fd), ==, 1);
	close(fd);
	pair_finish(&pair);
}

TEST("wl_shm_limit@one-buffer-too-many-is-no_memory") {
	struct lido_limits limits = small_limits();
	struct pair pair;
	struct wl_buffer *buffers[12];
	pair_init(&pair, &limits);
	struct wl_shm_pool *pool = create_pool_of_new_file(&pair.client, FILE_SEALED);
	for (int i = 0; i < 11; i++) {
		buffers[i] = wl_shm_pool_create_buffer(pool, 0, 8, 8, 32, WL_SHM_FORMAT_ARGB8888);
	}
	expect_alive(&pair.client);
	buffers[11] = wl_shm_pool_create_buffer(pool, 0, 8, 8, 32, WL_SHM_FORMAT_ARGB8888);
	expect_no_memory(&pair.client, "11 held, the limit (buffers) is 11");
	for (int i = 0; i < 12; i++) {
		wl_buffer_destroy(buffers[i]);
	}
	wl_shm_pool_destroy(pool);
	pair_finish(&pair);
}

TEST("wl_shm_limit@bytes-of-server-memory-end-in-no_memory") {
	struct lido_limits limits = small_limits();
	struct pair pair;
	pair_init(&pair, &limits);
	struct lido_pool *pool = pair_get_pool(&pair);
	struct lido_scratch *memory = lido_scratch_create(pool, 1 << 20);
	expect(memory != NULL);
	expect(lido_scratch_create(pool, 1) == NULL);
	lido_pool_post_no_memory(pool);
	expect_no_memory(&pair.client, "1048576 bytes held, 4096 more wanted, the limit (scratch-bytes) is 1048576");
	lido_scratch_destroy(memory);
	pair_finish(&pair);
}

TEST("wl_shm_limit@files-of-all-clients-stay-below-those-of-the-process") {
	// 70 % of 400 files. One client takes as much as it can; the server must still serve the other one.
	struct rlimit limit = {.rlim_cur = 400, .rlim_max = 400};
	expect_int(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
	struct pair pair;
	pair_init(&pair, NULL);
	struct wl_shm_pool *pools[400];
	int count = 0;
	bool alive = true;
	while (alive && count < 400) {
		pools[count++] = create_pool_of_new_file(&pair.client, FILE_SEALED);
		alive = client_try_roundtrip(&pair.client);
	}
	expect(!alive);
	expect_int(count, >, 100);
	expect_int(count, <, 280);
	expect_no_memory(&pair.client, "all clients together");
	for (int i = 0; i < count; i++) {
		wl_shm_pool_destroy(pools[i]);
	}
	pair_finish(&pair);
}

// One client after another takes all that it can get, and stays connected.
TEST("wl_shm_limit@greedy-clients-leave-something-for-the-next") {
	enum {
		CLIENTS = 8
	};
	struct rlimit limit = {.rlim_cur = 1000, .rlim_max = 1000};
	expect_int(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
	struct server server;
	struct client clients[CLIENTS];
	server_init_core(&server, NULL);
	int left = 700;
	for (int i = 0; i < CLIENTS; i++) {
		client_init(&clients[i], &server);
		int share = (left + 1) / 2;
		expect_int(share, >=, 3);
		for (int j = 0; j < share; j++) {
			create_pool_of_new_file(&clients[i], FILE_SEALED);
			client_roundtrip(&clients[i]);
		}
		left -= share;
	}
	for (int i = 0; i < CLIENTS; i++) {
		expect_alive(&clients[i]);
	}
	server_finish(&server);
	for (int i = 0; i < CLIENTS; i++) {
		client_finish(&clients[i]);
	}
}
