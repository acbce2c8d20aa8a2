#include "touch.h"

#include "compat.h"
#include "cursor.h"
#include "desktop.h"
#include "drag.h"
#include "focus.h"
#include "grab.h"
#include "idle.h"
#include "listener.h"
#include "parts.h"
#include "popup.h"
#include "seat.h"
#include "session_lock.h"
#include "xwayland.h"
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_touch.h>

static struct finger *find_finger(struct touch *touch, int32_t id) {
	for (size_t i = 0; i < TOUCH_FINGERS_MAX; i++) {
		if (touch->fingers[i].down && touch->fingers[i].id == id) {
			return &touch->fingers[i];
		}
	}
	return NULL;
}

static void finger_lift(struct finger *finger) {
	finger->down = false;
	listener_remove(&finger->device_destroy);
}

static void cancel(struct compositor *compositor, int32_t id) {
	struct wlr_seat *seat = compositor->seat->wlr;
	struct finger *finger = find_finger(compositor->touch, id);
	if (finger != NULL) {
		finger_lift(finger);
	}
	if (seat->drag != NULL && seat->drag->grab_type == WLR_DRAG_GRAB_KEYBOARD_TOUCH && seat->drag->touch_id == id) {
		drag_cancel(compositor);
	}
	struct wlr_touch_point *point = wlr_seat_touch_get_point(seat, id);
	if (point != NULL) {
		wlr_seat_touch_notify_cancel(seat, point->client);
	}
	xdrag_expire(compositor);
	if (compositor->grab->by_touch) {
		grab_end(compositor);
	}
}

void touch_cancel_all(struct compositor *compositor) {
	for (size_t i = 0; i < TOUCH_FINGERS_MAX; i++) {
		if (compositor->touch->fingers[i].down) {
			cancel(compositor, compositor->touch->fingers[i].id);
		}
	}
}

static void handle_device_destroy(struct wl_listener *listener, void *data) {
	struct finger *finger = wl_container_of(listener, finger, device_destroy);
	cancel(finger->touch->compositor, finger->id);
}

static struct finger *add_finger(struct touch *touch, struct wlr_input_device *device, int32_t id, double x, double y) {
	for (size_t i = 0; i < TOUCH_FINGERS_MAX; i++) {
		struct finger *finger = &touch->fingers[i];
		if (!finger->down) {
			*finger = (struct finger){.touch = touch, .down = true, .id = id, .x = x, .y = y};
			listener_add(&finger->device_destroy, &device->events.destroy, handle_device_destroy);
			return finger;
		}
	}
	return NULL;
}

void touch_position(struct compositor *compositor, const struct wlr_touch_point *point, double *lx, double *ly) {
	const struct finger *finger = find_finger(compositor->touch, point->touch_id);
	*lx = finger != NULL ? finger->x : 0;
	*ly = finger != NULL ? finger->y : 0;
}

void touch_forget(struct compositor *compositor, struct wlr_surface *surface) {
	struct wlr_seat *seat = compositor->seat->wlr;
	struct wlr_touch_point *point, *next;
	wl_list_for_each_safe(point, next, &seat->touch_state.touch_points, link) {
		if (point->surface == surface && seat->drag == NULL) {
			wlr_seat_touch_notify_up(seat, 0, point->touch_id);
			wlr_seat_touch_notify_frame(seat);
		}
	}
}

static void handle_down(struct wl_listener *listener, void *data) {
	struct touch *touch = wl_container_of(listener, touch, listeners.down);
	struct compositor *compositor = touch->compositor;
	const struct wlr_touch_down_event *event = data;
	double lx, ly, sx, sy;
	struct owner *owner;
	idle_notify_activity(compositor);
	xdrag_expire(compositor);
	wlr_cursor_absolute_to_layout_coords(compositor->cursor->wlr, &event->touch->base, event->x, event->y, &lx, &ly);
	struct wlr_surface *surface = desktop_surface_at(compositor->desktop, lx, ly, &sx, &sy, &owner);
	struct finger *finger = add_finger(compositor->touch, &event->touch->base, event->touch_id, lx, ly);
	popup_dismiss(compositor, surface);
	focus_owner(compositor, owner);
	if (finger == NULL || surface == NULL || !session_lock_allows(compositor, surface) ||
			!surface_accepts_touch(compositor->seat->wlr, surface)) {
		return;
	}
	finger->origin_x = lx - sx;
	finger->origin_y = ly - sy;
	wlr_seat_touch_notify_down(compositor->seat->wlr, surface, event->time_msec, event->touch_id, sx, sy);
}

