/*
 * Millions of random calls to the allocator, compared with an implementation so naive that it is a specification. Also
 * the claims about cost and waste at the head of allocator.c.
 */
#include "alloc/allocator.h"
#include "runner.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE LIDO_RANGE_PAGE
#define MIB (INT64_C(1) << 20)

// The model: a plain array of pieces by address.
struct piece {
	int64_t offset, size;
	bool is_free, is_warm;
	int64_t idle_since;
	struct lido_range *range; // of an allocated one
};

struct model {
	struct piece pieces[4096];
	int pieces_len;
	int64_t zone_size;
};

static int64_t round_up(int64_t size, int64_t to) {
	return (size + to - 1) / to * to;
}

static int64_t get_unit(int64_t size) {
	return size > PAGE - 64 ? PAGE : 64;
}

static int64_t get_whole_pages(const struct piece *piece) {
	int64_t pages = (piece->offset + piece->size) / PAGE - round_up(piece->offset, PAGE) / PAGE;
	return pages > 0 ? pages : 0;
}

// Cuts a piece in two. Returns the index of the piece that starts at the offset.
static int model_cut(struct model *model, int i, int64_t offset) {
	struct piece *piece = &model->pieces[i];
	if (offset == piece->offset) {
		return i;
	}
	memmove(piece + 1, piece, (size_t)(model->pieces_len - i) * sizeof(*piece));
	model->pieces_len++;
	expect_int(model->pieces_len, <, 4096);
	piece[0].size = offset - piece[0].offset;
	piece[1].offset = offset;
	piece[1].size -= piece[0].size;
	return i + 1;
}

static void model_take(struct model *model, int i, int64_t size) {
	struct piece *piece = &model->pieces[i];
	if (piece->size > size) {
		model_cut(model, i, piece->offset + size);
	}
	piece->is_free = piece->is_warm = false;
}

// The smallest power of two, from a MiB on, that covers the size with 64 zones.
static int64_t choose_zone_size(int64_t size) {
	int64_t zone_size = MIB;
	while (64 * zone_size < size) {
		zone_size *= 2;
	}
	return zone_size;
}

// Orders pieces by size: a piece with a whole page is larger than any without.
static int64_t get_measure(const struct piece *piece) {
	return get_whole_pages(piece) > 0 ? MIB * get_whole_pages(piece) : piece->size;
}

// Ranks a free piece in which the size fits: the allocator chooses the lowest rank.
static int64_t get_rank(const struct model *model, const struct piece *piece) {
	return piece->offset / model->zone_size * (INT64_C(1) << 50) + get_measure(piece);
}

static bool fits(const struct piece *piece, int64_t size) {
	return piece->is_free && round_up(piece->offset, get_unit(size)) + size <= piece->offset + piece->size;
}

// Returns the lowest rank of all pieces in which the size fits, or -1.
static int64_t model_find(const struct model *model, int64_t size) {
	int64_t best = -1;
	size = round_up(size, get_unit(size));
	for (int i = 0; i < model->pieces_len; i++) {
		const struct piece *piece = &model->pieces[i];
		if (fits(piece, size) && (best < 0 || get_rank(model, piece) < best)) {
			best = get_rank(model, piece);
		}
	}
	return best;
}

// Allocates at the offset, which must be the first place in a free piece of that rank. Returns the new piece's index.
static int model_alloc_at(struct model *model, int64_t offset, int64_t size, int64_t rank) {
	size = round_up(size, get_unit(size));
	int i = 0;
	while (model->pieces[i].offset + model->pieces[i].size <= offset) {
		i++;
	}
	expect(fits(&model->pieces[i], size));
	expect_int(offset, ==, round_up(model->pieces[i].offset, get_unit(size)));
	expect_int(get_rank(model, &model->pieces[i]), ==, rank);
	i = model_cut(model, i, offset);
	model_take(model, i, size);
	return i;
}

static void model_remove(struct model *model, int i) {
	model->pieces_len--;
	memmove(&model->pieces[i], &model->pieces[i + 1], (size_t)(model->pieces_len - i) * sizeof(model->pieces[0]));
}

