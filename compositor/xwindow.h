/*
 * Windows of X11, which Xwayland shows.
 *
 * A window is managed as those of xdg-shell are (xtoplevel.c), unless it has the attribute override-redirect
 * (override.c): menus, tooltips and drag icons, which place themselves. It is either while it has a wl_surface; X11
 * programs create many windows that never have one.
 */
#ifndef XWINDOW_H
#define XWINDOW_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct override;
struct toplevel;
struct wlr_box;
struct wlr_surface;
struct wlr_xwayland_surface;

/* The most pixels of a window in each direction: no picture may be larger, see surface.h. */
#define XWINDOW_SIZE_MAX 32766

struct xwindow {
	struct compositor *compositor;
	struct wlr_xwayland_surface *x;
	// At most one of these is set, and none without a wl_surface.
	struct toplevel *toplevel;
	struct override *override;
	bool has_place; // it was shown before, there:
	int place_x, place_y;

	struct {
		struct wl_listener associate, dissociate, destroy;
		struct wl_listener request_configure, set_override_redirect;
	} listeners;
};

/* Follows a new window until it is destroyed. */
void xwindow_create(struct compositor *compositor, struct wlr_xwayland_surface *x);

/* Configures position and size, each moved into the limits of X11. The size becomes at least 1x1. */
void xwindow_configure(struct wlr_xwayland_surface *x, const struct wlr_box *box);

/* The managed window of a root surface; NULL if there is none. */
struct toplevel *xwindow_try_from_surface(struct wlr_surface *surface);

#endif
