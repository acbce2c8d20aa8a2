/*
 * The allocator and its audit, with that of the free ranges. Belief: for every call, a map of the area with one byte
 * for each 64 bytes gives the same result: whether the size fits anywhere, the lowest zone where it fits, the tightest
 * gap there, and which bytes are free. For any order of calls, and whichever allocation of bookkeeping fails, no range
 * ends beyond the bound that the head of shm/alloc/allocator.c proves.
 */
#include "alloc/allocator.h"
#include "faults.h"
#include "input.h"
#include "runner.h"
#include <errno.h>
#include <string.h>

#define PAGE LIDO_RANGE_PAGE
#define UNIT LIDO_RANGE_ALIGN
#define PAGES_MAX 512
#define ZONE_SIZE (INT64_C(1) << 20) // of an area this small
#define UNITS_MAX (PAGES_MAX * (PAGE / UNIT))
#define RANGES_MAX 256

struct run {
	struct lido_allocator *allocator;
	int units_len;
	uint8_t units[UNITS_MAX]; // 1: allocated
	struct lido_range *ranges[RANGES_MAX];
	int64_t sizes_max[RANGES_MAX]; // bytes: the largest size that the range ever had
	int ranges_len;
	int64_t now;
	int64_t allocated_max; // bytes: the most allocated at once, with each range at its largest size
	int64_t size_max;      // bytes: the largest size of any range
	bool was_resized;
};

// Implements the promise of the protocol, independently of the allocator's code.
static int64_t round_size(int64_t size) {
	int64_t units = (size + UNIT - 1) / UNIT;
	return units * UNIT < PAGE ? units * UNIT : (size + PAGE - 1) / PAGE * PAGE;
}

static bool is_free(const struct run *run, int64_t offset, int64_t size) {
	return offset + size <= (int64_t)run->units_len * UNIT &&
		   memchr(run->units + offset / UNIT, 1, (size_t)(size / UNIT)) == NULL;
}

static void paint(struct run *run, int64_t offset, int64_t size, bool is_allocated) {
	memset(run->units + offset / UNIT, is_allocated, (size_t)(size / UNIT));
}

// Returns the first place in a gap where the size fits, or -1.
static int64_t place_in(int64_t gap, int64_t end, int64_t size) {
	int64_t align = size < PAGE ? UNIT : PAGE, place = (gap + align - 1) / align * align;
	return place + size <= end ? place : -1;
}

// Orders gaps by size: a gap with a whole page is larger than any without.
static int64_t get_measure(int64_t gap, int64_t end) {
	int64_t pages = end / PAGE - (gap + PAGE - 1) / PAGE;
	return pages > 0 ? pages * PAGE * PAGE : end - gap;
}

// Ranks a gap in which the size fits: the allocator chooses the lowest rank.
static int64_t get_rank(int64_t gap, int64_t end) {
	return gap / ZONE_SIZE * (INT64_C(1) << 50) + get_measure(gap, end);
}

// Returns the lowest rank of all gaps in which the size fits, or with place >= 0, of the gap where it fits at that
// place; -1: none.
static int64_t find_rank(const struct run *run, int64_t size, int64_t place) {
	int64_t best = -1, area_end = (int64_t)run->units_len * UNIT;
	for (int64_t gap = 0, end; gap < area_end; gap = end) {
		const uint8_t *from = run->units + gap / UNIT, is_allocated = *from;
		const uint8_t *next = memchr(from, !is_allocated, (size_t)(run->units_len - gap / UNIT));
		end = next != NULL ? (next - run->units) * (int64_t)UNIT : area_end;
		int64_t found = is_allocated ? -1 : place_in(gap, end, size);
		if (found >= 0 && (place < 0 || place == found) && (best < 0 || get_rank(gap, end) < best)) {
			best = get_rank(gap, end);
		}
	}
	return best;
}

static void expect_bound(struct run *run) {
	int64_t allocated = 0, steps = 0;
	for (int i = 0; i < run->ranges_len; i++) {
		allocated += run->sizes_max[i];
		run->size_max = run->sizes_max[i] > run->size_max ? run->sizes_max[i] : run->size_max;
	}
	run->allocated_max = allocated > run->allocated_max ? allocated : run->allocated_max;
	for (int64_t size = PAGE; size < run->size_max; size *= 4) {
		steps++;
	}
	int64_t bound = run->allocated_max * (17 + 5 * steps + run->was_resized) + ZONE_SIZE * (5 + steps);
	expect_int(lido_allocator_get_end(run->allocator), <=, bound);
}

