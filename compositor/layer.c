#include "layer.h"

#include "batch.h"
#include "clients.h"
#include "desktop.h"
#include "listener.h"
#include "output.h"
#include "parts.h"
#include "popup.h"
#include "requests.h"
#include <inttypes.h>
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_layer_shell_v1.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_xdg_shell.h>

#define LAYER_SHELL_VERSION 4

static const enum desktop_layer desktop_layers[] = {
	[ZWLR_LAYER_SHELL_V1_LAYER_BACKGROUND] = DESKTOP_LAYER_BACKGROUND,
	[ZWLR_LAYER_SHELL_V1_LAYER_BOTTOM] = DESKTOP_LAYER_BOTTOM,
	[ZWLR_LAYER_SHELL_V1_LAYER_TOP] = DESKTOP_LAYER_TOP,
	[ZWLR_LAYER_SHELL_V1_LAYER_OVERLAY] = DESKTOP_LAYER_OVERLAY,
};

struct layer_surface *layer_surface_try_from_owner(struct owner *owner) {
	struct layer_surface *layer = NULL;
	return owner != NULL && owner->type == OWNER_LAYER ? wl_container_of(owner, layer, owner) : NULL;
}

static struct wlr_scene_tree *layer_tree(struct layer_surface *layer) {
	return layer->compositor->desktop->layers[desktop_layers[layer->wlr->current.layer]];
}

static void layer_arrange(struct layer_surface *layer, struct wlr_box *usable) {
	batch_expect_surface(layer->compositor, layer->wlr->surface);
	wlr_scene_layer_surface_v1_configure(layer->scene, &layer->output->area, usable);
	// Negative margins would make it larger than the output.
	wlr_box_intersection(usable, usable, &layer->output->area);
	struct wlr_scene_node *node = &layer->scene->tree->node;
	wlr_scene_node_set_position(&layer->popups->node, node->x, node->y);
}

// Layer surfaces that reserve space are arranged first, in whatever order they were created; the others get the
// remaining area.
static void arrange_pass(struct output *output, bool exclusive) {
	struct layer_surface *layer;
	wl_list_for_each(layer, &output->layers, link) {
		if (layer->wlr->initialized && (layer->wlr->current.exclusive_zone > 0) == exclusive) {
			layer_arrange(layer, &output->usable);
		}
	}
}

static void layers_arrange(struct output *output) {
	struct wlr_box old = output->usable;
	batch_expect(output->compositor, (size_t)wl_list_length(&output->layers));
	output->usable = output->area;
	arrange_pass(output, true);
	arrange_pass(output, false);
	// wlroots does not check what layers reserve. If they leave nothing, windows use all of the output.
	if (!wlr_box_intersection(&output->usable, &output->usable, &output->area)) {
		output->usable = output->area;
	}
	popups_refresh(output->compositor);
	if (!wlr_box_equal(&old, &output->usable)) {
		wl_signal_emit_mutable(&output->compositor->desktop->events.usable_changed, output);
	}
}

static void arrange_all(struct compositor *compositor) {
	struct output *output;
	wl_list_for_each(output, &compositor->desktop->outputs, link) {
		layers_arrange(output);
	}
}

static void arrange_idle(void *data) {
	struct compositor *compositor = data;
	compositor->layers->arrange = NULL;
	arrange_all(compositor);
}

static void arrange_later(struct compositor *compositor) {
	struct layers *layers = compositor->layers;
	if (layers->arrange == NULL) {
		layers->arrange = wl_event_loop_add_idle(compositor->loop, arrange_idle, compositor);
	}
}

void layers_settle(struct compositor *compositor) {
	struct layers *layers = compositor->layers;
	if (layers->arrange != NULL) {
		wl_event_source_remove(layers->arrange);
		arrange_idle(compositor);
	}
}

static void handle_layout_changed(struct wl_listener *listener, void *data) {
	struct layers *layers = wl_container_of(listener, layers, listeners.layout_changed);
	arrange_all(layers->compositor);
}

static void handle_output_destroy(struct wl_listener *listener, void *data) {
	struct output *output = data;
	struct layer_surface *layer, *next;
	wl_list_for_each_safe(layer, next, &output->layers, link) {
		wlr_layer_surface_v1_destroy(layer->wlr);
	}
}

