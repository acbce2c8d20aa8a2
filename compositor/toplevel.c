#include "toplevel.h"

#include "batch.h"
#include "compat.h"
#include "desktop.h"
#include "listener.h"
#include "output.h"
#include "parts.h"
#include "placement.h"
#include "popup.h"
#include "shell.h"
#include "xdg-shell-protocol.h"
#include <assert.h>
#include <stdlib.h>
#include <sys/param.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/util/edges.h>

struct toplevel *toplevel_try_from_owner(struct owner *owner) {
	struct toplevel *toplevel = NULL;
	return owner != NULL && owner->type == OWNER_TOPLEVEL ? wl_container_of(owner, toplevel, owner) : NULL;
}

static struct toplevel *toplevel_from_xdg(struct wlr_xdg_toplevel *xdg) {
	struct wlr_scene_tree *content = xdg->base->data;
	return content != NULL ? toplevel_try_from_owner(content->node.parent->node.data) : NULL;
}

struct toplevel *toplevel_try_from_surface(struct wlr_surface *surface) {
	while (surface != NULL) {
		surface = wlr_surface_get_root_surface(surface);
		struct wlr_xdg_surface *xdg = wlr_xdg_surface_try_from_wlr_surface(surface);
		if (xdg == NULL || xdg->role_resource == NULL) {
			return NULL;
		}
		if (xdg->role == WLR_XDG_SURFACE_ROLE_TOPLEVEL) {
			return xdg->toplevel != NULL ? toplevel_from_xdg(xdg->toplevel) : NULL;
		}
		surface = xdg->role == WLR_XDG_SURFACE_ROLE_POPUP && xdg->popup != NULL ? xdg->popup->parent : NULL;
	}
	return NULL;
}

static struct toplevel *toplevel_parent(struct toplevel *toplevel) {
	return toplevel->xdg->parent != NULL ? toplevel_from_xdg(toplevel->xdg->parent) : NULL;
}

struct toplevel *toplevel_root(struct toplevel *toplevel) {
	struct toplevel *parent;
	for (int i = 0; i < TOPLEVEL_GENERATIONS_MAX && (parent = toplevel_parent(toplevel)) != NULL; i++) {
		toplevel = parent;
	}
	return toplevel;
}

struct wlr_box toplevel_box(const struct toplevel *toplevel) {
	return (struct wlr_box){
		toplevel->tree->node.x, toplevel->tree->node.y, toplevel->geometry.width, toplevel->geometry.height};
}

struct output *toplevel_output(struct toplevel *toplevel) {
	struct wlr_box box = toplevel_box(toplevel);
	return desktop_output_at(toplevel->compositor->desktop, box.x + box.width / 2.0, box.y + box.height / 2.0);
}

void toplevel_move(struct toplevel *toplevel, int lx, int ly) {
	if (toplevel->tree->node.x != lx || toplevel->tree->node.y != ly) {
		batch_expect_surface(toplevel->compositor, toplevel->xdg->base->surface);
		wlr_scene_node_set_position(&toplevel->tree->node, lx, ly);
	}
	popups_refresh(toplevel->compositor);
}

// Returns how many generations the window is below its ancestor. 0: it is none of its dialogs, or too far away.
static int generations_below(struct toplevel *toplevel, const struct toplevel *ancestor) {
	for (int i = 1; i <= TOPLEVEL_GENERATIONS_MAX && (toplevel = toplevel_parent(toplevel)) != NULL; i++) {
		if (toplevel == ancestor) {
			return i;
		}
	}
	return 0;
}

// The lowest window of each layer that is in its place.
struct stack {
	struct wlr_scene_node *lowest[2];
	size_t len;
};

