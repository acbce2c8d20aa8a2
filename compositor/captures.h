/*
 * Screen captures: frees what wlroots keeps of those that it refuses.
 */
#ifndef CAPTURES_H
#define CAPTURES_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;

struct captures {
	struct compositor *compositor;
	struct wl_list list;          // capture.link: of this iteration of the event loop, the latest first
	struct wl_event_source *idle; // handles the list; NULL: it is empty

	struct {
		struct wl_listener error;
	} listeners;
};

/* Returns false when out of memory. */
bool captures_init(struct compositor *compositor);
void captures_finish(struct compositor *compositor);

#endif
