/*
 * Decorations: none are drawn here, so windows are asked to draw their own.
 */
#ifndef DECORATION_H
#define DECORATION_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct toplevel;
struct wlr_xdg_decoration_manager_v1;

struct decorations {
	struct wlr_xdg_decoration_manager_v1 *manager;
	struct wl_listener new_decoration;
};

/* False: out of memory. */
bool decorations_init(struct compositor *compositor);
void decorations_finish(struct compositor *compositor);

/* To be called at a window's first commit: answers a decoration object that was made before it. */
void decoration_configure(struct toplevel *toplevel);

#endif
