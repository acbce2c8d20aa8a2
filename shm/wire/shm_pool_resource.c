#include "wire/shm_pool_resource.h"

#include "base/os.h"
#include "base/validate.h"
#include "memory/imported.h"
#include "memory/pool.h"
#include "wire/buffer.h"

#include <stdlib.h>
#include <wayland-server-protocol.h>

struct handle {
	struct lido_area *area;
	int32_t size; // bytes, as the client claims
};

static void handle_create_buffer(struct wl_client *client, struct wl_resource *resource, uint32_t id, int32_t offset,
		int32_t width, int32_t height, int32_t stride, uint32_t shm_format) {
	struct handle *handle = wl_resource_get_user_data(resource);
	// How much of it is in the file is looked at where a reader needs it: clients truncate late.
	struct lido_buffer_place place = {
		.noun = "pool",
		.pool = handle->area->pool,
		.area = handle->area,
		.claimed = handle->size,
		.size = handle->size,
	};
	struct lido_buffer_request request = {offset, width, height, stride, shm_format};
	lido_buffer_create(resource, id, &place, &request);
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static void handle_resize(struct wl_client *client, struct wl_resource *resource, int32_t size) {
	struct handle *handle = wl_resource_get_user_data(resource);
	struct lido_check_error error;
	if (!lido_check_pool_resize(handle->size, size, &error)) {
		wl_resource_post_error(resource, error.code, "%s", error.text);
		return;
	}
	handle->size = size;
}

static const struct wl_shm_pool_interface handle_impl = {
	.create_buffer = handle_create_buffer,
	.destroy = handle_destroy,
	.resize = handle_resize,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct handle *handle = wl_resource_get_user_data(resource);
	struct lido_pool *pool = handle->area->pool;
	lido_area_unref(handle->area);
	free(handle);
	pool->handles--;
	lido_pool_consider_destroy(pool);
}

// Returns false when the reason is in pool->error, for lido_pool_post_no_memory().
static bool create(
		struct lido_pool *pool, struct wl_resource *wl_shm, uint32_t id, int32_t size, struct lido_area *area) {
	struct handle *handle = lido_os.calloc(1, sizeof(*handle));
	struct wl_resource *resource = wl_resource_create(
			wl_resource_get_client(wl_shm), &wl_shm_pool_interface, wl_resource_get_version(wl_shm), id);
	if (handle == NULL || resource == NULL) {
		free(handle);
		return lido_pool_fail(pool, "out of memory for a wl_shm_pool");
	}
	handle->size = size;
	handle->area = area;
	pool->handles++;
	wl_resource_set_implementation(resource, &handle_impl, handle, handle_resource_destroy);
	return true;
}

void lido_handle_create(struct wl_resource *wl_shm, uint32_t id, int fd, int32_t size) {
	struct lido_pool *pool = wl_resource_get_user_data(wl_shm);
	struct lido_area *area;
	struct lido_check_error error;
	if (!lido_check_pool_size(size, &error)) {
		wl_resource_post_error(wl_shm, error.code, "%s", error.text);
		lido_os.close(fd);
		return;
	}
	if (!lido_pool_check_handles(pool)) {
		lido_os.close(fd);
		lido_pool_post_no_memory(pool);
		return;
	}
	switch (lido_area_import(pool, fd, &area)) {
	case LIDO_IMPORT_OK:
		if (!create(pool, wl_shm, id, size, area)) {
			lido_area_unref(area);
			lido_pool_post_no_memory(pool);
		}
		break;
	case LIDO_IMPORT_BAD_FILE:
		wl_resource_post_error(wl_shm, WL_SHM_ERROR_INVALID_FD, "%s", pool->error);
		break;
	case LIDO_IMPORT_NO_MEMORY:
		lido_pool_post_no_memory(pool);
		break;
	}
	lido_pool_audit(pool);
}
