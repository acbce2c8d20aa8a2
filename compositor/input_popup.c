#include "batch.h"
#include "desktop.h"
#include "geometry.h"
#include "input_method.h"
#include "listener.h"
#include "output.h"
#include "parts.h"
#include "text_input.h"
#include <stdlib.h>
#include <sys/param.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_input_method_v2.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_text_input_v3.h>

// Places the popup below the text cursor, or above it if there is no room.
static void input_popup_arrange(struct input_popup *popup) {
	struct compositor *compositor = popup->compositor;
	struct text_input *active = compositor->text_inputs->active;
	int x, y;
	if (active == NULL || active->wlr->focused_surface == NULL ||
			!desktop_surface_position(compositor->desktop, active->wlr->focused_surface, &x, &y)) {
		return;
	}
	struct wlr_box cursor = {0};
	if (active->wlr->active_features & WLR_TEXT_INPUT_V3_FEATURE_CURSOR_RECTANGLE) {
		cursor = geometry_clamp_box(active->wlr->current.cursor_rectangle);
	}
	// The surface may be a subsurface, anywhere.
	x = geometry_clamp(x);
	y = geometry_clamp(y);
	struct output *output = desktop_output_at(compositor->desktop, x + cursor.x, y + cursor.y);
	if (output == NULL) {
		return;
	}
	int width = popup->wlr->surface->current.width, height = popup->wlr->surface->current.height;
	const struct wlr_box *area = &output->area;
	int lx = MIN(x + cursor.x, area->x + area->width - width), ly = y + cursor.y + cursor.height;
	if (ly + height > area->y + area->height) {
		ly = y + cursor.y - height;
	}
	wlr_scene_node_set_position(&popup->tree->node, MAX(lx, area->x), MAX(ly, area->y));
	struct wlr_box relative = {
		x + cursor.x - popup->tree->node.x, y + cursor.y - popup->tree->node.y, cursor.width, cursor.height};
	wlr_input_popup_surface_v2_send_text_input_rectangle(popup->wlr, &relative);
}

void input_popups_arrange(struct compositor *compositor) {
	struct input_popup *popup;
	wl_list_for_each(popup, &compositor->input_method->popups, link) {
		if (popup->wlr->surface->mapped) {
			input_popup_arrange(popup);
		}
	}
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct input_popup *popup = wl_container_of(listener, popup, listeners.map);
	input_popup_arrange(popup);
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct input_popup *popup = wl_container_of(listener, popup, listeners.commit);
	const struct wlr_surface *surface = popup->wlr->surface;
	if (surface->mapped && (surface->current.committed & WLR_SURFACE_STATE_BUFFER) &&
			(surface->current.width != popup->width || surface->current.height != popup->height)) {
		popup->width = surface->current.width;
		popup->height = surface->current.height;
		input_popup_arrange(popup);
	}
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct input_popup *popup = wl_container_of(listener, popup, listeners.destroy);
	listener_remove(&popup->listeners.map);
	listener_remove(&popup->listeners.commit);
	listener_remove(&popup->listeners.destroy);
	wl_list_remove(&popup->link);
	wlr_scene_node_destroy(&popup->tree->node);
	free(popup);
}

void input_popup_create(struct compositor *compositor, struct wlr_input_popup_surface_v2 *wlr) {
	struct wlr_scene_tree *layer = compositor->desktop->layers[DESKTOP_LAYER_POPUPS];
	struct input_popup *popup = calloc(1, sizeof(*popup));
	struct wlr_scene_tree *tree = popup != NULL ? wlr_scene_tree_create(layer) : NULL;
	batch_expect_surface(compositor, wlr->surface);
	if (tree == NULL || wlr_scene_subsurface_tree_create(tree, wlr->surface) == NULL) {
		if (tree != NULL) {
			wlr_scene_node_destroy(&tree->node);
		}
		free(popup);
		wl_resource_post_no_memory(wlr->resource);
		return;
	}
	popup->compositor = compositor;
	popup->wlr = wlr;
	popup->tree = tree;
	wl_list_insert(&compositor->input_method->popups, &popup->link);
	listener_add(&popup->listeners.map, &wlr->surface->events.map, handle_map);
	listener_add(&popup->listeners.commit, &wlr->surface->events.commit, handle_commit);
	listener_add(&popup->listeners.destroy, &wlr->events.destroy, handle_destroy);
}
