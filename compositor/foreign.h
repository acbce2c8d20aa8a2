/*
 * Windows as task bars see them: wlr-foreign-toplevel-management, and ext-foreign-toplevel-list, which has titles only.
 */
#ifndef FOREIGN_H
#define FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <wayland-server-core.h>

struct compositor;
struct toplevel;
struct wlr_ext_foreign_toplevel_handle_v1;
struct wlr_ext_foreign_toplevel_list_v1;
struct wlr_foreign_toplevel_handle_v1;
struct wlr_foreign_toplevel_manager_v1;

/*
 * Limit on the bytes of a title or app_id that task bars receive, with the terminating zero. A client may set 4,000:
 * the events of a few dozen windows would exceed what libwayland stores for a task bar that has not read for a while.
 */
#define FOREIGN_TEXT_SIZE_MAX 256

/*
 * Limit on the windows whose changes task bars receive in a period, of this many milliseconds. Further changes wait for
 * the next period, and newer ones replace them: a client that changes titles without end must not end a slow task bar.
 */
#define FOREIGN_UPDATES_MAX 64
#define FOREIGN_UPDATES_MS 50

/* One mapped window as task bars see it. */
struct foreign_toplevel {
	struct toplevel *toplevel;
	struct wlr_foreign_toplevel_handle_v1 *handle;
	struct wlr_ext_foreign_toplevel_handle_v1 *listed;
	bool stale; // its changes wait for the next period

	struct {
		struct wl_listener request_maximize, request_minimize, request_activate, request_fullscreen, request_close;
	} listeners;
};

struct foreign {
	struct wlr_foreign_toplevel_manager_v1 *manager;
	struct wlr_ext_foreign_toplevel_list_v1 *list;
	size_t updates_left;           // in this period
	struct wl_event_source *timer; // ends the period

	struct {
		struct wl_listener map, unmap, changed;
	} listeners;
};

/* Returns false when out of memory. */
bool foreign_init(struct compositor *compositor);
void foreign_finish(struct compositor *compositor);

#endif
