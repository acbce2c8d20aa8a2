/*
 * wl_shm_pool objects in the server's bookkeeping: whatever fails, only existing objects are counted.
 */
#include "faults.h"
#include "file.h"
#include "memory/area.h"
#include "memory/pool.h"
#include "pair.h"
#include "runner.h"
#include "wire/manager.h"
#include "wire/shm_pool_resource.h"
#include <unistd.h>

static void expect_empty(const struct lido_pool *pool) {
	lido_pool_audit(pool);
	expect_int(pool_used(pool, SHM_POOLS), ==, 0);
	expect_int(pool_used(pool, FILES), ==, 0);
	expect_int(pool_used(pool, BUFFERS), ==, 0);
	expect_int(pool->quota.total->counts[LIDO_QUOTA_FILES].used, ==, 0);
}

// Calls what wl_shm.create_pool calls, but outside a request, so that the client still exists afterwards.
static void create(struct pair *pair, uint32_t id, int fd, int32_t size) {
	struct wl_client *peer = client_get_peer(&pair->client);
	struct wl_resource *shm = wl_client_get_object(peer, wl_proxy_get_id((struct wl_proxy *)pair->client.shm));
	lido_shm_pool_resource_create(shm, id, fd, size);
}

TEST("shm_pool_resource@refused-request-changes-no-count-and-closes-the-fd") {
	static const int32_t sizes[] = {0, -1, INT32_MIN};
	for (size_t i = 0; i < 3; i++) {
		struct pair pair;
		int fd = file_create(FILE_SEALABLE, 4096);
		pair_init(&pair, NULL);
		create(&pair, 1000, dup(fd), sizes[i]);
		expect_empty(pair_get_pool(&pair));
		expect_int(file_count_fds(fd), ==, 1);
		expect(!client_try_roundtrip(&pair.client));
		close(fd);
		pair_finish(&pair);
	}
}

TEST("shm_pool_resource@out-of-memory-changes-no-count-and-closes-the-fd") {
	struct pair pair;
	int fd = file_create(FILE_SEALABLE, 4096), copy = dup(fd);
	pair_init(&pair, NULL);
	struct lido_pool *pool = pair_get_pool(&pair);
	faults_start_all_of(FAULT_CALLOC, 0);
	create(&pair, 1000, copy, 4096);
	faults_stop();
	expect_empty(pool);
	expect_int(file_count_fds(fd), ==, 1);
	expect_no_memory(&pair.client, "out of memory for a wl_shm pool");
	close(fd);
	pair_finish(&pair);
}

TEST("shm_pool_resource@file-is-shared-and-counted-once") {
	struct pair pair;
	struct wl_shm_pool *shm_pools[3];
	pair_init(&pair, NULL);
	int fd = file_create(FILE_UNSEALABLE, 4096);
	struct lido_pool *pool = pair_get_pool(&pair);
	for (uint32_t i = 0; i < 3; i++) {
		shm_pools[i] = wl_shm_create_pool(pair.client.shm, fd, 4096);
		client_roundtrip(&pair.client);
		lido_pool_audit(pool);
		expect_int(pool_used(pool, SHM_POOLS), ==, i + 1);
		expect_int(pool_used(pool, FILES), ==, 1);
	}
	for (uint32_t i = 0; i < 3; i++) {
		wl_shm_pool_destroy(shm_pools[i]);
	}
	client_roundtrip(&pair.client);
	expect_empty(pool);
	close(fd);
	pair_finish(&pair);
}

TEST("shm_pool_resource@claimed-size-is-not-charged") {
	struct pair pair;
	pair_init(&pair, NULL);
	int fd = file_create(FILE_SEALED, 4096);
	struct wl_shm_pool *shm_pool = wl_shm_create_pool(pair.client.shm, fd, INT32_MAX);
	client_roundtrip(&pair.client);
	struct lido_pool *pool = pair_get_pool(&pair);
	// foot's pools claim 512 MiB each: virtual size is not memory.
	expect_int(pool_used(pool, SCRATCH_BYTES), ==, 0);
	expect_int(pool_used(pool, MAPPED_BYTES), ==, 0);
	expect_int(pool_used(pool, BUFFER_BYTES), ==, 0);
	wl_shm_pool_destroy(shm_pool);
	close(fd);
	pair_finish(&pair);
}