static void step_alloc(struct run *run, struct input *input) {
	int64_t size = input_take_size(input, 20), rounded = round_size(size), rank = find_rank(run, rounded, -1);
	if (run->ranges_len == RANGES_MAX) {
		return;
	}
	expect_int(lido_allocator_round(size), ==, rounded);
	struct lido_range *range = lido_allocator_alloc(run->allocator, size);
	if (range == NULL) {
		expect_int(errno, ==, rank == -1 ? ENOSPC : ENOMEM);
		expect(rank == -1 || faults_was_hit());
		return;
	}
	expect_int(find_rank(run, rounded, range->offset), ==, rank);
	expect_int(range->size, ==, rounded);
	paint(run, range->offset, rounded, true);
	run->sizes_max[run->ranges_len] = rounded;
	run->ranges[run->ranges_len++] = range;
}

static void step_free(struct run *run, struct input *input) {
	if (run->ranges_len == 0) {
		return;
	}
	int i = (int)input_take_below(input, (uint32_t)run->ranges_len);
	paint(run, run->ranges[i]->offset, run->ranges[i]->size, false);
	lido_allocator_free(run->allocator, run->ranges[i], run->now);
	run->ranges_len--;
	run->ranges[i] = run->ranges[run->ranges_len];
	run->sizes_max[i] = run->sizes_max[run->ranges_len];
}

static void step_resize(struct run *run, struct input *input) {
	if (run->ranges_len == 0) {
		return;
	}
	int i = (int)input_take_below(input, (uint32_t)run->ranges_len);
	struct lido_range *range = run->ranges[i];
	int64_t offset = range->offset, before = range->size, rounded = round_size(input_take_size(input, 20));
	bool fits = offset % (rounded < PAGE ? UNIT : PAGE) == 0 &&
				(rounded <= before || is_free(run, offset + before, rounded - before));
	bool is_resized = lido_allocator_resize(run->allocator, range, rounded, run->now);
	expect(is_resized == fits || (fits && rounded != before && faults_was_hit()));
	expect_int(range->offset, ==, offset);
	expect_int(range->size, ==, is_resized ? rounded : before);
	paint(run, offset, before, false);
	paint(run, offset, range->size, true);
	run->sizes_max[i] = range->size > run->sizes_max[i] ? range->size : run->sizes_max[i];
	run->was_resized |= is_resized;
}

// Makes the oldest warm ranges cold, as when their pages are freed.
static void step_trim(struct run *run, struct input *input) {
	int64_t idle_since = INT64_MIN;
	for (uint32_t count = input_take_below(input, 4); count > 0; count--) {
		struct lido_range *range = lido_allocator_get_oldest_warm(run->allocator);
		if (range == NULL) {
			return;
		}
		expect(range->is_free && range->is_warm && is_free(run, range->offset, range->size));
		expect_int(range->idle_since, >=, idle_since);
		expect_int(range->idle_since, <=, run->now);
		idle_since = range->idle_since;
		lido_range_set_cold(range);
		expect(!range->is_warm);
	}
}

static void expect_map(const struct run *run) {
	int64_t allocated = 0, end = 0;
	lido_allocator_audit(run->allocator);
	for (int i = 0; i < run->units_len; i++) {
		allocated += run->units[i] ? UNIT : 0;
		end = run->units[i] ? (i + 1) * UNIT : end;
	}
	expect_int(lido_allocator_get_allocated(run->allocator), ==, allocated);
	expect_int(lido_allocator_get_end(run->allocator), ==, end);
	expect_int(lido_allocator_get_count(run->allocator), ==, run->ranges_len);
}

static void step(struct run *run, struct input *input) {
	uint8_t kind = input_take_byte(input);
	run->now += kind >> 6;
	switch (kind % 8) {
	case 0:
	case 1:
	case 2:
		step_alloc(run, input);
		break;
	case 3:
	case 4:
		step_free(run, input);
		break;
	case 5:
		step_resize(run, input);
		break;
	case 6:
		step_trim(run, input);
		break;
	case 7:
		faults_set_next(1 + input_take_below(input, 4));
		break;
	}
	expect_map(run);
	expect_bound(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct run run;
	struct input input = {data, size};
	int pages = 1 + (int)input_take_size(&input, 9);
	run = (struct run){.units_len = pages * (PAGE / UNIT), .allocator = lido_allocator_create((int64_t)pages * PAGE)};
	faults_start(0);
	while (!input_is_empty(&input)) {
		step(&run, &input);
	}
	faults_stop();
	lido_allocator_destroy(run.allocator);
	return 0;
}
