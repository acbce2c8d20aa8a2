/*
 * Images in the test's own memory, and how clients' pixels must look on the output.
 */
#ifndef HARNESS_IMAGE_H
#define HARNESS_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* XRGB, row by row, without padding. */
struct image {
	int32_t width, height;
	uint32_t *pixels; // owned
};

/* All black. */
void image_init(struct image *image, int32_t width, int32_t height);
void image_finish(struct image *image);

/* How much a channel of a pixel may differ from the same channel of another one; 0 at first. See server.h. */
void image_set_tolerance(int difference);

/* Does image_draw() support the format (a DRM code)? bytes receives the bytes per pixel. */
bool image_knows_format(uint32_t drm, int *bytes);

/*
 * Draws a client's pixels over the image, as a compositor must. data has that format (a DRM code), and stride bytes
 * from row to row. Uses libpixman and separate tables of formats.
 */
void image_draw(struct image *image, int32_t x, int32_t y, uint32_t drm, const uint8_t *data, int32_t width,
		int32_t height, int32_t stride);

/* The number of pixels that differ by more than the tolerance, without regard to the top byte. */
size_t image_count_differences(const struct image *left, const struct image *right);

/* Fails if pixels differ, and names the first. */
#define expect_image(got, wanted) image_expect_at(__FILE__, __LINE__, got, wanted, "")

/* The same, with a text for the message. */
#define expect_image_of(got, wanted, what) image_expect_at(__FILE__, __LINE__, got, wanted, what)

void image_expect_at(const char *file, int line, const struct image *got, const struct image *wanted, const char *what);

#endif
