/*
 * Limits what X11 programs make the compositor do and wait for.
 *
 * wlroots' window manager handles all events of the X server that have come, and for many of them it asks the server
 * something, and waits for the answer. So a program that causes events without end, or keeps the server busy, would
 * stop the compositor. So libxcb's xcb_poll_for_event() is replaced in the program lido: it gives the window manager no
 * more than one turn of events (turn.h), and XEVENTS_PERCENT of the time, only those that xfilter.h accepts, and each
 * when xprefetch.h has all answers, and when the X server has read what the last ones have caused (xstream.h).
 */
#ifndef XEVENTS_H
#define XEVENTS_H

#include "bucket.h"
#include "xfilter.h"
#include "xprefetch.h"
#include "xselections.h"
#include "xstream.h"
#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct wl_client;
struct xcb_connection_t;
struct xevent;
struct xwayland;

/* The window manager handles events for so long at once, us, and then at most this share of the time. */
#define XEVENTS_BURST_USEC 8000
#define XEVENTS_PERCENT 50

/* An event waits for its surface for so long, ms. */
#define XEVENTS_HOLD_MS 500

struct xevents {
	struct xwayland *xwayland;
	struct wl_client *client;       // Xwayland
	struct bucket busy;             // us
	int64_t event_nsec;             // when the window manager began to handle the last event; 0: it handles none
	struct wl_event_source *resume; // a timer that ends a pause
	struct wl_event_source *ended;  // an idle source that disconnects Xwayland; NULL: none is pending
	bool is_paused;
	struct wl_listener client_destroy;
	struct xstream stream;
	struct xfilter filter;
	struct xprefetch prefetch;
	struct xselections selections;
	xcb_window_t focused;         // its FocusIn is what the window manager handles; XCB_WINDOW_NONE: no such event
	const struct xatom *hit;      // the answer to the last question for an atom; NULL: the X server has it
	struct xevent *first, **last; // events that have come
	int64_t held_msec;            // since when the first one waits for answers; 0: it does not
};

/* A connection of this fd and client begins. Returns false when out of memory. */
bool xevents_attach(struct xevents *xevents, struct xwayland *xwayland, struct wl_client *client, int fd);

/* The connection of a window manager; NULL: it is another one. */
struct xevents *xevents_find(struct xcb_connection_t *connection);

/* The window manager has begun to use the connection. */
void xevents_begin(struct xevents *xevents, struct xcb_connection_t *connection);

/* Answers were looked for outside of the window manager, so events may have been read, too: it looks again soon. */
void xevents_wake(struct xevents *xevents);

/* The connection is gone. Does nothing if none is attached. */
void xevents_detach(struct xevents *xevents);

#endif
