#include "drag.h"

#include "batch.h"
#include "compat.h"
#include "cursor.h"
#include "desktop.h"
#include "focus.h"
#include "grab.h"
#include "listener.h"
#include "monotonic.h"
#include "output.h"
#include "parts.h"
#include "requests.h"
#include "seat.h"
#include "session_lock.h"
#include "touch.h"
#include "usage.h"
#include "xwayland.h"
#include <string.h>
#include <sys/param.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_seat.h>

// What a type costs in addition to its name: the event that announces it.
#define DRAG_TYPE_SIZE 16

// How soon to look again whether the X server has answered, ms.
#define TYPES_RECHECK_MS 5

static void handle_request_start_drag(struct wl_listener *listener, void *data) {
	struct drag *drag = wl_container_of(listener, drag, listeners.request_start_drag);
	const struct wlr_seat_request_start_drag_event *event = data;
	struct wlr_seat *seat = drag->compositor->seat->wlr;
	struct wlr_touch_point *point;
	// wlroots destroys the source of the last drag when the next one starts. After a drop it still exists.
	bool is_used = event->drag->source != NULL && event->drag->source == seat->drag_source;
	if (seat->drag == NULL) {
		xwayland_follow_drags(drag->compositor, event->drag->source != NULL);
	}
	bool allowed = !is_used && !session_lock_is_locked(drag->compositor);
	if (allowed && wlr_seat_validate_pointer_grab_serial(seat, event->origin, event->serial)) {
		wlr_seat_start_pointer_drag(seat, event->drag, event->serial);
	} else if (allowed && wlr_seat_validate_touch_grab_serial(seat, event->origin, event->serial, &point) &&
			   (uint32_t)point->touch_id == seat->touch_state.grab_id) {
		// wlroots lets any finger that is down alone drag, but ends the drag with that of the serial, which may be
		// gone.
		wlr_seat_start_touch_drag(seat, event->drag, event->serial, point);
	} else if (event->drag->source != NULL) {
		wlr_data_source_destroy(event->drag->source);
	} else {
		drag_discard(event->drag);
	}
	if (seat->drag == NULL) {
		xwayland_follow_drags(drag->compositor, true);
	}
}

// wlroots leaks a drag without a source that is requested while another one is in progress.
static void count_leaks(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	struct drag *drag = compositor->drag;
	if (arguments[0].o == NULL && compositor->seat->wlr->drag != NULL && ++drag->leaks > DRAG_LEAKS_MAX) {
		usage_post_too_many(wl_resource_get_client(resource), "drags without a source while another is in progress",
				drag->leaks, DRAG_LEAKS_MAX);
	}
}

static void handle_drag_destroy(struct wl_listener *listener, void *data) {
	struct drag *drag = wl_container_of(listener, drag, listeners.drag_destroy);
	struct compositor *compositor = drag->compositor;
	listener_remove(&drag->listeners.drag_destroy);
	listener_remove(&drag->listeners.client_destroy);
	xwayland_follow_drags(compositor, true);
	focus_update(compositor);
	cursor_refresh(compositor);
}

// wlroots keeps the pointer to the client, and its finger would be no touch point any more, which ends no drag. (A
// source is destroyed with its client, and ends its drag.)
static void handle_client_destroy(struct wl_listener *listener, void *data) {
	struct drag *drag = wl_container_of(listener, drag, listeners.client_destroy);
	drag_cancel(drag->compositor);
}

static void handle_start_drag(struct wl_listener *listener, void *data) {
	struct drag *drag = wl_container_of(listener, drag, listeners.start_drag);
	struct compositor *compositor = drag->compositor;
	struct wlr_drag *wlr = data;
	listener_add(&drag->listeners.drag_destroy, &wlr->events.destroy, handle_drag_destroy);
	if (wlr->source == NULL) {
		listener_add(&drag->listeners.client_destroy, &wlr->seat_client->events.destroy, handle_client_destroy);
	}
	double lx = compositor->cursor->wlr->x, ly = compositor->cursor->wlr->y;
	if (drag_is_by_touch(compositor)) {
		struct wlr_touch_point *point = wlr_seat_touch_get_point(compositor->seat->wlr, wlr->touch_id);
		if (point != NULL) {
			touch_position(compositor, point, &lx, &ly);
		}
	}
	// The pointer or finger may rest. wlroots has cleared the pointer's focus, and a finger may have left the surface
	// that it touched.
	cursor_refresh(compositor);
	drag_motion(compositor, lx, ly);
	drag_settle(compositor);
	if (wlr->icon != NULL) {
		batch_expect_surface(compositor, wlr->icon->surface);
		wlr_scene_drag_icon_create(drag->icons, wlr->icon);
	}
}