static void model_free(struct model *model, int i, int64_t now) {
	model->pieces[i].is_free = model->pieces[i].is_warm = true;
	model->pieces[i].idle_since = now;
	int first = i > 0 && model->pieces[i - 1].is_free ? i - 1 : i;
	int last = i + 1 < model->pieces_len && model->pieces[i + 1].is_free ? i + 1 : i;
	struct piece merged = {.offset = model->pieces[first].offset, .is_free = true, .is_warm = true, .idle_since = now};
	int64_t most = 0;
	for (int j = first; j <= last; j++) {
		const struct piece *part = &model->pieces[j];
		int64_t pages = part->is_warm ? get_whole_pages(part) : 0;
		if (pages > most || (pages == most && pages > 0 && part->idle_since > merged.idle_since)) {
			most = pages;
			merged.idle_since = part->idle_since;
		}
		merged.size += part->size;
	}
	while (last-- > first) {
		model_remove(model, first);
	}
	model->pieces[first] = merged;
}

static bool model_resize(struct model *model, int i, int64_t size, int64_t now) {
	struct piece *piece = &model->pieces[i];
	int64_t unit = get_unit(size);
	size = round_up(size, unit);
	if (piece->offset % unit != 0) {
		return false;
	}
	if (size < piece->size) {
		model_free(model, model_cut(model, i, piece->offset + size), now);
	} else if (size > piece->size) {
		if (i + 1 == model->pieces_len || !piece[1].is_free || piece->size + piece[1].size < size) {
			return false;
		}
		model_take(model, i + 1, size - piece->size);
		piece->size = size;
		model_remove(model, i + 1);
	}
	return true;
}

// The allocator, the model, and the state of the driver.
struct run {
	struct lido_allocator *allocator;
	struct model model;
	uint64_t random;
	int64_t (*next_size)(struct run *run);
	unsigned alloc_percent;
	int64_t now;
	uint64_t allocs, refusals, resizes, trims;
};

static int64_t random_below(struct run *run, int64_t limit) {
	run->random ^= run->random << 13;
	run->random ^= run->random >> 7;
	run->random ^= run->random << 17;
	return (int64_t)((run->random >> 11) % (uint64_t)limit);
}

static int64_t next_icon(struct run *run) {
	return 64 + random_below(run, 4096 - 64);
}

static int64_t next_pages(struct run *run) {
	return PAGE * (1 + random_below(run, 16));
}

static int64_t next_mixed(struct run *run) {
	return random_below(run, 3) == 0 ? 1 + random_below(run, 20 * PAGE) : 1 + random_below(run, 4200);
}

static int64_t next_large(struct run *run) {
	return PAGE * (1 + (random_below(run, 4) == 0 ? random_below(run, 1024) : random_below(run, 200)));
}

static int64_t next_power(struct run *run) {
	return 64 << random_below(run, 11);
}

static void step_alloc(struct run *run) {
	int64_t size = run->next_size(run), rank = model_find(&run->model, size);
	struct lido_range *range = lido_allocator_alloc(run->allocator, size);
	expect_int(range != NULL, ==, rank >= 0);
	if (range != NULL) {
		int i = model_alloc_at(&run->model, range->offset, size, rank);
		expect_int(range->size, ==, run->model.pieces[i].size);
		run->model.pieces[i].range = range;
		run->allocs++;
	} else {
		expect_int(errno, ==, ENOSPC);
		run->refusals++;
	}
}

// Returns the index of an allocated piece, or -1.
static int choose(struct run *run) {
	int i = (int)random_below(run, run->model.pieces_len);
	i += run->model.pieces[i].is_free ? 1 : 0;
	return i < run->model.pieces_len ? i : -1;
}

static void step_resize(struct run *run) {
	int i = choose(run);
	if (i < 0) {
		return;
	}
	struct lido_range *range = run->model.pieces[i].range;
	int64_t offset = range->offset, size = run->next_size(run);
	bool resized = model_resize(&run->model, i, size, run->now);
	expect_int(lido_allocator_resize(run->allocator, range, size, run->now), ==, resized);
	expect_int(range->offset, ==, offset);
	expect_int(range->size, ==, run->model.pieces[i].size);
	run->resizes += resized;
}

