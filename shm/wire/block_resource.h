/*
 * A block handle: a lido_shm_block_v1 object. It has a block, unless there was no memory for one.
 */
#ifndef LIDO_BLOCK_HANDLE_H
#define LIDO_BLOCK_HANDLE_H

#include "wire/pool_resource.h"

/* lido_shm_pool_v1.create_block, the size being checked; answers with placed or failed. */
void lido_block_handle_create(struct lido_pool_handle *pool_handle, uint32_t id, uint32_t size);

/* Their pool handle is gone, and nobody is left to be told of areas: the client is going. */
void lido_block_handle_orphan_all(struct wl_list *block_handles);

#endif
