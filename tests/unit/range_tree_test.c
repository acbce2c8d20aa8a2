/*
 * The tree of all ranges: that it stays in balance, keeps the order and finds the lowest. The rest is tested through
 * the allocator.
 */
#include "faults.h"
#include "runner.h"
#include <range_tree.h>
#include <stdlib.h>

#define RANGES_LEN 20000

// Ranges at every 16 KiB, in a tree into which they came in some order.
struct stage {
	struct lido_range_tree tree;
	struct lido_range *ranges[RANGES_LEN]; // by address; NULL: not there
};

static struct lido_range *create_range(int i) {
	struct lido_range *range = calloc(1, sizeof(*range));
	expect(range != NULL);
	range->offset = INT64_C(16384) * i;
	range->size = 64 * (1 + i % 200);
	return range;
}

static void set_free(struct lido_range *range, bool is_free) {
	range->is_free = is_free;
	lido_range_tree_refresh(range);
}

// Beside one that is there: the next lower one, or else the next higher one.
static void stage_add(struct stage *stage, int i) {
	int lower = i - 1, higher = i + 1;
	while (lower >= 0 && stage->ranges[lower] == NULL) {
		lower--;
	}
	while (lower < 0 && stage->ranges[higher] == NULL) {
		higher++;
	}
	struct lido_range *beside = stage->ranges[lower >= 0 ? lower : higher];
	expect(lido_range_tree_reserve(&stage->tree, beside, lower >= 0, 1));
	stage->ranges[i] = create_range(i);
	lido_range_tree_insert(&stage->tree, stage->ranges[i], beside, lower >= 0);
	set_free(stage->ranges[i], true);
}

static void stage_remove(struct stage *stage, int i) {
	lido_range_tree_remove(&stage->tree, stage->ranges[i]);
	free(stage->ranges[i]);
	stage->ranges[i] = NULL;
}

// The i-th of an order: ascending, descending, from both ends inwards, shuffled.
static int get_index(int order, int i) {
	switch (order) {
	case 0:
		return i;
	case 1:
		return RANGES_LEN - 1 - i;
	case 2:
		return i % 2 == 0 ? i / 2 : RANGES_LEN - 1 - i / 2;
	default:
		return (int)(INT64_C(7919) * i % RANGES_LEN); // has no factor in common with the length
	}
}

static struct stage *stage_create(int order) {
	struct stage *stage = calloc(1, sizeof(*stage));
	expect(stage != NULL);
	int first = get_index(order, 0);
	stage->ranges[first] = create_range(first);
	expect(lido_range_tree_init(&stage->tree, stage->ranges[first]));
	set_free(stage->ranges[first], true);
	for (int i = 1; i < RANGES_LEN; i++) {
		stage_add(stage, get_index(order, i));
	}
	return stage;
}

static void stage_destroy(struct stage *stage) {
	lido_range_tree_finish(&stage->tree);
	free(stage);
}

// All are there, in order, and the tree is as it should be.
static void expect_order(const struct stage *stage) {
	lido_range_tree_validate(&stage->tree);
	const struct lido_range *range = lido_range_tree_get_last(&stage->tree), *after = NULL;
	for (int i = RANGES_LEN - 1; i >= 0; i--) {
		if (stage->ranges[i] != NULL) {
			expect(range == stage->ranges[i] && lido_range_get_after(range) == after);
			after = range;
			range = lido_range_get_before(range);
		}
	}
	expect(range == NULL);
}

TEST("range_tree@keeps-order-and-balance-in-whatever-order-they-come-and-go") {
	for (int order = 0; order < 16; order++) {
		struct stage *stage = stage_create(order / 4);
		expect_order(stage);
		for (int i = 0; i < RANGES_LEN - 1; i++) {
			stage_remove(stage, get_index(order % 4, i));
			if (i % 1999 == 0) {
				expect_order(stage);
			}
		}
		expect_order(stage);
		stage_destroy(stage);
	}
}

TEST("range_tree@finds-the-lowest-that-fits") {
	struct stage *stage = stage_create(3);
	for (int i = 0; i < 200; i++) {
		expect(lido_range_tree_find(&stage->tree, 64 * (i + 1), LIDO_ROOM_BYTES) == stage->ranges[i]);
	}
	expect(lido_range_tree_find(&stage->tree, 64 * 201, LIDO_ROOM_BYTES) == NULL);
	expect(lido_range_tree_find(&stage->tree, INT64_MAX, LIDO_ROOM_BYTES) == NULL);
	expect(lido_range_tree_find(&stage->tree, 4096, LIDO_ROOM_PAGES) == stage->ranges[63]);
	expect(lido_range_tree_find(&stage->tree, 8192, LIDO_ROOM_PAGES) == stage->ranges[127]);
	expect(lido_range_tree_find(&stage->tree, 16384, LIDO_ROOM_PAGES) == NULL);
	stage_destroy(stage);
}

