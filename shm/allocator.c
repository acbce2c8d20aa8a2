/*
 * First fit by address: a range lies as low as it can. That lets the file end early, and bounds the waste.
 *
 * Cost. All ranges are in a tree by address (range_tree.c), in nodes of up to sixteen. Each node knows the most room
 * below each of its children, once in bytes, for sizes below a page, and once in whole pages, for others. So the lowest
 * range that fits is found on one way down, to free one changes a few numbers on the way up, and each call takes
 * O(log n) steps. Nothing is ever searched, or merged later.
 *
 * Waste within a range, by rounding: below 64 bytes for a size of up to a page, below a page for a larger one: less
 * than half of the range at worst (4097 bytes), less than 1 % from 400 KiB on.
 *
 * Waste between ranges. Let M be the most bytes that were ever allocated at once, and n the largest size, both rounded.
 *
 *     Theorem. No range ends beyond M * (17 + 5 * ceil(log4(n / 4096))), for n >= 4096.
 *
 * Proof. Say that ranges of at most s bytes end at most at E(s). To 64 bytes no gap is too small, so E(64) <= M. Let
 * now w bytes be placed above E(s), s < w <= 4 s. Each gap from E(s) to there is smaller than w, and is followed by a
 * range larger than s: it is less than four times that range. So the way takes less than 5 (M - w), and E(4 s) <= E(s)
 * + 5 M. This makes E(4032) <= 16 M in three steps. Above it, everything starts and ends at a page, so to a page no gap
 * is too small, E(4096) <= 17 M, and alignment costs nothing more. The steps from there on are as before.
 *
 * The factor is coarse; Robson (The Computer Journal 20, 1977) has about M log2(n / 64), against M n / 64 for best fit,
 * and shows (Journal of the ACM 18, 1971) that nobody who moves nothing does with much less than half of that. With
 * lido_allocator_resize(), count a range at the largest size that it had, and add M, since the last may have grown.
 */
#include "allocator.h"

#include "os.h"
#include "range_tree.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

// An allocation cuts a free range into three at most: it needs two more.
#define RESERVE_MAX 2

// As many are kept: to have them made and freed with each call costs as much as the rest of it.
#define SPARES_MAX 32

struct lido_allocator {
	int64_t size;
	struct lido_range_tree tree;
	struct wl_list warm; // lido_range.link: warm ranges with a whole page, by idle_since
	struct lido_range *spares[SPARES_MAX];
	int spares_len;
	int64_t live; // bytes
	uint32_t count;
	int64_t now; // as last given
};

static int64_t align_up(int64_t size, int64_t to) {
	return (size + (to - 1)) & -to;
}

// What rounds up to a page is one.
static int64_t get_align(int64_t size) {
	return size > LIDO_RANGE_PAGE - LIDO_RANGE_ALIGN ? LIDO_RANGE_PAGE : LIDO_RANGE_ALIGN;
}

// Records of ranges. To have as many as needed beforehand is what lets nothing fail halfway.

static bool reserve_records(struct lido_allocator *allocator, int len) {
	assert(len <= RESERVE_MAX);
	while (allocator->spares_len < len) {
		struct lido_range *range = lido_os.calloc(1, sizeof(*range));
		if (range == NULL) {
			errno = ENOMEM;
			return false;
		}
		allocator->spares[allocator->spares_len++] = range;
	}
	return true;
}

// So many can be added on that side of a range.
static bool reserve(struct lido_allocator *allocator, const struct lido_range *beside, int side, int len) {
	return len == 0 ||
		   (reserve_records(allocator, len) && lido_range_tree_reserve(&allocator->tree, beside, side, len));
}

// An allocated range.
static struct lido_range *take_record(struct lido_allocator *allocator, int64_t offset, int64_t size) {
	assert(allocator->spares_len > 0);
	struct lido_range *range = allocator->spares[--allocator->spares_len];
	*range = (struct lido_range){.offset = offset, .size = size};
	wl_list_init(&range->link);
	return range;
}

static void unlist(struct lido_range *range) {
	wl_list_remove(&range->link);
	wl_list_init(&range->link);
}

