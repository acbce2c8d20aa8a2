#include "shm_user.h"

#include <stdlib.h>
#include <wayland-server.h>

static FILE *log_stream;

struct surface {
	struct wl_resource *pending; // wl_buffer; NULL: none
	struct wl_listener pending_destroy;
	struct wl_shm_pool *kept; // of the last commit; NULL: there was none
	const uint8_t *kept_data;
	size_t kept_size;
};

static uint32_t sum(const uint8_t *data, size_t size) {
	uint32_t result = 0;
	for (size_t i = 0; i < size; i++) {
		result = result * 31 + data[i];
	}
	return result;
}

static void set_pending(struct surface *surface, struct wl_resource *buffer) {
	if (surface->pending != NULL) {
		wl_list_remove(&surface->pending_destroy.link);
	}
	surface->pending = buffer;
	if (buffer != NULL) {
		wl_resource_add_destroy_listener(buffer, &surface->pending_destroy);
	}
}

static void handle_pending_destroy(struct wl_listener *listener, void *data) {
	struct surface *surface = wl_container_of(listener, surface, pending_destroy);
	set_pending(surface, NULL);
}

static void drop_kept(struct surface *surface) {
	if (surface->kept != NULL) {
		wl_shm_pool_unref(surface->kept);
		surface->kept = NULL;
	}
}

static void show(struct surface *surface, struct wl_shm_buffer *buffer) {
	size_t size = (size_t)wl_shm_buffer_get_stride(buffer) * (size_t)wl_shm_buffer_get_height(buffer);
	wl_shm_buffer_begin_access(buffer);
	const uint8_t *data = wl_shm_buffer_get_data(buffer);
	fprintf(log_stream, "%d x %d, stride %d, format %u, sum %u\n", wl_shm_buffer_get_width(buffer),
			wl_shm_buffer_get_height(buffer), wl_shm_buffer_get_stride(buffer), wl_shm_buffer_get_format(buffer),
			sum(data, size));
	wl_shm_buffer_end_access(buffer);
	drop_kept(surface);
	surface->kept = wl_shm_buffer_ref_pool(buffer);
	surface->kept_data = data;
	surface->kept_size = size;
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static void handle_attach(
		struct wl_client *client, struct wl_resource *resource, struct wl_resource *buffer, int32_t x, int32_t y) {
	set_pending(wl_resource_get_user_data(resource), buffer);
}

static void handle_damage(
		struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y, int32_t width, int32_t height) {
	const struct surface *surface = wl_resource_get_user_data(resource);
	if (surface->kept != NULL) {
		fprintf(log_stream, "kept: sum %u\n", sum(surface->kept_data, surface->kept_size));
	}
}

static void handle_commit(struct wl_client *client, struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource);
	struct wl_resource *pending = surface->pending;
	if (pending == NULL) {
		return;
	}
	struct wl_shm_buffer *buffer = wl_shm_buffer_get(pending);
	if (buffer != NULL) {
		show(surface, buffer);
	} else {
		fprintf(log_stream, "not shared memory\n");
	}
	wl_buffer_send_release(pending);
	set_pending(surface, NULL);
}

static const struct wl_surface_interface surface_impl = {
	.destroy = handle_destroy,
	.attach = handle_attach,
	.damage = handle_damage,
	.commit = handle_commit,
};

static void handle_surface_destroy(struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource);
	set_pending(surface, NULL);
	drop_kept(surface);
	free(surface);
}

static void handle_create_surface(struct wl_client *client, struct wl_resource *compositor, uint32_t id) {
	struct wl_resource *resource = wl_resource_create(client, &wl_surface_interface, 1, id);
	struct surface *surface = malloc(sizeof(*surface));
	if (resource == NULL || surface == NULL) {
		free(surface);
		wl_client_post_no_memory(client);
		return;
	}
	*surface = (struct surface){.pending_destroy.notify = handle_pending_destroy};
	wl_resource_set_implementation(resource, &surface_impl, surface, handle_surface_destroy);
}

static const struct wl_compositor_interface compositor_impl = {
	.create_surface = handle_create_surface,
};

static void bind_compositor(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource = wl_resource_create(client, &wl_compositor_interface, 1, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &compositor_impl, NULL, NULL);
}

static bool init(struct wl_display *display, FILE *log) {
	log_stream = log;
	return wl_display_init_shm(display) == 0 &&
		   wl_global_create(display, &wl_compositor_interface, 1, NULL, bind_compositor) != NULL;
}

const struct shm_user SHM_USER = {.init = init};
