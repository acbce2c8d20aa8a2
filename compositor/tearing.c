/*
 * wlroots 0.18 follows a null pointer if a client sets the hint of a surface that it has destroyed. So such objects get
 * an implementation that does nothing.
 */
#include "tearing.h"

#include "listener.h"
#include "parts.h"
#include "tearing-control-v1-protocol.h"
#include <stdlib.h>
#include <wlr/types/wlr_tearing_control_v1.h>

struct hint {
	struct wlr_tearing_control_v1 *wlr;
	struct wl_listener destroy;
};

static void handle_set_presentation_hint(struct wl_client *client, struct wl_resource *resource, uint32_t hint) {
}

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static const struct wp_tearing_control_v1_interface inert_impl = {
	.set_presentation_hint = handle_set_presentation_hint,
	.destroy = handle_destroy_request,
};

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct hint *hint = wl_container_of(listener, hint, destroy);
	wl_resource_set_implementation(hint->wlr->resource, &inert_impl, NULL, NULL);
	listener_remove(&hint->destroy);
	free(hint);
}

static void handle_new_object(struct wl_listener *listener, void *data) {
	struct wlr_tearing_control_v1 *wlr = data;
	struct hint *hint = calloc(1, sizeof(*hint));
	if (hint == NULL) {
		wl_client_post_no_memory(wlr->client);
		return;
	}
	hint->wlr = wlr;
	listener_add(&hint->destroy, &wlr->events.destroy, handle_destroy);
}

bool tearing_init(struct compositor *compositor) {
	struct wlr_tearing_control_manager_v1 *manager = wlr_tearing_control_manager_v1_create(compositor->display, 1);
	if (manager == NULL) {
		return false;
	}
	listener_add(&compositor->tearing->new_object, &manager->events.new_object, handle_new_object);
	return true;
}

void tearing_finish(struct compositor *compositor) {
	listener_remove(&compositor->tearing->new_object);
}
