/*
 * The pure validation, at every edge, compared with a second and slower implementation.
 */
#include "base/validate.h"
#include "runner.h"
#include "wide.h"
#include <drm_fourcc.h>
#include <stdio.h>
#include <string.h>
#include <wayland-server-protocol.h>

#include "lido-shm-v1-protocol.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const uint32_t formats[] = {DRM_FORMAT_ARGB8888, DRM_FORMAT_RGB565, DRM_FORMAT_RGB888, DRM_FORMAT_R8,
	DRM_FORMAT_ARGB16161616F, DRM_FORMAT_NV12, DRM_FORMAT_NV16, DRM_FORMAT_YUV420, DRM_FORMAT_YUV444, DRM_FORMAT_YUYV};

// Numbers where something may overflow or wrap.
static const int32_t edges[] = {INT32_MIN, INT32_MIN + 1, -65536, -4, -1, 0, 1, 2, 3, 4, 5, 7, 8, 63, 64, 255, 256,
	4095, 4096, 32767, 32768, 46340, 46341, 65535, 65536, 1 << 29, 1 << 30, INT32_MAX - 4, INT32_MAX - 3, INT32_MAX - 1,
	INT32_MAX};

// The verdict that the protocol demands, in wide numbers. Returns UINT32_MAX for a valid request, or the error code.
static uint32_t judge(const struct lido_buffer_request *request, const struct lido_format *format, int32_t pool_size,
		wide_int *size) {
	if (request->offset < 0 || request->width <= 0 || request->height <= 0 || request->stride <= 0) {
		return WL_SHM_ERROR_INVALID_STRIDE;
	}
	const struct lido_format_plane *first = &format->planes[0];
	if (request->stride % first->texel_block_size != 0) {
		return WL_SHM_ERROR_INVALID_STRIDE;
	}
	*size = 0;
	for (int i = 0; i < format->planes_len; i++) {
		const struct lido_format_plane *plane = &format->planes[i];
		wide_int across = (wide_int)plane->column_subsampling * plane->texel_block_width;
		wide_int row = ((request->width + across - 1) / across) * plane->texel_block_size;
		wide_int divisor = (wide_int)plane->column_subsampling * first->texel_block_size;
		wide_int stride = ((wide_int)request->stride * plane->texel_block_size + divisor - 1) / divisor;
		wide_int rows = ((wide_int)request->height + plane->row_subsampling - 1) / plane->row_subsampling;
		if (stride < row) {
			return WL_SHM_ERROR_INVALID_STRIDE;
		}
		*size += stride * rows;
	}
	return request->offset + *size > (wide_int)pool_size ? WL_SHM_ERROR_INVALID_STRIDE : UINT32_MAX;
}

static void expect_same_verdict(
		const struct lido_buffer_request *request, const struct lido_format *format, int32_t pool_size) {
	struct lido_validation_error error = {.code = UINT32_MAX};
	int64_t size = -1;
	wide_int wanted_size = 0;
	uint32_t wanted = judge(request, format, pool_size, &wanted_size);
	bool right = lido_validate_buffer(request, format, "pool", pool_size, &size, &error);
	if (right != (wanted == UINT32_MAX) || error.code != wanted || (right && size != (int64_t)wanted_size)) {
		fail("offset %d, %dx%d, stride %d, format 0x%x, pool %d: wanted %d, size %lld; got %d, size %lld: %s",
				request->offset, request->width, request->height, request->stride, format->drm, pool_size, (int)wanted,
				(long long)wanted_size, (int)error.code, (long long)size, error.text);
	}
}

static void try_offsets(struct lido_buffer_request *request, const struct lido_format *format) {
	static const int32_t offsets[] = {INT32_MIN, -1, 0, 1, 4096, INT32_MAX};
	static const int32_t pools[] = {1, 4096, 65536, INT32_MAX};
	for (size_t i = 0; i < LENGTH(offsets); i++) {
		for (size_t j = 0; j < LENGTH(pools); j++) {
			request->offset = offsets[i];
			expect_same_verdict(request, format, pools[j]);
		}
	}
}

TEST("validate@create_buffer-at-every-edge-matches-wide-arithmetic") {
	for (size_t f = 0; f < LENGTH(formats); f++) {
		const struct lido_format *format = lido_format_from_drm(formats[f]);
		for (size_t w = 0; w < LENGTH(edges); w++) {
			for (size_t h = 0; h < LENGTH(edges); h++) {
				for (size_t s = 0; s < LENGTH(edges); s++) {
					struct lido_buffer_request request = {
						.width = edges[w], .height = edges[h], .stride = edges[s], .shm_format = format->drm};
					try_offsets(&request, format);
				}
			}
		}
	}
}

