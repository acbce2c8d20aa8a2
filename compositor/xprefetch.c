#include "xprefetch.h"

#include "xatoms.h"
#include <stdlib.h>
#include <string.h>
#include <xcb/res.h>
#include <xcb/xcbext.h>

// Not those that are numbers in each X server.
static const char *const property_names[] = {
	"WM_PROTOCOLS",
	"_MOTIF_WM_HINTS",
	"_NET_STARTUP_ID",
	"_NET_WM_STATE",
	"_NET_WM_STRUT_PARTIAL",
	"_NET_WM_WINDOW_TYPE",
	"_NET_WM_NAME",
	"_NET_WM_WINDOW_OPACITY",
};

void xprefetch_init(struct xprefetch *prefetch, xcb_connection_t *connection) {
	static const xcb_atom_t known[] = {
		XCB_ATOM_WM_CLASS, XCB_ATOM_WM_NAME, XCB_ATOM_WM_TRANSIENT_FOR, XCB_ATOM_WM_HINTS, XCB_ATOM_WM_NORMAL_HINTS};
	enum {
		NAMES_LEN = sizeof(property_names) / sizeof(property_names[0]),
		KNOWN_LEN = sizeof(known) / sizeof(known[0])
	};
	_Static_assert(NAMES_LEN + KNOWN_LEN <= XPREFETCH_PROPERTIES_MAX, "raise XPREFETCH_PROPERTIES_MAX");
	memcpy(prefetch->properties, known, sizeof(known));
	prefetch->properties_len = KNOWN_LEN;
	xatoms_ask_all(connection, property_names, NAMES_LEN, &prefetch->properties[KNOWN_LEN]);
	prefetch->properties_len = KNOWN_LEN + NAMES_LEN;
	const xcb_query_extension_reply_t *extension = xcb_get_extension_data(connection, &xcb_res_id);
	prefetch->has_client_ids = extension != NULL && extension->present;
}

static void add(struct xprefetch *prefetch, xcb_connection_t *connection, enum xprefetch_kind kind, xcb_window_t window,
		xcb_atom_t property, unsigned int sequence) {
	if (prefetch->answers_len == XPREFETCH_MAX) {
		xcb_discard_reply(connection, sequence);
		return;
	}
	prefetch->answers[prefetch->answers_len++] =
			(struct xprefetch_answer){.kind = kind, .window = window, .property = property, .sequence = sequence};
}

void xprefetch_ask_window(struct xprefetch *prefetch, xcb_connection_t *connection, xcb_window_t window) {
	add(prefetch, connection, XPREFETCH_GEOMETRY, window, XCB_ATOM_NONE, xcb_get_geometry(connection, window).sequence);
	if (prefetch->has_client_ids) {
		const xcb_res_client_id_spec_t spec = {.client = window, .mask = XCB_RES_CLIENT_ID_MASK_LOCAL_CLIENT_PID};
		add(prefetch, connection, XPREFETCH_CLIENT_ID, window, XCB_ATOM_NONE,
				xcb_res_query_client_ids(connection, 1, &spec).sequence);
	}
}

void xprefetch_ask_property(
		struct xprefetch *prefetch, xcb_connection_t *connection, xcb_window_t window, xcb_atom_t property) {
	xcb_get_property_cookie_t cookie =
			xcb_get_property(connection, false, window, property, XCB_ATOM_ANY, 0, XPREFETCH_PROPERTY_LEN);
	add(prefetch, connection, XPREFETCH_PROPERTY, window, property, cookie.sequence);
}

void xprefetch_ask_properties(struct xprefetch *prefetch, xcb_connection_t *connection, xcb_window_t window) {
	for (size_t i = 0; i < prefetch->properties_len; i++) {
		xprefetch_ask_property(prefetch, connection, window, prefetch->properties[i]);
	}
}

void xprefetch_ask_data(struct xprefetch *prefetch, xcb_connection_t *connection, xcb_window_t window,
		xcb_atom_t property, enum xprefetch_kind kind) {
	uint32_t len = kind == XPREFETCH_TYPES ? XPREFETCH_TYPES_LEN : XPREFETCH_DATA_LEN;
	xcb_get_property_cookie_t cookie =
			xcb_get_property(connection, kind != XPREFETCH_PIECE, window, property, XCB_ATOM_ANY, 0, len);
	add(prefetch, connection, kind, window, property, cookie.sequence);
}

void xprefetch_ask_name(struct xprefetch *prefetch, xcb_connection_t *connection, xcb_atom_t atom) {
	add(prefetch, connection, XPREFETCH_NAME, XCB_WINDOW_NONE, atom, xcb_get_atom_name(connection, atom).sequence);
}

const void *xprefetch_peek(const struct xprefetch *prefetch, enum xprefetch_kind kind, xcb_window_t window) {
	for (size_t i = 0; i < prefetch->answers_len; i++) {
		const struct xprefetch_answer *answer = &prefetch->answers[i];
		if (answer->kind == kind && answer->window == window) {
			return answer->reply;
		}
	}
	return NULL;
}

bool xprefetch_is_ready(struct xprefetch *prefetch, xcb_connection_t *connection) {
	for (size_t i = 0; i < prefetch->answers_len; i++) {
		struct xprefetch_answer *answer = &prefetch->answers[i];
		xcb_generic_error_t *error = NULL;
		if (!answer->is_there && !xcb_poll_for_reply(connection, answer->sequence, &answer->reply, &error)) {
			return false;
		}
		answer->is_there = true;
		free(error);
	}
	return true;
}

void xprefetch_clear(struct xprefetch *prefetch) {
	for (size_t i = 0; i < prefetch->answers_len; i++) {
		free(prefetch->answers[i].reply);
	}
	prefetch->answers_len = 0;
}

bool xprefetch_find(struct xprefetch *prefetch, enum xprefetch_kind kind, xcb_window_t window, xcb_atom_t property,
		unsigned int *sequence) {
	for (size_t i = 0; i < prefetch->answers_len; i++) {
		struct xprefetch_answer *answer = &prefetch->answers[i];
		if (answer->is_there && !answer->is_asked_for && answer->kind == kind && answer->window == window &&
				answer->property == property) {
			answer->is_asked_for = true;
			*sequence = answer->sequence;
			return true;
		}
	}
	return false;
}

bool xprefetch_take(struct xprefetch *prefetch, unsigned int sequence, void **reply) {
	for (size_t i = 0; i < prefetch->answers_len; i++) {
		struct xprefetch_answer *answer = &prefetch->answers[i];
		if (answer->is_asked_for && answer->sequence == sequence) {
			*reply = answer->reply;
			answer->reply = NULL;
			return true;
		}
	}
	return false;
}
