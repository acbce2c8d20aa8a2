#include "xdrag.h"

#include "cursor.h"
#include "desktop.h"
#include "drag.h"
#include "listener.h"
#include "monotonic.h"
#include "override.h"
#include "parts.h"
#include "seat.h"
#include "session_lock.h"
#include "xatoms.h"
#include "xdrag_source.h"
#include "xdrag_transfer.h"
#include "xwayland.h"
#include "xwindow.h"
#include <string.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/xwayland.h>
#include <xcb/xfixes.h>

// Of the protocol.
#define XDND_VERSION 5
#define XDND_VERSION_MIN 3
#define XDND_HAS_LIST 1
#define XDND_ACCEPTED 1
#define XDND_WANTS_POSITIONS 2

// The target covers all of the screen of X11.
#define TARGET_SIZE 32767

xcb_connection_t *xdrag_connection(const struct xdrag *xdrag) {
	struct wlr_xwayland *wlr = xdrag->compositor != NULL ? xdrag->compositor->xwayland->wlr : NULL;
	return wlr != NULL && wlr->xwm != NULL ? wlr_xwayland_get_xwm_connection(wlr) : NULL;
}

void xdrag_wake(struct xdrag *xdrag) {
	if (xdrag->tick != NULL) {
		wl_event_source_timer_update(xdrag->tick, XDRAG_TICK_MS);
	}
}

void xdrag_send(struct xdrag *xdrag, xcb_connection_t *connection, xcb_window_t window, enum xdrag_atom type,
		const uint32_t data[5]) {
	union {
		xcb_client_message_event_t message;
		char bytes[32];
	} event = {.message = {
				   .response_type = XCB_CLIENT_MESSAGE,
				   .format = 32,
				   .window = window,
				   .type = xdrag->atoms[type],
			   }};
	memcpy(event.message.data.data32, data, sizeof(event.message.data.data32));
	xcb_send_event(connection, false, window, XCB_EVENT_MASK_NO_EVENT, event.bytes);
	xcb_flush(connection);
}

bool xdrag_is_same_program(const struct xdrag *xdrag, xcb_window_t a, xcb_window_t b) {
	return ((a ^ b) & ~xdrag->id_mask) == 0;
}

static bool is_ours(const struct xdrag *xdrag, xcb_window_t window) {
	return (window & ~xdrag->id_mask) == xdrag->id_base;
}

static void send_status(struct xdrag *xdrag, xcb_connection_t *connection) {
	const struct xdrag_source *source = xdrag->source;
	bool is_accepted = source != NULL && xdrag_source_is_accepted(source);
	uint32_t action = is_accepted ? source->base.current_dnd_action : WL_DATA_DEVICE_MANAGER_DND_ACTION_NONE;
	const uint32_t data[5] = {xdrag->target, XDND_WANTS_POSITIONS | (is_accepted ? XDND_ACCEPTED : 0), 0, 0,
		xdrag_action_to_atom(xdrag, action)};
	xdrag->is_status_due = false;
	if (xdrag->visit.window != XCB_WINDOW_NONE) {
		xdrag_send(xdrag, connection, xdrag->visit.window, XDRAG_STATUS, data);
	}
}

static void set_over(struct xdrag *xdrag, bool is_over) {
	xcb_connection_t *connection = xdrag_connection(xdrag);
	if (xdrag->is_over == is_over || connection == NULL) {
		return;
	}
	xdrag->is_over = is_over;
	if (is_over) {
		const uint32_t mode = XCB_STACK_MODE_ABOVE;
		xcb_configure_window(connection, xdrag->target, XCB_CONFIG_WINDOW_STACK_MODE, &mode);
		xcb_map_window(connection, xdrag->target);
	} else {
		xcb_unmap_window(connection, xdrag->target);
	}
	xcb_flush(connection);
}

// The target was shown or hidden. A program may have looked what is below the pointer before that, and looks again when
// the pointer moves.
static void make_look_again(struct xdrag *xdrag) {
	if (xdrag->owner != XCB_WINDOW_NONE && xpress_is_down(xdrag)) {
		xpress_repeat(xdrag);
	}
}

