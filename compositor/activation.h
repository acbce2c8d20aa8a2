/*
 * xdg-activation: a client asks the compositor to focus a window, its own or another client's.
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

/* Returns false when out of memory. */
bool activation_init(struct compositor *compositor);
void activation_finish(struct compositor *compositor);

#endif