// Places the window below those of the stack. Each window that moves costs a walk over the scene.
static void stack_add(struct stack *stack, struct toplevel *toplevel) {
	struct wlr_scene_node *node = &toplevel->tree->node;
	for (size_t i = 0; i < stack->len; i++) {
		if (stack->lowest[i]->parent == node->parent) {
			wlr_scene_node_place_below(node, stack->lowest[i]);
			stack->lowest[i] = node;
			return;
		}
	}
	wlr_scene_node_raise_to_top(node);
	assert(stack->len < sizeof(stack->lowest) / sizeof(stack->lowest[0]));
	stack->lowest[stack->len++] = node;
}

void toplevel_raise(struct toplevel *toplevel) {
	struct {
		struct toplevel *toplevel;
		int generations;
	} dialogs[TOPLEVEL_DIALOGS_MAX];
	size_t dialogs_len = 0;
	struct toplevel *other;
	wl_list_for_each(other, &toplevel->compositor->toplevels->list, link) {
		int generations = generations_below(other, toplevel);
		if (generations > 0 && dialogs_len < TOPLEVEL_DIALOGS_MAX) {
			dialogs[dialogs_len].toplevel = other;
			dialogs[dialogs_len++].generations = generations;
		}
	}
	batch_expect(toplevel->compositor, dialogs_len);
	batch_expect_surface(toplevel->compositor, toplevel->xdg->base->surface);
	struct stack stack = {0};
	for (int generation = TOPLEVEL_GENERATIONS_MAX; generation > 0; generation--) {
		for (size_t i = 0; i < dialogs_len; i++) {
			if (dialogs[i].generations == generation) {
				stack_add(&stack, dialogs[i].toplevel);
			}
		}
	}
	stack_add(&stack, toplevel);
}

static bool has_reached(const struct toplevel *toplevel, uint32_t serial) {
	return (int32_t)(toplevel->xdg->base->current.configure_serial - serial) >= 0;
}

// If the client sets no window geometry, a subsurface that grows to the left must not push the window to the right.
static void follow_growth(struct toplevel *toplevel, const struct wlr_box *old) {
	if (!wlr_box_empty(&toplevel->xdg->base->current.geometry) || toplevel->fullscreen || toplevel->maximized) {
		return;
	}
	struct wlr_scene_node *node = &toplevel->tree->node;
	toplevel_move(toplevel, node->x + toplevel->geometry.x - old->x, node->y + toplevel->geometry.y - old->y);
}

static void follow_resize(struct toplevel *toplevel) {
	if (toplevel->resize.edges == 0) {
		return;
	}
	struct wlr_box box = toplevel_box(toplevel);
	toplevel_move(toplevel, toplevel->resize.edges & WLR_EDGE_LEFT ? toplevel->resize.right - box.width : box.x,
			toplevel->resize.edges & WLR_EDGE_TOP ? toplevel->resize.bottom - box.height : box.y);
	if (toplevel->resize.ended && has_reached(toplevel, toplevel->resize.serial)) {
		toplevel->resize.edges = 0;
	}
}

// The part of a window that was within reach may be what the client has cut off.
static void follow_shrinking(struct toplevel *toplevel, const struct wlr_box *old) {
	const struct wlr_box *geometry = &toplevel->geometry;
	bool shrinks = geometry->width < old->width || geometry->height < old->height;
	struct output *output = shrinks ? toplevel_output(toplevel) : NULL;
	if (output != NULL && !toplevel->fullscreen && !toplevel->maximized && toplevel->resize.edges == 0) {
		struct wlr_box box = placement_reachable(&output->usable, toplevel_box(toplevel));
		toplevel_move(toplevel, box.x, box.y);
	}
}

static void center_content(struct toplevel *toplevel) {
	int x = 0, y = 0;
	if (toplevel->fullscreen) {
		x = (toplevel->backdrop->width - toplevel->geometry.width) / 2;
		y = (toplevel->backdrop->height - toplevel->geometry.height) / 2;
	}
	x = MAX(x, 0);
	y = MAX(y, 0);
	if (toplevel->content->node.x != x || toplevel->content->node.y != y) {
		batch_expect_surface(toplevel->compositor, toplevel->xdg->base->surface);
		wlr_scene_node_set_position(&toplevel->content->node, x, y);
	}
	popups_refresh(toplevel->compositor);
}