static void end_visit(struct xdrag *xdrag) {
	xdrag_types_clear(&xdrag->visit.types, xdrag_connection(xdrag));
	xdrag->visit.window = XCB_WINDOW_NONE;
	xdrag->is_status_due = false;
}

// Ends the drag of the seat. The X11 program may enter again.
static void end_drag(struct xdrag *xdrag) {
	if (xdrag->drag != NULL && xdrag->source != NULL) {
		wlr_data_source_destroy(&xdrag->source->base);
	}
}

// The program does not drag any more. What was dropped goes on.
static void disarm(struct xdrag *xdrag) {
	if (xdrag->owner != XCB_WINDOW_NONE) {
		cursor_refresh(xdrag->compositor); // see xdrag_keeps_pointer_off()
	}
	end_drag(xdrag);
	end_visit(xdrag);
	set_over(xdrag, false);
	xdrag->press.kind = XPRESS_NONE;
	xdrag->owner = XCB_WINDOW_NONE;
	xdrag->released = 0;
}

static void handle_drag_destroy(struct wl_listener *listener, void *data) {
	struct xdrag *xdrag = wl_container_of(listener, xdrag, listeners.drag_destroy);
	listener_remove(&xdrag->listeners.drag_destroy);
	xdrag->drag = NULL;
	xdrag_wake(xdrag); // the source may remain
}

// Starts a drag of the seat, which takes neither the pointer nor the keyboard from the X11 program.
static void start_drag(struct xdrag *xdrag) {
	struct compositor *compositor = xdrag->compositor;
	struct wlr_seat *seat = compositor->seat->wlr;
	struct wlr_seat_client *client = wlr_seat_client_for_wl_client(seat, compositor->xwayland->wlr->server->client);
	uint32_t actions = xdrag->visit.types.actions;
	if (actions == 0) {
		actions = xdrag->visit.action | WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY;
	}
	if (xdrag->source != NULL) {
		wlr_data_source_destroy(&xdrag->source->base); // of the last drop
	}
	struct xdrag_source *source = client != NULL ? xdrag_source_create(xdrag, &xdrag->visit.types, actions) : NULL;
	if (source == NULL) {
		return;
	}
	struct wlr_drag *drag = wlr_drag_create(client, &source->base, NULL);
	if (drag == NULL) {
		wlr_data_source_destroy(&source->base);
		return;
	}
	source->window = xdrag->visit.window;
	source->time = xdrag->visit.time;
	source->base.compositor_action = xdrag->visit.action;
	xdrag->source = source;
	xdrag->drag = drag;
	xdrag->sx = xdrag->sy = -1;
	listener_add(&xdrag->listeners.drag_destroy, &drag->events.destroy, handle_drag_destroy);
	drag->pointer_grab.seat = seat; // whose functions move and drop the drag, without being a grab
	// The window manager would take the selection from the program.
	xwayland_follow_drags(compositor, false);
	wlr_seat_start_drag(seat, drag, wl_display_next_serial(compositor->display));
	seat->keyboard_state.grab = seat->keyboard_state.default_grab;
	xwayland_follow_drags(compositor, true);
}

static void start_if_ready(struct xdrag *xdrag, xcb_connection_t *connection) {
	struct compositor *compositor = xdrag->compositor;
	bool is_wanted = xdrag->visit.window != XCB_WINDOW_NONE && xdrag->visit.has_position && xdrag->is_over &&
					 compositor->seat->wlr->drag == NULL && !session_lock_is_locked(compositor) &&
					 xpress_is_down(xdrag);
	if (is_wanted && xdrag_types_poll(&xdrag->visit.types, xdrag, connection)) {
		start_drag(xdrag);
		xdrag_follow(compositor, (uint32_t)monotonic_msec());
	}
}

static bool is_of_x11(const struct compositor *compositor, const struct wlr_surface *surface) {
	return wl_resource_get_client(surface->resource) == compositor->xwayland->wlr->server->client;
}

