/*
 * A wl_shm_pool resource. It names an area and claims a size of it; buffers are created by it and outlive it.
 */
#ifndef LIDO_SHM_POOL_RESOURCE_H
#define LIDO_SHM_POOL_RESOURCE_H

#include <stdint.h>

struct wl_resource;

/* wl_shm.create_pool. The user data of wl_shm is a struct lido_pool; errors go to wl_shm. Takes the fd over. */
void lido_shm_pool_resource_create(struct wl_resource *wl_shm, uint32_t id, int fd, int32_t size);

#endif
