#include "desktop.h"

#include "listener.h"
#include "output.h"
#include "parts.h"
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_scene.h>

// A pool at dusk.
static const float background_color[4] = {0.13f, 0.25f, 0.29f, 1.0f};

static void handle_layout_change(struct wl_listener *listener, void *data) {
	struct desktop *desktop = wl_container_of(listener, desktop, listeners.layout_change);
	struct wlr_box box;
	wlr_output_layout_get_box(desktop->layout, NULL, &box);
	wlr_scene_node_set_position(&desktop->color->node, box.x, box.y);
	wlr_scene_rect_set_size(desktop->color, box.width, box.height);
	struct output *output;
	wl_list_for_each(output, &desktop->outputs, link) {
		wlr_output_layout_get_box(desktop->layout, output->wlr, &output->area);
		sentinel_place(output);
	}
	wl_signal_emit_mutable(&desktop->events.layout_changed, desktop);
}

bool desktop_init(struct compositor *compositor) {
	struct desktop *desktop = compositor->desktop;
	wl_list_init(&desktop->outputs);
	desktop->changes = 1;
	wl_signal_init(&desktop->events.layout_changed);
	wl_signal_init(&desktop->events.usable_changed);
	desktop->layout = wlr_output_layout_create(compositor->display);
	desktop->scene = wlr_scene_create();
	if (desktop->layout == NULL || desktop->scene == NULL) {
		return false;
	}
	desktop->scene_layout = wlr_scene_attach_output_layout(desktop->scene, desktop->layout);
	desktop->color = wlr_scene_rect_create(&desktop->scene->tree, 0, 0, background_color);
	if (desktop->scene_layout == NULL || desktop->color == NULL) {
		return false;
	}
	for (size_t i = 0; i < DESKTOP_LAYERS_LEN; i++) {
		desktop->layers[i] = wlr_scene_tree_create(&desktop->scene->tree);
		if (desktop->layers[i] == NULL) {
			return false;
		}
	}
	listener_add(&desktop->listeners.layout_change, &desktop->layout->events.change, handle_layout_change);
	return true;
}

void desktop_finish(struct compositor *compositor) {
	struct desktop *desktop = compositor->desktop;
	signal_finish(&desktop->events.layout_changed);
	signal_finish(&desktop->events.usable_changed);
	listener_remove(&desktop->listeners.layout_change);
	if (desktop->scene != NULL) {
		wlr_scene_node_destroy(&desktop->scene->tree.node);
	}
	if (desktop->layout != NULL) {
		wlr_output_layout_destroy(desktop->layout);
	}
}

struct output *desktop_output_from_wlr(struct desktop *desktop, struct wlr_output *wlr_output) {
	struct output *output;
	wl_list_for_each(output, &desktop->outputs, link) {
		if (output->wlr == wlr_output) {
			return output;
		}
	}
	return NULL;
}

struct output *desktop_output_at(struct desktop *desktop, double lx, double ly) {
	double x, y;
	wlr_output_layout_closest_point(desktop->layout, NULL, lx, ly, &x, &y);
	struct wlr_output *wlr_output = wlr_output_layout_output_at(desktop->layout, x, y);
	return wlr_output != NULL ? desktop_output_from_wlr(desktop, wlr_output) : NULL;
}

struct output *desktop_output_at_pointer(struct desktop *desktop) {
	return desktop_output_at(desktop, desktop->pointer->x, desktop->pointer->y);
}

static struct owner *node_owner(struct wlr_scene_node *node) {
	for (struct wlr_scene_tree *tree = node->parent; tree != NULL; tree = tree->node.parent) {
		if (tree->node.data != NULL) {
			return tree->node.data;
		}
	}
	return NULL;
}

// The root is disabled while a batch is open (batch.h). Returns if it was enabled.
static bool set_root_enabled(struct desktop *desktop, bool enabled) {
	struct wlr_scene_node *root = &desktop->scene->tree.node;
	bool was_enabled = root->enabled;
	root->enabled = enabled;
	return was_enabled;
}

bool desktop_node_coords(struct desktop *desktop, struct wlr_scene_node *node, int *lx, int *ly) {
	bool was_enabled = set_root_enabled(desktop, true);
	bool is_shown = wlr_scene_node_coords(node, lx, ly);
	set_root_enabled(desktop, was_enabled);
	return is_shown;
}

// The surface of a node; NULL if it has none.
static struct wlr_surface *node_surface(struct wlr_scene_node *node) {
	if (node == NULL || node->type != WLR_SCENE_NODE_BUFFER) {
		return NULL;
	}
	struct wlr_scene_surface *surface = wlr_scene_surface_try_from_buffer(wlr_scene_buffer_from_node(node));
	return surface != NULL ? surface->surface : NULL;
}

struct wlr_surface *desktop_surface_at(
		struct desktop *desktop, double lx, double ly, double *sx, double *sy, struct owner **owner) {
	if (owner != NULL) {
		*owner = NULL;
	}
	bool was_enabled = set_root_enabled(desktop, true);
	struct wlr_scene_node *node = wlr_scene_node_at(&desktop->scene->tree.node, lx, ly, sx, sy);
	set_root_enabled(desktop, was_enabled);
	if (node != NULL && owner != NULL) {
		*owner = node_owner(node);
	}
	return node_surface(node);
}

struct wlr_surface *desktop_surface_below(
		struct desktop *desktop, enum desktop_layer layer, double lx, double ly, double *sx, double *sy) {
	struct wlr_scene_node *node = NULL;
	bool was_enabled = set_root_enabled(desktop, true);
	while (node == NULL && layer > 0) {
		layer--;
		node = wlr_scene_node_at(&desktop->layers[layer]->node, lx, ly, sx, sy);
	}
	set_root_enabled(desktop, was_enabled);
	return node_surface(node);
}

struct search {
	struct wlr_surface *surface;
	bool found;
	int x, y;
};

static void search_buffer(struct wlr_scene_buffer *buffer, int x, int y, void *data) {
	struct search *search = data;
	struct wlr_scene_surface *surface = wlr_scene_surface_try_from_buffer(buffer);
	if (surface != NULL && surface->surface == search->surface) {
		search->found = true;
		search->x = x;
		search->y = y;
	}
}

bool desktop_surface_position(struct desktop *desktop, struct wlr_surface *surface, int *lx, int *ly) {
	struct search search = {.surface = surface};
	bool was_enabled = set_root_enabled(desktop, true);
	wlr_scene_node_for_each_buffer(&desktop->scene->tree.node, search_buffer, &search);
	set_root_enabled(desktop, was_enabled);
	*lx = search.x;
	*ly = search.y;
	return search.found;
}
