/*
 * Replies of the X server as wlroots expects them, and those that xprefetch.h has already. Functions of libxcb are
 * replaced in the program lido.
 *
 * wlroots reads the properties that X11 programs set as what they should be, whatever type and size they have, and
 * takes data of any size into the compositor's memory.
 */
#include "xevents.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <xcb/res.h>
#include <xcb/xcb.h>
#include <xcb/xcbext.h>
#include <xcb/xfixes.h>

#define REPLACES_LIBXCB __attribute__((visibility("default")))

// What wlroots may read beyond the end of a property, bytes.
#define SLACK_SIZE 64

// The longest name of a MIME type: selections.h has the like for Wayland clients.
#define TYPE_LEN_MAX 255

// wlroots asks for this many types.
#define TYPES_ASKED 4096

// Finds libxcb's own function, once.
#define FIND_NEXT(pointer, name) \
	do { \
		if ((pointer) == NULL) { \
			*(void **)&(pointer) = dlsym(RTLD_NEXT, name); \
		} \
	} while (0)

// Returns the reply, which may be here already.
static void *get_reply(xcb_connection_t *connection, unsigned int sequence, xcb_generic_error_t **error) {
	struct xevents *xevents = xevents_find(connection);
	void *reply;
	if (xevents == NULL || !xprefetch_take(&xevents->prefetch, sequence, &reply)) {
		return xcb_wait_for_reply(connection, sequence, error);
	}
	if (error != NULL) {
		*error = NULL;
	}
	return reply;
}

typedef xcb_get_geometry_cookie_t get_geometry(xcb_connection_t *connection, xcb_drawable_t drawable);

REPLACES_LIBXCB xcb_get_geometry_cookie_t xcb_get_geometry(xcb_connection_t *connection, xcb_drawable_t drawable) {
	static get_geometry *next;
	FIND_NEXT(next, "xcb_get_geometry");
	struct xevents *xevents = xevents_find(connection);
	xcb_get_geometry_cookie_t cookie;
	if (xevents != NULL &&
			xprefetch_find(&xevents->prefetch, XPREFETCH_GEOMETRY, drawable, XCB_ATOM_NONE, &cookie.sequence)) {
		return cookie;
	}
	return next(connection, drawable);
}

REPLACES_LIBXCB xcb_get_geometry_reply_t *xcb_get_geometry_reply(
		xcb_connection_t *connection, xcb_get_geometry_cookie_t cookie, xcb_generic_error_t **error) {
	return get_reply(connection, cookie.sequence, error);
}

typedef xcb_res_query_client_ids_cookie_t query_client_ids(
		xcb_connection_t *connection, uint32_t num_specs, const xcb_res_client_id_spec_t *specs);

REPLACES_LIBXCB xcb_res_query_client_ids_cookie_t xcb_res_query_client_ids(
		xcb_connection_t *connection, uint32_t num_specs, const xcb_res_client_id_spec_t *specs) {
	static query_client_ids *next;
	FIND_NEXT(next, "xcb_res_query_client_ids");
	struct xevents *xevents = xevents_find(connection);
	xcb_res_query_client_ids_cookie_t cookie;
	if (xevents != NULL && num_specs == 1 &&
			xprefetch_find(&xevents->prefetch, XPREFETCH_CLIENT_ID, specs->client, XCB_ATOM_NONE, &cookie.sequence)) {
		return cookie;
	}
	return next(connection, num_specs, specs);
}

REPLACES_LIBXCB xcb_res_query_client_ids_reply_t *xcb_res_query_client_ids_reply(
		xcb_connection_t *connection, xcb_res_query_client_ids_cookie_t cookie, xcb_generic_error_t **error) {
	return get_reply(connection, cookie.sequence, error);
}

typedef xcb_intern_atom_cookie_t intern_atom(
		xcb_connection_t *connection, uint8_t only_if_exists, uint16_t name_len, const char *name);

