#include "cursor.h"

#include "batch.h"
#include "constraint.h"
#include "desktop.h"
#include "drag.h"
#include "focus.h"
#include "grab.h"
#include "idle.h"
#include "listener.h"
#include "monotonic.h"
#include "output.h"
#include "parts.h"
#include "placement.h"
#include "popup.h"
#include "seat.h"
#include "session_lock.h"
#include "tablet.h"
#include "toplevel.h"
#include "touch.h"
#include "virtual_pointer.h"
#include "xwayland.h"
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_cursor_shape_v1.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_pointer.h>
#include <wlr/types/wlr_relative_pointer_v1.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_touch.h>
#include <wlr/types/wlr_xcursor_manager.h>
#include <wlr/util/edges.h>
#include <wlr/xcursor.h>

#define THEME_SIZE_DEFAULT 24
#define CURSOR_SHAPE_VERSION 1

void cursor_set_grabbing(struct compositor *compositor, enum grab_mode mode, uint32_t edges) {
	const char *name = "default";
	if (mode == GRAB_MOVE) {
		name = "grabbing";
	} else if (mode == GRAB_RESIZE) {
		name = wlr_xcursor_get_resize_name((enum wlr_edges)edges);
	}
	cursor_image_set_name(compositor, name);
	cursor_refresh(compositor);
}

// While a button is down, motion goes to the surface that was pressed: selections and sliders continue outside of their
// window.
static bool is_held(struct compositor *compositor) {
	const struct wlr_seat *seat = compositor->seat->wlr;
	bool is_free = seat->drag == NULL || drag_is_by_touch(compositor);
	bool is_pressed = is_free && seat->pointer_state.button_count > 0;
	return (is_pressed || xdrag_holds_pointer(compositor)) && seat->pointer_state.focused_surface != NULL;
}

// Only sends changes: wlroots would repeat the motion to a drag's target, which may commit in response each time.
static void notify_motion(struct compositor *compositor, uint32_t time_msec, double sx, double sy) {
	struct cursor *cursor = compositor->cursor;
	if (sx != cursor->sx || sy != cursor->sy) {
		cursor->sx = sx;
		cursor->sy = sy;
		wlr_seat_pointer_notify_motion(compositor->seat->wlr, time_msec, sx, sy);
	}
}

static void pick(struct compositor *compositor, uint32_t time_msec) {
	struct cursor *cursor = compositor->cursor;
	struct wlr_seat *seat = compositor->seat->wlr;
	double lx = cursor->wlr->x, ly = cursor->wlr->y;
	if (is_held(compositor)) {
		notify_motion(compositor, time_msec, lx - cursor->origin_x, ly - cursor->origin_y);
		xdrag_follow(compositor, time_msec);
		return;
	}
	double sx, sy;
	struct wlr_surface *surface = desktop_surface_at(compositor->desktop, lx, ly, &sx, &sy, NULL);
	if (surface == NULL || !session_lock_allows(compositor, surface) || xdrag_keeps_pointer_off(compositor, surface)) {
		wlr_seat_pointer_notify_clear_focus(seat);
		return;
	}
	if (!drag_is_by_touch(compositor) && !drag_may_enter(compositor, surface)) {
		wlr_seat_pointer_notify_clear_focus(seat); // a drop meanwhile must not go to the last one
		return;
	}
	cursor->origin_x = lx - sx;
	cursor->origin_y = ly - sy;
	wlr_seat_pointer_notify_enter(seat, surface, sx, sy);
	notify_motion(compositor, time_msec, sx, sy);
}

// Drags have positions of their own.
static void follow_drags(struct compositor *compositor) {
	xdrag_follow(compositor, (uint32_t)monotonic_msec());
	touch_follow_drag(compositor, (uint32_t)monotonic_msec());
}

void cursor_refresh_now(struct compositor *compositor) {
	compositor->cursor->is_due = false;
	compositor->cursor->changes = compositor->desktop->changes;
	struct wlr_seat_pointer_state *state = &compositor->seat->wlr->pointer_state;
	bool grabbed = compositor->grab->mode != GRAB_NONE && !compositor->grab->by_touch;
	follow_drags(compositor);
	if (grabbed || tablets_have_focus(compositor) ||
			!(compositor->seat->wlr->capabilities & WL_SEAT_CAPABILITY_POINTER)) {
		return;
	}
	struct wlr_surface *old_surface = state->focused_surface;
	double old_sx = state->sx, old_sy = state->sy;
	pick(compositor, (uint32_t)monotonic_msec());
	if (state->focused_surface != old_surface || state->sx != old_sx || state->sy != old_sy) {
		wlr_seat_pointer_notify_frame(compositor->seat->wlr);
	}
	constraint_update(compositor);
}

