#include "surface.h"

#include "cursor.h"
#include "listener.h"
#include "overdraw.h"
#include "parts.h"
#include "touch.h"
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>

struct surface {
	struct compositor *compositor;
	struct wlr_surface *wlr;

	struct {
		struct wl_listener commit, map, unmap, destroy;
	} listeners;
};

static void handle_commit(struct wl_listener *listener, void *data) {
	struct surface *surface = wl_container_of(listener, surface, listeners.commit);
	cursor_refresh(surface->compositor);
	overdraw_surface_changed(surface->compositor);
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct surface *surface = wl_container_of(listener, surface, listeners.map);
	overdraw_will_show(surface->compositor, surface->wlr); // wlr_scene's listener comes later
	overdraw_surface_changed(surface->compositor);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct surface *surface = wl_container_of(listener, surface, listeners.unmap);
	cursor_refresh(surface->compositor);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct surface *surface = wl_container_of(listener, surface, listeners.destroy);
	touch_forget(surface->compositor, surface->wlr);
	listener_remove(&surface->listeners.commit);
	listener_remove(&surface->listeners.map);
	listener_remove(&surface->listeners.unmap);
	listener_remove(&surface->listeners.destroy);
	free(surface);
}

static void handle_new_surface(struct wl_listener *listener, void *data) {
	struct surfaces *surfaces = wl_container_of(listener, surfaces, new_surface);
	struct wlr_surface *wlr = data;
	struct surface *surface = calloc(1, sizeof(*surface));
	if (surface == NULL) {
		wl_resource_post_no_memory(wlr->resource);
		return;
	}
	surface->compositor = surfaces->compositor;
	surface->wlr = wlr;
	listener_add(&surface->listeners.commit, &wlr->events.commit, handle_commit);
	listener_add(&surface->listeners.map, &wlr->events.map, handle_map);
	listener_add(&surface->listeners.unmap, &wlr->events.unmap, handle_unmap);
	listener_add(&surface->listeners.destroy, &wlr->events.destroy, handle_destroy);
}

bool surfaces_init(struct compositor *compositor) {
	compositor->surfaces->compositor = compositor;
	listener_add(&compositor->surfaces->new_surface, &compositor->wlr->events.new_surface, handle_new_surface);
	return true;
}

void surfaces_finish(struct compositor *compositor) {
	listener_remove(&compositor->surfaces->new_surface);
}
