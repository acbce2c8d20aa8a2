/*
 * The allocator's promises, one by one. allocator_model_test.c tests that it is best fit in the lowest zone for any
 * sequence of calls.
 */
#include "alloc/allocator.h"
#include "faults.h"
#include "runner.h"
#include <errno.h>
#include <string.h>

#define PAGE LIDO_RANGE_PAGE
#define MIB (INT64_C(1) << 20)

static struct lido_range *alloc(struct lido_allocator *allocator, int64_t size) {
	struct lido_range *range = lido_allocator_alloc(allocator, size);
	expect(range != NULL);
	expect(!range->is_free);
	expect_int(range->size, ==, lido_allocator_round(size));
	lido_allocator_audit(allocator);
	return range;
}

static void free_range(struct lido_allocator *allocator, struct lido_range *range, int64_t now) {
	lido_allocator_free(allocator, range, now);
	lido_allocator_audit(allocator);
}

static void expect_no_space(struct lido_allocator *allocator, int64_t size) {
	errno = 0;
	expect(lido_allocator_alloc(allocator, size) == NULL);
	expect_int(errno, ==, ENOSPC);
	lido_allocator_audit(allocator);
}

static void expect_oldest(struct lido_allocator *allocator, int64_t offset, int64_t size, int64_t idle_since) {
	struct lido_range *oldest = lido_allocator_get_oldest_warm(allocator);
	expect(oldest != NULL);
	expect(oldest->is_free && oldest->is_warm);
	expect_int(oldest->offset, ==, offset);
	expect_int(oldest->size, ==, size);
	expect_int(oldest->idle_since, ==, idle_since);
}

TEST("allocator@new-area-is-one-free-cold-range") {
	struct lido_allocator *allocator = lido_allocator_create(PAGE);
	lido_allocator_audit(allocator);
	expect_int(lido_allocator_get_end(allocator), ==, 0);
	expect_int(lido_allocator_get_allocated(allocator), ==, 0);
	expect_int(lido_allocator_get_count(allocator), ==, 0);
	expect(lido_allocator_get_oldest_warm(allocator) == NULL);
	struct lido_range *all = alloc(allocator, PAGE);
	expect(lido_range_get_before(all) == NULL && lido_range_get_after(all) == NULL);
	lido_allocator_destroy(allocator);
	lido_allocator_destroy(NULL);
}

TEST("allocator@destroy-frees-ranges-that-are-still-allocated") {
	struct lido_allocator *allocator = lido_allocator_create(MIB);
	for (int i = 0; i < 10; i++) {
		alloc(allocator, 100 + i * 1000);
	}
	lido_allocator_destroy(allocator); // LeakSanitizer reports leaks
}

TEST("allocator@rounding-wastes-less-than-64-bytes-up-to-a-page-and-less-than-a-page-beyond") {
	for (int64_t size = 1; size <= 20000; size++) {
		int64_t rounded = lido_allocator_round(size), waste = rounded - size;
		expect_int(waste, >=, 0);
		expect_int(waste, <, size <= PAGE ? LIDO_RANGE_ALIGN : PAGE);
		expect_int(rounded % (rounded < PAGE ? LIDO_RANGE_ALIGN : PAGE), ==, 0);
		expect_int(lido_allocator_round(rounded), ==, rounded);
		expect(size <= PAGE || 2 * waste < rounded);
	}
	for (int64_t size = 400 << 10; size < LIDO_RANGE_SPAN_MAX; size += 999983) {
		expect_int(100 * (lido_allocator_round(size) - size), <, lido_allocator_round(size));
	}
}

TEST("allocator@rounding-is-exact-at-the-edges") {
	static const int64_t sizes[][2] = {{1, 64}, {64, 64}, {65, 128}, {4032, 4032}, {4033, PAGE}, {4095, PAGE},
		{PAGE, PAGE}, {4097, 2 * PAGE}, {LIDO_RANGE_SPAN_MAX - 1, LIDO_RANGE_SPAN_MAX},
		{INT64_MAX - PAGE, INT64_MAX - PAGE + 1}, {INT64_MAX - PAGE + 1, INT64_MAX}, {INT64_MAX, INT64_MAX}};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		expect_int(lido_allocator_round(sizes[i][0]), ==, sizes[i][1]);
	}
}

