/*
 * Blocks: their users, and when they free pages.
 */
#include "file.h"
#include "memory/block.h"
#include "memory/exported.h"
#include "memory/pool.h"
#include "pair.h"
#include "runner.h"
#include <errno.h>
#include <string.h>

#define PAGE 4096
#define RESERVE (64 * PAGE)

struct fixture {
	struct pair pair;
	struct lido_pool *pool;
	struct lido_exported_area *area;
};

static void fixture_init(struct fixture *fixture) {
	pair_init(&fixture->pair, NULL);
	fixture->pool = pair_get_pool(&fixture->pair);
	fixture->area = lido_exported_area_create(&fixture->pool->exports, NULL, RESERVE, RESERVE);
	expect(fixture->area != NULL);
}

// Creates a block and grows the file, as lido_pool_audit() expects.
static struct lido_block *create(struct fixture *fixture, int64_t size) {
	struct lido_block *block = lido_block_create(fixture->area, size);
	expect(block != NULL);
	expect_int(lido_exported_area_grow(fixture->area), ==, LIDO_GROW_OK);
	lido_pool_audit(fixture->pool);
	return block;
}

static void fixture_finish(struct fixture *fixture) {
	lido_pool_audit(fixture->pool);
	expect_int(pool_used(fixture->pool, BLOCKS), ==, 0);
	expect_int(pool_used(fixture->pool, BLOCK_BYTES), ==, 0);
	pair_finish(&fixture->pair);
}

TEST("block@is-charged-in-whole-pages-until-its-last-user-is-gone") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_block *block = create(&fixture, PAGE + 1);
	expect_int(lido_block_get_size(block), ==, 2 * PAGE);
	expect_int(pool_used(fixture.pool, BLOCK_BYTES), ==, 2 * PAGE);
	lido_block_ref(block);
	lido_block_disown(block);
	lido_block_disown(NULL);
	expect_int(pool_used(fixture.pool, BLOCKS), ==, 1);
	expect_int(pool_used(fixture.pool, BLOCK_BYTES), ==, 2 * PAGE);
	lido_block_unref(block);
	fixture_finish(&fixture);
}

TEST("block@full-area-is-ENOSPC-and-charges-nothing") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_block *block = create(&fixture, RESERVE);
	errno = 0;
	expect(lido_block_create(fixture.area, 64) == NULL);
	expect_int(errno, ==, ENOSPC);
	expect_int(fixture.area->base.refs.count, ==, 1);
	lido_block_disown(block);
	fixture_finish(&fixture);
}

TEST("block@grows-only-into-the-free-range-behind-it") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_block *first = create(&fixture, PAGE), *second = create(&fixture, PAGE);
	expect(!lido_block_resize(first, 2 * PAGE));
	expect_int(lido_block_get_size(first), ==, PAGE);
	expect(lido_block_resize(second, 10 * PAGE));
	expect_int(pool_used(fixture.pool, BLOCK_BYTES), ==, 11 * PAGE);
	lido_block_disown(second);
	expect(lido_block_resize(first, 2 * PAGE));
	expect_int(pool_used(fixture.pool, BLOCK_BYTES), ==, 2 * PAGE);
	lido_block_disown(first);
	fixture_finish(&fixture);
}

TEST("block@shrinks-at-once-when-it-has-one-user") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_block *block = create(&fixture, 8 * PAGE);
	expect(lido_block_resize(block, 2 * PAGE + 1));
	expect_int(lido_block_get_size(block), ==, 3 * PAGE);
	expect_int(pool_used(fixture.pool, BLOCK_BYTES), ==, 3 * PAGE);
	expect(lido_block_resize(block, 64));
	expect_int(pool_used(fixture.pool, BLOCK_BYTES), ==, 64);
	// It starts at a page, so it can grow to pages again.
	expect(lido_block_resize(block, 3 * PAGE));
	lido_block_disown(block);
	fixture_finish(&fixture);
}

TEST("block@with-other-users-shrinks-when-they-are-gone") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_block *block = create(&fixture, 8 * PAGE);
	lido_block_ref(block);
	expect(lido_block_resize(block, 2 * PAGE));
	expect_int(lido_block_get_size(block), ==, 2 * PAGE);
	expect_int(pool_used(fixture.pool, BLOCK_BYTES), ==, 8 * PAGE);
	// Until then it can grow within its old size at no charge.
	expect(lido_block_resize(block, 5 * PAGE));
	expect_int(pool_used(fixture.pool, BLOCK_BYTES), ==, 8 * PAGE);
	lido_block_unref(block);
	expect_int(pool_used(fixture.pool, BLOCK_BYTES), ==, 5 * PAGE);
	lido_block_disown(block);
	fixture_finish(&fixture);
}