static struct wlr_surface *exclusive_surface(struct output *output, enum zwlr_layer_shell_v1_layer which) {
	struct layer_surface *layer;
	wl_list_for_each_reverse(layer, &output->layers, link) {
		if (layer->wlr->surface->mapped && layer->wlr->current.layer == which &&
				layer->wlr->current.keyboard_interactive == ZWLR_LAYER_SURFACE_V1_KEYBOARD_INTERACTIVITY_EXCLUSIVE) {
			return layer->wlr->surface;
		}
	}
	return NULL;
}

struct wlr_surface *layers_exclusive_surface(struct compositor *compositor) {
	static const enum zwlr_layer_shell_v1_layer order[] = {
		ZWLR_LAYER_SHELL_V1_LAYER_OVERLAY, ZWLR_LAYER_SHELL_V1_LAYER_TOP};
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		struct output *output;
		wl_list_for_each(output, &compositor->desktop->outputs, link) {
			struct wlr_surface *surface = exclusive_surface(output, order[i]);
			if (surface != NULL) {
				return surface;
			}
		}
	}
	return NULL;
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct layer_surface *layer = wl_container_of(listener, layer, listeners.map);
	arrange_later(layer->compositor);
	wl_signal_emit_mutable(&layer->compositor->layers->events.map, layer);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct layer_surface *layer = wl_container_of(listener, layer, listeners.unmap);
	arrange_later(layer->compositor);
	wl_signal_emit_mutable(&layer->compositor->layers->events.unmap, layer);
}

// If the compositor chooses a size, the protocol requires that both edges of that axis are anchored. Debian's wlroots
// does not check this.
static void handle_client_commit(struct wl_listener *listener, void *data) {
	struct layer_surface *layer = wl_container_of(listener, layer, listeners.client_commit);
	const struct wlr_layer_surface_v1_state *pending = &layer->wlr->pending;
	const uint32_t horizontal = ZWLR_LAYER_SURFACE_V1_ANCHOR_LEFT | ZWLR_LAYER_SURFACE_V1_ANCHOR_RIGHT;
	const uint32_t vertical = ZWLR_LAYER_SURFACE_V1_ANCHOR_TOP | ZWLR_LAYER_SURFACE_V1_ANCHOR_BOTTOM;
	if (pending->desired_width == 0 && (pending->anchor & horizontal) != horizontal) {
		wlr_surface_reject_pending(layer->wlr->surface, layer->wlr->resource, ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SIZE,
				"width 0 without left and right anchor");
	} else if (pending->desired_height == 0 && (pending->anchor & vertical) != vertical) {
		wlr_surface_reject_pending(layer->wlr->surface, layer->wlr->resource, ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SIZE,
				"height 0 without top and bottom anchor");
	}
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct layer_surface *layer = wl_container_of(listener, layer, listeners.commit);
	const struct wlr_layer_surface_v1_state *current = &layer->wlr->current;
	if (!layer->wlr->initialized || (!layer->wlr->initial_commit && current->committed == 0)) {
		return;
	}
	struct wlr_scene_tree *tree = layer_tree(layer);
	if (layer->scene->tree->node.parent != tree) {
		wlr_scene_node_reparent(&layer->scene->tree->node, tree);
	}
	if (!layer->wlr->initial_commit) {
		arrange_later(layer->compositor);
	} else if (layer->compositor->layers->arrange == NULL) {
		layers_arrange(layer->output);
	} else {
		// A client may wait for its first configure with a round trip.
		struct wlr_box usable = layer->output->usable;
		layer_arrange(layer, &usable);
	}
	wl_signal_emit_mutable(&layer->compositor->layers->events.changed, layer);
}

static void handle_new_popup(struct wl_listener *listener, void *data) {
	struct layer_surface *layer = wl_container_of(listener, layer, listeners.new_popup);
	popup_create(layer->compositor, data, layer->popups);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct layer_surface *layer = wl_container_of(listener, layer, listeners.destroy);
	wl_list_remove(&layer->link);
	wlr_scene_node_destroy(&layer->popups->node);
	listener_remove(&layer->listeners.map);
	listener_remove(&layer->listeners.unmap);
	listener_remove(&layer->listeners.client_commit);
	listener_remove(&layer->listeners.commit);
	listener_remove(&layer->listeners.new_popup);
	listener_remove(&layer->listeners.destroy);
	free(layer);
}

