/*
 * The manager: the globals wl_shm and lido_shm_manager_v1, and what the pools of all clients share.
 */
#ifndef LIDO_MANAGER_H
#define LIDO_MANAGER_H

#include "memory/pool.h"

struct lido_manager {
	struct wl_display *display;
	struct wl_global *wl_shm;
	struct wl_global *lido_shm;
	struct wl_listener display_destroy;

	struct wl_list shm_resources; // wl_resource_get_link(): wl_shm objects, which receive formats that are added
	struct wl_list pools;         // lido_pool.link; also of clients that are gone, while something of theirs is locked
	uint32_t last_pool_id;
	struct lido_pool_context context; // points to the following
	struct lido_format_list formats;
	struct lido_quota_total total;
	struct lido_reclaim reclaim;
	struct lido_udmabuf_device udmabufs;

	struct {
		struct wl_signal destroy;      // data: this manager; whoever uses it must let go of it
		struct wl_signal pool_created; // data: struct lido_pool *; see lido_manager_add_pool_listener()
	} events;
};

#endif
