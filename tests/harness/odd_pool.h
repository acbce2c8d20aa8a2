/*
 * A lido_shm_v1 that does what a server must not do, or seldom does. It has one block, at the start of an area.
 */
#ifndef HARNESS_ODD_POOL_H
#define HARNESS_ODD_POOL_H

#include <stdint.h>

struct wl_display;

enum odd_pool_manner {
	ODD_POOL_PLAIN,          // behaves correctly, for comparison
	ODD_POOL_UNKNOWN_AREA,   // places blocks in an area that it has not announced
	ODD_POOL_BEYOND_SIZE,    // places blocks beyond the end of the file
	ODD_POOL_BEYOND_RESERVE, // places blocks beyond the mapping
	ODD_POOL_WRAPS,          // places blocks such that offset + size exceeds 32 bits
	ODD_POOL_LESS,           // places blocks in fewer bytes than requested
	ODD_POOL_GROWS_NOT,      // announces more bytes than the file has, and places blocks there
	ODD_POOL_EMPTY_FILE,     // announces an area whose file is empty
	ODD_POOL_UNSEALED_FILE,  // announces an area whose file can be truncated
	ODD_POOL_SHORT_FILE,     // announces an area whose file lacks one byte
	ODD_POOL_HUGE_PAGES,     // announces an area of huge pages, of which the kernel may have none
	ODD_POOL_PIPE,           // announces an area that is a pipe
	ODD_POOL_DEVICE,         // announces an area that is /dev/zero
	ODD_POOL_NO_RESERVE,     // announces an area that cannot be mapped
	ODD_POOL_REMOVES_AREA,   // removes the area that has the block
	ODD_POOL_NO_ANSWER,      // never answers
	ODD_POOL_UNREAD,         // fails with unread_events the first time only
	ODD_POOL_UNREAD_ALWAYS,  // fails with unread_events each time
	ODD_POOL_UNKNOWN_REASON, // fails with a reason that the protocol does not have
	ODD_POOL_OTHER_PEER,     // tells that its peer has the name of another socket: so a proxy is in between
	ODD_POOL_NAMELESS_PEER,  // tells that its peer has no name
	ODD_POOL_WIDE_ROWS,      // tells rows of multiples of 1024 bytes
	ODD_POOL_HUGE_ROWS,      // tells rows of multiples of 1 GiB
	ODD_POOL_ODD_ROWS,       // tells rows of multiples of 300 bytes
	ODD_POOL_NO_ROWS,        // tells rows of multiples of 0 bytes
	ODD_POOL_MOVES,          // places each resized block in a new area, and removes the old area
};

/* Creates the global, which lives as long as the display. manner must outlive it. */
void odd_pool_init(struct wl_display *display, const enum odd_pool_manner *manner);

#endif
