/*
 * A timeline of a GPU (a syncobj), and buffers that it can show, as a client has them.
 */
#ifndef GPU_TIMELINE_H
#define GPU_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gbm_bo;
struct gbm_device;
struct wl_buffer;
struct zwp_linux_dmabuf_v1;

struct gpu {
	int fd;
	struct gbm_device *gbm;
};

/* Opens the render node at this path. */
void gpu_init(struct gpu *gpu, const char *path);
void gpu_finish(struct gpu *gpu);

struct timeline {
	struct gpu *gpu;
	uint32_t handle;
};

/* No point has a fence, and none is signaled. */
void timeline_init(struct timeline *timeline, struct gpu *gpu);
void timeline_finish(struct timeline *timeline);

/* Returns a new fd of it. */
int timeline_export(const struct timeline *timeline);

/* Signals the points up to this one. */
void timeline_signal(const struct timeline *timeline, uint64_t point);

/* Gives a point the fence of a sync file. */
void timeline_set_fence(const struct timeline *timeline, uint64_t point, int sync_file_fd);

bool timeline_is_signaled(const struct timeline *timeline, uint64_t point);

/* A DMA-BUF of XRGB8888, and what it shows. */
struct drawing {
	struct gbm_bo *bo;
	int32_t size;     // width and height, pixels
	uint32_t *pixels; // without padding
	struct wl_buffer *buffer;
};

void drawing_init(struct drawing *drawing, struct gpu *gpu, struct zwp_linux_dmabuf_v1 *dmabufs, int32_t size);
void drawing_finish(struct drawing *drawing);

/* Fills it with a pattern that depends on the seed. */
void drawing_fill(struct drawing *drawing, uint32_t seed);

#endif