// The Wayland surface below the pointer, and below the icon of the drag; NULL: there is none.
static struct wlr_surface *find_target(const struct xdrag *xdrag, double *sx, double *sy) {
	struct compositor *compositor = xdrag->compositor;
	struct owner *owner;
	double lx, ly;
	xpress_get_position(xdrag, &lx, &ly);
	struct wlr_surface *surface = desktop_surface_at(compositor->desktop, lx, ly, sx, sy, &owner);
	const struct override *override = override_try_from_owner(owner);
	if (override != NULL && xdrag_is_same_program(xdrag, override->window->x->window_id, xdrag->owner)) {
		surface = desktop_surface_below(compositor->desktop, DESKTOP_LAYER_OVERRIDE, lx, ly, sx, sy);
	}
	bool is_wayland = surface != NULL && !is_of_x11(compositor, surface);
	return is_wayland && session_lock_allows(compositor, surface) ? surface : NULL;
}

bool xdrag_is_active(const struct compositor *compositor) {
	const struct xdrag *xdrag = &compositor->xwayland->xdrag;
	return xdrag->drag != NULL && compositor->seat->wlr->drag == xdrag->drag;
}

bool xdrag_holds_pointer(const struct compositor *compositor) {
	return xdrag_is_active(compositor) && compositor->xwayland->xdrag.press.kind == XPRESS_POINTER;
}

bool xdrag_keeps_pointer_off(const struct compositor *compositor, const struct wlr_surface *surface) {
	const struct xdrag *xdrag = &compositor->xwayland->xdrag;
	bool is_by_hand = xdrag->owner != XCB_WINDOW_NONE && xdrag->press.kind != XPRESS_POINTER;
	return is_by_hand && is_of_x11(compositor, surface);
}

void xdrag_follow(struct compositor *compositor, uint32_t time_msec) {
	struct xdrag *xdrag = &compositor->xwayland->xdrag;
	double sx, sy;
	if (xdrag->owner == XCB_WINDOW_NONE || !xpress_is_down(xdrag)) {
		return;
	}
	struct wlr_surface *surface = find_target(xdrag, &sx, &sy);
	set_over(xdrag, surface != NULL);
	if (!xdrag_is_active(compositor)) {
		return;
	}
	struct wlr_seat_pointer_grab *grab = &xdrag->drag->pointer_grab;
	const struct wlr_surface *old = xdrag->drag->focus;
	if (surface == NULL || !drag_may_enter(compositor, surface)) {
		grab->interface->clear_focus(grab);
	} else {
		grab->interface->enter(grab, surface, sx, sy);
		if (surface == old && (sx != xdrag->sx || sy != xdrag->sy)) {
			grab->interface->motion(grab, time_msec, sx, sy);
		}
	}
	xdrag->sx = sx;
	xdrag->sy = sy;
	if (xdrag->drag->focus != old) {
		xdrag->is_status_due = true;
		xdrag_wake(xdrag);
	}
}

void xdrag_expire(struct compositor *compositor) {
	struct xdrag *xdrag = &compositor->xwayland->xdrag;
	if (xdrag->owner != XCB_WINDOW_NONE && !xpress_is_down(xdrag)) {
		disarm(xdrag);
	}
}

static void handle_owner(struct xdrag *xdrag, const xcb_xfixes_selection_notify_event_t *event) {
	if (event->subtype != XCB_XFIXES_SELECTION_EVENT_SET_SELECTION_OWNER) {
		xdrag_transfers_expire(xdrag, true);
	}
	if (event->owner == xdrag->owner && event->owner != XCB_WINDOW_NONE) {
		return; // it takes the selection once more
	}
	if (xdrag->owner != XCB_WINDOW_NONE) {
		disarm(xdrag);
	}
	if (event->owner != XCB_WINDOW_NONE && !is_ours(xdrag, event->owner) && xpress_begin(xdrag, event->owner)) {
		xdrag->owner = event->owner;
		xdrag_wake(xdrag);
		xdrag_follow(xdrag->compositor, (uint32_t)monotonic_msec());
	}
}

