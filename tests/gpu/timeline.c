#include "timeline.h"

#include "runner.h"
#include "udmabuf.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <gbm.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

void gpu_init(struct gpu *gpu, const char *path) {
	gpu->fd = open(path, O_RDWR | O_CLOEXEC);
	if (gpu->fd == -1) {
		skip("%s: %s", path, strerror(errno));
	}
	gpu->gbm = gbm_create_device(gpu->fd);
	expect(gpu->gbm != NULL);
}

void gpu_finish(struct gpu *gpu) {
	gbm_device_destroy(gpu->gbm);
	close(gpu->fd);
}

void timeline_init(struct timeline *timeline, struct gpu *gpu) {
	timeline->gpu = gpu;
	expect_int(drmSyncobjCreate(gpu->fd, 0, &timeline->handle), ==, 0);
}

void timeline_finish(struct timeline *timeline) {
	expect_int(drmSyncobjDestroy(timeline->gpu->fd, timeline->handle), ==, 0);
}

int timeline_export(const struct timeline *timeline) {
	int fd;
	expect_int(drmSyncobjHandleToFD(timeline->gpu->fd, timeline->handle, &fd), ==, 0);
	return fd;
}

void timeline_signal(const struct timeline *timeline, uint64_t point) {
	expect_int(drmSyncobjTimelineSignal(timeline->gpu->fd, &timeline->handle, &point, 1), ==, 0);
}

void timeline_set_fence(const struct timeline *timeline, uint64_t point, int sync_file_fd) {
	uint32_t binary;
	int fd = timeline->gpu->fd;
	expect_int(drmSyncobjCreate(fd, 0, &binary), ==, 0);
	expect_int(drmSyncobjImportSyncFile(fd, binary, sync_file_fd), ==, 0);
	expect_int(drmSyncobjTransfer(fd, timeline->handle, point, binary, 0, 0), ==, 0);
	expect_int(drmSyncobjDestroy(fd, binary), ==, 0);
}

bool timeline_is_signaled(const struct timeline *timeline, uint64_t point) {
	uint32_t handle = timeline->handle;
	return drmSyncobjTimelineWait(
				   timeline->gpu->fd, &handle, &point, 1, 0, DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT, NULL) == 0;
}

void drawing_init(struct drawing *drawing, struct gpu *gpu, struct zwp_linux_dmabuf_v1 *dmabufs, int32_t size) {
	drawing->size = size;
	drawing->pixels = calloc((size_t)size * (size_t)size, sizeof(uint32_t));
	expect(drawing->pixels != NULL);
	drawing->bo = gbm_bo_create(gpu->gbm, (uint32_t)size, (uint32_t)size, GBM_FORMAT_XRGB8888, GBM_BO_USE_RENDERING);
	expect(drawing->bo != NULL);
	struct udmabuf_plane plane = {gbm_bo_get_fd(drawing->bo), 0, gbm_bo_get_stride(drawing->bo)};
	expect(plane.fd != -1);
	drawing->buffer = udmabuf_create_buffer(
			dmabufs, &plane, 1, gbm_bo_get_modifier(drawing->bo), DRM_FORMAT_XRGB8888, size, size);
	close(plane.fd);
}

void drawing_finish(struct drawing *drawing) {
	wl_buffer_destroy(drawing->buffer);
	gbm_bo_destroy(drawing->bo);
	free(drawing->pixels);
}

void drawing_fill(struct drawing *drawing, uint32_t seed) {
	uint32_t stride, size = (uint32_t)drawing->size;
	void *map_data = NULL;
	uint8_t *mapped = gbm_bo_map(drawing->bo, 0, 0, size, size, GBM_BO_TRANSFER_WRITE, &stride, &map_data);
	expect(mapped != NULL && mapped != (void *)-1);
	for (uint32_t y = 0; y < size; y++) {
		uint32_t *row = &drawing->pixels[(size_t)y * size];
		for (uint32_t x = 0; x < size; x++) {
			row[x] = (y * size + x) * 2654435761u ^ seed * 40503u;
		}
		memcpy(mapped + (size_t)y * stride, row, (size_t)size * 4);
	}
	gbm_bo_unmap(drawing->bo, map_data);
}
