#include "xfilter.h"

#include "monotonic.h"
#include "xatoms.h"
#include <wlr/util/log.h>

void xfilter_init(struct xfilter *filter, xcb_connection_t *connection) {
	static const char *const names[XFILTER_ATOMS_LEN] = {
		[XFILTER_SURFACE_ID] = "WL_SURFACE_ID",
		[XFILTER_SURFACE_SERIAL] = "WL_SURFACE_SERIAL",
		[XFILTER_STARTUP_INFO] = "_NET_STARTUP_INFO",
		[XFILTER_STARTUP_INFO_BEGIN] = "_NET_STARTUP_INFO_BEGIN",
		[XFILTER_TARGETS] = "TARGETS",
	};
	xatoms_ask_all(connection, names, XFILTER_ATOMS_LEN, filter->atoms);
}

// Returns false if there have been too many.
static bool spend(struct bucket *bucket, uint64_t max) {
	bool is_left = bucket_drain(bucket, monotonic_msec(), max) < max;
	bucket->level += is_left;
	return is_left;
}

static bool accepts_message(struct xfilter *filter, xcb_atom_t type) {
	for (size_t i = 0; i <= XFILTER_STARTUP_INFO_BEGIN; i++) {
		if (type == filter->atoms[i]) {
			return false;
		}
	}
	return true;
}

static bool accepts_notify(struct xfilter *filter, const xcb_selection_notify_event_t *notify) {
	return notify->target != filter->atoms[XFILTER_TARGETS] || notify->property == XCB_ATOM_NONE ||
		   spend(&filter->selections, XFILTER_SELECTIONS_MAX);
}

// Windows are withdrawn by a forged UnmapNotify, data is sent by SelectionNotify, and states are asked for by messages.
static bool accepts_forged(struct xfilter *filter, const xcb_generic_event_t *event) {
	if (!spend(&filter->forged, XFILTER_FORGED_MAX)) {
		return false;
	}
	switch (xfilter_get_type(event)) {
	case XCB_CLIENT_MESSAGE:
		return accepts_message(filter, ((const xcb_client_message_event_t *)event)->type);
	case XCB_SELECTION_NOTIFY:
		return accepts_notify(filter, (const xcb_selection_notify_event_t *)event);
	default:
		return xfilter_get_type(event) == XCB_UNMAP_NOTIFY;
	}
}

static void refuse(xcb_connection_t *connection, const xcb_selection_request_event_t *request) {
	const union {
		xcb_selection_notify_event_t notify;
		char bytes[32]; // of an event on the wire
	} answer = {.notify = {
					.response_type = XCB_SELECTION_NOTIFY,
					.time = request->time,
					.requestor = request->requestor,
					.selection = request->selection,
					.target = request->target,
					.property = XCB_ATOM_NONE,
				}};
	xcb_send_event(connection, false, request->requestor, XCB_EVENT_MASK_NO_EVENT, answer.bytes);
}

bool xfilter_accepts(
		struct xfilter *filter, xcb_connection_t *connection, const xcb_generic_event_t *event, size_t windows_left) {
	if (event->response_type & XFILTER_FORGED) {
		return accepts_forged(filter, event);
	}
	switch (event->response_type) {
	case 0: // an error: windows that are gone cause many, and wlroots prints each
		return wlr_log_get_verbosity() >= WLR_DEBUG;
	case XCB_CREATE_NOTIFY:
		return windows_left > 0;
	case XCB_SELECTION_REQUEST:
		if (!spend(&filter->requests, XFILTER_REQUESTS_MAX)) {
			refuse(connection, (const xcb_selection_request_event_t *)event);
			return false;
		}
		return true;
	default:
		return true;
	}
}