static void handle_enter(struct xdrag *xdrag, xcb_connection_t *connection, const uint32_t data[5]) {
	bool is_new_enough = data[1] >> 24 >= XDND_VERSION_MIN;
	end_drag(xdrag);
	end_visit(xdrag);
	if (!xdrag->is_over || !is_new_enough || !xdrag_is_same_program(xdrag, data[0], xdrag->owner) ||
			bucket_drain(&xdrag->enters, monotonic_msec(), XDRAG_ENTERS_MAX) >= XDRAG_ENTERS_MAX) {
		return;
	}
	xdrag->enters.level++;
	xdrag->visit.window = data[0];
	xdrag->visit.has_position = false;
	const xcb_atom_t atoms[3] = {data[2], data[3], data[4]};
	xdrag_types_ask(&xdrag->visit.types, xdrag, connection, xdrag->visit.window, (data[1] & XDND_HAS_LIST) != 0, atoms);
	xdrag_wake(xdrag);
}

// Where the source believes the pointer to be does not matter.
static void handle_position(struct xdrag *xdrag, xcb_connection_t *connection, const uint32_t data[5]) {
	xdrag->visit.time = data[3];
	xdrag->visit.action = xdrag_action_from_atom(xdrag, data[4]);
	xdrag->visit.has_position = true;
	if (xdrag_is_active(xdrag->compositor)) {
		xdrag->source->time = data[3];
		xdrag_source_choose(xdrag->source, xdrag->visit.action);
	} else {
		start_if_ready(xdrag, connection);
	}
	send_status(xdrag, connection);
}

static void refuse_drop(struct xdrag *xdrag, xcb_connection_t *connection, xcb_window_t window) {
	const uint32_t data[5] = {xdrag->target};
	xdrag_send(xdrag, connection, window, XDRAG_FINISHED, data);
}

// wlroots drops it as if the button were released now, or destroys the source if the client has not accepted.
static void handle_drop(struct xdrag *xdrag, xcb_connection_t *connection, const uint32_t data[5]) {
	struct wlr_seat *seat = xdrag->compositor->seat->wlr;
	if (!xdrag_is_active(xdrag->compositor)) {
		refuse_drop(xdrag, connection, data[0]);
		end_visit(xdrag);
		return;
	}
	struct wlr_seat_pointer_grab *grab = &xdrag->drag->pointer_grab;
	xdrag->source->time = data[2];
	xdrag->source->dropped = monotonic_msec();
	end_visit(xdrag);
	if (xpress_is_down(xdrag)) {
		end_drag(xdrag);
		return;
	}
	grab->interface->button(grab, data[2], seat->pointer_state.grab_button, WL_POINTER_BUTTON_STATE_RELEASED);
	if (xdrag->drag != NULL) {
		grab->interface->cancel(grab); // a button of the pointer is down, which does not hold this drag
	}
}

static bool handle_message(
		struct xdrag *xdrag, xcb_connection_t *connection, const xcb_client_message_event_t *message) {
	const uint32_t *data = message->data.data32;
	if (message->window != xdrag->target || message->format != 32) {
		return false;
	}
	if (xdrag->owner == XCB_WINDOW_NONE) {
		if (message->type == xdrag->atoms[XDRAG_DROP]) {
			refuse_drop(xdrag, connection, data[0]); // it is too late
		}
		return true;
	}
	if (message->type == xdrag->atoms[XDRAG_ENTER]) {
		handle_enter(xdrag, connection, data);
	} else if (data[0] != xdrag->visit.window || data[0] == XCB_WINDOW_NONE) {
		return true; // it has not entered
	} else if (message->type == xdrag->atoms[XDRAG_POSITION]) {
		handle_position(xdrag, connection, data);
	} else if (message->type == xdrag->atoms[XDRAG_LEAVE]) {
		end_drag(xdrag);
		end_visit(xdrag);
	} else if (message->type == xdrag->atoms[XDRAG_DROP]) {
		handle_drop(xdrag, connection, data);
	}
	return true;
}

