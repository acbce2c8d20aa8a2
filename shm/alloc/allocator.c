/*
 * Best fit in zones. An area has up to 64 zones of equal size (free_table.c). A range lies in the lowest zone where
 * one fits: so the file ends early, and the waste is bounded. Within the zone it takes the smallest free range that
 * fits, and of several mostly the one freed last, whose pages are warm.
 *
 * Cost. All ranges are in a list by address, and the free ones of each zone in a table by size. No search ever passes a
 * free range by, and merging is never postponed, so a call takes about as many steps however many ranges there are: one
 * look at a number for each zone below the one taken, and from half a megabyte on up to 20 steps in a tree of sizes.
 *
 * Waste within a range, by rounding: below 64 bytes for a size of up to a page, below a page for a larger one. That is
 * less than half of the range at worst (4097 bytes), and less than 1 % from 400 KiB on.
 *
 * Waste between ranges. Let M be the most bytes that were ever allocated at once, n the largest size, both rounded, and
 * Z the size of a zone, which is at most a 32nd of the area, or a megabyte.
 *
 *     Theorem. No range ends beyond M * (17 + 5 k) + Z * (5 + k), k = ceil(log4(n / 4096)), for n >= 4096.
 *
 * Proof. Let E(s) be a bound for the ends of all ranges of at most s bytes. Place w bytes, s < w <= 4 s, in a free
 * range that starts in the zone at z:
 *
 *     0                E(s)                                          z              z + Z
 *     |. . . . . . . .  |  gap |AAAAAAAA| gap |BBBBBBB| gap |CCCCCC| |    w bytes     |
 *      anything          each gap < w, or a lower zone would have    a zone ends at
 *                        been taken; each of A, B, C is > s >= w/4   a page
 *
 * Above E(s) each gap is smaller than w, which is at most four times s, and is followed by a range larger than s. So
 * each gap is less than four times the range after it. All these ranges and w are allocated, at most M bytes together;
 * so they and their gaps take less than 5 (M - w) bytes, and z <= E(s) + 5 (M - w). If z is not above E(s), the same
 * holds. The range starts below z + Z, hence
 *
 *     E(4 s) <= E(s) + 5 M + Z.
 *
 * The first size needs no step: to 64 bytes no gap is too small, so E(64) <= M + Z. Three steps lead to the largest
 * size below a page:
 *
 *     s                     64        256       1024       4032 (below 4 * 1024)
 *     E(s), at most    M +   Z   6 M + 2 Z  11 M + 3 Z  16 M + 4 Z
 *
 * Above E(4032) every range starts and ends at a page, so to a page no gap is too small: E(4096) <= 17 M + 5 Z. The
 * alignment costs nothing more, and each further step of four adds 5 M + Z as before: k of them reach n. An example:
 * n = 64 KiB has k = 2, so no range ends beyond 27 M + 7 Z.
 *
 * The factor is coarse. Robson (The Computer Journal 20, 1977) has about M log2(n / 64) for the lowest address, against
 * M n / 64 for best fit, and shows (Journal of the ACM 18, 1971) that no allocator that moves nothing does with much
 * less than half of the first. With lido_allocator_resize(), count a range at the largest size that it had, and add M,
 * since the last one may have grown.
 */
#include "alloc/allocator.h"

#include "alloc/free_table.h"
#include "base/os.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

// An allocation cuts a free range into at most three: it needs two more records.
#define RESERVE_MAX 2

// So many records are kept for reuse. Allocating and freeing them in each call would cost as much as the rest of it.
#define SPARES_MAX 32

struct lido_allocator {
	int64_t size;
	struct lido_range edge; // sentinel: before the first and after the last; has no size, counts as allocated
	struct lido_range *spares[SPARES_MAX];
	int spares_len;
	struct lido_free_table free;
	struct wl_list warm; // lido_range.link: warm ranges with a whole page, by idle_since
	int64_t allocated;   // bytes
	uint32_t count;
	int64_t now; // of the last call
};

static int64_t align_up(int64_t size, int64_t to) {
	return (size + (to - 1)) & -to;
}

// Sizes that round up to a page are aligned like one.
static int64_t get_align(int64_t size) {
	return size > LIDO_RANGE_PAGE - LIDO_RANGE_ALIGN ? LIDO_RANGE_PAGE : LIDO_RANGE_ALIGN;
}

static bool reserve_records(struct lido_allocator *allocator, int len) {
	assert(len <= RESERVE_MAX);
	while (allocator->spares_len < len) {
		struct lido_range *range = lido_os.calloc(1, sizeof(*range));
		if (range == NULL) {
			return false;
		}
		allocator->spares[allocator->spares_len++] = range;
	}
	return true;
}