static void handle_up(struct wl_listener *listener, void *data) {
	struct touch *touch = wl_container_of(listener, touch, listeners.up);
	struct compositor *compositor = touch->compositor;
	const struct wlr_touch_up_event *event = data;
	idle_notify_activity(compositor);
	wlr_seat_touch_notify_up(compositor->seat->wlr, event->time_msec, event->touch_id);
	struct finger *finger = find_finger(compositor->touch, event->touch_id);
	if (finger != NULL) {
		finger_lift(finger);
	}
	if (compositor->grab->by_touch && compositor->grab->touch_id == event->touch_id) {
		grab_end(compositor);
	}
}

// For a finger wlroots sends the motion to Wayland clients alone: its window manager tells X11 programs of this event,
// which wlroots emits for a pointer only.
static void emit_motion(struct wlr_drag *drag, const struct finger *finger, uint32_t time_msec, double sx, double sy) {
	struct wlr_drag_motion_event event = {.drag = drag, .time = time_msec, .sx = sx, .sy = sy};
	if (drag->grab_type == WLR_DRAG_GRAB_KEYBOARD_TOUCH && drag->touch_id == finger->id) {
		wl_signal_emit_mutable(&drag->events.motion, &event);
	}
}

// A finger that drags sends its motion to the surface below it, not to the one where the drag began.
static void drag_over(struct compositor *compositor, const struct finger *finger, uint32_t time_msec) {
	struct wlr_seat *seat = compositor->seat->wlr;
	double sx, sy;
	drag_motion(compositor, finger->x, finger->y);
	if (wlr_seat_touch_get_point(seat, finger->id) == NULL) {
		return;
	}
	struct wlr_surface *surface = desktop_surface_at(compositor->desktop, finger->x, finger->y, &sx, &sy, NULL);
	if (surface == NULL || !xwayland_knows_types(compositor, surface, seat->drag)) {
		wlr_seat_touch_point_clear_focus(seat, time_msec, finger->id);
		return;
	}
	wlr_seat_touch_point_focus(seat, surface, time_msec, finger->id, sx, sy);
	wlr_seat_touch_notify_motion(seat, time_msec, finger->id, sx, sy);
	emit_motion(seat->drag, finger, time_msec, sx, sy);
}

static void handle_motion(struct wl_listener *listener, void *data) {
	struct touch *touch = wl_container_of(listener, touch, listeners.motion);
	struct compositor *compositor = touch->compositor;
	const struct wlr_touch_motion_event *event = data;
	struct finger *finger = find_finger(compositor->touch, event->touch_id);
	idle_notify_activity(compositor);
	if (finger == NULL) {
		return;
	}
	wlr_cursor_absolute_to_layout_coords(
			compositor->cursor->wlr, &event->touch->base, event->x, event->y, &finger->x, &finger->y);
	if (compositor->grab->by_touch && compositor->grab->touch_id == event->touch_id) {
		grab_motion(compositor, finger->x, finger->y);
	} else if (compositor->seat->wlr->drag != NULL && !xdrag_is_active(compositor)) {
		drag_over(compositor, finger, event->time_msec);
	} else {
		wlr_seat_touch_notify_motion(compositor->seat->wlr, event->time_msec, event->touch_id,
				finger->x - finger->origin_x, finger->y - finger->origin_y);
		xdrag_follow(compositor, event->time_msec);
	}
}

static void handle_cancel(struct wl_listener *listener, void *data) {
	struct touch *touch = wl_container_of(listener, touch, listeners.cancel);
	const struct wlr_touch_cancel_event *event = data;
	cancel(touch->compositor, event->touch_id);
}

static void handle_frame(struct wl_listener *listener, void *data) {
	struct touch *touch = wl_container_of(listener, touch, listeners.frame);
	wlr_seat_touch_notify_frame(touch->compositor->seat->wlr);
}

bool touch_init(struct compositor *compositor) {
	struct touch *touch = compositor->touch;
	touch->compositor = compositor;
	struct wlr_cursor *cursor = compositor->cursor->wlr;
	listener_add(&touch->listeners.down, &cursor->events.touch_down, handle_down);
	listener_add(&touch->listeners.up, &cursor->events.touch_up, handle_up);
	listener_add(&touch->listeners.motion, &cursor->events.touch_motion, handle_motion);
	listener_add(&touch->listeners.cancel, &cursor->events.touch_cancel, handle_cancel);
	listener_add(&touch->listeners.frame, &cursor->events.touch_frame, handle_frame);
	return true;
}

void touch_finish(struct compositor *compositor) {
	listener_remove(&compositor->touch->listeners.down);
	listener_remove(&compositor->touch->listeners.up);
	listener_remove(&compositor->touch->listeners.motion);
	listener_remove(&compositor->touch->listeners.cancel);
	listener_remove(&compositor->touch->listeners.frame);
	for (size_t i = 0; i < TOUCH_FINGERS_MAX; i++) {
		listener_remove(&compositor->touch->fingers[i].device_destroy);
	}
}
