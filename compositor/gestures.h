/*
 * Gestures on touchpads, sent to the surface with the pointer focus (pointer-gestures).
 */
#ifndef GESTURES_H
#define GESTURES_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_pointer_gestures_v1;

struct gestures {
	struct compositor *compositor;
	struct wlr_pointer_gestures_v1 *wlr;

	struct {
		struct wl_listener swipe_begin, swipe_update, swipe_end;
		struct wl_listener pinch_begin, pinch_update, pinch_end;
		struct wl_listener hold_begin, hold_end;
	} listeners;
};

/* Returns false when out of memory. */
bool gestures_init(struct compositor *compositor);
void gestures_finish(struct compositor *compositor);

#endif