static void configure_initially(struct toplevel *toplevel) {
	struct wlr_xdg_toplevel *xdg = toplevel->xdg;
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
	struct toplevel *toplevel = wl_container_of(listener, toplevel, listeners.commit);
	if (toplevel->xdg->base->initial_commit) {
		configure_initially(toplevel);
		return;
	}
	if (!toplevel->xdg->base->surface->mapped) {
		return;
	}
	struct wlr_box old = toplevel->geometry;
	toplevel->geometry = xdg_surface_geometry(toplevel->xdg->base);
	if (old.x != toplevel->geometry.x || old.y != toplevel->geometry.y) {
		follow_growth(toplevel, &old);
	}
	if (toplevel->arrival.waiting && has_reached(toplevel, toplevel->arrival.serial)) {
		toplevel->arrival.waiting = false;
		toplevel_move(toplevel, toplevel->arrival.x, toplevel->arrival.y);
	}
	follow_resize(toplevel);
	follow_shrinking(toplevel, &old);
	center_content(toplevel);
}

static struct wlr_box place_freely(struct toplevel *toplevel, const struct wlr_box *area, int width, int height) {
	struct toplevels *toplevels = toplevel->compositor->toplevels;
	struct wlr_box windows[PLACEMENT_WINDOWS_MAX], box;
	size_t windows_len = 0;
	struct toplevel *other;
	wl_list_for_each(other, &toplevels->list, link) {
		if (other != toplevel && !other->minimized && windows_len < PLACEMENT_WINDOWS_MAX) {
			windows[windows_len++] = toplevel_box(other);
		}
	}
	if (placement_free(area, windows, windows_len, width, height, &box)) {
		return box;
	}
	return placement_cascade(area, width, height, ++toplevels->count);
}

// Places a new window that is neither maximized nor fullscreen. A window larger than its output is asked to shrink.
static void toplevel_place(struct toplevel *toplevel) {
	struct output *output = desktop_output_at_pointer(toplevel->compositor->desktop);
	if (output == NULL) {
		return;
	}
	toplevel->strayed = false;
	int width = toplevel->geometry.width, height = toplevel->geometry.height;
	if (width > output->usable.width || height > output->usable.height) {
		width = MIN(width, output->usable.width);
		height = MIN(height, output->usable.height);
		wlr_xdg_toplevel_set_size(toplevel->xdg, width, height);
	}
	struct toplevel *parent = toplevel_parent(toplevel);
	struct wlr_box box;
	if (parent != NULL && parent->xdg->base->surface->mapped) {
		struct wlr_box over = toplevel_box(parent);
		box = placement_center(&output->usable, &over, width, height);
	} else {
		box = place_freely(toplevel, &output->usable, width, height);
	}
	toplevel_move(toplevel, box.x, box.y);
}

// Shows a window again that was hidden, in whatever size: where the user left it, if that place still exists.
static void toplevel_place_again(struct toplevel *toplevel) {
	struct output *output = toplevel_output(toplevel);
	if (output != NULL) {
		struct wlr_box box = toplevel_keep_on(toplevel, output, toplevel_box(toplevel));
		toplevel_move(toplevel, box.x, box.y);
	}
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct toplevel *toplevel = wl_container_of(listener, toplevel, listeners.map);
	toplevel->geometry = xdg_surface_geometry(toplevel->xdg->base);
	if (toplevel->maximized || toplevel->fullscreen) {
		toplevel_move(toplevel, toplevel->arrival.x, toplevel->arrival.y);
	} else if (toplevel->placed) {
		toplevel_place_again(toplevel);
	} else {
		toplevel_place(toplevel);
	}
	toplevel->arrival.waiting = false;
	wlr_scene_node_set_enabled(&toplevel->tree->node, true);
	wl_list_insert(&toplevel->compositor->toplevels->list, &toplevel->link);
	popup_dismiss(toplevel->compositor, NULL);
	wl_signal_emit_mutable(&toplevel->compositor->toplevels->events.map, toplevel);
}