// Returns whether it is the target that was shown or hidden. Both events have the window at the same place.
static bool handle_target(struct xdrag *xdrag, const xcb_generic_event_t *event) {
	_Static_assert(offsetof(xcb_map_notify_event_t, window) == offsetof(xcb_unmap_notify_event_t, window), "");
	bool is_target = ((const xcb_map_notify_event_t *)event)->window == xdrag->target;
	if (is_target) {
		make_look_again(xdrag);
	}
	return is_target;
}

bool xdrag_takes(struct xdrag *xdrag, xcb_connection_t *connection, const xcb_generic_event_t *event) {
	if (xdrag->compositor == NULL) {
		return false;
	}
	if (event->response_type == xdrag->owner_event) {
		const xcb_xfixes_selection_notify_event_t *notify = (const xcb_xfixes_selection_notify_event_t *)event;
		bool is_foreign = notify->owner != XCB_WINDOW_NONE && !is_ours(xdrag, notify->owner);
		if (notify->selection == xdrag->atoms[XDRAG_SELECTION]) {
			handle_owner(xdrag, notify);
		}
		return notify->selection == xdrag->atoms[XDRAG_SELECTION] && is_foreign;
	}
	switch (xfilter_get_type(event)) {
	case XCB_CREATE_NOTIFY:
		return is_ours(xdrag, ((const xcb_create_notify_event_t *)event)->window);
	case XCB_MAP_NOTIFY:
	case XCB_UNMAP_NOTIFY:
		return handle_target(xdrag, event);
	case XCB_CLIENT_MESSAGE:
		return handle_message(xdrag, connection, (const xcb_client_message_event_t *)event);
	case XCB_SELECTION_NOTIFY:
		return ((const xcb_selection_notify_event_t *)event)->requestor == xdrag->target ||
			   xdrag_transfers_take(xdrag, connection, event);
	case XCB_PROPERTY_NOTIFY:
		return xdrag_transfers_take(xdrag, connection, event);
	default:
		return false;
	}
}

void xdrag_poll(struct xdrag *xdrag, xcb_connection_t *connection) {
	if (xdrag->compositor == NULL) {
		return;
	}
	if (xdrag->visit.window != XCB_WINDOW_NONE && xdrag->drag == NULL) {
		start_if_ready(xdrag, connection);
	}
	xdrag_transfers_poll(xdrag, connection);
}

// Its release ends what was not begun, and soon what was.
static void watch_press(struct xdrag *xdrag) {
	int64_t now = monotonic_msec();
	if (xpress_is_down(xdrag)) {
		xdrag->released = 0;
		return;
	}
	if (xdrag->released == 0) {
		xdrag->released = now;
	}
	if (xdrag->drag == NULL || now - xdrag->released > XDRAG_DROP_MS) {
		disarm(xdrag);
	}
}

static void finish_source(struct xdrag *xdrag) {
	struct xdrag_source *source = xdrag->source;
	bool is_left = source != NULL && xdrag->drag == NULL; // the drag has ended, or was dropped
	if (is_left &&
			(source->dropped == 0 || source->is_finished || monotonic_msec() - source->dropped > XDRAG_FINISH_MS)) {
		wlr_data_source_destroy(&source->base);
	}
}

static int handle_tick(void *data) {
	struct xdrag *xdrag = data;
	xcb_connection_t *connection = xdrag_connection(xdrag);
	if (connection == NULL) {
		return 0; // xdrag_end() follows
	}
	xdrag_poll(xdrag, connection);
	xevents_wake(&xdrag->compositor->xwayland->xevents);
	if (xdrag->owner != XCB_WINDOW_NONE) {
		watch_press(xdrag);
	}
	finish_source(xdrag);
	xdrag_transfers_expire(xdrag, false);
	if (xdrag->is_status_due) {
		send_status(xdrag, connection);
	}
	if (xdrag->owner != XCB_WINDOW_NONE) {
		xdrag_wake(xdrag);
	} else if (xdrag->source != NULL || !wl_list_empty(&xdrag->transfers)) {
		wl_event_source_timer_update(xdrag->tick, XDRAG_SLOW_TICK_MS);
	}
	return 0;
}

