#include "dmabuf.h"

#include "compat.h"
#include "log.h"
#include "parts.h"
#include "software.h"
#include <drm_fourcc.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_linux_dmabuf_v1.h>

#define VERSION 4

// Linear layouts of the formats that clients use. Others take a byte per pixel at least, and as many rows in each
// plane.
static const struct layout {
	uint32_t format;
	uint8_t planes_len;
	uint8_t pixel_size;      // bytes, in the first plane
	uint8_t row_subsampling; // rows of the first plane for one of the others
} layouts[] = {
	{DRM_FORMAT_XRGB8888, 1, 4, 1},
	{DRM_FORMAT_ARGB8888, 1, 4, 1},
	{DRM_FORMAT_XBGR8888, 1, 4, 1},
	{DRM_FORMAT_ABGR8888, 1, 4, 1},
	{DRM_FORMAT_RGBX8888, 1, 4, 1},
	{DRM_FORMAT_RGBA8888, 1, 4, 1},
	{DRM_FORMAT_BGRX8888, 1, 4, 1},
	{DRM_FORMAT_BGRA8888, 1, 4, 1},
	{DRM_FORMAT_XRGB2101010, 1, 4, 1},
	{DRM_FORMAT_ARGB2101010, 1, 4, 1},
	{DRM_FORMAT_XBGR2101010, 1, 4, 1},
	{DRM_FORMAT_ABGR2101010, 1, 4, 1},
	{DRM_FORMAT_GR1616, 1, 4, 1},
	{DRM_FORMAT_RGB888, 1, 3, 1},
	{DRM_FORMAT_BGR888, 1, 3, 1},
	{DRM_FORMAT_RGB565, 1, 2, 1},
	{DRM_FORMAT_BGR565, 1, 2, 1},
	{DRM_FORMAT_XRGB1555, 1, 2, 1},
	{DRM_FORMAT_ARGB1555, 1, 2, 1},
	{DRM_FORMAT_XRGB4444, 1, 2, 1},
	{DRM_FORMAT_ARGB4444, 1, 2, 1},
	{DRM_FORMAT_GR88, 1, 2, 1},
	{DRM_FORMAT_R16, 1, 2, 1},
	{DRM_FORMAT_YUYV, 1, 2, 1},
	{DRM_FORMAT_UYVY, 1, 2, 1},
	{DRM_FORMAT_XBGR16161616, 1, 8, 1},
	{DRM_FORMAT_ABGR16161616, 1, 8, 1},
	{DRM_FORMAT_XBGR16161616F, 1, 8, 1},
	{DRM_FORMAT_ABGR16161616F, 1, 8, 1},
	{DRM_FORMAT_R8, 1, 1, 1},
	{DRM_FORMAT_P010, 2, 2, 2},
	{DRM_FORMAT_P012, 2, 2, 2},
	{DRM_FORMAT_P016, 2, 2, 2},
	{DRM_FORMAT_NV12, 2, 1, 2},
	{DRM_FORMAT_NV21, 2, 1, 2},
	{DRM_FORMAT_NV16, 2, 1, 1},
	{DRM_FORMAT_NV24, 2, 1, 1},
	{DRM_FORMAT_YUV420, 3, 1, 2},
	{DRM_FORMAT_YVU420, 3, 1, 2},
};

static const struct layout *find_layout(uint32_t format) {
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		if (layouts[i].format == format) {
			return &layouts[i];
		}
	}
	return NULL;
}

// Do all rows lie within the DMA-BUFs? Of tiled layouts only the GPU's driver knows the size.
static bool is_within_files(const struct wlr_dmabuf_attributes *attributes) {
	const struct layout *layout = find_layout(attributes->format);
	if (attributes->modifier != DRM_FORMAT_MOD_LINEAR && attributes->modifier != DRM_FORMAT_MOD_INVALID) {
		return true;
	}
	int64_t pixel_size = layout != NULL ? layout->pixel_size : 1;
	int64_t subsampling = layout != NULL ? layout->row_subsampling : 1;
	if ((layout != NULL && attributes->n_planes != layout->planes_len) ||
			attributes->stride[0] < attributes->width * pixel_size) {
		return false;
	}
	int64_t rows = (attributes->height + subsampling - 1) / subsampling;
	for (int i = 1; i < attributes->n_planes; i++) {
		off_t size = lseek(attributes->fd[i], 0, SEEK_END);
		if (size != -1 && attributes->offset[i] + attributes->stride[i] * rows > size) {
			return false;
		}
	}
	return true;
}

