/*
 * X11 has no serials of configures: a window has drawn for the last one when its picture has that size.
 */
#include "xtoplevel.h"

#include "compat.h"
#include "desktop.h"
#include "focus.h"
#include "listener.h"
#include "output.h"
#include "parts.h"
#include "toplevel.h"
#include "xwindow.h"
#include <stdlib.h>
#include <sys/param.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/util/edges.h>
#include <wlr/xwayland.h>

struct xtoplevel {
	struct toplevel toplevel; // the first member: see get_x()
	struct xwindow *window;

	struct {
		struct wl_listener map, unmap, commit;
		struct wl_listener request_move, request_resize;
		struct wl_listener request_maximize, request_fullscreen, request_minimize, request_activate;
		struct wl_listener set_title, set_class, set_parent;
	} listeners;
};

static struct wlr_xwayland_surface *get_x(const struct toplevel *toplevel) {
	return ((const struct xtoplevel *)toplevel)->window->x;
}

static void send_states(struct toplevel *toplevel) {
	xwayland_surface_set_maximized(get_x(toplevel), toplevel->maximized);
	wlr_xwayland_surface_set_fullscreen(get_x(toplevel), toplevel->fullscreen);
}

// Returns the size without what is left over from whole steps, such as the characters of a terminal.
static int round_down(int size, int base, int step) {
	base = MAX(base, 0);
	return step > 1 && size > base ? size - (size - base) % step : size;
}

// A window that the user resizes keeps its steps, and the edges that are not dragged.
static struct wlr_box keep_steps(const struct toplevel *toplevel, struct wlr_box box) {
	const xcb_size_hints_t *hints = get_x(toplevel)->size_hints;
	bool is_dragged = toplevel->resize.edges != 0 && !toplevel->maximized && !toplevel->fullscreen;
	if (hints == NULL || !(hints->flags & XCB_ICCCM_SIZE_HINT_P_RESIZE_INC) || !is_dragged) {
		return box;
	}
	int width = round_down(box.width, hints->base_width, hints->width_inc);
	int height = round_down(box.height, hints->base_height, hints->height_inc);
	box.x += toplevel->resize.edges & WLR_EDGE_LEFT ? box.width - width : 0;
	box.y += toplevel->resize.edges & WLR_EDGE_TOP ? box.height - height : 0;
	box.width = width;
	box.height = height;
	return box;
}

static void get_limits(const struct toplevel *toplevel, struct wlr_box *minimum, struct wlr_box *maximum) {
	const xcb_size_hints_t *hints = get_x(toplevel)->size_hints;
	*minimum = *maximum = (struct wlr_box){0};
	if (hints != NULL) {
		*minimum = (struct wlr_box){.width = MAX(hints->min_width, 0), .height = MAX(hints->min_height, 0)};
		*maximum = (struct wlr_box){.width = MAX(hints->max_width, 0), .height = MAX(hints->max_height, 0)};
	}
}

// Unlike those of xdg-shell, X11 clients cannot refuse a size that is too small for them.
static uint32_t resize(struct toplevel *toplevel, const struct wlr_box *box) {
	const struct wlr_xwayland_surface *x = get_x(toplevel);
	struct wlr_box target = keep_steps(toplevel, *box), minimum, maximum;
	if (target.width == 0) {
		target.width = x->width;
		target.height = x->height;
	}
	if (!toplevel->maximized && !toplevel->fullscreen) {
		get_limits(toplevel, &minimum, &maximum);
		target.width = MAX(target.width, minimum.width);
		target.height = MAX(target.height, minimum.height);
	}
	xwindow_configure(get_x(toplevel), &target);
	return 0;
}

static bool has_reached(const struct toplevel *toplevel, uint32_t serial) {
	const struct wlr_xwayland_surface *x = get_x(toplevel);
	return toplevel->surface->current.width == x->width && toplevel->surface->current.height == x->height;
}

static uint32_t set_resizing(struct toplevel *toplevel, bool resizing) {
	return 0;
}

static void set_activated(struct toplevel *toplevel, bool activated) {
	wlr_xwayland_surface_activate(get_x(toplevel), activated);
}

static void set_minimized(struct toplevel *toplevel, bool minimized) {
	wlr_xwayland_surface_set_minimized(get_x(toplevel), minimized);
}

// X11 computes the place of the pointer and of menus from that of the window. While it waits for a size, the place that
// belongs to that is configured with it.
static void moved(struct toplevel *toplevel) {
	struct wlr_xwayland_surface *x = get_x(toplevel);
	const struct wlr_box box = {
		.x = toplevel->tree->node.x + toplevel->content->node.x,
		.y = toplevel->tree->node.y + toplevel->content->node.y,
		.width = x->width,
		.height = x->height,
	};
	if (!toplevel->arrival.waiting && toplevel->resize.edges == 0 && (box.x != x->x || box.y != x->y)) {
		xwindow_configure(x, &box);
	}
}

