#include "zero_copy.h"

#include "private.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/util/log.h>

#include <drm.h>

// The name of the driver behind the renderer's device; empty if unknown.
static void get_driver(struct wlr_renderer *renderer, char *name, size_t size) {
	struct drm_version version = {.name = name, .name_len = size - 1};
	memset(name, 0, size);
	int fd = wlr_renderer_get_drm_fd(renderer);
	if (fd == -1 || ioctl(fd, DRM_IOCTL_VERSION, &version) != 0) {
		name[0] = '\0';
	}
}

static bool imports_linear(struct wlr_renderer *renderer) {
	const struct wlr_drm_format_set *set = wlr_renderer_get_texture_formats(renderer, WLR_BUFFER_CAP_DMABUF);
	return set != NULL && wlr_drm_format_set_has(set, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR);
}

// Returns why the renderer must not read with no copy; NULL: it may. Opens /dev/udmabuf last, where nothing else is in
// the way.
static const char *find_obstacle(struct lido_zero_copy *zero_copy, struct wlr_renderer *renderer) {
	char driver[32];
	const char *software = getenv("WLR_RENDERER_ALLOW_SOFTWARE");
	if (zero_copy->mode == LIDO_ZERO_COPY_NO) {
		return "it is turned off";
	}
	if (!private_reads_with_fences(renderer)) {
		// wlroots' Vulkan renderer leaves no fence in what it reads, so nobody can tell when it has finished.
		return "the renderer is not gles2";
	}
	if (!imports_linear(renderer)) {
		return "the renderer imports no linear DMA-BUFs";
	}
	if (zero_copy->mode == LIDO_ZERO_COPY_AUTO && software != NULL && strcmp(software, "1") == 0) {
		// Mesa dies where it can import a DMA-BUF, but not map it.
		return "WLR_RENDERER_ALLOW_SOFTWARE is set";
	}
	get_driver(renderer, driver, sizeof(driver));
	if (strcmp(driver, "nvidia-drm") == 0) {
		return "NVIDIA's driver leaves no fences in DMA-BUFs";
	}
	if (!lido_manager_open_udmabuf(zero_copy->manager)) {
		return errno == ENOENT ? "there is no /dev/udmabuf" : "/dev/udmabuf cannot be opened";
	}
	return NULL;
}

static void forget_renderer(struct lido_zero_copy *zero_copy) {
	if (zero_copy->renderer != NULL) {
		wl_list_remove(&zero_copy->renderer_destroy.link);
		zero_copy->renderer = NULL;
		zero_copy->is_usable = false;
	}
	zero_copy->failures_len = 0;
	zero_copy->generation++;
}

static void handle_renderer_destroy(struct wl_listener *listener, void *data) {
	struct lido_zero_copy *zero_copy = wl_container_of(listener, zero_copy, renderer_destroy);
	forget_renderer(zero_copy);
}

bool lido_zero_copy_is_usable(struct lido_zero_copy *zero_copy, struct wlr_renderer *renderer) {
	if (renderer == NULL || zero_copy->renderer == renderer) {
		return renderer != NULL && zero_copy->is_usable;
	}
	forget_renderer(zero_copy);
	zero_copy->renderer = renderer;
	zero_copy->renderer_destroy.notify = handle_renderer_destroy;
	wl_signal_add(&renderer->events.destroy, &zero_copy->renderer_destroy);
	const char *obstacle = find_obstacle(zero_copy, renderer);
	zero_copy->is_usable = obstacle == NULL;
	if (obstacle == NULL) {
		_wlr_log(WLR_INFO, "lido: the GPU reads shared memory with no copy, where clients draw whole frames");
	} else {
		_wlr_log(WLR_INFO, "lido: pixels in shared memory are copied: %s", obstacle);
	}
	return zero_copy->is_usable;
}

void lido_zero_copy_init(struct lido_zero_copy *zero_copy, struct lido_manager *manager, struct wl_event_loop *loop) {
	*zero_copy = (struct lido_zero_copy){.manager = manager, .loop = loop};
	wl_list_init(&zero_copy->buffers);
	wl_list_init(&zero_copy->waits);
}
