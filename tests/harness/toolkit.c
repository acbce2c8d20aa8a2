#include "toolkit.h"
#include <string.h>
#include <wayland-client.h>

static void handle_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct toolkit *toolkit = data;
	if (strcmp(interface, wl_compositor_interface.name) == 0) {
		toolkit->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

bool toolkit_try_connect(struct toolkit *toolkit, struct remote *remote) {
	*toolkit = (struct toolkit){.display = remote_connect(remote)};
	struct wl_registry *registry = wl_display_get_registry(toolkit->display);
	wl_registry_add_listener(registry, &registry_listener, toolkit);
	wl_display_roundtrip(toolkit->display);
	wl_registry_destroy(registry);
	if (toolkit->compositor == NULL) {
		return false;
	}
	toolkit->surface = wl_compositor_create_surface(toolkit->compositor);
	return true;
}

void toolkit_init(struct toolkit *toolkit, struct remote *remote, enum lido_client_backend backend) {
	const struct lido_client_options options = {.backend = backend};
	expect(toolkit_try_connect(toolkit, remote));
	toolkit->client = lido_client_create(toolkit->display, &options, NULL);
	expect(toolkit->client != NULL);
	expect_int(lido_client_get_backend(toolkit->client), ==, backend);
}

void toolkit_finish(struct toolkit *toolkit) {
	if (toolkit->surface != NULL) {
		wl_surface_destroy(toolkit->surface);
	}
	if (toolkit->compositor != NULL) {
		wl_compositor_destroy(toolkit->compositor);
	}
	lido_client_destroy(toolkit->client);
	wl_display_disconnect(toolkit->display);
	*toolkit = (struct toolkit){0};
}

bool toolkit_commit(struct toolkit *toolkit, struct lido_image *image) {
	struct wl_buffer *buffer = lido_image_get_buffer(image);
	if (buffer == NULL) {
		return false;
	}
	wl_surface_attach(toolkit->surface, buffer, 0, 0);
	wl_surface_damage_buffer(toolkit->surface, 0, 0, lido_image_get_width(image), lido_image_get_height(image));
	wl_surface_commit(toolkit->surface);
	wl_display_flush(toolkit->display);
	return true;
}

bool toolkit_try_settle(struct toolkit *toolkit) {
	return wl_display_roundtrip(toolkit->display) >= 0 && lido_client_dispatch(toolkit->client);
}

uint32_t toolkit_draw(struct lido_image *image, uint32_t seed) {
	uint8_t *pixels = lido_image_get_pixels(image);
	expect(pixels != NULL);
	int32_t width = lido_image_get_width(image), height = lido_image_get_height(image);
	int32_t stride = lido_image_get_stride(image);
	for (int32_t y = 0; y < height; y++) {
		for (int32_t i = 0; i < width * 4; i++) {
			pixels[(size_t)y * stride + i] = (uint8_t)((seed + y) * 31 + i * 7);
		}
	}
	return surfaces_sum(pixels, width, height, stride);
}

struct lido_client_stats toolkit_get_stats(const struct toolkit *toolkit) {
	struct lido_client_stats stats;
	lido_client_get_stats(toolkit->client, &stats);
	return stats;
}

struct lido_client *toolkit_pair_init(
		struct toolkit_pair *pair, const struct remote_options *options, enum lido_client_backend backend) {
	remote_init(&pair->remote, options);
	toolkit_init(&pair->toolkit, &pair->remote, backend);
	return pair->toolkit.client;
}

void toolkit_pair_finish(struct toolkit_pair *pair) {
	toolkit_settle(&pair->toolkit);
	toolkit_finish(&pair->toolkit);
	expect(remote_finish(&pair->remote));
}
