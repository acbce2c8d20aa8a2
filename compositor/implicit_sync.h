/*
 * Waits for the GPU of a client. A client commits a DMA-BUF while its GPU still draws into it; the kernel keeps a fence
 * in the DMA-BUF, which is signaled when that has finished. Whoever reads the buffer earlier waits in the kernel: the
 * GPU or the output of all clients, until the slowest one has drawn. So such a commit is queued until then, as if the
 * client had committed later, and the surface shows its last frame meanwhile.
 *
 * The queue is that of surface.h, with its limit. The kernel signals each fence after some seconds at most.
 */
#ifndef IMPLICIT_SYNC_H
#define IMPLICIT_SYNC_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;

struct implicit_sync {
	struct wl_event_loop *loop;
	struct wl_listener new_surface;
};

/* Does nothing where clients cannot use DMA-BUFs. Always returns true. */
bool implicit_sync_init(struct compositor *compositor);
void implicit_sync_finish(struct compositor *compositor);

#endif
