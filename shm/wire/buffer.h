/*
 * Creates the buffers that <lido/shm.h> describes.
 */
#ifndef LIDO_BUFFER_H
#define LIDO_BUFFER_H

#include "memory/block.h"
#include "memory/pool.h"

#include <lido/shm.h>

/*
 * create_buffer of a wl_shm_pool (resource) that names the area: creates a wl_buffer, which becomes a user of the area,
 * or disconnects the client with the error of the cause. claimed: bytes of the wl_shm_pool. How many of them are in the
 * file does not matter before a reader needs them: some clients truncate late.
 */
void lido_buffer_create_in_file(struct wl_resource *resource, uint32_t id, struct lido_pool *pool,
		struct lido_area *area, int64_t claimed, const struct lido_buffer_request *request);

/*
 * The same for a lido_shm_block_v1. block: NULL if it has no memory. claimed: bytes that the client may count on; a
 * buffer that is not within the block has no memory, and shows zeros.
 */
void lido_buffer_create_in_block(struct wl_resource *resource, uint32_t id, struct lido_pool *pool,
		struct lido_block *block, int64_t claimed, const struct lido_buffer_request *request);

#endif
