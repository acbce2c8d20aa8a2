/*
 * Captures of single windows, by their handles of ext-foreign-toplevel-list-v1: with wlroots 0.20 and later. With older
 * versions it does nothing. See also image_capture.h.
 *
 * A picture has the size of the window, at most that of all outputs together, and shows its surfaces without popups.
 * It is drawn only while a client waits for a frame, once for all of these, and not while the session is locked.
 */
#ifndef WINDOW_CAPTURE_H
#define WINDOW_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_ext_foreign_toplevel_image_capture_source_manager_v1;

/* How long a client waits for a frame at least, ms. */
#define WINDOW_CAPTURE_FRAME_MS 16

/* How many times the surfaces of a window cover its picture; those on top that would cover it more often are left out.
 */
#define WINDOW_CAPTURE_OVERDRAW_MAX 4

struct window_captures {
	struct compositor *compositor;
	struct wlr_ext_foreign_toplevel_image_capture_source_manager_v1 *manager;
	struct wl_list list;           // window_capture.link
	struct wl_event_source *timer; // draws the next frame

	struct {
		struct wl_listener new_request, unmap;
	} listeners;
};

/* Returns false when out of memory. */
bool window_captures_init(struct compositor *compositor);
void window_captures_finish(struct compositor *compositor);

/* Ends all captures of windows: the session is being locked. */
void window_captures_stop(struct compositor *compositor);

#endif
