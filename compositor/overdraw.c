/*
 * Nobody else disables the scene node of a surface's buffer, only nodes above it. So a disabled one was hidden here.
 *
 * wlr_scene visits all nodes when one is enabled or disabled, and a thousand of them would take a second. So nodes are
 * marked first, and then all are updated at once.
 */
#include "overdraw.h"

#include "account.h"
#include "batch.h"
#include "clients.h"
#include "compat.h"
#include "desktop.h"
#include "filters.h"
#include "geometry.h"
#include "output.h"
#include "parts.h"
#include <pixman.h>
#include <stdlib.h>
#include <sys/param.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_scene.h>

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
	struct account *account =
			surface != NULL ? client_get_account(wl_resource_get_client(surface->surface->resource)) : NULL;
	if (account == NULL) {
		return;
	}
	if (account->drawn.serial != walk->serial) {
		account->drawn.serial = walk->serial;
		account->drawn.pixels = 0;
	}
	walk->nodes_len++;
	uint64_t pixels = count_all(walk, buffer, lx, ly);
	if (node->enabled) {
		pixels = MIN(pixels, count_visible(walk, node));
	}
	bool enabled = account->drawn.pixels + pixels <= walk->pixels_max;
	if (enabled) {
		account->drawn.pixels += pixels;
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
		} else if (desktop_node_has_children(node) && node->enabled) {
			limit_tree(walk, wlr_scene_tree_from_node(node), move(lx, node->x), move(ly, node->y));
		}
	}
}

// Collects opaque rectangles. False: there are too many.
static bool add_opaque(struct overdraw *overdraw, struct wlr_scene_node *node, int lx, int ly) {
	struct wlr_scene_surface *surface = wlr_scene_surface_try_from_buffer(wlr_scene_buffer_from_node(node));
	int boxes_len = 0;
	const pixman_box32_t *boxes =
			surface != NULL ? pixman_region32_rectangles(&surface->surface->opaque_region, &boxes_len) : NULL;
	for (int i = 0; i < boxes_len; i++) {
		if (overdraw->opaque_len == OVERDRAW_OPAQUE_MAX) {
			return false;
		}
		overdraw->opaque[overdraw->opaque_len++] = (pixman_box32_t){
			.x1 = move(lx, boxes[i].x1),
			.y1 = move(ly, boxes[i].y1),
			.x2 = move(lx, boxes[i].x2),
			.y2 = move(ly, boxes[i].y2),
		};
	}
	overdraw->estimated_len++;
	return true;
}

static bool collect_opaque(struct overdraw *overdraw, struct wlr_scene_tree *tree, int lx, int ly) {
	bool ok = true;
	struct wlr_scene_node *node;
	wl_list_for_each(node, &tree->children, link) {
		int x = move(lx, node->x), y = move(ly, node->y);
		if (node->enabled && node->type == WLR_SCENE_NODE_BUFFER) {
			ok = ok && add_opaque(overdraw, node, x, y);
		} else if (node->enabled && node->type == WLR_SCENE_NODE_TREE) {
			ok = ok && collect_opaque(overdraw, wlr_scene_tree_from_node(node), x, y);
		}
	}
	return ok;
}

static int compare_edges(const void *left, const void *right) {
	int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
	return (a > b) - (a < b);
}

// Returns the number of different edges, sorted.
static size_t sort_edges(int32_t *edges, size_t len) {
	size_t distinct = 0;
	qsort(edges, len, sizeof(*edges), compare_edges);
	for (size_t i = 0; i < len; i++) {
		if (i == 0 || edges[i] != edges[i - 1]) {
			edges[distinct++] = edges[i];
		}
	}
	return distinct;
}

static size_t find_edge(const int32_t *edges, size_t len, int32_t edge) {
	const int32_t *found = bsearch(&edge, edges, len, sizeof(*edges), compare_edges);
	return (size_t)(found - edges);
}

