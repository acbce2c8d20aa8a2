/*
 * The free ranges of an allocator: which one is to be taken? For allocator.c alone.
 */
#ifndef LIDO_FREE_RANGES_H
#define LIDO_FREE_RANGES_H

#include "alloc/range.h"

/* What an area is divided in for it. */
#define LIDO_ZONES_MAX 64

/* No zone is smaller than two to this power: a megabyte. */
#define LIDO_ZONE_SHIFT_MIN 20

struct lido_free_ranges {
	int64_t size;                                 // of the area, bytes
	int zone_shift;                               // the power of two that a zone has in bytes
	int zones_len;                                // those from there on have never had a range
	int32_t most[LIDO_ZONES_MAX];                 // the rank of the largest range that starts there; 0: there is none
	struct lido_free_zone *zones[LIDO_ZONES_MAX]; // NULL: as yet not needed
};

/* None, in an area of that size. */
void lido_free_ranges_init(struct lido_free_ranges *ranges, int64_t size);

void lido_free_ranges_finish(struct lido_free_ranges *ranges);

/* Bytes of each zone, but for the last: a power of two. */
int64_t lido_free_ranges_get_zone_size(const struct lido_free_ranges *ranges);

/* Makes sure that ranges which start there can be added, now and at any time later. False: no memory. */
bool lido_free_ranges_reserve(struct lido_free_ranges *ranges, int64_t offset);

/* Adds a range, whose start was reserved. */
void lido_free_ranges_add(struct lido_free_ranges *ranges, struct lido_range *range);

/* Takes a range out, whose bounds are still those with which it was added. */
void lido_free_ranges_remove(struct lido_free_ranges *ranges, struct lido_range *range);

/*
 * Of those in which the size fits, in whole pages from a page up, one that starts in the lowest zone; of these the
 * smallest, in units if it has no whole page and else in whole pages; of such most likely the last added. NULL: it fits
 * in none. size: as lido_allocator_round() returns it.
 */
struct lido_range *lido_free_ranges_find(const struct lido_free_ranges *ranges, int64_t size);

/* Is each range where find() looks for it? Asserts that it is. Returns how many there are. */
uint32_t lido_free_ranges_audit(const struct lido_free_ranges *ranges);

#endif