static void refresh_idle(void *data) {
	struct compositor *compositor = data;
	struct cursor *cursor = compositor->cursor;
	cursor->refresh = NULL;
	// While a batch is open, changes are not counted.
	if (cursor->is_due || cursor->changes != compositor->desktop->changes || compositor->batch->end != NULL) {
		cursor_refresh_now(compositor);
	} else {
		follow_drags(compositor);
		constraint_update(compositor);
	}
}

void cursor_refresh(struct compositor *compositor) {
	compositor->cursor->is_due = true;
	cursor_refresh_if_changed(compositor);
}

void cursor_refresh_if_changed(struct compositor *compositor) {
	if (compositor->cursor->refresh == NULL) {
		compositor->cursor->refresh = wl_event_loop_add_idle(compositor->loop, refresh_idle, compositor);
	}
}

// Moves the cursor. Returns false if a client has locked it.
static bool move(struct compositor *compositor, const struct wlr_pointer_motion_event *motion) {
	struct wlr_cursor *wlr = compositor->cursor->wlr;
	double dx = motion->delta_x, dy = motion->delta_y;
	if (!constraint_limit(compositor, &dx, &dy)) {
		return false;
	}
	wlr_cursor_move(wlr, motion->pointer != NULL ? &motion->pointer->base : NULL, dx, dy);
	if (!drag_is_by_touch(compositor)) {
		drag_motion(compositor, wlr->x, wlr->y);
	}
	return true;
}

static void notify_moved(struct compositor *compositor, uint32_t time_msec) {
	struct cursor *cursor = compositor->cursor;
	if (compositor->grab->mode != GRAB_NONE && !compositor->grab->by_touch) {
		grab_motion(compositor, cursor->wlr->x, cursor->wlr->y);
		return;
	}
	pick(compositor, time_msec);
	constraint_update(compositor);
}

static void apply_motion(struct compositor *compositor, const struct wlr_pointer_motion_event *motion) {
	idle_notify_activity(compositor);
	wlr_relative_pointer_manager_v1_send_relative_motion(compositor->cursor->relative, compositor->seat->wlr,
			(uint64_t)motion->time_msec * 1000, motion->delta_x, motion->delta_y, motion->unaccel_dx,
			motion->unaccel_dy);
	if (move(compositor, motion)) {
		notify_moved(compositor, motion->time_msec);
	}
}

static struct wlr_pointer_motion_event from_absolute(
		struct compositor *compositor, const struct wlr_pointer_motion_absolute_event *event) {
	struct wlr_cursor *wlr = compositor->cursor->wlr;
	double lx, ly;
	wlr_cursor_absolute_to_layout_coords(wlr, &event->pointer->base, event->x, event->y, &lx, &ly);
	return (struct wlr_pointer_motion_event){
		.pointer = event->pointer,
		.time_msec = event->time_msec,
		.delta_x = lx - wlr->x,
		.delta_y = ly - wlr->y,
		.unaccel_dx = lx - wlr->x,
		.unaccel_dy = ly - wlr->y,
	};
}

static void apply_motion_absolute(
		struct compositor *compositor, const struct wlr_pointer_motion_absolute_event *event) {
	const struct wlr_pointer_motion_event motion = from_absolute(compositor, event);
	apply_motion(compositor, &motion);
}

void cursor_apply_quietly(struct compositor *compositor, const struct pointer_event *event) {
	const struct wlr_pointer_motion_event motion =
			event->type == POINTER_EVENT_MOTION ? event->motion : from_absolute(compositor, &event->motion_absolute);
	move(compositor, &motion);
}

void cursor_settle(struct compositor *compositor) {
	idle_notify_activity(compositor);
	notify_moved(compositor, (uint32_t)monotonic_msec());
	wlr_seat_pointer_notify_frame(compositor->seat->wlr);
}

static bool is_alt_held(struct compositor *compositor) {
	struct wlr_keyboard *keyboard = wlr_seat_get_keyboard(compositor->seat->wlr);
	return keyboard != NULL && wlr_keyboard_get_modifiers(keyboard) == WLR_MODIFIER_ALT;
}

