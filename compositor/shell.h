/*
 * xdg-shell: announces windows and popups.
 */
#ifndef SHELL_H
#define SHELL_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;

struct shell {
	struct compositor *compositor;

	struct {
		struct wl_listener new_toplevel, new_popup;
	} listeners;
};

/*
 * Counts a struct wlr_xdg_surface_configure on the client that receives it. wlroots keeps it until it is acknowledged,
 * and allocates it when all clients have been served.
 */
void shell_own_configure(void *data);

/* Sets compositor.xdg_shell. Returns false when out of memory. */
bool shell_init(struct compositor *compositor);
void shell_finish(struct compositor *compositor);

#endif