// Makes sure that len ranges can be added, and that a free one can start at an offset. Reserving all memory beforehand
// lets no call fail halfway.
static bool reserve(struct lido_allocator *allocator, int len, int64_t start) {
	if (!reserve_records(allocator, len) || !lido_free_table_reserve(&allocator->free, start)) {
		errno = ENOMEM;
		return false;
	}
	return true;
}

static void put_between(struct lido_range *range, struct lido_range *before, struct lido_range *after) {
	range->before = before;
	range->after = after;
	before->after = after->before = range;
}

// Adds an allocated range after another one.
static struct lido_range *add_range(
		struct lido_allocator *allocator, struct lido_range *before, int64_t offset, int64_t size) {
	assert(allocator->spares_len > 0);
	struct lido_range *range = allocator->spares[--allocator->spares_len];
	range->offset = offset;
	range->size = size;
	range->is_free = range->is_warm = false;
	put_between(range, before, before->after);
	return range;
}

// Is the range in the list of warm ranges?
static bool is_listed(const struct lido_range *range) {
	return range->is_warm && lido_range_get_pages(range) > 0;
}

static void unlist(struct lido_range *range) {
	if (is_listed(range)) {
		wl_list_remove(&range->link);
	}
}

static void list_as_newest(struct lido_allocator *allocator, struct lido_range *range) {
	if (is_listed(range)) {
		wl_list_insert(allocator->warm.prev, &range->link);
	}
}

// Recycles the record of a range that no neighbor points to and that is not in the table.
static void drop(struct lido_allocator *allocator, struct lido_range *range) {
	unlist(range);
	if (allocator->spares_len < SPARES_MAX) {
		allocator->spares[allocator->spares_len++] = range;
	} else {
		free(range);
	}
}

// Returns the rest of a free range to the table, from which the range was removed. It stays as warm and as idle.
static void keep(struct lido_allocator *allocator, struct lido_range *range, int64_t offset, int64_t size) {
	bool was_listed = is_listed(range);
	range->offset = offset;
	range->size = size;
	if (was_listed && !is_listed(range)) {
		wl_list_remove(&range->link);
	}
	lido_free_table_add(&allocator->free, range);
}

// Adds the rest after an allocation that leaves one before it as well.
static void keep_rest(struct lido_allocator *allocator, struct lido_range *taken, struct lido_range *whole) {
	int64_t offset = lido_range_get_end(taken);
	struct lido_range *rest = add_range(allocator, taken, offset, lido_range_get_end(whole) - offset);
	rest->is_free = true;
	rest->is_warm = whole->is_warm;
	rest->idle_since = whole->idle_since;
	if (is_listed(rest)) {
		wl_list_insert(&whole->link, &rest->link);
	}
	lido_free_table_add(&allocator->free, rest);
}

// Allocates a part of a free range; the record of the free range remains for what stays free. Returns NULL: no memory.
//
//     free range  |  lower  |    taken    |  higher  |
//     record       range      new           new, or range if lower is empty
//
// If both are empty, the record of the free range becomes that of the allocation.
static struct lido_range *take(
		struct lido_allocator *allocator, struct lido_range *range, int64_t offset, int64_t size) {
	int64_t lower_size = offset - range->offset, higher_size = range->size - lower_size - size;
	if (!reserve(allocator, 0, offset) || !reserve(allocator, (lower_size > 0) + (higher_size > 0), offset + size)) {
		return NULL;
	}
	lido_free_table_remove(&allocator->free, range);
	if (lower_size == 0 && higher_size == 0) {
		unlist(range);
		range->is_free = range->is_warm = false;
		return range;
	}
	struct lido_range *taken = add_range(allocator, lower_size > 0 ? range : range->before, offset, size);
	if (lower_size == 0) {
		keep(allocator, range, offset + size, higher_size);
		return taken;
	}
	if (higher_size > 0) {
		keep_rest(allocator, taken, range);
	}
	keep(allocator, range, range->offset, lower_size);
	return taken;
}

// Which of two warm ranges decides idle_since after a merge; a on a tie.
static struct lido_range *warmer_of(struct lido_range *a, struct lido_range *b) {
	int64_t a_pages = lido_range_get_pages(a), b_pages = lido_range_get_pages(b);
	return b_pages > a_pages || (b_pages == a_pages && b->idle_since > a->idle_since) ? b : a;
}

static void free_part(struct lido_allocator *allocator, struct lido_range *part, int64_t now) {
	assert(now >= allocator->now);
	allocator->now = now;
	allocator->allocated -= part->size;
	part->is_free = true;
	part->idle_since = now;
}

// Removes a neighbor from the table if it is free; returns NULL otherwise.
static struct lido_range *take_free(struct lido_allocator *allocator, struct lido_range *range) {
	if (!range->is_free) {
		return NULL;
	}
	lido_free_table_remove(&allocator->free, range);
	return range;
}