static void raised(struct toplevel *toplevel) {
	struct wlr_xwayland_surface *x = get_x(toplevel);
	// wlroots asserts the first, and needs a window in the stack to be above.
	if (!x->override_redirect && !wl_list_empty(&x->stack_link)) {
		wlr_xwayland_surface_restack(x, NULL, XCB_STACK_MODE_ABOVE);
	}
}

static void close_window(struct toplevel *toplevel) {
	wlr_xwayland_surface_close(get_x(toplevel));
}

static bool takes_keyboard(const struct toplevel *toplevel) {
	return xwayland_surface_input_model(get_x(toplevel)) != WLR_ICCCM_INPUT_MODEL_NONE;
}

static const char *get_title(const struct toplevel *toplevel) {
	return get_x(toplevel)->title;
}

static const char *get_app_id(const struct toplevel *toplevel) {
	return get_x(toplevel)->class;
}

static struct toplevel *get_parent(const struct toplevel *toplevel) {
	const struct wlr_xwayland_surface *parent = get_x(toplevel)->parent;
	const struct xwindow *window = parent != NULL ? parent->data : NULL;
	return window != NULL ? window->toplevel : NULL;
}

static const struct toplevel_ops ops = {
	.send_states = send_states,
	.resize = resize,
	.has_reached = has_reached,
	.set_resizing = set_resizing,
	.set_activated = set_activated,
	.set_minimized = set_minimized,
	.moved = moved,
	.raised = raised,
	.close = close_window,
	.takes_keyboard = takes_keyboard,
	.get_title = get_title,
	.get_app_id = get_app_id,
	.get_parent = get_parent,
	.get_limits = get_limits,
};

static struct wlr_box get_geometry(const struct toplevel *toplevel) {
	return (struct wlr_box){.width = toplevel->surface->current.width, .height = toplevel->surface->current.height};
}

// A window is placed where it was shown before, or where its user wants it ("xterm -geometry +10+20").
static void choose_place(struct xtoplevel *window) {
	const struct wlr_xwayland_surface *x = window->window->x;
	bool is_chosen = x->size_hints != NULL && (x->size_hints->flags & XCB_ICCCM_SIZE_HINT_US_POSITION);
	if (window->window->has_place) {
		toplevel_move(&window->toplevel, window->window->place_x, window->window->place_y);
	} else if (is_chosen) {
		toplevel_move(&window->toplevel, x->x, x->y);
	}
	window->toplevel.placed = window->window->has_place || is_chosen;
}

static void map(struct xtoplevel *window) {
	struct toplevel *toplevel = &window->toplevel;
	const struct wlr_xwayland_surface *x = window->window->x;
	const struct wlr_box geometry = get_geometry(toplevel);
	choose_place(window);
	toplevel_map(toplevel, &geometry);
	moved(toplevel); // even if the tree is where it was created
	if (x->fullscreen) {
		toplevel_set_fullscreen(toplevel, true, NULL);
	} else if (x->maximized_vert && x->maximized_horz) {
		toplevel_set_maximized(toplevel, true);
	}
}

static void unmap(struct xtoplevel *window) {
	struct toplevel *toplevel = &window->toplevel;
	wlr_xwayland_surface_activate(window->window->x, false); // else wlroots would not activate it the next time
	toplevel_unmap(toplevel);
	window->window->has_place = toplevel->placed;
	window->window->place_x = toplevel->tree->node.x;
	window->window->place_y = toplevel->tree->node.y;
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct xtoplevel *window = wl_container_of(listener, window, listeners.map);
	map(window);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct xtoplevel *window = wl_container_of(listener, window, listeners.unmap);
	unmap(window);
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct xtoplevel *window = wl_container_of(listener, window, listeners.commit);
	if (toplevel_is_mapped(&window->toplevel)) {
		const struct wlr_box geometry = get_geometry(&window->toplevel);
		toplevel_commit(&window->toplevel, &geometry, true);
	}
}

static void handle_request_move(struct wl_listener *listener, void *data) {
	struct xtoplevel *window = wl_container_of(listener, window, listeners.request_move);
	struct toplevel_request request = {.toplevel = &window->toplevel};
	if (toplevel_is_mapped(&window->toplevel)) {
		wl_signal_emit_mutable(&window->toplevel.compositor->toplevels->events.request_move, &request);
	}
}

static void handle_request_resize(struct wl_listener *listener, void *data) {
	struct xtoplevel *window = wl_container_of(listener, window, listeners.request_resize);
	const struct wlr_xwayland_resize_event *event = data;
	struct toplevel_request request = {.toplevel = &window->toplevel, .edges = event->edges};
	if (toplevel_is_mapped(&window->toplevel)) {
		wl_signal_emit_mutable(&window->toplevel.compositor->toplevels->events.request_resize, &request);
	}
}

// Before the window is mapped, wlroots only notes its states: see map().
static void handle_request_maximize(struct wl_listener *listener, void *data) {
	struct xtoplevel *window = wl_container_of(listener, window, listeners.request_maximize);
	const struct wlr_xwayland_surface *x = window->window->x;
	if (toplevel_is_mapped(&window->toplevel)) {
		toplevel_set_maximized(&window->toplevel, x->maximized_vert && x->maximized_horz);
	}
}

