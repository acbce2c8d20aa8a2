#include "wire/pool_resource.h"

#include "base/os.h"
#include "base/validate.h"
#include "memory/pool.h"
#include "wire/block_resource.h"

#include "lido-shm-v1-protocol.h"
#include <stdlib.h>
#include <unistd.h>

static struct lido_announcement *find_announcement(
		const struct lido_pool_handle *handle, const struct lido_exported_area *area) {
	struct lido_announcement *announcement;
	wl_list_for_each(announcement, &handle->announcements, handle_link) {
		if (announcement->area == area) {
			return announcement;
		}
	}
	return NULL;
}

static void announcement_destroy(struct lido_announcement *announcement) {
	announcement->handle->reserve -= announcement->area->reserve;
	wl_list_remove(&announcement->handle_link);
	wl_list_remove(&announcement->area_link);
	free(announcement);
}

bool lido_pool_handle_can_use(const struct lido_pool_handle *handle, const struct lido_exported_area *area) {
	return area->reserve <= handle->reserve_max - handle->reserve || find_announcement(handle, area) != NULL;
}

// An fd that the client does not read stays open in the server, or in the kernel: bounded by who cannot be written to.
static bool may_send_fd(struct lido_pool *pool) {
	wl_client_flush(pool->client);
	if (lido_os.is_writable(wl_client_get_fd(pool->client))) {
		pool->fds_unread = 0;
	}
	return pool->fds_unread < LIDO_UNREAD_FDS_MAX;
}

static enum lido_announce_result announce_area(struct lido_pool_handle *handle, struct lido_exported_area *area) {
	struct lido_pool *pool = handle->pool;
	if (!may_send_fd(pool)) {
		return LIDO_ANNOUNCE_UNREAD;
	}
	struct lido_announcement *announcement = lido_os.calloc(1, sizeof(*announcement));
	if (announcement == NULL) {
		return LIDO_ANNOUNCE_NO_MEMORY;
	}
	announcement->handle = handle;
	announcement->area = area;
	announcement->size = area->base.size;
	wl_list_insert(&handle->announcements, &announcement->handle_link);
	wl_list_insert(&area->announcements, &announcement->area_link);
	handle->reserve += area->reserve;
	pool->fds_unread++;
	lido_shm_pool_v1_send_area(
			handle->resource, area->id, area->base.fd, (uint32_t)area->base.size, (uint32_t)area->reserve);
	return LIDO_ANNOUNCE_OK;
}

enum lido_announce_result lido_pool_handle_announce(struct lido_pool_handle *handle, struct lido_exported_area *area) {
	struct lido_announcement *announcement = find_announcement(handle, area);
	if (announcement == NULL) {
		return announce_area(handle, area);
	}
	if (announcement->size != area->base.size) {
		announcement->size = area->base.size;
		lido_shm_pool_v1_send_area_size(handle->resource, area->id, (uint32_t)area->base.size);
	}
	return LIDO_ANNOUNCE_OK;
}

void lido_pool_handle_announce_removed(struct lido_exported_area *area) {
	struct lido_announcement *announcement, *next;
	wl_list_for_each_safe(announcement, next, &area->announcements, area_link) {
		lido_shm_pool_v1_send_area_removed(announcement->handle->resource, area->id);
		announcement_destroy(announcement);
	}
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	struct lido_pool_handle *handle = wl_resource_get_user_data(resource);
	if (!wl_list_empty(&handle->block_handles)) {
		wl_resource_post_error(resource, LIDO_SHM_POOL_V1_ERROR_BLOCKS_EXIST,
				"blocks exist: %d blocks of this pool object are not destroyed",
				wl_list_length(&handle->block_handles));
		return;
	}
	wl_resource_destroy(resource);
}

static void handle_create_block(struct wl_client *client, struct wl_resource *resource, uint32_t id, uint32_t size) {
	struct lido_pool_handle *handle = wl_resource_get_user_data(resource);
	struct lido_check_error error;
	if (!lido_check_block_size(size, &error)) {
		wl_resource_post_error(resource, error.code, "%s", error.text);
		return;
	}
	lido_block_handle_create(handle, id, size);
	lido_pool_audit(handle->pool);
}

static const struct lido_shm_pool_v1_interface pool_handle_impl = {
	.destroy = handle_destroy,
	.create_block = handle_create_block,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct lido_pool_handle *handle = wl_resource_get_user_data(resource);
	struct lido_pool *pool = handle->pool;
	struct lido_announcement *announcement, *next;
	wl_list_for_each_safe(announcement, next, &handle->announcements, handle_link) {
		announcement_destroy(announcement);
	}
	lido_block_handle_orphan_all(&handle->block_handles);
	free(handle);
	pool->objects--;
	lido_pool_consider_destroy(pool);
}

static void send_limits(const struct lido_pool_handle *handle) {
	const struct lido_limits *limits = &handle->pool->limits;
	uint64_t bytes = (uint64_t)limits->area_bytes_max;
	lido_shm_pool_v1_send_limits(
			handle->resource, (uint32_t)(bytes >> 32), (uint32_t)bytes, limits->blocks_max, limits->buffers_max);
}

static bool create(struct lido_pool *pool, struct wl_resource *manager, uint32_t id, uint32_t reserve_max) {
	if (!lido_pool_check_objects(pool)) {
		return false;
	}
	struct lido_pool_handle *handle = lido_os.calloc(1, sizeof(*handle));
	struct wl_resource *resource = wl_resource_create(
			wl_resource_get_client(manager), &lido_shm_pool_v1_interface, wl_resource_get_version(manager), id);
	if (handle == NULL || resource == NULL) {
		free(handle);
		return lido_pool_fail(pool, "out of memory for a lido_shm_pool_v1");
	}
	handle->resource = resource;
	handle->pool = pool;
	handle->reserve_max = reserve_max != 0 ? reserve_max : INT64_MAX;
	wl_list_init(&handle->announcements);
	wl_list_init(&handle->block_handles);
	pool->objects++;
	wl_resource_set_implementation(resource, &pool_handle_impl, handle, handle_resource_destroy);
	send_limits(handle);
	return true;
}

void lido_pool_handle_create(struct wl_resource *manager, uint32_t id, uint32_t reserve_max) {
	struct lido_pool *pool = wl_resource_get_user_data(manager);
	if (!create(pool, manager, id, reserve_max)) {
		lido_pool_post_no_memory(pool);
	}
}
