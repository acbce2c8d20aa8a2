/*
 * A fence in a DMA-BUF, as a GPU leaves one in what it reads. Needs a vgem device.
 */
#ifndef HARNESS_FENCE_H
#define HARNESS_FENCE_H

#include <stdint.h>

struct fence {
	int device_fd;
	uint32_t fence;
};

/*
 * Leaves a read fence in the DMA-BUF. Skips the test if there is no vgem. Without fence_finish() it is signaled after
 * ten seconds.
 */
void fence_init(struct fence *fence, int dmabuf_fd);

/* The same with a write fence: a GPU still draws into the DMA-BUF. */
void fence_init_write(struct fence *fence, int dmabuf_fd);

/* The same without a DMA-BUF: returns a sync file with the fence, which the caller closes. */
int fence_init_file(struct fence *fence);

/* Signals the fence: the GPU has finished. */
void fence_finish(struct fence *fence);

#endif
