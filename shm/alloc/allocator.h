/*
 * Allocates ranges of an area. Its bookkeeping is in the server's own memory; it never touches what it allocates.
 *
 * See allocator.c for the fit rule, its cost and its waste.
 */
#ifndef LIDO_ALLOCATOR_H
#define LIDO_ALLOCATOR_H

#include "alloc/range.h"

struct lido_allocator; // opaque; in allocator.c

/*
 * Creates an allocator with one free, cold range of that many bytes: whole pages, at most LIDO_RANGE_SPAN_MAX.
 * Returns NULL if memory is short.
 */
struct lido_allocator *lido_allocator_create(int64_t size);

/* All allocated ranges become invalid. NULL is fine. */
void lido_allocator_destroy(struct lido_allocator *allocator);

/*
 * Bytes of the range that an allocation of that size gets: whole pages from one page up, else a multiple of
 * LIDO_RANGE_ALIGN (which may be one page). size: not 0. Returns INT64_MAX if the result does not fit; no allocator has
 * that many.
 */
int64_t lido_allocator_round(int64_t size);

/*
 * Allocates a range of lido_allocator_round(size) bytes; from one page up it starts at a page. It lies in the lowest
 * zone where one fits, and there as tightly as it can: see allocator.c. size: not 0. Returns NULL if no free range is
 * large enough (errno ENOSPC) or memory is short (errno ENOMEM); nothing has changed then.
 */
struct lido_range *lido_allocator_alloc(struct lido_allocator *allocator, int64_t size);

/*
 * Frees a range, and merges it with free neighbors at once. Never fails. now: milliseconds, for idle_since; never less
 * than before.
 *
 * A merged range takes idle_since from its largest warm part, measured in whole pages, the newest on a tie, or now if
 * none holds a whole page. What an allocation leaves of a free range stays as warm and as idle as it was.
 */
void lido_allocator_free(struct lido_allocator *allocator, struct lido_range *range, int64_t now);

/*
 * Resizes a range in place, to lido_allocator_round(size) bytes. Returns false, and changes nothing, if the range after
 * it is not free or not large enough, if the range does not start at a page and would become one or more pages, or if
 * memory is short; reverting the last growth never fails for lack of memory. now: as for lido_allocator_free().
 */
bool lido_allocator_resize(struct lido_allocator *allocator, struct lido_range *range, int64_t size, int64_t now);

/* End of the last allocated range: the length that the file needs. Bytes; 0 if there is none. */
int64_t lido_allocator_get_end(const struct lido_allocator *allocator);

/* Bytes of all allocated ranges. */
int64_t lido_allocator_get_allocated(const struct lido_allocator *allocator);

/* The number of allocated ranges. */
uint32_t lido_allocator_get_count(const struct lido_allocator *allocator);

/* Of the warm free ranges with at least one whole page, the one that has been idle longest; or NULL. O(1). */
struct lido_range *lido_allocator_get_oldest_warm(struct lido_allocator *allocator);

/* The warm free range with a whole page that follows this one; NULL: the first, or none. O(1). */
const struct lido_range *lido_allocator_get_next_warm(
		const struct lido_allocator *allocator, const struct lido_range *range);

/* The range with the lowest address. */
const struct lido_range *lido_allocator_get_first(const struct lido_allocator *allocator);

/* Notes that the whole pages of a free range hold nothing any more; it is no longer warm. O(1). */
void lido_range_set_cold(struct lido_range *range);

/* The neighbors by address; NULL at the ends. */
struct lido_range *lido_range_get_before(const struct lido_range *range);
struct lido_range *lido_range_get_after(const struct lido_range *range);

/*
 * Asserts that the ranges are gapless, coalesced and aligned, that each is in the table and in the list where it
 * belongs, and that the sums match. For tests, fuzzers and debug builds.
 */
void lido_allocator_audit(const struct lido_allocator *allocator);

#endif
