#include "surface.h"

#include "account.h"
#include "clients.h"
#include "compat.h"
#include "cursor.h"
#include "filters.h"
#include "listener.h"
#include "overdraw.h"
#include "parts.h"
#include "session_lock.h"
#include "touch.h"
#include "usage.h"
#include <lido/wlroots.h>
#include <pixman.h>
#include <stdlib.h>
#include <wayland-server-protocol.h>
#include <wlr/render/pixman.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_layer_shell_v1.h>
#include <wlr/types/wlr_session_lock_v1.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/util/addon.h>

struct surface {
	struct compositor *compositor;
	struct wlr_surface *wlr;
	size_t queued_len; // commits that are queued, without the first
	bool is_lost;      // while the renderer is replaced: something of this window must be drawn anew
	struct wlr_addon addon;
	struct wl_list link; // surfaces.all

	struct {
		struct wl_listener client_commit, commit, map, unmap, destroy;
	} listeners;
};

static struct account *get_account(const struct surface *surface) {
	return client_get_account(wl_resource_get_client(surface->wlr->resource));
}

// Forgets as many queued commits of the surface.
static void forget_queued(struct surface *surface, size_t len) {
	struct account *account = get_account(surface);
	if (account != NULL) {
		account->queued_len -= len;
	}
	surface->queued_len -= len;
}

// Does pixman draw pictures of this size? It leaves out what is too large, and does not say so.
static bool is_drawn(int32_t width, int32_t height) {
	uint32_t from[16] = {0x123456}, to[16] = {0}; // the stride is 0, so all rows are the first
	pixman_image_t *picture = pixman_image_create_bits_no_clear(PIXMAN_x8r8g8b8, width, height, from, 0);
	pixman_image_t *pixel = pixman_image_create_bits_no_clear(PIXMAN_x8r8g8b8, 1, 1, to, sizeof(to));
	if (picture != NULL && pixel != NULL) {
		pixman_image_composite32(PIXMAN_OP_SRC, picture, NULL, pixel, 0, 0, 0, 0, 0, 0, 1, 1);
	}
	if (picture != NULL) {
		pixman_image_unref(picture);
	}
	if (pixel != NULL) {
		pixman_image_unref(pixel);
	}
	return (to[0] & 0xffffff) == from[0];
}

// Other renderers tell no limit, either; wlroots logs that they cannot upload a picture.
static int32_t find_picture_max(struct wlr_renderer *renderer) {
	if (!wlr_renderer_is_pixman(renderer)) {
		return 0;
	}
	int32_t drawn = 1, too_large = 1 << 24;
	while (too_large - drawn > 1) {
		int32_t size = drawn + (too_large - drawn) / 2;
		if (is_drawn(size, 1) && is_drawn(1, size)) {
			drawn = size;
		} else {
			too_large = size;
		}
	}
	return drawn;
}

// Ends the client if the renderer would show nothing of the picture that it commits.
static void limit_picture(const struct surface *surface) {
	const struct wlr_surface_state *pending = &surface->wlr->pending;
	int32_t max = surface->compositor->surfaces->picture_max;
	bool has_picture = (pending->committed & WLR_SURFACE_STATE_BUFFER) != 0 && pending->buffer != NULL;
	if (has_picture && max > 0 && (pending->buffer_width > max || pending->buffer_height > max)) {
		wl_resource_post_error(surface->wlr->resource, WL_SURFACE_ERROR_INVALID_SIZE,
				"picture of %dx%d pixels: the renderer shows no more than %d in each direction", pending->buffer_width,
				pending->buffer_height, max);
	}
}

// Emitted before wlroots queues or applies the commit. The listener of a subsurface, which decides to queue the first
// one, comes later.
static void handle_client_commit(struct wl_listener *listener, void *data) {
	struct surface *surface = wl_container_of(listener, surface, listeners.client_commit);
	limit_picture(surface);
	struct account *account = surface_is_queued(surface->wlr) ? get_account(surface) : NULL;
	if (account == NULL) {
		return;
	}
	surface->queued_len++;
	if (++account->queued_len > SURFACES_QUEUED_MAX) {
		usage_post_too_many(wl_resource_get_client(surface->wlr->resource), "queued commits", account->queued_len,
				SURFACES_QUEUED_MAX);
	}
}

// While commits are queued, each that is applied is the first of them.
static void handle_commit(struct wl_listener *listener, void *data) {
	struct surface *surface = wl_container_of(listener, surface, listeners.commit);
	if (surface->queued_len > 0) {
		forget_queued(surface, 1);
	}
	filters_pad_edges(surface->compositor, surface->wlr);
	// The scene has no input regions.
	if ((surface->wlr->current.committed & WLR_SURFACE_STATE_INPUT_REGION) != 0) {
		cursor_refresh(surface->compositor);
	} else {
		cursor_refresh_if_changed(surface->compositor);
	}
	overdraw_surface_changed(surface->compositor);
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct surface *surface = wl_container_of(listener, surface, listeners.map);
	overdraw_surface_changed(surface->compositor);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct surface *surface = wl_container_of(listener, surface, listeners.unmap);
	cursor_refresh(surface->compositor);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct surface *surface = wl_container_of(listener, surface, listeners.destroy);
	struct account *account = get_account(surface);
	if (account != NULL) {
		account->surfaces_len--;
	}
	touch_forget(surface->compositor, surface->wlr);
	forget_queued(surface, surface->queued_len);
	listener_remove(&surface->listeners.client_commit);
	listener_remove(&surface->listeners.commit);
	listener_remove(&surface->listeners.map);
	listener_remove(&surface->listeners.unmap);
	listener_remove(&surface->listeners.destroy);
}

