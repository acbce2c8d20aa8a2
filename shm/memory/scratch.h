/*
 * Scratch: buffers of the server's own anonymous memory, charged to one client and recycled within its pool.
 *
 * A scratch that is given back stays idle for a while: the next request of about its size takes it, without a system
 * call or a page fault. Scratches that stay idle for some seconds are freed. A large scratch has a mapping of its own,
 * small ones are pieces of a chunk (chunk.h). Waste: the address space of a scratch is half as large again as
 * requested, so that a window that grows keeps it; pages never touched cost nothing. The client is charged for the
 * pages that were requested.
 */
#ifndef LIDO_SCRATCH_H
#define LIDO_SCRATCH_H

#include "base/refs.h"
#include "memory/chunk.h"

#include <lido/shm.h>

/* Classes of idle scratches by capacity: four for each doubling, from a page to 256 MiB; the last has all larger ones.
 */
#define LIDO_SCRATCH_CLASSES 64

/* The scratches of one client. */
struct lido_scratches {
	struct lido_quota *quota;
	struct lido_reclaimer *reclaimer;
	struct lido_refs *owner; // each scratch in use is one of its users
	struct lido_chunks chunks;
	struct wl_list used;                          // lido_scratch.link
	struct wl_list idle;                          // lido_scratch.link; the one given back last comes first
	int64_t idle_bytes;                           // charged for idle ones
	uint32_t len;                                 // of both lists
	struct wl_list classes[LIDO_SCRATCH_CLASSES]; // lido_scratch.class_link; the one given back last comes first
};

struct lido_scratch {
	struct wl_list link;       // lido_scratches.used or .idle
	struct wl_list class_link; // lido_scratches.classes, while idle
	struct lido_scratches *scratches;
	struct lido_mapping *mapping; // NULL: a piece of a chunk
	struct lido_piece piece;
	uint8_t *data;
	size_t capacity;    // bytes of address space
	size_t charged;     // bytes, whole pages: the most that was ever requested of it
	int64_t idle_since; // milliseconds; while idle
};

/* All three must outlive the scratches. */
void lido_scratches_init(struct lido_scratches *scratches, struct lido_quota *quota, struct lido_reclaimer *reclaimer,
		struct lido_refs *owner);

/* As lido_scratch_create(). */
struct lido_scratch *lido_scratches_take(struct lido_scratches *scratches, size_t size);

/*
 * Frees what has been idle since before that time in milliseconds; 0: all. Makes at most *calls_left system calls, and
 * takes those it made off. Returns whether anything idle is left.
 */
bool lido_scratches_trim(struct lido_scratches *scratches, int64_t before, uint32_t *calls_left);

/* The same for all that is idle, at once. */
void lido_scratches_free_idle(struct lido_scratches *scratches);

/* Bytes charged for what is idle. */
int64_t lido_scratches_get_idle(const struct lido_scratches *scratches);

/* Asserts that the scratches are consistent, and adds what they hold to sums. Returns the number of those in use. */
uint32_t lido_scratches_audit(const struct lido_scratches *scratches, struct lido_quota *sums);

#endif
