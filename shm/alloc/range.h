/*
 * A range: a piece of an area, allocated or free. The allocator and its table of free ranges share this record.
 */
#ifndef LIDO_RANGE_H
#define LIDO_RANGE_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-util.h>

/* Alignment and granularity of ranges smaller than a page. Bytes. */
#define LIDO_RANGE_ALIGN 64

/* Alignment and granularity of larger ranges. Bytes. The pages of some machines are multiples of it. */
#define LIDO_RANGE_PAGE 4096

/* The ranges of one allocator span at most this, as the wire can name no more. Bytes. */
#define LIDO_RANGE_SPAN_MAX (INT64_C(1) << 31)

/* Owned by its allocator. All fields are read-only for others. */
struct lido_range {
	int64_t offset, size; // bytes
	bool is_free;
	bool is_warm; // while free: may hold pages, since it was allocated after the last lido_range_set_cold()
	bool is_node; // private: while free, in free_table.c

	// Private. What every call reads comes first.
	struct lido_range *before, *after; // neighbors by address; at the ends the allocator's edge
	struct lido_range *next, **place;  // while free: in free_table.c

	int64_t idle_since; // while free, warm, and with a whole page: see lido_allocator_free()

	// Private.
	struct lido_range *child[2]; // while free: in free_table.c
	struct wl_list link;         // while free, warm, and with a whole page: in the allocator's list of these
};

/* The end of a range. Bytes. */
int64_t lido_range_get_end(const struct lido_range *range);

/* The number of whole pages in a range. */
int64_t lido_range_get_pages(const struct lido_range *range);

#endif