// wlroots asks for the reply next, except when it begins.
REPLACES_LIBXCB xcb_intern_atom_cookie_t xcb_intern_atom(
		xcb_connection_t *connection, uint8_t only_if_exists, uint16_t name_len, const char *name) {
	static intern_atom *next;
	FIND_NEXT(next, "xcb_intern_atom");
	struct xevents *xevents = xevents_find(connection);
	if (xevents == NULL) {
		return next(connection, only_if_exists, name_len, name);
	}
	xevents->hit = xatoms_find(&xevents->selections.atoms, name, name_len);
	return xevents->hit != NULL ? (xcb_intern_atom_cookie_t){0} : next(connection, only_if_exists, name_len, name);
}

REPLACES_LIBXCB xcb_intern_atom_reply_t *xcb_intern_atom_reply(
		xcb_connection_t *connection, xcb_intern_atom_cookie_t cookie, xcb_generic_error_t **error) {
	struct xevents *xevents = xevents_find(connection);
	if (xevents == NULL || xevents->hit == NULL || cookie.sequence != 0) {
		return xcb_wait_for_reply(connection, cookie.sequence, error);
	}
	xcb_intern_atom_reply_t *reply = calloc(1, sizeof(*reply));
	if (reply != NULL) {
		reply->atom = xevents->hit->atom;
	}
	if (error != NULL) {
		*error = NULL;
	}
	return reply;
}

typedef xcb_get_property_cookie_t get_property(xcb_connection_t *connection, uint8_t delete_it, xcb_window_t window,
		xcb_atom_t property, xcb_atom_t type, uint32_t offset, uint32_t len);

static enum xprefetch_kind get_kind(bool is_deleted, uint32_t len) {
	if (is_deleted) {
		return len == TYPES_ASKED ? XPREFETCH_TYPES : XPREFETCH_DATA;
	}
	return len == XPREFETCH_PROPERTY_LEN ? XPREFETCH_PROPERTY : XPREFETCH_PIECE;
}

REPLACES_LIBXCB xcb_get_property_cookie_t xcb_get_property(xcb_connection_t *connection, uint8_t _delete,
		xcb_window_t window, xcb_atom_t property, xcb_atom_t type, uint32_t long_offset, uint32_t long_length) {
	static get_property *next;
	FIND_NEXT(next, "xcb_get_property");
	struct xevents *xevents = xevents_find(connection);
	xcb_get_property_cookie_t cookie;
	if (xevents != NULL) {
		if (xprefetch_find(&xevents->prefetch, get_kind(_delete, long_length), window, property, &cookie.sequence)) {
			return cookie;
		}
		long_length = long_length == TYPES_ASKED ? XPREFETCH_TYPES_LEN : MIN(long_length, XPREFETCH_DATA_LEN);
	}
	return next(connection, _delete, window, property, type, long_offset, long_length);
}

// wlroots takes the number of elements for that of elements of 4 bytes, and reads the first ones of an empty property.
REPLACES_LIBXCB xcb_get_property_reply_t *xcb_get_property_reply(
		xcb_connection_t *connection, xcb_get_property_cookie_t cookie, xcb_generic_error_t **error) {
	xcb_get_property_reply_t *reply = get_reply(connection, cookie.sequence, error);
	if (reply == NULL || xevents_find(connection) == NULL || reply->value_len > XPREFETCH_DATA_LEN) {
		return reply;
	}
	size_t size = sizeof(*reply) + reply->length * 4;
	size_t wanted = sizeof(*reply) + MAX(reply->length, reply->value_len) * (size_t)4 + SLACK_SIZE;
	xcb_get_property_reply_t *larger = realloc(reply, wanted);
	if (larger == NULL) {
		free(reply);
		return NULL;
	}
	memset((char *)larger + size, 0, wanted - size);
	return larger;
}

typedef xcb_get_atom_name_cookie_t get_atom_name(xcb_connection_t *connection, xcb_atom_t atom);

