#include "override.h"

#include "batch.h"
#include "compat.h"
#include "cursor.h"
#include "focus.h"
#include "listener.h"
#include "parts.h"
#include "xwindow.h"
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/xwayland.h>

struct override *override_try_from_owner(struct owner *owner) {
	struct override *override = NULL;
	return owner != NULL && owner->type == OWNER_OVERRIDE ? wl_container_of(owner, override, owner) : NULL;
}

bool override_takes_keyboard(const struct override *override) {
	const struct wlr_xwayland_surface *x = override->window->x;
	return xwayland_surface_wants_focus(x) && xwayland_surface_input_model(x) != WLR_ICCCM_INPUT_MODEL_NONE;
}

static void place(struct override *override) {
	const struct wlr_xwayland_surface *x = override->window->x;
	struct compositor *compositor = override->window->compositor;
	if (override->tree->node.x != x->x || override->tree->node.y != x->y) {
		batch_expect_surface(compositor, override->surface);
		wlr_scene_node_set_position(&override->tree->node, x->x, x->y);
		cursor_refresh(compositor);
	}
}

static void set_shown(struct override *override, bool shown) {
	struct compositor *compositor = override->window->compositor;
	batch_expect_surface(compositor, override->surface);
	wlr_scene_node_set_enabled(&override->tree->node, shown);
	cursor_refresh(compositor);
}

static void map(struct override *override) {
	place(override);
	set_shown(override, true);
	wlr_scene_node_raise_to_top(&override->tree->node);
	if (override_takes_keyboard(override)) {
		focus_override(override->window->compositor, override);
	}
}

static void unmap(struct override *override) {
	struct compositor *compositor = override->window->compositor;
	set_shown(override, false);
	if (compositor->focus->override == override) {
		focus_override(compositor, NULL);
	}
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct override *override = wl_container_of(listener, override, listeners.map);
	map(override);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct override *override = wl_container_of(listener, override, listeners.unmap);
	unmap(override);
}

static void handle_set_geometry(struct wl_listener *listener, void *data) {
	struct override *override = wl_container_of(listener, override, listeners.set_geometry);
	place(override);
}

static bool create_nodes(struct override *override) {
	struct desktop *desktop = override->window->compositor->desktop;
	override->tree = wlr_scene_tree_create(desktop->layers[DESKTOP_LAYER_OVERRIDE]);
	if (override->tree == NULL) {
		return false;
	}
	wlr_scene_node_set_enabled(&override->tree->node, false);
	override->tree->node.data = &override->owner;
	if (wlr_scene_subsurface_tree_create(override->tree, override->surface) == NULL) {
		wlr_scene_node_destroy(&override->tree->node);
		return false;
	}
	return true;
}

void override_create(struct xwindow *window) {
	struct override *override = calloc(1, sizeof(*override));
	if (override == NULL) {
		return;
	}
	override->owner.type = OWNER_OVERRIDE;
	override->window = window;
	override->surface = window->x->surface;
	if (!create_nodes(override)) {
		free(override);
		return;
	}
	window->override = override;
	listener_add(&override->listeners.map, &override->surface->events.map, handle_map);
	listener_add(&override->listeners.unmap, &override->surface->events.unmap, handle_unmap);
	listener_add(&override->listeners.set_geometry, &window->x->events.set_geometry, handle_set_geometry);
	if (override->surface->mapped) {
		map(override);
	}
}

void override_destroy(struct override *override) {
	if (override->tree->node.enabled) {
		unmap(override);
	}
	listener_remove(&override->listeners.map);
	listener_remove(&override->listeners.unmap);
	listener_remove(&override->listeners.set_geometry);
	override->window->override = NULL;
	wlr_scene_node_destroy(&override->tree->node);
	free(override);
}
