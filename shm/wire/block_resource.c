#include "wire/block_resource.h"

#include "base/os.h"
#include "base/validate.h"
#include "memory/pool.h"
#include "wire/buffer.h"
#include "wire/placement.h"

#include "lido-shm-v1-protocol.h"
#include <stdlib.h>

struct block_handle {
	struct wl_list link; // lido_pool_handle.block_handles
	struct wl_resource *resource;
	struct lido_pool *pool;
	struct lido_pool_handle *pool_handle; // NULL while the client is going
	struct lido_block *block;             // NULL: it has no place
	int64_t size;                         // bytes that buffers may count on: of its place, or last asked for in vain
};

static int64_t get_placed_size(const struct block_handle *handle) {
	return handle->block != NULL ? lido_block_get_size(handle->block) : 0;
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static void handle_create_buffer(struct wl_client *client, struct wl_resource *resource, uint32_t id, int32_t offset,
		int32_t width, int32_t height, int32_t stride, uint32_t shm_format) {
	struct block_handle *handle = wl_resource_get_user_data(resource);
	struct lido_block *block = handle->block;
	struct lido_buffer_place place = {
		.noun = "block",
		.pool = handle->pool,
		.area = block != NULL ? &block->area->base : NULL,
		.block = block,
		.claimed = handle->size,
		.size = get_placed_size(handle),
	};
	struct lido_buffer_request request = {offset, width, height, stride, shm_format};
	lido_buffer_create(resource, id, &place, &request);
}

// Sends the one answer to a request for memory.
static void answer(struct block_handle *handle, uint32_t size, const struct lido_placement *placement) {
	struct wl_resource *resource = handle->resource;
	switch (placement->result) {
	case LIDO_PLACEMENT_CHANGED:
		wl_resource_post_error(placement->is_first ? handle->pool_handle->resource : resource,
				LIDO_SHM_BLOCK_V1_ERROR_FILE_CHANGED, LIDO_FILE_CHANGED_TEXT);
		return;
	case LIDO_PLACEMENT_FAILED:
		handle->size = size > get_placed_size(handle) ? size : get_placed_size(handle);
		lido_shm_block_v1_send_failed(resource, placement->reason);
		return;
	case LIDO_PLACEMENT_OK:
		handle->size = lido_block_get_size(handle->block);
		lido_shm_block_v1_send_placed(
				resource, handle->block->area->id, (uint32_t)handle->block->range->offset, (uint32_t)handle->size);
		return;
	}
}

static void handle_resize(struct wl_client *client, struct wl_resource *resource, uint32_t size) {
	struct block_handle *handle = wl_resource_get_user_data(resource);
	struct lido_check_error error;
	if (!lido_check_block_size(size, &error)) {
		wl_resource_post_error(resource, error.code, "%s", error.text);
		return;
	}
	struct lido_placement placement = {0};
	lido_placement_resize(&placement, handle->pool_handle, &handle->block, size);
	answer(handle, size, &placement);
	lido_pool_audit(handle->pool);
}

static const struct lido_shm_block_v1_interface block_handle_impl = {
	.destroy = handle_destroy,
	.create_buffer = handle_create_buffer,
	.resize = handle_resize,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct block_handle *handle = wl_resource_get_user_data(resource);
	struct lido_pool *pool = handle->pool;
	wl_list_remove(&handle->link);
	lido_block_disown(handle->block);
	free(handle);
	pool->objects--;
	lido_pool_consider_destroy(pool);
}

static struct block_handle *create(struct lido_pool_handle *pool_handle, uint32_t id) {
	struct lido_pool *pool = pool_handle->pool;
	if (!lido_pool_check_objects(pool)) {
		return NULL;
	}
	struct block_handle *handle = lido_os.calloc(1, sizeof(*handle));
	struct wl_resource *resource = wl_resource_create(
			pool->client, &lido_shm_block_v1_interface, wl_resource_get_version(pool_handle->resource), id);
	if (handle == NULL || resource == NULL) {
		free(handle);
		lido_pool_fail(pool, "out of memory for a lido_shm_block_v1");
		return NULL;
	}
	handle->resource = resource;
	handle->pool = pool;
	handle->pool_handle = pool_handle;
	wl_list_insert(&pool_handle->block_handles, &handle->link);
	pool->objects++;
	wl_resource_set_implementation(resource, &block_handle_impl, handle, handle_resource_destroy);
	return handle;
}

void lido_block_handle_create(struct lido_pool_handle *pool_handle, uint32_t id, uint32_t size) {
	struct block_handle *handle = create(pool_handle, id);
	if (handle == NULL) {
		lido_pool_post_no_memory(pool_handle->pool);
		return;
	}
	struct lido_placement placement = {.is_first = true};
	lido_placement_resize(&placement, pool_handle, &handle->block, size);
	answer(handle, size, &placement);
}

void lido_block_handle_orphan_all(struct wl_list *block_handles) {
	struct block_handle *handle, *next;
	wl_list_for_each_safe(handle, next, block_handles, link) {
		wl_list_remove(&handle->link);
		wl_list_init(&handle->link);
		handle->pool_handle = NULL;
	}
}
