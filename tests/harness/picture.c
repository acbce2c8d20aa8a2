#include "picture.h"
#include "runner.h"
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void handle_release(void *data, struct wl_buffer *buffer) {
	struct picture *picture = data;
	picture->releases++;
}

static const struct wl_buffer_listener buffer_listener = {
	.release = handle_release,
};

uint32_t picture_get_drm_format(uint32_t format) {
	return format == WL_SHM_FORMAT_ARGB8888   ? DRM_FORMAT_ARGB8888
		   : format == WL_SHM_FORMAT_XRGB8888 ? DRM_FORMAT_XRGB8888
											  : format;
}

static size_t picture_size(const struct picture *picture) {
	return (size_t)picture->stride * (size_t)picture->height;
}

void picture_init(struct picture *picture, struct client *client, enum file_kind kind, uint32_t format, int32_t width,
		int32_t height, int32_t stride) {
	*picture = (struct picture){
		.client = client,
		.drm = picture_get_drm_format(format),
		.width = width,
		.height = height,
		.stride = stride,
	};
	expect(image_knows_format(picture->drm, &picture->pixel_size));
	size_t size = picture_size(picture);
	picture->data = calloc(1, size);
	expect(picture->data != NULL);
	picture->fd = file_create(kind, (int64_t)size);
	picture->pool = wl_shm_create_pool(client->shm, picture->fd, (int32_t)size);
	picture->buffer = wl_shm_pool_create_buffer(picture->pool, 0, width, height, stride, format);
	wl_buffer_add_listener(picture->buffer, &buffer_listener, picture);
}

void picture_finish(struct picture *picture) {
	if (picture->buffer != NULL) {
		wl_buffer_destroy(picture->buffer);
	}
	if (picture->pool != NULL) {
		wl_shm_pool_destroy(picture->pool);
	}
	if (picture->fd >= 0) {
		// The server may not have received it yet.
		wl_display_flush(picture->client->display);
		close(picture->fd);
	}
	free(picture->data);
	*picture = (struct picture){.fd = -1};
}

// Sets the alpha of a pixel to its maximum, so that pictures do not depend on what is below. Half floats become less
// than 1, and positive.
static void make_opaque(const struct picture *picture, uint8_t *pixel) {
	switch (picture->drm) {
	case DRM_FORMAT_ARGB8888:
	case DRM_FORMAT_ABGR8888:
		pixel[3] = 0xff;
		break;
	case DRM_FORMAT_RGBA8888:
	case DRM_FORMAT_BGRA8888:
		pixel[0] = 0xff;
		break;
	case DRM_FORMAT_ARGB2101010:
	case DRM_FORMAT_ABGR2101010:
		pixel[3] |= 0xc0;
		break;
	case DRM_FORMAT_ABGR16161616:
		pixel[6] = pixel[7] = 0xff;
		break;
	case DRM_FORMAT_RGBA4444:
		pixel[0] |= 0xf;
		break;
	case DRM_FORMAT_RGBA5551:
		pixel[0] |= 1;
		break;
	case DRM_FORMAT_XBGR16161616F:
	case DRM_FORMAT_ABGR16161616F:
		for (int i = 1; i < 8; i += 2) {
			pixel[i] &= 0x3b;
		}
		if (picture->drm == DRM_FORMAT_ABGR16161616F) {
			pixel[6] = 0;
			pixel[7] = 0x3c; // 1.0
		}
		break;
	}
}

void picture_fill_box(struct picture *picture, int32_t x, int32_t y, int32_t width, int32_t height, uint32_t seed) {
	for (int32_t row = y; row < y + height; row++) {
		int64_t offset = (int64_t)row * picture->stride + (int64_t)x * picture->pixel_size;
		size_t size = (size_t)width * (size_t)picture->pixel_size;
		file_fill_memory(picture->data + offset, offset, size, seed);
		for (int32_t i = 0; i < width; i++) {
			make_opaque(picture, picture->data + offset + i * picture->pixel_size);
		}
		file_write(picture->fd, offset, picture->data + offset, size);
	}
}

void picture_fill(struct picture *picture, uint32_t seed) {
	picture_fill_box(picture, 0, 0, picture->width, picture->height, seed);
}

void picture_copy(struct picture *picture, const struct picture *from) {
	expect_int(picture_size(picture), ==, picture_size(from));
	memcpy(picture->data, from->data, picture_size(from));
	file_write(picture->fd, 0, picture->data, picture_size(picture));
}

void picture_draw(const struct picture *picture, struct image *image, int32_t x, int32_t y) {
	image_draw(image, x, y, picture->drm, picture->data, picture->width, picture->height, picture->stride);
}
