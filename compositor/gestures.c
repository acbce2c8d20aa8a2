#include "gestures.h"

#include "cursor.h"
#include "idle.h"
#include "listener.h"
#include "parts.h"
#include "seat.h"
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_pointer.h>
#include <wlr/types/wlr_pointer_gestures_v1.h>

static void handle_swipe_begin(struct wl_listener *listener, void *data) {
	struct gestures *gestures = wl_container_of(listener, gestures, listeners.swipe_begin);
	const struct wlr_pointer_swipe_begin_event *event = data;
	idle_notify_activity(gestures->compositor);
	wlr_pointer_gestures_v1_send_swipe_begin(
			gestures->wlr, gestures->compositor->seat->wlr, event->time_msec, event->fingers);
}

static void handle_swipe_update(struct wl_listener *listener, void *data) {
	struct gestures *gestures = wl_container_of(listener, gestures, listeners.swipe_update);
	const struct wlr_pointer_swipe_update_event *event = data;
	idle_notify_activity(gestures->compositor);
	wlr_pointer_gestures_v1_send_swipe_update(
			gestures->wlr, gestures->compositor->seat->wlr, event->time_msec, event->dx, event->dy);
}

static void handle_swipe_end(struct wl_listener *listener, void *data) {
	struct gestures *gestures = wl_container_of(listener, gestures, listeners.swipe_end);
	const struct wlr_pointer_swipe_end_event *event = data;
	idle_notify_activity(gestures->compositor);
	wlr_pointer_gestures_v1_send_swipe_end(
			gestures->wlr, gestures->compositor->seat->wlr, event->time_msec, event->cancelled);
}

static void handle_pinch_begin(struct wl_listener *listener, void *data) {
	struct gestures *gestures = wl_container_of(listener, gestures, listeners.pinch_begin);
	const struct wlr_pointer_pinch_begin_event *event = data;
	idle_notify_activity(gestures->compositor);
	wlr_pointer_gestures_v1_send_pinch_begin(
			gestures->wlr, gestures->compositor->seat->wlr, event->time_msec, event->fingers);
}

static void handle_pinch_update(struct wl_listener *listener, void *data) {
	struct gestures *gestures = wl_container_of(listener, gestures, listeners.pinch_update);
	const struct wlr_pointer_pinch_update_event *event = data;
	idle_notify_activity(gestures->compositor);
	wlr_pointer_gestures_v1_send_pinch_update(gestures->wlr, gestures->compositor->seat->wlr, event->time_msec,
			event->dx, event->dy, event->scale, event->rotation);
}

static void handle_pinch_end(struct wl_listener *listener, void *data) {
	struct gestures *gestures = wl_container_of(listener, gestures, listeners.pinch_end);
	const struct wlr_pointer_pinch_end_event *event = data;
	idle_notify_activity(gestures->compositor);
	wlr_pointer_gestures_v1_send_pinch_end(
			gestures->wlr, gestures->compositor->seat->wlr, event->time_msec, event->cancelled);
}

static void handle_hold_begin(struct wl_listener *listener, void *data) {
	struct gestures *gestures = wl_container_of(listener, gestures, listeners.hold_begin);
	const struct wlr_pointer_hold_begin_event *event = data;
	idle_notify_activity(gestures->compositor);
	wlr_pointer_gestures_v1_send_hold_begin(
			gestures->wlr, gestures->compositor->seat->wlr, event->time_msec, event->fingers);
}

static void handle_hold_end(struct wl_listener *listener, void *data) {
	struct gestures *gestures = wl_container_of(listener, gestures, listeners.hold_end);
	const struct wlr_pointer_hold_end_event *event = data;
	idle_notify_activity(gestures->compositor);
	wlr_pointer_gestures_v1_send_hold_end(
			gestures->wlr, gestures->compositor->seat->wlr, event->time_msec, event->cancelled);
}

bool gestures_init(struct compositor *compositor) {
	struct gestures *gestures = compositor->gestures;
	struct wlr_cursor *cursor = compositor->cursor->wlr;
	gestures->compositor = compositor;
	gestures->wlr = wlr_pointer_gestures_v1_create(compositor->display);
	if (gestures->wlr == NULL) {
		return false;
	}
	listener_add(&gestures->listeners.swipe_begin, &cursor->events.swipe_begin, handle_swipe_begin);
	listener_add(&gestures->listeners.swipe_update, &cursor->events.swipe_update, handle_swipe_update);
	listener_add(&gestures->listeners.swipe_end, &cursor->events.swipe_end, handle_swipe_end);
	listener_add(&gestures->listeners.pinch_begin, &cursor->events.pinch_begin, handle_pinch_begin);
	listener_add(&gestures->listeners.pinch_update, &cursor->events.pinch_update, handle_pinch_update);
	listener_add(&gestures->listeners.pinch_end, &cursor->events.pinch_end, handle_pinch_end);
	listener_add(&gestures->listeners.hold_begin, &cursor->events.hold_begin, handle_hold_begin);
	listener_add(&gestures->listeners.hold_end, &cursor->events.hold_end, handle_hold_end);
	return true;
}

void gestures_finish(struct compositor *compositor) {
	struct gestures *gestures = compositor->gestures;
	listener_remove(&gestures->listeners.swipe_begin);
	listener_remove(&gestures->listeners.swipe_update);
	listener_remove(&gestures->listeners.swipe_end);
	listener_remove(&gestures->listeners.pinch_begin);
	listener_remove(&gestures->listeners.pinch_update);
	listener_remove(&gestures->listeners.pinch_end);
	listener_remove(&gestures->listeners.hold_begin);
	listener_remove(&gestures->listeners.hold_end);
}
