/*
 * Memory pressure: the kernel (4.20 or later, with PSI) notifies when programs wait for memory.
 */
#ifndef LIDO_PRESSURE_H
#define LIDO_PRESSURE_H

#include <wayland-server-core.h>

/*
 * Notify when programs waited for memory this long within that long. Microseconds. Unprivileged processes may only use
 * windows that are multiples of 2 s.
 */
#define LIDO_PRESSURE_TRIGGER "some 100000 2000000"

struct lido_pressure {
	int trigger_fd;                 // -1: none
	int epoll_fd;                   // of the trigger; -1: none
	struct wl_event_source *source; // NULL: no notifications
	void (*notify)(void *data);
	void *data; // for notify
};

/* Calls notify from the loop whenever there is pressure; never, if the kernel does not support it. */
void lido_pressure_init(
		struct lido_pressure *pressure, struct wl_event_loop *loop, void (*notify)(void *data), void *data);

/* The event loop must still exist. */
void lido_pressure_finish(struct lido_pressure *pressure);

#endif
