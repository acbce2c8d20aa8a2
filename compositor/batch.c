/*
 * What a request will change is counted before wlroots handles it: in the middle, it would be too late.
 */
#include "batch.h"

#include "account.h"
#include "clients.h"
#include "compat.h"
#include "desktop.h"
#include "geometry.h"
#include "overdraw.h"
#include "parts.h"
#include "requests.h"
#include "toplevel.h"
#include "turn.h"
#include <drm_fourcc.h>
#include <lido/shm.h>
#include <pixman.h>
#include <sys/param.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/types/wlr_xdg_shell.h>

// wlr_scene updates a node for its opaque region, source box, size and transform.
#define CHANGES_OF_SIZE 4

static void end_idle(void *data) {
	struct compositor *compositor = data;
	turn_end(); // what follows takes the same time after small turns: smaller ones would not help
	compositor->batch->end = NULL;
	compositor->desktop->scene->tree.node.enabled = true;
	overdraw_estimate(compositor);
	batch_recompute(compositor);
}

// Without memory for the source, there is no batch.
static void begin(struct compositor *compositor) {
	struct batch *batch = compositor->batch;
	if (batch->end != NULL) {
		return;
	}
	batch->end = wl_event_loop_add_idle(compositor->loop, end_idle, compositor);
	if (batch->end != NULL) {
		batch->opened_len++;
		compositor->desktop->scene->tree.node.enabled = false;
	}
}

void batch_end(struct compositor *compositor) {
	struct batch *batch = compositor->batch;
	if (batch->end != NULL) {
		wl_event_source_remove(batch->end);
		end_idle(compositor);
	}
}

// The rectangle covers all nodes, which are recomputed when it is enabled. It needs no update when it is disabled.
void batch_recompute(struct compositor *compositor) {
	struct wlr_scene_node *node = &compositor->batch->everything->node;
	wlr_scene_node_set_enabled(node, true);
	node->enabled = false;
}

void batch_expect(struct compositor *compositor, size_t changes) {
	size_t nodes_len = compositor->overdraw->nodes_len;
	bool is_late = nodes_len >= BATCH_SURFACES_MIN && turn_get_nsec() > BATCH_TURN_NSEC_MAX;
	if (changes > 0 && (is_late || changes * MAX(nodes_len, changes) > BATCH_VISITS_MAX)) {
		begin(compositor);
	}
}

static size_t count_surfaces(struct wl_client *wl) {
	const struct account *account = client_get_account(wl);
	return account != NULL ? account->surfaces_len : 0;
}

void batch_expect_surface(struct compositor *compositor, const struct wlr_surface *surface) {
	batch_expect(compositor, count_surfaces(wl_resource_get_client(surface->resource)));
}

static size_t count_descendants(const struct wlr_surface *surface) {
	size_t count = 0;
	const struct wlr_subsurface *subsurface;
	wl_list_for_each(subsurface, &surface->pending.subsurfaces_below, pending.link) {
		count += 1 + count_descendants(subsurface->surface);
	}
	wl_list_for_each(subsurface, &surface->pending.subsurfaces_above, pending.link) {
		count += 1 + count_descendants(subsurface->surface);
	}
	return count;
}

static size_t count_queued_below(const struct wlr_surface *surface);

// Each commit in the queue of a surface may move all of its subsurfaces.
static size_t count_queued(const struct wlr_subsurface *subsurface) {
	if (!subsurface->has_cache) {
		return 0;
	}
	const struct wlr_surface *surface = subsurface->surface;
	size_t children_len = (size_t)wl_list_length(&surface->pending.subsurfaces_below) +
						  (size_t)wl_list_length(&surface->pending.subsurfaces_above);
	return (size_t)wl_list_length(&surface->cached) * (1 + children_len) + count_queued_below(surface);
}

static size_t count_queued_below(const struct wlr_surface *surface) {
	size_t count = 0;
	const struct wlr_subsurface *subsurface;
	wl_list_for_each(subsurface, &surface->pending.subsurfaces_below, pending.link) {
		count += count_queued(subsurface);
	}
	wl_list_for_each(subsurface, &surface->pending.subsurfaces_above, pending.link) {
		count += count_queued(subsurface);
	}
	return count;
}

// Counts the subsurfaces of a list that are new, were moved or change their order, with those below them.
static size_t count_moved(const struct wl_list *pending, const struct wl_list *current) {
	size_t count = 0;
	const struct wl_list *link = current->next;
	const struct wlr_subsurface *subsurface;
	wl_list_for_each(subsurface, pending, pending.link) {
		if (!subsurface->added || link != &subsurface->current.link || subsurface->pending.x != subsurface->current.x ||
				subsurface->pending.y != subsurface->current.y) {
			count += 1 + count_descendants(subsurface->surface);
		}
		link = link != current ? link->next : current;
	}
	return count;
}

// Its commits are queued until an ancestor commits.
static bool is_synchronized(struct wlr_surface *surface) {
	const struct wlr_subsurface *subsurface;
	while ((subsurface = wlr_subsurface_try_from_wlr_surface(surface)) != NULL) {
		if (subsurface->synchronized) {
			return true;
		}
		surface = subsurface->parent;
	}
	return false;
}

// Toolkits set the same values again.
static bool changes_size(const struct wlr_surface *surface) {
	const struct wlr_surface_state *pending = &surface->pending, *current = &surface->current;
	const uint32_t fields = pending->committed;
	return ((fields & WLR_SURFACE_STATE_OPAQUE_REGION) && !pixman_region32_equal(&pending->opaque, &current->opaque)) ||
		   ((fields & WLR_SURFACE_STATE_TRANSFORM) && pending->transform != current->transform) ||
		   ((fields & WLR_SURFACE_STATE_SCALE) && pending->scale != current->scale) ||
		   (fields & WLR_SURFACE_STATE_VIEWPORT);
}

