/*
 * Drag and drop: which clients may start a drag, and its icon.
 */
#ifndef DRAG_H
#define DRAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_scene_tree;
struct wlr_surface;

/* Limit on drag.leaks. A client that causes more is disconnected. */
#define DRAG_LEAKS_MAX 256

/*
 * Time per byte of MIME types during which a drag enters no other surface after it has entered one, ns: each receives
 * all types, by a motion of 30 bytes. So drags send a MiB per second at most. Ten types take half a
 * millisecond.
 */
#define DRAG_ENTER_NSEC_PER_BYTE 1000

struct drag {
	struct compositor *compositor;
	struct wlr_scene_tree *icons; // positioned at the pointer or finger
	int x, y;                     // where it is to be, layout coordinates
	size_t leaks;                 // drags that wlroots has leaked, some hundred bytes each
	int64_t next_enter;           // time from which a drag may enter another surface, ns
	struct wl_event_source *timer;

	struct {
		struct wl_listener request_start_drag, start_drag, drag_destroy;
		struct wl_listener client_destroy; // of a drag without a source
	} listeners;
};

/*
 * Whether the drag that is in progress may enter the surface; true if there is none. False: it has to wait; the cursor
 * is refreshed when it may.
 */
bool drag_may_enter(struct compositor *compositor, struct wlr_surface *surface);

/* Does a finger drag, from a Wayland client? The pointer then moves as without a drag. */
bool drag_is_by_touch(const struct compositor *compositor);

/* Returns false when out of memory. */
bool drag_init(struct compositor *compositor);
void drag_finish(struct compositor *compositor);

/*
 * The pointer or finger that drags is here, layout coordinates. The icon, which may have a thousand subsurfaces, moves
 * with the next frame. Does nothing if there is no drag.
 */
void drag_motion(struct compositor *compositor, double lx, double ly);

/* Ends the drag without a drop. Does nothing if there is none. */
void drag_cancel(struct compositor *compositor);

/* Moves the icon. Call it before each frame. */
void drag_settle(struct compositor *compositor);

#endif
