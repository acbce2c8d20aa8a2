/*
 * Pointer constraints: a client locks the pointer, or confines it to a region, while it has the focus.
 */
#ifndef CONSTRAINT_H
#define CONSTRAINT_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_pointer_constraint_v1;
struct wlr_pointer_constraints_v1;

struct constraints {
	struct compositor *compositor;
	struct wlr_pointer_constraints_v1 *manager;
	struct wlr_pointer_constraint_v1 *active; // NULL: the pointer is free
	struct wl_listener new_constraint, focus_changed;
};

/* False: out of memory. */
bool constraints_init(struct compositor *compositor);
void constraints_finish(struct compositor *compositor);

/* Activates or deactivates. To be called when focus, pointer or windows have changed. */
void constraint_update(struct compositor *compositor);

/* Limits a motion of the pointer, layout coordinates. False: it does not move at all. */
bool constraint_limit(struct compositor *compositor, double *dx, double *dy);

#endif
