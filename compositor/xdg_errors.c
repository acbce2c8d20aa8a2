#include "xdg_errors.h"

#include "compat.h"
#include "parts.h"
#include "requests.h"
#include "xdg-shell-protocol.h"
#include <inttypes.h>
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

// xdg_surface.invalid_serial: "provided serial is invalid". wlroots posts xdg_wm_base.invalid_surface_state for a
// serial that it did not send to this surface, or that was acknowledged, or is older than one that was.
static void validate_ack_configure(struct wlr_xdg_surface *xdg, uint32_t serial) {
	struct wlr_xdg_surface_configure *configure;
	wl_list_for_each(configure, &xdg->configure_list, link) {
		if (configure->serial == serial) {
			return;
		}
	}
	wl_resource_post_error(xdg->resource, XDG_SURFACE_ERROR_INVALID_SERIAL,
			"ack_configure: serial %" PRIu32 " was not sent, or not after the last acknowledged one", serial);
}

// xdg_surface.already_constructed: wlroots posts xdg_wm_base.role, which is for other roles of the wl_surface.
static void handle_get_role(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	const struct wlr_xdg_surface *xdg = wlr_xdg_surface_from_resource(resource);
	if (xdg != NULL && xdg->role_resource != NULL) {
		wl_resource_post_error(resource, XDG_SURFACE_ERROR_ALREADY_CONSTRUCTED, "the xdg_surface has a role object, %s",
				wl_resource_get_class(xdg->role_resource));
	}
}

// xdg_toplevel.invalid_resize_edge: wlroots posts that number on the xdg_surface.
static void handle_resize(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	const uint32_t vertical = XDG_TOPLEVEL_RESIZE_EDGE_TOP | XDG_TOPLEVEL_RESIZE_EDGE_BOTTOM;
	const uint32_t horizontal = XDG_TOPLEVEL_RESIZE_EDGE_LEFT | XDG_TOPLEVEL_RESIZE_EDGE_RIGHT;
	uint32_t edges = arguments[2].u;
	if ((edges & ~(vertical | horizontal)) != 0 || (edges & vertical) == vertical ||
			(edges & horizontal) == horizontal) {
		wl_resource_post_error(resource, XDG_TOPLEVEL_ERROR_INVALID_RESIZE_EDGE,
				"resize: edge %" PRIu32 " is not one of xdg_toplevel.resize_edge", edges);
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

// The xdg_surface may be inert, or without a role, which is another error.
static void handle_ack_configure(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	struct wlr_xdg_surface *xdg = wlr_xdg_surface_from_resource(resource);
	if (xdg != NULL && xdg->role != WLR_XDG_SURFACE_ROLE_NONE) {
		validate_ack_configure(xdg, arguments[0].u);
	}
}

bool xdg_errors_init(struct compositor *compositor) {
	return requests_watch(compositor, "xdg_wm_base", "get_xdg_surface", handle_get_xdg_surface) &&
		   requests_watch(compositor, "xdg_surface", "get_toplevel", handle_get_role) &&
		   requests_watch(compositor, "xdg_surface", "get_popup", handle_get_role) &&
		   requests_watch(compositor, "xdg_toplevel", "resize", handle_resize) &&
		   requests_watch(compositor, "xdg_surface", "ack_configure", handle_ack_configure) &&
		   requests_watch(compositor, "wl_surface", "attach", handle_attach);
}