static bool is_format_known(struct wlr_renderer *renderer, const struct wlr_dmabuf_attributes *attributes) {
	const struct wlr_drm_format_set *set = wlr_renderer_get_texture_formats(renderer, WLR_BUFFER_CAP_DMABUF);
	if (set == NULL) {
		return false;
	}
	return attributes->modifier == DRM_FORMAT_MOD_INVALID
				   ? wlr_drm_format_set_get(set, attributes->format) != NULL
				   : wlr_drm_format_set_has(set, attributes->format, attributes->modifier);
}

static bool check(struct wlr_dmabuf_attributes *attributes, void *data) {
	struct compositor *compositor = data;
	// First that all are DMA-BUFs: to ask another file for its size may wait for somebody.
	return is_format_known(compositor->renderer, attributes) &&
		   compositor->dmabuf->check_import(attributes, compositor->dmabuf->check_import_data) &&
		   is_within_files(attributes);
}

bool dmabuf_is_supported(const struct compositor *compositor) {
	return wlr_renderer_get_texture_formats(compositor->renderer, WLR_BUFFER_CAP_DMABUF) != NULL &&
		   wlr_renderer_get_drm_fd(compositor->renderer) >= 0;
}

// OpenGL in software would import DMA-BUFs of another device, which it cannot map, and Mesa then reads through a null
// pointer.
static bool is_offered(const struct compositor *compositor) {
	if (!dmabuf_is_supported(compositor)) {
		return false;
	}
	if (compositor->linux_dmabuf != COMPOSITOR_LINUX_DMABUF_AUTO) {
		return compositor->linux_dmabuf == COMPOSITOR_LINUX_DMABUF_YES;
	}
	if (software_has_renderer(compositor->renderer)) {
		log_info("the renderer draws in software: clients cannot use DMA-BUFs (--linux-dmabuf=yes lets them)");
		return false;
	}
	return true;
}

static dev_t get_device(struct wlr_renderer *renderer) {
	struct stat status;
	int fd = wlr_renderer_get_drm_fd(renderer);
	return fd >= 0 && fstat(fd, &status) == 0 ? status.st_rdev : 0;
}

// Are both the same formats, with the same modifiers?
static bool are_equal(const struct wlr_drm_format_set *one, const struct wlr_drm_format_set *other) {
	if (one->len != other->len) {
		return false;
	}
	for (size_t i = 0; i < one->len; i++) {
		const struct wlr_drm_format *format = &one->formats[i];
		const struct wlr_drm_format *same = wlr_drm_format_set_get(other, format->format);
		if (same == NULL || same->len != format->len) {
			return false;
		}
		for (size_t k = 0; k < format->len; k++) {
			if (!wlr_drm_format_set_has(other, format->format, format->modifiers[k])) {
				return false;
			}
		}
	}
	return true;
}

// wlroots cannot change what its global offers.
static bool is_current(const struct dmabuf *dmabuf, struct wlr_renderer *renderer) {
	const struct wlr_drm_format_set *set = wlr_renderer_get_texture_formats(renderer, WLR_BUFFER_CAP_DMABUF);
	return set != NULL && dmabuf->device == get_device(renderer) &&
		   are_equal(set, &WLR_HIDDEN(dmabuf->wlr)->default_formats);
}

// The scene could tell each surface which formats can be scanned out (wlr_scene_set_linux_dmabuf_v1()), but wlroots
// keeps an fd for each surface that is shown then, even of clients that never ask: none of them counts on a client.
bool dmabuf_init(struct compositor *compositor) {
	struct dmabuf *dmabuf = compositor->dmabuf;
	if (!is_offered(compositor)) {
		return true;
	}
	dmabuf->wlr = wlr_linux_dmabuf_v1_create_with_renderer(compositor->display, VERSION, compositor->renderer);
	if (dmabuf->wlr == NULL) {
		return false;
	}
	dmabuf->device = get_device(compositor->renderer);
	dmabuf->check_import = WLR_HIDDEN(dmabuf->wlr)->check_dmabuf_callback;
	dmabuf->check_import_data = WLR_HIDDEN(dmabuf->wlr)->check_dmabuf_callback_data;
	wlr_linux_dmabuf_v1_set_check_dmabuf_callback(dmabuf->wlr, check, compositor);
	return true;
}

void dmabuf_set_renderer(struct compositor *compositor) {
	struct dmabuf *dmabuf = compositor->dmabuf;
	if (dmabuf->wlr == NULL || is_current(dmabuf, compositor->renderer)) {
		return;
	}
	log_info("the new renderer reads other DMA-BUFs than the last one: clients that are running may have none");
	wl_global_remove(dmabuf->wlr->global); // wlroots destroys it with the display
	dmabuf->wlr = NULL;
	if (!dmabuf_init(compositor)) {
		log_error("cannot create zwp_linux_dmabuf_v1 for the new renderer");
	}
}