static void handle_request_fullscreen(struct wl_listener *listener, void *data) {
	struct xtoplevel *window = wl_container_of(listener, window, listeners.request_fullscreen);
	if (toplevel_is_mapped(&window->toplevel)) {
		toplevel_set_fullscreen(&window->toplevel, window->window->x->fullscreen, NULL);
	}
}

static void handle_request_minimize(struct wl_listener *listener, void *data) {
	struct xtoplevel *window = wl_container_of(listener, window, listeners.request_minimize);
	const struct wlr_xwayland_minimize_event *event = data;
	if (toplevel_is_mapped(&window->toplevel)) {
		toplevel_set_minimized(&window->toplevel, event->minimize);
	}
}

// X11 clients may take the focus from each other, but not from others.
static void handle_request_activate(struct wl_listener *listener, void *data) {
	struct xtoplevel *window = wl_container_of(listener, window, listeners.request_activate);
	struct compositor *compositor = window->toplevel.compositor;
	const struct toplevel *active = compositor->toplevels->active;
	if (toplevel_is_mapped(&window->toplevel) && (active == NULL || active->ops == &ops)) {
		focus_toplevel(compositor, &window->toplevel);
	}
}

static void handle_set_title(struct wl_listener *listener, void *data) {
	struct xtoplevel *window = wl_container_of(listener, window, listeners.set_title);
	toplevel_notify_changed(&window->toplevel);
}

static void handle_set_class(struct wl_listener *listener, void *data) {
	struct xtoplevel *window = wl_container_of(listener, window, listeners.set_class);
	toplevel_notify_changed(&window->toplevel);
}

static void handle_set_parent(struct wl_listener *listener, void *data) {
	struct xtoplevel *window = wl_container_of(listener, window, listeners.set_parent);
	toplevel_update_layer(&window->toplevel);
	toplevel_notify_changed(&window->toplevel);
}

static void listen(struct xtoplevel *window) {
	struct wlr_xwayland_surface *x = window->window->x;
	struct wlr_surface *surface = window->toplevel.surface;
	listener_add(&window->listeners.map, &surface->events.map, handle_map);
	listener_add(&window->listeners.unmap, &surface->events.unmap, handle_unmap);
	listener_add(&window->listeners.commit, &surface->events.commit, handle_commit);
	listener_add(&window->listeners.request_move, &x->events.request_move, handle_request_move);
	listener_add(&window->listeners.request_resize, &x->events.request_resize, handle_request_resize);
	listener_add(&window->listeners.request_maximize, &x->events.request_maximize, handle_request_maximize);
	listener_add(&window->listeners.request_fullscreen, &x->events.request_fullscreen, handle_request_fullscreen);
	listener_add(&window->listeners.request_minimize, &x->events.request_minimize, handle_request_minimize);
	listener_add(&window->listeners.request_activate, &x->events.request_activate, handle_request_activate);
	listener_add(&window->listeners.set_title, &x->events.set_title, handle_set_title);
	listener_add(&window->listeners.set_class, &x->events.set_class, handle_set_class);
	listener_add(&window->listeners.set_parent, &x->events.set_parent, handle_set_parent);
}

static bool create_content(struct toplevel *toplevel) {
	toplevel->content = wlr_scene_tree_create(toplevel->tree);
	if (toplevel->content == NULL || wlr_scene_subsurface_tree_create(toplevel->content, toplevel->surface) == NULL) {
		toplevel_finish(toplevel);
		return false;
	}
	return true;
}

void xtoplevel_create(struct xwindow *xwindow) {
	struct xtoplevel *window = calloc(1, sizeof(*window));
	if (window == NULL) {
		return;
	}
	window->window = xwindow;
	if (!toplevel_init(&window->toplevel, xwindow->compositor, &ops, xwindow->x->surface) ||
			!create_content(&window->toplevel)) {
		free(window);
		return;
	}
	xwindow->toplevel = &window->toplevel;
	listen(window);
	if (xwindow->x->surface->mapped) {
		map(window);
	}
}

void xtoplevel_destroy(struct toplevel *toplevel) {
	struct xtoplevel *window = wl_container_of(toplevel, window, toplevel);
	if (!wl_list_empty(&toplevel->link)) {
		unmap(window);
	}
	listener_remove(&window->listeners.map);
	listener_remove(&window->listeners.unmap);
	listener_remove(&window->listeners.commit);
	listener_remove(&window->listeners.request_move);
	listener_remove(&window->listeners.request_resize);
	listener_remove(&window->listeners.request_maximize);
	listener_remove(&window->listeners.request_fullscreen);
	listener_remove(&window->listeners.request_minimize);
	listener_remove(&window->listeners.request_activate);
	listener_remove(&window->listeners.set_title);
	listener_remove(&window->listeners.set_class);
	listener_remove(&window->listeners.set_parent);
	window->window->toplevel = NULL;
	toplevel_finish(toplevel);
	free(window);
}
