/*
 * Exceeding a limit on memory of lido_shm_v1 is answered with the reason, disconnects nobody, and works again once
 * there is room; exceeding a limit on objects is no_memory. Only these tests set the limits, and let system calls of
 * the server fail.
 */
#include "faults.h"
#include "pair.h"
#include "pool_client.h"
#include "runner.h"
#include "wide.h"

struct limited {
	struct pair pair;
	struct pool_client pool;
	struct lido_limits limits;
};

static void limited_init(struct limited *limited, uint32_t reserve_max) {
	pair_init(&limited->pair, &limited->limits);
	pool_client_init(&limited->pool, &limited->pair.client, reserve_max);
}

static void limited_finish(struct limited *limited) {
	expect_alive(&limited->pair.client);
	pool_client_finish(&limited->pool);
	pair_finish(&limited->pair);
}

TEST("lido_shm_limit@one-byte-too-many-fails-by-bytes") {
	struct limited limited = {.limits = lido_limits_default()};
	struct pool_block blocks[3];
	limited.limits.area_bytes_max = 65536;
	limited_init(&limited, 0);
	pool_block_init(&blocks[0], &limited.pool, 65537);
	expect_reason(&blocks[0], BYTES);
	pool_block_init(&blocks[1], &limited.pool, 65536);
	expect_place(&blocks[1]);
	pool_block_init(&blocks[2], &limited.pool, 1);
	expect_reason(&blocks[2], BYTES);
	pool_block_resize(&blocks[1], 65536 - 64);
	expect_int(blocks[1].answer, ==, POOL_ANSWER_PLACED);
	pool_block_resize(&blocks[1], 61440);
	pool_block_resize(&blocks[2], 64);
	expect_place(&blocks[2]);
	limited_finish(&limited);
}

static uint32_t read_first_pixel(struct pair *pair, struct wl_buffer *wl_buffer) {
	struct lido_buffer *buffer = pair_get_buffer(pair, wl_buffer);
	const struct lido_box box = {.width = 1, .height = 1};
	static uint32_t pixels[32 * 32];
	expect_int(lido_buffer_read(buffer, &box, pixels, (size_t)buffer->stride), ==, LIDO_READ_OK);
	return pixels[0];
}

TEST("lido_shm_limit@lowered-below-what-is-used-forbids-growth-alone") {
	struct limited limited = {.limits = lido_limits_default()};
	struct pool_block blocks[2];
	limited_init(&limited, 0);
	pool_block_init(&blocks[0], &limited.pool, 65536);
	expect_place(&blocks[0]);
	*(uint32_t *)pool_block_get_data(&blocks[0]) = 0x123456;
	struct wl_buffer *buffer = pool_block_create_buffer(&blocks[0], 0, 32, 32);
	struct lido_limits lower = limited.limits;
	lower.area_bytes_max = 4096;
	lower.blocks_max = 1;
	expect(lido_pool_set_limits(pair_get_pool(&limited.pair), &lower));
	expect_int(read_first_pixel(&limited.pair, buffer), ==, 0x123456);
	pool_block_init(&blocks[1], &limited.pool, 64);
	expect_reason(&blocks[1], BLOCKS);
	pool_block_resize(&blocks[0], 65537);
	expect_reason(&blocks[0], BYTES);
	pool_block_resize(&blocks[0], 32768);
	expect_place(&blocks[0]);
	expect_int(read_first_pixel(&limited.pair, buffer), ==, 0x123456);
	expect(lido_pool_set_limits(pair_get_pool(&limited.pair), &limited.limits));
	pool_block_resize(&blocks[0], 65537);
	expect_place(&blocks[0]);
	pool_block_resize(&blocks[1], 64);
	expect_place(&blocks[1]);
	wl_buffer_destroy(buffer);
	limited_finish(&limited);
}

struct limit_listener {
	struct wl_listener listener;
	struct lido_limit_event last;
	int len;
};

static void handle_limit(struct wl_listener *listener, void *data) {
	struct limit_listener *limit = wl_container_of(listener, limit, listener);
	limit->last = *(const struct lido_limit_event *)data;
	limit->len++;
}

TEST("lido_shm_limit@what-is-met-is-told-to-the-compositor") {
	struct limited limited = {.limits = lido_limits_default()};
	struct limit_listener limit = {.listener.notify = handle_limit};
	struct pool_block blocks[3];
	limited.limits.blocks_max = 2;
	limited.limits.area_bytes_max = 65536;
	limited_init(&limited, 0);
	lido_manager_add_limit_listener(limited.pair.server.manager, &limit.listener);
	pool_block_init(&blocks[0], &limited.pool, 61440);
	pool_block_init(&blocks[1], &limited.pool, 8192);
	expect_reason(&blocks[1], BYTES);
	expect_int(limit.len, ==, 1);
	expect(limit.last.client == client_get_peer(&limited.pair.client) && !limit.last.is_fatal);
	expect_string(limit.last.key, "area-bytes");
	expect_int(limit.last.used, ==, 61440);
	expect_int(limit.last.wanted, ==, 8192);
	expect_int(limit.last.max, ==, 65536);
	pool_block_resize(&blocks[1], 4096);
	expect_place(&blocks[1]);
	pool_block_init(&blocks[2], &limited.pool, 1);
	expect_reason(&blocks[2], BLOCKS);
	expect_int(limit.len, ==, 2);
	expect_string(limit.last.key, "blocks");
	// Again and again, at once: no further events.
	for (int i = 0; i < 100; i++) {
		pool_block_resize(&blocks[2], 1);
		pool_block_resize(&blocks[0], 100000);
	}
	expect_reason(&blocks[2], BLOCKS);
	expect_int(limit.len, ==, 2);
	wl_list_remove(&limit.listener.link);
	limited_finish(&limited);
}

