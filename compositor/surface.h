/*
 * Follows every wl_surface, whatever its role: when one changes, the surface below the pointer may be another. Limits
 * the commits that are queued, and the size of pictures to what the renderer shows.
 */
#ifndef SURFACE_H
#define SURFACE_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_renderer;

/*
 * Limit on the commits of one client that wait for those of parents, of all its surfaces together. Toolkits queue one
 * per surface. wlroots keeps each with a copy of all state, and applies them at once.
 */
#define SURFACES_QUEUED_MAX 2048

struct surfaces {
	struct compositor *compositor;
	int32_t picture_max; // width and height, pixels, of what the renderer shows; 0: unknown
	struct wl_list all;  // struct surface.link, private to surface.c
	struct wl_listener new_surface;
};

/* Always returns true. */
bool surfaces_init(struct compositor *compositor);
void surfaces_finish(struct compositor *compositor);

/*
 * Shows all surfaces by another renderer; the one before must still exist. Where the pixels are gone, a configure event
 * asks the window's client for a new frame.
 */
void surfaces_set_renderer(struct compositor *compositor, struct wlr_renderer *renderer);

#endif
