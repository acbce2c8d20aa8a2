#include "xdg_toplevel.h"

#include "compat.h"
#include "desktop.h"
#include "listener.h"
#include "output.h"
#include "parts.h"
#include "shell.h"
#include "toplevel.h"
#include "xdg-shell-protocol.h"
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_xdg_shell.h>

struct xdg_window {
	struct toplevel toplevel; // the first member: see get_xdg()
	struct wlr_xdg_toplevel *xdg;

	struct {
		struct wl_listener map, unmap, commit, configure, ack_configure, destroy;
		struct wl_listener request_move, request_resize;
		struct wl_listener request_maximize, request_fullscreen, request_minimize;
		struct wl_listener set_title, set_app_id, set_parent;
	} listeners;
};

static struct wlr_xdg_toplevel *get_xdg(const struct toplevel *toplevel) {
	return ((const struct xdg_window *)toplevel)->xdg;
}

struct toplevel *xdg_toplevel_get_window(struct wlr_xdg_toplevel *xdg) {
	struct wlr_scene_tree *content = xdg->base->data;
	return content != NULL ? toplevel_try_from_owner(content->node.parent->node.data) : NULL;
}

static bool is_configured(const struct toplevel *toplevel) {
	return get_xdg(toplevel)->base->initialized;
}

static void send_states(struct toplevel *toplevel) {
	struct wlr_xdg_toplevel *xdg = get_xdg(toplevel);
	wlr_xdg_toplevel_set_maximized(xdg, toplevel->maximized);
	wlr_xdg_toplevel_set_fullscreen(xdg, toplevel->fullscreen);
}

static uint32_t resize(struct toplevel *toplevel, const struct wlr_box *box) {
	return wlr_xdg_toplevel_set_size(get_xdg(toplevel), box->width, box->height);
}

static bool has_reached(const struct toplevel *toplevel, uint32_t serial) {
	return (int32_t)(get_xdg(toplevel)->base->current.configure_serial - serial) >= 0;
}

// A window that waits to be mapped chooses its size by its bounds.
static void set_bounds(struct toplevel *toplevel, const struct wlr_box *usable) {
	struct wlr_xdg_toplevel *xdg = get_xdg(toplevel);
	if (xdg->scheduled.bounds.width != usable->width || xdg->scheduled.bounds.height != usable->height) {
		wlr_xdg_toplevel_set_bounds(xdg, usable->width, usable->height);
	}
}

static uint32_t set_resizing(struct toplevel *toplevel, bool resizing) {
	return wlr_xdg_toplevel_set_resizing(get_xdg(toplevel), resizing);
}

static void set_activated(struct toplevel *toplevel, bool activated) {
	wlr_xdg_toplevel_set_activated(get_xdg(toplevel), activated);
}

static void set_minimized(struct toplevel *toplevel, bool minimized) {
	wlr_xdg_toplevel_set_suspended(get_xdg(toplevel), minimized);
}

static void send_close(struct toplevel *toplevel) {
	wlr_xdg_toplevel_send_close(get_xdg(toplevel));
}

static const char *get_title(const struct toplevel *toplevel) {
	return get_xdg(toplevel)->title;
}

static const char *get_app_id(const struct toplevel *toplevel) {
	return get_xdg(toplevel)->app_id;
}

static struct toplevel *get_parent(const struct toplevel *toplevel) {
	struct wlr_xdg_toplevel *parent = get_xdg(toplevel)->parent;
	return parent != NULL ? xdg_toplevel_get_window(parent) : NULL;
}

static void get_limits(const struct toplevel *toplevel, struct wlr_box *minimum, struct wlr_box *maximum) {
	const struct wlr_xdg_toplevel_state *current = &get_xdg(toplevel)->current;
	*minimum = (struct wlr_box){.width = current->min_width, .height = current->min_height};
	*maximum = (struct wlr_box){.width = current->max_width, .height = current->max_height};
}

static const struct toplevel_ops ops = {
	.is_configured = is_configured,
	.send_states = send_states,
	.resize = resize,
	.has_reached = has_reached,
	.set_bounds = set_bounds,
	.set_resizing = set_resizing,
	.set_activated = set_activated,
	.set_minimized = set_minimized,
	.close = send_close,
	.get_title = get_title,
	.get_app_id = get_app_id,
	.get_parent = get_parent,
	.get_limits = get_limits,
};

