#include "xatoms.h"

#include <stdlib.h>
#include <string.h>
#include <xcb/xcbext.h>

// Returns its index; XATOMS_MAX: it is not there.
static size_t find(const struct xatoms *atoms, const char *name, size_t len) {
	size_t i = 0;
	while (i < XATOMS_MAX && (atoms->entries[i].name == NULL || atoms->entries[i].len != len ||
									 memcmp(atoms->entries[i].name, name, len) != 0)) {
		i++;
	}
	return i;
}

const struct xatom *xatoms_find(const struct xatoms *atoms, const char *name, size_t len) {
	size_t i = find(atoms, name, len);
	return i < XATOMS_MAX && atoms->entries[i].is_known ? &atoms->entries[i] : NULL;
}

static struct xatom *ask(struct xatoms *atoms, xcb_connection_t *connection, const char *name, size_t len) {
	struct xatom *atom = &atoms->entries[atoms->next];
	char *copy = malloc(len);
	if (copy == NULL) {
		return NULL;
	}
	memcpy(copy, name, len);
	if (atom->name != NULL && !atom->is_known) {
		xcb_discard_reply(connection, atom->sequence);
	}
	free(atom->name);
	*atom = (struct xatom){.name = copy, .len = (uint16_t)len};
	atom->sequence = xcb_intern_atom(connection, false, atom->len, name).sequence;
	atoms->next = (atoms->next + 1) % XATOMS_MAX;
	return atom;
}

bool xatoms_know(struct xatoms *atoms, xcb_connection_t *connection, const char *name, size_t len) {
	if (len == 0 || len > UINT16_MAX) {
		return true; // the X server has none
	}
	size_t i = find(atoms, name, len);
	struct xatom *atom = i < XATOMS_MAX ? &atoms->entries[i] : ask(atoms, connection, name, len);
	void *reply = NULL;
	xcb_generic_error_t *error = NULL;
	if (atom == NULL || atom->is_known || !xcb_poll_for_reply(connection, atom->sequence, &reply, &error)) {
		return atom != NULL && atom->is_known;
	}
	atom->is_known = true;
	atom->atom = reply != NULL ? ((const xcb_intern_atom_reply_t *)reply)->atom : XCB_ATOM_NONE;
	free(reply);
	free(error);
	return true;
}

void xatoms_ask_all(xcb_connection_t *connection, const char *const names[], size_t len, xcb_atom_t atoms[]) {
	xcb_intern_atom_cookie_t cookies[XATOMS_ASKED_MAX];
	for (size_t i = 0; i < len; i++) {
		cookies[i] = xcb_intern_atom(connection, false, (uint16_t)strlen(names[i]), names[i]);
	}
	for (size_t i = 0; i < len; i++) {
		xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(connection, cookies[i], NULL);
		atoms[i] = reply != NULL ? reply->atom : XCB_ATOM_NONE;
		free(reply);
	}
}

void xatoms_finish(struct xatoms *atoms) {
	for (size_t i = 0; i < XATOMS_MAX; i++) {
		free(atoms->entries[i].name);
	}
	*atoms = (struct xatoms){0};
}
