/*
 * Placement of blocks: which area takes a block, how large a new area is, and what is charged in between.
 */
#include "base/clock.h"
#include "base/os.h"
#include "faults.h"
#include "file.h"
#include "memory/pool.h"
#include "memory/scratch.h"
#include "pair.h"
#include "pool_client.h"
#include "runner.h"
#include "wide.h"
#include "wire/placement.h"
#include <errno.h>
#include <unistd.h>

#define PAGE 4096

struct fixture {
	struct pair pair;
	struct pool_client pool;
};

static void fixture_init(struct fixture *fixture, const struct lido_limits *limits, uint32_t reserve_max) {
	pair_init(&fixture->pair, limits);
	pool_client_init(&fixture->pool, &fixture->pair.client, reserve_max);
	client_roundtrip(&fixture->pair.client);
}

static void fixture_finish(struct fixture *fixture) {
	lido_pool_audit(pair_get_pool(&fixture->pair));
	pool_client_finish(&fixture->pool);
	pair_finish(&fixture->pair);
}

TEST("placement@first-area-has-room-for-all-bytes-that-the-limits-allow") {
	struct fixture fixture;
	struct pool_block blocks[2];
	fixture_init(&fixture, NULL, 0);
	expect(!HAS_WIDE_ADDRESSES || LIDO_RESERVE_FIRST == LIDO_AREA_BYTES_MAX_DEFAULT);
	pool_block_init(&blocks[0], &fixture.pool, LIDO_RESERVE_FIRST - PAGE);
	pool_block_init(&blocks[1], &fixture.pool, PAGE);
	expect_place(&blocks[1]);
	expect_int(pool_client_count(&fixture.pool, POOL_EVENT_AREA), ==, 1);
	fixture_finish(&fixture);
}

TEST("placement@each-area-has-twice-the-last-reserve-within-the-clients-maximum") {
	enum {
		COUNT = 100
	};
	struct fixture fixture;
	static struct pool_block blocks[COUNT];
	fixture_init(&fixture, NULL, 80 * PAGE);
	for (int i = 0; i < COUNT; i++) {
		pool_block_init(&blocks[i], &fixture.pool, PAGE);
	}
	expect_reason(&blocks[COUNT - 1], ADDRESS_SPACE);
	// 10, 20, 40, and the rest of 80.
	static const uint32_t reserves[] = {10 * PAGE, 20 * PAGE, 40 * PAGE, 10 * PAGE};
	size_t areas = 0;
	const struct pool_area *area;
	wl_list_for_each(area, &fixture.pool.areas, link) {
		expect_int(area->reserve, ==, reserves[areas++]);
	}
	expect_int(areas, ==, 4);
	expect_int(pool_client_count(&fixture.pool, POOL_EVENT_PLACED), ==, 80);
	fixture_finish(&fixture);
}

TEST("placement@lowest-area-with-room-is-taken") {
	struct fixture fixture;
	struct pool_block blocks[4];
	fixture_init(&fixture, NULL, 80 * PAGE);
	for (int i = 0; i < 3; i++) {
		pool_block_init(&blocks[i], &fixture.pool, 9 * PAGE);
	}
	expect_place(&blocks[2]);
	expect_int(blocks[1].area->id, ==, blocks[0].area->id + 1);
	expect_int(blocks[2].area->id, ==, blocks[1].area->id);
	uint32_t id = blocks[0].area->id;
	pool_block_finish(&blocks[0]);
	pool_block_init(&blocks[3], &fixture.pool, 2 * PAGE);
	expect_place(&blocks[3]);
	expect_int(blocks[3].area->id, ==, id);
	fixture_finish(&fixture);
}

TEST("placement@block-that-must-move-needs-room-for-both-places-within-the-limit") {
	struct fixture fixture;
	struct pool_block block, neighbor;
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = 100 * PAGE;
	fixture_init(&fixture, &limits, 0);
	pool_block_init(&block, &fixture.pool, 40 * PAGE);
	pool_block_init(&neighbor, &fixture.pool, PAGE);
	pool_block_resize(&block, 60 * PAGE); // 40 + 1 + 60
	expect_reason(&block, BYTES);
	pool_block_resize(&block, 59 * PAGE);
	expect_place(&block);
	struct lido_pool *pool = pair_get_pool(&fixture.pair);
	expect_int(pool_used(pool, BLOCK_BYTES), ==, 60 * PAGE);
	expect_int(pool_used(pool, BLOCKS), ==, 2);
	fixture_finish(&fixture);
}

