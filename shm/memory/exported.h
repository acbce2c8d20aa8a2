/*
 * An exported area: a file that the server made, allocates blocks in, and lends to its client.
 *
 * The file is exactly as long as its last block needs, and grows page by page; it can never shrink, since it is sealed
 * against that before it leaves. It is mapped once, over all that it will ever hold (its reserve), so no address
 * changes. Pages of freed blocks stay warm for a while, and then go back to the kernel; an area without blocks goes as
 * a whole. The client could grow the file, which is noticed, or punch holes in it, which are never read in place.
 */
#ifndef LIDO_EXPORTED_H
#define LIDO_EXPORTED_H

#include "alloc/allocator.h"
#include "memory/area.h"

/* Of the error file_changed, wherever it is posted. */
#define LIDO_FILE_CHANGED_TEXT "file changed: the client has changed the size of the file of an area"

struct lido_exported_area {
	struct lido_area base; // .link: lido_pool.exported, in the order in which they were made
	uint32_t id;           // for the client; never 0
	int64_t reserve;       // bytes of the mapping
	const uint8_t *data;   // the mapping
	struct lido_allocator *allocator;
	struct wl_list announcements; // lido_announcement.area_link
	int64_t bytes_present;        // of pages that the file had when last looked at
	uint32_t generation;          // counts when pages went by other hands than ours: what was dense may not be any more
	struct {
		int64_t start, end;  // bytes
		uint32_t generation; // then it was so
	} populated;             // a range in the page table of the mapping, to spare a call; empty at first
	int64_t idle_since;      // milliseconds; while it has no users
};

/* Makes one with that much reserve, whole pages, or less, but at least reserve_min. NULL: no memory. */
struct lido_exported_area *lido_exported_area_create(struct lido_pool *pool, int64_t reserve, int64_t reserve_min);

/* It must have no users. */
void lido_exported_area_destroy(struct lido_exported_area *area);

/* What became of an attempt to make the file larger. */
enum lido_grow_result {
	LIDO_GROW_OK,
	LIDO_GROW_NO_MEMORY,
	LIDO_GROW_CHANGED, // the client has changed the size of the file
};

/* Makes the file as long as its last block needs. */
enum lido_grow_result lido_exported_area_grow(struct lido_exported_area *area);

/*
 * Gives pages of free ranges back that have been idle since before that time; 0: all. At most so many calls of the
 * kernel. Returns whether something is left to be done, now or later.
 */
bool lido_exported_area_trim(struct lido_exported_area *area, int64_t before, uint32_t *calls_left);

#endif
