/*
 * Nobody else disables the scene node of a surface's buffer, only nodes above it. So a disabled one was hidden here.
 *
 * wlr_scene visits all nodes when one is enabled or disabled, and a thousand of them would take a second. So nodes are
 * marked first, and then all are updated at once.
 */
#include "overdraw.h"

#include "clients.h"
#include "compat.h"
#include "desktop.h"
#include "geometry.h"
#include "output.h"
#include "parts.h"
#include "requests.h"
#include "usage.h"
#include <pixman.h>
#include <stdlib.h>
#include <sys/param.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_subcompositor.h>

struct walk {
	uint64_t serial;
	uint64_t pixels_max; // per client
	struct wlr_box outputs;
	bool changed;
	size_t nodes_len;
	size_t rectangles; // in all of their visible regions
};

static uint64_t count_visible(struct walk *walk, struct wlr_scene_node *node) {
	int boxes_len;
	const pixman_box32_t *boxes = pixman_region32_rectangles(scene_node_visible(node), &boxes_len);
	uint64_t pixels = 0;
	for (int i = 0; i < boxes_len; i++) {
		pixels += (uint64_t)(boxes[i].x2 - boxes[i].x1) * (uint64_t)(boxes[i].y2 - boxes[i].y1);
	}
	walk->rectangles += (size_t)boxes_len;
	return pixels;
}

// What is visible of a hidden node is not known. Of others it may be more than this, beyond the outputs.
static uint64_t count_all(const struct walk *walk, const struct wlr_scene_buffer *buffer, int lx, int ly) {
	struct wlr_box box = {lx, ly, buffer->dst_width, buffer->dst_height};
	return wlr_box_intersection(&box, &box, &walk->outputs) ? (uint64_t)box.width * (uint64_t)box.height : 0;
}

static void limit_buffer(struct walk *walk, struct wlr_scene_node *node, int lx, int ly) {
	struct wlr_scene_buffer *buffer = wlr_scene_buffer_from_node(node);
	struct wlr_scene_surface *surface = wlr_scene_surface_try_from_buffer(buffer);
	struct usage *usage =
			surface != NULL ? usage_from_client(wl_resource_get_client(surface->surface->resource)) : NULL;
	if (usage == NULL) {
		return;
	}
	if (usage->drawn.serial != walk->serial) {
		usage->drawn.serial = walk->serial;
		usage->drawn.pixels = 0;
	}
	walk->nodes_len++;
	uint64_t pixels = count_all(walk, buffer, lx, ly);
	if (node->enabled) {
		pixels = MIN(pixels, count_visible(walk, node));
	}
	bool enabled = usage->drawn.pixels + pixels <= walk->pixels_max;
	if (enabled) {
		usage->drawn.pixels += pixels;
	}
	walk->changed |= enabled != node->enabled;
	node->enabled = enabled;
}

// Clients may place subsurfaces anywhere. What lies beyond the limit is on no output, wherever it is exactly.
static int move(int place, int distance) {
	return geometry_clamp(place + geometry_clamp(distance));
}

static void limit_tree(struct walk *walk, struct wlr_scene_tree *tree, int lx, int ly) {
	struct wlr_scene_node *node;
	wl_list_for_each_reverse(node, &tree->children, link) {
		if (node->type == WLR_SCENE_NODE_BUFFER) {
			limit_buffer(walk, node, move(lx, node->x), move(ly, node->y));
		} else if (node->type == WLR_SCENE_NODE_TREE && node->enabled) {
			limit_tree(walk, wlr_scene_tree_from_node(node), move(lx, node->x), move(ly, node->y));
		}
	}
}

// wlr_scene subtracts opaque surfaces from the visible regions of all nodes below them. That can be turned off: then it
// draws what is hidden, too.
static void set_without_visibility(struct compositor *compositor, bool without) {
	compositor->overdraw->without_visibility = without;
	compositor->overdraw->nodes_peak = 0;
	scene_set_calculate_visibility(compositor->desktop->scene, !without);
}

static void limit_rectangles(struct compositor *compositor, struct walk *walk) {
	struct overdraw *overdraw = compositor->overdraw;
	overdraw->nodes_peak = MAX(overdraw->nodes_peak, walk->nodes_len);
	bool without = overdraw->without_visibility ? walk->nodes_len >= overdraw->nodes_peak / 2
												: walk->rectangles > OVERDRAW_RECTANGLES_MAX;
	if (without != overdraw->without_visibility) {
		set_without_visibility(compositor, without);
		walk->changed = true;
	}
}

static void damage_output(struct output *output) {
	pixman_region32_t all;
	pixman_region32_init_rect(&all, 0, 0, (unsigned)output->wlr->width, (unsigned)output->wlr->height);
	struct wlr_output_event_damage event = {.output = output->wlr, .damage = &all};
	wl_signal_emit_mutable(&output->wlr->events.damage, &event);
	pixman_region32_fini(&all);
}

