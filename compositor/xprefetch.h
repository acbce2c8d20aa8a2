/*
 * Answers of the X server, asked for before wlroots' window manager handles an event.
 *
 * For a new window, a window that is shown and a property that has changed, wlroots asks the X server and waits. So the
 * same is asked when such an event is next in line, and the event is held back until all answers are there. wlroots'
 * questions then have answers at once (xreplies.c), and an X server that is busy or stopped makes nobody wait.
 */
#ifndef XPREFETCH_H
#define XPREFETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xcb/xcb.h>

enum xprefetch_kind {
	XPREFETCH_GEOMETRY,
	XPREFETCH_CLIENT_ID, // of the process that owns a window
	XPREFETCH_PROPERTY,
	XPREFETCH_TYPES, // of a selection: a property that is deleted
	XPREFETCH_DATA,  // of a selection: the like
	XPREFETCH_PIECE, // of a selection: a property that is deleted later
	XPREFETCH_NAME,  // of an atom
};

/* How much of a property wlroots asks for, in 4 bytes. */
#define XPREFETCH_PROPERTY_LEN 2048

/*
 * How much of properties with selections is asked for, in 4 bytes. Data: as much as one request sets. More is sent in
 * several pieces.
 */
#define XPREFETCH_TYPES_LEN 256
#define XPREFETCH_DATA_LEN (16 << 18)

/* The most properties that are read when a window is shown, names of types, and questions for one event. */
#define XPREFETCH_PROPERTIES_MAX 16
#define XPREFETCH_NAMES_MAX XPREFETCH_TYPES_LEN
#define XPREFETCH_MAX (XPREFETCH_NAMES_MAX + XPREFETCH_PROPERTIES_MAX)

struct xprefetch_answer {
	enum xprefetch_kind kind;
	xcb_window_t window;
	xcb_atom_t property; // or atom
	unsigned int sequence;
	void *reply; // NULL: there is none yet, it was an error, or it is given away
	bool is_there, is_asked_for;
};

/* Zeroed: no questions. */
struct xprefetch {
	xcb_atom_t properties[XPREFETCH_PROPERTIES_MAX]; // that are read when a window is shown
	size_t properties_len;
	bool has_client_ids; // the X server can tell processes
	struct xprefetch_answer answers[XPREFETCH_MAX];
	size_t answers_len;
};

/* Asks the X server what it knows. */
void xprefetch_init(struct xprefetch *prefetch, xcb_connection_t *connection);

/* Ask what wlroots will ask. */
void xprefetch_ask_window(struct xprefetch *prefetch, xcb_connection_t *connection, xcb_window_t window);
void xprefetch_ask_property(
		struct xprefetch *prefetch, xcb_connection_t *connection, xcb_window_t window, xcb_atom_t property);
void xprefetch_ask_properties(struct xprefetch *prefetch, xcb_connection_t *connection, xcb_window_t window);

void xprefetch_ask_data(struct xprefetch *prefetch, xcb_connection_t *connection, xcb_window_t window,
		xcb_atom_t property, enum xprefetch_kind kind);
void xprefetch_ask_name(struct xprefetch *prefetch, xcb_connection_t *connection, xcb_atom_t atom);

/* Returns the first answer of this kind about this window. NULL: there is none yet, or it was an error. */
const void *xprefetch_peek(const struct xprefetch *prefetch, enum xprefetch_kind kind, xcb_window_t window);

/* Are all answers there? */
bool xprefetch_is_ready(struct xprefetch *prefetch, xcb_connection_t *connection);

/* Forgets all answers. */
void xprefetch_clear(struct xprefetch *prefetch);

/* Is there an answer to this question, which is asked for the first time? Sets sequence to its number. */
bool xprefetch_find(struct xprefetch *prefetch, enum xprefetch_kind kind, xcb_window_t window, xcb_atom_t property,
		unsigned int *sequence);

/* Gives away the answer with this number: reply may be NULL. Returns false if there is none with this number. */
bool xprefetch_take(struct xprefetch *prefetch, unsigned int sequence, void **reply);

#endif
