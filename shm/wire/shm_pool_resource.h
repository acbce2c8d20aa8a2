/*
 * A handle: a wl_shm_pool object. It names an area, and claims a size of it; buffers are made by it and outlive it.
 */
#ifndef LIDO_HANDLE_H
#define LIDO_HANDLE_H

#include <lido/shm.h>

/* wl_shm.create_pool: wl_shm is a resource of the manager, with a pool; errors go there. Takes the fd over. */
void lido_handle_create(struct wl_resource *wl_shm, uint32_t id, int fd, int32_t size);

#endif
