/*
 * The pointer on the screen: moved by all pointing devices, it decides which surface they talk to.
 */
#ifndef CURSOR_H
#define CURSOR_H

#include "grab.h"
#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct pointer_event;
struct wlr_cursor;
struct wlr_cursor_shape_manager_v1;
struct wlr_relative_pointer_manager_v1;
struct wlr_xcursor_manager;

struct cursor {
	struct compositor *compositor;
	struct wlr_cursor *wlr;
	struct wlr_xcursor_manager *theme; // loaded when the first pointing device comes
	struct wlr_relative_pointer_manager_v1 *relative;
	double origin_x,
			origin_y;      // of the focused surface, layout coordinates: it keeps the pointer while a button is down
	double sx, sy;         // where clients were told last that it is, surface coordinates
	uint32_t taken_button; // whose press the bindings took: its release is not for clients; 0: none
	struct wl_event_source *refresh; // an idle source: what is below may have changed; NULL: it has not

	struct {
		struct wl_listener motion, motion_absolute, button, axis, frame;
		struct wl_listener request_set_cursor, request_set_shape, focus_change;
		struct wl_listener new_device, layout_changed;
	} listeners;
};

/* False: out of memory. */
bool cursor_init(struct compositor *compositor);
void cursor_finish(struct compositor *compositor);

/* Looks again which surface is below, before the event loop waits again. To be called when windows have changed. */
void cursor_refresh(struct compositor *compositor);

/* The same, at once. */
void cursor_refresh_now(struct compositor *compositor);

/* A pointing device has done something. */
void cursor_apply(struct compositor *compositor, const struct pointer_event *event);

/* Shows how a window is held, or with GRAB_NONE that it is no more. */
void cursor_set_grabbing(struct compositor *compositor, enum grab_mode mode, uint32_t edges);

#endif