TEST("lido_shm_limit@one-block-too-many-fails-by-blocks") {
	struct limited limited = {.limits = lido_limits_default()};
	struct pool_block blocks[11];
	limited.limits.blocks_max = 10;
	limited_init(&limited, 0);
	for (int i = 0; i < 11; i++) {
		pool_block_init(&blocks[i], &limited.pool, 64);
	}
	expect_place(&blocks[9]);
	expect_reason(&blocks[10], BLOCKS);
	pool_block_finish(&blocks[3]);
	pool_block_resize(&blocks[10], 64);
	expect_place(&blocks[10]);
	limited_finish(&limited);
}

TEST("lido_shm_limit@block-that-buffers-keep-counts") {
	struct limited limited = {.limits = lido_limits_default()};
	struct pool_block first, second;
	limited.limits.blocks_max = 1;
	limited_init(&limited, 0);
	pool_block_init(&first, &limited.pool, 4096);
	struct wl_buffer *buffer = pool_block_create_buffer(&first, 0, 8, 8);
	pool_block_finish(&first);
	pool_block_init(&second, &limited.pool, 4096);
	expect_reason(&second, BLOCKS);
	wl_buffer_destroy(buffer);
	pool_block_resize(&second, 4096);
	expect_place(&second);
	limited_finish(&limited);
}

TEST("lido_shm_limit@sizes-beyond-what-an-area-can-have-fail-by-address_space") {
	static const uint32_t sizes[] = {UINT32_MAX, UINT32_MAX - 4095, 0x80000001, 0xc0000000};
	struct limited limited = {.limits = lido_limits_default()};
	struct pool_block block;
	limited.limits.area_bytes_max = INT64_C(1) << 40;
	limited_init(&limited, 0);
	for (int i = 0; i < 4; i++) {
		pool_block_init(&block, &limited.pool, sizes[i]);
		expect_reason(&block, ADDRESS_SPACE);
		pool_block_resize(&block, 4096);
		expect_place(&block);
		pool_block_resize(&block, sizes[i]);
		expect_reason(&block, ADDRESS_SPACE);
		pool_block_finish(&block);
	}
	limited_finish(&limited);
}

TEST("lido_shm_limit@one-area-too-many-fails-by-address_space") {
	struct limited limited = {.limits = lido_limits_default()};
	struct pool_block blocks[3];
	// The second area has no room for the third block.
	const uint32_t first = HAS_WIDE_ADDRESSES ? 0x70000000 : 0x10000000;
	const uint32_t other = HAS_WIDE_ADDRESSES ? 0x70000000 : 0x18000000;
	limited.limits.areas_max = 2;
	limited.limits.area_bytes_max = INT64_C(1) << 40;
	limited_init(&limited, 0);
	for (int i = 0; i < 3; i++) {
		pool_block_init(&blocks[i], &limited.pool, i == 0 ? first : other);
	}
	expect_place(&blocks[1]);
	expect_reason(&blocks[2], ADDRESS_SPACE);
	expect_int(pool_client_count(&limited.pool, POOL_EVENT_AREA), ==, 2);
	pool_block_finish(&blocks[0]);
	pool_block_resize(&blocks[2], first);
	expect_place(&blocks[2]);
	limited_finish(&limited);
}

TEST("lido_shm_limit@used-up-reserve-fails-by-address_space-until-there-is-room") {
	struct limited limited = {.limits = lido_limits_default()};
	struct pool_block blocks[5];
	limited_init(&limited, 8 * 4096);
	pool_block_init(&blocks[0], &limited.pool, 9 * 4096);
	expect_reason(&blocks[0], ADDRESS_SPACE);
	pool_block_resize(&blocks[0], 8 * 4096);
	expect_place(&blocks[0]);
	pool_block_init(&blocks[1], &limited.pool, 4096);
	expect_reason(&blocks[1], ADDRESS_SPACE);
	pool_block_resize(&blocks[0], 4 * 4096);
	pool_block_resize(&blocks[1], 4 * 4096);
	expect_place(&blocks[1]);
	limited_finish(&limited);
}

static const struct {
	enum fault fault;
	size_t size_max;
	const char *what;
} shortages[] = {
	{FAULT_MMAP, 0, "mmap"},
	{FAULT_ADD_SEALS, 0, "F_ADD_SEALS"},
};

