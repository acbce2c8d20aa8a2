/*
 * The cursor: all pointing devices move it, and its position decides which surface receives their events.
 */
#ifndef CURSOR_H
#define CURSOR_H

#include "cursor_image.h"
#include "grab.h"
#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct pointer_event;
struct wlr_cursor;
struct wlr_relative_pointer_manager_v1;
struct wlr_xcursor_manager;

struct cursor {
	struct compositor *compositor;
	struct wlr_cursor *wlr;
	struct wlr_xcursor_manager *theme; // loaded when the first pointing device appears
	struct wlr_relative_pointer_manager_v1 *relative;
	struct cursor_image image;
	// Origin of the focused surface, layout coordinates: it keeps the pointer while a button is down.
	double origin_x, origin_y;
	double sx, sy;                   // the position that clients know, surface coordinates
	uint32_t taken_button;           // a grab began with its press, so clients do not receive its release; 0: none
	struct wl_event_source *refresh; // idle source, set when the surface below the cursor may have changed; else NULL
	bool is_due;                     // whether or not the scene has changed
	uint64_t changes;                // desktop.changes at the last refresh

	struct {
		struct wl_listener motion, motion_absolute, button, axis, frame;
		struct wl_listener request_set_cursor, request_set_shape, focus_change;
		struct wl_listener new_device, toplevel_changed, layout_changed;
	} listeners;
};

/* Returns false when out of memory. */
bool cursor_init(struct compositor *compositor);
void cursor_finish(struct compositor *compositor);

/* Finds the surface below the cursor again, before the event loop sleeps. Call it when windows have changed. */
void cursor_refresh(struct compositor *compositor);

/* The same, but only if the scene has changed. Call it when windows may have changed. */
void cursor_refresh_if_changed(struct compositor *compositor);

/* Like cursor_refresh(), but immediately. */
void cursor_refresh_now(struct compositor *compositor);

/* Handles an event of a pointing device. Its pointer is NULL if a tablet acts as one. */
void cursor_apply(struct compositor *compositor, const struct pointer_event *event);

/* Handles a motion, but clients are not told before cursor_settle(). */
void cursor_apply_quietly(struct compositor *compositor, const struct pointer_event *event);

/* Tells clients where the cursor is. */
void cursor_settle(struct compositor *compositor);

/* Shows the cursor image of a grab; GRAB_NONE: the default image. */
void cursor_set_grabbing(struct compositor *compositor, enum grab_mode mode, uint32_t edges);

#endif