TEST("allocator@small-ranges-start-at-64-bytes-and-larger-ones-at-pages") {
	struct lido_allocator *allocator = lido_allocator_create(64 * MIB);
	for (int64_t size = 1; size < 3 * PAGE; size += 61) {
		expect_int(alloc(allocator, size)->offset % (size <= 4032 ? 64 : PAGE), ==, 0);
	}
	lido_allocator_destroy(allocator);
}

TEST("allocator@gap-before-a-page-stays-free-for-small-ranges") {
	struct lido_allocator *allocator = lido_allocator_create(MIB);
	alloc(allocator, 1);
	expect_int(alloc(allocator, 4033)->offset, ==, PAGE);
	expect_int(alloc(allocator, 4032)->offset, ==, 64);
	expect_int(alloc(allocator, 1)->offset, ==, 2 * PAGE);
	lido_allocator_destroy(allocator);
}

TEST("allocator@page-needs-a-whole-aligned-page") {
	struct lido_allocator *allocator = lido_allocator_create(2 * PAGE);
	struct lido_range *first = alloc(allocator, 64);
	alloc(allocator, 4032);
	struct lido_range *third = alloc(allocator, 64);
	free_range(allocator, first, 0);
	expect_no_space(allocator, PAGE); // 4032 bytes at the end, 64 at the start
	free_range(allocator, third, 0);
	expect_int(alloc(allocator, PAGE)->offset, ==, PAGE);
	lido_allocator_destroy(allocator);
}

TEST("allocator@tightest-range-is-taken-within-a-zone") {
	struct lido_allocator *allocator = lido_allocator_create(MIB);
	struct lido_range *wide = alloc(allocator, 8 * PAGE);
	alloc(allocator, PAGE);
	struct lido_range *tight = alloc(allocator, 2 * PAGE);
	alloc(allocator, PAGE);
	int64_t offset = tight->offset;
	free_range(allocator, tight, 1);
	free_range(allocator, wide, 2);
	expect_int(alloc(allocator, 2 * PAGE)->offset, ==, offset);
	expect_int(alloc(allocator, 7 * PAGE)->offset, ==, 0);
	expect_int(alloc(allocator, 128)->offset, ==, 7 * PAGE);
	lido_allocator_destroy(allocator);
}

TEST("allocator@lowest-zone-is-taken-before-a-tighter-range") {
	struct lido_allocator *allocator = lido_allocator_create(64 * MIB);
	struct lido_range *low = alloc(allocator, MIB / 2);
	alloc(allocator, MIB);
	struct lido_range *tight = alloc(allocator, 2 * PAGE);
	alloc(allocator, PAGE);
	free_range(allocator, low, 1);
	free_range(allocator, tight, 1);
	expect_int(alloc(allocator, 2 * PAGE)->offset, ==, 0);
	expect_int(alloc(allocator, MIB / 2)->offset, >, MIB);
	lido_allocator_destroy(allocator);
}

TEST("allocator@last-freed-of-equal-ranges-is-taken") {
	struct lido_allocator *allocator = lido_allocator_create(MIB);
	struct lido_range *ranges[8];
	for (int i = 0; i < 8; i++) {
		ranges[i] = alloc(allocator, 2 * PAGE);
		alloc(allocator, PAGE);
	}
	int64_t offset = ranges[3]->offset;
	for (int i = 7; i >= 0; i--) {
		if (i != 3) {
			free_range(allocator, ranges[i], 7 - i);
		}
	}
	free_range(allocator, ranges[3], 8);
	expect_int(alloc(allocator, 2 * PAGE)->offset, ==, offset);
	lido_allocator_destroy(allocator);
}

// Frees three neighbors in each order and expects one merged range.
TEST("allocator@free-merges-with-both-sides-in-every-order") {
	static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	for (int i = 0; i < 6; i++) {
		struct lido_allocator *allocator = lido_allocator_create(MIB);
		struct lido_range *fence = alloc(allocator, PAGE), *ranges[3];
		for (int j = 0; j < 3; j++) {
			ranges[j] = alloc(allocator, PAGE * (j + 1));
		}
		struct lido_range *end = alloc(allocator, 64);
		for (int j = 0; j < 3; j++) {
			free_range(allocator, ranges[orders[i][j]], j);
		}
		expect(lido_range_get_after(fence) == lido_range_get_before(end) && lido_range_get_after(fence)->is_free);
		expect_int(lido_range_get_after(fence)->offset, ==, PAGE);
		expect_int(lido_range_get_after(fence)->size, ==, 6 * PAGE);
		lido_allocator_destroy(allocator);
	}
}

