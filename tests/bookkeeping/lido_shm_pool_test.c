/*
 * lido_shm_pool_v1: what it announces, and several pool objects in one client. Only these tests set the limits that are
 * announced, read pixels as the server does, and count mappings.
 */
#include "file.h"
#include "pool_pair.h"
#include "runner.h"
#include <unistd.h>

TEST("lido_shm_pool@limits-come-first-and-once") {
	struct pool_pair pair;
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = (INT64_C(5) << 32) + 12345;
	limits.blocks_max = 4321;
	limits.buffers_max = 1234;
	pool_pair_init(&pair, &limits, 0);
	struct pool_block block;
	pool_block_init(&block, &pair.pool, 4096);
	expect_place(&block);
	expect_int(pool_client_get_event(&pair.pool, 0)->kind, ==, POOL_EVENT_LIMITS);
	expect_int(pool_client_count(&pair.pool, POOL_EVENT_LIMITS), ==, 1);
	expect_int(pair.pool.bytes_max, ==, limits.area_bytes_max);
	expect_int(pair.pool.blocks_max, ==, 4321);
	expect_int(pair.pool.buffers_max, ==, 1234);
	pool_pair_finish(&pair);
}

TEST("lido_shm_pool@buffers-outlive-the-pool-object") {
	struct pool_pair pair;
	struct pool_block block;
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&block, &pair.pool, 64 * 64 * 4);
	expect_place(&block);
	file_fill_memory(pool_block_get_data(&block), 0, 64 * 64 * 4, 3);
	struct wl_buffer *wl_buffer = pool_block_create_buffer(&block, 0, 64, 64);
	pool_client_finish(&pair.pool);
	struct lido_buffer *buffer = pair_get_buffer(&pair.base, wl_buffer);
	uint8_t wanted[64 * 64 * 4], got[64 * 64 * 4];
	file_fill_memory(wanted, 0, sizeof(wanted), 3);
	expect_int(lido_buffer_read(buffer, &(struct lido_box){0, 0, 64, 64}, got, 256), ==, LIDO_READ_OK);
	expect_bytes(got, wanted, sizeof(got));
	wl_buffer_destroy(wl_buffer);
	expect_alive(&pair.base.client);
	pair_finish(&pair.base);
}

TEST("lido_shm_pool@two-objects-share-areas-and-are-told-each-by-itself") {
	struct pair pair;
	struct pool_client pools[2];
	struct pool_block blocks[2][3];
	pair_init(&pair, NULL);
	for (int i = 0; i < 2; i++) {
		pool_client_init(&pools[i], &pair.client, 0);
		for (int j = 0; j < 3; j++) {
			pool_block_init(&blocks[i][j], &pools[i], 8192);
		}
	}
	expect_place(&blocks[1][2]);
	for (int i = 0; i < 2; i++) {
		expect_int(pool_client_count(&pools[i], POOL_EVENT_LIMITS), ==, 1);
		expect_int(pool_client_count(&pools[i], POOL_EVENT_AREA), ==, 1);
		expect_int(pool_client_count(&pools[i], POOL_EVENT_PLACED), ==, 3);
	}
	struct pool_area *areas[2] = {pool_client_get_first_area(&pools[0]), pool_client_get_first_area(&pools[1])};
	expect_int(areas[0]->id, ==, areas[1]->id);
	expect_int(areas[0]->fd, !=, areas[1]->fd);
	expect_int(areas[0]->reserve, ==, areas[1]->reserve);
	// The file is the same, and no two blocks overlap.
	for (int i = 0; i < 6; i++) {
		file_fill_memory(pool_block_get_data(&blocks[i / 3][i % 3]), 0, 8192, (uint32_t)i);
	}
	for (int i = 0; i < 6; i++) {
		uint8_t wanted[8192];
		file_fill_memory(wanted, 0, sizeof(wanted), (uint32_t)i);
		expect_bytes(areas[1 - i / 3]->data + blocks[i / 3][i % 3].offset, wanted, sizeof(wanted));
	}
	pool_client_finish(&pools[0]);
	expect_alive(&pair.client);
	uint8_t wanted[8192];
	file_fill_memory(wanted, 0, sizeof(wanted), 5);
	expect_bytes(pool_block_get_data(&blocks[1][2]), wanted, sizeof(wanted));
	pool_client_finish(&pools[1]);
	pair_finish(&pair);
}

TEST("lido_shm_pool@object-is-told-of-a-size-only-when-it-needs-it") {
	struct pair pair;
	struct pool_client pools[2];
	struct pool_block first, large, second;
	pair_init(&pair, NULL);
	pool_client_init(&pools[0], &pair.client, 0);
	pool_client_init(&pools[1], &pair.client, 0);
	pool_block_init(&first, &pools[0], 4096);
	pool_block_init(&second, &pools[1], 4096);
	expect_place(&second);
	pool_block_init(&large, &pools[1], 1 << 20);
	expect_place(&large);
	expect_int(pool_client_count(&pools[0], POOL_EVENT_AREA_SIZE), ==, 0);
	expect_int(pool_client_count(&pools[1], POOL_EVENT_AREA_SIZE), ==, 1);
	pool_block_resize(&first, 8192);
	expect_place(&first);
	expect_int(pool_client_count(&pools[0], POOL_EVENT_AREA_SIZE), ==, 1);
	pool_client_finish(&pools[0]);
	pool_client_finish(&pools[1]);
	pair_finish(&pair);
}

