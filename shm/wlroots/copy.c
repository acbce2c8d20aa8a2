/*
 * Copies of a buffer's pixels: how they lie in scratch memory, and which boxes are copied.
 */
#include "adapter.h"

#include <drm_fourcc.h>

// A region of more boxes than this is copied as its bounding box: the client chooses the number, and each box costs
// system calls.
#define BOXES_MAX 32

size_t lido_copy_stride(const struct lido_buffer *buffer) {
	// The least common multiple of 4 and the bytes per pixel.
	size_t unit = 4;
	switch (buffer->drm_format) {
	case DRM_FORMAT_RGB888:
	case DRM_FORMAT_BGR888:
		unit = 12;
		break;
	case DRM_FORMAT_XBGR16161616:
	case DRM_FORMAT_ABGR16161616:
	case DRM_FORMAT_XBGR16161616F:
	case DRM_FORMAT_ABGR16161616F:
		unit = 8;
		break;
	}
	return ((size_t)buffer->stride + unit - 1) / unit * unit;
}

struct lido_scratch *lido_copy_create_scratch(const struct lido_buffer *buffer, size_t stride) {
	size_t size = stride == (size_t)buffer->stride ? (size_t)buffer->size : stride * (size_t)buffer->height;
	return lido_scratch_create(buffer->pool, size);
}

int64_t lido_copy_count_pixels(const pixman_region32_t *region) {
	int64_t pixels = 0;
	int boxes_len;
	const pixman_box32_t *boxes = pixman_region32_rectangles(region, &boxes_len);
	for (int i = 0; i < boxes_len; i++) {
		pixels += (int64_t)(boxes[i].x2 - boxes[i].x1) * (boxes[i].y2 - boxes[i].y1);
	}
	return pixels;
}

// Returns the boxes to copy.
static const pixman_box32_t *get_boxes(const pixman_region32_t *region, int *boxes_len) {
	const pixman_box32_t *boxes = pixman_region32_rectangles(region, boxes_len);
	if (*boxes_len > BOXES_MAX) {
		boxes = pixman_region32_extents(region);
		*boxes_len = 1;
	}
	return boxes;
}

static struct lido_box get_box(const pixman_box32_t *box) {
	return (struct lido_box){
		.x = box->x1,
		.y = box->y1,
		.width = box->x2 - box->x1,
		.height = box->y2 - box->y1,
	};
}

bool lido_copy_read(struct lido_buffer *buffer, const pixman_region32_t *region, void *dst, size_t dst_stride) {
	bool complete = true;
	int boxes_len;
	const pixman_box32_t *boxes = get_boxes(region, &boxes_len);
	for (int i = 0; i < boxes_len; i++) {
		struct lido_box box = get_box(&boxes[i]);
		complete &= lido_buffer_read(buffer, &box, dst, dst_stride) == LIDO_READ_OK;
	}
	return complete;
}

void lido_copy_in_place(
		struct lido_buffer *buffer, const void *pixels, const pixman_region32_t *region, void *dst, size_t dst_stride) {
	int boxes_len;
	const pixman_box32_t *boxes = get_boxes(region, &boxes_len);
	for (int i = 0; i < boxes_len; i++) {
		struct lido_box box = get_box(&boxes[i]);
		lido_buffer_copy(buffer, pixels, &box, dst, dst_stride);
	}
}