TEST("allocator@end-moves-back-to-the-last-allocated-range") {
	struct lido_allocator *allocator = lido_allocator_create(MIB);
	struct lido_range *a = alloc(allocator, 64), *b = alloc(allocator, PAGE), *c = alloc(allocator, 2 * PAGE);
	expect_int(lido_allocator_get_end(allocator), ==, 4 * PAGE);
	free_range(allocator, b, 0);
	expect_int(lido_allocator_get_end(allocator), ==, 4 * PAGE);
	free_range(allocator, c, 0);
	expect_int(lido_allocator_get_end(allocator), ==, 64);
	free_range(allocator, a, 0);
	expect_int(lido_allocator_get_end(allocator), ==, 0);
	lido_allocator_destroy(allocator);
}

TEST("allocator@allocated-bytes-and-count-follow-each-call") {
	struct lido_allocator *allocator = lido_allocator_create(MIB);
	struct lido_range *a = alloc(allocator, 1), *b = alloc(allocator, 5000);
	expect_int(lido_allocator_get_allocated(allocator), ==, 64 + 2 * PAGE);
	expect_int(lido_allocator_get_count(allocator), ==, 2);
	expect(lido_allocator_resize(allocator, b, 3 * PAGE, 0));
	expect_int(lido_allocator_get_allocated(allocator), ==, 64 + 3 * PAGE);
	expect(lido_allocator_resize(allocator, b, 1, 0));
	expect_int(lido_allocator_get_allocated(allocator), ==, 128);
	expect_int(lido_allocator_get_count(allocator), ==, 2);
	free_range(allocator, a, 0);
	free_range(allocator, b, 0);
	expect_int(lido_allocator_get_allocated(allocator), ==, 0);
	expect_int(lido_allocator_get_count(allocator), ==, 0);
	lido_allocator_destroy(allocator);
}

TEST("allocator@grows-into-the-whole-next-range") {
	struct lido_allocator *allocator = lido_allocator_create(4 * PAGE);
	struct lido_range *range = alloc(allocator, PAGE);
	for (int64_t pages = 2; pages <= 4; pages++) {
		expect(lido_allocator_resize(allocator, range, pages * PAGE - 1, 0));
		lido_allocator_audit(allocator);
		expect_int(range->offset, ==, 0);
		expect_int(range->size, ==, pages * PAGE);
		expect_int(lido_allocator_get_end(allocator), ==, pages * PAGE);
	}
	expect(lido_range_get_after(range) == NULL);
	expect(!lido_allocator_resize(allocator, range, 4 * PAGE + 1, 0));
	expect_int(range->size, ==, 4 * PAGE);
	lido_allocator_destroy(allocator);
}

TEST("allocator@shrinks-by-freeing-its-end") {
	struct lido_allocator *allocator = lido_allocator_create(8 * PAGE);
	struct lido_range *range = alloc(allocator, 4 * PAGE), *next = alloc(allocator, PAGE);
	expect(lido_allocator_resize(allocator, range, 2 * PAGE, 7));
	lido_allocator_audit(allocator);
	expect_oldest(allocator, 2 * PAGE, 2 * PAGE, 7);
	expect(lido_allocator_resize(allocator, range, PAGE, 8)); // merges; the larger part sets idle_since
	lido_allocator_audit(allocator);
	expect_oldest(allocator, PAGE, 3 * PAGE, 7);
	expect(lido_allocator_resize(allocator, range, PAGE - 1, 9)); // rounds to the same size
	expect_int(range->size, ==, PAGE);
	expect(lido_allocator_resize(allocator, range, 65, 9)); // below a page
	lido_allocator_audit(allocator);
	expect_int(lido_range_get_after(range)->offset, ==, 128);
	expect(lido_range_get_after(lido_range_get_after(range)) == next);
	expect(lido_allocator_resize(allocator, range, 3 * PAGE, 9)); // and back, because it starts at a page
	lido_allocator_audit(allocator);
	expect_int(range->size, ==, 3 * PAGE);
	lido_allocator_destroy(allocator);
}

