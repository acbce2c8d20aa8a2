/*
 * The free ranges by size and zone: for any order of additions and removals, a lookup finds the same as a walk over all
 * ranges. The allocator's tests cover the rest.
 */
#include "alloc/allocator.h"
#include "alloc/free_table.h"
#include "faults.h"
#include "runner.h"
#include <stdlib.h>

#define PAGE LIDO_RANGE_PAGE
#define MIB (INT64_C(1) << 20)
#define RANGES_LEN 512

// Free ranges of an area whose zones are 32 MiB.
struct stage {
	struct lido_free_table free;
	struct lido_range ranges[RANGES_LEN];
	bool is_in[RANGES_LEN];
	uint64_t random;
};

static void stage_init(struct stage *stage) {
	*stage = (struct stage){.random = 0x9e3779b97f4a7c15};
	lido_free_table_init(&stage->free, LIDO_RANGE_SPAN_MAX);
}

static int64_t random_below(struct stage *stage, int64_t limit) {
	stage->random ^= stage->random << 13;
	stage->random ^= stage->random >> 7;
	stage->random ^= stage->random << 17;
	return (int64_t)((stage->random >> 11) % (uint64_t)limit);
}

static void stage_add(struct stage *stage, int i, int64_t offset, int64_t size) {
	stage->ranges[i] = (struct lido_range){.offset = offset, .size = size, .is_free = true};
	stage->is_in[i] = true;
	expect(lido_free_table_reserve(&stage->free, offset));
	lido_free_table_add(&stage->free, &stage->ranges[i]);
}

static void stage_remove(struct stage *stage, int i) {
	stage->is_in[i] = false;
	lido_free_table_remove(&stage->free, &stage->ranges[i]);
}

static void expect_whole(struct stage *stage) {
	uint32_t len = 0;
	for (int i = 0; i < RANGES_LEN; i++) {
		len += stage->is_in[i];
	}
	expect_int(lido_free_table_audit(&stage->free), ==, len);
}

// Orders ranges by size: a range with a whole page is larger than any without.
static int64_t get_measure(const struct lido_range *range) {
	int64_t pages = lido_range_get_pages(range);
	return pages > 0 ? pages * MIB : range->size;
}

// Ranks a range in which the size fits: the lowest rank is taken.
static int64_t get_rank(const struct lido_range *range) {
	return range->offset / (32 * MIB) * (INT64_C(1) << 50) + get_measure(range);
}

// Walks over all ranges and returns the lowest rank in which the size fits: by zone, then by size.
static int64_t walk(const struct stage *stage, int64_t size) {
	int64_t best = INT64_MAX;
	for (int i = 0; i < RANGES_LEN; i++) {
		const struct lido_range *range = &stage->ranges[i];
		if (stage->is_in[i] && (size < PAGE ? range->size : lido_range_get_pages(range) * PAGE) >= size) {
			best = get_rank(range) < best ? get_rank(range) : best;
		}
	}
	return best;
}

static void expect_found(const struct stage *stage, int64_t size) {
	const struct lido_range *range = lido_free_table_find(&stage->free, size);
	int64_t best = walk(stage, size);
	expect_int(range != NULL, ==, best != INT64_MAX);
	if (range != NULL) {
		expect_int(get_rank(range), ==, best);
	}
}

// Adds and removes ranges at random. Their sizes are 1 to sizes units.
static void run(int64_t unit, int64_t sizes, int64_t zones) {
	struct stage *stage = malloc(sizeof(*stage));
	expect(stage != NULL);
	stage_init(stage);
	for (int step = 0; step < 100000; step++) {
		int i = (int)random_below(stage, RANGES_LEN);
		if (stage->is_in[i]) {
			stage_remove(stage, i);
		} else {
			int64_t offset = random_below(stage, zones) * 32 * MIB + random_below(stage, 8) * 64;
			stage_add(stage, i, offset, unit * (1 + random_below(stage, sizes)));
		}
		int64_t size = unit * (1 + random_below(stage, sizes));
		expect_found(stage, lido_allocator_round(size));
		if (step % 100 == 0) {
			expect_whole(stage);
		}
	}
	lido_free_table_finish(&stage->free);
	free(stage);
}

TEST("free_table@smallest-is-found-among-small-ranges") {
	run(64, 200, 1);
}

TEST("free_table@smallest-is-found-around-the-lowest-rank-of-the-tree") {
	run(PAGE, 300, 1);
}

TEST("free_table@smallest-is-found-among-few-large-sizes") {
	run(200 * PAGE, 8, 1);
}

TEST("free_table@smallest-is-found-among-all-sizes") {
	run(PAGE, 1 << 18, 1);
}

TEST("free_table@lowest-zone-is-found") {
	run(PAGE, 300, 64);
	run(64, 200, 64);
}

TEST("free_table@zones-are-powers-of-two-and-at-most-64") {
	static const int64_t sizes[][2] = {{PAGE, MIB}, {64 * MIB, MIB}, {64 * MIB + PAGE, 2 * MIB}, {128 * MIB, 2 * MIB},
		{LIDO_RANGE_SPAN_MAX, 32 * MIB}, {LIDO_RANGE_SPAN_MAX / 2 + PAGE, 32 * MIB}};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct lido_free_table free;
		lido_free_table_init(&free, sizes[i][0]);
		expect_int(lido_free_table_get_zone_size(&free), ==, sizes[i][1]);
		expect_int((sizes[i][0] + sizes[i][1] - 1) / sizes[i][1], <=, LIDO_ZONES_MAX);
		lido_free_table_finish(&free);
	}
}

TEST("free_table@each-zone-allocates-once") {
	struct lido_free_table free;
	lido_free_table_init(&free, LIDO_RANGE_SPAN_MAX);
	faults_start_all_of(FAULT_CALLOC, 0);
	expect(!lido_free_table_reserve(&free, 0));
	faults_stop();
	expect(lido_free_table_reserve(&free, 0));
	expect(lido_free_table_reserve(&free, 32 * MIB));
	faults_start_all_of(FAULT_CALLOC, 0);
	expect(lido_free_table_reserve(&free, 32 * MIB - 64));
	expect(lido_free_table_reserve(&free, 64 * MIB - 64));
	expect(!lido_free_table_reserve(&free, 64 * MIB));
	expect(lido_free_table_reserve(&free, LIDO_RANGE_SPAN_MAX)); // no range can start there
	faults_stop();
	expect_int(lido_free_table_audit(&free), ==, 0);
	expect(lido_free_table_find(&free, 64) == NULL);
	lido_free_table_finish(&free);
}

TEST("free_table@only-whole-aligned-pages-count") {
	static const int64_t cases[][3] = {
		{0, PAGE, 1}, {64, PAGE, 0}, {64, 2 * PAGE - 64, 1}, {PAGE - 64, PAGE + 64, 1}, {64, 8064, 0}, {PAGE, 64, 0}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lido_range range = {.offset = cases[i][0], .size = cases[i][1]};
		expect_int(lido_range_get_pages(&range), ==, cases[i][2]);
	}
}
