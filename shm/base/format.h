/*
 * Pixel formats: how many bytes a row takes in each plane. The table has every format that wl_shm can name and that
 * renderers read.
 */
#ifndef LIDO_FORMAT_H
#define LIDO_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIDO_FORMAT_PLANES_MAX 3

/* A texel block is the smallest group of pixels that has whole bytes. */
struct lido_format_plane {
	uint8_t texel_block_size;   // bytes
	uint8_t texel_block_width;  // pixels of this plane
	uint8_t column_subsampling; // image pixels per pixel of this plane, horizontally
	uint8_t row_subsampling;    // the same, vertically
};

struct lido_format {
	uint32_t drm; // fourcc, as in drm_fourcc.h
	uint8_t planes_len;
	struct lido_format_plane planes[LIDO_FORMAT_PLANES_MAX];
};

/* Returns NULL if the table does not have it. */
const struct lido_format *lido_format_from_drm(uint32_t drm);

/* The wl_shm code of a DRM format: the same number, except for two formats. */
uint32_t lido_format_drm_to_shm(uint32_t drm);

/* Bytes of the pixels in one row of a plane, without padding, for an image of that width in pixels. */
int64_t lido_format_row_size(const struct lido_format *format, unsigned plane, int32_t width);

/* Rows of a plane, for an image of that height in pixels. */
int64_t lido_format_rows(const struct lido_format *format, unsigned plane, int32_t height);

/*
 * Bytes from one row of a plane to the next, for the given stride of the first plane. The protocol does not say how to
 * derive it; all known clients scale the stride of each plane alike.
 */
int64_t lido_format_stride(const struct lido_format *format, unsigned plane, int32_t stride);

/* The formats that a manager offers. */
struct lido_format_list {
	const struct lido_format **formats; // owned array
	size_t len;
};

/*
 * Takes those of the DRM formats that the table has, each once. Returns false if memory is short, or if ARGB8888 or
 * XRGB8888 is missing (errno EINVAL); lido_format_list_finish() is needed either way.
 */
bool lido_format_list_init(struct lido_format_list *list, const uint32_t *drm_formats, size_t drm_formats_len);

/* Adds a format that the list does not have. Returns false if memory is short. */
bool lido_format_list_add(struct lido_format_list *list, const struct lido_format *format);

void lido_format_list_finish(struct lido_format_list *list);

/* shm_format: a wl_shm code. Returns NULL if the list does not have it. */
const struct lido_format *lido_format_list_find(const struct lido_format_list *list, uint32_t shm_format);

#endif
