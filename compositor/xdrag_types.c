#include "xdrag_types.h"

#include "xdrag.h"
#include <stdlib.h>
#include <string.h>
#include <wlr/types/wlr_data_device.h>
#include <xcb/xcbext.h>

uint32_t xdrag_action_from_atom(const struct xdrag *xdrag, xcb_atom_t atom) {
	if (atom == xdrag->atoms[XDRAG_ACTION_MOVE]) {
		return WL_DATA_DEVICE_MANAGER_DND_ACTION_MOVE;
	}
	return atom == xdrag->atoms[XDRAG_ACTION_ASK] ? WL_DATA_DEVICE_MANAGER_DND_ACTION_ASK
												  : WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY;
}

xcb_atom_t xdrag_action_to_atom(const struct xdrag *xdrag, uint32_t action) {
	switch (action) {
	case WL_DATA_DEVICE_MANAGER_DND_ACTION_NONE:
		return XCB_ATOM_NONE;
	case WL_DATA_DEVICE_MANAGER_DND_ACTION_MOVE:
		return xdrag->atoms[XDRAG_ACTION_MOVE];
	case WL_DATA_DEVICE_MANAGER_DND_ACTION_ASK:
		return xdrag->atoms[XDRAG_ACTION_ASK];
	default:
		return xdrag->atoms[XDRAG_ACTION_COPY];
	}
}

static bool has_name(const struct xdrag_types *types, const char *name) {
	for (size_t i = 0; i < types->len; i++) {
		if (types->list[i].name != NULL && strcmp(types->list[i].name, name) == 0) {
			return true;
		}
	}
	return false;
}

static void set_name(struct xdrag_types *types, size_t index, const char *name) {
	size_t size = strlen(name) + 1;
	if (!has_name(types, name) && types->bytes + size <= SELECTIONS_TYPE_BYTES_MAX) {
		types->list[index].name = strdup(name);
		types->bytes += types->list[index].name != NULL ? size : 0;
	}
}

// Only MIME types have names that Wayland clients know. An atom's name may have any bytes.
static void set_atom_name(struct xdrag_types *types, size_t index, const char *bytes, size_t size) {
	char name[XDRAG_TYPE_SIZE_MAX + 1];
	bool has_slash = false;
	if (size > XDRAG_TYPE_SIZE_MAX) {
		return;
	}
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] < ' ' || bytes[i] > '~') {
			return;
		}
		has_slash = has_slash || bytes[i] == '/';
		name[i] = bytes[i];
	}
	name[size] = '\0';
	if (has_slash) {
		set_name(types, index, name);
	}
}

// As wlroots does for the clipboard.
static const char *find_known_name(const struct xdrag *xdrag, xcb_atom_t atom) {
	if (atom == xdrag->atoms[XDRAG_UTF8_STRING]) {
		return "text/plain;charset=utf-8";
	}
	return atom == xdrag->atoms[XDRAG_TEXT] ? "text/plain" : NULL;
}

static void add_atoms(struct xdrag_types *types, const struct xdrag *xdrag, const xcb_atom_t *atoms, size_t len) {
	for (size_t i = 0; i < len && types->len < SELECTIONS_TYPES_MAX; i++) {
		if (atoms[i] != XCB_ATOM_NONE) {
			types->list[types->len++] = (struct xdrag_type){.atom = atoms[i]};
		}
	}
}

void xdrag_types_ask(struct xdrag_types *types, const struct xdrag *xdrag, xcb_connection_t *connection,
		xcb_window_t window, bool has_list, const xcb_atom_t atoms[3]) {
	xdrag_types_clear(types, connection);
	types->actions_sequence = xcb_get_property(
			connection, false, window, xdrag->atoms[XDRAG_ACTION_LIST], XCB_ATOM_ATOM, 0, XDRAG_ACTIONS_MAX)
									  .sequence;
	if (has_list) {
		types->list_sequence = xcb_get_property(
				connection, false, window, xdrag->atoms[XDRAG_TYPE_LIST], XCB_ATOM_ATOM, 0, SELECTIONS_TYPES_MAX)
									   .sequence;
	} else {
		add_atoms(types, xdrag, atoms, 3);
	}
	xcb_flush(connection);
}

