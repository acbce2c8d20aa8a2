/*
 * Selections of X11 programs, and what wlroots asks the X server about them: data and types that programs have sent,
 * and names and atoms of types. All of it is asked for before wlroots handles an event about a selection (xprefetch.h).
 *
 * Answers to what the window manager has not asked for are not for wlroots.
 */
#ifndef XSELECTIONS_H
#define XSELECTIONS_H

#include "xatoms.h"
#include "xprefetch.h"
#include <stdbool.h>
#include <wayland-util.h>

struct wlr_seat;

enum xselections_atom {
	XSELECTIONS_CLIPBOARD,
	XSELECTIONS_DRAG,
	XSELECTIONS_PROPERTY, // that has the data
	XSELECTIONS_INCR,     // the type of data that comes in pieces
	XSELECTIONS_TYPES,    // the target that is all types
	XSELECTIONS_TIMESTAMP,
	XSELECTIONS_DELETE,
	XSELECTIONS_UTF8,
	XSELECTIONS_TEXT,
	XSELECTIONS_ATOMS_LEN,
};

/* Zeroed: no connection. */
struct xselections {
	xcb_atom_t numbers[XSELECTIONS_ATOMS_LEN];
	struct wl_list conversions; // that the window manager has asked for
	struct xatoms atoms;
};

void xselections_init(struct xselections *selections, xcb_connection_t *connection);
void xselections_finish(struct xselections *selections);

/* The window manager asks for a selection's data, which comes to this window; and destroys the window. */
void xselections_convert(struct xselections *selections, xcb_window_t window, xcb_atom_t target);
void xselections_forget(struct xselections *selections, xcb_window_t window);

/* Is this the answer to a question of the window manager? It is no second time. */
bool xselections_expect(struct xselections *selections, const xcb_selection_notify_event_t *notify);

/*
 * Asks what wlroots will ask when it handles this event. Returns false if the event has nothing to do with selections.
 */
bool xselections_ask(struct xselections *selections, struct xprefetch *prefetch, xcb_connection_t *connection,
		const xcb_generic_event_t *event);

/* All answers are there. Are they all that wlroots will ask for? Else asks for the rest. */
bool xselections_are_ready(struct xselections *selections, struct xprefetch *prefetch, xcb_connection_t *connection,
		const struct wlr_seat *seat, const xcb_generic_event_t *event);

/* Are the atoms of these MIME types known? Else asks for them. types: of char *. */
bool xselections_know_types(struct xselections *selections, xcb_connection_t *connection, const struct wl_array *types);

#endif
