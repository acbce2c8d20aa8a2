/*
 * By default, wlr_scene interpolates, and pixman interpolates with transparent pixels beyond the edge: half of the
 * outermost pixel fades away. Two surfaces side by side then have a seam, and of a single pixel that fills the output
 * little but the center has its color.
 */
#include "filters.h"

#include "batch.h"
#include "desktop.h"
#include "geometry.h"
#include "output.h"
#include "parts.h"
#include <drm_fourcc.h>
#include <math.h>
#include <pixman.h>
#include <wlr/render/allocator.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/pass.h>
#include <wlr/render/pixman.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_scene.h>

struct walk {
	struct compositor *compositor;
	size_t changes; // nodes that need another filter
	bool changes_nodes;
	bool with_scaled;
};

// Sizes in pixels.
struct scaling {
	double from_width, from_height; // of the picture
	double to_width, to_height;     // on an output of scale 1
};

static bool equals(double a, double b) {
	return fabs(a - b) < 1. / 256;
}

// Is each pixel shown as the same whole number of pixels? One pixel alone has no others to be interpolated with.
static bool is_whole(double from, double to) {
	double factor = round(to / from);
	return from <= 1 || (factor >= 1 && equals(from, round(from)) && equals(factor * from, to));
}

static struct scaling get_scaling(const struct wlr_scene_buffer *buffer) {
	struct scaling scaling = {buffer->src_box.width, buffer->src_box.height, buffer->dst_width, buffer->dst_height};
	if ((buffer->transform & WL_OUTPUT_TRANSFORM_90) != 0) {
		double width = scaling.from_width;
		scaling.from_width = scaling.from_height;
		scaling.from_height = width;
	}
	return scaling;
}

// Where nothing is scaled, the filter does not matter, so it stays.
static enum wlr_scale_filter_mode choose(struct walk *walk, const struct wlr_scene_buffer *buffer, int x, int y) {
	enum wlr_scale_filter_mode mode = buffer->filter_mode;
	struct scaling scaling = get_scaling(buffer);
	struct wlr_box box = {x, y, buffer->dst_width, buffer->dst_height}, shown;
	struct output *output;
	wl_list_for_each(output, &walk->compositor->desktop->outputs, link) {
		if (!wlr_box_intersection(&shown, &box, &output->area)) {
			continue;
		}
		double width = scaling.to_width * output->wlr->scale, height = scaling.to_height * output->wlr->scale;
		if (equals(scaling.from_width, width) && equals(scaling.from_height, height)) {
			continue;
		}
		walk->with_scaled = true;
		if (!is_whole(scaling.from_width, width) || !is_whole(scaling.from_height, height)) {
			return WLR_SCALE_FILTER_BILINEAR;
		}
		mode = WLR_SCALE_FILTER_NEAREST;
	}
	return mode;
}

// Have the pixels moved since the texture was last drawn? A copy may have taken the place of the client's buffer.
static bool has_moved(struct wlr_surface *surface, struct wlr_texture *texture) {
	struct wlr_buffer *source = surface->buffer->source;
	void *data;
	uint32_t format;
	size_t stride;
	if (source == NULL ||
			!wlr_buffer_begin_data_ptr_access(source, WLR_BUFFER_DATA_PTR_ACCESS_READ, &data, &format, &stride)) {
		return false;
	}
	wlr_buffer_end_data_ptr_access(source);
	return data != pixman_image_get_data(wlr_pixman_texture_get_image(texture));
}

// Draws the texture where nobody sees it: wlroots makes another image if the pixels have moved.
static void renew_image(struct compositor *compositor, struct wlr_texture *texture) {
	const struct wlr_drm_format format = {.format = DRM_FORMAT_XRGB8888};
	struct wlr_buffer *buffer = wlr_allocator_create_buffer(compositor->allocator, 1, 1, &format);
	struct wlr_render_pass *pass =
			buffer != NULL ? wlr_renderer_begin_buffer_pass(compositor->renderer, buffer, NULL) : NULL;
	if (pass != NULL) {
		wlr_render_pass_add_texture(pass, &(struct wlr_render_texture_options){.texture = texture});
		wlr_render_pass_submit(pass);
	}
	wlr_buffer_drop(buffer);
}

void filters_pad_edges(struct compositor *compositor, struct wlr_surface *surface) {
	struct wlr_texture *texture = wlr_surface_get_texture(surface);
	if (texture == NULL || !wlr_texture_is_pixman(texture)) {
		return;
	}
	if (has_moved(surface, texture)) {
		renew_image(compositor, texture);
	}
	pixman_image_set_repeat(wlr_pixman_texture_get_image(texture), PIXMAN_REPEAT_PAD);
}

static void visit_buffer(struct walk *walk, struct wlr_scene_buffer *buffer, int x, int y) {
	struct wlr_scene_surface *surface = wlr_scene_surface_try_from_buffer(buffer);
	if (surface == NULL || buffer->buffer == NULL) {
		return;
	}
	enum wlr_scale_filter_mode mode = choose(walk, buffer, x, y);
	if (walk->changes_nodes) {
		wlr_scene_buffer_set_filter_mode(buffer, mode);
	} else {
		walk->changes += mode != buffer->filter_mode;
		filters_pad_edges(walk->compositor, surface->surface);
	}
}

static void visit_tree(struct walk *walk, struct wlr_scene_tree *tree, int x, int y) {
	struct wlr_scene_node *node;
	wl_list_for_each(node, &tree->children, link) {
		if (!node->enabled || (node->type != WLR_SCENE_NODE_BUFFER && !desktop_node_has_children(node))) {
			continue;
		}
		int node_x = geometry_clamp(x + geometry_clamp(node->x)), node_y = geometry_clamp(y + geometry_clamp(node->y));
		if (node->type == WLR_SCENE_NODE_BUFFER) {
			visit_buffer(walk, wlr_scene_buffer_from_node(node), node_x, node_y);
		} else {
			visit_tree(walk, wlr_scene_tree_from_node(node), node_x, node_y);
		}
	}
}

// Where something is scaled, a texture may have lost its padding since the last frame.
void filters_choose(struct compositor *compositor) {
	struct filters *filters = compositor->filters;
	if (filters->changes == compositor->desktop->changes && !filters->with_scaled) {
		return;
	}
	struct walk walk = {.compositor = compositor};
	struct wlr_scene_tree *root = &compositor->desktop->scene->tree;
	visit_tree(&walk, root, 0, 0);
	if (walk.changes > 0) {
		batch_expect(compositor, walk.changes);
		walk.changes_nodes = true;
		visit_tree(&walk, root, 0, 0);
		batch_end(compositor);
	}
	filters->changes = compositor->desktop->changes;
	filters->with_scaled = walk.with_scaled;
}