TEST("range_tree@finds-none-that-is-allocated") {
	struct stage *stage = stage_create(0);
	for (int i = 0; i < RANGES_LEN - 1; i++) {
		set_free(stage->ranges[i], false);
		expect(lido_range_tree_find(&stage->tree, 64, LIDO_ROOM_BYTES) == stage->ranges[i + 1]);
		expect(lido_range_tree_get_free(stage->ranges[i], 1) == stage->ranges[i + 1]);
		expect(lido_range_tree_get_free(stage->ranges[i], 0) == NULL);
	}
	lido_range_tree_validate(&stage->tree);
	set_free(stage->ranges[RANGES_LEN - 1], false);
	expect(lido_range_tree_find(&stage->tree, 64, LIDO_ROOM_BYTES) == NULL);
	for (int i = RANGES_LEN - 1; i >= 0; i -= 7) {
		set_free(stage->ranges[i], true);
		expect(lido_range_tree_find(&stage->tree, 64, LIDO_ROOM_BYTES) == stage->ranges[i]);
	}
	lido_range_tree_validate(&stage->tree);
	stage_destroy(stage);
}

TEST("range_tree@finds-the-lowest-free-one-beyond-an-offset") {
	struct stage *stage = stage_create(3);
	for (int i = 0; i < RANGES_LEN; i++) {
		set_free(stage->ranges[i], i % 1000 == 7 || i > 19000);
	}
	const struct lido_range *expected = NULL;
	for (int i = RANGES_LEN - 1; i >= 0; i--) {
		const struct lido_range *range = stage->ranges[i];
		expect(lido_range_tree_find_end(&stage->tree, lido_range_get_end(range)) == expected);
		expected = range->is_free ? range : expected;
		expect(lido_range_tree_find_end(&stage->tree, lido_range_get_end(range) - 1) == expected);
		expect(lido_range_tree_find_end(&stage->tree, range->offset) == expected);
	}
	stage_destroy(stage);
}

TEST("range_tree@knows-of-changed-bounds") {
	struct stage *stage = stage_create(2);
	for (int i = 0; i < RANGES_LEN; i += 97) {
		struct lido_range *range = stage->ranges[i];
		range->size = 16384;
		lido_range_tree_refresh(range);
		expect(lido_range_tree_find(&stage->tree, 16384, LIDO_ROOM_PAGES) == range);
		range->offset += 64;
		range->size -= 64;
		lido_range_tree_refresh(range);
		expect(lido_range_tree_find(&stage->tree, 16384, LIDO_ROOM_PAGES) == NULL);
	}
	lido_range_tree_validate(&stage->tree);
	stage_destroy(stage);
}

TEST("range_tree@what-was-just-removed-can-be-put-back-without-memory") {
	struct stage *stage = stage_create(3);
	faults_start_all_of(FAULT_CALLOC, 0);
	for (int step = 1; step < 8; step++) {
		for (int i = step; i < RANGES_LEN; i += step) {
			struct lido_range *range = stage->ranges[i];
			if (range == NULL) {
				continue;
			}
			struct lido_range *beside = lido_range_get_before(range);
			lido_range_tree_remove(&stage->tree, range);
			if (i % 3 == 0) {
				free(range); // so that the leaves become small
				stage->ranges[i] = NULL;
				continue;
			}
			expect(lido_range_tree_reserve(&stage->tree, beside, 1, 1));
			range->is_free = false;
			lido_range_tree_insert(&stage->tree, range, beside, 1);
			set_free(range, true);
		}
	}
	faults_stop();
	expect_order(stage);
	stage_destroy(stage);
}

TEST("range_tree@room-in-pages-is-that-of-whole-ones") {
	static const int64_t cases[][3] = {{0, 4096, 4096}, {64, 4096, 0}, {64, 8128, 4096}, {64, 8064, 0}, {4032, 64, 0},
		{4032, 4160, 4096}, {4096, 8191 / 64 * 64, 4096}, {0, INT64_C(1) << 31, INT64_C(1) << 31}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lido_range range = {.offset = cases[i][0], .size = cases[i][1]};
		expect_int(lido_range_get_room(&range, LIDO_ROOM_BYTES), ==, cases[i][1]);
		expect_int(lido_range_get_room(&range, LIDO_ROOM_PAGES), ==, cases[i][2]);
		expect_int(lido_range_get_end(&range), ==, cases[i][0] + cases[i][1]);
	}
}
