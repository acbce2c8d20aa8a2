/*
 * wlr-foreign-toplevel-management: windows as task bars see them.
 */
#ifndef FOREIGN_H
#define FOREIGN_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct toplevel;
struct wlr_foreign_toplevel_handle_v1;
struct wlr_foreign_toplevel_manager_v1;

/* One mapped window as task bars see it. */
struct foreign_toplevel {
	struct toplevel *toplevel;
	struct wlr_foreign_toplevel_handle_v1 *handle;

	struct {
		struct wl_listener request_maximize, request_minimize, request_activate, request_fullscreen, request_close;
	} listeners;
};

struct foreign {
	struct wlr_foreign_toplevel_manager_v1 *manager;

	struct {
		struct wl_listener map, unmap, changed;
	} listeners;
};

/* Returns false when out of memory. */
bool foreign_init(struct compositor *compositor);
void foreign_finish(struct compositor *compositor);

#endif
