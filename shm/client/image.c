#include "image.h"

#include <assert.h>
#include <stdlib.h>
#include <wayland-client-protocol.h>

static void handle_release(void *data, struct wl_buffer *buffer) {
	struct lido_image *image = data;
	image->is_busy = false;
	if (image->release_fn != NULL) {
		image->release_fn(image, image->release_data);
	}
}

static const struct wl_buffer_listener buffer_listener = {
	.release = handle_release,
};

bool lido_client_image_init_layout(struct lido_client *client, struct lido_client_layout *layout) {
	enum lido_client_error error = lido_client_layout_compute(layout, client->formats, client->row_align);
	return error == LIDO_CLIENT_ERROR_NONE || lido_client_fail(client, error);
}

struct lido_image *lido_client_image_create(
		const struct lido_client_layout *layout, struct lido_client_storage *storage) {
	if (storage == NULL) {
		return NULL;
	}
	struct lido_client *client = storage->client;
	struct lido_image *image = calloc(1, sizeof(*image));
	if (image == NULL) {
		lido_client_storage_unref(storage);
		lido_client_fail(client, LIDO_CLIENT_ERROR_MEMORY);
		return NULL;
	}
	*image = (struct lido_image){.client = client, .storage = storage, .layout = *layout};
	wl_list_insert(&client->images, &image->link);
	client->stats.images++;
	client->stats.bytes_images += layout->size;
	return image;
}

struct lido_image *lido_image_create_with_stride(
		struct lido_client *client, int32_t width, int32_t height, int32_t stride, uint32_t format) {
	struct lido_client_layout layout = {.width = width, .height = height, .stride = stride, .format = format};
	if (!lido_client_image_init_layout(client, &layout)) {
		return NULL;
	}
	return lido_client_image_create(&layout, lido_client_storage_create(client, layout.size));
}

struct lido_image *lido_image_create(struct lido_client *client, int32_t width, int32_t height, uint32_t format) {
	return lido_image_create_with_stride(client, width, height, 0, format);
}

static void drop_buffer(struct lido_image *image) {
	if (image->buffer != NULL) {
		image->client->buffers_len--;
		wl_buffer_destroy(image->buffer);
		image->buffer = NULL;
	}
}

void lido_client_image_destroy(struct lido_image *image) {
	drop_buffer(image);
	lido_client_storage_unref(image->storage);
	image->client->stats.images--;
	image->client->stats.bytes_images -= image->layout.size;
	wl_list_remove(&image->link);
	free(image);
}

void lido_image_destroy(struct lido_image *image) {
	if (image != NULL) {
		assert(image->swapchain == NULL);
		lido_client_image_destroy(image);
	}
}

void lido_client_image_reshape(struct lido_image *image, const struct lido_client_layout *layout) {
	assert(!image->is_busy && !image->is_in_block && layout->size <= image->storage->size);
	drop_buffer(image);
	image->client->stats.bytes_images += (int64_t)layout->size - image->layout.size;
	image->layout = *layout;
	image->is_known = false;
}

bool lido_client_image_grow(struct lido_image *image, uint32_t size) {
	assert(!image->is_busy && !image->is_in_block);
	// The server cannot reuse the memory of a buffer for the larger block while the buffer exists.
	drop_buffer(image);
	image->is_known = false;
	return lido_client_storage_grow(image->storage, size);
}

bool lido_image_wait(struct lido_image *image) {
	return lido_client_storage_wait(image->storage);
}

bool lido_image_is_ready(struct lido_image *image) {
	return !lido_client_dispatch(image->client) || !lido_client_storage_is_pending(image->storage);
}

void lido_image_discard(struct lido_image *image) {
	if (image->is_busy) {
		return;
	}
	// An image of its own may have more memory than it needs.
	uint32_t size = image->is_in_block ? image->layout.size : image->storage->size;
	lido_client_storage_discard(image->storage, image->layout.offset, size);
	image->is_known = false;
	image->is_populated = false;
}

void lido_image_set_release_handler(
		struct lido_image *image, void (*fn)(struct lido_image *image, void *data), void *data) {
	image->release_fn = fn;
	image->release_data = data;
}

// The rest of a block may never be drawn in, so only the image's own memory is populated.
static void populate_in_block(struct lido_image *image) {
	if (!image->is_populated) {
		image->is_populated = true;
		uint32_t offset = image->layout.offset;
		lido_client_storage_populate_range(image->storage, offset, offset + image->layout.size);
	}
}

void *lido_image_get_pixels(struct lido_image *image) {
	if (!lido_image_wait(image)) {
		return NULL;
	}
	if (image->is_in_block) {
		populate_in_block(image);
	} else {
		lido_client_storage_populate(image->storage, image->layout.size);
	}
	return image->storage->data + image->layout.offset;
}

struct wl_buffer *lido_image_get_buffer(struct lido_image *image) {
	if (!lido_image_wait(image)) {
		return NULL;
	}
	if (image->buffer == NULL) {
		image->buffer = lido_client_storage_create_buffer(image->storage, &image->layout);
		if (image->buffer == NULL) {
			return NULL;
		}
		image->client->buffers_len++;
		wl_buffer_add_listener(image->buffer, &buffer_listener, image);
	}
	image->is_busy = true;
	if (image->swapchain != NULL) {
		lido_client_swapchain_show(image->swapchain, image);
	}
	return image->buffer;
}

bool lido_image_get_file(struct lido_image *image, struct lido_image_file *file) {
	if (!image->client->options.is_private) {
		return lido_client_fail(image->client, LIDO_CLIENT_ERROR_UNSUPPORTED);
	}
	if (!lido_image_wait(image)) {
		return false;
	}
	image->storage->impl->get_file(image->storage, file);
	file->offset += image->layout.offset;
	return true;
}

int32_t lido_image_get_stride(const struct lido_image *image) {
	return image->layout.stride;
}

int32_t lido_image_get_width(const struct lido_image *image) {
	return image->layout.width;
}

int32_t lido_image_get_height(const struct lido_image *image) {
	return image->layout.height;
}

bool lido_image_is_busy(const struct lido_image *image) {
	return image->is_busy;
}

uint32_t lido_image_get_age(const struct lido_image *image) {
	return image->age;
}
