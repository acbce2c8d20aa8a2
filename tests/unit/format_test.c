/*
 * The table of formats, compared with drm_fourcc.h.
 */
#include "base/format.h"
#include "runner.h"
#include <drm_fourcc.h>
#include <limits.h>
#include <stddef.h>
#include <wayland-server-protocol.h>

static const struct {
	uint32_t drm;
	int bytes; // per pixel
} packed[] = {
	{DRM_FORMAT_ARGB8888, 4},
	{DRM_FORMAT_XRGB8888, 4},
	{DRM_FORMAT_ABGR8888, 4},
	{DRM_FORMAT_XBGR8888, 4},
	{DRM_FORMAT_RGBA8888, 4},
	{DRM_FORMAT_RGBX8888, 4},
	{DRM_FORMAT_BGRA8888, 4},
	{DRM_FORMAT_BGRX8888, 4},
	{DRM_FORMAT_RGB888, 3},
	{DRM_FORMAT_BGR888, 3},
	{DRM_FORMAT_RGB565, 2},
	{DRM_FORMAT_BGR565, 2},
	{DRM_FORMAT_ARGB4444, 2},
	{DRM_FORMAT_XRGB4444, 2},
	{DRM_FORMAT_ABGR4444, 2},
	{DRM_FORMAT_XBGR4444, 2},
	{DRM_FORMAT_RGBA4444, 2},
	{DRM_FORMAT_RGBX4444, 2},
	{DRM_FORMAT_BGRA4444, 2},
	{DRM_FORMAT_BGRX4444, 2},
	{DRM_FORMAT_ARGB1555, 2},
	{DRM_FORMAT_XRGB1555, 2},
	{DRM_FORMAT_ABGR1555, 2},
	{DRM_FORMAT_XBGR1555, 2},
	{DRM_FORMAT_RGBA5551, 2},
	{DRM_FORMAT_RGBX5551, 2},
	{DRM_FORMAT_BGRA5551, 2},
	{DRM_FORMAT_BGRX5551, 2},
	{DRM_FORMAT_ARGB2101010, 4},
	{DRM_FORMAT_XRGB2101010, 4},
	{DRM_FORMAT_ABGR2101010, 4},
	{DRM_FORMAT_XBGR2101010, 4},
	{DRM_FORMAT_RGBA1010102, 4},
	{DRM_FORMAT_RGBX1010102, 4},
	{DRM_FORMAT_BGRA1010102, 4},
	{DRM_FORMAT_BGRX1010102, 4},
	{DRM_FORMAT_ARGB16161616, 8},
	{DRM_FORMAT_XRGB16161616, 8},
	{DRM_FORMAT_ABGR16161616, 8},
	{DRM_FORMAT_XBGR16161616, 8},
	{DRM_FORMAT_ARGB16161616F, 8},
	{DRM_FORMAT_XRGB16161616F, 8},
	{DRM_FORMAT_ABGR16161616F, 8},
	{DRM_FORMAT_XBGR16161616F, 8},
	{DRM_FORMAT_R8, 1},
	{DRM_FORMAT_GR88, 2},
};