static void configure_initially(struct toplevel *toplevel) {
	struct wlr_xdg_toplevel *xdg = get_xdg(toplevel);
	struct output *output = desktop_output_at_pointer(toplevel->compositor->desktop);
	if (output != NULL) {
		wlr_xdg_toplevel_set_bounds(xdg, output->usable.width, output->usable.height);
	}
	toplevel->output = output;
	if (xdg->requested.fullscreen) {
		toplevel_set_fullscreen(toplevel, true,
				desktop_output_from_wlr(toplevel->compositor->desktop, xdg->requested.fullscreen_output));
	} else if (xdg->requested.maximized) {
		toplevel_set_maximized(toplevel, true);
	} else {
		wlr_xdg_toplevel_set_size(xdg, 0, 0);
	}
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct xdg_window *window = wl_container_of(listener, window, listeners.commit);
	struct wlr_xdg_surface *base = window->xdg->base;
	if (base->initial_commit) {
		configure_initially(&window->toplevel);
	} else if (base->surface->mapped) {
		const struct wlr_box geometry = xdg_surface_geometry(base);
		toplevel_commit(&window->toplevel, &geometry, !wlr_box_empty(&base->current.geometry));
	}
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct xdg_window *window = wl_container_of(listener, window, listeners.map);
	const struct wlr_box geometry = xdg_surface_geometry(window->xdg->base);
	toplevel_map(&window->toplevel, &geometry);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct xdg_window *window = wl_container_of(listener, window, listeners.unmap);
	toplevel_unmap(&window->toplevel);
}

static void handle_configure(struct wl_listener *listener, void *data) {
	shell_own_configure(data);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct xdg_window *window = wl_container_of(listener, window, listeners.destroy);
	listener_remove(&window->listeners.map);
	listener_remove(&window->listeners.unmap);
	listener_remove(&window->listeners.commit);
	listener_remove(&window->listeners.configure);
	listener_remove(&window->listeners.ack_configure);
	listener_remove(&window->listeners.destroy);
	listener_remove(&window->listeners.request_move);
	listener_remove(&window->listeners.request_resize);
	listener_remove(&window->listeners.request_maximize);
	listener_remove(&window->listeners.request_fullscreen);
	listener_remove(&window->listeners.request_minimize);
	listener_remove(&window->listeners.set_title);
	listener_remove(&window->listeners.set_app_id);
	listener_remove(&window->listeners.set_parent);
	window->xdg->base->data = NULL;
	toplevel_finish(&window->toplevel);
	free(window);
}

static void handle_request_move(struct wl_listener *listener, void *data) {
	struct xdg_window *window = wl_container_of(listener, window, listeners.request_move);
	const struct wlr_xdg_toplevel_move_event *event = data;
	struct toplevel_request request = {.toplevel = &window->toplevel, .has_serial = true, .serial = event->serial};
	wl_signal_emit_mutable(&window->toplevel.compositor->toplevels->events.request_move, &request);
}

static void handle_request_resize(struct wl_listener *listener, void *data) {
	struct xdg_window *window = wl_container_of(listener, window, listeners.request_resize);
	const struct wlr_xdg_toplevel_resize_event *event = data;
	struct toplevel_request request = {
		.toplevel = &window->toplevel, .has_serial = true, .serial = event->serial, .edges = event->edges};
	wl_signal_emit_mutable(&window->toplevel.compositor->toplevels->events.request_resize, &request);
}

// configure_initially() answers a request that comes before the first commit.
static void handle_request_maximize(struct wl_listener *listener, void *data) {
	struct xdg_window *window = wl_container_of(listener, window, listeners.request_maximize);
	if (window->xdg->base->initialized) {
		toplevel_set_maximized(&window->toplevel, window->xdg->requested.maximized);
	}
}

static void handle_request_fullscreen(struct wl_listener *listener, void *data) {
	struct xdg_window *window = wl_container_of(listener, window, listeners.request_fullscreen);
	struct wlr_xdg_toplevel_requested *requested = &window->xdg->requested;
	if (window->xdg->base->initialized) {
		toplevel_set_fullscreen(&window->toplevel, requested->fullscreen,
				desktop_output_from_wlr(window->toplevel.compositor->desktop, requested->fullscreen_output));
	}
}

static void handle_request_minimize(struct wl_listener *listener, void *data) {
	struct xdg_window *window = wl_container_of(listener, window, listeners.request_minimize);
	if (window->xdg->base->surface->mapped) {
		toplevel_set_minimized(&window->toplevel, window->xdg->requested.minimized);
	}
}

