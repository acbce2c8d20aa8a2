/*
 * Exported areas: files that the server makes, allocates blocks in, and lends to one client.
 *
 * A file is exactly as long as its last block needs, and grows page by page. It never shrinks: it is sealed against
 * that before its fd leaves. The server maps it once, over all that it will ever hold (its reserve), so no address
 * changes. Pages of freed blocks stay warm for a while and then return to the kernel; an area without blocks is
 * destroyed as a whole. The client can grow the file, which is detected, or punch holes into it, which are never read
 * in place.
 *
 * An area either serves all blocks of its client, or is private: it serves those of one owner, and the client may pass
 * its fd to a process that must not be able to end it. So its file is as long as its reserve from the start, and sealed
 * against growing as well. It goes with its last block once its owner is gone.
 */
#ifndef LIDO_EXPORTED_H
#define LIDO_EXPORTED_H

#include "alloc/allocator.h"
#include "memory/area.h"

/* Text of the error file_changed, wherever it is posted. */
#define LIDO_FILE_CHANGED_TEXT "file changed: the client has changed the size of the file of an area"

/* The exported areas of one client. */
struct lido_exports {
	struct lido_quota *quota;
	struct lido_reclaimer *reclaimer;
	struct wl_list areas; // lido_exported_area.base.link; in the order of their ids
	uint32_t last_id;
};

struct lido_exported_area {
	struct lido_area base; // .link: lido_exports.areas
	uint32_t id;           // for the client; never 0
	int64_t reserve;       // bytes of the mapping
	const void *owner;     // whose blocks lie in it; NULL: any; this area itself: the owner is gone
	struct lido_mapping *mapping;
	struct lido_allocator *allocator;
	int64_t bytes_present; // of pages that the file had when last inspected
	uint32_t generation;   // incremented when the file lost pages of allocated ranges; those known to have no holes
						   // must be rechecked
	struct {
		int64_t start, end;  // bytes
		uint32_t generation; // of the area at that time
	} populated;             // a range that is in the page table, to save a system call; empty at first
	int64_t idle_since;      // milliseconds; valid while it has no users
	struct {
		struct wl_signal removed; // data: this area, which is about to be destroyed
	} events;
};

/* quota and reclaimer must outlive the exports. */
void lido_exports_init(struct lido_exports *exports, struct lido_quota *quota, struct lido_reclaimer *reclaimer);

/*
 * Destroys areas that have had no users since before that time in milliseconds, and returns pages of free ranges that
 * have been idle for as long; 0: all of both. Makes at most *calls_left system calls for the pages, and takes those it
 * made off. Returns whether something idle is left.
 */
bool lido_exports_trim(struct lido_exports *exports, int64_t before, uint32_t *calls_left);

/* Asserts that the areas are consistent, and adds what they hold to sums. */
void lido_exports_audit(const struct lido_exports *exports, struct lido_quota *sums);

/*
 * Creates an area without users: with that much reserve, in whole pages, or with less but at least reserve_min where
 * address space is scarce. Returns NULL if memory is short.
 *
 * owner: of a private area; NULL: it serves all blocks of its client. It is only compared, never accessed, and must
 * call lido_exports_disown() before it is gone.
 */
struct lido_exported_area *lido_exported_area_create(
		struct lido_exports *exports, const void *owner, int64_t reserve, int64_t reserve_min);

/* The last area of this owner, or of those that have none (NULL). Returns NULL if there is none. */
struct lido_exported_area *lido_exports_get_last(const struct lido_exports *exports, const void *owner);

/* The owner is gone: each of its areas is destroyed with its last user, or at once. */
void lido_exports_disown(struct lido_exports *exports, const void *owner);

/* The area must have no users. Emits removed. */
void lido_exported_area_destroy(struct lido_exported_area *area);

/*
 * Returns pages of free ranges that have been idle since before that time in milliseconds; 0: all. As
 * lido_exports_trim() for one area.
 */
bool lido_exported_area_trim(struct lido_exported_area *area, int64_t before, uint32_t *calls_left);

/*
 * Returns the whole pages between two places in an allocated range, which nobody reads, to the kernel; or some of them,
 * as far as LIDO_DISPATCH_DISCARDED_BYTES_MAX allows. Does nothing if the client has changed the size of the file.
 */
void lido_exported_area_discard(struct lido_exported_area *area, int64_t offset, int64_t size);

/*
 * Bytes of pages that free ranges hold in memory, for the next block. The kernel is asked about the first 64 MiB of
 * such ranges; of the others as many are counted as the file may have.
 */
int64_t lido_exported_area_get_cached(const struct lido_exported_area *area);

enum lido_grow_result {
	LIDO_GROW_OK,
	LIDO_GROW_NO_MEMORY,
	LIDO_GROW_TAMPERED, // the client has changed the size of the file
};

/* Makes the file as long as its last block needs. */
enum lido_grow_result lido_exported_area_grow(struct lido_exported_area *area);

#endif
