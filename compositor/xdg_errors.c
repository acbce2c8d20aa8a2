#include "xdg_errors.h"

#include "compat.h"
#include "parts.h"
#include "requests.h"
#include "xdg-shell-protocol.h"
#include <wayland-server-core.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_xdg_shell.h>

// A surface that already has another role is a different error.
static bool may_become_xdg_surface(const struct wlr_surface *surface) {
	return surface->role_resource == NULL && (surface->role == NULL || !surface->role->no_object);
}

// xdg_surface: "Creating an xdg_surface from a wl_surface which has a buffer attached or committed is a client error".
// wlroots ignores attached buffers, and for a committed one it posts xdg_surface.unconfigured_buffer on the
// xdg_wm_base, where that number means invalid_popup_parent.
static void validate_get_xdg_surface(struct wl_resource *wm_base, struct wlr_surface *surface) {
	const char *how = surface_attached_buffer(surface) != NULL ? "attached"
					  : wlr_surface_has_buffer(surface)        ? "committed"
															   : NULL;
	if (how != NULL && may_become_xdg_surface(surface)) {
		wl_resource_post_error(wm_base, XDG_WM_BASE_ERROR_INVALID_SURFACE_STATE,
				"get_xdg_surface: the wl_surface has a buffer %s", how);
	}
}

// xdg_surface: "any attempts by a client to attach or manipulate a buffer prior to the first xdg_surface.configure call
// must also be treated as errors". wlroots checks this at commit only. After the initial commit a configure is on its
// way, and wlroots checks whether the client has acknowledged it.
static void validate_attach(struct wlr_surface *surface) {
	struct wlr_xdg_surface *xdg = wlr_xdg_surface_try_from_wlr_surface(surface);
	if (xdg != NULL && !xdg->initialized) {
		wl_resource_post_error(xdg->resource, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER,
				"attach: buffer attached before the initial commit of the xdg_surface");
	}
}

static void handle_get_xdg_surface(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	validate_get_xdg_surface(resource, wlr_surface_from_resource((struct wl_resource *)arguments[1].o));
}

static void handle_attach(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	if (arguments[0].o != NULL) {
		validate_attach(wlr_surface_from_resource(resource));
	}
}

bool xdg_errors_init(struct compositor *compositor) {
	return requests_watch(compositor, "xdg_wm_base", "get_xdg_surface", handle_get_xdg_surface) &&
		   requests_watch(compositor, "wl_surface", "attach", handle_attach);
}
