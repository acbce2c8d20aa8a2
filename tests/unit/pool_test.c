/*
 * The pool: one per client, its bookkeeping, and its destruction in one step.
 */
#include "file.h"
#include "memory/area.h"
#include "memory/pool.h"
#include "memory/scratch.h"
#include "pair.h"
#include "runner.h"
#include "wire/manager.h"
#include <unistd.h>

TEST("pool@there-is-one-per-client") {
	struct pair pair;
	pair_init(&pair, NULL);
	struct lido_pool *first = pair_get_pool(&pair);
	struct lido_pool *second = lido_pool_from_client(pair.server.manager, client_get_peer(&pair.other));
	expect(first != second);
	struct wl_shm *again = client_bind(&pair.client, &wl_shm_interface, 2);
	expect_alive(&pair.client);
	expect(pair_get_pool(&pair) == first);
	expect_int(wl_list_length(&pair.server.manager->pools), ==, 2);
	wl_shm_release(again);
	client_roundtrip(&pair.client);
	expect(pair_get_pool(&pair) == first);
	pair_finish(&pair);
}

TEST("pool@bookkeeping-follows-what-the-client-creates-and-destroys") {
	struct pair pair;
	pair_init(&pair, NULL);
	struct lido_pool *pool = pair_get_pool(&pair);
	int fds[2] = {file_create(FILE_SEALED, 8192), file_create(FILE_UNSEALABLE, 8192)};
	struct wl_shm_pool *shm_pools[4];
	struct wl_buffer *buffers[4];
	for (int i = 0; i < 4; i++) {
		shm_pools[i] = wl_shm_create_pool(pair.client.shm, fds[i % 2], 8192);
		buffers[i] = wl_shm_pool_create_buffer(shm_pools[i], 0, 32, 32, 128, WL_SHM_FORMAT_ARGB8888);
		client_roundtrip(&pair.client);
		lido_pool_audit(pool);
		expect_int(pool_used(pool, SHM_POOLS), ==, i + 1);
		expect_int(pool_used(pool, BUFFERS), ==, i + 1);
		expect_int(pool_used(pool, FILES), ==, i == 0 ? 1 : 2);
		expect_int(pool_used(pool, SEALED_FILES), ==, 1);
		expect_int(pool_used(pool, BUFFER_BYTES), ==, 4096 * (i + 1));
	}
	expect_int(pool->quota.total->counts[LIDO_QUOTA_FILES].used, ==, 2);
	for (int i = 0; i < 4; i++) {
		wl_shm_pool_destroy(shm_pools[i]);
		client_roundtrip(&pair.client);
		lido_pool_audit(pool);
		expect_int(pool_used(pool, FILES), ==, 2);
	}
	for (int i = 0; i < 4; i++) {
		wl_buffer_destroy(buffers[i]);
		client_roundtrip(&pair.client);
		lido_pool_audit(pool);
		expect_int(pool_used(pool, FILES), ==, i < 2 ? 2 : 3 - i);
		expect_int(pool_used(pool, BUFFER_BYTES), ==, 4096 * (3 - i));
	}
	expect_int(pool->quota.total->counts[LIDO_QUOTA_FILES].used, ==, 0);
	close(fds[0]);
	close(fds[1]);
	pair_finish(&pair);
}

TEST("pool@is-destroyed-with-its-client-in-one-step") {
	struct pair pair;
	struct client victim;
	pair_init(&pair, NULL);
	client_init(&victim, &pair.server);
	int fds[20];
	for (int i = 0; i < 20; i++) {
		fds[i] = file_create(i % FILE_KINDS_LEN, 65536);
		file_fill(fds[i], 0, 65536, 1);
		struct wl_shm_pool *shm_pool = wl_shm_create_pool(victim.shm, fds[i], 65536);
		struct wl_buffer *buffer = wl_shm_pool_create_buffer(shm_pool, 0, 128, 128, 512, WL_SHM_FORMAT_ARGB8888);
		client_roundtrip(&victim);
		uint32_t id = wl_proxy_get_id((struct wl_proxy *)buffer);
		struct wl_resource *resource = wl_client_get_object(client_get_peer(&victim), id);
		lido_buffer_map(lido_buffer_try_from_resource(resource), 0, 128, NULL);
	}
	struct lido_pool *pool = lido_pool_from_client(pair.server.manager, client_get_peer(&victim));
	lido_scratch_destroy(lido_scratch_create(pool, 100000));
	expect_int(wl_list_length(&pair.server.manager->pools), ==, 3);
	expect_int(manager_used(pair.server.manager, FILES), ==, 20);
	client_finish(&victim);
	expect_int(wl_list_length(&pair.server.manager->pools), ==, 2);
	expect_int(manager_used(pair.server.manager, FILES), ==, 0);
	for (int i = 0; i < 20; i++) {
		expect_int(file_count_fds(fds[i]), ==, 1);
		expect_int(file_count_mappings(fds[i], NULL), ==, 0);
		close(fds[i]);
	}
	pair_finish(&pair);
}

