#include "wire/shm_pool_resource.h"

#include "base/os.h"
#include "wire/buffer.h"

#include <stdlib.h>
#include <wayland-server-protocol.h>

struct shm_pool_resource {
	struct lido_pool *pool;
	struct lido_area *area;
	int32_t size; // bytes, as the client claims
};

static void handle_create_buffer(struct wl_client *client, struct wl_resource *resource, uint32_t id, int32_t offset,
		int32_t width, int32_t height, int32_t stride, uint32_t shm_format) {
	struct shm_pool_resource *shm_pool = wl_resource_get_user_data(resource);
	struct lido_buffer_request request = {offset, width, height, stride, shm_format};
	lido_buffer_create_in_file(resource, id, shm_pool->pool, shm_pool->area, shm_pool->size, &request);
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static void handle_resize(struct wl_client *client, struct wl_resource *resource, int32_t size) {
	struct shm_pool_resource *shm_pool = wl_resource_get_user_data(resource);
	struct lido_validation_error error;
	if (!lido_validate_pool_resize(shm_pool->size, size, &error)) {
		wl_resource_post_error(resource, error.code, "%s", error.text);
		return;
	}
	shm_pool->size = size;
}

static const struct wl_shm_pool_interface shm_pool_impl = {
	.create_buffer = handle_create_buffer,
	.destroy = handle_destroy,
	.resize = handle_resize,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct shm_pool_resource *shm_pool = wl_resource_get_user_data(resource);
	struct lido_pool *pool = shm_pool->pool;
	lido_refs_unref(&shm_pool->area->refs);
	free(shm_pool);
	lido_quota_subtract(&pool->quota, LIDO_QUOTA_SHM_POOLS, 1);
	lido_pool_audit_in_debug_build(pool);
	lido_refs_unref(&pool->refs);
}

// Takes a user of the area over. Returns false if memory is short; the reason is in the quota.
static bool create(
		struct lido_pool *pool, struct wl_resource *wl_shm, uint32_t id, int32_t size, struct lido_area *area) {
	struct shm_pool_resource *shm_pool = lido_os.calloc(1, sizeof(*shm_pool));
	struct wl_resource *resource = wl_resource_create(
			wl_resource_get_client(wl_shm), &wl_shm_pool_interface, wl_resource_get_version(wl_shm), id);
	if (shm_pool == NULL || resource == NULL) {
		free(shm_pool);
		lido_refs_unref(&area->refs);
		return lido_quota_fail(&pool->quota, "out of memory for a wl_shm_pool");
	}
	*shm_pool = (struct shm_pool_resource){.pool = pool, .area = area, .size = size};
	lido_quota_add(&pool->quota, LIDO_QUOTA_SHM_POOLS, 1);
	lido_refs_ref(&pool->refs);
	wl_resource_set_implementation(resource, &shm_pool_impl, shm_pool, handle_resource_destroy);
	return true;
}

void lido_shm_pool_resource_create(struct wl_resource *wl_shm, uint32_t id, int fd, int32_t size) {
	struct lido_pool *pool = wl_resource_get_user_data(wl_shm);
	struct lido_area *area;
	struct lido_validation_error error;
	if (!lido_validate_pool_size(size, &error)) {
		wl_resource_post_error(wl_shm, error.code, "%s", error.text);
		lido_os.close(fd);
		return;
	}
	if (!lido_quota_allows(&pool->quota, LIDO_QUOTA_SHM_POOLS, 1)) {
		lido_os.close(fd);
		lido_quota_post_no_memory(&pool->quota);
		return;
	}
	switch (lido_imports_add(&pool->imports, fd, &area)) {
	case LIDO_IMPORT_OK:
		if (!create(pool, wl_shm, id, size, area)) {
			lido_quota_post_no_memory(&pool->quota);
		}
		break;
	case LIDO_IMPORT_BAD_FILE:
		wl_resource_post_error(wl_shm, WL_SHM_ERROR_INVALID_FD, "%s", pool->quota.failure);
		break;
	case LIDO_IMPORT_NO_MEMORY:
		lido_quota_post_no_memory(&pool->quota);
		break;
	}
	lido_pool_audit_in_debug_build(pool);
}
