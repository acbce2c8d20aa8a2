/*
 * A client's wl_buffer in its own file, and the contents.
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
	int releases;   // number of release events so far
	uint8_t *data;  // contents of the file, stride * height bytes
};

/* Returns the DRM code of a wl_shm code. */
uint32_t picture_get_drm_format(uint32_t format);

/* The pixels are all zero. format: a wl_shm code that image.h supports. */
void picture_init(struct picture *picture, struct client *client, enum file_kind kind, uint32_t format, int32_t width,
		int32_t height, int32_t stride);

/* Destroys the objects that still exist. */
void picture_finish(struct picture *picture);

/* Fills a box with a pattern that depends on the seed; opaque in formats with alpha. */
void picture_fill_box(struct picture *picture, int32_t x, int32_t y, int32_t width, int32_t height, uint32_t seed);

/* Fills the whole picture. */
void picture_fill(struct picture *picture, uint32_t seed);

/* Copies the pixels of another picture of the same size and format. */
void picture_copy(struct picture *picture, const struct picture *from);

/* Draws the picture over the image. */
void picture_draw(const struct picture *picture, struct image *image, int32_t x, int32_t y);

#endif
