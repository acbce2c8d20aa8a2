/*
 * Clients that keep the event loop busy without progress.
 *
 * A message may be longer than the unread bytes that libwayland stores of a client
 * (lido_limits_get_unread_bytes_max()). The rest of it then never fits, and every dispatch reports that the client's
 * socket is readable. Such a client is disconnected. The compositor looks for one only when the loop iterates faster
 * than any work allows.
 */
#ifndef SPIN_H
#define SPIN_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;

/* Dispatches in one period from which on the compositor looks for such clients. */
#define SPIN_DISPATCHES 2000
#define SPIN_PERIOD 100 // ms

struct spin {
	int fd;                         // never readable; the source needs one
	struct wl_event_source *source; // runs in each iteration of the event loop
	uint32_t dispatches;            // in this period
	int64_t period_start;           // ms
};

/* Returns false when out of memory or fds. */
bool spin_init(struct compositor *compositor);
void spin_finish(struct compositor *compositor);

#endif
