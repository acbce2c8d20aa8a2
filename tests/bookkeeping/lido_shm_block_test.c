/*
 * lido_shm_block_v1: where blocks are placed, and what happens when they are resized or destroyed. Only these tests
 * know the placement policy and the limits of the server, and lock and map its buffers.
 */
#include "file.h"
#include "pool_pair.h"
#include "runner.h"
#include "wide.h"
#include <stdlib.h>

TEST("lido_shm_block@sizes-are-at-least-what-was-asked-for-and-starts-are-aligned") {
	// The harness checks the alignment of each place: a page for blocks of a page or more, otherwise 64 bytes.
	static const uint32_t sizes[] = {1, 63, 64, 65, 100, 4095, 4096, 4097, 8191, 1, 12345, 64, 65536, 65537, 3};
	enum {
		COUNT = sizeof(sizes) / sizeof(sizes[0])
	};
	struct pool_pair pair;
	struct pool_block block[COUNT];
	pool_pair_init(&pair, NULL, 0);
	for (int i = 0; i < COUNT; i++) {
		pool_block_init(&block[i], &pair.pool, sizes[i]);
		expect_place(&block[i]);
	}
	pool_pair_finish(&pair);
}

TEST("lido_shm_block@places-never-overlap") {
	enum {
		COUNT = 200
	};
	struct pool_pair pair;
	static struct pool_block block[COUNT];
	pool_pair_init(&pair, NULL, 0);
	uint32_t seed = 1;
	for (int i = 0; i < COUNT; i++) {
		seed = seed * 1103515245 + 12345;
		pool_block_init(&block[i], &pair.pool, 1 + (seed >> 16) % 20000);
	}
	for (int i = 0; i < COUNT; i += 3) {
		pool_block_finish(&block[i]);
		pool_block_init(&block[i], &pair.pool, 300 * (uint32_t)(i + 1));
	}
	for (int i = 0; i < COUNT; i++) {
		expect_place(&block[i]);
		file_fill_memory(pool_block_get_data(&block[i]), 0, block[i].size, (uint32_t)i);
	}
	for (int i = 0; i < COUNT; i++) {
		uint8_t *wanted = malloc(block[i].size);
		file_fill_memory(wanted, 0, block[i].size, (uint32_t)i);
		expect_bytes(pool_block_get_data(&block[i]), wanted, block[i].size);
		free(wanted);
	}
	pool_pair_finish(&pair);
}

TEST("lido_shm_block@five-hundred-pipelined-take-one-wait-and-one-area") {
	enum {
		COUNT = 500
	};
	struct pool_pair pair;
	static struct pool_block block[COUNT];
	pool_pair_init(&pair, NULL, 0);
	for (int i = 0; i < COUNT; i++) {
		pool_block_init(&block[i], &pair.pool, 64 * 64 * 4);
	}
	client_roundtrip(&pair.base.client);
	expect_int(pool_client_count(&pair.pool, POOL_EVENT_AREA), ==, 1);
	expect_int(pool_client_count(&pair.pool, POOL_EVENT_PLACED), ==, COUNT);
	size_t next = 0;
	for (size_t i = 0; i < pool_client_get_events_len(&pair.pool); i++) {
		const struct pool_event *event = pool_client_get_event(&pair.pool, i);
		if (event->kind == POOL_EVENT_PLACED) {
			expect(event->block == &block[next++]);
		}
	}
	expect_int(file_count_mappings(pool_client_get_first_area(&pair.pool)->fd, NULL), ==, 2);
	pool_pair_finish(&pair);
}

TEST("lido_shm_block@resize-grows-in-place-when-there-is-room") {
	struct pool_pair pair;
	struct pool_block block;
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&block, &pair.pool, 8192);
	expect_place(&block);
	uint32_t offset = block.offset;
	uint8_t wanted[8192];
	file_fill_memory(pool_block_get_data(&block), 0, 8192, 5);
	file_fill_memory(wanted, 0, 8192, 5);
	for (uint32_t size = 8193; size < 2000000; size = size * 3 / 2) {
		pool_block_resize(&block, size);
		expect_place(&block);
		expect_int(block.offset, ==, offset);
		expect_int(block.size, >=, size);
		expect_bytes(pool_block_get_data(&block), wanted, 8192);
	}
	expect_int(pool_client_count(&pair.pool, POOL_EVENT_AREA), ==, 1);
	pool_pair_finish(&pair);
}

