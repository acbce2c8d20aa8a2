/*
 * An interactive move or resize of a window by the pointer or a finger.
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
	struct toplevel *toplevel; // NULL if there is no grab
	bool by_touch;
	int32_t touch_id;        // valid if by_touch
	double start_x, start_y; // of the pointer or finger at the start, layout coordinates
	struct wlr_box start;    // of the window at the start, layout coordinates
	uint32_t edges;          // enum wlr_edges, for a resize

	/* A resize waits for the client: it sends the next size when the last one was acknowledged. */
	struct {
		bool waiting;
		bool moved;  // the pointer or finger has moved meanwhile
		double x, y; // to this point, layout coordinates
	} next;

	struct {
		struct wl_listener request_move, request_resize, toplevel_acked, toplevel_unmap;
	} listeners;
};

/* Always returns true. */
bool grab_init(struct compositor *compositor);
void grab_finish(struct compositor *compositor);

/* Starts a grab by the pointer, at its position. */
void grab_begin_pointer(struct toplevel *toplevel, enum grab_mode mode, uint32_t edges);

/*
 * Continues the grab: the pointer or finger has moved to this point, layout coordinates. Does nothing without a grab.
 */
void grab_motion(struct compositor *compositor, double lx, double ly);

/* Ends the grab. Does nothing without one. */
void grab_end(struct compositor *compositor);

#endif
