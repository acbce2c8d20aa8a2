/*
 * A picture whose wl_buffer lies in a block of the server's pool.
 *
 * It contains a struct picture for functions that show or draw one. The file of that belongs to the test, and it has no
 * wl_shm_pool.
 */
#ifndef HARNESS_POOL_PICTURE_H
#define HARNESS_POOL_PICTURE_H

#include "picture.h"
#include "pool_client.h"

struct pool_picture {
	struct picture picture;
	struct pool_block block; // .block is NULL once it is destroyed
	uint8_t *pixels;         // address in the client's mapping; NULL: the block has failed
};

/* Creates a block that is just large enough and waits for its place. New areas are all zero. */
void pool_picture_init(struct pool_picture *picture, struct pool_client *pool, uint32_t format, int32_t width,
		int32_t height, int32_t stride);

/* Destroys the objects that still exist. */
void pool_picture_finish(struct pool_picture *picture);

/* As picture_fill_box() and picture_fill(). */
void pool_picture_fill_box(
		struct pool_picture *picture, int32_t x, int32_t y, int32_t width, int32_t height, uint32_t seed);
void pool_picture_fill(struct pool_picture *picture, uint32_t seed);

/* Destroys the block, but not the wl_buffer. */
void pool_picture_drop_block(struct pool_picture *picture);

/* Destroys the wl_buffer. */
void pool_picture_drop_buffer(struct pool_picture *picture);

#endif
