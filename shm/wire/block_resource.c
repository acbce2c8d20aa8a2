#include "wire/block_resource.h"

#include "base/number.h"
#include "base/os.h"
#include "wire/buffer.h"
#include "wire/placement.h"

#include "lido-shm-v1-protocol.h"
#include <stdlib.h>

struct block_resource {
	struct wl_list link; // of its lido_shm_pool_v1
	struct wl_resource *resource;
	struct lido_pool *pool;
	struct lido_announcer *announcer; // of its lido_shm_pool_v1; NULL while the client is destroyed
	struct lido_block *block;         // NULL: it has no memory
	int64_t size; // bytes that buffers may claim: what was last requested, or those of its block if these are more
};

static int64_t get_placed_size(const struct block_resource *block_resource) {
	return block_resource->block != NULL ? lido_block_get_size(block_resource->block) : 0;
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static void handle_create_buffer(struct wl_client *client, struct wl_resource *resource, uint32_t id, int32_t offset,
		int32_t width, int32_t height, int32_t stride, uint32_t shm_format) {
	struct block_resource *block_resource = wl_resource_get_user_data(resource);
	struct lido_buffer_request request = {offset, width, height, stride, shm_format};
	lido_buffer_create_in_block(
			resource, id, block_resource->pool, block_resource->block, block_resource->size, &request);
}

// Places the block, and sends the one answer to the request. requested_from: the resource that received it.
static void place(struct block_resource *block_resource, uint32_t size, struct wl_resource *requested_from) {
	struct lido_placement placement = lido_place_block(block_resource->announcer, &block_resource->block, size);
	switch (placement.result) {
	case LIDO_PLACEMENT_TAMPERED:
		wl_resource_post_error(requested_from, LIDO_SHM_BLOCK_V1_ERROR_FILE_CHANGED, LIDO_FILE_CHANGED_TEXT);
		break;
	case LIDO_PLACEMENT_FAILED:
		block_resource->size = lido_max(size, get_placed_size(block_resource));
		lido_shm_block_v1_send_failed(block_resource->resource, placement.reason);
		break;
	case LIDO_PLACEMENT_OK:
		block_resource->size = get_placed_size(block_resource);
		lido_shm_block_v1_send_placed(block_resource->resource, block_resource->block->area->id,
				(uint32_t)block_resource->block->range->offset, (uint32_t)block_resource->size);
		break;
	}
	lido_pool_audit_in_debug_build(block_resource->pool);
}

static void handle_resize(struct wl_client *client, struct wl_resource *resource, uint32_t size) {
	struct block_resource *block_resource = wl_resource_get_user_data(resource);
	struct lido_validation_error error;
	if (!lido_validate_block_size(size, &error)) {
		wl_resource_post_error(resource, error.code, "%s", error.text);
		return;
	}
	place(block_resource, size, resource);
}

static void handle_discard(struct wl_client *client, struct wl_resource *resource, uint32_t offset, uint32_t size) {
	struct block_resource *block_resource = wl_resource_get_user_data(resource);
	struct lido_validation_error error;
	if (!lido_validate_block_range(offset, size, block_resource->size, &error)) {
		wl_resource_post_error(resource, error.code, "%s", error.text);
		return;
	}
	if (block_resource->block != NULL) {
		lido_block_discard(block_resource->block, offset, size);
	}
	lido_pool_audit_in_debug_build(block_resource->pool);
}

static const struct lido_shm_block_v1_interface block_impl = {
	.destroy = handle_destroy,
	.create_buffer = handle_create_buffer,
	.resize = handle_resize,
	.discard = handle_discard,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct block_resource *block_resource = wl_resource_get_user_data(resource);
	struct lido_pool *pool = block_resource->pool;
	wl_list_remove(&block_resource->link);
	lido_block_disown(block_resource->block);
	free(block_resource);
	lido_quota_subtract(&pool->quota, LIDO_QUOTA_OBJECTS, 1);
	lido_pool_audit_in_debug_build(pool);
	lido_refs_unref(&pool->refs);
}

// Returns NULL if memory is short or there are too many; the reason is in the quota.
static struct block_resource *create(struct lido_announcer *announcer, struct wl_list *block_resources, uint32_t id) {
	struct lido_pool *pool = announcer->pool;
	if (!lido_quota_allows(&pool->quota, LIDO_QUOTA_OBJECTS, 1)) {
		return NULL;
	}
	struct block_resource *block_resource = lido_os.calloc(1, sizeof(*block_resource));
	struct wl_resource *resource = wl_resource_create(
			pool->quota.client, &lido_shm_block_v1_interface, wl_resource_get_version(announcer->resource), id);
	if (block_resource == NULL || resource == NULL) {
		free(block_resource);
		lido_quota_fail(&pool->quota, "out of memory for a lido_shm_block_v1");
		return NULL;
	}
	block_resource->resource = resource;
	block_resource->pool = pool;
	block_resource->announcer = announcer;
	wl_list_insert(block_resources, &block_resource->link);
	lido_quota_add(&pool->quota, LIDO_QUOTA_OBJECTS, 1);
	lido_refs_ref(&pool->refs);
	wl_resource_set_implementation(resource, &block_impl, block_resource, handle_resource_destroy);
	return block_resource;
}

void lido_block_resource_create(
		struct lido_announcer *announcer, struct wl_list *block_resources, uint32_t id, uint32_t size) {
	struct block_resource *block_resource = create(announcer, block_resources, id);
	if (block_resource == NULL) {
		lido_quota_post_no_memory(&announcer->pool->quota);
		return;
	}
	place(block_resource, size, announcer->resource);
}

void lido_block_resource_orphan_all(struct wl_list *block_resources) {
	struct block_resource *block_resource, *next;
	wl_list_for_each_safe(block_resource, next, block_resources, link) {
		wl_list_remove(&block_resource->link);
		wl_list_init(&block_resource->link);
		block_resource->announcer = NULL;
	}
}