// Returns whether the question is answered, and sets reply then; NULL: there is no such property.
static bool take(xcb_connection_t *connection, unsigned int *sequence, void **reply) {
	xcb_generic_error_t *error = NULL;
	*reply = NULL;
	if (*sequence == 0 || xcb_poll_for_reply(connection, *sequence, reply, &error) == 0) {
		return false;
	}
	*sequence = 0;
	free(error);
	return true;
}

// Returns the number of atoms in a property.
static size_t count_atoms(const xcb_get_property_reply_t *reply) {
	return reply != NULL && reply->type == XCB_ATOM_ATOM && reply->format == 32
				   ? (size_t)xcb_get_property_value_length(reply) / sizeof(xcb_atom_t)
				   : 0;
}

static void poll_properties(struct xdrag_types *types, const struct xdrag *xdrag, xcb_connection_t *connection) {
	void *reply;
	if (take(connection, &types->list_sequence, &reply)) {
		size_t len = count_atoms(reply);
		if (len > 0) {
			add_atoms(types, xdrag, xcb_get_property_value(reply), len);
		}
		free(reply);
	}
	if (take(connection, &types->actions_sequence, &reply)) {
		size_t len = count_atoms(reply);
		const xcb_atom_t *atoms = len > 0 ? xcb_get_property_value(reply) : NULL;
		for (size_t i = 0; i < len; i++) {
			types->actions |= xdrag_action_from_atom(xdrag, atoms[i]);
		}
		free(reply);
	}
}

static bool poll_names(struct xdrag_types *types, xcb_connection_t *connection) {
	bool is_done = true;
	for (size_t i = types->names_begin; i < types->names_end; i++) {
		unsigned int *sequence = &types->name_sequences[i - types->names_begin];
		void *data;
		if (take(connection, sequence, &data) && data != NULL) {
			xcb_get_atom_name_reply_t *reply = data;
			set_atom_name(types, i, xcb_get_atom_name_name(reply), (size_t)xcb_get_atom_name_name_length(reply));
			free(reply);
		}
		is_done = is_done && *sequence == 0;
	}
	return is_done;
}

static void ask_names(struct xdrag_types *types, const struct xdrag *xdrag, xcb_connection_t *connection) {
	types->names_begin = types->names_end;
	while (types->names_end < types->len && types->names_end - types->names_begin < XDRAG_NAMES_MAX) {
		size_t i = types->names_end++;
		const char *name = find_known_name(xdrag, types->list[i].atom);
		if (name != NULL) {
			set_name(types, i, name);
		} else {
			types->name_sequences[i - types->names_begin] = xcb_get_atom_name(connection, types->list[i].atom).sequence;
		}
	}
	xcb_flush(connection);
}

bool xdrag_types_poll(struct xdrag_types *types, const struct xdrag *xdrag, xcb_connection_t *connection) {
	poll_properties(types, xdrag, connection);
	if (types->list_sequence != 0 || !poll_names(types, connection)) {
		return false;
	}
	if (types->names_end < types->len) {
		ask_names(types, xdrag, connection);
		return false;
	}
	return types->actions_sequence == 0;
}

static void discard(xcb_connection_t *connection, unsigned int sequence) {
	if (sequence != 0 && connection != NULL) {
		xcb_discard_reply(connection, sequence);
	}
}

void xdrag_types_clear(struct xdrag_types *types, xcb_connection_t *connection) {
	discard(connection, types->list_sequence);
	discard(connection, types->actions_sequence);
	for (size_t i = 0; i < XDRAG_NAMES_MAX; i++) {
		discard(connection, types->name_sequences[i]);
	}
	for (size_t i = 0; i < types->len; i++) {
		free(types->list[i].name);
	}
	memset(types, 0, sizeof(*types));
}
