/*
 * Drag and drop: the icon, and who may begin.
 */
#ifndef DRAG_H
#define DRAG_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_scene_tree;

struct drag {
	struct compositor *compositor;
	struct wlr_scene_tree *icons; // at the place of the pointer or finger

	struct {
		struct wl_listener request_start_drag, start_drag, drag_destroy;
	} listeners;
};

/* False: out of memory. */
bool drag_init(struct compositor *compositor);
void drag_finish(struct compositor *compositor);

/* The pointer or finger that drags is there, layout coordinates. Nothing happens if none does. */
void drag_motion(struct compositor *compositor, double lx, double ly);

#endif