// Unmapping resets all states, so the window returns to its normal place; a window without one is placed as new.
static void toplevel_keep_place(struct toplevel *toplevel) {
	toplevel->placed = true;
	if (toplevel->maximized || toplevel->fullscreen) {
		toplevel->placed = !wlr_box_empty(&toplevel->normal);
		toplevel_move(toplevel, toplevel->normal.x, toplevel->normal.y);
	}
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct toplevel *toplevel = wl_container_of(listener, toplevel, listeners.unmap);
	wl_list_remove(&toplevel->link);
	wl_list_init(&toplevel->link);
	wlr_scene_node_set_enabled(&toplevel->tree->node, false);
	toplevel_keep_place(toplevel);
	toplevel->maximized = toplevel->fullscreen = toplevel->minimized = false;
	toplevel->normal = toplevel->geometry = (struct wlr_box){0};
	toplevel->arrival.waiting = false;
	toplevel->resize.edges = 0;
	wlr_scene_node_set_enabled(&toplevel->backdrop->node, false);
	wl_signal_emit_mutable(&toplevel->compositor->toplevels->events.unmap, toplevel);
}

static void handle_configure(struct wl_listener *listener, void *data) {
	shell_own_configure(data);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct toplevel *toplevel = wl_container_of(listener, toplevel, listeners.destroy);
	listener_remove(&toplevel->listeners.map);
	listener_remove(&toplevel->listeners.unmap);
	listener_remove(&toplevel->listeners.commit);
	listener_remove(&toplevel->listeners.configure);
	listener_remove(&toplevel->listeners.ack_configure);
	listener_remove(&toplevel->listeners.destroy);
	listener_remove(&toplevel->listeners.request_move);
	listener_remove(&toplevel->listeners.request_resize);
	listener_remove(&toplevel->listeners.request_maximize);
	listener_remove(&toplevel->listeners.request_fullscreen);
	listener_remove(&toplevel->listeners.request_minimize);
	listener_remove(&toplevel->listeners.set_title);
	listener_remove(&toplevel->listeners.set_app_id);
	listener_remove(&toplevel->listeners.set_parent);
	wl_list_remove(&toplevel->all_link);
	toplevel->xdg->base->data = NULL;
	wlr_scene_node_destroy(&toplevel->tree->node);
	free(toplevel);
}

static void handle_request_move(struct wl_listener *listener, void *data) {
	struct toplevel *toplevel = wl_container_of(listener, toplevel, listeners.request_move);
	const struct wlr_xdg_toplevel_move_event *event = data;
	struct toplevel_request request = {.toplevel = toplevel, .serial = event->serial};
	wl_signal_emit_mutable(&toplevel->compositor->toplevels->events.request_move, &request);
}

static void handle_request_resize(struct wl_listener *listener, void *data) {
	struct toplevel *toplevel = wl_container_of(listener, toplevel, listeners.request_resize);
	const struct wlr_xdg_toplevel_resize_event *event = data;
	struct toplevel_request request = {.toplevel = toplevel, .serial = event->serial, .edges = event->edges};
	wl_signal_emit_mutable(&toplevel->compositor->toplevels->events.request_resize, &request);
}

// configure_initially() answers a request that comes before the first commit.
static void handle_request_maximize(struct wl_listener *listener, void *data) {
	struct toplevel *toplevel = wl_container_of(listener, toplevel, listeners.request_maximize);
	if (toplevel->xdg->base->initialized) {
		toplevel_set_maximized(toplevel, toplevel->xdg->requested.maximized);
	}
}

