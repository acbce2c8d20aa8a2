/*
 * linux-drm-syncobj-v1, explicit synchronization: a client tells at which point of a timeline its GPU has drawn a
 * buffer, and which point to signal once nobody reads that any more. Offered with wlroots 0.19.3 and later, where
 * clients can use DMA-BUFs, and renderer and outputs can wait for timelines.
 *
 * wlroots queues a commit until a fence is known for its point, and then lets the GPU wait for that fence: with it the
 * frames of all clients, until the slowest one has drawn. So such a commit is queued until the point is signaled, as
 * implicit_sync.h does with fences in DMA-BUFs. A point that is never signaled delays its surface alone.
 *
 * The queue is that of surface.h, with its limit. The fds that wait count on the client (descriptors.h).
 */
#ifndef EXPLICIT_SYNC_H
#define EXPLICIT_SYNC_H

#include <stdbool.h>

struct compositor;

/* Returns false when out of memory. */
bool explicit_sync_init(struct compositor *compositor);

#endif
