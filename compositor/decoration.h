/*
 * Decorations: the compositor draws none and asks clients to draw their own.
 */
#ifndef DECORATION_H
#define DECORATION_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_xdg_decoration_manager_v1;

struct decorations {
	struct wlr_xdg_decoration_manager_v1 *manager;
	struct wl_listener new_decoration, configure;
};

/* Returns false when out of memory. */
bool decorations_init(struct compositor *compositor);
void decorations_finish(struct compositor *compositor);

#endif
