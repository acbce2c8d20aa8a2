/*
 * A lido_shm_pool_v1 resource, by which one library in the client uses the client's pool.
 */
#ifndef LIDO_POOL_RESOURCE_H
#define LIDO_POOL_RESOURCE_H

#include "wire/announcement.h"

/* The user data of the resource. */
struct lido_pool_resource {
	struct lido_pool *pool;
	struct lido_announcer announcer;
	struct wl_list block_resources;
};

/*
 * lido_shm_manager_v1.get_pool, or get_private_pool. The user data of manager is a struct lido_pool; errors go to
 * manager.
 */
void lido_pool_resource_create(struct wl_resource *manager, uint32_t id, uint32_t reserve_max, bool is_private);

#endif