// The free range after it begins in a higher zone, and moves to one that never had a free range.
TEST("allocator@shrinks-into-a-zone-without-free-ranges") {
	struct lido_allocator *allocator = lido_allocator_create(8 * MIB);
	struct lido_range *range = alloc(allocator, 5 * MIB);
	expect(lido_range_get_after(range) != NULL && lido_range_get_after(range)->is_free);
	expect(lido_allocator_resize(allocator, range, 2 * MIB + PAGE, 0));
	lido_allocator_audit(allocator);
	expect_int(lido_allocator_get_end(allocator), ==, 2 * MIB + PAGE);
	lido_allocator_destroy(allocator);
}

TEST("allocator@refused-resize-changes-nothing") {
	struct lido_allocator *allocator = lido_allocator_create(8 * PAGE);
	struct lido_range *a = alloc(allocator, 128), *b = alloc(allocator, 64), *c = alloc(allocator, PAGE);
	expect(!lido_allocator_resize(allocator, a, 129, 0));          // the next range is allocated
	expect(!lido_allocator_resize(allocator, b, 4032, 0));         // 64 bytes too few
	expect(!lido_allocator_resize(allocator, c, 7 * PAGE + 1, 0)); // beyond the end of the area
	expect(!lido_allocator_resize(allocator, c, INT64_MAX, 0));    // beyond everything
	expect(!lido_allocator_resize(allocator, c, INT64_MAX - 5000, 0));
	lido_allocator_audit(allocator);
	expect_int(a->size, ==, 128);
	expect_int(b->size, ==, 64);
	expect_int(c->size, ==, PAGE);
	expect_int(lido_allocator_get_allocated(allocator), ==, 192 + PAGE);
	expect(lido_allocator_resize(allocator, b, 4032 - 64, 0));
	expect(lido_allocator_resize(allocator, c, 7 * PAGE, 0));
	lido_allocator_audit(allocator);
	lido_allocator_destroy(allocator);
}

TEST("allocator@resize-to-a-page-needs-a-page-boundary") {
	struct lido_allocator *allocator = lido_allocator_create(8 * PAGE);
	alloc(allocator, 64);
	struct lido_range *range = alloc(allocator, 64);
	expect(!lido_allocator_resize(allocator, range, 4033, 0)); // rounds to a page
	expect(!lido_allocator_resize(allocator, range, PAGE, 0));
	expect(lido_allocator_resize(allocator, range, 4032, 0)); // may cross a page boundary
	lido_allocator_audit(allocator);
	expect_int(range->size, ==, 4032);
	lido_allocator_destroy(allocator);
}

TEST("allocator@spans-two-gibibytes-and-no-more") {
	struct lido_allocator *allocator = lido_allocator_create(LIDO_RANGE_SPAN_MAX);
	expect_no_space(allocator, LIDO_RANGE_SPAN_MAX + 1);
	expect_no_space(allocator, INT64_MAX - 5000);
	expect_no_space(allocator, INT64_MAX);
	struct lido_range *all = alloc(allocator, LIDO_RANGE_SPAN_MAX);
	expect_int(lido_allocator_get_end(allocator), ==, LIDO_RANGE_SPAN_MAX);
	expect_no_space(allocator, 1);
	expect(lido_allocator_resize(allocator, all, LIDO_RANGE_SPAN_MAX - PAGE, INT64_MAX));
	expect_int(alloc(allocator, 1)->offset, ==, LIDO_RANGE_SPAN_MAX - PAGE);
	free_range(allocator, all, INT64_MAX);
	expect_oldest(allocator, 0, LIDO_RANGE_SPAN_MAX - PAGE, INT64_MAX);
	lido_allocator_destroy(allocator);
}

TEST("allocator@longest-idle-range-comes-first-until-it-is-cold") {
	struct lido_allocator *allocator = lido_allocator_create(MIB);
	static const int order[] = {3, 0, 4, 1, 2};
	struct lido_range *ranges[5];
	for (int i = 0; i < 5; i++) {
		ranges[i] = alloc(allocator, PAGE * (i + 1));
		alloc(allocator, PAGE);
	}
	for (int i = 0; i < 5; i++) {
		free_range(allocator, ranges[order[i]], 10 * i);
	}
	for (int i = 0; i < 5; i++) {
		expect(lido_allocator_get_oldest_warm(allocator) == ranges[order[i]]);
		expect_int(ranges[order[i]]->idle_since, ==, 10 * i);
		lido_range_set_cold(ranges[order[i]]);
		expect(!ranges[order[i]]->is_warm);
		lido_allocator_audit(allocator);
	}
	expect(lido_allocator_get_oldest_warm(allocator) == NULL);
	lido_allocator_destroy(allocator);
}

