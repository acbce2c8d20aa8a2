/*
 * Scratch: buffers of the server's own anonymous memory, charged to one client and recycled within its pool.
 *
 * A scratch that is given back stays idle for a while: the next request of about its size takes it, without a system
 * call or a page fault. Scratches that stay idle for some seconds are unmapped. Waste: the mapping is half as large
 * again as requested, so that a window that grows keeps it; pages never touched cost nothing. The client is charged for
 * the pages that were requested.
 */
#ifndef LIDO_SCRATCH_H
#define LIDO_SCRATCH_H

#include "base/refs.h"
#include "memory/reclaim.h"

#include <lido/shm.h>

/* The scratches of one client. */
struct lido_scratches {
	struct lido_quota *quota;
	struct lido_reclaimer *reclaimer;
	struct lido_refs *owner; // each scratch in use is one of its users
	struct wl_list idle;     // lido_scratch.link; the one given back last comes first
};

struct lido_scratch {
	struct wl_list link; // lido_scratches.idle, while idle
	struct lido_scratches *scratches;
	void *data;
	size_t capacity;    // bytes of address space
	size_t charged;     // bytes, whole pages: the most that was ever requested of it
	int64_t idle_since; // milliseconds; while idle
};

/* All three must outlive the scratches. */
void lido_scratches_init(struct lido_scratches *scratches, struct lido_quota *quota, struct lido_reclaimer *reclaimer,
		struct lido_refs *owner);

/* As lido_scratch_create(). */
struct lido_scratch *lido_scratches_take(struct lido_scratches *scratches, size_t size);

/* Unmaps what has been idle since before that time in milliseconds; 0: all. Returns whether anything idle is left. */
bool lido_scratches_trim(struct lido_scratches *scratches, int64_t before);

/* Bytes charged for idle scratches. Visits each. */
int64_t lido_scratches_get_idle(const struct lido_scratches *scratches);

#endif
