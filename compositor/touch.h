/*
 * Touch points. Each stays with the surface that it first touched.
 */
#ifndef TOUCH_H
#define TOUCH_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_surface;
struct wlr_touch_point;

/* More fingers than a person has; the compositor ignores others. */
#define TOUCH_FINGERS_MAX 16

struct finger {
	struct touch *touch;
	bool down;
	int32_t id;
	struct wl_listener device_destroy; // while down
	double origin_x, origin_y;         // of the touched surface, layout coordinates
	double x, y;                       // layout coordinates
};

struct touch {
	struct compositor *compositor;
	struct finger fingers[TOUCH_FINGERS_MAX];
	double drag_x, drag_y; // where a drag's surface has the finger that drags, surface coordinates

	struct {
		struct wl_listener down, up, motion, cancel, frame;
	} listeners;
};

/* Initialize the cursor first: it aggregates the devices. Always returns true. */
bool touch_init(struct compositor *compositor);
void touch_finish(struct compositor *compositor);

/* Sets lx and ly to the position of a finger, layout coordinates; 0, 0 if it is unknown. */
void touch_position(struct compositor *compositor, const struct wlr_touch_point *point, double *lx, double *ly);

/*
 * Gives a drag by a finger to the surface below that finger, not to the one where it began. Does nothing if no finger
 * drags.
 */
void touch_follow_drag(struct compositor *compositor, uint32_t time_msec);

/* Cancels all fingers: their clients undo what these have done. */
void touch_cancel_all(struct compositor *compositor);

/* Lifts all fingers from a surface that is being destroyed: its client would wait for these events forever. */
void touch_forget(struct compositor *compositor, struct wlr_surface *surface);

#endif
