/*
 * Replaces the files for X11 where wlroots or this build has no Xwayland.
 */
#include "compositor.h"
#include "log.h"
#include "override.h"
#include "xwayland.h"
#include "xwindow.h"

bool xwayland_create(struct compositor *compositor, const struct compositor_options *options) {
	if (options->xwayland == COMPOSITOR_XWAYLAND_ON) {
		log_error("no X11: this lido was built without Xwayland");
	}
	return options->xwayland != COMPOSITOR_XWAYLAND_ON;
}

bool xwayland_init(struct compositor *compositor) {
	return true;
}

void xwayland_finish(struct compositor *compositor) {
}

const char *xwayland_get_display(const struct compositor *compositor) {
	return NULL;
}

void xwayland_follow_drags(struct compositor *compositor, bool follow) {
}

bool xwayland_knows_types(struct compositor *compositor, struct wlr_surface *surface, const struct wlr_drag *drag) {
	return true;
}

bool xwayland_has_keyboard(const struct compositor *compositor) {
	return false;
}

bool xwayland_filter(
		const struct compositor *compositor, const struct wl_client *client, const struct wl_global *global) {
	return true;
}

bool xdrag_is_active(const struct compositor *compositor) {
	return false;
}

void xdrag_follow(struct compositor *compositor, uint32_t time_msec) {
}

void xdrag_expire(struct compositor *compositor) {
}

bool xdrag_holds_pointer(const struct compositor *compositor) {
	return false;
}

bool xdrag_keeps_pointer_off(const struct compositor *compositor, const struct wlr_surface *surface) {
	return false;
}

struct toplevel *xwindow_try_from_surface(struct wlr_surface *surface) {
	return NULL;
}

struct override *override_try_from_owner(struct owner *owner) {
	return NULL;
}

bool override_takes_keyboard(const struct override *override) {
	return false;
}
