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
	enum grab_mode mode;
	struct toplevel *toplevel; // NULL when there is no grab
	bool by_touch;
	int32_t touch_id;        // if by_touch
	double start_x, start_y; // of the pointer or finger, layout coordinates
	struct wlr_box start;    // of the window, layout coordinates
	uint32_t edges;          // enum wlr_edges, when resizing
};

/* Begins one as the client asks for it, if serial is that of a press that still lasts on that window. */
void grab_request(struct toplevel *toplevel, enum grab_mode mode, uint32_t edges, uint32_t serial);

/* Begins one by the pointer, at the pointer's place. */
void grab_begin_pointer(struct toplevel *toplevel, enum grab_mode mode, uint32_t edges);

/* The pointer or finger has moved there, layout coordinates. */
void grab_motion(struct compositor *compositor, double lx, double ly);

/* Lets go. Nothing happens if there is no grab. */
void grab_end(struct compositor *compositor);

/* Forgets a window that is going. */
void grab_forget(struct compositor *compositor, struct toplevel *toplevel);

#endif