static void drop_unless_kept(struct lido_allocator *allocator, struct lido_range *part, const struct lido_range *kept) {
	if (part != NULL && part != kept) {
		drop(allocator, part);
	}
}

// Merges a range that becomes free with its free neighbors:
//
//     |AAAA|  before  |  range  |  after  |BBBB|      A, B: allocated; before and after may be missing
//     |AAAA|             kept              |BBBB|
//
// kept is the record of the largest warm part, in whole pages, and its idle_since holds for all. If the newest part
// decided, a window that allocates and frees a page with each frame next to 100 idle MiB would keep these warm forever.
// If no part has a whole page, one may have just become idle, so the range itself decides.
static void give_back(struct lido_allocator *allocator, struct lido_range *range, int64_t now) {
	struct lido_range *before = take_free(allocator, range->before), *after = take_free(allocator, range->after);
	struct lido_range *first = before != NULL ? before : range, *last = after != NULL ? after : range;
	struct lido_range *lower = first->before, *higher = last->after, *kept = range;
	int64_t offset = first->offset, size = lido_range_get_end(last) - offset;
	free_part(allocator, range, now);
	kept = before != NULL && before->is_warm ? warmer_of(kept, before) : kept;
	kept = after != NULL && after->is_warm ? warmer_of(kept, after) : kept;
	drop_unless_kept(allocator, before, kept);
	drop_unless_kept(allocator, range, kept);
	drop_unless_kept(allocator, after, kept);
	kept->offset = offset;
	kept->size = size;
	put_between(kept, lower, higher);
	if (kept == range) {
		kept->is_warm = true;
		list_as_newest(allocator, kept);
	}
	lido_free_table_add(&allocator->free, kept);
}

struct lido_allocator *lido_allocator_create(int64_t size) {
	assert(size > 0 && size <= LIDO_RANGE_SPAN_MAX && size % LIDO_RANGE_PAGE == 0);
	struct lido_allocator *allocator = lido_os.calloc(1, sizeof(*allocator));
	if (allocator == NULL) {
		return NULL;
	}
	allocator->size = size;
	allocator->now = INT64_MIN;
	wl_list_init(&allocator->warm);
	allocator->edge.before = allocator->edge.after = &allocator->edge;
	lido_free_table_init(&allocator->free, size);
	if (!reserve(allocator, 1, 0)) {
		lido_allocator_destroy(allocator);
		return NULL;
	}
	struct lido_range *range = add_range(allocator, &allocator->edge, 0, size);
	range->is_free = true;
	lido_free_table_add(&allocator->free, range);
	return allocator;
}

void lido_allocator_destroy(struct lido_allocator *allocator) {
	if (allocator == NULL) {
		return;
	}
	for (struct lido_range *range = allocator->edge.after, *after; range != &allocator->edge; range = after) {
		after = range->after;
		free(range);
	}
	while (allocator->spares_len > 0) {
		free(allocator->spares[--allocator->spares_len]);
	}
	lido_free_table_finish(&allocator->free);
	free(allocator);
}

int64_t lido_allocator_round(int64_t size) {
	assert(size > 0);
	return size > INT64_MAX - LIDO_RANGE_PAGE ? INT64_MAX : align_up(size, get_align(size));
}

struct lido_range *lido_allocator_alloc(struct lido_allocator *allocator, int64_t size) {
	size = lido_allocator_round(size);
	struct lido_range *range = lido_free_table_find(&allocator->free, size);
	if (range == NULL) {
		errno = ENOSPC;
		return NULL;
	}
	range = take(allocator, range, align_up(range->offset, get_align(size)), size);
	if (range != NULL) {
		allocator->allocated += size;
		allocator->count++;
	}
	return range;
}

void lido_allocator_free(struct lido_allocator *allocator, struct lido_range *range, int64_t now) {
	assert(!range->is_free && allocator->count > 0);
	allocator->count--;
	give_back(allocator, range, now);
}

static bool grow(struct lido_allocator *allocator, struct lido_range *range, int64_t more) {
	struct lido_range *after = range->after;
	if (!after->is_free || after->size < more || !reserve(allocator, 0, after->offset + more)) {
		return false;
	}
	lido_free_table_remove(&allocator->free, after);
	if (after->size == more) {
		range->after = after->after;
		after->after->before = range;
		drop(allocator, after);
	} else {
		keep(allocator, after, after->offset + more, after->size - more);
	}
	range->size += more;
	allocator->allocated += more;
	return true;
}