TEST("placement@failed-ftruncate-undoes-the-growth") {
	struct fixture fixture;
	struct pool_block block, further;
	fixture_init(&fixture, NULL, 0);
	pool_block_init(&block, &fixture.pool, 4 * PAGE);
	expect_place(&block);
	struct lido_pool *pool = pair_get_pool(&fixture.pair);
	faults_start_all_of(FAULT_FTRUNCATE, 0);
	pool_block_resize(&block, 8 * PAGE);
	expect_reason(&block, MEMORY);
	expect_int(pool_used(pool, BLOCK_BYTES), ==, 4 * PAGE);
	pool_block_init(&further, &fixture.pool, PAGE);
	expect_reason(&further, MEMORY);
	expect_int(pool_used(pool, BLOCKS), ==, 1);
	faults_stop();
	pool_block_resize(&block, 8 * PAGE);
	expect_place(&block);
	pool_block_resize(&further, PAGE);
	expect_place(&further);
	fixture_finish(&fixture);
}

// Undoing the growth must depend neither on the block's users nor on memory: otherwise the growth would stay charged
// and occupy its place.
TEST("placement@failed-ftruncate-undoes-the-growth-under-a-buffer") {
	struct fixture fixture;
	struct pool_block block, further;
	fixture_init(&fixture, NULL, 0);
	pool_block_init(&block, &fixture.pool, PAGE);
	struct wl_buffer *buffer = pool_block_create_buffer(&block, 0, 32, 32);
	expect_place(&block);
	struct lido_pool *pool = pair_get_pool(&fixture.pair);
	faults_start_all_of(FAULT_FTRUNCATE, 0);
	pool_block_resize(&block, 64 * PAGE);
	expect_reason(&block, MEMORY);
	faults_stop();
	lido_pool_audit(pool);
	expect_int(pool_used(pool, BLOCK_BYTES), ==, PAGE);
	pool_block_init(&further, &fixture.pool, PAGE);
	expect_place(&further);
	expect_int(further.offset, ==, PAGE);
	expect_int(further.area->size, ==, 2 * PAGE);
	wl_buffer_destroy(buffer);
	fixture_finish(&fixture);
}

static void *fail_calloc(size_t count, size_t size) {
	errno = ENOMEM;
	return NULL;
}

static int fail_and_forbid(int fd, off_t size) {
	lido_os.calloc = fail_calloc;
	errno = ENOSPC;
	return -1;
}

TEST("placement@failed-ftruncate-undoes-the-growth-without-memory") {
	struct fixture fixture;
	struct pool_block block;
	struct lido_os real = lido_os;
	fixture_init(&fixture, NULL, 0);
	pool_block_init(&block, &fixture.pool, PAGE);
	expect_place(&block);
	for (uint32_t pages = 2; pages < 64; pages++) {
		lido_os.ftruncate = fail_and_forbid;
		pool_block_resize(&block, pages * PAGE);
		expect_reason(&block, MEMORY);
		lido_os = real;
		lido_pool_audit(pair_get_pool(&fixture.pair));
		expect_int(pool_used(pair_get_pool(&fixture.pair), BLOCK_BYTES), ==, PAGE);
	}
	fixture_finish(&fixture);
}

static int grow_further(int fd, off_t size) {
	expect_int(ftruncate(fd, size + PAGE), ==, 0);
	return ftruncate(fd, size); // fails: the seal forbids it
}

TEST("placement@client-that-grows-the-file-during-the-servers-ftruncate-is-ended") {
	struct fixture fixture;
	struct pool_block block;
	struct lido_os real = lido_os;
	fixture_init(&fixture, NULL, 0);
	pool_block_init(&block, &fixture.pool, PAGE);
	expect_place(&block);
	lido_os.ftruncate = grow_further;
	pool_block_resize(&block, 2 * PAGE);
	expect_protocol_error(
			&fixture.pair.client, block.block, LIDO_SHM_BLOCK_V1_ERROR_FILE_CHANGED, LIDO_FILE_CHANGED_TEXT);
	lido_os = real;
	pool_client_finish(&fixture.pool);
	pair_finish(&fixture.pair);
}