static void step_free(struct run *run) {
	int i = choose(run);
	if (i >= 0) {
		lido_allocator_free(run->allocator, run->model.pieces[i].range, run->now);
		model_free(&run->model, i, run->now);
	}
}

static void step_trim(struct run *run) {
	struct lido_range *oldest = lido_allocator_get_oldest_warm(run->allocator);
	const struct piece *found = NULL;
	for (int i = 0; i < run->model.pieces_len; i++) {
		struct piece *piece = &run->model.pieces[i];
		bool is_listed = piece->is_warm && get_whole_pages(piece) > 0;
		if (is_listed && (found == NULL || piece->idle_since < found->idle_since)) {
			found = piece;
		}
		// Pieces idle since the same millisecond may come in any order.
		if (oldest != NULL && piece->offset == oldest->offset) {
			expect(is_listed);
			piece->is_warm = false;
		}
	}
	expect_int(oldest != NULL, ==, found != NULL);
	if (oldest != NULL) {
		expect_int(oldest->idle_since, ==, found->idle_since);
		lido_range_set_cold(oldest);
		run->trims++;
	}
}

static void compare(struct run *run) {
	lido_allocator_audit(run->allocator);
	const struct model *model = &run->model;
	int64_t allocated = 0, end = 0;
	uint32_t count = 0;
	const struct lido_range *range = NULL;
	for (int i = 0; i < model->pieces_len; i++) {
		const struct piece *piece = &model->pieces[i];
		allocated += piece->is_free ? 0 : piece->size;
		count += !piece->is_free;
		end = piece->is_free ? end : piece->offset + piece->size;
		range = range != NULL ? lido_range_get_after(range) : piece->range;
		if (range == NULL) {
			continue; // before the first allocated piece
		}
		expect_int(range->offset, ==, piece->offset);
		expect_int(range->size, ==, piece->size);
		expect_int(range->is_free, ==, piece->is_free);
		expect_int(range->is_warm, ==, piece->is_warm);
		expect(!piece->is_warm || get_whole_pages(piece) == 0 || range->idle_since == piece->idle_since);
	}
	expect_int(lido_allocator_get_allocated(run->allocator), ==, allocated);
	expect_int(lido_allocator_get_count(run->allocator), ==, count);
	expect_int(lido_allocator_get_end(run->allocator), ==, end);
}

static void run_model(int64_t size, int64_t (*next_size)(struct run *run), unsigned alloc_percent, int steps) {
	struct run *run = calloc(1, sizeof(*run));
	expect(run != NULL);
	*run = (struct run){.allocator = lido_allocator_create(size),
		.random = 0x9e3779b97f4a7c15,
		.next_size = next_size,
		.alloc_percent = alloc_percent};
	run->model.pieces[0] = (struct piece){.size = size, .is_free = true};
	run->model.pieces_len = 1;
	run->model.zone_size = choose_zone_size(size);
	for (int i = 0; i < steps; i++) {
		run->now += random_below(run, 3) == 0;
		unsigned die = (unsigned)random_below(run, 100);
		if (die < alloc_percent) {
			step_alloc(run);
		} else if (die < 90) {
			step_free(run);
		} else if (die < 99) {
			step_resize(run);
		} else {
			step_trim(run);
		}
		if (i % 256 == 0) {
			compare(run);
		}
	}
	compare(run);
	// The run must have covered every kind of step.
	expect_int(run->allocs, >, steps / 10);
	expect_int(run->resizes, >, steps / 100);
	expect_int(run->refusals, >, 0);
	expect_int(run->trims, >, 0);
	lido_allocator_destroy(run->allocator);
	free(run);
}

TEST("allocator_model@icons-match-the-model") {
	run_model(MIB / 4, next_icon, 46, 700000);
}

TEST("allocator_model@pages-match-the-model") {
	run_model(4 * MIB, next_pages, 46, 700000);
}

TEST("allocator_model@mixed-sizes-match-the-model") {
	run_model(2 * MIB, next_mixed, 46, 700000);
}

