/*
 * The memory of ranges: records, each of which begins in a cache line of its own. What is given back is used again, and
 * freed only together with all. For allocator.c alone.
 */
#ifndef LIDO_RANGE_RECORDS_H
#define LIDO_RANGE_RECORDS_H

#include "allocator.h"

/* All zero: none as yet. */
struct lido_range_records {
	struct lido_range *spare; // of a list, linked by next: the last given back comes first
	uint32_t spares_len;
	uint32_t len; // all, spare or not
	struct lido_range_chunk *chunks;
};

/* Makes sure that so many can be taken. False: no memory. */
bool lido_range_records_reserve(struct lido_range_records *records, uint32_t len);

/* A record that was reserved. What is in it is of no meaning. */
struct lido_range *lido_range_records_take(struct lido_range_records *records);

/* It is spare again. */
void lido_range_records_give(struct lido_range_records *records, struct lido_range *range);

/* Frees all, spare or not. */
void lido_range_records_finish(struct lido_range_records *records);

#endif
