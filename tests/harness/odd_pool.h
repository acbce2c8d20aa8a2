/*
 * A lido_shm_v1 that does what a server should not, or seldom does. It gives one block, at the start of an area.
 */
#ifndef HARNESS_ODD_POOL_H
#define HARNESS_ODD_POOL_H

#include <stdint.h>

struct wl_display;

enum odd_pool_manner {
	ODD_POOL_PLAIN,          // a proper one, for comparison
	ODD_POOL_UNKNOWN_AREA,   // places blocks in an area that it has not announced
	ODD_POOL_BEYOND_SIZE,    // ... beyond the end of the file
	ODD_POOL_BEYOND_RESERVE, // ... beyond the mapping
	ODD_POOL_WRAPS,          // ... where the sum of offset and size is no number of 32 bits
	ODD_POOL_NO_RESERVE,     // announces an area that cannot be mapped
	ODD_POOL_REMOVES_AREA,   // removes the area with the block in it
	ODD_POOL_NO_ANSWER,      // does not answer
	ODD_POOL_UNREAD,         // fails because of unread events at first, and never again
	ODD_POOL_UNREAD_ALWAYS,  // ... each time
	ODD_POOL_UNKNOWN_REASON, // fails by a reason that the protocol does not have
	ODD_POOL_MOVES,          // gives each resize a new area, and removes the old one
};

/* Creates the global, which lives as long as the display. */
void odd_pool_init(struct wl_display *display, const enum odd_pool_manner *manner);

#endif
