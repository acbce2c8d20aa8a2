/*
 * Drags from X11 programs to Wayland windows. (wlroots' window manager has those from Wayland to X11.)
 *
 * X11 programs drag by the protocol XDND: the source grabs the pointer, owns the selection XdndSelection, looks which
 * window of X11 is below the pointer, and sends messages to it. Below a Wayland window it would find nothing, so while
 * it drags and the pointer is over one, a window of ours covers the screen of X11: the target, which nobody sees. What
 * is sent to it becomes a drag of the seat, whose source is the X11 program (xdrag_source.h).
 *
 * What drags is a button of the pointer, a finger or a tablet's tool (xpress.h); pointer and button stand for all of
 * them below. The pointer stays with the window of X11 in which the button was pressed: its program follows the
 * pointer, shows its cursor and its icon, and decides when to drop. The drag of the seat goes where Lido has the
 * pointer, whatever the messages say, and is dropped only after the user has released the button. Keys go to the X11
 * program, too.
 *
 * Messages of a program count only while a button is pressed that was pressed in one of its own windows, and if it has
 * taken the selection since. Nothing here waits for the X server or an X11 program.
 */
#ifndef XDRAG_H
#define XDRAG_H

#include "bucket.h"
#include "xdrag_types.h"
#include "xpress.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>
#include <xcb/xcb.h>

struct compositor;
struct wlr_drag;
struct wlr_surface;
struct xdrag_source;

/* How often a drag may enter the target, at once and in a second. Each time, the X server is asked for MIME types. */
#define XDRAG_ENTERS_MAX 16

/* The source has so long to drop after the user has released the button, ms. */
#define XDRAG_DROP_MS 1000

/* The Wayland client has so long to finish after a drop, ms. It may ask its user what to do. */
#define XDRAG_FINISH_MS 300000

/* How often to look for answers and the button during a drag, and after it, ms. */
#define XDRAG_TICK_MS 10
#define XDRAG_SLOW_TICK_MS 100

enum xdrag_atom {
	XDRAG_SELECTION,
	XDRAG_AWARE,
	XDRAG_ENTER,
	XDRAG_POSITION,
	XDRAG_STATUS,
	XDRAG_LEAVE,
	XDRAG_DROP,
	XDRAG_FINISHED,
	XDRAG_TYPE_LIST,
	XDRAG_ACTION_LIST,
	XDRAG_ACTION_COPY,
	XDRAG_ACTION_MOVE,
	XDRAG_ACTION_ASK,
	XDRAG_DELETE,
	XDRAG_INCR,
	XDRAG_UTF8_STRING,
	XDRAG_TEXT,
	XDRAG_DATA, // the property that receives data
	XDRAG_ATOMS_LEN,
};

/* Zeroed: there is no X server. */
struct xdrag {
	struct compositor *compositor;
	struct xpress press;
	xcb_atom_t atoms[XDRAG_ATOMS_LEN];
	uint32_t id_base, id_mask; // of the window manager's windows
	uint8_t owner_event;       // the type of XFixes' event for a selection's new owner
	xcb_window_t root, target;
	struct wl_event_source *tick; // a timer, runs while anything below may end by time
	struct bucket enters;

	xcb_window_t owner; // of the selection, while its program drags; XCB_WINDOW_NONE: none does
	bool is_over;       // it drags over a Wayland window, and the target is mapped
	int64_t released;   // when the user has released what was pressed, ms; 0: it is down

	/* What the program has told the target since it entered it. */
	struct {
		xcb_window_t window; // that sends messages; XCB_WINDOW_NONE: it has not entered, or has left
		xcb_timestamp_t time;
		uint32_t action; // that the user has chosen, enum wl_data_device_manager_dnd_action
		bool has_position;
		struct xdrag_types types;
	} visit;

	struct wlr_drag *drag;       // of the seat; NULL: none, or it was dropped
	struct xdrag_source *source; // of that drag, or of the last one; NULL: it has finished
	double sx, sy;               // that were sent last
	bool is_status_due;

	/* Of data to Wayland clients, see xdrag_transfer.h. */
	struct wl_list transfers;
	struct bucket transfer_bucket;

	struct {
		struct wl_listener drag_destroy;
	} listeners;
};

/* The window manager has begun to use the connection. Returns false when out of memory. */
bool xdrag_begin(struct xdrag *xdrag, struct compositor *compositor, xcb_connection_t *connection);

/* The connection is gone. Does nothing if xdrag_begin() was not called. */
void xdrag_end(struct xdrag *xdrag);

/* Looks for answers of the X server. */
void xdrag_poll(struct xdrag *xdrag, xcb_connection_t *connection);

/* Handles the event if it is of a drag. Returns true if wlroots is not to receive it. */
bool xdrag_takes(struct xdrag *xdrag, xcb_connection_t *connection, const xcb_generic_event_t *event);

/* The connection of the window manager; NULL: there is none. */
xcb_connection_t *xdrag_connection(const struct xdrag *xdrag);

/* Looks again what there is to do in some time. */
void xdrag_wake(struct xdrag *xdrag);

/* Sends a message about the target. */
void xdrag_send(struct xdrag *xdrag, xcb_connection_t *connection, xcb_window_t window, enum xdrag_atom type,
		const uint32_t data[5]);

/* Do both windows belong to the same program? */
bool xdrag_is_same_program(const struct xdrag *xdrag, xcb_window_t a, xcb_window_t b);

/* Is a drag of an X11 program over Wayland windows in progress, or waiting for the drop? Keys go to the program. */
bool xdrag_is_active(const struct compositor *compositor);

/* The same, of a drag by a button of the pointer. */
bool xdrag_holds_pointer(const struct compositor *compositor);

/*
 * Does an X11 program drag by a finger or a tool, and is the surface one of X11? X11 has a single pointer, which
 * follows the finger: the seat's pointer must not enter it meanwhile.
 */
bool xdrag_keeps_pointer_off(const struct compositor *compositor, const struct wlr_surface *surface);

/*
 * What holds the drag has moved, or what is below it has changed. Does nothing if no X11 program drags.
 */
void xdrag_follow(struct compositor *compositor, uint32_t time_msec);

/* Something is pressed anew, or was canceled: a drag that nothing holds any more, and waits for the drop, ends. */
void xdrag_expire(struct compositor *compositor);

#endif
