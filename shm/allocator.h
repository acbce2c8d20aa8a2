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

/* A piece of the area, allocated or free. Owned by its allocator. */
struct lido_range {
	int64_t offset, size;              // bytes
	struct lido_range *before, *after; // neighbours by address; NULL at the ends
	bool is_free;
	bool is_warm;        // while free: may hold pages, since it was allocated after the last lido_range_set_cold()
	int64_t idle_since;  // while free and warm: as given to lido_allocator_free(), the latest of what was merged
	struct wl_list link; // while free: of its bin
};

struct lido_allocator; // opaque; in allocator.c

/*
 * One free, cold range of that many bytes, whole pages, at most LIDO_ALLOCATOR_SIZE_MAX. NULL: no memory.
 */
struct lido_allocator *lido_allocator_create(int64_t size);

/* All allocated ranges become invalid. NULL is fine. */
void lido_allocator_destroy(struct lido_allocator *allocator);

/* The bytes that a range for so many has: whole pages from one page up, else a multiple of LIDO_RANGE_ALIGN. */
int64_t lido_allocator_round(int64_t size);

/*
 * Takes a range of lido_allocator_round(size) bytes; from one page up it starts at a page. size: not 0. NULL: no free
 * range is large enough (errno ENOSPC), or no memory for the books (errno ENOMEM). Then nothing has changed.
 */
struct lido_range *lido_allocator_alloc(struct lido_allocator *allocator, int64_t size);

/* Gives it back; it merges with free neighbours at once. now: milliseconds, for idle_since; never fails. */
void lido_allocator_free(struct lido_allocator *allocator, struct lido_range *range, int64_t now);

/*
 * Makes a range larger or smaller where it is: to lido_allocator_round(size) bytes. Returns false, and changes nothing,
 * if what follows is not free, the alignment of that size is not that of the range, or memory is short.
 */
bool lido_allocator_resize(struct lido_allocator *allocator, struct lido_range *range, int64_t size, int64_t now);

/* Where the last allocated range ends: as long the file must be. Bytes; 0 if there is none. */
int64_t lido_allocator_get_end(const struct lido_allocator *allocator);

/* Bytes in allocated ranges, and how many there are. */
int64_t lido_allocator_get_live(const struct lido_allocator *allocator);
uint32_t lido_allocator_get_count(const struct lido_allocator *allocator);

/*
 * The next warm free range after a range (NULL: the first of all) that holds at least one whole page, or NULL. For
 * trimming; costs the number of ranges that are skipped.
 */
struct lido_range *lido_allocator_next_warm(struct lido_allocator *allocator, struct lido_range *after);

/* Its whole pages hold nothing any more. */
void lido_range_set_cold(struct lido_range *range);

/*
 * Are the ranges gapless, coalesced, aligned, each free one in the bin where it belongs, and do the sums match? Asserts
 * that they are; for tests, fuzzers and debug builds.
 */
void lido_allocator_validate(const struct lido_allocator *allocator);

#endif
