/*
 * Fingers. Each stays with the surface it first touched.
 */
#ifndef TOUCH_H
#define TOUCH_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_surface;
struct wlr_touch_point;

/* More fingers than a person has; others are not followed. */
#define TOUCH_FINGERS_MAX 16

struct finger {
	bool down;
	int32_t id;
	double origin_x, origin_y; // of the surface it touched, layout coordinates
	double x, y;               // layout coordinates
};

struct touch {
	struct compositor *compositor;
	struct finger fingers[TOUCH_FINGERS_MAX];

	struct {
		struct wl_listener down, up, motion, cancel, frame;
	} listeners;
};

/* False: never. The cursor must be there: it gathers the devices. */
bool touch_init(struct compositor *compositor);
void touch_finish(struct compositor *compositor);

/* Where a finger is, layout coordinates. */
void touch_position(struct compositor *compositor, const struct wlr_touch_point *point, double *lx, double *ly);

/* Lifts all fingers from a surface that is going: its client would wait for that forever. */
void touch_forget(struct compositor *compositor, struct wlr_surface *surface);

#endif
