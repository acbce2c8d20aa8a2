#include "xselections.h"

#include "xfilter.h"
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_primary_selection.h>
#include <wlr/types/wlr_seat.h>

// Types to which wlroots gives atoms without asking.
#define UTF8_TYPE "text/plain;charset=utf-8"
#define TEXT_TYPE "text/plain"

struct xconversion {
	struct wl_list link;
	xcb_window_t window;
	xcb_atom_t target;
	unsigned int questions_len; // that were not answered
	bool is_incr;               // the data comes in pieces
};

void xselections_init(struct xselections *selections, xcb_connection_t *connection) {
	static const char *const names[XSELECTIONS_ATOMS_LEN] = {
		[XSELECTIONS_CLIPBOARD] = "CLIPBOARD",
		[XSELECTIONS_DRAG] = "XdndSelection",
		[XSELECTIONS_PROPERTY] = "_WL_SELECTION",
		[XSELECTIONS_INCR] = "INCR",
		[XSELECTIONS_TYPES] = "TARGETS",
		[XSELECTIONS_TIMESTAMP] = "TIMESTAMP",
		[XSELECTIONS_DELETE] = "DELETE",
		[XSELECTIONS_UTF8] = "UTF8_STRING",
		[XSELECTIONS_TEXT] = "TEXT",
	};
	xatoms_ask_all(connection, names, XSELECTIONS_ATOMS_LEN, selections->numbers);
	wl_list_init(&selections->conversions);
}

static void drop(struct xconversion *conversion) {
	wl_list_remove(&conversion->link);
	free(conversion);
}

void xselections_finish(struct xselections *selections) {
	struct xconversion *conversion, *next;
	if (selections->conversions.next == NULL) {
		return;
	}
	wl_list_for_each_safe(conversion, next, &selections->conversions, link) {
		drop(conversion);
	}
	xatoms_finish(&selections->atoms);
	selections->conversions = (struct wl_list){0};
}

static struct xconversion *find(const struct xselections *selections, xcb_window_t window) {
	struct xconversion *conversion;
	if (selections->conversions.next == NULL) {
		return NULL;
	}
	wl_list_for_each(conversion, &selections->conversions, link) {
		if (conversion->window == window) {
			return conversion;
		}
	}
	return NULL;
}

void xselections_convert(struct xselections *selections, xcb_window_t window, xcb_atom_t target) {
	struct xconversion *conversion = find(selections, window);
	if (conversion == NULL && selections->conversions.next != NULL) {
		conversion = calloc(1, sizeof(*conversion));
		if (conversion != NULL) {
			conversion->window = window;
			wl_list_insert(&selections->conversions, &conversion->link);
		}
	}
	if (conversion != NULL) {
		conversion->target = target;
		conversion->questions_len++;
	}
}

void xselections_forget(struct xselections *selections, xcb_window_t window) {
	struct xconversion *conversion = find(selections, window);
	if (conversion != NULL) {
		drop(conversion);
	}
}

bool xselections_expect(struct xselections *selections, const xcb_selection_notify_event_t *notify) {
	struct xconversion *conversion = find(selections, notify->requestor);
	bool is_expected = conversion != NULL && conversion->target == notify->target && conversion->questions_len > 0;
	if (is_expected) {
		conversion->questions_len--;
	}
	return is_expected;
}

// Does wlroots find the name of this target?
static bool has_name(const struct xselections *selections, xcb_atom_t target) {
	for (size_t i = XSELECTIONS_TYPES; i < XSELECTIONS_ATOMS_LEN; i++) {
		if (target == selections->numbers[i]) {
			return false;
		}
	}
	return target != XCB_ATOM_NONE;
}