TEST("allocator_model@large-ranges-in-many-zones-match-the-model") {
	run_model(256 * MIB, next_large, 46, 700000);
}

TEST("allocator_model@large-ranges-in-one-zone-match-the-model") {
	run_model(MIB, next_large, 46, 700000);
}

TEST("allocator_model@powers-of-two-match-the-model") {
	run_model(MIB, next_power, 46, 700000);
}

TEST("allocator_model@nearly-full-area-matches-the-model") {
	run_model(MIB / 2, next_mixed, 70, 700000);
}

TEST("allocator_model@few-pages-in-all-states-match-the-model") {
	run_model(4 * PAGE, next_mixed, 50, 700000);
}

// Allocates ranges of 64 bytes from offset 0 on and frees every other one.
static struct lido_allocator *create_comb(int ranges_len, struct lido_range **ranges) {
	struct lido_allocator *allocator = lido_allocator_create(LIDO_RANGE_SPAN_MAX);
	for (int i = 0; i < ranges_len; i++) {
		ranges[i] = lido_allocator_alloc(allocator, 64);
		expect(ranges[i] != NULL);
		expect_int(ranges[i]->offset, ==, 64 * i);
	}
	for (int i = 0; i < ranges_len; i += 2) {
		lido_allocator_free(allocator, ranges[i], i);
	}
	return allocator;
}

TEST("allocator_model@million-ranges-need-no-linear-search") {
	enum {
		RANGES_LEN = 1000000
	};
	struct lido_range **ranges = calloc(RANGES_LEN, sizeof(ranges[0]));
	expect(ranges != NULL);
	struct lido_allocator *allocator = create_comb(RANGES_LEN, ranges);
	// Half a million free ranges are too small: a linear search, a million times, would take hours.
	for (int i = 0; i < RANGES_LEN; i++) {
		struct lido_range *range = lido_allocator_alloc(allocator, i % 2 == 0 ? 128 : PAGE);
		expect_int(range->offset, >=, 64 * RANGES_LEN);
		lido_allocator_free(allocator, range, RANGES_LEN);
	}
	for (int i = 0; i < RANGES_LEN; i += 2) {
		expect_int(lido_allocator_alloc(allocator, 64)->offset, <, 64 * RANGES_LEN);
	}
	lido_allocator_audit(allocator);
	lido_allocator_destroy(allocator);
	free(ranges);
}

// The bound that the theorem in allocator.c proves.
static int64_t get_bound(int64_t area_size, int64_t allocated_max, int64_t size_max) {
	int64_t steps = 0;
	for (int64_t size = PAGE; size < size_max; size *= 4) {
		steps++;
	}
	return allocated_max * (17 + 5 * steps) + choose_zone_size(area_size) * (5 + steps);
}

// Its zones are a MiB, less than what the adversaries allocate, so that zones matter.
#define AREA_SIZE (64 * MIB)

// Robson's adversary. Each round doubles the size, then keeps only the ranges that cover the words at one of two
// residues modulo twice that size. It picks the residue that pins down more, so that no gap can hold a range of the
// next round.
struct adversary {
	struct lido_allocator *allocator;
	struct lido_range *ranges[65536];
	int ranges_len;
	int64_t allocated_max;
	int64_t residue;
};

static void adversary_fill(struct adversary *adversary, int64_t size) {
	while (lido_allocator_get_allocated(adversary->allocator) + size <= adversary->allocated_max) {
		struct lido_range *range = lido_allocator_alloc(adversary->allocator, size);
		expect(range != NULL);
		adversary->ranges[adversary->ranges_len++] = range;
	}
}

static bool covers(const struct lido_range *range, int64_t residue, int64_t modulus) {
	int64_t first = (range->offset - residue + modulus - 1) / modulus * modulus + residue;
	return first < range->offset + range->size;
}

static int64_t weigh(const struct adversary *adversary, int64_t residue, int64_t modulus) {
	int64_t weight = 0;
	for (int i = 0; i < adversary->ranges_len; i++) {
		const struct lido_range *range = adversary->ranges[i];
		weight += covers(range, residue, modulus) ? modulus - range->size : 0;
	}
	return weight;
}