// Number of planes; of the chroma planes, bytes per sample, and pixels per sample across and down.
static const struct {
	uint32_t drm;
	unsigned planes, bytes, across, down;
} planar[] = {
	{DRM_FORMAT_NV12, 2, 2, 2, 2},
	{DRM_FORMAT_NV21, 2, 2, 2, 2},
	{DRM_FORMAT_NV16, 2, 2, 2, 1},
	{DRM_FORMAT_NV61, 2, 2, 2, 1},
	{DRM_FORMAT_YUV420, 3, 1, 2, 2},
	{DRM_FORMAT_YVU420, 3, 1, 2, 2},
	{DRM_FORMAT_YUV422, 3, 1, 2, 1},
	{DRM_FORMAT_YVU422, 3, 1, 2, 1},
	{DRM_FORMAT_YUV444, 3, 1, 1, 1},
	{DRM_FORMAT_YVU444, 3, 1, 1, 1},
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

TEST("format@packed-formats-have-the-bytes-of-drm_fourcc") {
	for (size_t i = 0; i < LENGTH(packed); i++) {
		const struct lido_format *format = lido_format_from_drm(packed[i].drm);
		expect(format != NULL);
		expect_int(format->drm, ==, packed[i].drm);
		expect_int(format->planes_len, ==, 1);
		for (int32_t width = 1; width < 20; width++) {
			expect_int(lido_format_row_size(format, 0, width), ==, width * packed[i].bytes);
		}
		expect_int(lido_format_row_size(format, 0, INT32_MAX), ==, (int64_t)INT32_MAX * packed[i].bytes);
		expect_int(lido_format_rows(format, 0, INT32_MAX), ==, INT32_MAX);
		expect_int(lido_format_stride(format, 0, INT32_MAX), ==, INT32_MAX);
	}
}

TEST("format@planar-formats-are-subsampled-as-in-drm_fourcc") {
	for (size_t i = 0; i < LENGTH(planar); i++) {
		const struct lido_format *format = lido_format_from_drm(planar[i].drm);
		expect(format != NULL);
		expect_int(format->planes_len, ==, planar[i].planes);
		for (int32_t n = 1; n < 20; n++) {
			expect_int(lido_format_row_size(format, 0, n), ==, n);
			expect_int(lido_format_rows(format, 0, n), ==, n);
			for (unsigned plane = 1; plane < planar[i].planes; plane++) {
				// A partial sample counts as a whole one.
				int32_t samples = (n + (int32_t)planar[i].across - 1) / (int32_t)planar[i].across;
				expect_int(lido_format_row_size(format, plane, n), ==, samples * (int32_t)planar[i].bytes);
				expect_int(lido_format_rows(format, plane, n), ==,
						(n + (int32_t)planar[i].down - 1) / (int32_t)planar[i].down);
			}
		}
	}
}

TEST("format@stride-of-other-planes-is-scaled") {
	expect_int(lido_format_stride(lido_format_from_drm(DRM_FORMAT_NV12), 1, 100), ==, 100);
	expect_int(lido_format_stride(lido_format_from_drm(DRM_FORMAT_YUV420), 1, 100), ==, 50);
	expect_int(lido_format_stride(lido_format_from_drm(DRM_FORMAT_YUV420), 2, 101), ==, 51);
	expect_int(lido_format_stride(lido_format_from_drm(DRM_FORMAT_YUV444), 2, 100), ==, 100);
}

TEST("format@row-of-paired-pixels-holds-whole-pairs") {
	static const uint32_t paired[] = {DRM_FORMAT_YUYV, DRM_FORMAT_YVYU, DRM_FORMAT_UYVY, DRM_FORMAT_VYUY};
	for (size_t i = 0; i < LENGTH(paired); i++) {
		const struct lido_format *format = lido_format_from_drm(paired[i]);
		expect(format != NULL);
		expect_int(lido_format_row_size(format, 0, 1), ==, 4);
		expect_int(lido_format_row_size(format, 0, 2), ==, 4);
		expect_int(lido_format_row_size(format, 0, 3), ==, 8);
		expect_int(lido_format_row_size(format, 0, INT32_MAX), ==, INT64_C(4) << 30);
	}
}

TEST("format@unknown-codes-are-not-in-the-table") {
	expect(lido_format_from_drm(0) == NULL);
	expect(lido_format_from_drm(1) == NULL);
	expect(lido_format_from_drm(UINT32_MAX) == NULL);
	expect(lido_format_from_drm(DRM_FORMAT_ARGB8888 ^ 0x80000000u) == NULL);
}

TEST("format@wl_shm-codes-are-drm-codes-except-two") {
	expect_int(lido_format_drm_to_shm(DRM_FORMAT_ARGB8888), ==, WL_SHM_FORMAT_ARGB8888);
	expect_int(lido_format_drm_to_shm(DRM_FORMAT_XRGB8888), ==, WL_SHM_FORMAT_XRGB8888);
	for (size_t i = 2; i < LENGTH(packed); i++) {
		expect_int(lido_format_drm_to_shm(packed[i].drm), ==, packed[i].drm);
	}
}
