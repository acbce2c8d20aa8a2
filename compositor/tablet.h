/*
 * Drawing tablets and their tools (tablet-v2). A tool over a surface whose client knows tablets sends its events there;
 * over others it acts as a pointer, whose left button is the tip.
 *
 * Sends by the wlr_send_…() functions of wlroots and not by wlr_…_notify_…(): the implicit grab of the latter keeps a
 * pointer to a surface that may be destroyed.
 */
#ifndef TABLET_H
#define TABLET_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct toplevel;
struct wlr_seat_client;
struct wlr_surface;
struct wlr_tablet_manager_v2;
struct wlr_tablet_tool;
struct wlr_tablet_v2_tablet;
struct wlr_tablet_v2_tablet_tool;

struct tablet {
	struct compositor *compositor;
	struct wlr_tablet_v2_tablet *v2;
	struct wl_list link; // tablets.list
	struct wl_listener destroy;
};

struct tablet_tool {
	struct compositor *compositor;
	struct wlr_tablet_tool *wlr;
	struct wlr_tablet_v2_tablet_tool *v2;
	struct tablet *tablet;       // over which it was last; NULL: that is gone
	struct wlr_surface *surface; // that receives its events; NULL: it acts as a pointer, or is far from the tablet
	double origin_x, origin_y;   // of the surface, layout coordinates
	double tilt_x, tilt_y;       // degrees
	uint32_t simulated_button;   // of the pointer, held down by a button of the tool; 0: none
	bool simulates_tip;          // its tip holds the left button of the pointer down
	struct wl_list link;         // tablets.tools

	struct {
		struct wl_listener tool_destroy, set_cursor, surface_unmap, surface_destroy;
	} listeners;
};

struct tablets {
	struct compositor *compositor;
	struct wlr_tablet_manager_v2 *manager;
	struct wl_list list;  // tablet.link
	struct wl_list tools; // tablet_tool.link

	struct {
		struct wl_listener new_device, axis, proximity, tip, button;
	} listeners;
};

/* Returns false when out of memory. */
bool tablets_init(struct compositor *compositor);
void tablets_finish(struct compositor *compositor);

/* Does a tool send events to a surface? Then the pointer is nowhere. */
bool tablets_have_focus(const struct compositor *compositor);

/* May this client set the image of the cursor, since it receives the events of a tool? */
bool tablets_let_set_cursor(const struct compositor *compositor, const struct wlr_seat_client *client);

/* Is this the serial of a tip that is down on the window? */
bool tablets_validate_serial(const struct compositor *compositor, const struct toplevel *toplevel, uint32_t serial);

/* Takes all tools from their surfaces. */
void tablets_cancel(struct compositor *compositor);

#endif