TEST("allocator@set-cold-takes-any-range-and-twice") {
	struct lido_allocator *allocator = lido_allocator_create(MIB);
	struct lido_range *a = alloc(allocator, PAGE), *fence = alloc(allocator, PAGE), *b = alloc(allocator, PAGE);
	alloc(allocator, PAGE);
	free_range(allocator, a, 1);
	free_range(allocator, b, 2);
	lido_range_set_cold(b);
	lido_range_set_cold(b);
	lido_allocator_audit(allocator);
	expect_oldest(allocator, 0, PAGE, 1);
	// A freed range is warm again, and so is a merged range with a cold part.
	free_range(allocator, fence, 3);
	expect_oldest(allocator, 0, 3 * PAGE, 3);
	lido_allocator_destroy(allocator);
}

TEST("allocator@page-used-each-frame-does-not-refresh-a-large-idle-range") {
	struct lido_allocator *allocator = lido_allocator_create(LIDO_RANGE_SPAN_MAX);
	struct lido_range *large = alloc(allocator, 100 * MIB);
	alloc(allocator, 64);
	free_range(allocator, large, 1000);
	int64_t now = 1000;
	for (int frame = 0; frame < 600; frame++) {
		struct lido_range *page = alloc(allocator, PAGE);
		expect_int(page->offset, ==, 0);
		free_range(allocator, page, now += 16);
	}
	expect_oldest(allocator, 0, 100 * MIB, 1000);
	lido_allocator_destroy(allocator);
}

// Frees neighbors of these numbers of pages at the times 1, 2 and 3 (the middle one). Returns idle_since of the merged
// range.
static int64_t merge_three(int64_t before, int64_t middle, int64_t after) {
	struct lido_allocator *allocator = lido_allocator_create(MIB);
	struct lido_range *first = alloc(allocator, before * PAGE), *second = alloc(allocator, middle * PAGE);
	struct lido_range *third = alloc(allocator, after * PAGE), *other = alloc(allocator, PAGE);
	alloc(allocator, PAGE);
	free_range(allocator, first, 1);
	free_range(allocator, third, 2);
	free_range(allocator, second, 3);
	int64_t idle_since = lido_allocator_get_oldest_warm(allocator)->idle_since;
	free_range(allocator, other, 4); // merges once more; it is the smallest part
	expect_oldest(allocator, 0, (before + middle + after + 1) * PAGE, idle_since);
	lido_allocator_destroy(allocator);
	return idle_since;
}

TEST("allocator@largest-merged-part-sets-idle-since") {
	expect_int(merge_three(5, 4, 3), ==, 1);
	expect_int(merge_three(3, 4, 5), ==, 2);
	expect_int(merge_three(3, 5, 4), ==, 3);
	expect_int(merge_three(3, 2, 4), ==, 2); // although the first and the second together are larger
	expect_int(merge_three(4, 2, 4), ==, 2); // the newest of equal parts
	expect_int(merge_three(4, 4, 4), ==, 3);
}

TEST("allocator@cold-part-does-not-set-idle-since") {
	struct lido_allocator *allocator = lido_allocator_create(MIB);
	struct lido_range *a = alloc(allocator, 10 * PAGE), *b = alloc(allocator, PAGE), *c = alloc(allocator, 20 * PAGE);
	alloc(allocator, 64);
	free_range(allocator, a, 1);
	free_range(allocator, c, 2);
	lido_range_set_cold(a);
	lido_range_set_cold(c);
	free_range(allocator, b, 3);
	expect_oldest(allocator, 0, 31 * PAGE, 3);
	lido_allocator_destroy(allocator);
}

