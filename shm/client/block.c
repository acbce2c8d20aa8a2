#include "block.h"

#include "image.h"

#include <stdlib.h>
#include <wayland-client-protocol.h>

struct lido_client_block *lido_client_block_create(struct lido_client *client, uint32_t size) {
	// The offset in create_buffer and the size in wl_shm.create_pool are signed.
	if (size < 1 || size > INT32_MAX) {
		lido_client_fail(client, LIDO_CLIENT_ERROR_INVALID);
		return NULL;
	}
	struct lido_client_block *block = calloc(1, sizeof(*block));
	if (block == NULL) {
		lido_client_fail(client, LIDO_CLIENT_ERROR_MEMORY);
		return NULL;
	}
	block->storage = lido_client_storage_create(client, size);
	if (block->storage == NULL) {
		free(block);
		return NULL;
	}
	block->size = size;
	wl_list_insert(&client->blocks, &block->link);
	return block;
}

void lido_client_block_destroy(struct lido_client_block *block) {
	if (block != NULL) {
		lido_client_storage_unref(block->storage);
		wl_list_remove(&block->link);
		free(block);
	}
}

struct lido_image *lido_client_block_create_image(struct lido_client_block *block, uint32_t offset, int32_t width,
		int32_t height, int32_t stride, uint32_t format) {
	struct lido_client *client = block->storage->client;
	struct lido_client_layout layout = {
		.offset = offset, .width = width, .height = height, .stride = stride, .format = format};
	if (!lido_client_image_init_layout(client, &layout)) {
		return NULL;
	}
	if ((int64_t)offset + layout.size > block->size) {
		lido_client_fail(client, LIDO_CLIENT_ERROR_RANGE);
		return NULL;
	}
	struct lido_image *image = lido_client_image_create(&layout, lido_client_storage_ref(block->storage));
	if (image != NULL) {
		image->is_in_block = true;
	}
	return image;
}
