#include "xwindow.h"

#include "compat.h"
#include "desktop.h"
#include "listener.h"
#include "output.h"
#include "override.h"
#include "parts.h"
#include "placement.h"
#include "toplevel.h"
#include "xtoplevel.h"
#include "xwayland.h"
#include <stdlib.h>
#include <sys/param.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/xwayland.h>

static int clamp(int value, int minimum, int maximum) {
	return MAX(MIN(value, maximum), minimum);
}

void xwindow_configure(struct wlr_xwayland_surface *x, const struct wlr_box *box) {
	wlr_xwayland_surface_configure(x, (int16_t)clamp(box->x, INT16_MIN, INT16_MAX),
			(int16_t)clamp(box->y, INT16_MIN, INT16_MAX), (uint16_t)clamp(box->width, 1, XWINDOW_SIZE_MAX),
			(uint16_t)clamp(box->height, 1, XWINDOW_SIZE_MAX));
}

struct toplevel *xwindow_try_from_surface(struct wlr_surface *surface) {
	const struct wlr_xwayland_surface *x = wlr_xwayland_surface_try_from_wlr_surface(surface);
	const struct xwindow *window = x != NULL ? x->data : NULL;
	return window != NULL ? window->toplevel : NULL;
}

static void attach(struct xwindow *window) {
	if (window->x->override_redirect) {
		override_create(window);
	} else {
		xtoplevel_create(window);
	}
}

static void detach(struct xwindow *window) {
	if (window->override != NULL) {
		override_destroy(window->override);
	}
	if (window->toplevel != NULL) {
		xtoplevel_destroy(window->toplevel);
	}
}

static void handle_associate(struct wl_listener *listener, void *data) {
	struct xwindow *window = wl_container_of(listener, window, listeners.associate);
	struct wlr_surface *surface = window->x->surface;
	attach(window);
	// wlroots maps it with the next commit only, but the first picture may be there already.
	if (wlr_surface_has_buffer(surface)) {
		wlr_surface_map(surface);
	}
}

static void handle_dissociate(struct wl_listener *listener, void *data) {
	struct xwindow *window = wl_container_of(listener, window, listeners.dissociate);
	detach(window);
}

static void handle_set_override_redirect(struct wl_listener *listener, void *data) {
	struct xwindow *window = wl_container_of(listener, window, listeners.set_override_redirect);
	if (window->x->surface != NULL) {
		detach(window);
		attach(window);
	}
}

// A window that is shown moves and resizes itself as long as the user does not, and stays within reach.
static void handle_request_configure(struct wl_listener *listener, void *data) {
	struct xwindow *window = wl_container_of(listener, window, listeners.request_configure);
	const struct wlr_xwayland_surface_configure_event *event = data;
	struct wlr_xwayland_surface *x = window->x;
	struct toplevel *toplevel = window->toplevel;
	struct wlr_box box = {event->x, event->y, event->width, event->height};
	if (toplevel == NULL || !toplevel_is_mapped(toplevel)) {
		xwindow_configure(x, &box);
		return;
	}
	if (toplevel->maximized || toplevel->fullscreen || toplevel->resize.edges != 0) {
		box = (struct wlr_box){x->x, x->y, x->width, x->height};
		xwindow_configure(x, &box); // tells the window that nothing changes
		return;
	}
	const struct output *output =
			desktop_output_at(toplevel->compositor->desktop, box.x + box.width / 2.0, box.y + box.height / 2.0);
	if (output != NULL) {
		box = placement_reachable(&output->usable, box);
	}
	toplevel->arrival.waiting = false;
	xwindow_configure(x, &box);
	toplevel_move(toplevel, box.x, box.y);
	toplevel_notify_changed(toplevel);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct xwindow *window = wl_container_of(listener, window, listeners.destroy);
	detach(window);
	listener_remove(&window->listeners.associate);
	listener_remove(&window->listeners.dissociate);
	listener_remove(&window->listeners.destroy);
	listener_remove(&window->listeners.request_configure);
	listener_remove(&window->listeners.set_override_redirect);
	window->x->data = NULL;
	window->compositor->xwayland->windows_len--;
	free(window);
}

void xwindow_create(struct compositor *compositor, struct wlr_xwayland_surface *x) {
	struct xwindow *window = calloc(1, sizeof(*window));
	if (window == NULL) {
		return; // it is not shown
	}
	window->compositor = compositor;
	window->x = x;
	x->data = window;
	compositor->xwayland->windows_len++;
	listener_add(&window->listeners.associate, &x->events.associate, handle_associate);
	listener_add(&window->listeners.dissociate, &x->events.dissociate, handle_dissociate);
	listener_add(&window->listeners.destroy, &x->events.destroy, handle_destroy);
	listener_add(&window->listeners.request_configure, &x->events.request_configure, handle_request_configure);
	listener_add(
			&window->listeners.set_override_redirect, &x->events.set_override_redirect, handle_set_override_redirect);
}