TEST("placement@area-beyond-the-limit-of-files-fails-with-reason-memory") {
	struct fixture fixture;
	struct pool_block block;
	struct lido_limits limits = lido_limits_default();
	limits.files_max = 1;
	fixture_init(&fixture, &limits, 0);
	int fd = file_create(FILE_SEALABLE, PAGE);
	struct wl_shm_pool *shm_pool = wl_shm_create_pool(fixture.pair.client.shm, fd, PAGE);
	pool_block_init(&block, &fixture.pool, PAGE);
	expect_reason(&block, MEMORY);
	wl_shm_pool_destroy(shm_pool);
	pool_block_resize(&block, PAGE);
	expect_place(&block);
	close(fd);
	lido_pool_audit(pair_get_pool(&fixture.pair));
	pool_client_finish(&fixture.pool);
	pair_finish(&fixture.pair);
}

TEST("placement@address-space-of-a-removed-area-can-be-used-again") {
	struct fixture fixture;
	struct pool_block block;
	fixture_init(&fixture, NULL, 8 * PAGE);
	for (int i = 0; i < 5; i++) {
		pool_block_init(&block, &fixture.pool, 8 * PAGE);
		expect_place(&block);
		pool_block_finish(&block);
		struct lido_pool *pool = pair_get_pool(&fixture.pair);
		client_roundtrip(&fixture.pair.client);
		// The area stays until it has been idle for long enough.
		expect(lido_pool_trim(pool, lido_clock_now() - 1000, &(uint32_t){10}));
		expect_int(pool_used(pool, AREAS), ==, 1);
		lido_pool_trim(pool, 0, &(uint32_t){10});
		expect_int(pool_used(pool, AREAS), ==, 0);
	}
	client_roundtrip(&fixture.pair.client);
	expect_int(pool_client_count(&fixture.pool, POOL_EVENT_AREA_REMOVED), ==, 5);
	fixture_finish(&fixture);
}

TEST("placement@failure-of-any-call-leaves-no-block") {
	bool was_reached = true;
	int failed = 0;
	for (uint64_t n = 1; was_reached; n++) {
		struct fixture fixture;
		struct pool_block block;
		struct lido_limits limits = lido_limits_default();
		limits.area_bytes_max = 4 * PAGE;
		fixture_init(&fixture, &limits, 0);
		pool_block_init(&block, &fixture.pool, 5 * PAGE);
		expect_reason(&block, BYTES);
		struct lido_pool *pool = pair_get_pool(&fixture.pair);
		faults_start(n);
		pool_block_resize(&block, 4 * PAGE);
		client_roundtrip(&fixture.pair.client);
		was_reached = faults_stop() >= n;
		if (block.answer == POOL_ANSWER_FAILED) {
			failed++;
			expect_int(block.reason, ==, LIDO_SHM_BLOCK_V1_REASON_MEMORY);
			expect_int(pool_used(pool, BLOCKS), ==, 0);
			expect_int(pool_used(pool, BLOCK_BYTES), ==, 0);
			// An area that has room, but cannot grow or be announced, stays for the next attempt.
			expect(pool_used(pool, AREAS) == 0 || faults_get_count(FAULT_FTRUNCATE) > 0);
		}
		pool_block_resize(&block, 4 * PAGE);
		expect_place(&block);
		fixture_finish(&fixture);
	}
	// The area, its file, its seals, its mapping, its allocator with a range, the block with two ranges, ftruncate(),
	// the announcement.
	expect_int(failed, >=, 8);
}

TEST("placement@full-socket-fails-with-reason-unread_events") {
	struct fixture fixture;
	struct pool_client pools[LIDO_UNREAD_FDS_MAX + 2];
	struct pool_block blocks[LIDO_UNREAD_FDS_MAX + 2];
	fixture_init(&fixture, NULL, 0);
	faults_start_all_of(FAULT_IS_WRITABLE, 0);
	for (int i = 0; i < LIDO_UNREAD_FDS_MAX + 2; i++) {
		pool_client_init(&pools[i], &fixture.pair.client, 0);
		pool_block_init(&blocks[i], &pools[i], 64);
	}
	expect_place(&blocks[LIDO_UNREAD_FDS_MAX - 1]);
	expect_reason(&blocks[LIDO_UNREAD_FDS_MAX], UNREAD_EVENTS);
	faults_stop();
	// Now the socket is writable again.
	pool_block_resize(&blocks[LIDO_UNREAD_FDS_MAX + 1], 64);
	expect_place(&blocks[LIDO_UNREAD_FDS_MAX + 1]);
	for (int i = 0; i < LIDO_UNREAD_FDS_MAX + 2; i++) {
		pool_client_finish(&pools[i]);
	}
	fixture_finish(&fixture);
}
