/*
 * Drag and drop: which clients may start a drag, and its icon.
 */
#ifndef DRAG_H
#define DRAG_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_scene_tree;

struct drag {
	struct compositor *compositor;
	struct wlr_scene_tree *icons; // positioned at the pointer or finger

	struct {
		struct wl_listener request_start_drag, start_drag, drag_destroy;
	} listeners;
};

/* Returns false when out of memory. */
bool drag_init(struct compositor *compositor);
void drag_finish(struct compositor *compositor);

/* Moves the icon to the pointer or finger that drags, layout coordinates. Does nothing if there is no drag. */
void drag_motion(struct compositor *compositor, double lx, double ly);

#endif
