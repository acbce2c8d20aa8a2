/*
 * A lido_shm_block_v1 resource. It owns a block, unless there was no memory for one.
 */
#ifndef LIDO_BLOCK_RESOURCE_H
#define LIDO_BLOCK_RESOURCE_H

#include "wire/announcement.h"

/*
 * lido_shm_pool_v1.create_block with a valid size: creates the resource, adds it to block_resources, and sends placed
 * or failed; or disconnects the client. announcer: of the lido_shm_pool_v1 that received the request.
 */
void lido_block_resource_create(
		struct lido_announcer *announcer, struct wl_list *block_resources, uint32_t id, uint32_t size);

/* Their lido_shm_pool_v1 is gone before them, which only happens while the client is destroyed. */
void lido_block_resource_orphan_all(struct wl_list *block_resources);

#endif
