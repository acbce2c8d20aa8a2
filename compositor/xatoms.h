/*
 * Atoms: the X server's numbers of names. wlroots asks for those of MIME types, one by one, and waits for each. So the
 * X server is asked for all of them before (xselections.h), and they are remembered.
 */
#ifndef XATOMS_H
#define XATOMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xcb/xcb.h>

/* Remembered names: those of a selection and a drag with the most types (selections.h). */
#define XATOMS_MAX 512

/* The most that are asked for at once. */
#define XATOMS_ASKED_MAX 32

struct xatom {
	char *name; // without a terminating zero; NULL: none
	uint16_t len;
	bool is_known;
	unsigned int sequence; // of the question, if it is not known
	xcb_atom_t atom;       // XCB_ATOM_NONE: the X server has refused it
};

/* Zeroed: nothing is known. */
struct xatoms {
	struct xatom entries[XATOMS_MAX];
	size_t next; // the one that is replaced next
};

/* Returns whether the atom is known, and asks for it if it is not. The question is sent by xcb_flush(). */
bool xatoms_know(struct xatoms *atoms, xcb_connection_t *connection, const char *name, size_t len);

/* Returns NULL if it is not known. */
const struct xatom *xatoms_find(const struct xatoms *atoms, const char *name, size_t len);

/* Asks for all of these names at once, and waits. */
void xatoms_ask_all(xcb_connection_t *connection, const char *const names[], size_t len, xcb_atom_t atoms[]);

/* Forgets all. The connection may be gone. */
void xatoms_finish(struct xatoms *atoms);

#endif
