#include "popup.h"

#include "compat.h"
#include "desktop.h"
#include "listener.h"
#include "output.h"
#include "parts.h"
#include "requests.h"
#include "seat.h"
#include "session_lock.h"
#include "shell.h"
#include <assert.h>
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/util/box.h>

// Returns the place by the popup's rules, relative to its parent. The popup stays on the output of its anchor, whatever
// its parent is.
static struct wlr_box popup_place(struct popup *popup) {
	const struct wlr_xdg_positioner_rules *rules = &popup->xdg->scheduled.rules;
	struct wlr_box box;
	wlr_xdg_positioner_rules_get_geometry(rules, &box);
	int x, y;
	if (popup->tree != NULL && desktop_node_coords(popup->compositor->desktop, &popup->parent->node, &x, &y)) {
		const struct wlr_box *anchor = &rules->anchor_rect;
		double center_x = (double)x + anchor->x + anchor->width / 2.0;
		double center_y = (double)y + anchor->y + anchor->height / 2.0;
		struct output *output = desktop_output_at(popup->compositor->desktop, center_x, center_y);
		struct wlr_box area = output != NULL ? output->area : (struct wlr_box){0};
		// A client may place parents and anchors anywhere.
		if (output != NULL && !__builtin_sub_overflow(area.x, x, &area.x) &&
				!__builtin_sub_overflow(area.y, y, &area.y)) {
			wlr_xdg_positioner_rules_unconstrain_box(rules, &area, &box);
		}
	}
	return box;
}

// Schedules a configure with the place of the popup.
static void popup_configure(struct popup *popup) {
	popup->xdg->scheduled.geometry = popup_place(popup);
	popup->serial = wlr_xdg_surface_schedule_configure(popup->xdg->base);
}

// Sends no further place until the client has drawn for the last one: a moving window would flood it.
static void popup_react(struct popup *popup) {
	if (popup->tree == NULL || popup->waiting || !popup->xdg->base->surface->mapped ||
			!popup->xdg->scheduled.rules.reactive) {
		return;
	}
	struct wlr_box box = popup_place(popup);
	if (!wlr_box_equal(&box, &popup->xdg->scheduled.geometry)) {
		popup_configure(popup);
		popup->waiting = true;
	}
}

static void refresh_idle(void *data) {
	struct compositor *compositor = data;
	compositor->popups->refresh = NULL;
	struct popup *popup;
	wl_list_for_each(popup, &compositor->popups->list, link) {
		popup_react(popup);
	}
}

void popups_refresh(struct compositor *compositor) {
	struct popups *popups = compositor->popups;
	if (popups->refresh == NULL && !wl_list_empty(&popups->list)) {
		popups->refresh = wl_event_loop_add_idle(compositor->loop, refresh_idle, compositor);
	}
}

static void handle_layout_changed(struct wl_listener *listener, void *data) {
	struct popups *popups = wl_container_of(listener, popups, layout_changed);
	popups_refresh(popups->compositor);
}

// wlroots inserts the popup into the list of its grab at each request, even if it is there already. It ignores requests
// of popups that were dismissed.
static void handle_grab(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	struct wlr_xdg_popup *popup = wlr_xdg_popup_from_resource(resource);
	if (popup != NULL && session_lock_is_locked(compositor)) {
		wlr_xdg_popup_destroy(popup); // its grab would keep the pointer from the locker
	} else if (popup != NULL && popup->seat != NULL) {
		wl_list_remove(&popup->grab_link);
		wl_list_init(&popup->grab_link);
	}
}

#if WLR_SINCE(19)
// The first configure waits for the initial commit, and then answers this request, too.
static void handle_early_repositioned(struct wl_listener *listener, void *data) {
	struct popups *popups = wl_container_of(listener, popups, early.reposition);
	struct wlr_xdg_surface *surface = popups->early.surface;
	listener_remove(&popups->early.reposition);
	surface->initialized = false;
	if (surface->configure_idle != NULL) {
		wl_event_source_remove(surface->configure_idle);
		surface->configure_idle = NULL;
	}
}

// wlroots schedules a configure, and asserts that the initial commit has been made.
static void handle_reposition_request(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	struct popups *popups = compositor->popups;
	struct wlr_xdg_popup *popup = wlr_xdg_popup_from_resource(resource);
	if (popup != NULL && !popup->base->initialized &&
			wlr_xdg_positioner_is_complete(wlr_xdg_positioner_from_resource((struct wl_resource *)arguments[0].o))) {
		popup->base->initialized = true;
		popups->early.surface = popup->base;
		listener_add(&popups->early.reposition, &popup->events.reposition, handle_early_repositioned);
	}
}
#endif

bool popups_init(struct compositor *compositor) {
	struct popups *popups = compositor->popups;
	popups->compositor = compositor;
	wl_list_init(&popups->list);
	wl_signal_init(&popups->events.changed);
	listener_add(&popups->layout_changed, &compositor->desktop->events.layout_changed, handle_layout_changed);
#if WLR_SINCE(19)
	if (!requests_watch(compositor, "xdg_popup", "reposition", handle_reposition_request)) {
		return false;
	}
#endif
	return requests_watch(compositor, "xdg_popup", "grab", handle_grab);
}