REPLACES_LIBXCB xcb_get_atom_name_cookie_t xcb_get_atom_name(xcb_connection_t *connection, xcb_atom_t atom) {
	static get_atom_name *next;
	FIND_NEXT(next, "xcb_get_atom_name");
	struct xevents *xevents = xevents_find(connection);
	xcb_get_atom_name_cookie_t cookie;
	if (xevents != NULL &&
			xprefetch_find(&xevents->prefetch, XPREFETCH_NAME, XCB_WINDOW_NONE, atom, &cookie.sequence)) {
		return cookie;
	}
	return next(connection, atom);
}

// A longer MIME type would not fit into a message to a Wayland client, which would be disconnected.
REPLACES_LIBXCB xcb_get_atom_name_reply_t *xcb_get_atom_name_reply(
		xcb_connection_t *connection, xcb_get_atom_name_cookie_t cookie, xcb_generic_error_t **error) {
	xcb_get_atom_name_reply_t *reply = get_reply(connection, cookie.sequence, error);
	if (reply != NULL && reply->name_len > TYPE_LEN_MAX && xevents_find(connection) != NULL) {
		free(reply);
		return NULL;
	}
	return reply;
}

typedef xcb_void_cookie_t convert_selection(xcb_connection_t *connection, xcb_window_t requestor, xcb_atom_t selection,
		xcb_atom_t target, xcb_atom_t property, xcb_timestamp_t time);

REPLACES_LIBXCB xcb_void_cookie_t xcb_convert_selection(xcb_connection_t *connection, xcb_window_t requestor,
		xcb_atom_t selection, xcb_atom_t target, xcb_atom_t property, xcb_timestamp_t time) {
	static convert_selection *next;
	FIND_NEXT(next, "xcb_convert_selection");
	struct xevents *xevents = xevents_find(connection);
	if (xevents != NULL) {
		xselections_convert(&xevents->selections, requestor, target);
	}
	return next(connection, requestor, selection, target, property, time);
}

typedef xcb_void_cookie_t send_event(
		xcb_connection_t *connection, uint8_t propagate, xcb_window_t window, uint32_t mask, const char *event);

// wlroots 0.18 asks a window that has just taken the focus to take it (WM_TAKE_FOCUS). If two windows of a program take
// it one after the other, as those of Java do when they appear, they would do so again and again.
REPLACES_LIBXCB xcb_void_cookie_t xcb_send_event(xcb_connection_t *connection, uint8_t propagate,
		xcb_window_t destination, uint32_t event_mask, const char *event) {
	static send_event *next;
	FIND_NEXT(next, "xcb_send_event");
	const struct xevents *xevents = xevents_find(connection);
	if (xevents != NULL && xevents->focused != XCB_WINDOW_NONE && xevents->focused == destination) {
		return (xcb_void_cookie_t){0};
	}
	return next(connection, propagate, destination, event_mask, event);
}

typedef xcb_void_cookie_t destroy_window(xcb_connection_t *connection, xcb_window_t window);

REPLACES_LIBXCB xcb_void_cookie_t xcb_destroy_window(xcb_connection_t *connection, xcb_window_t window) {
	static destroy_window *next;
	FIND_NEXT(next, "xcb_destroy_window");
	struct xevents *xevents = xevents_find(connection);
	if (xevents != NULL) {
		xselections_forget(&xevents->selections, window);
	}
	return next(connection, window);
}

// wlroots does not expect that there is no reply, because the X server ended.
REPLACES_LIBXCB xcb_xfixes_query_version_reply_t *xcb_xfixes_query_version_reply(
		xcb_connection_t *connection, xcb_xfixes_query_version_cookie_t cookie, xcb_generic_error_t **error) {
	xcb_xfixes_query_version_reply_t *reply = xcb_wait_for_reply(connection, cookie.sequence, error);
	return reply != NULL ? reply : calloc(1, sizeof(*reply));
}