// Is the attached buffer as large as what is shown, and as opaque? Of other formats, and other buffers, that is not
// known here.
static bool keeps_size(struct wlr_surface *surface) {
	struct wl_resource *resource = surface_attached_buffer(surface);
	const struct lido_buffer *buffer = resource != NULL ? lido_buffer_try_from_resource(resource) : NULL;
	return buffer != NULL && buffer->width == surface->current.buffer_width &&
		   buffer->height == surface->current.buffer_height &&
		   ((buffer->drm_format == DRM_FORMAT_XRGB8888 && surface_is_opaque(surface)) ||
				   (buffer->drm_format == DRM_FORMAT_ARGB8888 && !surface_is_opaque(surface)));
}

static size_t count_own(struct wlr_surface *surface) {
	if (changes_size(surface)) {
		return CHANGES_OF_SIZE;
	}
	return (surface->pending.committed & WLR_SURFACE_STATE_BUFFER) != 0 && !keeps_size(surface) ? 1 : 0;
}

static bool is_shown_or_hidden(struct wlr_surface *surface) {
	return (surface->pending.committed & WLR_SURFACE_STATE_BUFFER) &&
		   (surface_attached_buffer(surface) != NULL) != surface->mapped;
}

// Does the window geometry begin where it did? changes: of the surface and its subsurfaces by this commit. Those that
// commit by themselves may have moved it before.
static bool keeps_origin(struct wlr_surface *surface, size_t changes) {
	struct wlr_xdg_surface *xdg = wlr_xdg_surface_try_from_wlr_surface(surface);
	const struct toplevel *toplevel = xdg != NULL ? toplevel_try_from_surface(surface) : NULL;
	if (toplevel == NULL || changes > 0 || !wlr_box_equal(&xdg->pending.geometry, &xdg->current.geometry)) {
		return false;
	}
	const struct wlr_box geometry = xdg_surface_geometry(xdg);
	return geometry.x == toplevel->geometry.x && geometry.y == toplevel->geometry.y;
}

static void handle_commit(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	struct wlr_surface *surface = wlr_surface_from_resource(resource);
	if (compositor->batch->end != NULL || is_synchronized(surface)) {
		return;
	}
	const struct wlr_subsurface *subsurface = wlr_subsurface_try_from_wlr_surface(surface);
	size_t changes = count_own(surface);
	changes += count_moved(&surface->pending.subsurfaces_below, &surface->current.subsurfaces_below);
	changes += count_moved(&surface->pending.subsurfaces_above, &surface->current.subsurfaces_above);
	// If it was synchronized, its own queue is applied, too.
	changes += subsurface != NULL ? count_queued(subsurface) : 0;
	changes += count_queued_below(surface);
	if (is_shown_or_hidden(surface) || wlr_xdg_popup_try_from_wlr_surface(surface) != NULL) {
		changes += count_surfaces(wl_resource_get_client(resource)); // other popups move with this one
	} else if (subsurface == NULL && !keeps_origin(surface, changes)) {
		changes += count_descendants(surface); // they move with the origin of the window geometry
	}
	batch_expect(compositor, changes);
}

static void handle_set_desync(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	const struct wlr_subsurface *subsurface = wl_resource_get_user_data(resource); // NULL: its surface is destroyed
	if (subsurface != NULL) {
		batch_expect(compositor, count_queued(subsurface));
	}
}

// Destroys or hides some of its surfaces, and those may apply queued commits of others.
static void handle_destroy(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	const struct account *account = client_get_account(wl_resource_get_client(resource));
	if (account != NULL) {
		batch_expect(compositor, account->surfaces_len + account->queued_len);
	}
}

// Draws outputs at once.
static void handle_configuration(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	batch_end(compositor);
}

static bool watch_requests(struct compositor *compositor) {
	static const char *const configurations[] = {"test", "apply", NULL};
	static const char *const roles[] = {"wl_surface", "wl_subsurface", "xdg_surface", "xdg_toplevel", "xdg_popup",
		"zwlr_layer_surface_v1", "zwp_input_popup_surface_v2"};
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (!requests_watch(compositor, roles[i], "destroy", handle_destroy)) {
			return false;
		}
	}
	return requests_watch(compositor, "wl_surface", "commit", handle_commit) &&
		   requests_watch(compositor, "wl_subsurface", "set_desync", handle_set_desync) &&
		   requests_watch_all(compositor, "zwlr_output_configuration_v1", configurations, handle_configuration);
}

bool batch_init(struct compositor *compositor) {
	static const float transparent[4] = {0};
	struct wlr_scene_tree *root = &compositor->desktop->scene->tree;
	struct wlr_scene_rect *everything = wlr_scene_rect_create(root, 2 * GEOMETRY_MAX, 2 * GEOMETRY_MAX, transparent);
	if (everything == NULL) {
		return false;
	}
	wlr_scene_node_set_enabled(&everything->node, false);
	wlr_scene_node_set_position(&everything->node, -GEOMETRY_MAX, -GEOMETRY_MAX);
	compositor->batch->everything = everything;
	return watch_requests(compositor);
}

void batch_finish(struct compositor *compositor) {
	struct batch *batch = compositor->batch;
	if (batch->end != NULL) {
		wl_event_source_remove(batch->end);
		batch->end = NULL;
		compositor->desktop->scene->tree.node.enabled = true;
	}
}
