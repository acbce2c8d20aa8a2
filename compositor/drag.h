/*
 * Drag and drop: which clients may start a drag, and its icon.
 */
#ifndef DRAG_H
#define DRAG_H

#include <stdbool.h>
#include <stddef.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_scene_tree;

/* Limit on drag.leaks. A client that causes more is disconnected. */
#define DRAG_LEAKS_MAX 256

struct drag {
	struct compositor *compositor;
	struct wlr_scene_tree *icons; // positioned at the pointer or finger
	size_t leaks;                 // drags that wlroots has leaked, some hundred bytes each

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