TEST("validate@end-of-pool-is-exact-in-every-format") {
	for (size_t f = 0; f < LENGTH(formats); f++) {
		const struct lido_format *format = lido_format_from_drm(formats[f]);
		for (int32_t n = 1; n < 40; n++) {
			struct lido_buffer_request request = {
				.offset = n * 3, .width = n, .height = 41 - n, .shm_format = format->drm};
			request.stride = 16 * ((n * 8 + 15) / 16) * format->planes[0].texel_block_size;
			struct lido_validation_error error;
			int64_t size;
			expect(lido_validate_buffer(&request, format, "pool", INT32_MAX, &size, &error));
			int32_t end = request.offset + (int32_t)size;
			expect(lido_validate_buffer(&request, format, "block", end, &size, &error));
			expect(!lido_validate_buffer(&request, format, "block", end - 1, &size, &error));
			expect_int(error.code, ==, WL_SHM_ERROR_INVALID_STRIDE);
			char number[32];
			snprintf(number, sizeof(number), "%d", end);
			expect_contains(error.text, number);
			snprintf(number, sizeof(number), "%d", end - 1);
			expect_contains(error.text, number);
		}
	}
}

TEST("validate@buffer-without-format-is-invalid_format") {
	struct lido_buffer_request request = {.width = 1, .height = 1, .stride = 4, .shm_format = 0xabcdef12};
	struct lido_validation_error error;
	int64_t size;
	expect(!lido_validate_buffer(&request, NULL, "pool", 4096, &size, &error));
	expect_int(error.code, ==, WL_SHM_ERROR_INVALID_FORMAT);
	expect_contains(error.text, "0xabcdef12");
}

TEST("validate@pool-size-is-positive") {
	struct lido_validation_error error;
	expect(lido_validate_pool_size(1, &error));
	expect(lido_validate_pool_size(INT32_MAX, &error));
	static const int32_t wrong[] = {0, -1, INT32_MIN};
	for (size_t i = 0; i < LENGTH(wrong); i++) {
		char number[32];
		expect(!lido_validate_pool_size(wrong[i], &error));
		expect_int(error.code, ==, WL_SHM_ERROR_INVALID_STRIDE);
		snprintf(number, sizeof(number), "size %d", wrong[i]);
		expect_contains(error.text, number);
	}
}

TEST("validate@pool-never-shrinks") {
	struct lido_validation_error error;
	for (size_t i = 0; i < LENGTH(edges); i++) {
		for (size_t j = 0; j < LENGTH(edges); j++) {
			if (edges[i] <= 0) {
				continue;
			}
			bool right = lido_validate_pool_resize(edges[i], edges[j], &error);
			expect_int(right, ==, edges[j] >= edges[i]);
			if (!right) {
				expect_int(error.code, ==, WL_SHM_ERROR_INVALID_FD);
			}
		}
	}
}

TEST("validate@range-ends-with-its-block-and-does-not-wrap") {
	static const uint32_t values[] = {0, 1, 4095, 4096, 4097, 65536, INT32_MAX, UINT32_MAX - 1, UINT32_MAX};
	static const int64_t sizes[] = {1, 4096, 65536, INT64_C(1) << 31, UINT32_MAX, INT64_C(1) << 32};
	struct lido_validation_error error;
	for (size_t i = 0; i < LENGTH(values) * LENGTH(values) * LENGTH(sizes); i++) {
		uint32_t offset = values[i % LENGTH(values)], size = values[i / LENGTH(values) % LENGTH(values)];
		int64_t block_size = sizes[i / LENGTH(values) / LENGTH(values)];
		bool is_within = offset <= block_size && size <= block_size - offset;
		expect_int(lido_validate_block_range(offset, size, block_size, &error), ==, is_within);
		if (!is_within) {
			expect_int(error.code, ==, LIDO_SHM_BLOCK_V1_ERROR_INVALID_RANGE);
		}
	}
}

TEST("validate@longest-message-is-complete-and-fits-libwayland") {
	// wl_resource_post_error() truncates messages longer than 127 bytes.
	struct lido_buffer_request request = {.offset = INT32_MAX,
		.width = 1,
		.height = INT32_MAX,
		.stride = INT32_MAX - 7,
		.shm_format = DRM_FORMAT_ARGB16161616F};
	struct lido_validation_error error;
	int64_t size;
	expect(!lido_validate_buffer(&request, lido_format_from_drm(request.shm_format), "pool", INT32_MAX, &size, &error));
	expect_int(strlen(error.text), <, 128);
	expect_contains(error.text, "height 2147483647)");
	request = (struct lido_buffer_request){.width = INT32_MAX, .height = 1, .stride = INT32_MAX - 7};
	expect(!lido_validate_buffer(
			&request, lido_format_from_drm(DRM_FORMAT_ARGB16161616F), "pool", INT32_MAX, &size, &error));
	expect_int(strlen(error.text), <, 128);
	expect_contains(error.text, "17179869176");
	expect(!lido_validate_pool_resize(INT32_MAX, INT32_MIN, &error));
	expect_int(strlen(error.text), <, 128);
	expect_contains(error.text, "not allowed");
	expect(!lido_validate_block_range(UINT32_MAX, UINT32_MAX, UINT32_MAX, &error));
	expect_int(strlen(error.text), <, 128);
	expect_contains(error.text, "size 4294967295)");
}
