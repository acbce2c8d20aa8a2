/*
 * A client's wl_buffer in a file of its own, and what is in it.
 */
#ifndef HARNESS_PICTURE_H
#define HARNESS_PICTURE_H

#include "client.h"
#include "file.h"
#include "image.h"

struct picture {
	struct client *client;
	int fd;
	struct wl_shm_pool *pool;
	struct wl_buffer *buffer;
	uint32_t drm; // format
	int32_t width, height, stride;
	int pixel_size; // bytes
	int releases;   // events so far
	uint8_t *data;  // what the file holds, stride * height bytes
};

/* format: a code of wl_shm, of one that image.h knows. All zero. */
void picture_init(struct picture *picture, struct client *client, enum file_kind kind, uint32_t format, int32_t width,
		int32_t height, int32_t stride);

/* Destroys what of it is still there. */
void picture_finish(struct picture *picture);

/* Fills a box with a pattern that depends on the seed; opaque in formats with alpha. */
void picture_fill_box(struct picture *picture, int32_t x, int32_t y, int32_t width, int32_t height, uint32_t seed);

/* All of it. */
void picture_fill(struct picture *picture, uint32_t seed);

/* Makes it the same as another of that size and format. */
void picture_copy(struct picture *picture, const struct picture *from);

/* Draws it over the image. */
void picture_draw(const struct picture *picture, struct image *image, int32_t x, int32_t y);

#endif
