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
#include <wlr/types/wlr_xdg_shell.h>

static bool is_in_fullscreen_chain(struct toplevel *toplevel) {
	struct wlr_xdg_toplevel *xdg = toplevel->xdg;
	for (int i = 0; i <= TOPLEVEL_GENERATIONS_MAX && xdg != NULL; i++, xdg = xdg->parent) {
		struct toplevel *link = toplevel_try_from_surface(xdg->base->surface);
		if (link != NULL && link->fullscreen) {
			return true;
		}
	}
	return false;
}

void toplevel_notify_changed(struct toplevel *toplevel) {
	wl_signal_emit_mutable(&toplevel->compositor->toplevels->events.changed, toplevel);
}

void toplevel_set_activated(struct toplevel *toplevel, bool activated) {
	wlr_xdg_toplevel_set_activated(toplevel->xdg, activated);
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
		batch_expect_surface(compositor, toplevel->xdg->base->surface);
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

// Configures the size of the state. The window moves when the client has drawn for it.
static void toplevel_apply(struct toplevel *toplevel) {
	struct wlr_box box = target_box(toplevel);
	wlr_xdg_toplevel_set_maximized(toplevel->xdg, toplevel->maximized);
	wlr_xdg_toplevel_set_fullscreen(toplevel->xdg, toplevel->fullscreen);
	toplevel->arrival.serial = wlr_xdg_toplevel_set_size(toplevel->xdg, box.width, box.height);
	toplevel->arrival.waiting = true;
	toplevel->arrival.x = box.x;
	toplevel->arrival.y = box.y;
	toplevel->resize.edges = 0;
	wlr_scene_node_set_enabled(&toplevel->backdrop->node, toplevel->fullscreen);
	wlr_scene_rect_set_size(toplevel->backdrop, box.width, box.height);
	toplevel_update_layer(toplevel);
	toplevel_notify_changed(toplevel);
}

static void remember_normal(struct toplevel *toplevel) {
	if (toplevel->xdg->base->surface->mapped && !toplevel->maximized && !toplevel->fullscreen) {
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
	batch_expect_surface(toplevel->compositor, toplevel->xdg->base->surface);
	wlr_scene_node_set_enabled(&toplevel->tree->node, !minimized);
	wlr_xdg_toplevel_set_suspended(toplevel->xdg, minimized);
	toplevel_notify_changed(toplevel);
}

static bool is_mapped(const struct toplevel *toplevel) {
	return toplevel->xdg->base->surface->mapped;
}

// An output that is disabled has no area.
static void find_output(struct toplevel *toplevel) {
	if (toplevel->output == NULL || wlr_box_empty(&toplevel->output->area)) {
		toplevel->output = is_mapped(toplevel) ? toplevel_output(toplevel)
											   : desktop_output_at_pointer(toplevel->compositor->desktop);
	}
}

// A window that waits to be mapped chooses its size by its bounds.
static void renew_bounds(struct toplevel *toplevel) {
	struct wlr_xdg_toplevel *xdg = toplevel->xdg;
	const struct wlr_box *usable = &toplevel->output->usable;
	if (xdg->scheduled.bounds.width != usable->width || xdg->scheduled.bounds.height != usable->height) {
		wlr_xdg_toplevel_set_bounds(xdg, usable->width, usable->height);
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
	if (!is_mapped(toplevel) && toplevel->output != NULL) {
		renew_bounds(toplevel);
	}
	if (toplevel->maximized || toplevel->fullscreen) {
		toplevel_apply(toplevel);
	} else if (is_mapped(toplevel)) {
		move_back(toplevel);
	}
}

void toplevels_arrange(struct compositor *compositor) {
	struct toplevel *toplevel;
	batch_expect(compositor, (size_t)wl_list_length(&compositor->toplevels->list));
	wl_list_for_each(toplevel, &compositor->toplevels->all, all_link) {
		if (toplevel->xdg->base->initialized) {
			toplevel_arrange(toplevel);
		}
	}
}
