#include "wire/pool_resource.h"

#include "base/os.h"
#include "base/page.h"
#include "wire/block_resource.h"

#include "lido-shm-v1-protocol.h"
#include <stdlib.h>

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	struct lido_pool_resource *pool_resource = wl_resource_get_user_data(resource);
	if (!wl_list_empty(&pool_resource->block_resources)) {
		wl_resource_post_error(resource, LIDO_SHM_POOL_V1_ERROR_BLOCKS_EXIST,
				"blocks exist: %d blocks of this pool object are not destroyed",
				wl_list_length(&pool_resource->block_resources));
		return;
	}
	wl_resource_destroy(resource);
}

static void handle_create_block(struct wl_client *client, struct wl_resource *resource, uint32_t id, uint32_t size) {
	struct lido_pool_resource *pool_resource = wl_resource_get_user_data(resource);
	struct lido_validation_error error;
	if (!lido_validate_block_size(size, &error)) {
		wl_resource_post_error(resource, error.code, "%s", error.text);
		return;
	}
	lido_block_resource_create(&pool_resource->announcer, &pool_resource->block_resources, id, size);
}

static const struct lido_shm_pool_v1_interface pool_impl = {
	.destroy = handle_destroy,
	.create_block = handle_create_block,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct lido_pool_resource *pool_resource = wl_resource_get_user_data(resource);
	struct lido_pool *pool = pool_resource->pool;
	lido_announcer_finish(&pool_resource->announcer);
	lido_block_resource_orphan_all(&pool_resource->block_resources);
	free(pool_resource);
	lido_quota_subtract(&pool->quota, LIDO_QUOTA_OBJECTS, 1);
	lido_pool_audit_in_debug_build(pool);
	lido_refs_unref(&pool->refs);
}

static void send_limits(struct wl_resource *resource, const struct lido_quota *quota) {
	uint64_t bytes = (uint64_t)quota->counts[LIDO_QUOTA_BLOCK_BYTES].max;
	lido_shm_pool_v1_send_limits(resource, (uint32_t)(bytes >> 32), (uint32_t)bytes,
			(uint32_t)quota->counts[LIDO_QUOTA_BLOCKS].max, (uint32_t)quota->counts[LIDO_QUOTA_BUFFERS].max);
}

static void send_layout(struct wl_resource *resource) {
	if (wl_resource_get_version(resource) >= LIDO_SHM_POOL_V1_LAYOUT_SINCE_VERSION) {
		lido_shm_pool_v1_send_layout(resource, LIDO_PIN_STRIDE_ALIGNMENT, (uint32_t)lido_page_get_size());
	}
}

// Returns false if memory is short or there are too many; the reason is in the quota.
static bool create(
		struct lido_pool *pool, struct wl_resource *manager, uint32_t id, uint32_t reserve_max, bool is_private) {
	if (!lido_quota_allows(&pool->quota, LIDO_QUOTA_OBJECTS, 1)) {
		return false;
	}
	struct lido_pool_resource *pool_resource = lido_os.calloc(1, sizeof(*pool_resource));
	struct wl_resource *resource = wl_resource_create(
			wl_resource_get_client(manager), &lido_shm_pool_v1_interface, wl_resource_get_version(manager), id);
	if (pool_resource == NULL || resource == NULL) {
		free(pool_resource);
		return lido_quota_fail(&pool->quota, "out of memory for a lido_shm_pool_v1");
	}
	pool_resource->pool = pool;
	lido_announcer_init(&pool_resource->announcer, resource, pool, reserve_max, is_private);
	wl_list_init(&pool_resource->block_resources);
	lido_quota_add(&pool->quota, LIDO_QUOTA_OBJECTS, 1);
	lido_refs_ref(&pool->refs);
	wl_resource_set_implementation(resource, &pool_impl, pool_resource, handle_resource_destroy);
	send_limits(resource, &pool->quota);
	send_layout(resource);
	return true;
}

void lido_pool_resource_create(struct wl_resource *manager, uint32_t id, uint32_t reserve_max, bool is_private) {
	struct lido_pool *pool = wl_resource_get_user_data(manager);
	if (!create(pool, manager, id, reserve_max, is_private)) {
		lido_quota_post_no_memory(&pool->quota);
	}
}