void popups_finish(struct compositor *compositor) {
	struct popups *popups = compositor->popups;
	assert(wl_list_empty(&popups->list));
	signal_finish(&popups->events.changed);
	listener_remove(&popups->layout_changed);
	if (popups->refresh != NULL) {
		wl_event_source_remove(popups->refresh);
		popups->refresh = NULL;
	}
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, listeners.map);
	wl_signal_emit_mutable(&popup->compositor->popups->events.changed, NULL);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, listeners.unmap);
	wl_signal_emit_mutable(&popup->compositor->popups->events.changed, NULL);
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, listeners.commit);
	if (popup->xdg->base->initial_commit) {
		popup->waiting = false;
		popup_configure(popup);
		return;
	}
	if (popup->waiting && (int32_t)(popup->xdg->base->current.configure_serial - popup->serial) >= 0) {
		popup->waiting = false;
	}
	popups_refresh(popup->compositor); // other popups may have this one as parent
}

static void handle_reposition(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, listeners.reposition);
	popup_configure(popup);
}

// The popup's tree or its parent's tree was destroyed.
static void handle_tree_destroy(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, listeners.tree_destroy);
	listener_remove(&popup->listeners.tree_destroy);
	popup->xdg->base->data = NULL;
	popup->tree = NULL;
}

static void handle_configure(struct wl_listener *listener, void *data) {
	shell_own_configure(data);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, listeners.destroy);
	struct popups *popups = popup->compositor->popups;
	if (popup->tree != NULL) {
		wlr_scene_node_destroy(&popup->tree->node);
	}
	listener_remove(&popup->listeners.map);
	listener_remove(&popup->listeners.unmap);
	listener_remove(&popup->listeners.commit);
	listener_remove(&popup->listeners.reposition);
	listener_remove(&popup->listeners.configure);
	listener_remove(&popup->listeners.destroy);
	wl_list_remove(&popup->link);
	free(popup);
	wl_signal_emit_mutable(&popups->events.changed, NULL);
}

void popup_create(struct compositor *compositor, struct wlr_xdg_popup *xdg, struct wlr_scene_tree *parent) {
	struct popup *popup = calloc(1, sizeof(*popup));
	struct wlr_scene_tree *tree = popup != NULL ? wlr_scene_xdg_surface_create(parent, xdg->base) : NULL;
	if (tree == NULL) {
		free(popup);
		wl_resource_post_no_memory(xdg->resource);
		return;
	}
	popup->compositor = compositor;
	popup->xdg = xdg;
	popup->parent = parent;
	popup->tree = tree;
	wl_list_insert(&compositor->popups->list, &popup->link);
	xdg->base->data = tree;
	listener_add(&popup->listeners.map, &xdg->base->surface->events.map, handle_map);
	listener_add(&popup->listeners.unmap, &xdg->base->surface->events.unmap, handle_unmap);
	listener_add(&popup->listeners.commit, &xdg->base->surface->events.commit, handle_commit);
	listener_add(&popup->listeners.reposition, &xdg->events.reposition, handle_reposition);
	listener_add(&popup->listeners.configure, &xdg->base->events.configure, handle_configure);
	listener_add(&popup->listeners.destroy, &xdg->events.destroy, handle_destroy);
	listener_add(&popup->listeners.tree_destroy, &tree->node.events.destroy, handle_tree_destroy);
}

static struct wlr_xdg_popup_grab *find_grab(struct compositor *compositor) {
	struct wlr_xdg_popup_grab *grab;
	wl_list_for_each(grab, &compositor->xdg_shell->popup_grabs, link) {
		if (grab->seat == compositor->seat->wlr && !wl_list_empty(&grab->popups)) {
			return grab;
		}
	}
	return NULL;
}

struct wlr_surface *popup_grabbing_surface(struct compositor *compositor) {
	struct wlr_xdg_popup_grab *grab = find_grab(compositor);
	struct wlr_xdg_popup *popup;
	if (grab != NULL) {
		wl_list_for_each(popup, &grab->popups, grab_link) {
			if (popup->base->surface->mapped) {
				return popup->base->surface;
			}
		}
	}
	return NULL;
}

void popup_dismiss(struct compositor *compositor, struct wlr_surface *surface) {
	struct wlr_xdg_popup_grab *grab;
	while ((grab = find_grab(compositor)) != NULL) {
		if (surface != NULL && wl_resource_get_client(surface->resource) == grab->client) {
			return;
		}
		// Destroying the popup at the bottom destroys those above it, and then the grab.
		struct wlr_xdg_popup *bottom = wl_container_of(grab->popups.prev, bottom, grab_link);
		wlr_xdg_popup_destroy(bottom);
	}
}
