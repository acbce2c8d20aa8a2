/*
 * wlroots has no query for this. So a texture is created of a buffer of our own, which watches what the renderer does:
 * a renderer that uploads accesses the data once for the texture, and once for its update, and keeps no lock.
 */
#include "renderer.h"

#include "private.h"

#include <drm_fourcc.h>
#include <pixman.h>
#include <stdlib.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>

// One pixel of a format that each renderer must read.
struct probe {
	struct wlr_buffer base;
	uint32_t pixel;
	int accesses;  // begun
	bool is_begun; // and not ended
};

static struct probe *probe_from_wlr_buffer(struct wlr_buffer *base) {
	struct probe *probe = wl_container_of(base, probe, base);
	return probe;
}

static void probe_destroy(struct wlr_buffer *base) {
	struct probe *probe = probe_from_wlr_buffer(base);
	private_finish_buffer(base);
	free(probe);
}

static bool begin_data_ptr_access(
		struct wlr_buffer *base, uint32_t flags, void **data, uint32_t *format, size_t *stride) {
	struct probe *probe = probe_from_wlr_buffer(base);
	if ((flags & WLR_BUFFER_DATA_PTR_ACCESS_WRITE) != 0) {
		return false;
	}
	probe->accesses++;
	probe->is_begun = true;
	*data = &probe->pixel;
	*format = DRM_FORMAT_ARGB8888;
	*stride = sizeof(probe->pixel);
	return true;
}

static void end_data_ptr_access(struct wlr_buffer *base) {
	probe_from_wlr_buffer(base)->is_begun = false;
}

static const struct wlr_buffer_impl probe_impl = {
	.destroy = probe_destroy,
	.begin_data_ptr_access = begin_data_ptr_access,
	.end_data_ptr_access = end_data_ptr_access,
};

// Has the renderer accessed the data that many times, and is it done with the buffer?
static bool is_done(const struct probe *probe, int accesses) {
	return probe->accesses == accesses && !probe->is_begun && private_get_locks(&probe->base) == 0;
}

static bool ask(struct wlr_renderer *wlr_renderer) {
	struct probe *probe = calloc(1, sizeof(*probe));
	if (probe == NULL) {
		return false;
	}
	wlr_buffer_init(&probe->base, &probe_impl, 1, 1);
	struct wlr_texture *texture = wlr_texture_from_buffer(wlr_renderer, &probe->base);
	bool uploads = texture != NULL && is_done(probe, 1);
	if (uploads) {
		pixman_region32_t damage;
		pixman_region32_init_rect(&damage, 0, 0, 1, 1);
		uploads = wlr_texture_update_from_buffer(texture, &probe->base, &damage) && is_done(probe, 2);
		pixman_region32_fini(&damage);
	}
	if (texture != NULL) {
		wlr_texture_destroy(texture);
	}
	// The renderer may have locked it: it is freed with the last lock.
	wlr_buffer_drop(&probe->base);
	return uploads;
}

static void forget(struct lido_renderer *renderer) {
	if (renderer->asked != NULL) {
		wl_list_remove(&renderer->destroy.link);
		renderer->asked = NULL;
		renderer->uploads = false;
	}
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct lido_renderer *renderer = wl_container_of(listener, renderer, destroy);
	forget(renderer);
}

void lido_renderer_init(struct lido_renderer *renderer) {
	*renderer = (struct lido_renderer){.destroy.notify = handle_destroy};
}

void lido_renderer_finish(struct lido_renderer *renderer) {
	forget(renderer);
}

void lido_renderer_ask(struct lido_renderer *renderer, struct wlr_renderer *wlr_renderer) {
	forget(renderer);
	if (wlr_renderer != NULL) {
		renderer->uploads = ask(wlr_renderer);
		renderer->asked = wlr_renderer;
		wl_signal_add(&wlr_renderer->events.destroy, &renderer->destroy);
	}
}
