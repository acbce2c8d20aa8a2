/*
 * The manager: formats, pools in order, and its end before or after everything else.
 */
#include "faults.h"
#include "memory/pool.h"
#include "memory/scratch.h"
#include "pair.h"
#include "runner.h"
#include "wire/manager.h"
#include <drm_fourcc.h>
#include <errno.h>

TEST("manager@offered-formats-are-found-by-their-wl_shm-code-alone") {
	struct pair pair;
	pair_init(&pair, NULL);
	struct lido_manager *manager = pair.server.manager;
	expect_int(lido_manager_find_format(manager, WL_SHM_FORMAT_ARGB8888)->drm, ==, DRM_FORMAT_ARGB8888);
	expect_int(lido_manager_find_format(manager, WL_SHM_FORMAT_XRGB8888)->drm, ==, DRM_FORMAT_XRGB8888);
	expect_int(lido_manager_find_format(manager, WL_SHM_FORMAT_NV12)->drm, ==, DRM_FORMAT_NV12);
	expect(lido_manager_find_format(manager, DRM_FORMAT_ARGB8888) == NULL);
	expect(lido_manager_find_format(manager, DRM_FORMAT_XRGB8888) == NULL);
	expect(lido_manager_find_format(manager, WL_SHM_FORMAT_BGRA8888) == NULL);
	pair_finish(&pair);
}

TEST("manager@total-of-files-is-taken-when-it-is-made") {
	struct pair pair;
	pair_init(&pair, NULL);
	expect_int(pair.server.manager->files_total_max, ==, lido_limits_get_files_total_max());
	expect_int(pair.server.manager->files, ==, 0);
	pair_finish(&pair);
}

static void handle_stats(const struct lido_pool_stats *stats, void *data) {
	uint32_t **next = data;
	*(*next)++ = stats->buffers;
}

TEST("manager@pools-come-in-the-order-of-their-clients-and-dead-ones-not-at-all") {
	struct server server;
	struct client clients[3];
	uint32_t counts[3], *end = counts;
	server_init_core(&server, NULL);
	for (int i = 0; i < 3; i++) {
		client_init(&clients[i], &server);
		lido_pool_from_client(server.manager, client_get_peer(&clients[i]))->buffers = 10 + (uint32_t)i;
	}
	lido_manager_for_each_pool(server.manager, handle_stats, &end);
	expect_int(end - counts, ==, 3);
	for (uint32_t i = 0; i < 3; i++) {
		expect_int(counts[i], ==, 10 + i);
		lido_pool_from_client(server.manager, client_get_peer(&clients[i]))->buffers = 0;
	}
	// One that is gone but for a piece of memory that is still in use.
	struct lido_memory *memory =
			lido_memory_create(lido_pool_from_client(server.manager, client_get_peer(&clients[1])), 4096);
	client_finish(&clients[1]);
	end = counts;
	lido_manager_for_each_pool(server.manager, handle_stats, &end);
	expect_int(end - counts, ==, 2);
	lido_memory_destroy(memory);
	client_finish(&clients[0]);
	client_finish(&clients[2]);
	server_finish(&server);
}

TEST("manager@limits-are-those-given-or-the-defaults") {
	struct pair pair;
	struct lido_limits limits = {.files_max = 1, .handles_max = 2, .buffers_max = 3, .bytes_max = 4};
	pair_init(&pair, NULL);
	expect_int(pair_get_pool(&pair)->limits.files_max, ==, LIDO_FILES_MAX_DEFAULT);
	expect_int(pair_get_pool(&pair)->limits.bytes_max, ==, LIDO_BYTES_MAX_DEFAULT);
	pair_finish(&pair);
	struct server server;
	struct client client;
	server_init_core(&server, &limits);
	client_init(&client, &server);
	struct lido_pool *pool = lido_pool_from_client(server.manager, client_get_peer(&client));
	expect_bytes(&pool->limits, &limits, sizeof(limits));
	client_finish(&client);
	server_finish(&server);
}

TEST("manager@lack-of-memory-for-a-pool-is-no_memory") {
	struct pair pair;
	struct client client;
	pair_init(&pair, NULL);
	faults_start_all_of(FAULT_CALLOC, 0);
	expect(!client_try_init(&client, &pair.server));
	faults_stop();
	expect_no_memory(&client, "no memory");
	client_finish(&client);
	pair_finish(&pair);
}
