#include "adapter.h"

#include <errno.h>
#include <stdlib.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/wlr_renderer.h>

static void handle_new_surface(struct wl_listener *listener, void *data) {
	struct lido_wlroots *shm = wl_container_of(listener, shm, new_surface);
	lido_surface_create(shm, data);
}

static void handle_compositor_destroy(struct wl_listener *listener, void *data) {
	struct lido_wlroots *shm = wl_container_of(listener, shm, compositor_destroy);
	wl_list_remove(&shm->new_surface.link);
	wl_list_remove(&shm->compositor_destroy.link);
	wl_list_init(&shm->new_surface.link);
	wl_list_init(&shm->compositor_destroy.link);
}

static void handle_display_destroy(struct wl_listener *listener, void *data) {
	struct lido_wlroots *shm = wl_container_of(listener, shm, display_destroy);
	wl_list_remove(&shm->new_surface.link);
	wl_list_remove(&shm->compositor_destroy.link);
	wl_list_remove(&shm->display_destroy.link);
	lido_surfaces_finish(shm);
	lido_renderer_finish(&shm->renderer);
	lido_zero_copy_finish(&shm->zero_copy);
	free(shm);
}

static struct lido_manager *create_manager(
		struct wl_display *display, struct wlr_renderer *renderer, const struct lido_limits *limits) {
	const struct wlr_drm_format_set *set = wlr_renderer_get_texture_formats(renderer, WLR_BUFFER_CAP_DATA_PTR);
	if (set == NULL) {
		errno = ENOTSUP;
		return NULL;
	}
	uint32_t *formats = calloc(set->len + 1, sizeof(*formats));
	if (formats == NULL) {
		return NULL;
	}
	for (size_t i = 0; i < set->len; i++) {
		formats[i] = set->formats[i].format;
	}
	struct lido_manager *manager = lido_manager_create(display, formats, set->len, limits);
	free(formats);
	return manager;
}

struct lido_wlroots *lido_wlroots_create(struct wl_display *display, struct wlr_renderer *renderer,
		struct wlr_compositor *compositor, const struct lido_limits *limits) {
	struct lido_wlroots *shm = calloc(1, sizeof(*shm));
	if (shm == NULL) {
		return NULL;
	}
	shm->manager = create_manager(display, renderer, limits);
	if (shm->manager == NULL) {
		free(shm);
		return NULL;
	}
	wl_list_init(&shm->surfaces);
	lido_client_buffer_register();
	lido_renderer_init(&shm->renderer);
	lido_renderer_ask(&shm->renderer, compositor->renderer);
	lido_zero_copy_init(&shm->zero_copy, shm->manager, wl_display_get_event_loop(display));
	shm->new_surface.notify = handle_new_surface;
	wl_signal_add(&compositor->events.new_surface, &shm->new_surface);
	shm->compositor_destroy.notify = handle_compositor_destroy;
	wl_signal_add(&compositor->events.destroy, &shm->compositor_destroy);
	shm->display_destroy.notify = handle_display_destroy;
	wl_display_add_destroy_listener(display, &shm->display_destroy);
	return shm;
}

void lido_wlroots_set_renderer(struct lido_wlroots *shm, struct wlr_renderer *renderer) {
	const struct wlr_drm_format_set *set = wlr_renderer_get_texture_formats(renderer, WLR_BUFFER_CAP_DATA_PTR);
	for (size_t i = 0; set != NULL && i < set->len; i++) {
		// Fails for those that the core does not know. If memory is short, there is one less.
		lido_manager_add_format(shm->manager, set->formats[i].format);
	}
	lido_renderer_ask(&shm->renderer, renderer);
	lido_surfaces_set_renderer(shm, renderer);
	struct lido_zero_copy *zero_copy = &shm->zero_copy;
	if (!wl_list_empty(&zero_copy->buffers) && !lido_zero_copy_is_usable(zero_copy, renderer)) {
		lido_zero_copy_drop_buffers(zero_copy);
	}
}

void lido_wlroots_set_zero_copy(struct lido_wlroots *shm, enum lido_zero_copy_mode mode) {
	shm->zero_copy.mode = mode;
}

struct lido_manager *lido_wlroots_get_manager(struct lido_wlroots *shm) {
	return shm->manager;
}
