/*
 * Where in an area blocks lie: an allocator of ranges, whose books are in the server's own memory. It never touches
 * what it allocates.
 *
 * See allocator.c for the fit rule, its cost and its waste.
 */
#ifndef LIDO_ALLOCATOR_H
#define LIDO_ALLOCATOR_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-util.h>

/* Alignment, and size granularity, of ranges smaller than a page. Bytes. */
#define LIDO_RANGE_ALIGN 64

/* A page, whatever the hardware's: larger ones are a multiple. Alignment and granularity of larger ranges. Bytes. */
#define LIDO_RANGE_PAGE 4096

/* An allocator can span this much: what the wire can name. Bytes. */
#define LIDO_ALLOCATOR_SIZE_MAX (INT64_C(1) << 31)

/* A piece of the area, allocated or free. Owned by its allocator; all is to be read only. */
struct lido_range {
	int64_t offset, size; // bytes
	bool is_free;
	bool is_warm; // while free: may hold pages, since it was allocated after the last lido_range_set_cold()
	bool is_node; // private: while free, in free_ranges.c

	// Private. What all need comes first.
	struct lido_range *before, *after; // by address; at the ends the allocator's edge
	struct lido_range *next, **place;  // while free: in free_ranges.c

	int64_t idle_since; // while free, warm, and with a whole page: see lido_allocator_free()

	// Private.
	struct lido_range *child[2]; // while free: in free_ranges.c
	struct wl_list link;         // while free, warm, and with a whole page: in a list of these, the longest idle first
};

struct lido_allocator; // opaque; in allocator.c

/*
 * One free, cold range of that many bytes, whole pages, at most LIDO_ALLOCATOR_SIZE_MAX. NULL: no memory.
 */
struct lido_allocator *lido_allocator_create(int64_t size);

/* All allocated ranges become invalid. NULL is fine. */
void lido_allocator_destroy(struct lido_allocator *allocator);

/*
 * The bytes that a range for so many has: whole pages from one page up, else a multiple of LIDO_RANGE_ALIGN (which may
 * be one page). size: not 0. INT64_MAX where that is beyond it: no allocator has as many.
 */
int64_t lido_allocator_round(int64_t size);

/*
 * Takes a range of lido_allocator_round(size) bytes; from one page up it starts at a page. It lies in the lowest zone
 * where one fits, and there as tightly as it can: see allocator.c.
 * size: not 0. NULL: no free range is large enough (errno ENOSPC), or no memory for the books (errno ENOMEM). Then
 * nothing has changed.
 */
struct lido_range *lido_allocator_alloc(struct lido_allocator *allocator, int64_t size);

/*
 * Gives it back; it merges with free neighbours at once. Never fails. now: milliseconds, for idle_since; never less
 * than before. What is merged has been idle since the largest of its warm parts was, in whole pages, and of equal ones
 * the newest; if none has a whole page, since now. What an allocation leaves of a free range stays as warm and as idle.
 */
void lido_allocator_free(struct lido_allocator *allocator, struct lido_range *range, int64_t now);

/*
 * Makes a range larger or smaller where it is: to lido_allocator_round(size) bytes. Returns false, and changes nothing,
 * if what follows is not free or not large enough, the range does not start at a page and is to become one or more, or
 * memory for the books is short (which does not happen to who takes the last growth back). now: as for
 * lido_allocator_free().
 */
bool lido_allocator_resize(struct lido_allocator *allocator, struct lido_range *range, int64_t size, int64_t now);

/* Where the last allocated range ends: as long the file must be. Bytes; 0 if there is none. */
int64_t lido_allocator_get_end(const struct lido_allocator *allocator);

/* Bytes in allocated ranges, and how many there are. */
int64_t lido_allocator_get_live(const struct lido_allocator *allocator);
uint32_t lido_allocator_get_count(const struct lido_allocator *allocator);

/* Of the warm free ranges that hold at least one whole page, the one that has been idle the longest; or NULL. O(1). */
struct lido_range *lido_allocator_get_oldest_warm(struct lido_allocator *allocator);

/* Bytes of whole pages in warm free ranges; a walk over these. */
int64_t lido_allocator_get_warm(const struct lido_allocator *allocator);

/* The one with the lowest address. */
const struct lido_range *lido_allocator_get_first(const struct lido_allocator *allocator);

/* The whole pages of a free range hold nothing any more. It is no longer warm. O(1). */
void lido_range_set_cold(struct lido_range *range);

/* Where a range ends. Bytes. */
int64_t lido_range_get_end(const struct lido_range *range);

/* The neighbours by address; NULL at the ends. */
struct lido_range *lido_range_get_before(const struct lido_range *range);
struct lido_range *lido_range_get_after(const struct lido_range *range);

/*
 * Are the ranges gapless, coalesced, aligned, all in the tree and the warm ones all in the list where they belong, and
 * do the sums match? Asserts that they are and do; for tests, fuzzers and debug builds.
 */
void lido_allocator_validate(const struct lido_allocator *allocator);

#endif
