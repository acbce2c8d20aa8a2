#include "base/format.h"

#include "base/os.h"

#include <errno.h>
#include <stdlib.h>
#include <wayland-server-protocol.h>

// wl_shm has codes of its own for the two formats that every compositor offers. All others are DRM codes.
#define DRM_ARGB8888 0x34325241
#define DRM_XRGB8888 0x34325258

// One line per format.
// clang-format off
#define PACKED(code, bytes) {.drm = (code), .planes_len = 1, .planes = {{(bytes), 1, 1, 1}}}
#define PAIRED(code) {.drm = (code), .planes_len = 1, .planes = {{4, 2, 1, 1}}}
#define SEMI_PLANAR(code, across, down) {.drm = (code), .planes_len = 2, .planes = {{1, 1, 1, 1}, {2, 1, (across), (down)}}}
#define PLANAR(code, across, down) \
	{.drm = (code), .planes_len = 3, .planes = {{1, 1, 1, 1}, {1, 1, (across), (down)}, {1, 1, (across), (down)}}}

static const struct lido_format formats[] = {
	PACKED(DRM_ARGB8888, 4),
	PACKED(DRM_XRGB8888, 4),
	PACKED(WL_SHM_FORMAT_ABGR8888, 4),
	PACKED(WL_SHM_FORMAT_XBGR8888, 4),
	PACKED(WL_SHM_FORMAT_RGBA8888, 4),
	PACKED(WL_SHM_FORMAT_RGBX8888, 4),
	PACKED(WL_SHM_FORMAT_BGRA8888, 4),
	PACKED(WL_SHM_FORMAT_BGRX8888, 4),
	PACKED(WL_SHM_FORMAT_RGB888, 3),
	PACKED(WL_SHM_FORMAT_BGR888, 3),
	PACKED(WL_SHM_FORMAT_RGB565, 2),
	PACKED(WL_SHM_FORMAT_BGR565, 2),
	PACKED(WL_SHM_FORMAT_ARGB4444, 2),
	PACKED(WL_SHM_FORMAT_XRGB4444, 2),
	PACKED(WL_SHM_FORMAT_ABGR4444, 2),
	PACKED(WL_SHM_FORMAT_XBGR4444, 2),
	PACKED(WL_SHM_FORMAT_RGBA4444, 2),
	PACKED(WL_SHM_FORMAT_RGBX4444, 2),
	PACKED(WL_SHM_FORMAT_BGRA4444, 2),
	PACKED(WL_SHM_FORMAT_BGRX4444, 2),
	PACKED(WL_SHM_FORMAT_ARGB1555, 2),
	PACKED(WL_SHM_FORMAT_XRGB1555, 2),
	PACKED(WL_SHM_FORMAT_ABGR1555, 2),
	PACKED(WL_SHM_FORMAT_XBGR1555, 2),
	PACKED(WL_SHM_FORMAT_RGBA5551, 2),
	PACKED(WL_SHM_FORMAT_RGBX5551, 2),
	PACKED(WL_SHM_FORMAT_BGRA5551, 2),
	PACKED(WL_SHM_FORMAT_BGRX5551, 2),
	PACKED(WL_SHM_FORMAT_ARGB2101010, 4),
	PACKED(WL_SHM_FORMAT_XRGB2101010, 4),
	PACKED(WL_SHM_FORMAT_ABGR2101010, 4),
	PACKED(WL_SHM_FORMAT_XBGR2101010, 4),
	PACKED(WL_SHM_FORMAT_RGBA1010102, 4),
	PACKED(WL_SHM_FORMAT_RGBX1010102, 4),
	PACKED(WL_SHM_FORMAT_BGRA1010102, 4),
	PACKED(WL_SHM_FORMAT_BGRX1010102, 4),
	PACKED(WL_SHM_FORMAT_ARGB16161616, 8),
	PACKED(WL_SHM_FORMAT_XRGB16161616, 8),
	PACKED(WL_SHM_FORMAT_ABGR16161616, 8),
	PACKED(WL_SHM_FORMAT_XBGR16161616, 8),
	PACKED(WL_SHM_FORMAT_ARGB16161616F, 8),
	PACKED(WL_SHM_FORMAT_XRGB16161616F, 8),
	PACKED(WL_SHM_FORMAT_ABGR16161616F, 8),
	PACKED(WL_SHM_FORMAT_XBGR16161616F, 8),
	PACKED(WL_SHM_FORMAT_R8, 1),
	PACKED(WL_SHM_FORMAT_GR88, 2),
	PAIRED(WL_SHM_FORMAT_YUYV),
	PAIRED(WL_SHM_FORMAT_YVYU),
	PAIRED(WL_SHM_FORMAT_UYVY),
	PAIRED(WL_SHM_FORMAT_VYUY),
	SEMI_PLANAR(WL_SHM_FORMAT_NV12, 2, 2),
	SEMI_PLANAR(WL_SHM_FORMAT_NV21, 2, 2),
	SEMI_PLANAR(WL_SHM_FORMAT_NV16, 2, 1),
	SEMI_PLANAR(WL_SHM_FORMAT_NV61, 2, 1),
	PLANAR(WL_SHM_FORMAT_YUV420, 2, 2),
	PLANAR(WL_SHM_FORMAT_YVU420, 2, 2),
	PLANAR(WL_SHM_FORMAT_YUV422, 2, 1),
	PLANAR(WL_SHM_FORMAT_YVU422, 2, 1),
	PLANAR(WL_SHM_FORMAT_YUV444, 1, 1),
	PLANAR(WL_SHM_FORMAT_YVU444, 1, 1),
};
// clang-format on

