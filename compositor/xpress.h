/*
 * What the user holds down while an X11 program drags: a button of the pointer, a finger, or the tip of a tablet's
 * tool. The program receives all of these as a pointer.
 */
#ifndef XPRESS_H
#define XPRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <xcb/xcb.h>

struct tablet_tool;
struct xdrag;

enum xpress_kind {
	XPRESS_NONE,
	XPRESS_POINTER,
	XPRESS_FINGER,
	XPRESS_TOOL,
};

struct xpress {
	enum xpress_kind kind;
	int32_t finger;                 // its id
	const struct tablet_tool *tool; // may be gone
};

/* Finds what was pressed in a window of this one's program. Returns false if nothing is held down there. */
bool xpress_begin(struct xdrag *xdrag, xcb_window_t window);

/* Does the user hold it down? */
bool xpress_is_down(const struct xdrag *xdrag);

/* Where it is, layout coordinates. */
void xpress_get_position(const struct xdrag *xdrag, double *lx, double *ly);

/* Tells the program the same position again, if it is down. */
void xpress_repeat(const struct xdrag *xdrag);

#endif
