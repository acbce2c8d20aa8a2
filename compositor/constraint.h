/*
 * Pointer constraints: the focused client locks the pointer, or confines it to a region.
 */
#ifndef CONSTRAINT_H
#define CONSTRAINT_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_pointer_constraint_v1;
struct wlr_pointer_constraints_v1;

/*
 * Limit on the rectangles in the region of a constraint. A client that sends more is disconnected: wlroots intersects
 * the region with the surface's input region at each commit, and two regions of 1,400 stripes that cross have two
 * million rectangles in common. Clients that were observed send none or one.
 */
#define CONSTRAINT_RECTANGLES_MAX 16

struct constraints {
	struct compositor *compositor;
	struct wlr_pointer_constraints_v1 *manager;
	struct wlr_pointer_constraint_v1 *active; // NULL if the pointer is free
	struct wl_listener new_constraint, focus_changed;
};

/* Returns false when out of memory. */
bool constraints_init(struct compositor *compositor);
void constraints_finish(struct compositor *compositor);

/* Activates or deactivates a constraint. Call it when the focus, the pointer or windows have changed. */
void constraint_update(struct compositor *compositor);

/*
 * Reduces a motion of the pointer (layout coordinates) to what the active constraint allows. Returns false if the
 * pointer must not move at all.
 */
bool constraint_limit(struct compositor *compositor, double *dx, double *dy);

#endif