TEST("lido_shm_block@resize-shrinks-in-place-and-gives-the-rest-to-others") {
	struct pool_pair pair;
	struct pool_block first, second;
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = 1 << 20;
	pool_pair_init(&pair, &limits, 0);
	pool_block_init(&first, &pair.pool, 1 << 20);
	pool_block_init(&second, &pair.pool, 4096);
	expect_place(&first);
	expect_reason(&second, BYTES);
	uint32_t offset = first.offset;
	uint8_t wanted[4096];
	file_fill_memory(pool_block_get_data(&first), 0, 4096, 5);
	file_fill_memory(wanted, 0, 4096, 5);
	pool_block_resize(&first, 4096);
	pool_block_resize(&second, (1 << 20) - 4096);
	expect_place(&second);
	expect_int(first.answer, ==, POOL_ANSWER_PLACED);
	expect_int(first.offset, ==, offset);
	expect_int(first.size, ==, 4096);
	expect_bytes(pool_block_get_data(&first), wanted, 4096);
	pool_pair_finish(&pair);
}

TEST("lido_shm_block@shrunk-block-keeps-memory-that-buffers-lie-in") {
	struct pool_pair pair;
	struct pool_block first, second;
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&first, &pair.pool, 65536);
	expect_place(&first);
	uint32_t offset = first.offset;
	struct wl_buffer *wl_buffer = pool_block_create_buffer(&first, 32768, 64, 64);
	pool_block_resize(&first, 4096);
	pool_block_init(&second, &pair.pool, 32768);
	expect_place(&second);
	bool overlaps = second.area == first.area && second.offset < offset + 32768 + 64 * 64 * 4 &&
					second.offset + second.size > offset + 32768;
	expect(!overlaps);
	wl_buffer_destroy(wl_buffer);
	pool_pair_finish(&pair);
}

TEST("lido_shm_block@resize-without-room-moves-and-leaves-buffers-where-they-are") {
	struct pool_pair pair;
	struct pool_block first, second;
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&first, &pair.pool, 64 * 64 * 4);
	pool_block_init(&second, &pair.pool, 4096);
	expect_place(&second);
	uint32_t offset = first.offset;
	uint8_t wanted[64 * 64 * 4];
	uint8_t *old = pool_block_get_data(&first);
	file_fill_memory(old, 0, sizeof(wanted), 5);
	file_fill_memory(wanted, 0, sizeof(wanted), 5);
	struct wl_buffer *wl_buffer = pool_block_create_buffer(&first, 0, 64, 64);
	pool_block_resize(&first, 1 << 20);
	expect_place(&first);
	expect_int(first.offset, !=, offset);
	// Drawing into the new place does not change the old one.
	file_fill_memory(pool_block_get_data(&first), 0, first.size, 6);
	const void *pixels = lido_buffer_map(pair_get_buffer(&pair.base, wl_buffer), 0, 64, NULL);
	expect(pixels != NULL);
	expect_bytes(pixels, wanted, sizeof(wanted));
	expect_bytes(old, wanted, sizeof(wanted));
	// No other block gets the old place.
	struct pool_block third;
	pool_block_init(&third, &pair.pool, 64 * 64 * 4);
	expect_place(&third);
	expect_int(third.offset, !=, offset);
	wl_buffer_destroy(wl_buffer);
	pool_block_finish(&third);
	pool_block_init(&third, &pair.pool, 64 * 64 * 4);
	expect_place(&third);
	expect_int(third.offset, ==, offset); // lowest address first
	pool_pair_finish(&pair);
}

TEST("lido_shm_block@resize-that-fails-keeps-the-place") {
	struct pool_pair pair;
	struct pool_block block;
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = 1 << 20;
	pool_pair_init(&pair, &limits, 0);
	pool_block_init(&block, &pair.pool, 8192);
	expect_place(&block);
	uint32_t offset = block.offset;
	uint8_t wanted[8192];
	file_fill_memory(pool_block_get_data(&block), 0, 8192, 5);
	file_fill_memory(wanted, 0, 8192, 5);
	pool_block_resize(&block, (1 << 20) + 1);
	expect_reason(&block, BYTES);
	struct wl_buffer *wl_buffer = pool_block_create_buffer(&block, 0, 32, 32);
	const void *pixels = lido_buffer_map(pair_get_buffer(&pair.base, wl_buffer), 0, 32, NULL);
	expect(pixels != NULL);
	expect_bytes(pixels, wanted, 4096);
	pool_block_resize(&block, 1 << 20);
	expect_place(&block);
	expect_int(block.offset, ==, offset);
	wl_buffer_destroy(wl_buffer);
	pool_pair_finish(&pair);
}

