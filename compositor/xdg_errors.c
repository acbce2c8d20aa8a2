/*
 * libwayland passes each request to its protocol loggers first, and then to wlroots, which handles it as usual. A
 * client receives only the first error: libwayland drops what wlroots posts after ours, and the client is disconnected
 * after this request. So a logger that only inspects requests and posts errors changes the error and nothing else.
 */
#include "xdg_errors.h"

#include "compat.h"
#include "parts.h"
#include "xdg-shell-protocol.h"
#include <string.h>
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

static bool is_request(const struct wl_protocol_logger_message *message, const char *class, const char *name) {
	return strcmp(message->message->name, name) == 0 && strcmp(wl_resource_get_class(message->resource), class) == 0;
}

static void handle_message(
		void *data, enum wl_protocol_logger_type type, const struct wl_protocol_logger_message *message) {
	if (type != WL_PROTOCOL_LOGGER_REQUEST) {
		return;
	}
	if (is_request(message, "wl_surface", "attach") && message->arguments[0].o != NULL) {
		validate_attach(wlr_surface_from_resource(message->resource));
	} else if (is_request(message, "xdg_wm_base", "get_xdg_surface")) {
		// In a server, objects among the arguments are wl_resources.
		struct wl_resource *surface = (struct wl_resource *)message->arguments[1].o;
		validate_get_xdg_surface(message->resource, wlr_surface_from_resource(surface));
	}
}

bool xdg_errors_init(struct compositor *compositor) {
	compositor->xdg_errors->logger = wl_display_add_protocol_logger(compositor->display, handle_message, NULL);
	return compositor->xdg_errors->logger != NULL;
}

void xdg_errors_finish(struct compositor *compositor) {
	if (compositor->xdg_errors->logger != NULL) {
		wl_protocol_logger_destroy(compositor->xdg_errors->logger);
	}
}
