#include "adapter.h"

#include <stdlib.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/wlr_renderer.h>

struct lido_wlroots {
	struct lido_manager *manager;

	struct wl_listener new_surface;
	struct wl_listener compositor_destroy;
	struct wl_listener display_destroy;
};

static void handle_new_surface(struct wl_listener *listener, void *data) {
	lido_surface_create(data);
}

static void handle_compositor_destroy(struct wl_listener *listener, void *data) {
	struct lido_wlroots *backend = wl_container_of(listener, backend, compositor_destroy);
	wl_list_remove(&backend->new_surface.link);
	wl_list_remove(&backend->compositor_destroy.link);
	wl_list_init(&backend->new_surface.link);
	wl_list_init(&backend->compositor_destroy.link);
}

static void handle_display_destroy(struct wl_listener *listener, void *data) {
	struct lido_wlroots *backend = wl_container_of(listener, backend, display_destroy);
	wl_list_remove(&backend->new_surface.link);
	wl_list_remove(&backend->compositor_destroy.link);
	wl_list_remove(&backend->display_destroy.link);
	free(backend);
}

static struct lido_manager *create_manager(
		struct wl_display *display, struct wlr_renderer *renderer, const struct lido_limits *limits) {
	const struct wlr_drm_format_set *set = wlr_renderer_get_texture_formats(renderer, WLR_BUFFER_CAP_DATA_PTR);
	if (set == NULL) {
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
	struct lido_wlroots *backend = calloc(1, sizeof(*backend));
	if (backend == NULL) {
		return NULL;
	}
	backend->manager = create_manager(display, renderer, limits);
	if (backend->manager == NULL) {
		free(backend);
		return NULL;
	}
	lido_client_buffer_register();
	backend->new_surface.notify = handle_new_surface;
	wl_signal_add(&compositor->events.new_surface, &backend->new_surface);
	backend->compositor_destroy.notify = handle_compositor_destroy;
	wl_signal_add(&compositor->events.destroy, &backend->compositor_destroy);
	backend->display_destroy.notify = handle_display_destroy;
	wl_display_add_destroy_listener(display, &backend->display_destroy);
	return backend;
}

struct lido_manager *lido_wlroots_get_manager(struct lido_wlroots *backend) {
	return backend->manager;
}
