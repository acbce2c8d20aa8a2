/*
 * The tree of free ranges: that it stays in balance and finds the lowest. The rest is tested through the allocator.
 */
#include "runner.h"
#include <range_tree.h>
#include <stdlib.h>

#define RANGES_LEN 100000

// Ranges of 64 bytes and more, in a chain, none of them in the tree yet.
static struct lido_range *create_ranges(void) {
	struct lido_range *ranges = calloc(RANGES_LEN, sizeof(ranges[0]));
	expect(ranges != NULL);
	for (int i = 0; i < RANGES_LEN; i++) {
		ranges[i].offset = INT64_C(16384) * i;
		ranges[i].size = 64 * (1 + i % 200);
		ranges[i].before = i > 0 ? &ranges[i - 1] : NULL;
	}
	return ranges;
}

static struct lido_range *insert(struct lido_range *root, struct lido_range *range) {
	range->is_free = true;
	return lido_range_tree_insert(root, range);
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
		return (int)(INT64_C(61803) * i % RANGES_LEN); // has no factor in common with the length
	}
}

TEST("range_tree@stays-in-balance-in-whatever-order") {
	for (int order = 0; order < 16; order++) {
		struct lido_range *ranges = create_ranges(), *root = NULL;
		for (int i = 0; i < RANGES_LEN; i++) {
			root = insert(root, &ranges[get_index(order / 4, i)]);
		}
		lido_range_tree_validate(root, &ranges[RANGES_LEN - 1]);
		expect_int(root->height, >=, 17); // 2^17 > 100000
		expect_int(root->height, <=, 24); // 1.45 * log2(100002)
		for (int i = 0; i < RANGES_LEN - 1000; i++) {
			struct lido_range *range = &ranges[get_index(order % 4, i)];
			range->is_free = false;
			root = lido_range_tree_remove(root, range);
		}
		struct lido_range *highest = &ranges[RANGES_LEN - 1];
		while (!highest->is_free) {
			highest = highest->before;
		}
		lido_range_tree_validate(root, highest);
		expect_int(root->height, >=, 10);
		expect_int(root->height, <=, 14);
		free(ranges);
	}
}

TEST("range_tree@empties-and-has-nothing-then") {
	struct lido_range *ranges = create_ranges(), *root = NULL;
	for (int i = 0; i < 100; i++) {
		root = insert(root, &ranges[i]);
	}
	for (int i = 0; i < 100; i++) {
		expect(root != NULL);
		root = lido_range_tree_remove(root, &ranges[i]);
	}
	expect(root == NULL);
	lido_range_tree_validate(root, NULL);
	expect(lido_range_tree_find(root, 64, LIDO_ROOM_BYTES) == NULL);
	free(ranges);
}

TEST("range_tree@finds-the-lowest-that-fits") {
	struct lido_range *ranges = create_ranges(), *root = NULL;
	for (int i = 0; i < RANGES_LEN; i++) {
		root = insert(root, &ranges[get_index(3, i)]);
	}
	for (int i = 0; i < 200; i++) {
		expect(lido_range_tree_find(root, 64 * (i + 1), LIDO_ROOM_BYTES) == &ranges[i]);
	}
	expect(lido_range_tree_find(root, 64 * 201, LIDO_ROOM_BYTES) == NULL);
	expect(lido_range_tree_find(root, 4096, LIDO_ROOM_PAGES) == &ranges[63]);
	expect(lido_range_tree_find(root, 8192, LIDO_ROOM_PAGES) == &ranges[127]);
	expect(lido_range_tree_find(root, 16384, LIDO_ROOM_PAGES) == NULL);
	free(ranges);
}

TEST("range_tree@knows-of-changed-bounds") {
	struct lido_range *ranges = create_ranges(), *root = NULL;
	for (int i = 0; i < RANGES_LEN; i++) {
		root = insert(root, &ranges[i]);
	}
	for (int i = 0; i < RANGES_LEN; i += 997) {
		ranges[i].size = 16384;
		lido_range_tree_refresh(root, &ranges[i]);
		expect(lido_range_tree_find(root, 16384, LIDO_ROOM_PAGES) == &ranges[i]);
		ranges[i].offset += 64;
		ranges[i].size -= 64;
		lido_range_tree_refresh(root, &ranges[i]);
		expect(lido_range_tree_find(root, 16384, LIDO_ROOM_PAGES) == NULL);
	}
	lido_range_tree_validate(root, &ranges[RANGES_LEN - 1]);
	free(ranges);
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