void overdraw_limit(struct compositor *compositor) {
	struct desktop *desktop = compositor->desktop;
	compositor->overdraw->changes = 0;
	struct walk walk = {.serial = ++compositor->overdraw->walks};
	struct output *output;
	wl_list_for_each(output, &desktop->outputs, link) {
		walk.pixels_max += (uint64_t)output->area.width * (uint64_t)output->area.height * OVERDRAW_LAYERS_MAX;
	}
	wlr_output_layout_get_box(desktop->layout, NULL, &walk.outputs);
	limit_tree(&walk, &desktop->scene->tree, 0, 0);
	limit_rectangles(compositor, &walk);
	if (!walk.changed) {
		return;
	}
	// Updates what is visible of each node within the color, which is behind all outputs.
	wlr_scene_node_set_enabled(&desktop->color->node, false);
	wlr_scene_node_set_enabled(&desktop->color->node, true);
	wl_list_for_each(output, &desktop->outputs, link) {
		damage_output(output);
	}
}

void overdraw_surface_changed(struct compositor *compositor) {
	if (++compositor->overdraw->changes >= OVERDRAW_CHANGES_MAX) {
		overdraw_limit(compositor);
	}
}

// The edges of opaque surfaces. Between any two that follow each other, a visible region may have a rectangle.
struct edges {
	size_t surfaces_len, opaque_len;
	int64_t x[2 * CLIENTS_SURFACES_MAX], y[2 * CLIENTS_SURFACES_MAX]; // surfaces may lie anywhere
};

static void add_edges(struct wlr_surface *surface, int sx, int sy, void *data) {
	struct edges *edges = data;
	size_t i = 2 * edges->opaque_len;
	edges->surfaces_len++;
	if (!pixman_region32_not_empty(&surface->opaque_region) || edges->opaque_len == CLIENTS_SURFACES_MAX) {
		return;
	}
	const pixman_box32_t *box = pixman_region32_extents(&surface->opaque_region);
	edges->x[i] = INT64_C(1) * sx + box->x1;
	edges->x[i + 1] = INT64_C(1) * sx + box->x2;
	edges->y[i] = INT64_C(1) * sy + box->y1;
	edges->y[i + 1] = INT64_C(1) * sy + box->y2;
	edges->opaque_len++;
}

static int compare_edges(const void *left, const void *right) {
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
	return (a > b) - (a < b);
}

static size_t count_distinct(int64_t *values, size_t len) {
	size_t distinct = 0;
	qsort(values, len, sizeof(*values), compare_edges);
	for (size_t i = 0; i < len; i++) {
		distinct += i == 0 || values[i] != values[i - 1];
	}
	return distinct;
}

static void limit_edges(struct compositor *compositor, struct edges *edges) {
	size_t len = 2 * edges->opaque_len;
	size_t rectangles = count_distinct(edges->x, len) * count_distinct(edges->y, len) / 4;
	if (rectangles * edges->surfaces_len > OVERDRAW_WORK_MAX) {
		set_without_visibility(compositor, true);
	}
}

static bool has_subsurfaces(const struct wlr_surface_state *state) {
	return !wl_list_empty(&state->subsurfaces_below) || !wl_list_empty(&state->subsurfaces_above);
}

void overdraw_will_show(struct compositor *compositor, struct wlr_surface *surface) {
	if (!compositor->overdraw->without_visibility && has_subsurfaces(&surface->current)) {
		struct edges edges = {0};
		wlr_surface_for_each_surface(surface, add_edges, &edges);
		limit_edges(compositor, &edges);
	}
}

static void handle_change(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	struct usage *usage = usage_from_client(wl_resource_get_client(resource));
	if (usage != NULL) {
		usage->subsurfaces_changed++;
	}
}

// wlroots moves all subsurfaces in the commit of their parent.
static void handle_commit(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	struct wlr_surface *surface = wlr_surface_from_resource(resource);
	struct usage *usage = usage_from_client(wl_resource_get_client(resource));
	if (usage == NULL || usage->subsurfaces_changed < OVERDRAW_CHANGES_MAX || !has_subsurfaces(&surface->pending)) {
		return;
	}
	usage->subsurfaces_changed = 0;
	if (compositor->overdraw->without_visibility) {
		return;
	}
	struct edges edges = {0};
	struct wlr_subsurface *subsurface;
	wl_list_for_each(subsurface, &surface->pending.subsurfaces_below, pending.link) {
		add_edges(subsurface->surface, subsurface->pending.x, subsurface->pending.y, &edges);
	}
	wl_list_for_each(subsurface, &surface->pending.subsurfaces_above, pending.link) {
		add_edges(subsurface->surface, subsurface->pending.x, subsurface->pending.y, &edges);
	}
	limit_edges(compositor, &edges);
}

bool overdraw_init(struct compositor *compositor) {
	return requests_watch(compositor, "wl_subcompositor", "get_subsurface", handle_change) &&
		   requests_watch(compositor, "wl_subsurface", "set_position", handle_change) &&
		   requests_watch(compositor, "wl_subsurface", "place_above", handle_change) &&
		   requests_watch(compositor, "wl_subsurface", "place_below", handle_change) &&
		   requests_watch(compositor, "wl_surface", "commit", handle_commit);
}