// Returns the most rectangles of which the region that nothing opaque covers may consist. pixman stores a region as
// bands between vertical edges. In each, every opaque rectangle that crosses it leaves one rectangle more.
static size_t estimate_rectangles(struct overdraw *overdraw) {
	const pixman_box32_t *opaque = overdraw->opaque;
	int32_t *edges = overdraw->edges;
	size_t len = overdraw->opaque_len;
	for (size_t i = 0; i < len; i++) {
		edges[2 * i] = opaque[i].x1;
		edges[2 * i + 1] = opaque[i].x2;
	}
	size_t columns = sort_edges(edges, 2 * len);
	for (size_t i = 0; i < len; i++) {
		edges[2 * i] = opaque[i].y1;
		edges[2 * i + 1] = opaque[i].y2;
	}
	size_t bands = sort_edges(edges, 2 * len), crossings = bands;
	for (size_t i = 0; i < len; i++) {
		crossings += find_edge(edges, bands, opaque[i].y2) - find_edge(edges, bands, opaque[i].y1);
	}
	return MIN(crossings, columns * bands / 4);
}

static bool is_estimate_too_high(struct compositor *compositor) {
	struct overdraw *overdraw = compositor->overdraw;
	overdraw->opaque_len = overdraw->estimated_len = 0;
	return !collect_opaque(overdraw, &compositor->desktop->scene->tree, 0, 0) ||
		   estimate_rectangles(overdraw) * overdraw->estimated_len > OVERDRAW_WORK_MAX;
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
	bool without = walk->rectangles > OVERDRAW_RECTANGLES_MAX;
	if (overdraw->without_visibility) {
		without = walk->nodes_len >= overdraw->nodes_peak / 2 || is_estimate_too_high(compositor);
	}
	if (without != overdraw->without_visibility) {
		set_without_visibility(compositor, without);
		walk->changed = true;
	}
}

void overdraw_estimate(struct compositor *compositor) {
	if (!compositor->overdraw->without_visibility && is_estimate_too_high(compositor)) {
		set_without_visibility(compositor, true);
	}
}

void overdraw_limit(struct compositor *compositor) {
	struct desktop *desktop = compositor->desktop;
	batch_end(compositor);
	filters_choose(compositor);
	compositor->overdraw->changes = 0;
	if (compositor->overdraw->visited == desktop->changes) {
		return;
	}
	struct walk walk = {.serial = ++compositor->overdraw->walks};
	struct output *output;
	wl_list_for_each(output, &desktop->outputs, link) {
		walk.pixels_max += (uint64_t)output->area.width * (uint64_t)output->area.height * OVERDRAW_LAYERS_MAX;
	}
	wlr_output_layout_get_box(desktop->layout, NULL, &walk.outputs);
	limit_tree(&walk, &desktop->scene->tree, 0, 0);
	compositor->overdraw->nodes_len = walk.nodes_len;
	limit_rectangles(compositor, &walk);
	compositor->overdraw->visited = walk.changed ? 0 : desktop->changes;
	if (walk.changed) {
		batch_recompute(compositor);
	}
}

void overdraw_surface_changed(struct compositor *compositor) {
	// While a batch is open, what is visible is not known.
	if (++compositor->overdraw->changes >= OVERDRAW_CHANGES_MAX && compositor->batch->end == NULL) {
		overdraw_limit(compositor);
	}
}

bool overdraw_init(struct compositor *compositor) {
	struct overdraw *overdraw = compositor->overdraw;
	overdraw->opaque = calloc(OVERDRAW_OPAQUE_MAX, sizeof(*overdraw->opaque));
	overdraw->edges = calloc(2 * OVERDRAW_OPAQUE_MAX, sizeof(*overdraw->edges));
	return overdraw->opaque != NULL && overdraw->edges != NULL;
}

void overdraw_finish(struct compositor *compositor) {
	free(compositor->overdraw->opaque);
	free(compositor->overdraw->edges);
}