static void drop(struct lido_allocator *allocator, struct lido_range *range) {
	lido_range_tree_remove(&allocator->tree, range);
	unlist(range);
	if (allocator->spares_len < SPARES_MAX) {
		allocator->spares[allocator->spares_len++] = range;
	} else {
		free(range);
	}
}

// Of a free range, which stays between the same neighbours.
static void set_bounds(struct lido_range *range, int64_t offset, int64_t size) {
	range->offset = offset;
	range->size = size;
	lido_range_tree_refresh(range);
	if (lido_range_get_room(range, LIDO_ROOM_PAGES) == 0) {
		unlist(range);
	}
}

// All of a free range is allocated now.
static void take_all(struct lido_range *range) {
	unlist(range);
	range->is_free = range->is_warm = false;
	lido_range_tree_refresh(range);
}

// What an allocation leaves free at its end, if it does at its start as well.
static void add_rest(struct lido_allocator *allocator, struct lido_range *taken, struct lido_range *whole) {
	int64_t offset = lido_range_get_end(taken);
	struct lido_range *rest = take_record(allocator, offset, lido_range_get_end(whole) - offset);
	lido_range_tree_insert(&allocator->tree, rest, taken, 1);
	rest->is_free = true;
	rest->is_warm = whole->is_warm;
	rest->idle_since = whole->idle_since;
	if (!wl_list_empty(&whole->link) && lido_range_get_room(rest, LIDO_ROOM_PAGES) > 0) {
		wl_list_insert(&whole->link, &rest->link);
	}
	lido_range_tree_refresh(rest);
}

// Allocates a part of a free range, whose record remains for what stays free. NULL: no memory.
static struct lido_range *take(
		struct lido_allocator *allocator, struct lido_range *range, int64_t offset, int64_t size) {
	int64_t lower_size = offset - range->offset, higher_size = range->size - lower_size - size;
	if (!reserve(allocator, range, lower_size > 0, (lower_size > 0) + (higher_size > 0))) {
		return NULL;
	}
	if (lower_size == 0 && higher_size == 0) {
		take_all(range);
		return range;
	}
	struct lido_range *taken = take_record(allocator, offset, size);
	lido_range_tree_insert(&allocator->tree, taken, range, lower_size > 0);
	if (lower_size == 0) {
		set_bounds(range, offset + size, higher_size);
		return taken;
	}
	if (higher_size > 0) {
		add_rest(allocator, taken, range);
	}
	set_bounds(range, range->offset, lower_size);
	return taken;
}

// Which of two warm ranges decides since when both are idle.
static struct lido_range *warmer_of(struct lido_range *a, struct lido_range *b) {
	int64_t a_room = lido_range_get_room(a, LIDO_ROOM_PAGES), b_room = lido_range_get_room(b, LIDO_ROOM_PAGES);
	return b_room > a_room || (b_room == a_room && b->idle_since > a->idle_since) ? b : a;
}

static void absorb(struct lido_allocator *allocator, struct lido_range *range, struct lido_range *neighbour) {
	if (neighbour->offset < range->offset) {
		range->offset = neighbour->offset;
	}
	range->size += neighbour->size;
	drop(allocator, neighbour);
}

// What is merged has been idle for as long as its largest warm part, in whole pages, and takes that one's place among
// the warm. Were it the newest part, a window that allocates and frees a page with each frame, beside 100 MiB that lie
// idle, would keep these for ever. If no part had a whole page, one may have become idle just now.
static void inherit_warmth(struct lido_range *merged, struct lido_range *warmest) {
	merged->is_warm = true;
	merged->idle_since = warmest->idle_since;
	if (merged != warmest) {
		wl_list_remove(&merged->link);
		wl_list_insert(&warmest->link, &merged->link);
	}
}

