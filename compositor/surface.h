/*
 * Each wl_surface, whatever its role: when it changes, what is below the pointer may have changed.
 */
#ifndef SURFACE_H
#define SURFACE_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;

struct surfaces {
	struct compositor *compositor;
	struct wl_listener new_surface;
};

/* False: never. */
bool surfaces_init(struct compositor *compositor);
void surfaces_finish(struct compositor *compositor);

#endif