TEST("lido_shm_block@that-failed-may-ask-again") {
	struct pool_pair pair;
	struct pool_block block;
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = 1 << 20;
	pool_pair_init(&pair, &limits, 0);
	pool_block_init(&block, &pair.pool, (1 << 20) + 1);
	expect_reason(&block, BYTES);
	expect_int(pool_client_count(&pair.pool, POOL_EVENT_AREA), ==, 0);
	pool_block_resize(&block, 1 << 20);
	expect_place(&block);
	pool_pair_finish(&pair);
}

TEST("lido_shm_block@answers-come-in-the-order-of-the-requests") {
	// The harness compares each answer with the oldest unanswered request.
	struct pool_pair pair;
	struct pool_block block[20];
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = 300000;
	pool_pair_init(&pair, &limits, 0);
	for (uint32_t i = 0; i < 20; i++) {
		pool_block_init(&block[i], &pair.pool, 1 + i % 7 * 20000);
		pool_block_resize(&block[i / 2], 1 + i * 3000);
		pool_block_resize(&block[i], 64);
	}
	client_roundtrip(&pair.base.client);
	expect_int(pair.pool.answers, ==, 60);
	pool_pair_finish(&pair);
}

TEST("lido_shm_block@destroyed-before-it-was-placed") {
	struct pool_pair pair;
	struct pool_block block;
	pool_pair_init(&pair, NULL, 0);
	for (int i = 0; i < 50; i++) {
		pool_block_init(&block, &pair.pool, 8192);
		pool_block_finish(&block);
	}
	pool_block_init(&block, &pair.pool, 8192);
	expect_place(&block);
	expect_int(block.offset, ==, 0);
	pool_pair_finish(&pair);
}

TEST("lido_shm_block@memory-comes-back-only-after-block-buffers-and-locks") {
	struct pool_pair pair;
	struct pool_block block, next;
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = 65536;
	pool_pair_init(&pair, &limits, 0);
	pool_block_init(&block, &pair.pool, 65536);
	struct wl_buffer *wl_buffers[2] = {
		pool_block_create_buffer(&block, 0, 64, 64), pool_block_create_buffer(&block, 32768, 64, 64)};
	struct lido_buffer *locked = lido_buffer_lock(pair_get_buffer(&pair.base, wl_buffers[1]));
	pool_block_init(&next, &pair.pool, 4096);
	expect_reason(&next, BYTES);
	pool_block_finish(&block);
	pool_block_resize(&next, 4096);
	expect_reason(&next, BYTES);
	wl_buffer_destroy(wl_buffers[0]);
	pool_block_resize(&next, 4096);
	expect_reason(&next, BYTES);
	wl_buffer_destroy(wl_buffers[1]);
	pool_block_resize(&next, 4096);
	expect_reason(&next, BYTES);
	lido_buffer_unlock(locked);
	pool_block_resize(&next, 65536);
	expect_place(&next);
	pool_pair_finish(&pair);
}

TEST("lido_shm_block@locked-buffer-keeps-its-pixels-after-all-objects-are-gone") {
	struct pool_pair pair;
	struct pool_block block;
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&block, &pair.pool, 64 * 64 * 4);
	expect_place(&block);
	uint8_t wanted[64 * 64 * 4];
	file_fill_memory(pool_block_get_data(&block), 0, sizeof(wanted), 5);
	file_fill_memory(wanted, 0, sizeof(wanted), 5);
	struct wl_buffer *wl_buffer = pool_block_create_buffer(&block, 0, 64, 64);
	struct lido_buffer *locked = lido_buffer_lock(pair_get_buffer(&pair.base, wl_buffer));
	wl_buffer_destroy(wl_buffer);
	pool_client_finish(&pair.pool);
	client_roundtrip(&pair.base.client);
	const void *pixels = lido_buffer_map(locked, 0, 64, NULL);
	expect(pixels != NULL);
	expect_bytes(pixels, wanted, sizeof(wanted));
	client_finish(&pair.base.client);
	client_init(&pair.base.client, &pair.base.server);
	expect(lido_buffer_map(locked, 0, 64, NULL) == pixels);
	expect_bytes(pixels, wanted, sizeof(wanted));
	lido_buffer_unlock(locked);
	pair_finish(&pair.base);
}