// wlroots lets a destroyed surface leave its outputs first. If what listens to the destruction shows it once more, as
// when that moves the cursor, the output would keep it, and a client that binds the output would make wlroots use it.
static void handle_addon_destroy(struct wlr_addon *addon) {
	struct surface *surface = wl_container_of(addon, surface, addon);
	struct wlr_surface_output *output, *tmp;
	wl_list_for_each_safe(output, tmp, &surface->wlr->current_outputs, link) {
		wlr_surface_send_leave(surface->wlr, output->output);
	}
	wlr_addon_finish(addon);
	wl_list_remove(&surface->link);
	free(surface);
}

static const struct wlr_addon_interface addon_interface = {
	.name = "lido_surface",
	.destroy = handle_addon_destroy,
};

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
	wl_list_insert(&surfaces->all, &surface->link);
	struct account *account = get_account(surface);
	if (account != NULL) {
		account->surfaces_len++;
	}
	wlr_addon_init(&surface->addon, &wlr->addons, surfaces, &addon_interface);
	listener_add(&surface->listeners.client_commit, &wlr->events.client_commit, handle_client_commit);
	listener_add(&surface->listeners.commit, &wlr->events.commit, handle_commit);
	listener_add(&surface->listeners.map, &wlr->events.map, handle_map);
	listener_add(&surface->listeners.unmap, &wlr->events.unmap, handle_unmap);
	listener_add(&surface->listeners.destroy, &wlr->events.destroy, handle_destroy);
}

// Many clients draw a new frame for a configure event.
static void request_frame(struct wlr_surface *wlr) {
	struct wlr_xdg_surface *xdg = wlr_xdg_surface_try_from_wlr_surface(wlr);
	struct wlr_layer_surface_v1 *layer = wlr_layer_surface_v1_try_from_wlr_surface(wlr);
	struct wlr_session_lock_surface_v1 *lock = wlr_session_lock_surface_v1_try_from_wlr_surface(wlr);
	if (xdg != NULL && xdg->initialized) {
		wlr_xdg_surface_schedule_configure(xdg);
	} else if (layer != NULL && layer->initialized) {
		wlr_layer_surface_v1_configure(layer, layer->current.actual_width, layer->current.actual_height);
	} else if (lock != NULL && lock->configured &&
			   wl_list_length(&lock->configure_list) < SESSION_LOCK_CONFIGURES_MAX) {
		wlr_session_lock_surface_v1_configure(lock, lock->current.width, lock->current.height);
	}
}

static bool is_shown_by(struct wlr_surface *wlr, const struct wlr_renderer *renderer) {
	const struct wlr_texture *texture = wlr_surface_get_texture(wlr);
	return texture != NULL && texture->renderer == renderer;
}

// The frame is requested of the window: nothing else that it shows can be configured.
static void note_lost(struct surfaces *surfaces, struct wlr_surface *wlr) {
	struct wlr_surface *root = wlr_surface_get_root_surface(wlr);
	struct wlr_addon *addon = wlr_addon_find(&root->addons, surfaces, &addon_interface);
	if (addon != NULL) {
		struct surface *surface = wl_container_of(addon, surface, addon);
		surface->is_lost = true;
	}
}

void surfaces_set_renderer(struct compositor *compositor, struct wlr_renderer *renderer) {
	compositor->surfaces->picture_max = find_picture_max(renderer);
	if (compositor->shm != NULL) {
		lido_wlroots_set_renderer(compositor->shm, renderer);
	}
	struct surface *surface;
	wl_list_for_each(surface, &compositor->surfaces->all, link) {
		if (is_shown_by(surface->wlr, renderer)) {
			filters_pad_edges(compositor, surface->wlr);
		} else if (surface->wlr->buffer != NULL) {
			note_lost(compositor->surfaces, surface->wlr);
		}
	}
	wl_list_for_each(surface, &compositor->surfaces->all, link) {
		if (surface->is_lost) {
			surface->is_lost = false;
			request_frame(surface->wlr);
		}
	}
}

bool surfaces_init(struct compositor *compositor) {
	compositor->surfaces->compositor = compositor;
	wl_list_init(&compositor->surfaces->all);
	compositor->surfaces->picture_max = find_picture_max(compositor->renderer);
	listener_add(&compositor->surfaces->new_surface, &compositor->wlr->events.new_surface, handle_new_surface);
	return true;
}

void surfaces_finish(struct compositor *compositor) {
	listener_remove(&compositor->surfaces->new_surface);
}