// The end of an allocated range becomes free, and the range after it is free already:
//
//     |  allocated  | part |  range (free)  |
//     |  allocated  |      range (free)     |
//
// part exists on the stack only, so that no record is needed. It stands for a range that was freed now and merges at
// once: it decides idle_since if it is larger than range in whole pages, or range is cold. It is never in a list or in
// the table. Its start must be reserved.
static void extend_down(struct lido_allocator *allocator, struct lido_range *range, int64_t more, int64_t now) {
	struct lido_range part = {.offset = range->offset - more, .size = more};
	free_part(allocator, &part, now);
	lido_free_table_remove(&allocator->free, range);
	bool is_new = !range->is_warm || warmer_of(&part, range) == &part;
	if (is_new) {
		unlist(range);
		range->is_warm = true;
		range->idle_since = now;
	}
	range->offset = part.offset;
	range->size += more;
	if (is_new) {
		list_as_newest(allocator, range);
	}
	lido_free_table_add(&allocator->free, range);
}

// Reverting a growth never fails: growth either left a part of the free range behind, which is extended downward, or it
// recycled the record of that range, which is spare now. In either case a free range has started at the old end, so its
// zone exists.
static bool shrink(struct lido_allocator *allocator, struct lido_range *range, int64_t less, int64_t now) {
	bool merges = range->after->is_free;
	if (!reserve(allocator, merges ? 0 : 1, lido_range_get_end(range) - less)) {
		return false;
	}
	range->size -= less;
	if (merges) {
		extend_down(allocator, range->after, less, now);
		return true;
	}
	give_back(allocator, add_range(allocator, range, lido_range_get_end(range), less), now);
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
	const struct lido_range *last = allocator->edge.before;
	return last->is_free ? last->offset : allocator->size;
}

int64_t lido_allocator_get_allocated(const struct lido_allocator *allocator) {
	return allocator->allocated;
}

uint32_t lido_allocator_get_count(const struct lido_allocator *allocator) {
	return allocator->count;
}

struct lido_range *lido_allocator_get_oldest_warm(struct lido_allocator *allocator) {
	struct lido_range *oldest;
	return wl_list_empty(&allocator->warm) ? NULL : wl_container_of(allocator->warm.next, oldest, link);
}

const struct lido_range *lido_allocator_get_next_warm(
		const struct lido_allocator *allocator, const struct lido_range *range) {
	struct wl_list *next = range != NULL ? range->link.next : allocator->warm.next;
	return next == &allocator->warm ? NULL : wl_container_of(next, range, link);
}

const struct lido_range *lido_allocator_get_first(const struct lido_allocator *allocator) {
	return allocator->edge.after;
}

static struct lido_range *unless_edge(struct lido_range *range) {
	return range->size > 0 ? range : NULL;
}

struct lido_range *lido_range_get_before(const struct lido_range *range) {
	return unless_edge(range->before);
}

struct lido_range *lido_range_get_after(const struct lido_range *range) {
	return unless_edge(range->after);
}

void lido_range_set_cold(struct lido_range *range) {
	assert(range->is_free);
	unlist(range);
	range->is_warm = false;
}

static void audit_range(const struct lido_allocator *allocator, const struct lido_range *range) {
	assert(range->size > 0 && range->size % LIDO_RANGE_ALIGN == 0);
	assert(range->before->after == range && range->after->before == range);
	assert(lido_range_get_end(range) == (range->after != &allocator->edge ? range->after->offset : allocator->size));
	assert(range->offset == 0 || range->before != &allocator->edge);
	if (range->is_free) {
		assert(!range->after->is_free);
	} else {
		assert(!range->is_warm && range->size == lido_allocator_round(range->size));
		assert(range->offset % get_align(range->size) == 0);
	}
}

static void audit_warm(const struct lido_allocator *allocator, int warm_len) {
	assert(wl_list_length(&allocator->warm) == warm_len);
	int64_t since = INT64_MIN;
	const struct lido_range *range;
	wl_list_for_each(range, &allocator->warm, link) {
		assert(is_listed(range) && range->is_free);
		assert(range->idle_since >= since && range->idle_since <= allocator->now);
		since = range->idle_since;
	}
}

void lido_allocator_audit(const struct lido_allocator *allocator) {
	int64_t allocated = 0;
	uint32_t count = 0, free_count = 0;
	int warm_len = 0;
	const struct lido_range *range = allocator->edge.after;
	assert(range->offset == 0);
	for (; range != &allocator->edge; range = range->after) {
		audit_range(allocator, range);
		allocated += range->is_free ? 0 : range->size;
		count += !range->is_free;
		free_count += range->is_free;
		warm_len += is_listed(range);
	}
	assert(allocated == allocator->allocated && count == allocator->count);
	assert(lido_free_table_audit(&allocator->free) == free_count);
	audit_warm(allocator, warm_len);
}
