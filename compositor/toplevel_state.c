/*
 * Maximized, fullscreen and minimized windows: how these states change position and size.
 */
#include "batch.h"
#include "desktop.h"
#include "output.h"
#include "parts.h"
#include "placement.h"
#include "toplevel.h"
#include <wlr/types/wlr_scene.h>

static bool is_in_fullscreen_chain(struct toplevel *toplevel) {
	for (int i = 0; i <= TOPLEVEL_GENERATIONS_MAX && toplevel != NULL; i++) {
		if (toplevel->fullscreen) {
			return true;
		}
		toplevel = toplevel->ops->get_parent(toplevel);
	}
	return false;
}

void toplevel_notify_changed(struct toplevel *toplevel) {
	wl_signal_emit_mutable(&toplevel->compositor->toplevels->events.changed, toplevel);
}

void toplevel_set_activated(struct toplevel *toplevel, bool activated) {
	toplevel->ops->set_activated(toplevel, activated);
	toplevel_notify_changed(toplevel);
}

void toplevel_update_layer(struct toplevel *toplevel) {
	struct compositor *compositor = toplevel->compositor;
	struct toplevel *active = compositor->toplevels->active;
	bool in_front =
			active != NULL && is_in_fullscreen_chain(toplevel) && toplevel_root(active) == toplevel_root(toplevel);
	struct wlr_scene_tree *layer =
			compositor->desktop->layers[in_front ? DESKTOP_LAYER_FULLSCREEN : DESKTOP_LAYER_WINDOWS];
	if (toplevel->tree->node.parent != layer) {
		batch_expect_surface(compositor, toplevel->surface);
		wlr_scene_node_reparent(&toplevel->tree->node, layer);
	}
}

struct wlr_box toplevel_keep_on(const struct toplevel *toplevel, const struct output *output, struct wlr_box box) {
	return toplevel->strayed ? placement_reachable(&output->usable, box) : placement_inside(&output->usable, box);
}

// The place to which the window returns from its states. A window without one chooses its own size.
static struct wlr_box normal_box(struct toplevel *toplevel) {
	struct wlr_box box = toplevel->normal;
	if (toplevel->output == NULL) {
		return box;
	}
	const struct wlr_box *area = &toplevel->output->usable;
	if (wlr_box_empty(&box)) {
		return (struct wlr_box){area->x + area->width / 8, area->y + area->height / 8, 0, 0};
	}
	return toplevel_keep_on(toplevel, toplevel->output, box);
}

static struct wlr_box target_box(struct toplevel *toplevel) {
	if (toplevel->output != NULL && toplevel->fullscreen) {
		return toplevel->output->area;
	}
	if (toplevel->output != NULL && toplevel->maximized) {
		return toplevel->output->usable;
	}
	return normal_box(toplevel);
}

void toplevel_arrive(struct toplevel *toplevel) {
	if (toplevel->arrival.waiting && toplevel->ops->has_reached(toplevel, toplevel->arrival.serial)) {
		toplevel->arrival.waiting = false;
		toplevel_move(toplevel, toplevel->arrival.x, toplevel->arrival.y);
	}
}

// Configures the size of the state. The window moves when the client has drawn for it.
static void toplevel_apply(struct toplevel *toplevel) {
	struct wlr_box box = target_box(toplevel);
	toplevel->ops->send_states(toplevel);
	toplevel->arrival.serial = toplevel->ops->resize(toplevel, &box);
	toplevel->arrival.waiting = true;
	toplevel->arrival.x = box.x;
	toplevel->arrival.y = box.y;
	toplevel->resize.edges = 0;
	wlr_scene_node_set_enabled(&toplevel->backdrop->node, toplevel->fullscreen);
	wlr_scene_rect_set_size(toplevel->backdrop, box.width, box.height);
	toplevel_arrive(toplevel); // at once if the size is the same, and the protocol does not need a new picture
	toplevel_update_layer(toplevel);
	toplevel_notify_changed(toplevel);
}

static void remember_normal(struct toplevel *toplevel) {
	if (toplevel_is_mapped(toplevel) && !toplevel->maximized && !toplevel->fullscreen) {
		toplevel->normal = toplevel_box(toplevel);
		toplevel->output = toplevel_output(toplevel);
	}
}

void toplevel_set_maximized(struct toplevel *toplevel, bool maximized) {
	remember_normal(toplevel);
	toplevel_set_minimized(toplevel, false);
	toplevel->maximized = maximized;
	toplevel_apply(toplevel);
}

void toplevel_set_fullscreen(struct toplevel *toplevel, bool fullscreen, struct output *output) {
	remember_normal(toplevel);
	toplevel_set_minimized(toplevel, false);
	if (output != NULL) {
		toplevel->output = output;
	}
	toplevel->fullscreen = fullscreen;
	toplevel_apply(toplevel);
}

void toplevel_set_minimized(struct toplevel *toplevel, bool minimized) {
	if (toplevel->minimized == minimized) {
		return;
	}
	toplevel->minimized = minimized;
	batch_expect_surface(toplevel->compositor, toplevel->surface);
	wlr_scene_node_set_enabled(&toplevel->tree->node, !minimized);
	toplevel->ops->set_minimized(toplevel, minimized);
	toplevel_notify_changed(toplevel);
}

// An output that is disabled has no area.
static void find_output(struct toplevel *toplevel) {
	if (toplevel->output == NULL || wlr_box_empty(&toplevel->output->area)) {
		toplevel->output = toplevel_is_mapped(toplevel) ? toplevel_output(toplevel)
														: desktop_output_at_pointer(toplevel->compositor->desktop);
	}
}

static void move_back(struct toplevel *toplevel) {
	struct output *output = toplevel_output(toplevel);
	if (output != NULL) {
		struct wlr_box box = toplevel_keep_on(toplevel, output, toplevel_box(toplevel));
		toplevel_move(toplevel, box.x, box.y);
	}
	if (toplevel->arrival.waiting) {
		struct wlr_box box = normal_box(toplevel);
		toplevel->arrival.x = box.x;
		toplevel->arrival.y = box.y;
	}
}

static void toplevel_arrange(struct toplevel *toplevel) {
	find_output(toplevel);
	if (!toplevel_is_mapped(toplevel) && toplevel->output != NULL && toplevel->ops->set_bounds != NULL) {
		toplevel->ops->set_bounds(toplevel, &toplevel->output->usable);
	}
	if (toplevel->maximized || toplevel->fullscreen) {
		toplevel_apply(toplevel);
	} else if (toplevel_is_mapped(toplevel)) {
		move_back(toplevel);
	}
}

void toplevels_arrange(struct compositor *compositor) {
	struct toplevel *toplevel;
	batch_expect(compositor, (size_t)wl_list_length(&compositor->toplevels->list));
	wl_list_for_each(toplevel, &compositor->toplevels->all, all_link) {
		if (toplevel->ops->is_configured == NULL || toplevel->ops->is_configured(toplevel)) {
			toplevel_arrange(toplevel);
		}
	}
}