// Merges what becomes free with its neighbours.
static void give_back(struct lido_allocator *allocator, struct lido_range *range, int64_t now) {
	assert(now >= allocator->now);
	allocator->now = now;
	allocator->live -= range->size;
	range->is_free = true;
	range->idle_since = now;
	wl_list_insert(allocator->warm.prev, &range->link);
	struct lido_range *before = lido_range_tree_get_free(range, 0), *after = lido_range_tree_get_free(range, 1);
	struct lido_range *merged = before != NULL ? before : after != NULL ? after : range;
	struct lido_range *warmest = before != NULL && before->is_warm ? warmer_of(range, before) : range;
	warmest = after != NULL && after->is_warm ? warmer_of(warmest, after) : warmest;
	inherit_warmth(merged, warmest);
	if (merged != range) {
		absorb(allocator, merged, range);
	}
	if (before != NULL && after != NULL) {
		absorb(allocator, before, after);
	}
	set_bounds(merged, merged->offset, merged->size);
}

struct lido_allocator *lido_allocator_create(int64_t size) {
	assert(size > 0 && size <= LIDO_ALLOCATOR_SIZE_MAX && size % LIDO_RANGE_PAGE == 0);
	struct lido_allocator *allocator = lido_os.calloc(1, sizeof(*allocator));
	if (allocator == NULL) {
		return NULL;
	}
	allocator->size = size;
	allocator->now = INT64_MIN;
	wl_list_init(&allocator->warm);
	if (!reserve_records(allocator, 1)) {
		goto error_allocator;
	}
	struct lido_range *range = take_record(allocator, 0, size);
	range->is_free = true;
	if (!lido_range_tree_init(&allocator->tree, range)) {
		goto error_range;
	}
	return allocator;

error_range:
	free(range);
error_allocator:
	free(allocator);
	return NULL;
}

void lido_allocator_destroy(struct lido_allocator *allocator) {
	if (allocator == NULL) {
		return;
	}
	lido_range_tree_finish(&allocator->tree);
	while (allocator->spares_len > 0) {
		free(allocator->spares[--allocator->spares_len]);
	}
	free(allocator);
}

int64_t lido_allocator_round(int64_t size) {
	assert(size > 0);
	return size > INT64_MAX - LIDO_RANGE_PAGE ? INT64_MAX : align_up(size, get_align(size));
}

struct lido_range *lido_allocator_alloc(struct lido_allocator *allocator, int64_t size) {
	size = lido_allocator_round(size);
	struct lido_range *range =
			lido_range_tree_find(&allocator->tree, size, size < LIDO_RANGE_PAGE ? LIDO_ROOM_BYTES : LIDO_ROOM_PAGES);
	if (range == NULL) {
		errno = ENOSPC;
		return NULL;
	}
	range = take(allocator, range, align_up(range->offset, get_align(size)), size);
	if (range != NULL) {
		allocator->live += size;
		++allocator->count;
	}
	return range;
}

void lido_allocator_free(struct lido_allocator *allocator, struct lido_range *range, int64_t now) {
	assert(!range->is_free && allocator->count > 0);
	--allocator->count;
	give_back(allocator, range, now);
}

static bool grow(struct lido_allocator *allocator, struct lido_range *range, int64_t more) {
	struct lido_range *after = lido_range_tree_get_free(range, 1);
	if (after == NULL || after->size < more) {
		return false;
	}
	if (after->size == more) {
		drop(allocator, after);
	} else {
		set_bounds(after, after->offset + more, after->size - more);
	}
	range->size += more;
	allocator->live += more;
	return true;
}

// As if a range before a free one became free, without a node for it.
static void extend_down(struct lido_allocator *allocator, struct lido_range *range, int64_t more, int64_t now) {
	struct lido_range part = {.offset = range->offset - more, .size = more, .idle_since = now};
	assert(now >= allocator->now);
	allocator->now = now;
	allocator->live -= more;
	if (!range->is_warm || warmer_of(&part, range) == &part) {
		range->is_warm = true;
		range->idle_since = now;
		wl_list_remove(&range->link);
		wl_list_insert(allocator->warm.prev, &range->link);
	}
	set_bounds(range, part.offset, range->size + more);
}

