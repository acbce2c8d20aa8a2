#include "decoration.h"

#include "listener.h"
#include "parts.h"
#include "toplevel.h"
#include <stdlib.h>
#include <wlr/types/wlr_server_decoration.h>
#include <wlr/types/wlr_xdg_decoration_v1.h>

// Follows one decoration object.
struct decoration {
	struct wlr_xdg_toplevel_decoration_v1 *wlr;
	struct wl_listener request_mode, destroy;
};

// Requests client-side decorations, whatever the client prefers: the compositor draws none.
static void request_client_side(struct wlr_xdg_toplevel_decoration_v1 *wlr) {
	wlr_xdg_toplevel_decoration_v1_set_mode(wlr, WLR_XDG_TOPLEVEL_DECORATION_V1_MODE_CLIENT_SIDE);
}

static void handle_request_mode(struct wl_listener *listener, void *data) {
	struct decoration *decoration = wl_container_of(listener, decoration, request_mode);
	if (decoration->wlr->toplevel->base->initialized) {
		request_client_side(decoration->wlr);
	}
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct decoration *decoration = wl_container_of(listener, decoration, destroy);
	struct toplevel *toplevel = toplevel_try_from_surface(decoration->wlr->toplevel->base->surface);
	if (toplevel != NULL) {
		toplevel->decoration = NULL;
	}
	listener_remove(&decoration->request_mode);
	listener_remove(&decoration->destroy);
	free(decoration);
}

static void handle_new_decoration(struct wl_listener *listener, void *data) {
	struct wlr_xdg_toplevel_decoration_v1 *wlr = data;
	struct toplevel *toplevel = toplevel_try_from_surface(wlr->toplevel->base->surface);
	struct decoration *decoration = calloc(1, sizeof(*decoration));
	if (decoration == NULL || toplevel == NULL) {
		free(decoration);
		return;
	}
	toplevel->decoration = wlr;
	decoration->wlr = wlr;
	listener_add(&decoration->request_mode, &wlr->events.request_mode, handle_request_mode);
	listener_add(&decoration->destroy, &wlr->events.destroy, handle_destroy);
	handle_request_mode(&decoration->request_mode, NULL);
}

// Answers a decoration object that was created before the first commit of its window.
static void handle_configure(struct wl_listener *listener, void *data) {
	struct toplevel *toplevel = data;
	if (toplevel->decoration != NULL) {
		request_client_side(toplevel->decoration);
	}
}

bool decorations_init(struct compositor *compositor) {
	struct decorations *decorations = compositor->decorations;
	struct wlr_server_decoration_manager *kde = wlr_server_decoration_manager_create(compositor->display);
	decorations->manager = wlr_xdg_decoration_manager_v1_create(compositor->display);
	if (kde == NULL || decorations->manager == NULL) {
		return false;
	}
	wlr_server_decoration_manager_set_default_mode(kde, WLR_SERVER_DECORATION_MANAGER_MODE_CLIENT);
	listener_add(
			&decorations->new_decoration, &decorations->manager->events.new_toplevel_decoration, handle_new_decoration);
	listener_add(&decorations->configure, &compositor->toplevels->events.configure, handle_configure);
	return true;
}

void decorations_finish(struct compositor *compositor) {
	listener_remove(&compositor->decorations->new_decoration);
	listener_remove(&compositor->decorations->configure);
}