TEST("lido_shm_pool@objects-share-the-quota") {
	struct pair pair;
	struct pool_client pools[2];
	struct pool_block blocks[2];
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = 16384;
	pair_init(&pair, &limits);
	for (int i = 0; i < 2; i++) {
		pool_client_init(&pools[i], &pair.client, 0);
		pool_block_init(&blocks[i], &pools[i], 12288);
	}
	expect_place(&blocks[0]);
	expect_reason(&blocks[1], BYTES);
	pool_block_finish(&blocks[0]);
	pool_block_resize(&blocks[1], 12288);
	expect_place(&blocks[1]);
	pool_client_finish(&pools[0]);
	pool_client_finish(&pools[1]);
	pair_finish(&pair);
}

TEST("lido_shm_pool@clients-have-nothing-in-common") {
	struct pair pair;
	struct pool_client pools[2];
	struct pool_block blocks[2];
	pair_init(&pair, NULL);
	pool_client_init(&pools[0], &pair.client, 0);
	pool_client_init(&pools[1], &pair.other, 0);
	for (int i = 0; i < 2; i++) {
		pool_block_init(&blocks[i], &pools[i], 8192);
		expect_place(&blocks[i]);
	}
	struct pool_area *first = pool_client_get_first_area(&pools[0]);
	expect_int(file_count_mappings(first->fd, NULL), ==, 2); // one of the client, one of the server
	file_fill_memory(pool_block_get_data(&blocks[0]), 0, 8192, 6);
	uint8_t zeros[8192] = {0};
	expect_bytes(pool_block_get_data(&blocks[1]), zeros, sizeof(zeros));
	pool_client_finish(&pools[0]);
	pool_client_finish(&pools[1]);
	pair_finish(&pair);
}

TEST("lido_shm_pool@objects-come-and-go") {
	struct pair pair;
	pair_init(&pair, NULL);
	for (int i = 0; i < 100; i++) {
		struct pool_client pool;
		struct pool_block block;
		pool_client_init(&pool, &pair.client, 1 << 20);
		pool_block_init(&block, &pool, 4096);
		expect_place(&block);
		pool_client_finish(&pool);
	}
	expect_alive(&pair.client);
	pair_finish(&pair);
}

struct told {
	int limits, layouts, others;
	uint32_t stride, offset;
};

static void note_limits(void *data, struct lido_shm_pool_v1 *pool, uint32_t bytes_hi, uint32_t bytes_lo,
		uint32_t blocks, uint32_t buffers) {
	struct told *told = data;
	told->limits++;
	expect_int(told->layouts, ==, 0);
}

static void note_area(
		void *data, struct lido_shm_pool_v1 *pool, uint32_t id, int32_t fd, uint32_t size, uint32_t reserve) {
	struct told *told = data;
	told->others++;
	close(fd);
}

static void note_layout(void *data, struct lido_shm_pool_v1 *pool, uint32_t stride, uint32_t offset) {
	struct told *told = data;
	expect_int(told->limits, ==, 1);
	expect_int(told->others, ==, 0);
	told->layouts++;
	told->stride = stride;
	told->offset = offset;
}

TEST("lido_shm_pool@layout-comes-after-the-limits-from-version-2-on") {
	static const struct lido_shm_pool_v1_listener listener = {
		.limits = note_limits, .area = note_area, .layout = note_layout};
	for (uint32_t version = 1; version <= 4; version++) {
		struct pair pair;
		struct told told = {0};
		pair_init(&pair, NULL);
		struct lido_shm_manager_v1 *manager = client_bind(&pair.client, &lido_shm_manager_v1_interface, version);
		struct lido_shm_pool_v1 *pool = lido_shm_manager_v1_get_pool(manager, 0);
		lido_shm_pool_v1_add_listener(pool, &listener, &told);
		struct lido_shm_block_v1 *block = lido_shm_pool_v1_create_block(pool, 4096);
		client_roundtrip(&pair.client);
		expect_int(told.limits, ==, 1);
		expect_int(told.others, ==, 1);
		expect_int(told.layouts, ==, version >= 2);
		expect_int(told.stride, ==, version >= 2 ? LIDO_PIN_STRIDE_ALIGNMENT : 0);
		expect_int(told.offset, ==, version >= 2 ? 4096 : 0);
		lido_shm_block_v1_destroy(block);
		lido_shm_pool_v1_destroy(pool);
		lido_shm_manager_v1_destroy(manager);
		pair_finish(&pair);
	}
}