void drag_cancel(struct compositor *compositor) {
	struct wlr_seat *seat = compositor->seat->wlr;
	if (seat->drag == NULL) {
		return;
	}
	if (seat->drag->source != NULL) {
		wlr_data_source_destroy(seat->drag->source);
	} else if (drag_is_by_touch(compositor)) {
		wlr_seat_touch_end_grab(seat);
	} else {
		wlr_seat_pointer_end_grab(seat);
	}
}

void drag_motion(struct compositor *compositor, double lx, double ly) {
	struct drag *drag = compositor->drag;
	if (compositor->seat->wlr->drag == NULL) {
		return;
	}
	drag->x = (int)lx;
	drag->y = (int)ly;
	outputs_schedule_frames(compositor);
}

void drag_settle(struct compositor *compositor) {
	struct drag *drag = compositor->drag;
	wlr_scene_node_set_position(&drag->icons->node, drag->x, drag->y);
}

// What a client receives when the drag enters one of its surfaces, by each of its data devices.
static size_t count_bytes(const struct wlr_drag *drag, struct wlr_surface *surface) {
	struct wlr_seat_client *client =
			wlr_seat_client_for_wl_client(drag->seat, wl_resource_get_client(surface->resource));
	if (client == NULL || drag->source == NULL) {
		return 0;
	}
	size_t bytes = 0;
	char **type;
	wl_array_for_each(type, &drag->source->mime_types) {
		bytes += DRAG_TYPE_SIZE + strlen(*type);
	}
	// Xwayland has no data device: the window manager tells X11 the types.
	return bytes * (size_t)MAX(wl_list_length(&client->data_devices), 1);
}

bool drag_is_by_touch(const struct compositor *compositor) {
	const struct wlr_drag *drag = compositor->seat->wlr->drag;
	return drag != NULL && drag->grab_type == WLR_DRAG_GRAB_KEYBOARD_TOUCH;
}

bool drag_may_enter(struct compositor *compositor, struct wlr_surface *surface) {
	struct drag *drag = compositor->drag;
	struct wlr_drag *wlr = compositor->seat->wlr->drag;
	if (wlr == NULL || wlr->focus == surface) {
		return true;
	}
	if (!xwayland_knows_types(compositor, surface, wlr)) {
		wl_event_source_timer_update(drag->timer, TYPES_RECHECK_MS);
		return false;
	}
	int64_t now = monotonic_nsec();
	if (now < drag->next_enter) {
		wl_event_source_timer_update(drag->timer, (int)((drag->next_enter - now) / 1000000) + 1);
		return false;
	}
	drag->next_enter = now + (int64_t)count_bytes(wlr, surface) * DRAG_ENTER_NSEC_PER_BYTE;
	return true;
}

static int handle_timer(void *data) {
	cursor_refresh_now(data);
	return 0;
}

bool drag_init(struct compositor *compositor) {
	struct drag *drag = compositor->drag;
	drag->compositor = compositor;
	struct wlr_seat *seat = compositor->seat->wlr;
	drag->icons = wlr_scene_tree_create(compositor->desktop->layers[DESKTOP_LAYER_DRAG]);
	drag->timer = wl_event_loop_add_timer(compositor->loop, handle_timer, compositor);
	if (drag->icons == NULL || drag->timer == NULL) {
		return false;
	}
	listener_add(&drag->listeners.request_start_drag, &seat->events.request_start_drag, handle_request_start_drag);
	listener_add(&drag->listeners.start_drag, &seat->events.start_drag, handle_start_drag);
	return requests_watch(compositor, "wl_data_device", "start_drag", count_leaks);
}

void drag_finish(struct compositor *compositor) {
	listener_remove(&compositor->drag->listeners.request_start_drag);
	listener_remove(&compositor->drag->listeners.start_drag);
	listener_remove(&compositor->drag->listeners.drag_destroy);
	listener_remove(&compositor->drag->listeners.client_destroy);
	if (compositor->drag->timer != NULL) {
		wl_event_source_remove(compositor->drag->timer);
	}
}