static void layer_surface_listen(struct layer_surface *layer) {
	struct wlr_layer_surface_v1 *wlr = layer->wlr;
	listener_add(&layer->listeners.map, &wlr->surface->events.map, handle_map);
	listener_add(&layer->listeners.unmap, &wlr->surface->events.unmap, handle_unmap);
	listener_add(&layer->listeners.client_commit, &wlr->surface->events.client_commit, handle_client_commit);
	listener_add(&layer->listeners.commit, &wlr->surface->events.commit, handle_commit);
	listener_add(&layer->listeners.new_popup, &wlr->events.new_popup, handle_new_popup);
	listener_add(&layer->listeners.destroy, &wlr->events.destroy, handle_destroy);
}

static bool layer_surface_create_nodes(struct layer_surface *layer) {
	struct desktop *desktop = layer->compositor->desktop;
	layer->popups = wlr_scene_tree_create(desktop->layers[DESKTOP_LAYER_POPUPS]);
	if (layer->popups == NULL) {
		return false;
	}
	struct wlr_scene_tree *tree = desktop->layers[desktop_layers[layer->wlr->pending.layer]];
	layer->scene = wlr_scene_layer_surface_v1_create(tree, layer->wlr);
	if (layer->scene == NULL) {
		wlr_scene_node_destroy(&layer->popups->node);
		return false;
	}
	layer->popups->node.data = layer->scene->tree->node.data = &layer->owner;
	return true;
}

static void layer_surface_create(
		struct compositor *compositor, struct wlr_layer_surface_v1 *wlr, struct output *output) {
	struct layer_surface *layer = calloc(1, sizeof(*layer));
	if (layer == NULL) {
		wl_resource_post_no_memory(wlr->resource);
		return;
	}
	layer->owner.type = OWNER_LAYER;
	layer->compositor = compositor;
	layer->wlr = wlr;
	layer->output = output;
	if (!layer_surface_create_nodes(layer)) {
		free(layer);
		wl_resource_post_no_memory(wlr->resource);
		return;
	}
	wl_list_insert(output->layers.prev, &layer->link);
	layer_surface_listen(layer);
}

static void handle_new_surface(struct wl_listener *listener, void *data) {
	struct layers *layers = wl_container_of(listener, layers, listeners.new_surface);
	struct compositor *compositor = layers->compositor;
	struct wlr_layer_surface_v1 *wlr = data;
	struct output *output = wlr->output != NULL ? desktop_output_from_wlr(compositor->desktop, wlr->output)
												: desktop_output_at_pointer(compositor->desktop);
	if (output == NULL) {
		wlr_layer_surface_v1_destroy(wlr);
		return;
	}
	wlr->output = output->wlr;
	layer_surface_create(compositor, wlr, output);
}

// wlroots does not check if the popup was dismissed. The layer surface is gone then, too, which it does check.
static void handle_get_popup(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	struct wl_resource *popup = (struct wl_resource *)arguments[0].o;
	struct wlr_layer_surface_v1 *layer = wlr_layer_surface_v1_from_resource(resource);
	if (layer != NULL && wlr_xdg_popup_from_resource(popup) == NULL) {
		wl_resource_post_error(client_get_display(wl_resource_get_client(resource)), WL_DISPLAY_ERROR_INVALID_OBJECT,
				"xdg_popup %" PRIu32 " was dismissed", wl_resource_get_id(popup));
		wlr_layer_surface_v1_destroy(layer);
	}
}

bool layers_init(struct compositor *compositor) {
	struct layers *layers = compositor->layers;
	layers->compositor = compositor;
	wl_signal_init(&layers->events.map);
	wl_signal_init(&layers->events.unmap);
	wl_signal_init(&layers->events.changed);
	layers->shell = wlr_layer_shell_v1_create(compositor->display, LAYER_SHELL_VERSION);
	if (layers->shell == NULL) {
		return false;
	}
	listener_add(&layers->listeners.new_surface, &layers->shell->events.new_surface, handle_new_surface);
	listener_add(&layers->listeners.layout_changed, &compositor->desktop->events.layout_changed, handle_layout_changed);
	listener_add(&layers->listeners.output_destroy, &compositor->outputs->events.destroy, handle_output_destroy);
	return requests_watch(compositor, "zwlr_layer_surface_v1", "get_popup", handle_get_popup);
}

void layers_finish(struct compositor *compositor) {
	struct layers *layers = compositor->layers;
	if (layers->arrange != NULL) {
		wl_event_source_remove(layers->arrange);
		layers->arrange = NULL;
	}
	signal_finish(&layers->events.map);
	signal_finish(&layers->events.unmap);
	signal_finish(&layers->events.changed);
	listener_remove(&layers->listeners.new_surface);
	listener_remove(&layers->listeners.layout_changed);
	listener_remove(&layers->listeners.output_destroy);
}
