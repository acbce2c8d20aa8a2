#include "surfaces.h"
#include "runner.h"
#include <lido/shm.h>
#include <stdlib.h>
#include <wayland-server-protocol.h>

#define BYTES_PER_PIXEL 4

// A reference of a surface to a buffer.
struct reference {
	struct wl_resource *resource; // NULL: none, or destroyed
	struct lido_buffer *buffer;   // locked; NULL: none, or not Lido's
	struct wl_listener destroy;
};

struct surface {
	struct surfaces *surfaces;
	bool is_attached; // since the last commit
	struct reference pending, current;
};

uint32_t surfaces_sum(const void *pixels, int32_t width, int32_t height, int32_t stride) {
	uint32_t sum = 1;
	for (int32_t y = 0; y < height; y++) {
		const uint8_t *row = (const uint8_t *)pixels + (size_t)y * stride;
		for (int32_t i = 0; i < width * BYTES_PER_PIXEL; i++) {
			sum = sum * 31 + row[i];
		}
	}
	return sum;
}

static void handle_buffer_destroy(struct wl_listener *listener, void *data) {
	struct reference *reference = wl_container_of(listener, reference, destroy);
	wl_list_remove(&reference->destroy.link);
	reference->resource = NULL;
}

static void reference_set(struct reference *reference, struct wl_resource *resource) {
	if (reference->resource != NULL) {
		wl_list_remove(&reference->destroy.link);
	}
	if (reference->buffer != NULL) {
		lido_buffer_unlock(reference->buffer);
	}
	*reference = (struct reference){.resource = resource, .destroy.notify = handle_buffer_destroy};
	if (resource != NULL) {
		wl_resource_add_destroy_listener(resource, &reference->destroy);
		struct lido_buffer *buffer = lido_buffer_try_from_resource(resource);
		reference->buffer = buffer != NULL ? lido_buffer_lock(buffer) : NULL;
	}
}

static void release(struct reference *reference) {
	if (reference->resource != NULL) {
		wl_buffer_send_release(reference->resource);
	}
	reference_set(reference, NULL);
}

static void report(const struct surface *surface) {
	struct lido_buffer *buffer = surface->current.buffer;
	if (buffer == NULL || surface->surfaces->commit == NULL) {
		return;
	}
	uint8_t *pixels = malloc((size_t)buffer->size);
	expect(pixels != NULL);
	const struct lido_box box = {.width = buffer->width, .height = buffer->height};
	expect_int(lido_buffer_read(buffer, &box, pixels, (size_t)buffer->stride), ==, LIDO_READ_OK);
	struct surfaces_commit commit = {
		.width = buffer->width,
		.height = buffer->height,
		.stride = buffer->stride,
		.format = buffer->drm_format,
		.sum = surfaces_sum(pixels, buffer->width, buffer->height, buffer->stride),
	};
	free(pixels);
	surface->surfaces->commit(&commit, surface->surfaces->data);
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource);
	if (surface->surfaces->release == SURFACES_RELEASE_REPLACED) {
		release(&surface->current);
	}
	wl_resource_destroy(resource);
}

static void handle_attach(
		struct wl_client *client, struct wl_resource *resource, struct wl_resource *buffer, int32_t x, int32_t y) {
	struct surface *surface = wl_resource_get_user_data(resource);
	reference_set(&surface->pending, buffer);
	surface->is_attached = true;
}

static void handle_damage(
		struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y, int32_t width, int32_t height) {
}

static void handle_commit(struct wl_client *client, struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource);
	if (!surface->is_attached) {
		return;
	}
	surface->is_attached = false;
	enum surfaces_release when = surface->surfaces->release;
	if (when == SURFACES_RELEASE_REPLACED && surface->current.resource != surface->pending.resource) {
		release(&surface->current);
	}
	reference_set(&surface->current, surface->pending.resource);
	reference_set(&surface->pending, NULL);
	report(surface);
	if (when == SURFACES_RELEASE_AT_ONCE) {
		release(&surface->current);
	}
}

static const struct wl_surface_interface surface_impl = {
	.destroy = handle_destroy,
	.attach = handle_attach,
	.damage = handle_damage,
	.damage_buffer = handle_damage,
	.commit = handle_commit,
};

static void handle_surface_destroy(struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource);
	reference_set(&surface->pending, NULL);
	reference_set(&surface->current, NULL);
	free(surface);
}

static void handle_create_surface(struct wl_client *client, struct wl_resource *compositor, uint32_t id) {
	struct surface *surface = calloc(1, sizeof(*surface));
	struct wl_resource *resource =
			wl_resource_create(client, &wl_surface_interface, wl_resource_get_version(compositor), id);
	expect(surface != NULL && resource != NULL);
	surface->surfaces = wl_resource_get_user_data(compositor);
	wl_resource_set_implementation(resource, &surface_impl, surface, handle_surface_destroy);
}

static const struct wl_compositor_interface compositor_impl = {
	.create_surface = handle_create_surface,
};

static void bind_compositor(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource = wl_resource_create(client, &wl_compositor_interface, (int)version, id);
	expect(resource != NULL);
	wl_resource_set_implementation(resource, &compositor_impl, data, NULL);
}

void surfaces_init(struct surfaces *surfaces, struct wl_display *display) {
	expect(wl_global_create(display, &wl_compositor_interface, 6, surfaces, bind_compositor) != NULL);
}
