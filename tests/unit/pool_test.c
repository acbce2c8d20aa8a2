/*
 * The pool: one per client, its books, and its end in one step.
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

TEST("pool@books-follow-what-the-client-makes-and-destroys") {
	struct pair pair;
	pair_init(&pair, NULL);
	struct lido_pool *pool = pair_get_pool(&pair);
	int fds[2] = {file_create(FILE_SEALED, 8192), file_create(FILE_UNSEALABLE, 8192)};
	struct wl_shm_pool *handles[4];
	struct wl_buffer *buffers[4];
	for (int i = 0; i < 4; i++) {
		handles[i] = wl_shm_create_pool(pair.client.shm, fds[i % 2], 8192);
		buffers[i] = wl_shm_pool_create_buffer(handles[i], 0, 32, 32, 128, WL_SHM_FORMAT_ARGB8888);
		client_roundtrip(&pair.client);
		lido_pool_validate(pool);
		expect_int(pool->handles, ==, i + 1);
		expect_int(pool->buffers, ==, i + 1);
		expect_int(pool->files, ==, i == 0 ? 1 : 2);
		expect_int(pool->sealed_files, ==, 1);
		expect_int(pool->bytes_live, ==, 4096 * (i + 1));
	}
	expect_int(pool->manager->files, ==, 2);
	for (int i = 0; i < 4; i++) {
		wl_shm_pool_destroy(handles[i]);
		client_roundtrip(&pair.client);
		lido_pool_validate(pool);
		expect_int(pool->files, ==, 2);
	}
	for (int i = 0; i < 4; i++) {
		wl_buffer_destroy(buffers[i]);
		client_roundtrip(&pair.client);
		lido_pool_validate(pool);
		expect_int(pool->files, ==, i < 2 ? 2 : 3 - i);
		expect_int(pool->bytes_live, ==, 4096 * (3 - i));
	}
	expect_int(pool->manager->files, ==, 0);
	close(fds[0]);
	close(fds[1]);
	pair_finish(&pair);
}

TEST("pool@is-dropped-with-its-client-in-one-step") {
	struct pair pair;
	struct client victim;
	pair_init(&pair, NULL);
	client_init(&victim, &pair.server);
	int fds[20];
	for (int i = 0; i < 20; i++) {
		fds[i] = file_create(i % FILE_KINDS_LEN, 65536);
		file_fill(fds[i], 0, 65536, 1);
		struct wl_shm_pool *handle = wl_shm_create_pool(victim.shm, fds[i], 65536);
		struct wl_buffer *buffer = wl_shm_pool_create_buffer(handle, 0, 128, 128, 512, WL_SHM_FORMAT_ARGB8888);
		client_roundtrip(&victim);
		uint32_t id = wl_proxy_get_id((struct wl_proxy *)buffer);
		lido_buffer_map(lido_buffer_try_from_resource(wl_client_get_object(client_get_peer(&victim), id)), 0, 128);
	}
	struct lido_pool *pool = lido_pool_from_client(pair.server.manager, client_get_peer(&victim));
	lido_memory_destroy(lido_memory_create(pool, 100000));
	expect_int(wl_list_length(&pair.server.manager->pools), ==, 3);
	expect_int(pair.server.manager->files, ==, 20);
	client_finish(&victim);
	expect_int(wl_list_length(&pair.server.manager->pools), ==, 2);
	expect_int(pair.server.manager->files, ==, 0);
	for (int i = 0; i < 20; i++) {
		expect_int(file_count_fds(fds[i]), ==, 1);
		expect_int(file_count_mappings(fds[i], NULL), ==, 0);
		close(fds[i]);
	}
	pair_finish(&pair);
}

TEST("pool@lock-delays-the-drop-of-what-it-needs-alone") {
	struct pair pair;
	struct client victim;
	pair_init(&pair, NULL);
	client_init(&victim, &pair.server);
	int fds[2] = {file_create(FILE_SEALED, 65536), file_create(FILE_SEALED, 65536)};
	struct lido_buffer *buffers[2];
	for (int i = 0; i < 2; i++) {
		file_fill(fds[i], 0, 65536, 1);
		struct wl_shm_pool *handle = wl_shm_create_pool(victim.shm, fds[i], 65536);
		struct wl_buffer *buffer = wl_shm_pool_create_buffer(handle, 0, 128, 128, 512, WL_SHM_FORMAT_ARGB8888);
		client_roundtrip(&victim);
		uint32_t id = wl_proxy_get_id((struct wl_proxy *)buffer);
		buffers[i] = lido_buffer_try_from_resource(wl_client_get_object(client_get_peer(&victim), id));
		expect(lido_buffer_map(buffers[i], 0, 128) != NULL);
	}
	struct lido_pool *pool = buffers[0]->pool;
	struct lido_memory *memory = lido_memory_create(pool, 4096);
	lido_memory_destroy(lido_memory_create(pool, 100000));
	lido_buffer_lock(buffers[0]);
	client_finish(&victim);
	lido_pool_validate(pool);
	expect_int(pool->bytes, ==, 4096);
	expect_int(file_count_fds(fds[0]), ==, 2);
	expect_int(file_count_fds(fds[1]), ==, 1);
	expect_int(wl_list_length(&pair.server.manager->pools), ==, 3);
	lido_pool_post_no_memory(pool);
	lido_buffer_unlock(buffers[0]);
	expect_int(file_count_fds(fds[0]), ==, 1);
	expect_int(wl_list_length(&pair.server.manager->pools), ==, 3);
	lido_memory_destroy(memory);
	expect_int(wl_list_length(&pair.server.manager->pools), ==, 2);
	close(fds[0]);
	close(fds[1]);
	pair_finish(&pair);
}

TEST("pool@checks-change-nothing-and-name-value-and-limit") {
	struct lido_limits limits = {.files_max = 0, .handles_max = 0, .buffers_max = 0, .bytes_max = 10};
	struct server server;
	struct client client;
	server_init_core(&server, &limits);
	client_init(&client, &server);
	struct lido_pool *pool = lido_pool_from_client(server.manager, client_get_peer(&client));
	expect(!lido_pool_check_files(pool));
	expect_contains(pool->error, "0 held, the limit (files) is 0");
	expect(!lido_pool_check_handles(pool));
	expect_contains(pool->error, "0 held, the limit (handles) is 0");
	expect(!lido_pool_check_buffers(pool));
	expect_contains(pool->error, "0 held, the limit (buffers) is 0");
	expect(lido_pool_check_bytes(pool, 10));
	expect(!lido_pool_check_bytes(pool, 11));
	expect_contains(pool->error, "0 bytes held, 11 more wanted, limit (bytes) 10");
	expect(!lido_pool_check_bytes(pool, INT64_MAX));
	expect_int(pool->files, ==, 0);
	expect_int(pool->bytes, ==, 0);
	client_finish(&client);
	server_finish(&server);
}
