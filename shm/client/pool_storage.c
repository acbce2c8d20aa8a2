#include "area.h"
#include "storage.h"

#include "lido-shm-v1-client-protocol.h"
#include <assert.h>
#include <stdlib.h>
#include <wayland-client-protocol.h>

struct pool_memory {
	struct lido_client_memory base;
	struct lido_shm_block_v1 *block;
	struct lido_client_area *area; // NULL: it has no place
};

static struct pool_memory *pool_memory_from_base(struct lido_client_memory *base) {
	struct pool_memory *memory = wl_container_of(base, memory, base);
	return memory;
}

static void handle_placed(void *data, struct lido_shm_block_v1 *block, uint32_t id, uint32_t offset, uint32_t size) {
	struct pool_memory *memory = data;
	memory->base.asks_pending--;
	struct lido_client_area *area = NULL, *old_area = memory->area;
	uint8_t *place = lido_client_area_use(memory->base.client, id, offset, size, &area);
	memory->area = area;
	lido_client_memory_place(&memory->base, place, place != NULL ? size : 0);
	lido_client_area_leave(old_area);
	memory->base.is_retriable = false;
	if (place == NULL) {
		memory->base.error = LIDO_CLIENT_ERROR_MEMORY;
	}
}

static void handle_failed(void *data, struct lido_shm_block_v1 *block, uint32_t reason) {
	struct pool_memory *memory = data;
	memory->base.asks_pending--;
	bool is_limit = reason == LIDO_SHM_BLOCK_V1_REASON_BYTES || reason == LIDO_SHM_BLOCK_V1_REASON_BLOCKS;
	memory->base.error = is_limit ? LIDO_CLIENT_ERROR_LIMIT : LIDO_CLIENT_ERROR_MEMORY;
	// By now they have been read.
	memory->base.is_retriable = reason == LIDO_SHM_BLOCK_V1_REASON_UNREAD_EVENTS;
}

static const struct lido_shm_block_v1_listener block_listener = {
	.placed = handle_placed,
	.failed = handle_failed,
};

static bool grow(struct lido_client_memory *base, uint32_t size) {
	lido_shm_block_v1_resize(pool_memory_from_base(base)->block, size);
	base->size_asked = size;
	base->asks_pending++;
	return true;
}

static struct wl_buffer *create_buffer(struct lido_client_memory *base, const struct lido_client_layout *layout) {
	return lido_shm_block_v1_create_buffer(
			pool_memory_from_base(base)->block, 0, layout->width, layout->height, layout->stride, layout->format);
}

static void destroy(struct lido_client_memory *base) {
	struct pool_memory *memory = pool_memory_from_base(base);
	lido_shm_block_v1_destroy(memory->block);
	lido_client_area_leave(memory->area);
	free(memory);
}

static const struct lido_client_memory_impl impl = {
	.grow = grow,
	.create_buffer = create_buffer,
	.destroy = destroy,
};

struct lido_client_memory *lido_client_pool_memory_create(struct lido_client *client, uint32_t size) {
	if (client->memories_len >= client->blocks_max) {
		lido_client_fail(client, LIDO_CLIENT_ERROR_LIMIT);
		return NULL;
	}
	struct pool_memory *memory = calloc(1, sizeof(*memory));
	if (memory == NULL) {
		goto error;
	}
	memory->block = lido_shm_pool_v1_create_block(client->pool, size);
	if (memory->block == NULL) {
		goto error_memory;
	}
	lido_shm_block_v1_add_listener(memory->block, &block_listener, memory);
	memory->base.size_asked = size;
	memory->base.asks_pending = 1;
	lido_client_memory_init(&memory->base, client, &impl);
	return &memory->base;

error_memory:
	free(memory);
error:
	lido_client_fail(client, LIDO_CLIENT_ERROR_MEMORY);
	return NULL;
}