static void handle_request_fullscreen(struct wl_listener *listener, void *data) {
	struct toplevel *toplevel = wl_container_of(listener, toplevel, listeners.request_fullscreen);
	struct wlr_xdg_toplevel_requested *requested = &toplevel->xdg->requested;
	if (toplevel->xdg->base->initialized) {
		toplevel_set_fullscreen(toplevel, requested->fullscreen,
				desktop_output_from_wlr(toplevel->compositor->desktop, requested->fullscreen_output));
	}
}

static void handle_request_minimize(struct wl_listener *listener, void *data) {
	struct toplevel *toplevel = wl_container_of(listener, toplevel, listeners.request_minimize);
	if (toplevel->xdg->base->surface->mapped) {
		toplevel_set_minimized(toplevel, toplevel->xdg->requested.minimized);
	}
}

static void handle_set_title(struct wl_listener *listener, void *data) {
	struct toplevel *toplevel = wl_container_of(listener, toplevel, listeners.set_title);
	toplevel_notify_changed(toplevel);
}

static void handle_set_app_id(struct wl_listener *listener, void *data) {
	struct toplevel *toplevel = wl_container_of(listener, toplevel, listeners.set_app_id);
	toplevel_notify_changed(toplevel);
}

static void handle_ack_configure(struct wl_listener *listener, void *data) {
	struct toplevel *toplevel = wl_container_of(listener, toplevel, listeners.ack_configure);
	const struct wlr_xdg_surface_configure *configure = data;
	toplevel->resize.acked = configure->serial;
	wl_signal_emit_mutable(&toplevel->compositor->toplevels->events.acked, toplevel);
}

static void handle_set_parent(struct wl_listener *listener, void *data) {
	struct toplevel *toplevel = wl_container_of(listener, toplevel, listeners.set_parent);
	toplevel_update_layer(toplevel);
	toplevel_notify_changed(toplevel);
}

static void toplevel_listen(struct toplevel *toplevel) {
	struct wlr_xdg_toplevel *xdg = toplevel->xdg;
	struct wlr_surface *surface = xdg->base->surface;
	listener_add(&toplevel->listeners.map, &surface->events.map, handle_map);
	listener_add(&toplevel->listeners.unmap, &surface->events.unmap, handle_unmap);
	listener_add(&toplevel->listeners.commit, &surface->events.commit, handle_commit);
	listener_add(&toplevel->listeners.configure, &xdg->base->events.configure, handle_configure);
	listener_add(&toplevel->listeners.ack_configure, &xdg->base->events.ack_configure, handle_ack_configure);
	listener_add(&toplevel->listeners.destroy, &xdg->events.destroy, handle_destroy);
	listener_add(&toplevel->listeners.request_move, &xdg->events.request_move, handle_request_move);
	listener_add(&toplevel->listeners.request_resize, &xdg->events.request_resize, handle_request_resize);
	listener_add(&toplevel->listeners.request_maximize, &xdg->events.request_maximize, handle_request_maximize);
	listener_add(&toplevel->listeners.request_fullscreen, &xdg->events.request_fullscreen, handle_request_fullscreen);
	listener_add(&toplevel->listeners.request_minimize, &xdg->events.request_minimize, handle_request_minimize);
	listener_add(&toplevel->listeners.set_title, &xdg->events.set_title, handle_set_title);
	listener_add(&toplevel->listeners.set_app_id, &xdg->events.set_app_id, handle_set_app_id);
	listener_add(&toplevel->listeners.set_parent, &xdg->events.set_parent, handle_set_parent);
}