static void handle_set_title(struct wl_listener *listener, void *data) {
	struct xdg_window *window = wl_container_of(listener, window, listeners.set_title);
	toplevel_notify_changed(&window->toplevel);
}

static void handle_set_app_id(struct wl_listener *listener, void *data) {
	struct xdg_window *window = wl_container_of(listener, window, listeners.set_app_id);
	toplevel_notify_changed(&window->toplevel);
}

static void handle_ack_configure(struct wl_listener *listener, void *data) {
	struct xdg_window *window = wl_container_of(listener, window, listeners.ack_configure);
	const struct wlr_xdg_surface_configure *configure = data;
	window->toplevel.resize.acked = configure->serial;
	wl_signal_emit_mutable(&window->toplevel.compositor->toplevels->events.acked, &window->toplevel);
}

static void handle_set_parent(struct wl_listener *listener, void *data) {
	struct xdg_window *window = wl_container_of(listener, window, listeners.set_parent);
	toplevel_update_layer(&window->toplevel);
	toplevel_notify_changed(&window->toplevel);
}

static void listen(struct xdg_window *window) {
	struct wlr_xdg_toplevel *xdg = window->xdg;
	struct wlr_surface *surface = xdg->base->surface;
	listener_add(&window->listeners.map, &surface->events.map, handle_map);
	listener_add(&window->listeners.unmap, &surface->events.unmap, handle_unmap);
	listener_add(&window->listeners.commit, &surface->events.commit, handle_commit);
	listener_add(&window->listeners.configure, &xdg->base->events.configure, handle_configure);
	listener_add(&window->listeners.ack_configure, &xdg->base->events.ack_configure, handle_ack_configure);
	listener_add(&window->listeners.destroy, &xdg->events.destroy, handle_destroy);
	listener_add(&window->listeners.request_move, &xdg->events.request_move, handle_request_move);
	listener_add(&window->listeners.request_resize, &xdg->events.request_resize, handle_request_resize);
	listener_add(&window->listeners.request_maximize, &xdg->events.request_maximize, handle_request_maximize);
	listener_add(&window->listeners.request_fullscreen, &xdg->events.request_fullscreen, handle_request_fullscreen);
	listener_add(&window->listeners.request_minimize, &xdg->events.request_minimize, handle_request_minimize);
	listener_add(&window->listeners.set_title, &xdg->events.set_title, handle_set_title);
	listener_add(&window->listeners.set_app_id, &xdg->events.set_app_id, handle_set_app_id);
	listener_add(&window->listeners.set_parent, &xdg->events.set_parent, handle_set_parent);
}

// Sent immediately, so that a client knows which buttons to draw before its first commit. wlroots would send all
// capabilities with the first configure.
static void send_wm_capabilities(struct wlr_xdg_toplevel *xdg) {
	uint32_t list[] = {
		XDG_TOPLEVEL_WM_CAPABILITIES_MAXIMIZE,
		XDG_TOPLEVEL_WM_CAPABILITIES_FULLSCREEN,
		XDG_TOPLEVEL_WM_CAPABILITIES_MINIMIZE,
	};
	struct wl_array capabilities = {.size = sizeof(list), .alloc = sizeof(list), .data = list};
	if (wl_resource_get_version(xdg->resource) >= XDG_TOPLEVEL_WM_CAPABILITIES_SINCE_VERSION) {
		xdg_toplevel_send_wm_capabilities(xdg->resource, &capabilities);
	}
	xdg->scheduled.fields &= ~(uint32_t)WLR_XDG_TOPLEVEL_CONFIGURE_WM_CAPABILITIES;
}

static bool create_content(struct xdg_window *window) {
	struct toplevel *toplevel = &window->toplevel;
	toplevel->content = wlr_scene_xdg_surface_create(toplevel->tree, window->xdg->base);
	if (toplevel->content == NULL) {
		toplevel_finish(toplevel);
		return false;
	}
	window->xdg->base->data = toplevel->content;
	return true;
}

void xdg_toplevel_create(struct compositor *compositor, struct wlr_xdg_toplevel *xdg) {
	struct xdg_window *window = calloc(1, sizeof(*window));
	if (window == NULL) {
		wl_resource_post_no_memory(xdg->resource);
		return;
	}
	window->xdg = xdg;
	if (!toplevel_init(&window->toplevel, compositor, &ops, xdg->base->surface) || !create_content(window)) {
		wl_resource_post_no_memory(xdg->resource);
		free(window);
		return;
	}
	listen(window);
	send_wm_capabilities(xdg);
}
