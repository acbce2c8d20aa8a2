/*
 * Pixel formats: how many bytes a row takes, in every plane. The table knows what wl_shm can name and renderers read.
 */
#ifndef LIDO_FORMAT_H
#define LIDO_FORMAT_H

#include <stdint.h>

#define LIDO_FORMAT_PLANES_MAX 3

struct lido_format_plane {
	uint8_t block_size;         // bytes of a block: the least that can be addressed
	uint8_t block_width;        // pixels of this plane in a block
	uint8_t column_subsampling; // pixels of the image to one of this plane, across
	uint8_t row_subsampling;    // the same, down
};

struct lido_format {
	uint32_t drm; // fourcc, as in drm_fourcc.h
	uint8_t planes_len;
	struct lido_format_plane planes[LIDO_FORMAT_PLANES_MAX];
};

/* NULL: not in the table. */
const struct lido_format *lido_format_from_drm(uint32_t drm);

/* wl_shm's code for a DRM format: the same number, but for two. */
uint32_t lido_format_drm_to_shm(uint32_t drm);

/* Bytes of the pixels of one row of a plane, without padding, for an image of that width. */
int64_t lido_format_row_size(const struct lido_format *format, unsigned plane, int32_t width);

/* Rows of a plane, for an image of that height. */
int64_t lido_format_rows(const struct lido_format *format, unsigned plane, int32_t height);

/*
 * Bytes from one row of a plane to the next, when that of the first plane is stride: planes are scaled alike, as all
 * who put planar formats into wl_shm do. The protocol is silent about it.
 */
int64_t lido_format_stride(const struct lido_format *format, unsigned plane, int32_t stride);

#endif
