/*
 * Which events of the X server wlroots' window manager receives.
 *
 * X11 programs may send any event to the window manager, and wlroots believes them: such a forged event could claim the
 * surface of another window, which wlroots asserts not to happen. And each event is work, or is sent on to Wayland
 * clients.
 */
#ifndef XFILTER_H
#define XFILTER_H

#include "bucket.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xcb/xcb.h>

/* Limits on what all X11 programs together cause, each at once and in a second. Further events are dropped. */
#define XFILTER_FORGED_MAX 2048   // events that programs send
#define XFILTER_REQUESTS_MAX 64   // requests for the data of a Wayland client's selection
#define XFILTER_SELECTIONS_MAX 16 // selections set, each told to Wayland clients with all of its MIME types

/* What programs may not send: which surface belongs to a window, and messages that wlroots keeps without a limit. */
enum xfilter_atom {
	XFILTER_SURFACE_ID,
	XFILTER_SURFACE_SERIAL,
	XFILTER_STARTUP_INFO,
	XFILTER_STARTUP_INFO_BEGIN,
	XFILTER_TARGETS, // the MIME types of a selection
	XFILTER_ATOMS_LEN,
};

/* Set in an event's type if a program has sent it, and not the X server. */
#define XFILTER_FORGED 0x80

/* Returns the type of an event, whoever has sent it. */
static inline int xfilter_get_type(const xcb_generic_event_t *event) {
	return event->response_type & ~XFILTER_FORGED;
}

/* Zeroed: nothing is known yet. */
struct xfilter {
	xcb_atom_t atoms[XFILTER_ATOMS_LEN];
	struct bucket forged, requests, selections;
};

/* Asks the X server for the atoms. */
void xfilter_init(struct xfilter *filter, xcb_connection_t *connection);

/*
 * Is wlroots to receive the event? Refuses a request for data that it is not to receive. windows_left: how many new
 * windows it may still get to know.
 */
bool xfilter_accepts(
		struct xfilter *filter, xcb_connection_t *connection, const xcb_generic_event_t *event, size_t windows_left);

#endif
