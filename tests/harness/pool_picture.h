/*
 * A picture whose wl_buffer lies in a block of the server's own pool.
 *
 * It is a struct picture all the same, so that whatever shows or draws one can be given this: its file is the test's
 * own, and no wl_shm_pool is left of it.
 */
#ifndef HARNESS_POOL_PICTURE_H
#define HARNESS_POOL_PICTURE_H

#include "picture.h"
#include "pool_client.h"

struct pool_picture {
	struct picture picture;
	struct pool_block block; // .block is NULL once it was destroyed
	uint8_t *pixels;         // where the first one is, in the client's mapping; NULL: the block has failed
};

/* A block of its own for it, just large enough. Waits for its place. All zero, if the client has drawn nothing yet. */
void pool_picture_init(struct pool_picture *picture, struct pool_client *pool, uint32_t format, int32_t width,
		int32_t height, int32_t stride);

/* Destroys what of it is still there. */
void pool_picture_finish(struct pool_picture *picture);

/* As those of picture.h. */
void pool_picture_fill_box(
		struct pool_picture *picture, int32_t x, int32_t y, int32_t width, int32_t height, uint32_t seed);
void pool_picture_fill(struct pool_picture *picture, uint32_t seed);

/* Destroys the block, but not the wl_buffer. */
void pool_picture_drop_block(struct pool_picture *picture);

/* Destroys the wl_buffer. */
void pool_picture_drop_buffer(struct pool_picture *picture);

#endif