TEST("allocator@merged-small-ranges-are-idle-since-they-hold-a-page") {
	struct lido_allocator *allocator = lido_allocator_create(2 * PAGE);
	struct lido_range *a = alloc(allocator, 4032), *b = alloc(allocator, 64);
	alloc(allocator, PAGE);
	free_range(allocator, a, 1);
	expect(lido_allocator_get_oldest_warm(allocator) == NULL);
	free_range(allocator, b, 2);
	expect_oldest(allocator, 0, PAGE, 2);
	lido_allocator_destroy(allocator);
}

TEST("allocator@rest-of-a-split-range-stays-warm-and-keeps-idle-since") {
	struct lido_allocator *allocator = lido_allocator_create(MIB);
	struct lido_range *a = alloc(allocator, 64), *b = alloc(allocator, 4032), *c = alloc(allocator, 8 * PAGE);
	struct lido_range *other = alloc(allocator, PAGE);
	alloc(allocator, PAGE);
	free_range(allocator, c, 1);
	free_range(allocator, b, 2);
	free_range(allocator, other, 3); // the merged range keeps the older time of its largest part
	expect_oldest(allocator, 64, 4032 + 9 * PAGE, 1);
	struct lido_range *page = alloc(allocator, PAGE); // leaves a free range on both sides
	expect_int(page->offset, ==, PAGE);
	expect(lido_range_get_before(page)->is_free && lido_range_get_before(page)->is_warm);
	expect_oldest(allocator, 2 * PAGE, 8 * PAGE, 1);
	free_range(allocator, a, 4);
	expect_oldest(allocator, 2 * PAGE, 8 * PAGE, 1);
	lido_allocator_destroy(allocator);
}

TEST("allocator@warm-range-without-a-whole-page-is-not-listed-but-stays-warm") {
	struct lido_allocator *allocator = lido_allocator_create(MIB);
	struct lido_range *a = alloc(allocator, PAGE), *b = alloc(allocator, PAGE);
	free_range(allocator, a, 1);
	struct lido_range *small = alloc(allocator, 64);
	expect(lido_allocator_get_oldest_warm(allocator) == NULL);
	expect(lido_range_get_after(small)->is_free && lido_range_get_after(small)->is_warm);
	lido_allocator_free(allocator, small, 2);
	expect_oldest(allocator, 0, PAGE, 2);
	free_range(allocator, b, 3);
	lido_allocator_destroy(allocator);
}

struct snapshot {
	struct lido_range ranges[16];
	int ranges_len;
	int64_t end, allocated;
	uint32_t count;
};

static struct snapshot take_snapshot(struct lido_allocator *allocator, const struct lido_range *range) {
	struct snapshot snapshot;
	memset(&snapshot, 0, sizeof(snapshot)); // including the padding
	snapshot.end = lido_allocator_get_end(allocator);
	snapshot.allocated = lido_allocator_get_allocated(allocator);
	snapshot.count = lido_allocator_get_count(allocator);
	for (; range != NULL; range = lido_range_get_after(range)) {
		snapshot.ranges[snapshot.ranges_len++] = *range;
	}
	return snapshot;
}

// Makes one call while every allocation of bookkeeping fails. A failed call must change nothing. Returns whether the
// call succeeded.
static bool try_without_memory(struct lido_allocator *allocator, struct lido_range *range, int64_t size) {
	const struct lido_range *first = lido_allocator_get_first(allocator);
	struct snapshot was = take_snapshot(allocator, first);
	errno = 0;
	faults_start_all_of(FAULT_CALLOC, 0);
	bool ok = range != NULL ? lido_allocator_resize(allocator, range, size, 2)
							: lido_allocator_alloc(allocator, size) != NULL;
	faults_stop();
	lido_allocator_audit(allocator);
	struct snapshot is = take_snapshot(allocator, first);
	if (!ok) {
		expect_int(errno, ==, ENOMEM);
		expect_bytes(&is, &was, sizeof(is));
	}
	return ok;
}

// Creates an allocator that keeps some spare records.
static struct lido_allocator *create_with_spares(int64_t size) {
	struct lido_allocator *allocator = lido_allocator_create(size);
	struct lido_range *ranges[8];
	for (int i = 0; i < 8; i++) {
		ranges[i] = alloc(allocator, 64);
	}
	for (int i = 0; i < 8; i++) {
		free_range(allocator, ranges[i], 0);
	}
	return allocator;
}

