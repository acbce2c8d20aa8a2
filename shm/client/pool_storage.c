#include "area.h"
#include "storage.h"

#include "lido-shm-v1-client-protocol.h"
#include <assert.h>
#include <stdlib.h>
#include <wayland-client-protocol.h>

struct pool_storage {
	struct lido_client_storage base;
	struct lido_shm_block_v1 *block;  // NULL: it has fallen back
	struct lido_client_storage *file; // instead of a block; or NULL
	struct lido_client_area *area;    // NULL: no place
	struct wl_callback *handled;      // of the last discard; NULL: none is pending
};

static struct pool_storage *pool_storage_from_base(struct lido_client_storage *base) {
	struct pool_storage *storage = wl_container_of(base, storage, base);
	return storage;
}

static void handle_placed(void *data, struct lido_shm_block_v1 *block, uint32_t id, uint32_t offset, uint32_t size) {
	struct pool_storage *storage = data;
	storage->base.answers_pending--;
	struct lido_client_area *area = NULL, *old_area = storage->area;
	uint8_t *place = lido_client_area_ref(storage->base.client, id, offset, size, &area);
	storage->area = area;
	lido_client_storage_set_place(&storage->base, place, place != NULL ? size : 0);
	lido_client_area_unref(old_area);
	storage->base.is_retriable = false;
	// Answers come in the order of the requests, so the last one is for the size of the last request.
	bool is_last = storage->base.answers_pending == 0;
	if (place == NULL || (is_last && size < storage->base.size_requested)) {
		storage->base.error = LIDO_CLIENT_ERROR_MEMORY;
	}
}

static void handle_failed(void *data, struct lido_shm_block_v1 *block, uint32_t reason) {
	struct pool_storage *storage = data;
	storage->base.answers_pending--;
	bool is_limit = reason == LIDO_SHM_BLOCK_V1_REASON_BYTES || reason == LIDO_SHM_BLOCK_V1_REASON_BLOCKS;
	storage->base.error = is_limit ? LIDO_CLIENT_ERROR_LIMIT : LIDO_CLIENT_ERROR_MEMORY;
	// The events have been read by now.
	storage->base.is_retriable = reason == LIDO_SHM_BLOCK_V1_REASON_UNREAD_EVENTS;
}

static const struct lido_shm_block_v1_listener block_listener = {
	.placed = handle_placed,
	.failed = handle_failed,
};

static bool grow(struct lido_client_storage *base, uint32_t size) {
	lido_shm_block_v1_resize(pool_storage_from_base(base)->block, size);
	base->size_requested = size;
	base->answers_pending++;
	return true;
}

static struct wl_buffer *create_buffer(struct lido_client_storage *base, const struct lido_client_layout *layout) {
	struct pool_storage *storage = pool_storage_from_base(base);
	if (storage->file != NULL) {
		return storage->file->impl->create_buffer(storage->file, layout);
	}
	return lido_shm_block_v1_create_buffer(
			storage->block, (int32_t)layout->offset, layout->width, layout->height, layout->stride, layout->format);
}

static void drop_handled(struct pool_storage *storage) {
	if (storage->handled != NULL) {
		wl_callback_destroy(storage->handled);
		storage->handled = NULL;
	}
}

static void handle_handled(void *data, struct wl_callback *callback, uint32_t serial) {
	struct pool_storage *storage = data;
	drop_handled(storage);
	storage->base.is_discarding = false;
}

static const struct wl_callback_listener handled_listener = {
	.done = handle_handled,
};

// Without memory for the callback, a round trip tells.
static void discard(struct lido_client_storage *base, uint32_t offset, uint32_t size) {
	struct pool_storage *storage = pool_storage_from_base(base);
	if (storage->block == NULL ||
			lido_shm_block_v1_get_version(storage->block) < LIDO_SHM_BLOCK_V1_DISCARD_SINCE_VERSION) {
		return;
	}
	lido_shm_block_v1_discard(storage->block, offset, size);
	base->is_discarding = true;
	drop_handled(storage);
	storage->handled = wl_display_sync(base->client->display_wrapper);
	if (storage->handled != NULL) {
		wl_callback_add_listener(storage->handled, &handled_listener, storage);
	}
}

static void drop_block(struct pool_storage *storage) {
	if (storage->block != NULL) {
		lido_shm_block_v1_destroy(storage->block);
		storage->block = NULL;
		storage->base.client->blocks_len--;
	}
	lido_client_area_unref(storage->area);
	storage->area = NULL;
}

static bool fall_back(struct lido_client_storage *base) {
	struct pool_storage *storage = pool_storage_from_base(base);
	storage->file = lido_client_storage_create_fallback(base->client, base->size_requested, false);
	if (storage->file == NULL) {
		return false;
	}
	drop_block(storage);
	lido_client_storage_set_place(base, storage->file->data, storage->file->size);
	return true;
}

static void get_file(struct lido_client_storage *base, struct lido_image_file *file) {
	struct pool_storage *storage = pool_storage_from_base(base);
	if (storage->file != NULL) {
		storage->file->impl->get_file(storage->file, file);
		return;
	}
	const struct lido_client_area *area = storage->area;
	*file = (struct lido_image_file){
		.fd = area->fd, .id = area->file_id, .size = area->size, .offset = (uint32_t)(base->data - area->data)};
}

static void destroy(struct lido_client_storage *base) {
	struct pool_storage *storage = pool_storage_from_base(base);
	drop_handled(storage);
	drop_block(storage);
	lido_client_storage_unref(storage->file);
	free(storage);
}

static const struct lido_client_storage_impl impl = {
	.grow = grow,
	.create_buffer = create_buffer,
	.discard = discard,
	.fall_back = fall_back,
	.get_file = get_file,
	.destroy = destroy,
};

struct lido_client_storage *lido_client_pool_storage_create(struct lido_client *client, uint32_t size) {
	if (client->blocks_len >= client->blocks_max) {
		lido_client_fail(client, LIDO_CLIENT_ERROR_LIMIT);
		return NULL;
	}
	struct pool_storage *storage = calloc(1, sizeof(*storage));
	if (storage == NULL) {
		goto error;
	}
	storage->block = lido_shm_pool_v1_create_block(client->pool, size);
	if (storage->block == NULL) {
		goto error_storage;
	}
	lido_shm_block_v1_add_listener(storage->block, &block_listener, storage);
	client->blocks_len++;
	storage->base.size_requested = size;
	storage->base.answers_pending = 1;
	lido_client_storage_init(&storage->base, client, &impl);
	return &storage->base;

error_storage:
	free(storage);
error:
	lido_client_fail(client, LIDO_CLIENT_ERROR_MEMORY);
	return NULL;
}
