/*
 * The MIME types and actions that an X11 program offers in a drag. The X server is asked for them without waiting.
 */
#ifndef XDRAG_TYPES_H
#define XDRAG_TYPES_H

#include "selections.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xcb/xcb.h>

struct xdrag;

/* Limits are those of Wayland clients: SELECTIONS_TYPES_MAX, SELECTIONS_TYPE_BYTES_MAX. Further types are left out. */

/* A longer type is left out, bytes. */
#define XDRAG_TYPE_SIZE_MAX 255

/* Names that are asked for at once: the X server has names of 64 KiB. */
#define XDRAG_NAMES_MAX 64

/* Actions of a list. */
#define XDRAG_ACTIONS_MAX 16

struct xdrag_type {
	xcb_atom_t atom;
	char *name; // NULL: not known yet, or left out
};

/* Zeroed: nothing is known, and nothing was asked. */
struct xdrag_types {
	struct xdrag_type list[SELECTIONS_TYPES_MAX];
	size_t len;
	size_t bytes;     // of names, with a terminating zero each
	uint32_t actions; // set of enum wl_data_device_manager_dnd_action; 0: the source has no list of them

	// Numbers of questions to the X server; 0: none, or it is answered.
	unsigned int list_sequence, actions_sequence;
	unsigned int name_sequences[XDRAG_NAMES_MAX];
	size_t names_begin, names_end; // indexes of the types whose names were asked for last
};

/*
 * Begins to find out what this window offers: the types in its property, if has_list, else these (XCB_ATOM_NONE: none).
 */
void xdrag_types_ask(struct xdrag_types *types, const struct xdrag *xdrag, xcb_connection_t *connection,
		xcb_window_t window, bool has_list, const xcb_atom_t atoms[3]);

/* Looks for answers. Returns whether all is known. */
bool xdrag_types_poll(struct xdrag_types *types, const struct xdrag *xdrag, xcb_connection_t *connection);

/* Forgets all. connection: NULL: it is gone. */
void xdrag_types_clear(struct xdrag_types *types, xcb_connection_t *connection);

/* The action of an atom, enum wl_data_device_manager_dnd_action, and its reverse. Copy, if it is none of the others. */
uint32_t xdrag_action_from_atom(const struct xdrag *xdrag, xcb_atom_t atom);
xcb_atom_t xdrag_action_to_atom(const struct xdrag *xdrag, uint32_t action);

#endif