TEST("block@that-shrank-without-an-owner-stays-charged-until-its-last-buffer-is-gone") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_block *block = create(&fixture, 8 * PAGE);
	lido_block_ref(block);
	lido_block_ref(block);
	expect(lido_block_resize(block, 64));
	lido_block_disown(block);
	expect_int(pool_used(fixture.pool, BLOCK_BYTES), ==, 8 * PAGE);
	lido_block_unref(block);
	// The last buffer may be the one at the end.
	expect_int(pool_used(fixture.pool, BLOCK_BYTES), ==, 8 * PAGE);
	lido_block_unref(block);
	fixture_finish(&fixture);
}

TEST("block@small-one-that-starts-inside-a-page-cannot-grow-to-a-page") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_block *first = create(&fixture, 64), *second = create(&fixture, 64);
	expect_int(second->range->offset, ==, 64);
	expect(lido_block_resize(second, 128));
	expect(!lido_block_resize(second, PAGE));
	expect_int(lido_block_get_size(second), ==, 128);
	lido_block_disown(first);
	lido_block_disown(second);
	fixture_finish(&fixture);
}

// Makes all pages of the area's file, and fills them.
static void fill(const struct fixture *fixture, uint32_t seed) {
	file_fill(fixture->area->base.fd, 0, (size_t)fixture->area->base.size, seed);
}

// The file must contain the pattern, or zeros in the pages from start to end.
static void expect_filled(const struct fixture *fixture, uint32_t seed, int64_t start, int64_t end) {
	static uint8_t wanted[RESERVE], data[RESERVE];
	size_t size = (size_t)fixture->area->base.size;
	file_fill_memory(wanted, 0, size, seed);
	memset(wanted + start, 0, (size_t)(end - start));
	file_read(fixture->area->base.fd, 0, data, size);
	expect_bytes(data, wanted, size);
}

TEST("block@discard-returns-the-whole-pages-of-the-range-and-no-others") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_block *blocks[3] = {create(&fixture, 4 * PAGE), create(&fixture, 4 * PAGE), create(&fixture, 64)};
	int fd = fixture.area->base.fd;
	fill(&fixture, 1);
	int64_t all = file_get_allocated(fd);
	lido_block_discard(blocks[1], 1, 3 * PAGE);
	expect_int(file_get_allocated(fd), ==, all - 2 * PAGE);
	expect_filled(&fixture, 1, 5 * PAGE, 7 * PAGE);
	fill(&fixture, 2);
	lido_block_discard(blocks[1], 0, 4 * PAGE);
	expect_filled(&fixture, 2, 4 * PAGE, 8 * PAGE);
	fill(&fixture, 3);
	lido_block_discard(blocks[0], 100, PAGE);
	lido_block_discard(blocks[0], PAGE, 0);
	lido_block_discard(blocks[0], 4 * PAGE, 0);
	lido_block_discard(blocks[2], 0, 64);
	expect_filled(&fixture, 3, 0, 0);
	for (int i = 0; i < 3; i++) {
		lido_block_disown(blocks[i]);
	}
	fixture_finish(&fixture);
}

TEST("block@discard-ends-with-what-its-owner-has") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_block *block = create(&fixture, 8 * PAGE), *next = create(&fixture, PAGE);
	lido_block_ref(block);
	expect(lido_block_resize(block, 2 * PAGE));
	fill(&fixture, 1);
	// The owner may still think of a larger size that it has requested in vain.
	lido_block_discard(block, PAGE, UINT32_MAX);
	expect_filled(&fixture, 1, PAGE, 2 * PAGE);
	lido_block_discard(block, 2 * PAGE, 6 * PAGE);
	lido_block_discard(block, UINT32_MAX, UINT32_MAX);
	expect_filled(&fixture, 1, PAGE, 2 * PAGE);
	lido_block_unref(block);
	lido_block_disown(block);
	lido_block_disown(next);
	fixture_finish(&fixture);
}

TEST("block@discard-waits-for-nobody-and-changes-nothing-while-somebody-reads") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_block *block = create(&fixture, 2 * PAGE), *other = create(&fixture, 2 * PAGE);
	fill(&fixture, 1);
	lido_block_add_reader(block);
	lido_block_add_reader(block);
	lido_block_discard(block, 0, 2 * PAGE);
	lido_block_remove_reader(block);
	lido_block_discard(block, 0, 2 * PAGE);
	expect_filled(&fixture, 1, 0, 0);
	lido_block_discard(other, 0, 2 * PAGE);
	expect_filled(&fixture, 1, 2 * PAGE, 4 * PAGE);
	lido_block_remove_reader(block);
	lido_block_discard(block, 0, 2 * PAGE);
	expect_filled(&fixture, 1, 0, 4 * PAGE);
	lido_block_disown(block);
	lido_block_disown(other);
	fixture_finish(&fixture);
}
