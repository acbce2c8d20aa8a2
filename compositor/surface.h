/*
 * Follows every wl_surface, whatever its role: when one changes, the surface below the pointer may be another.
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

/* Always returns true. */
bool surfaces_init(struct compositor *compositor);
void surfaces_finish(struct compositor *compositor);

#endif
