/*
 * xdg-activation: a client asks that a window, its own or another's, be brought to the user.
 */
#ifndef ACTIVATION_H
#define ACTIVATION_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;

struct activation {
	struct compositor *compositor;
	struct wl_listener request_activate;
};

/* False: out of memory. */
bool activation_init(struct compositor *compositor);
void activation_finish(struct compositor *compositor);

#endif
