/*
 * xdg-shell: where windows and popups come from.
 */
#ifndef SHELL_H
#define SHELL_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_xdg_shell;

struct shell {
	struct wlr_xdg_shell *wlr;

	struct {
		struct wl_listener new_toplevel, new_popup;
	} listeners;
};

/* False: out of memory. */
bool shell_init(struct compositor *compositor);

/* Windows must be gone. */
void shell_finish(struct compositor *compositor);

#endif
