#include "idle.h"

#include "listener.h"
#include "server.h"
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_idle_inhibit_v1.h>
#include <wlr/types/wlr_idle_notify_v1.h>

/* Follows one inhibitor. */
struct inhibitor {
	struct compositor *compositor;
	struct wlr_idle_inhibitor_v1 *wlr;

	struct {
		struct wl_listener map, unmap, destroy;
	} listeners;
};

/* Only what can be seen keeps us awake. without: one that is going, may be NULL. */
static void idle_update(struct compositor *compositor, const struct wlr_idle_inhibitor_v1 *without) {
	bool inhibited = false;
	struct wlr_idle_inhibitor_v1 *wlr;
	wl_list_for_each(wlr, &compositor->idle.inhibitors->inhibitors, link) {
		inhibited |= wlr != without && wlr->surface->mapped;
	}
	wlr_idle_notifier_v1_set_inhibited(compositor->idle.notifier, inhibited);
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct inhibitor *inhibitor = wl_container_of(listener, inhibitor, listeners.map);
	idle_update(inhibitor->compositor, NULL);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct inhibitor *inhibitor = wl_container_of(listener, inhibitor, listeners.unmap);
	idle_update(inhibitor->compositor, inhibitor->wlr);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct inhibitor *inhibitor = wl_container_of(listener, inhibitor, listeners.destroy);
	idle_update(inhibitor->compositor, inhibitor->wlr);
	listener_remove(&inhibitor->listeners.map);
	listener_remove(&inhibitor->listeners.unmap);
	listener_remove(&inhibitor->listeners.destroy);
	free(inhibitor);
}

static void handle_new_inhibitor(struct wl_listener *listener, void *data) {
	struct compositor *compositor = wl_container_of(listener, compositor, idle.new_inhibitor);
	struct wlr_idle_inhibitor_v1 *wlr = data;
	struct inhibitor *inhibitor = calloc(1, sizeof(*inhibitor));
	if (inhibitor == NULL) {
		return;
	}
	inhibitor->compositor = compositor;
	inhibitor->wlr = wlr;
	listener_add(&inhibitor->listeners.map, &wlr->surface->events.map, handle_map);
	listener_add(&inhibitor->listeners.unmap, &wlr->surface->events.unmap, handle_unmap);
	listener_add(&inhibitor->listeners.destroy, &wlr->events.destroy, handle_destroy);
	idle_update(compositor, NULL);
}

bool idle_init(struct compositor *compositor) {
	struct idle *idle = &compositor->idle;
	idle->notifier = wlr_idle_notifier_v1_create(compositor->display);
	idle->inhibitors = wlr_idle_inhibit_v1_create(compositor->display);
	if (idle->notifier == NULL || idle->inhibitors == NULL) {
		return false;
	}
	listener_add(&idle->new_inhibitor, &idle->inhibitors->events.new_inhibitor, handle_new_inhibitor);
	return true;
}

void idle_finish(struct compositor *compositor) {
	listener_remove(&compositor->idle.new_inhibitor);
}