TEST("allocator@out-of-memory-for-another-zone-changes-nothing") {
	struct lido_allocator *allocator = create_with_spares(4 * MIB);
	struct lido_range *range = alloc(allocator, PAGE);
	expect(!try_without_memory(allocator, NULL, MIB)); // the rest would start in the second zone
	expect(!try_without_memory(allocator, range, 2 * MIB));
	expect(try_without_memory(allocator, range, 2 * PAGE));
	expect(lido_allocator_resize(allocator, range, 2 * MIB, 0)); // now the third zone exists
	expect(try_without_memory(allocator, range, MIB - PAGE));
	expect(!try_without_memory(allocator, NULL, 4 * PAGE));
	alloc(allocator, 4 * PAGE);
	expect(try_without_memory(allocator, range, 2 * PAGE));
	lido_allocator_destroy(allocator);
	allocator = create_with_spares(4 * MIB);
	range = alloc(allocator, 2 * MIB);
	alloc(allocator, PAGE);
	expect(!try_without_memory(allocator, range, MIB)); // the freed part would start in the second zone
	lido_allocator_destroy(allocator);
}

// More ranges than there are spare records.
TEST("allocator@out-of-memory-with-many-ranges-changes-nothing") {
	uint64_t failures = 0;
	struct lido_allocator *allocator = lido_allocator_create(LIDO_RANGE_SPAN_MAX);
	for (int i = 0; i < 3000; i++) {
		struct lido_range *range = NULL;
		for (uint64_t n = 1; range == NULL; n++) {
			int64_t end = lido_allocator_get_end(allocator);
			faults_start(n);
			range = lido_allocator_alloc(allocator, i % 3 == 0 ? PAGE : 64);
			faults_stop();
			lido_allocator_audit(allocator);
			if (range == NULL) {
				expect_int(errno, ==, ENOMEM);
				expect_int(lido_allocator_get_end(allocator), ==, end);
				expect_int(lido_allocator_get_count(allocator), ==, i);
				failures++;
			}
		}
	}
	expect_int(failures, >, 2000);
	lido_allocator_destroy(allocator);
}

TEST("allocator@out-of-memory-splits-no-range") {
	struct lido_allocator *allocator = create_with_spares(16 * MIB);
	struct lido_range *ranges[100];
	for (int i = 0; i < 100; i++) {
		ranges[i] = alloc(allocator, 8 * PAGE);
	}
	int refusals = 0;
	for (int i = 0; i < 100; i++) {
		faults_start_all_of(FAULT_CALLOC, 0);
		bool ok = lido_allocator_resize(allocator, ranges[i], 4 * PAGE, 0);
		faults_stop();
		lido_allocator_audit(allocator);
		expect_int(ranges[i]->size, ==, ok ? 4 * PAGE : 8 * PAGE);
		refusals += !ok;
	}
	expect_int(refusals, >, 0);
	expect_int(refusals, <, 100);
	lido_allocator_destroy(allocator);
}

TEST("allocator@out-of-memory-creates-no-allocator") {
	for (uint64_t n = 1; n <= 4; n++) { // the allocator, its first record, and its first zone
		faults_start(n);
		struct lido_allocator *allocator = lido_allocator_create(MIB);
		faults_stop();
		expect_int(allocator != NULL, ==, n == 4);
		lido_allocator_destroy(allocator);
	}
}

TEST("allocator@free-and-resize-within-a-zone-allocate-nothing") {
	struct lido_allocator *allocator = lido_allocator_create(MIB);
	struct lido_range *a = alloc(allocator, PAGE), *b = alloc(allocator, PAGE), *c = alloc(allocator, PAGE);
	faults_start_all_of(FAULT_CALLOC, 0);
	lido_allocator_free(allocator, b, 1);
	expect(lido_allocator_resize(allocator, a, 2 * PAGE, 2));
	expect(lido_allocator_resize(allocator, a, PAGE, 2));
	expect(lido_allocator_resize(allocator, c, 5 * PAGE, 3));
	expect(lido_allocator_resize(allocator, c, PAGE, 3));
	lido_allocator_audit(allocator);
	lido_allocator_free(allocator, a, 4);
	lido_allocator_free(allocator, c, 5);
	expect_int(faults_get_count(FAULT_CALLOC), ==, 0);
	faults_stop();
	lido_allocator_audit(allocator);
	lido_allocator_destroy(allocator);
}