// What was grown can always be taken back: either a part of the free range behind is left, or its record is spare.
static bool shrink(struct lido_allocator *allocator, struct lido_range *range, int64_t less, int64_t now) {
	struct lido_range *after = lido_range_tree_get_free(range, 1);
	if (after != NULL) {
		range->size -= less;
		extend_down(allocator, after, less, now);
		return true;
	}
	if (!reserve(allocator, range, 1, 1)) {
		return false;
	}
	range->size -= less;
	struct lido_range *part = take_record(allocator, lido_range_get_end(range), less);
	lido_range_tree_insert(&allocator->tree, part, range, 1);
	give_back(allocator, part, now);
	return true;
}

bool lido_allocator_resize(struct lido_allocator *allocator, struct lido_range *range, int64_t size, int64_t now) {
	assert(!range->is_free);
	size = lido_allocator_round(size);
	if (range->offset % get_align(size) != 0) {
		return false;
	}
	if (size > range->size) {
		return grow(allocator, range, size - range->size);
	}
	return size == range->size || shrink(allocator, range, range->size - size, now);
}

int64_t lido_allocator_get_end(const struct lido_allocator *allocator) {
	const struct lido_range *last = lido_range_tree_get_last(&allocator->tree);
	return last->is_free ? last->offset : allocator->size;
}

int64_t lido_allocator_get_live(const struct lido_allocator *allocator) {
	return allocator->live;
}

uint32_t lido_allocator_get_count(const struct lido_allocator *allocator) {
	return allocator->count;
}

struct lido_range *lido_allocator_get_oldest_warm(struct lido_allocator *allocator) {
	struct lido_range *oldest;
	return wl_list_empty(&allocator->warm) ? NULL : wl_container_of(allocator->warm.next, oldest, link);
}

int64_t lido_allocator_get_warm(const struct lido_allocator *allocator) {
	int64_t warm = 0;
	const struct lido_range *range;
	wl_list_for_each(range, &allocator->warm, link) {
		warm += lido_range_get_room(range, LIDO_ROOM_PAGES);
	}
	return warm;
}

const struct lido_range *lido_allocator_find_free(const struct lido_allocator *allocator, int64_t offset) {
	return lido_range_tree_find_end(&allocator->tree, offset);
}

void lido_range_set_cold(struct lido_range *range) {
	assert(range->is_free);
	range->is_warm = false;
	unlist(range);
}

static void validate_range(const struct lido_allocator *allocator, const struct lido_range *range) {
	const struct lido_range *after = lido_range_get_after(range), *before = lido_range_get_before(range);
	assert(range->size > 0 && range->size % LIDO_RANGE_ALIGN == 0);
	assert(lido_range_get_end(range) == (after != NULL ? after->offset : allocator->size));
	assert(before != NULL ? lido_range_get_end(before) == range->offset : range->offset == 0);
	bool is_listed = !wl_list_empty(&range->link);
	if (range->is_free) {
		assert(after == NULL || !after->is_free);
		assert(is_listed == (range->is_warm && lido_range_get_room(range, LIDO_ROOM_PAGES) > 0));
	} else {
		assert(!range->is_warm && !is_listed);
		assert(range->size == lido_allocator_round(range->size));
		assert(range->offset % get_align(range->size) == 0);
	}
}

static void validate_warm(const struct lido_allocator *allocator, int warm_len) {
	assert(wl_list_length(&allocator->warm) == warm_len);
	int64_t since = INT64_MIN;
	const struct lido_range *range;
	wl_list_for_each(range, &allocator->warm, link) {
		assert(range->is_free && range->idle_since >= since && range->idle_since <= allocator->now);
		since = range->idle_since;
	}
}

void lido_allocator_validate(const struct lido_allocator *allocator) {
	int64_t live = 0;
	uint32_t count = 0;
	int warm_len = 0;
	lido_range_tree_validate(&allocator->tree);
	const struct lido_range *range = lido_range_tree_get_last(&allocator->tree);
	for (; range != NULL; range = lido_range_get_before(range)) {
		validate_range(allocator, range);
		live += range->is_free ? 0 : range->size;
		count += !range->is_free;
		warm_len += !wl_list_empty(&range->link);
	}
	assert(live == allocator->live && count == allocator->count);
	validate_warm(allocator, warm_len);
}