static void adversary_thin_out(struct adversary *adversary, int64_t size) {
	int64_t other = adversary->residue + size, modulus = 2 * size;
	if (weigh(adversary, other, modulus) > weigh(adversary, adversary->residue, modulus)) {
		adversary->residue = other;
	}
	int ranges_len = 0;
	for (int i = 0; i < adversary->ranges_len; i++) {
		struct lido_range *range = adversary->ranges[i];
		if (covers(range, adversary->residue, modulus)) {
			adversary->ranges[ranges_len++] = range;
		} else {
			lido_allocator_free(adversary->allocator, range, 0);
		}
	}
	adversary->ranges_len = ranges_len;
}

// Returns the highest end of a range.
static int64_t attack(int64_t allocated_max, int64_t size_max) {
	struct adversary *adversary = calloc(1, sizeof(*adversary));
	expect(adversary != NULL);
	adversary->allocator = lido_allocator_create(AREA_SIZE);
	adversary->allocated_max = allocated_max;
	int64_t end = 0;
	for (int64_t size = 64; size <= size_max; size *= 2) {
		adversary_fill(adversary, size);
		int64_t now_end = lido_allocator_get_end(adversary->allocator);
		end = now_end > end ? now_end : end;
		lido_allocator_audit(adversary->allocator);
		adversary_thin_out(adversary, size);
	}
	lido_allocator_destroy(adversary->allocator);
	free(adversary);
	return end;
}

TEST("allocator_model@doubling-adversary-stays-near-the-lower-bound") {
	int64_t allocated_max = 4 * MIB, rounds = 6; // a zone is a MiB
	for (int64_t size_max = PAGE; size_max <= MIB; size_max *= 2, rounds++) {
		// The lower bound: half of log2 of the largest size in units of 64 bytes, times the allocated bytes.
		int64_t end = attack(allocated_max, size_max), inevitable = allocated_max * rounds / 2;
		expect_int(end, >=, inevitable);
		expect_int(end, <=, inevitable + 2 * allocated_max);
		expect_int(end, <=, get_bound(AREA_SIZE, allocated_max, size_max));
	}
}

// The adversary of best fit. Each round leaves a page behind a gap larger than all earlier ones: best fit puts the page
// there, because that round makes a gap of exactly a page. Other strategies place it lower. Returns the highest end in
// the round.
static int64_t leave_page_behind(struct lido_allocator *allocator, int64_t gap) {
	struct lido_range *wide = lido_allocator_alloc(allocator, gap + PAGE);
	struct lido_range *fence = lido_allocator_alloc(allocator, gap + 2 * PAGE);
	expect(wide != NULL && fence != NULL);
	int64_t end = lido_allocator_get_end(allocator);
	lido_allocator_free(allocator, wide, 0);
	struct lido_range *narrow = lido_allocator_alloc(allocator, gap);
	expect(narrow != NULL && lido_allocator_alloc(allocator, PAGE) != NULL);
	lido_allocator_free(allocator, narrow, 0);
	lido_allocator_free(allocator, fence, 0);
	return end;
}

// Best fit without zones would reach 153 times the allocated bytes.
TEST("allocator_model@best-fit-adversary-gets-one-round-beyond-a-zone") {
	struct lido_allocator *allocator = lido_allocator_create(LIDO_RANGE_SPAN_MAX);
	int64_t size_max = 4 * MIB, end = 0;
	for (int64_t gap = 2 * MIB; gap + 2 * PAGE <= size_max; gap += PAGE) {
		int64_t round_end = leave_page_behind(allocator, gap);
		end = round_end > end ? round_end : end;
	}
	lido_allocator_audit(allocator);
	// At its peak a round has its two large ranges allocated, and the pages left by all rounds.
	int64_t allocated_max = lido_allocator_get_allocated(allocator) + 2 * size_max;
	expect_int(end, >=, 2 * size_max - PAGE);
	expect_int(end, <=, choose_zone_size(LIDO_RANGE_SPAN_MAX) + 2 * size_max);
	expect_int(end, <=, get_bound(LIDO_RANGE_SPAN_MAX, allocated_max, size_max));
	lido_allocator_destroy(allocator);
}
