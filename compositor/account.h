/*
 * What each process that is a client costs the compositor's process, whichever protocol it uses: memory of the heap
 * (counted by heap.c), fds (descriptors.c), objects (object_limits.c) and work (usage.c). Whoever holds more than its
 * limit is disconnected. All connections of a process have the same account, so a process gains nothing by further
 * connections.
 *
 * An account outlives its connections until all that is counted on it is freed.
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include "bucket.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <wayland-server-core.h>

/*
 * Limit on the heap memory of one process, bytes: objects, regions, strings, queued commits, unread events, and what
 * wlroots keeps after an object is destroyed. The heaviest stock client needs less than one percent of this.
 */
#define ACCOUNT_HEAP_SIZE_MAX (56 << 20)

/*
 * Limit on the open fds that one process has sent, or that are to be sent because of it: those of its wl_shm pools, and
 * this many of other protocols or not yet requested.
 */
#define ACCOUNT_OTHER_FDS_MAX 256

/* All these fds are at most this share of RLIMIT_NOFILE. No process holds more than it leaves for others. */
#define ACCOUNT_FDS_PERCENT 75

/* Returns the limit on all these fds where RLIMIT_NOFILE is this many files. */
static inline size_t account_get_fds_total_max(uint64_t files) {
	return (size_t)(files / 100 * ACCOUNT_FDS_PERCENT + files % 100 * ACCOUNT_FDS_PERCENT / 100);
}

/* Limits on the interfaces in the table of object_limits.c, and on the kinds of work in usage.h. */
#define ACCOUNT_INTERFACES_MAX 96
#define ACCOUNT_BUDGETS_MAX 8

struct account {
	struct wl_list link; // of all accounts
	pid_t pid;
	size_t users_len; // connections

	// See turn.c.
	uint64_t dispatch;  // the last one in which any of its connections had a turn
	int64_t nsec;       // that its turns took in that dispatch
	size_t waiting_len; // connections that wait for a turn because others used up the time

	uint32_t objects[ACCOUNT_INTERFACES_MAX]; // number of objects, by index of the table in object_limits.c
	size_t surfaces_len, queued_len;          // wl_surface objects, and queued commits of all of them, see surface.c
	struct {
		uint64_t serial; // of the walk
		uint64_t pixels;
	} drawn;                                    // see overdraw.c
	struct bucket budgets[ACCOUNT_BUDGETS_MAX]; // by enum budget, see usage.h

	int64_t exported_size; // bytes of DMA-BUFs that were made for it, see exports.c

	// Other threads free memory and close fds, too.
	atomic_size_t heap_size; // bytes
	atomic_size_t fds_len;
};

/* The fds of all accounts. */
extern atomic_size_t account_fds_total;

/* Is more heap memory used than the limit, or are there more fds than this? */
static inline bool account_is_exhausted(const struct account *account, size_t fds_max) {
	return atomic_load_explicit(&account->heap_size, memory_order_relaxed) > ACCOUNT_HEAP_SIZE_MAX ||
		   atomic_load_explicit(&account->fds_len, memory_order_relaxed) > fds_max;
}

/*
 * Returns the account of a process, for one more connection. The compositor's own process has one per connection: it
 * connects others through socket pairs. Returns NULL when out of memory.
 */
struct account *account_open(pid_t pid);

/* A connection is gone. */
void account_close(struct account *account);

#endif
