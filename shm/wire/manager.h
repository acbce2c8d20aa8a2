/*
 * The manager: the globals wl_shm and lido_shm_manager_v1, the formats they offer, and the pools of all clients.
 */
#ifndef LIDO_MANAGER_H
#define LIDO_MANAGER_H

#include "base/format.h"
#include "memory/disposal.h"
#include "memory/pressure.h"

#include <lido/shm.h>

struct lido_manager {
	struct wl_display *display;
	struct wl_global *wl_shm;
	struct wl_global *lido_shm;
	struct wl_listener display_destroy;
	struct wl_event_source *trim_timer;
	bool trim_scheduled;
	struct lido_pressure pressure;
	bool under_pressure; // whatever is idle goes, however short a time it has been

	struct lido_limits limits;
	const struct lido_format **formats; // owned array
	size_t formats_len;

	struct lido_monitor *monitor; // NULL: none
	struct lido_disposal disposal;

	struct wl_list pools; // lido_pool.link; also of clients that are gone, while something is locked
	uint32_t last_pool_id;
	uint32_t files;           // of all pools; those that are being disposed of are not among them
	uint32_t files_total_max; // see LIDO_TOTAL_SHARE_PERCENT
};

/* NULL: not offered. */
const struct lido_format *lido_manager_find_format(const struct lido_manager *manager, uint32_t shm_format);

/* Closes a file of a pool, which may no longer have a manager: see lido_disposal_close(). */
void lido_manager_close(struct lido_manager *manager, int fd, bool is_ours);

/* Some memory became idle: look at it in a while. */
void lido_manager_schedule_trim(struct lido_manager *manager);

#endif
