/*
 * Announcements: which areas a lido_shm_pool_v1 object was told of, and how much address space the client can spare for
 * them. Each object belongs to one library in the client, so each is told by itself.
 */
#ifndef LIDO_ANNOUNCEMENT_H
#define LIDO_ANNOUNCEMENT_H

#include "memory/pool.h"

struct lido_announcer {
	struct wl_resource *resource; // lido_shm_pool_v1
	struct lido_pool *pool;
	int64_t reserve_max;          // bytes of address space that the announced areas may take
	int64_t reserve;              // bytes that they take
	const void *owner;            // of the areas that it uses: NULL: none; else this announcer, whose areas are private
	struct wl_list announcements; // struct announcement.link
};

/*
 * reserve_max: as in lido_shm_manager_v1.get_pool; 0: no limit. is_private: as by get_private_pool. The announcer must
 * not move.
 */
void lido_announcer_init(struct lido_announcer *announcer, struct wl_resource *resource, struct lido_pool *pool,
		uint32_t reserve_max, bool is_private);

/* Sends nothing: the object is gone. Its private areas go with their last block. */
void lido_announcer_finish(struct lido_announcer *announcer);

/* May its blocks lie in the area, and was that announced, or can it be? */
bool lido_announcer_can_use(const struct lido_announcer *announcer, const struct lido_exported_area *area);

enum lido_announce_result {
	LIDO_ANNOUNCE_OK,
	LIDO_ANNOUNCE_NO_MEMORY,
	LIDO_ANNOUNCE_UNREAD, // the client has too many unread fds
};

/*
 * Tells the client of the area, or of its new size, or nothing if it knows both. lido_announcer_can_use() must be true.
 * When the area is destroyed, area_removed is sent.
 */
enum lido_announce_result lido_announcer_announce(struct lido_announcer *announcer, struct lido_exported_area *area);

#endif