// Starts a grab if Alt is held and the button is pressed on a window. Returns true if it did: the client does not
// receive the press.
static bool begin_grab(struct compositor *compositor, struct toplevel *toplevel, uint32_t button) {
	if (!is_alt_held(compositor) || compositor->grab->mode != GRAB_NONE) {
		return false;
	}
	if (button == BTN_LEFT) {
		grab_begin_pointer(toplevel, GRAB_MOVE, 0);
	} else if (button == BTN_RIGHT) {
		struct wlr_box box = toplevel_box(toplevel);
		uint32_t edges = placement_edges_at(&box, compositor->cursor->wlr->x, compositor->cursor->wlr->y);
		grab_begin_pointer(toplevel, GRAB_RESIZE, edges);
	} else {
		return false;
	}
	compositor->cursor->taken_button = button;
	return true;
}

// Returns true if the client receives the press.
static bool press(struct compositor *compositor, uint32_t button) {
	struct wlr_cursor *wlr = compositor->cursor->wlr;
	struct owner *owner;
	double sx, sy;
	struct wlr_surface *surface = desktop_surface_at(compositor->desktop, wlr->x, wlr->y, &sx, &sy, &owner);
	popup_dismiss(compositor, surface);
	cursor_refresh_now(compositor);
	focus_owner(compositor, owner);
	struct toplevel *toplevel = toplevel_try_from_owner(owner);
	return toplevel == NULL || !begin_grab(compositor, toplevel, button);
}

static void apply_button(struct compositor *compositor, const struct wlr_pointer_button_event *event) {
	struct wlr_seat *seat = compositor->seat->wlr;
	idle_notify_activity(compositor);
	if (event->state == WL_POINTER_BUTTON_STATE_PRESSED) {
		bool first = seat->pointer_state.button_count == 0 && compositor->grab->mode == GRAB_NONE;
		if (first) {
			xdrag_expire(compositor);
		}
		if (!first || press(compositor, event->button)) {
			wlr_seat_pointer_notify_button(seat, event->time_msec, event->button, event->state);
		}
		return;
	}
	if (compositor->cursor->taken_button != event->button) {
		wlr_seat_pointer_notify_button(seat, event->time_msec, event->button, event->state);
	} else {
		compositor->cursor->taken_button = 0;
	}
	if (seat->pointer_state.button_count == 0 && !compositor->grab->by_touch) {
		grab_end(compositor);
		cursor_refresh(compositor);
	}
}

static void apply_axis(struct compositor *compositor, const struct wlr_pointer_axis_event *event) {
	struct wlr_seat *seat = compositor->seat->wlr;
	idle_notify_activity(compositor);
	// wlroots asserts that a frame has one source, but virtual pointers may send any.
	if (seat->pointer_state.sent_axis_source && seat->pointer_state.cached_axis_source != event->source) {
		wlr_seat_pointer_notify_frame(seat);
	}
	wlr_seat_pointer_notify_axis(seat, event->time_msec, event->orientation, event->delta, event->delta_discrete,
			event->source, event->relative_direction);
}

void cursor_apply(struct compositor *compositor, const struct pointer_event *event) {
	switch (event->type) {
	case POINTER_EVENT_MOTION:
		apply_motion(compositor, &event->motion);
		break;
	case POINTER_EVENT_MOTION_ABSOLUTE:
		apply_motion_absolute(compositor, &event->motion_absolute);
		break;
	case POINTER_EVENT_BUTTON:
		apply_button(compositor, &event->button);
		break;
	case POINTER_EVENT_AXIS:
		apply_axis(compositor, &event->axis);
		break;
	}
}

static void hold_or_apply(
		struct compositor *compositor, struct wlr_pointer *pointer, const struct pointer_event *event) {
	if (!virtual_pointer_hold(compositor, pointer, event)) {
		cursor_apply(compositor, event);
	}
}

static void handle_motion(struct wl_listener *listener, void *data) {
	struct cursor *cursor = wl_container_of(listener, cursor, listeners.motion);
	const struct wlr_pointer_motion_event *motion = data;
	const struct pointer_event event = {.type = POINTER_EVENT_MOTION, .motion = *motion};
	hold_or_apply(cursor->compositor, motion->pointer, &event);
}

