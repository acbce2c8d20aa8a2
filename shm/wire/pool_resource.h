/*
 * A pool handle: a lido_shm_pool_v1 object, by which one library in the client uses the client's pool. It knows which
 * areas that library was told of, and how much address space it can spare.
 */
#ifndef LIDO_POOL_HANDLE_H
#define LIDO_POOL_HANDLE_H

#include "memory/exported.h"

struct lido_pool_handle {
	struct wl_resource *resource;
	struct lido_pool *pool;
	int64_t reserve_max;          // bytes of address space that the areas announced to it may take
	int64_t reserve;              // bytes that they take
	struct wl_list announcements; // lido_announcement.handle_link
	struct wl_list block_handles; // lido_block_handle.link
};

/* An area that a pool handle was told of. */
struct lido_announcement {
	struct wl_list handle_link; // lido_pool_handle.announcements
	struct wl_list area_link;   // lido_exported_area.announcements
	struct lido_pool_handle *handle;
	struct lido_exported_area *area;
	int64_t size; // bytes, as told last
};

/* lido_shm_manager_v1.get_pool: manager is a resource with a pool; errors go there. */
void lido_pool_handle_create(struct wl_resource *manager, uint32_t id, uint32_t reserve_max);

/* Was the area announced to it, or can it be? */
bool lido_pool_handle_can_use(const struct lido_pool_handle *handle, const struct lido_exported_area *area);

/* What became of an announcement. */
enum lido_announce_result {
	LIDO_ANNOUNCE_OK,
	LIDO_ANNOUNCE_NO_MEMORY,
	LIDO_ANNOUNCE_UNREAD, // the client has too many fds to read already
};

/* Tells the client of the area, or of its new size; does nothing if it knows both. The handle must be able to use it.
 */
enum lido_announce_result lido_pool_handle_announce(struct lido_pool_handle *handle, struct lido_exported_area *area);

/* Tells all handles that knew the area that it is gone. */
void lido_pool_handle_announce_removed(struct lido_exported_area *area);

#endif
