/*
 * Memory pressure: the kernel (4.20 or later, with PSI) tells when programs wait for memory.
 */
#ifndef LIDO_PRESSURE_H
#define LIDO_PRESSURE_H

#include <wayland-server-core.h>

/*
 * When to be told: when programs have waited this long, of that long. Microseconds. The kernel wants whole 2 s of who
 * is not privileged.
 */
#define LIDO_PRESSURE_TRIGGER "some 100000 2000000"

struct lido_pressure {
	int trigger_fd;                 // -1: none
	int epoll_fd;                   // of the trigger; -1: none
	struct wl_event_source *source; // NULL: nobody will tell
	void (*notify)(void *data);
	void *data;
};

/* Calls notify from the loop whenever there is pressure. On a kernel that does not tell, it never will. */
void lido_pressure_init(
		struct lido_pressure *pressure, struct wl_event_loop *loop, void (*notify)(void *data), void *data);

/* Before the loop goes. */
void lido_pressure_finish(struct lido_pressure *pressure);

#endif
