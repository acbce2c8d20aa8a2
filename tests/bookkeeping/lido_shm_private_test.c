/*
 * lido_shm_manager_v1.get_private_pool: areas that serve one object alone. Only these tests count areas in the server.
 */
#include "faults.h"
#include "file.h"
#include "pair.h"
#include "pool_client.h"
#include "runner.h"
#include "wire/manager.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096
#define SIZE (64 * 64 * 4)

static int64_t count_areas(struct pair *pair) {
	client_roundtrip(&pair->client);
	lido_pool_audit(pair_get_pool(pair));
	return pool_used(pair_get_pool(pair), AREAS);
}

static uint32_t place(struct pool_block *block, struct pool_client *pool, uint32_t size) {
	pool_block_init(block, pool, size);
	expect_place(block);
	return block->area->id;
}

TEST("lido_shm_private@each-object-has-areas-of-its-own") {
	struct pair pair;
	struct pool_client pools[4];
	struct pool_block blocks[4][3];
	pair_init(&pair, NULL);
	for (int i = 0; i < 4; i++) {
		(i < 2 ? pool_client_init : pool_client_init_private)(&pools[i], &pair.client, 0);
	}
	uint32_t ids[4];
	for (int j = 0; j < 3; j++) {
		for (int i = 0; i < 4; i++) {
			uint32_t id = place(&blocks[i][j], &pools[i], SIZE);
			expect(j == 0 || id == ids[i]);
			ids[i] = id;
		}
	}
	expect_int(ids[0], ==, ids[1]);
	expect(ids[2] != ids[0] && ids[3] != ids[0] && ids[2] != ids[3]);
	expect_int(count_areas(&pair), ==, 3);
	for (int i = 0; i < 4; i++) {
		expect_int(pool_client_count(&pools[i], POOL_EVENT_AREA), ==, 1);
		pool_client_finish(&pools[i]);
	}
	pair_finish(&pair);
}

TEST("lido_shm_private@whoever-has-the-fd-cannot-change-the-size") {
	struct pair pair;
	struct pool_client pool;
	struct pool_block block, next;
	pair_init(&pair, NULL);
	pool_client_init_private(&pool, &pair.client, 0);
	place(&block, &pool, SIZE);
	int fd = block.area->fd;
	off_t size = block.area->size;
	expect_int(block.area->size, ==, block.area->reserve);
	expect_int(ftruncate(fd, size + 1), ==, -1);
	expect_int(errno, ==, EPERM);
	expect_int(ftruncate(fd, size - 1), ==, -1);
	expect_int(errno, ==, EPERM);
	expect_int(fallocate(fd, 0, size, PAGE), ==, -1);
	expect_int(pwrite(fd, "x", 1, size), ==, -1);
	expect_int(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), ==, -1);
	expect_int(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, size), ==, 0);
	expect_int(file_get_size(fd), ==, size);
	place(&next, &pool, SIZE);
	expect_int(pool_client_count(&pool, POOL_EVENT_AREA_SIZE), ==, 0);
	pool_client_finish(&pool);
	pair_finish(&pair);
}

TEST("lido_shm_private@first-area-has-room-for-four-such-blocks-and-the-next-is-twice-as-large") {
	struct pair pair;
	struct pool_client pool, common;
	struct pool_block blocks[5], block, other;
	pair_init(&pair, NULL);
	pool_client_init_private(&pool, &pair.client, 0);
	pool_client_init(&common, &pair.client, 0);
	const uint32_t size = 1 << 20;
	for (int i = 0; i < 5; i++) {
		// The size of the next area is that of this object's last one.
		if (i == 4) {
			place(&other, &common, PAGE);
		}
		place(&blocks[i], &pool, size);
	}
	expect_int(blocks[0].area->reserve, ==, 4 * size);
	expect_int(blocks[3].area->id, ==, blocks[0].area->id);
	expect_int(blocks[4].area->reserve, ==, 8 * size);
	expect_int(file_get_allocated(blocks[4].area->fd), ==, 0);
	pool_client_finish(&pool);
	pool_client_init_private(&pool, &pair.client, 0);
	place(&block, &pool, 64);
	expect_int(block.area->reserve, ==, LIDO_RESERVE_PRIVATE_MIN);
	pool_client_finish(&pool);
	pool_client_finish(&common);
	pair_finish(&pair);
}

