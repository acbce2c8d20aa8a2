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

// Does this finger drag? finger may be NULL.
static bool drags(const struct compositor *compositor, const struct finger *finger) {
	return finger != NULL && drag_is_by_touch(compositor) && compositor->seat->wlr->drag->touch_id == finger->id;
}

static void cancel(struct compositor *compositor, int32_t id) {
	struct wlr_seat *seat = compositor->seat->wlr;
	struct finger *finger = find_finger(compositor->touch, id);
	if (drags(compositor, finger)) {
		drag_cancel(compositor);
	}
	if (finger != NULL) {
		finger_lift(finger);
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

// wlroots does less for fingers than for the pointer: a drag that leaves all surfaces, or enters one of a client
// without wl_touch, stays where it was, and X11 programs learn of no motion. So this calls what moves a drag by the
// pointer.
void touch_follow_drag(struct compositor *compositor, uint32_t time_msec) {
	struct touch *touch = compositor->touch;
	struct wlr_drag *drag = compositor->seat->wlr->drag;
	const struct finger *finger = drag_is_by_touch(compositor) ? find_finger(touch, drag->touch_id) : NULL;
	if (finger == NULL) {
		return;
	}
	struct wlr_seat_pointer_grab *grab = &drag->pointer_grab;
	double sx, sy;
	struct wlr_surface *surface = desktop_surface_at(compositor->desktop, finger->x, finger->y, &sx, &sy, NULL);
	if (surface == NULL || !session_lock_allows(compositor, surface) || !drag_may_enter(compositor, surface)) {
		grab->interface->clear_focus(grab);
		return;
	}
	if (drag->focus != surface) {
		grab->interface->enter(grab, surface, sx, sy);
	} else if (sx != touch->drag_x || sy != touch->drag_y) {
		grab->interface->motion(grab, time_msec, sx, sy);
	}
	touch->drag_x = sx;
	touch->drag_y = sy;
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

// As if a button were released: wlroots would drop also what the client has not accepted, or has no offer of.
static void refuse_drop(struct compositor *compositor) {
	struct wlr_drag *drag = compositor->seat->wlr->drag;
	const struct wlr_data_source *source = drag->source;
	if (source != NULL && source->accepted && source->current_dnd_action != 0 && drag->focus_client != NULL) {
		return;
	}
	if (source != NULL && source->impl->dnd_finish != NULL) {
		drag_cancel(compositor);
	} else {
		drag->pointer_grab.interface->clear_focus(&drag->pointer_grab);
	}
}

static void handle_up(struct wl_listener *listener, void *data) {
	struct touch *touch = wl_container_of(listener, touch, listeners.up);
	struct compositor *compositor = touch->compositor;
	const struct wlr_touch_up_event *event = data;
	struct finger *finger = find_finger(compositor->touch, event->touch_id);
	idle_notify_activity(compositor);
	if (drags(compositor, finger)) {
		refuse_drop(compositor);
	}
	wlr_seat_touch_notify_up(compositor->seat->wlr, event->time_msec, event->touch_id);
	if (finger != NULL) {
		finger_lift(finger);
	}
	if (compositor->grab->by_touch && compositor->grab->touch_id == event->touch_id) {
		grab_end(compositor);
	}
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
	} else if (drags(compositor, finger)) {
		drag_motion(compositor, finger->x, finger->y);
		touch_follow_drag(compositor, event->time_msec);
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
