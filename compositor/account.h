/*
 * What each client costs the compositor's process, whichever protocol it uses: memory of the heap (counted by heap.c),
 * received fds (descriptors.c), and time (turn.c). A client that holds more than its limit is disconnected.
 *
 * An account outlives its client until all that is counted on it is freed.
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>

/*
 * Limit on the heap memory of one client, bytes: objects, regions, strings, queued commits, unread events, and what
 * wlroots keeps after an object is destroyed. The heaviest stock client needs less than one percent of this.
 */
#define ACCOUNT_HEAP_SIZE_MAX (56 << 20)

/*
 * Limit on the open fds that one client has sent: those of its wl_shm pools, and this many of other protocols or not
 * yet requested.
 */
#define ACCOUNT_OTHER_FDS_MAX 256

/* All clients' received fds use at most this share of RLIMIT_NOFILE. No client holds more than it leaves for others. */
#define ACCOUNT_FDS_PERCENT 75

struct account {
	struct wl_list link; // of all closed accounts

	// Other threads free memory and close fds, too.
	atomic_size_t heap_size; // bytes
	atomic_size_t fds_len;
};

/* What all accounts hold together. */
struct account_totals {
	atomic_size_t fds_len;
};

extern struct account_totals account_totals;

/* Returns NULL when out of memory. */
struct account *account_create(void);

/* The client is gone. */
void account_close(struct account *account);

#endif