TEST("lido_shm_private@objects-share-the-quota-and-the-number-of-areas") {
	enum {
		COUNT = 40
	};
	struct pair pair;
	static struct pool_client pools[COUNT];
	static struct pool_block blocks[COUNT];
	struct pool_block last;
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = 20 * PAGE;
	pair_init(&pair, &limits);
	for (int i = 0; i < COUNT; i++) {
		pool_client_init_private(&pools[i], &pair.client, 0);
		pool_block_init(&blocks[i], &pools[i], PAGE);
	}
	expect_int(count_areas(&pair), ==, LIDO_AREAS_MAX_DEFAULT);
	expect_place(&blocks[LIDO_AREAS_MAX_DEFAULT - 1]);
	expect_reason(&blocks[LIDO_AREAS_MAX_DEFAULT], ADDRESS_SPACE);
	pool_block_init(&last, &pools[0], 5 * PAGE);
	expect_reason(&last, BYTES);
	for (int i = 0; i < COUNT; i++) {
		pool_client_finish(&pools[i]);
	}
	expect_int(count_areas(&pair), ==, 0);
	expect_int(pool_used(pair_get_pool(&pair), OBJECTS), ==, 0);
	expect_int(pool_used(pair_get_pool(&pair), FILES), ==, 0);
	pair_finish(&pair);
}

TEST("lido_shm_private@area-goes-at-once-with-its-object") {
	struct pair pair;
	pair_init(&pair, NULL);
	// Each area would stay for a while, and the limit be met, if the object were still there.
	for (int i = 0; i < 3 * LIDO_AREAS_MAX_DEFAULT; i++) {
		struct pool_client pool;
		struct pool_block block;
		pool_client_init_private(&pool, &pair.client, 0);
		place(&block, &pool, SIZE);
		pool_client_finish(&pool);
		expect_int(count_areas(&pair), ==, 0);
	}
	pair_finish(&pair);
}

TEST("lido_shm_private@area-stays-until-the-last-buffer-is-gone-and-serves-nobody-else") {
	struct pair pair;
	struct pool_client pool;
	struct pool_block block;
	uint8_t wanted[SIZE], got[SIZE];
	pair_init(&pair, NULL);
	pool_client_init_private(&pool, &pair.client, 0);
	uint32_t id = place(&block, &pool, SIZE);
	file_fill_memory(pool_block_get_data(&block), 0, SIZE, 7);
	file_fill_memory(wanted, 0, SIZE, 7);
	struct wl_buffer *wl_buffer = pool_block_create_buffer(&block, 0, 64, 64);
	pool_client_finish(&pool);
	expect_int(count_areas(&pair), ==, 1);
	// The next objects may well have the address of the first one.
	for (int i = 0; i < 10; i++) {
		pool_client_init_private(&pool, &pair.client, 0);
		expect_int(place(&block, &pool, SIZE), !=, id);
		memset(block.area->data, 0xee, block.area->size);
		pool_client_finish(&pool);
	}
	struct lido_buffer *buffer = pair_get_buffer(&pair, wl_buffer);
	expect_int(lido_buffer_read(buffer, &(struct lido_box){0, 0, 64, 64}, got, 256), ==, LIDO_READ_OK);
	expect_bytes(got, wanted, SIZE);
	wl_buffer_destroy(wl_buffer);
	expect_int(count_areas(&pair), ==, 0);
	pair_finish(&pair);
}

TEST("lido_shm_private@locked-buffer-keeps-the-area-of-a-client-that-is-gone") {
	struct pair pair;
	struct client client;
	struct pool_client pool;
	struct pool_block block;
	pair_init(&pair, NULL);
	client_init(&client, &pair.server);
	pool_client_init_private(&pool, &client, 0);
	place(&block, &pool, SIZE);
	struct wl_buffer *wl_buffer = pool_block_create_buffer(&block, 0, 64, 64);
	client_roundtrip(&client);
	struct lido_buffer *buffer = lido_buffer_try_from_resource(
			wl_client_get_object(client_get_peer(&client), wl_proxy_get_id((struct wl_proxy *)wl_buffer)));
	struct lido_manager *manager = pair.server.manager;
	lido_buffer_lock(buffer);
	wl_buffer_destroy(wl_buffer);
	pool_client_finish(&pool);
	client_finish(&client);
	client_roundtrip(&pair.client);
	expect_int(manager_used(manager, AREAS), ==, 1);
	lido_buffer_unlock(buffer);
	expect_int(manager_used(manager, AREAS), ==, 0);
	pair_finish(&pair);
}

TEST("lido_shm_private@failed-seals-and-sizes-leave-nothing") {
	static const enum fault faults[] = {FAULT_CALLOC, FAULT_MEMFD_CREATE, FAULT_FTRUNCATE, FAULT_ADD_SEALS, FAULT_MMAP};
	struct pair pair;
	struct pool_client pool;
	pair_init(&pair, NULL);
	pool_client_init_private(&pool, &pair.client, 0);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct lido_exports *exports = &pair_get_pool(&pair)->exports;
		faults_start_all_of(faults[i], 0);
		expect(lido_exported_area_create(exports, &pair, 64 * PAGE, PAGE) == NULL);
		faults_stop();
		expect_int(count_areas(&pair), ==, 0);
		expect_int(pool_used(pair_get_pool(&pair), FILES), ==, 0);
	}
	pool_client_finish(&pool);
	pair_finish(&pair);
}