TEST("lido_shm_block@block-of-almost-two-gibibytes-has-a-buffer-at-its-end") {
	// A page less than 2 GiB, where a process can map that twice.
	const uint32_t size = (HAS_WIDE_ADDRESSES ? INT32_MAX : INT32_MAX / 4) - 4095;
	struct pool_pair pair;
	struct pool_block block;
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = INT64_C(8) << 30;
	pool_pair_init(&pair, &limits, 0);
	pool_block_init(&block, &pair.pool, size);
	expect_place(&block);
	expect_int(block.size, >=, size);
	uint8_t wanted[4096];
	file_fill_memory(wanted, 0, sizeof(wanted), 9);
	file_fill_memory(pool_block_get_data(&block) + size - 4096, 0, sizeof(wanted), 9);
	struct wl_buffer *wl_buffer = pool_block_create_buffer(&block, (int32_t)(size - 4096), 32, 32);
	struct lido_buffer *buffer = pair_get_buffer(&pair.base, wl_buffer);
	const void *pixels = lido_buffer_map(buffer, 0, 32, NULL);
	expect(pixels != NULL);
	expect_bytes(pixels, wanted, sizeof(wanted));
	uint8_t got[4096];
	expect_int(lido_buffer_read(buffer, &(struct lido_box){0, 0, 32, 32}, got, 128), ==, LIDO_READ_OK);
	expect_bytes(got, wanted, sizeof(got));
	expect_int(file_get_allocated(block.area->fd), <=, 8192);
	wl_buffer_destroy(wl_buffer);
	pool_pair_finish(&pair);
}

// Draws the whole block, discards it, and returns how many bytes its file has then.
static int64_t discard_drawn(struct pool_block *block) {
	file_fill_memory(pool_block_get_data(block), 0, block->size, 5);
	expect_int(file_get_allocated(block->area->fd), ==, block->size);
	pool_block_discard(block, 0, block->size);
	client_roundtrip(block->pool->client);
	return file_get_allocated(block->area->fd);
}

TEST("lido_shm_block@discard-returns-memory-but-not-from-commit-to-release") {
	struct pool_pair pair;
	struct pool_block block;
	struct lido_commit commit;
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&block, &pair.pool, 65536);
	expect_place(&block);
	struct wl_buffer *wl_buffer = pool_block_create_buffer(&block, 0, 64, 64);
	struct lido_buffer *buffer = pair_get_buffer(&pair.base, wl_buffer);
	// A compositor may lock a buffer as long as it exists.
	lido_buffer_lock(buffer);
	expect_int(discard_drawn(&block), ==, 0);
	expect(lido_buffer_map(buffer, 0, 64, NULL) == NULL);
	for (int i = 0; i < 3; i++) {
		expect(lido_buffer_begin_commit(buffer, &commit));
		expect_int(discard_drawn(&block), ==, 65536);
		expect(lido_buffer_begin_commit(buffer, &commit));
		expect(lido_buffer_map(buffer, 0, 64, NULL) != NULL);
		lido_buffer_send_release(buffer);
		expect_int(discard_drawn(&block), ==, 0);
	}
	expect_int(pool_used(pair_get_pool(&pair.base), BLOCK_BYTES), ==, 65536);
	lido_buffer_unlock(buffer);
	wl_buffer_destroy(wl_buffer);
	pool_pair_finish(&pair);
}

TEST("lido_shm_block@buffer-that-is-destroyed-while-shown-keeps-its-block-from-discards") {
	struct pool_pair pair;
	struct pool_block block;
	struct lido_commit commit;
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&block, &pair.pool, 65536);
	expect_place(&block);
	struct wl_buffer *wl_buffers[2] = {
		pool_block_create_buffer(&block, 0, 64, 64), pool_block_create_buffer(&block, 0, 8, 8)};
	struct lido_buffer *locked = lido_buffer_lock(pair_get_buffer(&pair.base, wl_buffers[0]));
	expect(lido_buffer_begin_commit(locked, &commit));
	expect(lido_buffer_begin_commit(pair_get_buffer(&pair.base, wl_buffers[1]), &commit));
	wl_buffer_destroy(wl_buffers[0]);
	wl_buffer_destroy(wl_buffers[1]);
	expect_int(discard_drawn(&block), ==, 65536);
	lido_buffer_unlock(locked);
	expect_int(discard_drawn(&block), ==, 0);
	pool_pair_finish(&pair);
}

// So a server tells clients that make blocks from those that make buffers.
TEST("lido_shm_block@is-new-until-a-buffer-in-it-is-committed") {
	struct pool_pair pair;
	struct pool_block blocks[2];
	struct lido_commit commit;
	pool_pair_init(&pair, NULL, 0);
	for (int i = 0; i < 2; i++) {
		pool_block_init(&blocks[i], &pair.pool, 65536);
		expect_place(&blocks[i]);
		for (int k = 0; k < 2; k++) {
			struct wl_buffer *wl_buffer = pool_block_create_buffer(&blocks[i], 0, 64, 64);
			expect(lido_buffer_begin_commit(pair_get_buffer(&pair.base, wl_buffer), &commit));
			expect_int(commit.commits, ==, 0);
			expect_int(commit.is_new_block, ==, k == 0);
			wl_buffer_destroy(wl_buffer);
		}
	}
	pool_pair_finish(&pair);
}
