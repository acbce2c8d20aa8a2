/*
 * Blocks: their users, and when they free pages.
 */
#include "memory/block.h"
#include "memory/exported.h"
#include "memory/pool.h"
#include "pair.h"
#include "runner.h"
#include <errno.h>

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
	fixture->area = lido_exported_area_create(&fixture->pool->exports, RESERVE, RESERVE);
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