TEST("lido_shm_limit@server-without-memory-fails-by-memory-and-recovers") {
	for (size_t i = 0; i < sizeof(shortages) / sizeof(shortages[0]); i++) {
		struct limited limited = {.limits = lido_limits_default()};
		struct pool_block block;
		limited_init(&limited, 0);
		client_roundtrip(&limited.pair.client);
		faults_start_all_of(shortages[i].fault, shortages[i].size_max);
		pool_block_init(&block, &limited.pool, 65536);
		expect_reason(&block, MEMORY);
		expect_int(pool_client_count(&limited.pool, POOL_EVENT_AREA), ==, 0);
		faults_stop();
		pool_block_resize(&block, 65536);
		expect_place(&block);
		limited_finish(&limited);
	}
}

TEST("lido_shm_limit@scarce-address-space-of-the-server-makes-smaller-areas") {
	struct limited limited = {.limits = lido_limits_default()};
	struct pool_block block;
	limited_init(&limited, 0);
	client_roundtrip(&limited.pair.client);
	faults_start_all_of(FAULT_MMAP, 1 << 20);
	pool_block_init(&block, &limited.pool, 65536);
	expect_place(&block);
	faults_stop();
	expect_int(block.area->reserve, <=, 1 << 20);
	limited_finish(&limited);
}

TEST("lido_shm_limit@one-buffer-too-many-is-no_memory") {
	struct limited limited = {.limits = lido_limits_default()};
	struct pool_block block;
	struct wl_buffer *buffers[11];
	limited.limits.buffers_max = 10;
	limited_init(&limited, 0);
	pool_block_init(&block, &limited.pool, 4096);
	for (int i = 0; i < 11; i++) {
		buffers[i] = pool_block_create_buffer(&block, 0, 8, 8);
	}
	expect_no_memory(&limited.pair.client, "(buffers) is 10");
	for (int i = 0; i < 11; i++) {
		wl_buffer_destroy(buffers[i]);
	}
	pool_client_finish(&limited.pool);
	pair_finish(&limited.pair);
}

TEST("lido_shm_limit@objects-without-end-are-no_memory") {
	// Failed blocks cost the server memory, too.
	enum {
		COUNT = 40000
	};
	struct limited limited = {.limits = lido_limits_default()};
	limited.limits.blocks_max = 4;
	limited.limits.shm_pools_max = 50;
	limited_init(&limited, 0);
	static struct pool_block blocks[COUNT];
	int count = 0;
	bool alive = true;
	while (alive && count < COUNT) {
		for (int i = 0; i < 100; i++) {
			pool_block_init(&blocks[count++], &limited.pool, 64);
		}
		alive = client_try_roundtrip(&limited.pair.client);
	}
	expect(!alive);
	expect_int(count, >, 4);
	expect_no_memory(&limited.pair.client, "limit");
	pool_client_finish(&limited.pool);
	pair_finish(&limited.pair);
}

TEST("lido_shm_limit@pool-objects-without-end-are-no_memory") {
	struct limited limited = {.limits = lido_limits_default()};
	struct lido_shm_pool_v1 *pools[LIDO_OBJECTS_PER_BLOCK];
	limited.limits.blocks_max = 1;
	limited_init(&limited, 0);
	for (int i = 0; i < LIDO_OBJECTS_PER_BLOCK; i++) {
		pools[i] = lido_shm_manager_v1_get_pool(limited.pool.manager, 0);
	}
	expect_no_memory(&limited.pair.client, "too many lido_shm_v1 objects: 4 held, the limit is 4");
	for (int i = 0; i < LIDO_OBJECTS_PER_BLOCK; i++) {
		lido_shm_pool_v1_destroy(pools[i]);
	}
	pool_client_finish(&limited.pool);
	pair_finish(&limited.pair);
}

static void note_placed(void *data, struct lido_shm_block_v1 *block, uint32_t area, uint32_t offset, uint32_t size) {
	fail("a block was placed");
}

static void note_failed(void *data, struct lido_shm_block_v1 *block, uint32_t reason) {
	*(uint32_t *)data = reason;
}

TEST("lido_shm_limit@client-that-may-have-no-blocks-is-told-so-and-lives") {
	static const struct lido_shm_block_v1_listener listener = {.placed = note_placed, .failed = note_failed};
	struct pair pair;
	struct lido_limits limits = lido_limits_default();
	uint32_t reason = UINT32_MAX;
	limits.blocks_max = 0;
	pair_init(&pair, &limits);
	struct lido_shm_manager_v1 *manager = client_bind(&pair.client, &lido_shm_manager_v1_interface, 1);
	struct lido_shm_pool_v1 *pool = lido_shm_manager_v1_get_pool(manager, 0);
	struct lido_shm_block_v1 *block = lido_shm_pool_v1_create_block(pool, 64);
	lido_shm_block_v1_add_listener(block, &listener, &reason);
	client_roundtrip(&pair.client);
	expect_int(reason, ==, LIDO_SHM_BLOCK_V1_REASON_BLOCKS);
	lido_shm_block_v1_destroy(block);
	lido_shm_pool_v1_destroy(pool);
	lido_shm_manager_v1_destroy(manager);
	pair_finish(&pair);
}
