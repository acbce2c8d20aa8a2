#include "toplevel.h"

#include "batch.h"
#include "desktop.h"
#include "listener.h"
#include "output.h"
#include "parts.h"
#include "placement.h"
#include "popup.h"
#include "xdg_toplevel.h"
#include "xwindow.h"
#include <assert.h>
#include <sys/param.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/util/edges.h>

struct toplevel *toplevel_try_from_owner(struct owner *owner) {
	struct toplevel *toplevel = NULL;
	return owner != NULL && owner->type == OWNER_TOPLEVEL ? wl_container_of(owner, toplevel, owner) : NULL;
}

struct toplevel *toplevel_try_from_surface(struct wlr_surface *surface) {
	while (surface != NULL) {
		surface = wlr_surface_get_root_surface(surface);
		struct wlr_xdg_surface *xdg = wlr_xdg_surface_try_from_wlr_surface(surface);
		if (xdg == NULL) {
			return xwindow_try_from_surface(surface);
		}
		if (xdg->role_resource == NULL) {
			return NULL;
		}
		if (xdg->role == WLR_XDG_SURFACE_ROLE_TOPLEVEL) {
			return xdg->toplevel != NULL ? xdg_toplevel_get_window(xdg->toplevel) : NULL;
		}
		surface = xdg->role == WLR_XDG_SURFACE_ROLE_POPUP && xdg->popup != NULL ? xdg->popup->parent : NULL;
	}
	return NULL;
}

bool toplevel_is_mapped(const struct toplevel *toplevel) {
	return toplevel->surface->mapped;
}

static struct toplevel *toplevel_parent(const struct toplevel *toplevel) {
	return toplevel->ops->get_parent(toplevel);
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

static void notify_moved(struct toplevel *toplevel) {
	if (toplevel->ops->moved != NULL) {
		toplevel->ops->moved(toplevel);
	}
}

void toplevel_move(struct toplevel *toplevel, int lx, int ly) {
	if (toplevel->tree->node.x != lx || toplevel->tree->node.y != ly) {
		batch_expect_surface(toplevel->compositor, toplevel->surface);
		wlr_scene_node_set_position(&toplevel->tree->node, lx, ly);
		notify_moved(toplevel);
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

struct dialog {
	struct toplevel *toplevel;
	int generations; // below the window that is raised
};

static void notify_raised(struct toplevel *toplevel, const struct dialog *dialogs, size_t dialogs_len) {
	if (toplevel->ops->raised != NULL) {
		toplevel->ops->raised(toplevel);
	}
	for (int generation = 1; generation <= TOPLEVEL_GENERATIONS_MAX; generation++) {
		for (size_t i = 0; i < dialogs_len; i++) {
			struct toplevel *dialog = dialogs[i].toplevel;
			if (dialogs[i].generations == generation && dialog->ops->raised != NULL) {
				dialog->ops->raised(dialog);
			}
		}
	}
}

void toplevel_raise(struct toplevel *toplevel) {
	struct dialog dialogs[TOPLEVEL_DIALOGS_MAX];
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
	batch_expect_surface(toplevel->compositor, toplevel->surface);
	struct stack stack = {0};
	for (int generation = TOPLEVEL_GENERATIONS_MAX; generation > 0; generation--) {
		for (size_t i = 0; i < dialogs_len; i++) {
			if (dialogs[i].generations == generation) {
				stack_add(&stack, dialogs[i].toplevel);
			}
		}
	}
	stack_add(&stack, toplevel);
	notify_raised(toplevel, dialogs, dialogs_len);
}

// If the client sets no window geometry, a subsurface that grows to the left must not push the window to the right.
static void follow_growth(struct toplevel *toplevel, const struct wlr_box *old) {
	if (toplevel->fullscreen || toplevel->maximized) {
		return;
	}
	struct wlr_scene_node *node = &toplevel->tree->node;
	toplevel_move(toplevel, node->x + toplevel->geometry.x - old->x, node->y + toplevel->geometry.y - old->y);
}

static void finish_resize(struct toplevel *toplevel) {
	if (toplevel->resize.ended && toplevel->ops->has_reached(toplevel, toplevel->resize.serial)) {
		toplevel->resize.edges = 0;
	}
}

void toplevel_end_resize(struct toplevel *toplevel) {
	toplevel->resize.serial = toplevel->ops->set_resizing(toplevel, false);
	toplevel->resize.ended = true;
	finish_resize(toplevel);
}

static void follow_resize(struct toplevel *toplevel) {
	if (toplevel->resize.edges == 0) {
		return;
	}
	struct wlr_box box = toplevel_box(toplevel);
	toplevel_move(toplevel, toplevel->resize.edges & WLR_EDGE_LEFT ? toplevel->resize.right - box.width : box.x,
			toplevel->resize.edges & WLR_EDGE_TOP ? toplevel->resize.bottom - box.height : box.y);
	finish_resize(toplevel);
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
		batch_expect_surface(toplevel->compositor, toplevel->surface);
		wlr_scene_node_set_position(&toplevel->content->node, x, y);
		notify_moved(toplevel);
	}
	popups_refresh(toplevel->compositor);
}

void toplevel_commit(struct toplevel *toplevel, const struct wlr_box *geometry, bool is_set) {
	const struct wlr_box old = toplevel->geometry;
	toplevel->geometry = *geometry;
	if (!is_set && (old.x != geometry->x || old.y != geometry->y)) {
		follow_growth(toplevel, &old);
	}
	toplevel_arrive(toplevel);
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
		toplevel->ops->resize(toplevel, &(struct wlr_box){output->usable.x, output->usable.y, width, height});
	}
	struct toplevel *parent = toplevel_parent(toplevel);
	struct wlr_box box;
	if (parent != NULL && toplevel_is_mapped(parent)) {
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

void toplevel_map(struct toplevel *toplevel, const struct wlr_box *geometry) {
	toplevel->geometry = *geometry;
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

void toplevel_unmap(struct toplevel *toplevel) {
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

static bool toplevel_create_nodes(struct toplevel *toplevel) {
	static const float black[4] = {0, 0, 0, 1};
	toplevel->tree = wlr_scene_tree_create(toplevel->compositor->desktop->layers[DESKTOP_LAYER_WINDOWS]);
	if (toplevel->tree == NULL) {
		return false;
	}
	toplevel->backdrop = wlr_scene_rect_create(toplevel->tree, 0, 0, black);
	if (toplevel->backdrop == NULL) {
		wlr_scene_node_destroy(&toplevel->tree->node);
		return false;
	}
	wlr_scene_node_set_enabled(&toplevel->tree->node, false);
	wlr_scene_node_set_enabled(&toplevel->backdrop->node, false);
	toplevel->tree->node.data = &toplevel->owner;
	return true;
}

bool toplevel_init(struct toplevel *toplevel, struct compositor *compositor, const struct toplevel_ops *ops,
		struct wlr_surface *surface) {
	toplevel->owner.type = OWNER_TOPLEVEL;
	toplevel->compositor = compositor;
	toplevel->ops = ops;
	toplevel->surface = surface;
	wl_list_init(&toplevel->link);
	if (!toplevel_create_nodes(toplevel)) {
		return false;
	}
	wl_list_insert(&compositor->toplevels->all, &toplevel->all_link);
	return true;
}

void toplevel_finish(struct toplevel *toplevel) {
	wl_list_remove(&toplevel->all_link);
	wlr_scene_node_destroy(&toplevel->tree->node);
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
