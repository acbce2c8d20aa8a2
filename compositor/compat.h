/*
 * The differences between wlroots 0.18, 0.19 and 0.20, in one place.
 */
#ifndef COMPAT_H
#define COMPAT_H

#include <wlr/types/wlr_presentation_time.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/version.h>

#define WLR_SINCE(minor) (WLR_VERSION_MAJOR > 0 || WLR_VERSION_MINOR >= (minor))

static inline struct wlr_presentation *presentation_create(struct wl_display *display, struct wlr_backend *backend) {
#if WLR_SINCE(19)
	return wlr_presentation_create(display, backend, 2);
#else
	return wlr_presentation_create(display, backend);
#endif
}

/* The window geometry, as set by the client or else the bounds of its surfaces; surface coordinates. */
static inline struct wlr_box xdg_surface_geometry(struct wlr_xdg_surface *surface) {
#if WLR_SINCE(19)
	return surface->geometry;
#else
	struct wlr_box box;
	wlr_xdg_surface_get_geometry(surface, &box);
	return box;
#endif
}

#endif