TEST("pool@lock-keeps-its-own-file-only") {
	struct pair pair;
	struct client victim;
	pair_init(&pair, NULL);
	client_init(&victim, &pair.server);
	int fds[2] = {file_create(FILE_SEALED, 65536), file_create(FILE_SEALED, 65536)};
	struct lido_buffer *buffers[2];
	for (int i = 0; i < 2; i++) {
		file_fill(fds[i], 0, 65536, 1);
		struct wl_shm_pool *shm_pool = wl_shm_create_pool(victim.shm, fds[i], 65536);
		struct wl_buffer *buffer = wl_shm_pool_create_buffer(shm_pool, 0, 128, 128, 512, WL_SHM_FORMAT_ARGB8888);
		client_roundtrip(&victim);
		uint32_t id = wl_proxy_get_id((struct wl_proxy *)buffer);
		buffers[i] = lido_buffer_try_from_resource(wl_client_get_object(client_get_peer(&victim), id));
		expect(lido_buffer_map(buffers[i], 0, 128, NULL) != NULL);
	}
	struct lido_pool *pool = buffers[0]->pool;
	struct lido_scratch *scratch = lido_scratch_create(pool, 4096);
	lido_scratch_destroy(lido_scratch_create(pool, 100000));
	lido_buffer_lock(buffers[0]);
	client_finish(&victim);
	lido_pool_audit(pool);
	expect_int(pool_used(pool, SCRATCH_BYTES), ==, 4096);
	expect_int(file_count_fds(fds[0]), ==, 2);
	expect_int(file_count_fds(fds[1]), ==, 1);
	expect_int(wl_list_length(&pair.server.manager->pools), ==, 3);
	lido_pool_post_no_memory(pool);
	lido_buffer_unlock(buffers[0]);
	expect_int(file_count_fds(fds[0]), ==, 1);
	expect_int(wl_list_length(&pair.server.manager->pools), ==, 3);
	lido_scratch_destroy(scratch);
	expect_int(wl_list_length(&pair.server.manager->pools), ==, 2);
	close(fds[0]);
	close(fds[1]);
	pair_finish(&pair);
}

TEST("pool@quota_allows-changes-nothing-and-names-value-and-limit") {
	struct lido_limits limits = {.files_max = 1, .shm_pools_max = 2, .buffers_max = 3, .scratch_bytes_max = 10};
	struct server server;
	struct client client;
	server_init_core(&server, &limits);
	client_init(&client, &server);
	struct lido_pool *pool = lido_pool_from_client(server.manager, client_get_peer(&client));
	expect(!lido_quota_allows(&pool->quota, LIDO_QUOTA_FILES, 2));
	expect_contains(pool->quota.failure, "0 held, 2 more wanted, the limit (files) is 1");
	expect(!lido_quota_allows(&pool->quota, LIDO_QUOTA_SHM_POOLS, 3));
	expect_contains(pool->quota.failure, "0 held, 3 more wanted, the limit (shm-pools) is 2");
	expect(!lido_quota_allows(&pool->quota, LIDO_QUOTA_BUFFERS, 4));
	expect_contains(pool->quota.failure, "0 held, 4 more wanted, the limit (buffers) is 3");
	expect(lido_quota_allows(&pool->quota, LIDO_QUOTA_SCRATCH_BYTES, 10));
	expect(!lido_quota_allows(&pool->quota, LIDO_QUOTA_SCRATCH_BYTES, 11));
	expect_contains(pool->quota.failure, "0 bytes held, 11 more wanted, the limit (scratch-bytes) is 10");
	expect(!lido_quota_allows(&pool->quota, LIDO_QUOTA_SCRATCH_BYTES, INT64_MAX));
	expect_int(pool_used(pool, FILES), ==, 0);
	expect_int(pool_used(pool, SCRATCH_BYTES), ==, 0);
	client_finish(&client);
	server_finish(&server);
}
