#include "pool_picture.h"
#include "runner.h"
#include <string.h>

static void handle_release(void *data, struct wl_buffer *buffer) {
	struct pool_picture *picture = data;
	picture->picture.releases++;
}

static const struct wl_buffer_listener buffer_listener = {
	.release = handle_release,
};

void pool_picture_init(struct pool_picture *picture, struct pool_client *pool, uint32_t format, int32_t width,
		int32_t height, int32_t stride) {
	*picture = (struct pool_picture){0};
	struct picture *base = &picture->picture;
	picture_init(base, pool->client, FILE_UNSEALABLE, format, width, height, stride);
	wl_buffer_destroy(base->buffer);
	wl_shm_pool_destroy(base->pool);
	base->pool = NULL;
	pool_block_init(&picture->block, pool, (uint32_t)stride * (uint32_t)height);
	base->buffer = lido_shm_block_v1_create_buffer(picture->block.block, 0, width, height, stride, format);
	wl_buffer_add_listener(base->buffer, &buffer_listener, picture);
	client_roundtrip(pool->client);
	expect(picture->block.answer != POOL_ANSWER_NONE);
	if (picture->block.answer == POOL_ANSWER_PLACED) {
		picture->pixels = pool_block_get_data(&picture->block);
	}
}

void pool_picture_finish(struct pool_picture *picture) {
	if (picture->block.block != NULL) {
		pool_block_finish(&picture->block);
	}
	picture_finish(&picture->picture);
	*picture = (struct pool_picture){.picture.fd = -1};
}

void pool_picture_fill_box(
		struct pool_picture *picture, int32_t x, int32_t y, int32_t width, int32_t height, uint32_t seed) {
	struct picture *base = &picture->picture;
	picture_fill_box(base, x, y, width, height, seed);
	for (int32_t row = y; row < y + height; row++) {
		int64_t offset = (int64_t)row * base->stride + (int64_t)x * base->pixel_size;
		memcpy(picture->pixels + offset, base->data + offset, (size_t)width * (size_t)base->pixel_size);
	}
}

void pool_picture_fill(struct pool_picture *picture, uint32_t seed) {
	pool_picture_fill_box(picture, 0, 0, picture->picture.width, picture->picture.height, seed);
}

void pool_picture_drop_block(struct pool_picture *picture) {
	pool_block_finish(&picture->block);
}

void pool_picture_drop_buffer(struct pool_picture *picture) {
	wl_buffer_destroy(picture->picture.buffer);
	picture->picture.buffer = NULL;
}
