/*
 * The server's own memory of one client: anonymous, charged to its pool, recycled within it.
 *
 * What is given back stays warm: the next one of about its size takes it, without a system call or a page fault. What
 * was not taken for some seconds goes back to the kernel. Waste: an address range is up to half as long again as asked
 * for, so that a window that grows keeps it; pages never touched cost nothing, and charged is what was touched.
 */
#ifndef LIDO_MEMORY_H
#define LIDO_MEMORY_H

#include <lido/shm.h>

struct lido_memory {
	struct wl_list link; // lido_pool.warm, while warm
	struct lido_pool *pool;
	void *data;
	size_t capacity;    // bytes of address space
	size_t charged;     // bytes that were ever asked of it, whole pages: what the pool pays for
	int64_t idle_since; // milliseconds; while warm
};

/* How long memory stays warm, and how often that is looked at. Milliseconds. */
#define LIDO_MEMORY_WARM_MS 2000
#define LIDO_MEMORY_TICK_MS 1000

/* Frees what has been idle since before the given time, or all warm memory for 0. Returns whether any is left. */
bool lido_memory_trim(struct lido_pool *pool, int64_t before);

/* Bytes of the pool that are warm; a walk over these. */
int64_t lido_memory_get_warm(const struct lido_pool *pool);

/* Milliseconds of the clock that idle_since is in. */
int64_t lido_memory_now(void);

#endif