static void find_atoms(struct xdrag *xdrag, xcb_connection_t *connection) {
	static const char *const names[XDRAG_ATOMS_LEN] = {
		[XDRAG_SELECTION] = "XdndSelection",
		[XDRAG_AWARE] = "XdndAware",
		[XDRAG_ENTER] = "XdndEnter",
		[XDRAG_POSITION] = "XdndPosition",
		[XDRAG_STATUS] = "XdndStatus",
		[XDRAG_LEAVE] = "XdndLeave",
		[XDRAG_DROP] = "XdndDrop",
		[XDRAG_FINISHED] = "XdndFinished",
		[XDRAG_TYPE_LIST] = "XdndTypeList",
		[XDRAG_ACTION_LIST] = "XdndActionList",
		[XDRAG_ACTION_COPY] = "XdndActionCopy",
		[XDRAG_ACTION_MOVE] = "XdndActionMove",
		[XDRAG_ACTION_ASK] = "XdndActionAsk",
		[XDRAG_DELETE] = "DELETE",
		[XDRAG_INCR] = "INCR",
		[XDRAG_UTF8_STRING] = "UTF8_STRING",
		[XDRAG_TEXT] = "TEXT",
		[XDRAG_DATA] = "_LIDO_DRAG",
	};
	xatoms_ask_all(connection, names, XDRAG_ATOMS_LEN, xdrag->atoms);
}

static void create_target(struct xdrag *xdrag, xcb_connection_t *connection) {
	const uint32_t override_redirect = true, version = XDND_VERSION;
	xdrag->target = xcb_generate_id(connection);
	xcb_create_window(connection, XCB_COPY_FROM_PARENT, xdrag->target, xdrag->root, 0, 0, TARGET_SIZE, TARGET_SIZE, 0,
			XCB_WINDOW_CLASS_INPUT_ONLY, XCB_COPY_FROM_PARENT, XCB_CW_OVERRIDE_REDIRECT, &override_redirect);
	xcb_change_property(connection, XCB_PROP_MODE_REPLACE, xdrag->target, xdrag->atoms[XDRAG_AWARE], XCB_ATOM_ATOM, 32,
			1, &version);
	xcb_flush(connection);
}

bool xdrag_begin(struct xdrag *xdrag, struct compositor *compositor, xcb_connection_t *connection) {
	const xcb_setup_t *setup = xcb_get_setup(connection);
	const xcb_query_extension_reply_t *fixes = xcb_get_extension_data(connection, &xcb_xfixes_id);
	xdrag_end(xdrag);
	if (setup == NULL || setup->roots_len == 0 || fixes == NULL || !fixes->present) {
		return true; // the connection has ended
	}
	*xdrag = (struct xdrag){.compositor = compositor,
		.id_base = setup->resource_id_base,
		.id_mask = setup->resource_id_mask,
		.root = xcb_setup_roots_iterator(setup).data->root,
		.owner_event = (uint8_t)(fixes->first_event + XCB_XFIXES_SELECTION_NOTIFY)};
	wl_list_init(&xdrag->transfers);
	xdrag->tick = wl_event_loop_add_timer(compositor->loop, handle_tick, xdrag);
	find_atoms(xdrag, connection);
	create_target(xdrag, connection);
	return xdrag->tick != NULL;
}

void xdrag_end(struct xdrag *xdrag) {
	if (xdrag->compositor == NULL) {
		return;
	}
	disarm(xdrag);
	if (xdrag->source != NULL) {
		wlr_data_source_destroy(&xdrag->source->base);
	}
	xdrag_transfers_end(xdrag);
	if (xdrag->tick != NULL) {
		wl_event_source_remove(xdrag->tick);
	}
	*xdrag = (struct xdrag){0};
}
