/*
 * The free ranges of an allocator, by zone and size, and which one to take. For allocator.c alone.
 */
#ifndef LIDO_FREE_TABLE_H
#define LIDO_FREE_TABLE_H

#include "alloc/range.h"

/* An area is divided into at most this many zones. */
#define LIDO_ZONES_MAX 64

/* A zone has at least two to this power bytes: a megabyte. */
#define LIDO_ZONE_SHIFT_MIN 20

struct lido_free_table {
	int64_t size;                                 // of the area, bytes
	int zone_shift;                               // a zone has two to this power bytes
	int zones_len;                                // zones from here on have never had a range
	int32_t most[LIDO_ZONES_MAX];                 // per zone: the highest rank of a range that starts there; 0: none
	struct lido_free_zone *zones[LIDO_ZONES_MAX]; // NULL until needed
};

/* Starts without free ranges, for an area of that size in bytes. */
void lido_free_table_init(struct lido_free_table *table, int64_t size);

void lido_free_table_finish(struct lido_free_table *table);

/* Bytes of each zone except the last: a power of two. */
int64_t lido_free_table_get_zone_size(const struct lido_free_table *table);

/* Makes sure that ranges that start at that offset can be added, now and later. Returns false if memory is short. */
bool lido_free_table_reserve(struct lido_free_table *table, int64_t offset);

/* Adds a range whose start was reserved. */
void lido_free_table_add(struct lido_free_table *table, struct lido_range *range);

/* Removes a range; its bounds must not have changed since it was added. */
void lido_free_table_remove(struct lido_free_table *table, struct lido_range *range);

/*
 * Returns a range in which that many bytes fit, in whole pages from one page up; or NULL. It starts in the lowest zone
 * that has one. Of these it is the smallest, measured in units if it has no whole page, otherwise in whole pages; of
 * several mostly the one added last. size: as lido_allocator_round() returns it.
 */
struct lido_range *lido_free_table_find(const struct lido_free_table *table, int64_t size);

/* Asserts that each range is where lido_free_table_find() looks for it. Returns the number of ranges. */
uint32_t lido_free_table_audit(const struct lido_free_table *table);

#endif