bool xselections_ask(struct xselections *selections, struct xprefetch *prefetch, xcb_connection_t *connection,
		const xcb_generic_event_t *event) {
	const xcb_atom_t *numbers = selections->numbers;
	const xcb_selection_notify_event_t *notify = (const xcb_selection_notify_event_t *)event;
	const xcb_selection_request_event_t *request = (const xcb_selection_request_event_t *)event;
	const xcb_property_notify_event_t *change = (const xcb_property_notify_event_t *)event;
	const struct xconversion *conversion;
	switch (xfilter_get_type(event)) {
	case XCB_SELECTION_NOTIFY:
		if (notify->property != XCB_ATOM_NONE) {
			xprefetch_ask_data(prefetch, connection, notify->requestor, numbers[XSELECTIONS_PROPERTY],
					notify->target == numbers[XSELECTIONS_TYPES] ? XPREFETCH_TYPES : XPREFETCH_DATA);
		}
		return true;
	case XCB_SELECTION_REQUEST:
		if (has_name(selections, request->target)) {
			xprefetch_ask_name(prefetch, connection, request->target);
		}
		return true;
	case XCB_PROPERTY_NOTIFY:
		conversion = find(selections, change->window);
		if (conversion == NULL || change->state != XCB_PROPERTY_NEW_VALUE ||
				change->atom != numbers[XSELECTIONS_PROPERTY]) {
			return false;
		}
		if (conversion->is_incr) {
			xprefetch_ask_data(prefetch, connection, change->window, change->atom, XPREFETCH_PIECE);
		}
		return true;
	default:
		return false;
	}
}

bool xselections_know_types(
		struct xselections *selections, xcb_connection_t *connection, const struct wl_array *types) {
	bool are_known = true;
	char **type;
	wl_array_for_each(type, types) {
		bool is_fixed = strcmp(*type, UTF8_TYPE) == 0 || strcmp(*type, TEXT_TYPE) == 0;
		are_known &= is_fixed || xatoms_know(&selections->atoms, connection, *type, strlen(*type));
	}
	xcb_flush(connection);
	return are_known;
}

static const struct wl_array *find_types(
		const struct xselections *selections, const struct wlr_seat *seat, xcb_atom_t selection) {
	const struct wlr_data_source *source = NULL;
	if (selection == XCB_ATOM_PRIMARY) {
		const struct wlr_primary_selection_source *primary = seat->primary_selection_source;
		return primary != NULL ? &primary->mime_types : NULL;
	}
	if (selection == selections->numbers[XSELECTIONS_CLIPBOARD]) {
		source = seat->selection_source;
	} else if (selection == selections->numbers[XSELECTIONS_DRAG]) {
		source = seat->drag_source;
	}
	return source != NULL ? &source->mime_types : NULL;
}

// Asks for the names of the types that have come.
static bool ask_names(struct xprefetch *prefetch, xcb_connection_t *connection, xcb_window_t window) {
	const xcb_get_property_reply_t *types = xprefetch_peek(prefetch, XPREFETCH_TYPES, window);
	if (types == NULL || types->type != XCB_ATOM_ATOM || types->format != 32) {
		return true;
	}
	size_t before = prefetch->answers_len;
	size_t len = MIN(types->value_len, XPREFETCH_NAMES_MAX);
	const xcb_atom_t *values = xcb_get_property_value(types);
	for (size_t i = 0; before == 1 && i < len; i++) {
		xprefetch_ask_name(prefetch, connection, values[i]);
	}
	xcb_flush(connection);
	return prefetch->answers_len == before;
}

bool xselections_are_ready(struct xselections *selections, struct xprefetch *prefetch, xcb_connection_t *connection,
		const struct wlr_seat *seat, const xcb_generic_event_t *event) {
	const xcb_selection_notify_event_t *notify = (const xcb_selection_notify_event_t *)event;
	const xcb_selection_request_event_t *request = (const xcb_selection_request_event_t *)event;
	const xcb_get_property_reply_t *data;
	const struct wl_array *types;
	switch (xfilter_get_type(event)) {
	case XCB_SELECTION_NOTIFY:
		data = xprefetch_peek(prefetch, XPREFETCH_DATA, notify->requestor);
		if (data != NULL && data->type == selections->numbers[XSELECTIONS_INCR]) {
			struct xconversion *conversion = find(selections, notify->requestor);
			if (conversion != NULL) {
				conversion->is_incr = true;
			}
		}
		return ask_names(prefetch, connection, notify->requestor);
	case XCB_SELECTION_REQUEST:
		types = request->target == selections->numbers[XSELECTIONS_TYPES]
						? find_types(selections, seat, request->selection)
						: NULL;
		return types == NULL || xselections_know_types(selections, connection, types);
	default:
		return true;
	}
}