static void handle_motion_absolute(struct wl_listener *listener, void *data) {
	struct cursor *cursor = wl_container_of(listener, cursor, listeners.motion_absolute);
	const struct wlr_pointer_motion_absolute_event *motion = data;
	const struct pointer_event event = {.type = POINTER_EVENT_MOTION_ABSOLUTE, .motion_absolute = *motion};
	hold_or_apply(cursor->compositor, motion->pointer, &event);
}

static void handle_button(struct wl_listener *listener, void *data) {
	struct cursor *cursor = wl_container_of(listener, cursor, listeners.button);
	const struct wlr_pointer_button_event *button = data;
	const struct pointer_event event = {.type = POINTER_EVENT_BUTTON, .button = *button};
	hold_or_apply(cursor->compositor, button->pointer, &event);
}

static void handle_axis(struct wl_listener *listener, void *data) {
	struct cursor *cursor = wl_container_of(listener, cursor, listeners.axis);
	const struct wlr_pointer_axis_event *axis = data;
	const struct pointer_event event = {.type = POINTER_EVENT_AXIS, .axis = *axis};
	hold_or_apply(cursor->compositor, axis->pointer, &event);
}

static void handle_frame(struct wl_listener *listener, void *data) {
	struct cursor *cursor = wl_container_of(listener, cursor, listeners.frame);
	if (!virtual_pointer_is_frame_empty(cursor->compositor)) {
		wlr_seat_pointer_notify_frame(cursor->compositor->seat->wlr);
	}
}

static void handle_request_set_cursor(struct wl_listener *listener, void *data) {
	struct cursor *cursor = wl_container_of(listener, cursor, listeners.request_set_cursor);
	const struct wlr_seat_pointer_request_set_cursor_event *event = data;
	if (event->seat_client == cursor->compositor->seat->wlr->pointer_state.focused_client) {
		cursor_image_set_surface(cursor->compositor, event->surface, event->hotspot_x, event->hotspot_y);
	}
}

static void handle_request_set_shape(struct wl_listener *listener, void *data) {
	struct cursor *cursor = wl_container_of(listener, cursor, listeners.request_set_shape);
	const struct wlr_cursor_shape_manager_v1_request_set_shape_event *event = data;
	bool allowed = event->device_type == WLR_CURSOR_SHAPE_MANAGER_V1_DEVICE_TYPE_POINTER
						   ? event->seat_client == cursor->compositor->seat->wlr->pointer_state.focused_client
						   : tablets_let_set_cursor(cursor->compositor, event->seat_client);
	if (allowed) {
		cursor_image_set_name(cursor->compositor, wlr_cursor_shape_v1_name(event->shape));
	}
}

// Resets the cursor image of the last client when the pointer has left its surface.
static void handle_focus_change(struct wl_listener *listener, void *data) {
	struct cursor *cursor = wl_container_of(listener, cursor, listeners.focus_change);
	const struct wlr_seat_pointer_focus_change_event *event = data;
	if (event->new_surface == NULL && cursor->compositor->grab->mode == GRAB_NONE) {
		cursor_image_set_name(cursor->compositor, "default");
	}
}

// A parent session has one pointer per window, which moves over its own output only. NULL: the device moves over all
// outputs.
static const char *device_output_name(struct wlr_input_device *device) {
	switch (device->type) {
	case WLR_INPUT_DEVICE_POINTER:
		return wlr_pointer_from_input_device(device)->output_name;
	case WLR_INPUT_DEVICE_TOUCH:
		return wlr_touch_from_input_device(device)->output_name;
	default:
		return NULL;
	}
}

static void handle_new_device(struct wl_listener *listener, void *data) {
	struct cursor *cursor = wl_container_of(listener, cursor, listeners.new_device);
	struct compositor *compositor = cursor->compositor;
	struct wlr_input_device *device = data;
	const char *output_name = device_output_name(device);
	wlr_cursor_attach_input_device(cursor->wlr, device);
	struct output *output;
	wl_list_for_each(output, &compositor->desktop->outputs, link) {
		if (output_name != NULL && strcmp(output->wlr->name, output_name) == 0) {
			wlr_cursor_map_input_to_output(cursor->wlr, device, output->wlr);
		}
	}
	if (device->type != WLR_INPUT_DEVICE_TOUCH && compositor->seat->wlr->pointer_state.focused_surface == NULL) {
		cursor_image_set_name(compositor, "default");
	}
	cursor_refresh(compositor);
}