const struct lido_format *lido_format_from_drm(uint32_t drm) {
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].drm == drm) {
			return &formats[i];
		}
	}
	return NULL;
}

uint32_t lido_format_drm_to_shm(uint32_t drm) {
	switch (drm) {
	case DRM_ARGB8888:
		return WL_SHM_FORMAT_ARGB8888;
	case DRM_XRGB8888:
		return WL_SHM_FORMAT_XRGB8888;
	default:
		return drm;
	}
}

static int64_t divide_up(int64_t value, int64_t by) {
	return (value + by - 1) / by;
}

int64_t lido_format_row_size(const struct lido_format *format, unsigned plane, int32_t width) {
	const struct lido_format_plane *p = &format->planes[plane];
	return divide_up(divide_up(width, p->column_subsampling), p->texel_block_width) * p->texel_block_size;
}

int64_t lido_format_rows(const struct lido_format *format, unsigned plane, int32_t height) {
	return divide_up(height, format->planes[plane].row_subsampling);
}

int64_t lido_format_stride(const struct lido_format *format, unsigned plane, int32_t stride) {
	const struct lido_format_plane *p = &format->planes[plane];
	return divide_up(
			(int64_t)stride * p->texel_block_size, (int64_t)p->column_subsampling * format->planes[0].texel_block_size);
}

bool lido_format_list_init(struct lido_format_list *list, const uint32_t *drm_formats, size_t drm_formats_len) {
	*list = (struct lido_format_list){.formats = lido_os.calloc(drm_formats_len + 1, sizeof(list->formats[0]))};
	if (list->formats == NULL) {
		return false;
	}
	for (size_t i = 0; i < drm_formats_len; i++) {
		const struct lido_format *format = lido_format_from_drm(drm_formats[i]);
		if (format != NULL && lido_format_list_find(list, lido_format_drm_to_shm(format->drm)) == NULL) {
			list->formats[list->len++] = format;
		}
	}
	if (lido_format_list_find(list, WL_SHM_FORMAT_ARGB8888) == NULL ||
			lido_format_list_find(list, WL_SHM_FORMAT_XRGB8888) == NULL) {
		errno = EINVAL;
		return false;
	}
	return true;
}

bool lido_format_list_add(struct lido_format_list *list, const struct lido_format *format) {
	const struct lido_format **longer = lido_os.calloc(list->len + 1, sizeof(longer[0]));
	if (longer == NULL) {
		return false;
	}
	for (size_t i = 0; i < list->len; i++) {
		longer[i] = list->formats[i];
	}
	longer[list->len++] = format;
	free(list->formats);
	list->formats = longer;
	return true;
}

void lido_format_list_finish(struct lido_format_list *list) {
	free(list->formats);
}

const struct lido_format *lido_format_list_find(const struct lido_format_list *list, uint32_t shm_format) {
	for (size_t i = 0; i < list->len; i++) {
		if (lido_format_drm_to_shm(list->formats[i]->drm) == shm_format) {
			return list->formats[i];
		}
	}
	return NULL;
}
