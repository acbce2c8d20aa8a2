#include "idle.h"

#include "listener.h"
#include "parts.h"
#include "seat.h"
#include "session_lock.h"
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_idle_inhibit_v1.h>
#include <wlr/types/wlr_idle_notify_v1.h>

// Follows one inhibitor.
struct inhibitor {
	struct compositor *compositor;
	bool visible; // counted in idle.visible_len

	struct {
		struct wl_listener map, unmap, destroy;
	} listeners;
};

void idle_update(struct compositor *compositor) {
	struct idle *idle = compositor->idle;
	wlr_idle_notifier_v1_set_inhibited(idle->notifier, idle->visible_len > 0 && !session_lock_is_locked(compositor));
}

// Only inhibitors on mapped surfaces count.
static void inhibitor_set_visible(struct inhibitor *inhibitor, bool visible) {
	struct idle *idle = inhibitor->compositor->idle;
	if (inhibitor->visible != visible) {
		inhibitor->visible = visible;
		idle->visible_len += visible ? 1 : -1;
		idle_update(inhibitor->compositor);
	}
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct inhibitor *inhibitor = wl_container_of(listener, inhibitor, listeners.map);
	inhibitor_set_visible(inhibitor, true);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct inhibitor *inhibitor = wl_container_of(listener, inhibitor, listeners.unmap);
	inhibitor_set_visible(inhibitor, false);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct inhibitor *inhibitor = wl_container_of(listener, inhibitor, listeners.destroy);
	inhibitor_set_visible(inhibitor, false);
	listener_remove(&inhibitor->listeners.map);
	listener_remove(&inhibitor->listeners.unmap);
	listener_remove(&inhibitor->listeners.destroy);
	free(inhibitor);
}

static void handle_new_inhibitor(struct wl_listener *listener, void *data) {
	struct idle *idle = wl_container_of(listener, idle, new_inhibitor);
	struct wlr_idle_inhibitor_v1 *wlr = data;
	struct inhibitor *inhibitor = calloc(1, sizeof(*inhibitor));
	if (inhibitor == NULL) {
		return;
	}
	inhibitor->compositor = idle->compositor;
	listener_add(&inhibitor->listeners.map, &wlr->surface->events.map, handle_map);
	listener_add(&inhibitor->listeners.unmap, &wlr->surface->events.unmap, handle_unmap);
	listener_add(&inhibitor->listeners.destroy, &wlr->events.destroy, handle_destroy);
	inhibitor_set_visible(inhibitor, wlr->surface->mapped);
}

void idle_notify_activity(struct compositor *compositor) {
	wlr_idle_notifier_v1_notify_activity(compositor->idle->notifier, compositor->seat->wlr);
}

bool idle_init(struct compositor *compositor) {
	struct idle *idle = compositor->idle;
	idle->compositor = compositor;
	idle->notifier = wlr_idle_notifier_v1_create(compositor->display);
	struct wlr_idle_inhibit_manager_v1 *inhibitors = wlr_idle_inhibit_v1_create(compositor->display);
	if (idle->notifier == NULL || inhibitors == NULL) {
		return false;
	}
	listener_add(&idle->new_inhibitor, &inhibitors->events.new_inhibitor, handle_new_inhibitor);
	return true;
}

void idle_finish(struct compositor *compositor) {
	listener_remove(&compositor->idle->new_inhibitor);
}
