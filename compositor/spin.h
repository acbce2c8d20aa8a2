/*
 * Clients that keep the event loop awake, and never get on.
 *
 * A message may be larger than what libwayland stores of a client (lido_limits_get_unread_bytes_max()): then it never
 * has room for the rest, and is told in every turn of the loop that there is something to read. Such a client is ended.
 * It is looked for only when the loop turns faster than any work could make it.
 */
#ifndef SPIN_H
#define SPIN_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;

/* Turns of the event loop in one period from which on clients are looked at. */
#define SPIN_DISPATCHES 2000
#define SPIN_PERIOD 100 // ms

struct spin {
	int fd;                         // never readable: for the source
	struct wl_event_source *source; // dispatched in each iteration of the event loop
	uint32_t dispatches;            // in this period
	int64_t period_start;           // ms
};

/* False: out of memory or fds. */
bool spin_init(struct compositor *compositor);
void spin_finish(struct compositor *compositor);

#endif