static bool toplevel_create_nodes(struct toplevel *toplevel) {
	static const float black[4] = {0, 0, 0, 1};
	toplevel->tree = wlr_scene_tree_create(toplevel->compositor->desktop->layers[DESKTOP_LAYER_WINDOWS]);
	if (toplevel->tree == NULL) {
		return false;
	}
	toplevel->backdrop = wlr_scene_rect_create(toplevel->tree, 0, 0, black);
	toplevel->content = wlr_scene_xdg_surface_create(toplevel->tree, toplevel->xdg->base);
	if (toplevel->backdrop == NULL || toplevel->content == NULL) {
		wlr_scene_node_destroy(&toplevel->tree->node);
		return false;
	}
	wlr_scene_node_set_enabled(&toplevel->tree->node, false);
	wlr_scene_node_set_enabled(&toplevel->backdrop->node, false);
	toplevel->tree->node.data = &toplevel->owner;
	toplevel->xdg->base->data = toplevel->content;
	return true;
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

void toplevel_create(struct compositor *compositor, struct wlr_xdg_toplevel *xdg) {
	struct toplevel *toplevel = calloc(1, sizeof(*toplevel));
	if (toplevel == NULL) {
		wl_resource_post_no_memory(xdg->resource);
		return;
	}
	toplevel->owner.type = OWNER_TOPLEVEL;
	toplevel->compositor = compositor;
	toplevel->xdg = xdg;
	wl_list_init(&toplevel->link);
	if (!toplevel_create_nodes(toplevel)) {
		wl_resource_post_no_memory(xdg->resource);
		free(toplevel);
		return;
	}
	wl_list_insert(&compositor->toplevels->all, &toplevel->all_link);
	toplevel_listen(toplevel);
	send_wm_capabilities(xdg);
}

static void handle_layout_changed(struct wl_listener *listener, void *data) {
	struct toplevels *toplevels = wl_container_of(listener, toplevels, listeners.layout_changed);
	toplevels_arrange(toplevels->compositor);
}

static void handle_usable_changed(struct wl_listener *listener, void *data) {
	struct toplevels *toplevels = wl_container_of(listener, toplevels, listeners.usable_changed);
	toplevels_arrange(toplevels->compositor);
}

// Windows on the output move to another one.
static void handle_output_destroy(struct wl_listener *listener, void *data) {
	struct toplevels *toplevels = wl_container_of(listener, toplevels, listeners.output_destroy);
	const struct output *output = data;
	struct toplevel *toplevel;
	wl_list_for_each(toplevel, &toplevels->all, all_link) {
		if (toplevel->output == output) {
			toplevel->output = NULL;
		}
	}
}

bool toplevels_init(struct compositor *compositor) {
	struct toplevels *toplevels = compositor->toplevels;
	struct desktop *desktop = compositor->desktop;
	toplevels->compositor = compositor;
	wl_list_init(&toplevels->list);
	wl_list_init(&toplevels->all);
	wl_signal_init(&toplevels->events.map);
	wl_signal_init(&toplevels->events.unmap);
	wl_signal_init(&toplevels->events.acked);
	wl_signal_init(&toplevels->events.changed);
	wl_signal_init(&toplevels->events.request_move);
	wl_signal_init(&toplevels->events.request_resize);
	listener_add(&toplevels->listeners.layout_changed, &desktop->events.layout_changed, handle_layout_changed);
	listener_add(&toplevels->listeners.usable_changed, &desktop->events.usable_changed, handle_usable_changed);
	listener_add(&toplevels->listeners.output_destroy, &compositor->outputs->events.destroy, handle_output_destroy);
	return true;
}

void toplevels_finish(struct compositor *compositor) {
	struct toplevels *toplevels = compositor->toplevels;
	assert(wl_list_empty(&toplevels->all));
	signal_finish(&toplevels->events.map);
	signal_finish(&toplevels->events.unmap);
	signal_finish(&toplevels->events.acked);
	signal_finish(&toplevels->events.changed);
	signal_finish(&toplevels->events.request_move);
	signal_finish(&toplevels->events.request_resize);
	listener_remove(&toplevels->listeners.layout_changed);
	listener_remove(&toplevels->listeners.usable_changed);
	listener_remove(&toplevels->listeners.output_destroy);
}