static void handle_layout_changed(struct wl_listener *listener, void *data) {
	struct cursor *cursor = wl_container_of(listener, cursor, listeners.layout_changed);
	cursor_refresh(cursor->compositor);
}

// It was minimized, or raised with the focus: its client may draw nothing.
static void handle_toplevel_changed(struct wl_listener *listener, void *data) {
	struct cursor *cursor = wl_container_of(listener, cursor, listeners.toplevel_changed);
	cursor_refresh(cursor->compositor);
}

static struct wlr_xcursor_manager *create_theme(void) {
	const char *text = getenv("XCURSOR_SIZE");
	long size = text != NULL ? strtol(text, NULL, 10) : 0;
	return wlr_xcursor_manager_create(
			getenv("XCURSOR_THEME"), size > 0 && size <= 512 ? (uint32_t)size : THEME_SIZE_DEFAULT);
}

static bool cursor_create(struct compositor *compositor) {
	struct cursor *cursor = compositor->cursor;
	cursor->wlr = wlr_cursor_create();
	cursor->theme = create_theme();
	cursor->relative = wlr_relative_pointer_manager_v1_create(compositor->display);
	if (cursor->wlr == NULL || cursor->theme == NULL || cursor->relative == NULL) {
		return false;
	}
	wlr_cursor_attach_output_layout(cursor->wlr, compositor->desktop->layout);
	compositor->desktop->pointer = cursor->wlr;
	return true;
}

bool cursor_init(struct compositor *compositor) {
	struct cursor *cursor = compositor->cursor;
	cursor->compositor = compositor;
	struct wlr_cursor_shape_manager_v1 *shapes =
			wlr_cursor_shape_manager_v1_create(compositor->display, CURSOR_SHAPE_VERSION);
	if (!cursor_create(compositor) || shapes == NULL) {
		return false;
	}
	struct wlr_seat *seat = compositor->seat->wlr;
	listener_add(&cursor->listeners.motion, &cursor->wlr->events.motion, handle_motion);
	listener_add(&cursor->listeners.motion_absolute, &cursor->wlr->events.motion_absolute, handle_motion_absolute);
	listener_add(&cursor->listeners.button, &cursor->wlr->events.button, handle_button);
	listener_add(&cursor->listeners.axis, &cursor->wlr->events.axis, handle_axis);
	listener_add(&cursor->listeners.frame, &cursor->wlr->events.frame, handle_frame);
	listener_add(&cursor->listeners.request_set_cursor, &seat->events.request_set_cursor, handle_request_set_cursor);
	listener_add(&cursor->listeners.request_set_shape, &shapes->events.request_set_shape, handle_request_set_shape);
	listener_add(&cursor->listeners.focus_change, &seat->pointer_state.events.focus_change, handle_focus_change);
	listener_add(&cursor->listeners.new_device, &compositor->seat->events.new_device, handle_new_device);
	listener_add(&cursor->listeners.toplevel_changed, &compositor->toplevels->events.changed, handle_toplevel_changed);
	listener_add(&cursor->listeners.layout_changed, &compositor->desktop->events.layout_changed, handle_layout_changed);
	return true;
}

void cursor_finish(struct compositor *compositor) {
	struct cursor *cursor = compositor->cursor;
	listener_remove(&cursor->listeners.motion);
	listener_remove(&cursor->listeners.motion_absolute);
	listener_remove(&cursor->listeners.button);
	listener_remove(&cursor->listeners.axis);
	listener_remove(&cursor->listeners.frame);
	listener_remove(&cursor->listeners.request_set_cursor);
	listener_remove(&cursor->listeners.request_set_shape);
	listener_remove(&cursor->listeners.focus_change);
	listener_remove(&cursor->listeners.new_device);
	listener_remove(&cursor->listeners.toplevel_changed);
	listener_remove(&cursor->listeners.layout_changed);
	cursor_image_finish(compositor);
	compositor->desktop->pointer = NULL;
	if (cursor->refresh != NULL) {
		wl_event_source_remove(cursor->refresh);
		cursor->refresh = NULL;
	}
	if (cursor->wlr != NULL) {
		wlr_cursor_destroy(cursor->wlr);
	}
	if (cursor->theme != NULL) {
		wlr_xcursor_manager_destroy(cursor->theme);
	}
}
