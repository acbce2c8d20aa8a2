/*
 * The pointer, or a finger, has hold of a window: moving or resizing it.
 */
#ifndef GRAB_H
#define GRAB_H

#include <stdbool.h>
#include <stdint.h>
#include <wlr/util/box.h>

struct compositor;
struct toplevel;

enum grab_mode {
	GRAB_NONE,
	GRAB_MOVE,
	GRAB_RESIZE,
};

struct grab {
	struct compositor *compositor;
	enum grab_mode mode;
	struct toplevel *toplevel; // NULL when there is no grab
	bool by_touch;
	int32_t touch_id;        // if by_touch
	double start_x, start_y; // of the pointer or finger, layout coordinates
	struct wlr_box start;    // of the window, layout coordinates
	uint32_t edges;          // enum wlr_edges, when resizing

	struct {
		struct wl_listener request_move, request_resize, toplevel_unmap;
	} listeners;
};

/* False: never. */
bool grab_init(struct compositor *compositor);
void grab_finish(struct compositor *compositor);

/* Begins one by the pointer, at the pointer's place. */
void grab_begin_pointer(struct toplevel *toplevel, enum grab_mode mode, uint32_t edges);

/* The pointer or finger has moved there, layout coordinates. */
void grab_motion(struct compositor *compositor, double lx, double ly);

/* Lets go. Nothing happens if there is no grab. */
void grab_end(struct compositor *compositor);

#endif
