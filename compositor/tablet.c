#include "tablet.h"

#include "compat.h"
#include "constraint.h"
#include "cursor.h"
#include "desktop.h"
#include "focus.h"
#include "grab.h"
#include "idle.h"
#include "listener.h"
#include "parts.h"
#include "popup.h"
#include "seat.h"
#include "session_lock.h"
#include "toplevel.h"
#include "virtual_pointer.h"
#include "xwayland.h"
#include <linux/input-event-codes.h>
#include <math.h>
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_tablet_tool.h>
#include <wlr/types/wlr_tablet_v2.h>

// wlroots forgets its listener if the client has destroyed its object of the tool, and would use it after the surface
// is gone.
static void forget_surface(struct wlr_tablet_v2_tablet_tool *v2) {
	if (v2->focused_surface != NULL) {
		struct wl_listener *listener = tablet_tool_surface_destroy(v2);
		wl_list_remove(&listener->link);
		wl_list_init(&listener->link);
		v2->focused_surface = NULL;
	}
}

// Buttons and the tip are released for the client, and so later ones are not sent again.
static void leave(struct tablet_tool *tool) {
	struct compositor *compositor = tool->compositor;
	if (tool->surface == NULL) {
		return;
	}
	tool->surface = NULL;
	listener_remove(&tool->listeners.surface_unmap);
	listener_remove(&tool->listeners.surface_destroy);
	wlr_send_tablet_v2_tablet_tool_proximity_out(tool->v2);
	forget_surface(tool->v2);
	tool->v2->is_down = false;
	tool->v2->num_buttons = 0;
	cursor_image_set_name(compositor, "default");
	cursor_refresh(compositor);
}

static void handle_surface_unmap(struct wl_listener *listener, void *data) {
	struct tablet_tool *tool = wl_container_of(listener, tool, listeners.surface_unmap);
	leave(tool);
}

static void handle_surface_destroy(struct wl_listener *listener, void *data) {
	struct tablet_tool *tool = wl_container_of(listener, tool, listeners.surface_destroy);
	leave(tool);
}

// Returns false if the client of the surface has no object of the tool.
static bool enter(struct tablet_tool *tool, struct wlr_surface *surface) {
	struct compositor *compositor = tool->compositor;
	if (tool->surface == surface && tool->v2->current_client != NULL) {
		return true;
	}
	leave(tool);
	wlr_send_tablet_v2_tablet_tool_proximity_in(tool->v2, tool->tablet->v2, surface);
	if (tool->v2->focused_surface != surface) {
		return false;
	}
	tool->surface = surface;
	listener_add(&tool->listeners.surface_unmap, &surface->events.unmap, handle_surface_unmap);
	listener_add(&tool->listeners.surface_destroy, &surface->events.destroy, handle_surface_destroy);
	wlr_seat_pointer_notify_clear_focus(compositor->seat->wlr);
	constraint_update(compositor);
	return true;
}

static void emulate_motion(struct compositor *compositor, uint32_t time_msec, double lx, double ly) {
	const struct wlr_cursor *wlr = compositor->cursor->wlr;
	double dx = lx - wlr->x, dy = ly - wlr->y;
	const struct pointer_event event = {
		.type = POINTER_EVENT_MOTION,
		.motion = {.time_msec = time_msec, .delta_x = dx, .delta_y = dy, .unaccel_dx = dx, .unaccel_dy = dy},
	};
	cursor_apply(compositor, &event);
	wlr_seat_pointer_notify_frame(compositor->seat->wlr);
}

static void emulate_button(struct compositor *compositor, uint32_t time_msec, uint32_t button, bool pressed) {
	const struct pointer_event event = {
		.type = POINTER_EVENT_BUTTON,
		.button =
				{
					.time_msec = time_msec,
					.button = button,
					.state = pressed ? WL_POINTER_BUTTON_STATE_PRESSED : WL_POINTER_BUTTON_STATE_RELEASED,
				},
	};
	cursor_apply(compositor, &event);
	wlr_seat_pointer_notify_frame(compositor->seat->wlr);
}

// Whether the tool stays with its surface, or with the pointer.
static bool is_held(const struct tablet_tool *tool) {
	return tool->surface != NULL && (tool->v2->is_down || tool->v2->num_buttons > 0);
}

static bool acts_as_pointer(const struct tablet_tool *tool) {
	const struct compositor *compositor = tool->compositor;
	bool is_drag = compositor->seat->wlr->drag != NULL && !xdrag_is_active(compositor);
	return tool->simulates_tip || tool->simulated_button != 0 || is_drag ||
		   compositor->seat->wlr->pointer_state.button_count > 0 || compositor->grab->mode != GRAB_NONE;
}

static struct wlr_surface *find_surface(struct tablet_tool *tool, double lx, double ly, double *sx, double *sy) {
	struct compositor *compositor = tool->compositor;
	struct wlr_surface *surface = desktop_surface_at(compositor->desktop, lx, ly, sx, sy, NULL);
	bool accepts = surface != NULL && tool->tablet != NULL && session_lock_allows(compositor, surface) &&
				   surface_accepts_tablet(tool->tablet->v2, surface);
	return accepts ? surface : NULL;
}

static void move(struct tablet_tool *tool, uint32_t time_msec, double lx, double ly) {
	struct compositor *compositor = tool->compositor;
	struct wlr_cursor *wlr = compositor->cursor->wlr;
	double sx, sy;
	if (is_held(tool)) {
		wlr_cursor_warp_closest(wlr, NULL, lx, ly);
		if (compositor->grab->mode != GRAB_NONE && !compositor->grab->by_touch) {
			grab_motion(compositor, wlr->x, wlr->y);
		} else {
			wlr_send_tablet_v2_tablet_tool_motion(tool->v2, wlr->x - tool->origin_x, wlr->y - tool->origin_y);
			xdrag_follow(compositor, time_msec);
		}
		return;
	}
	struct wlr_surface *surface = acts_as_pointer(tool) ? NULL : find_surface(tool, lx, ly, &sx, &sy);
	if (surface != NULL && enter(tool, surface)) {
		wlr_cursor_warp_closest(wlr, NULL, lx, ly);
		tool->origin_x = lx - sx;
		tool->origin_y = ly - sy;
		wlr_send_tablet_v2_tablet_tool_motion(tool->v2, sx, sy);
		return;
	}
	leave(tool);
	emulate_motion(compositor, time_msec, lx, ly);
}

// Positions are parts of the tablet's area; NAN: unchanged.
static void move_to(struct tablet_tool *tool, struct wlr_tablet *tablet, uint32_t time_msec, double x, double y) {
	double lx, ly;
	wlr_cursor_absolute_to_layout_coords(tool->compositor->cursor->wlr, &tablet->base, x, y, &lx, &ly);
	move(tool, time_msec, lx, ly);
}

static void release_simulated(struct tablet_tool *tool, uint32_t time_msec) {
	if (tool->simulates_tip) {
		tool->simulates_tip = false;
		emulate_button(tool->compositor, time_msec, BTN_LEFT, false);
	}
	if (tool->simulated_button != 0) {
		uint32_t button = tool->simulated_button;
		tool->simulated_button = 0;
		emulate_button(tool->compositor, time_msec, button, false);
	}
}

static void handle_tool_destroy(struct wl_listener *listener, void *data) {
	struct tablet_tool *tool = wl_container_of(listener, tool, listeners.tool_destroy);
	release_simulated(tool, 0);
	leave(tool);
	listener_remove(&tool->listeners.tool_destroy);
	listener_remove(&tool->listeners.set_cursor);
	wl_list_remove(&tool->link);
	tool->wlr->data = NULL;
	free(tool);
}

static void handle_set_cursor(struct wl_listener *listener, void *data) {
	struct tablet_tool *tool = wl_container_of(listener, tool, listeners.set_cursor);
	const struct wlr_tablet_v2_event_cursor *event = data;
	if (tablets_let_set_cursor(tool->compositor, event->seat_client)) {
		cursor_image_set_surface(tool->compositor, event->surface, event->hotspot_x, event->hotspot_y);
	}
}

// Backends create tools when these first come near. NULL if out of memory, or if the protocol has no such tools.
static struct tablet_tool *get_tool(
		struct tablets *tablets, struct wlr_tablet *wlr_tablet, struct wlr_tablet_tool *wlr) {
	struct tablet_tool *tool = wlr->data;
	if (tool == NULL) {
		tool = calloc(1, sizeof(*tool));
		if (tool == NULL) {
			return NULL;
		}
		// Before that of wlroots, which frees v2.
		listener_add(&tool->listeners.tool_destroy, &wlr->events.destroy, handle_tool_destroy);
		tool->v2 = wlr_tablet_tool_create(tablets->manager, tablets->compositor->seat->wlr, wlr);
		if (tool->v2 == NULL) {
			listener_remove(&tool->listeners.tool_destroy);
			free(tool);
			return NULL;
		}
		tool->compositor = tablets->compositor;
		tool->wlr = wlr;
		wlr->data = tool;
		wl_list_insert(&tablets->tools, &tool->link);
		listener_add(&tool->listeners.set_cursor, &tool->v2->events.set_cursor, handle_set_cursor);
	}
	struct tablet *tablet = wlr_tablet->data;
	if (tool->tablet != tablet) {
		leave(tool);
		tool->tablet = tablet;
	}
	idle_notify_activity(tablets->compositor);
	return tool;
}

static void send_axes(struct tablet_tool *tool, const struct wlr_tablet_tool_axis_event *event) {
	if (event->updated_axes & WLR_TABLET_TOOL_AXIS_PRESSURE) {
		wlr_send_tablet_v2_tablet_tool_pressure(tool->v2, event->pressure);
	}
	if (event->updated_axes & WLR_TABLET_TOOL_AXIS_DISTANCE) {
		wlr_send_tablet_v2_tablet_tool_distance(tool->v2, event->distance);
	}
	tool->tilt_x = event->updated_axes & WLR_TABLET_TOOL_AXIS_TILT_X ? event->tilt_x : tool->tilt_x;
	tool->tilt_y = event->updated_axes & WLR_TABLET_TOOL_AXIS_TILT_Y ? event->tilt_y : tool->tilt_y;
	if (event->updated_axes & (WLR_TABLET_TOOL_AXIS_TILT_X | WLR_TABLET_TOOL_AXIS_TILT_Y)) {
		wlr_send_tablet_v2_tablet_tool_tilt(tool->v2, tool->tilt_x, tool->tilt_y);
	}
	if (event->updated_axes & WLR_TABLET_TOOL_AXIS_ROTATION) {
		wlr_send_tablet_v2_tablet_tool_rotation(tool->v2, event->rotation);
	}
	if (event->updated_axes & WLR_TABLET_TOOL_AXIS_SLIDER) {
		wlr_send_tablet_v2_tablet_tool_slider(tool->v2, event->slider);
	}
	if (event->updated_axes & WLR_TABLET_TOOL_AXIS_WHEEL) {
		wlr_send_tablet_v2_tablet_tool_wheel(tool->v2, event->wheel_delta, 0);
	}
}

static void handle_axis(struct wl_listener *listener, void *data) {
	struct tablets *tablets = wl_container_of(listener, tablets, listeners.axis);
	const struct wlr_tablet_tool_axis_event *event = data;
	struct tablet_tool *tool = get_tool(tablets, event->tablet, event->tool);
	bool has_x = (event->updated_axes & WLR_TABLET_TOOL_AXIS_X) != 0;
	bool has_y = (event->updated_axes & WLR_TABLET_TOOL_AXIS_Y) != 0;
	if (tool == NULL) {
		return;
	}
	if ((has_x || has_y) &&
			(tool->wlr->type == WLR_TABLET_TOOL_TYPE_MOUSE || tool->wlr->type == WLR_TABLET_TOOL_TYPE_LENS)) {
		const struct wlr_cursor *wlr = tablets->compositor->cursor->wlr;
		move(tool, event->time_msec, wlr->x + event->dx, wlr->y + event->dy);
	} else if (has_x || has_y) {
		move_to(tool, event->tablet, event->time_msec, has_x ? event->x : NAN, has_y ? event->y : NAN);
	}
	send_axes(tool, event);
}

static void handle_proximity(struct wl_listener *listener, void *data) {
	struct tablets *tablets = wl_container_of(listener, tablets, listeners.proximity);
	const struct wlr_tablet_tool_proximity_event *event = data;
	struct tablet_tool *tool = get_tool(tablets, event->tablet, event->tool);
	if (tool == NULL) {
		return;
	}
	if (event->state == WLR_TABLET_TOOL_PROXIMITY_IN) {
		move_to(tool, event->tablet, event->time_msec, event->x, event->y);
	} else {
		release_simulated(tool, event->time_msec);
		leave(tool);
	}
}

// As with a pressed button of the pointer.
static void focus_below(struct tablet_tool *tool) {
	struct compositor *compositor = tool->compositor;
	const struct wlr_cursor *wlr = compositor->cursor->wlr;
	struct owner *owner;
	double sx, sy;
	struct wlr_surface *surface = desktop_surface_at(compositor->desktop, wlr->x, wlr->y, &sx, &sy, &owner);
	popup_dismiss(compositor, surface);
	focus_owner(compositor, owner);
}

static void press_tip(struct tablet_tool *tool, uint32_t time_msec) {
	xdrag_expire(tool->compositor);
	if (tool->surface != NULL) {
		focus_below(tool);
	}
	if (tool->surface != NULL) { // the client of a popup may be gone
		wlr_send_tablet_v2_tablet_tool_down(tool->v2);
	} else {
		tool->simulates_tip = true;
		emulate_button(tool->compositor, time_msec, BTN_LEFT, true);
	}
}

static void lift_tip(struct tablet_tool *tool, uint32_t time_msec) {
	struct compositor *compositor = tool->compositor;
	if (tool->simulates_tip) {
		tool->simulates_tip = false;
		emulate_button(compositor, time_msec, BTN_LEFT, false);
	} else if (tool->surface != NULL) {
		wlr_send_tablet_v2_tablet_tool_up(tool->v2);
		if (!compositor->grab->by_touch) {
			grab_end(compositor);
		}
	}
	// It may be over another surface than the one that held it.
	if (!is_held(tool)) {
		move(tool, time_msec, compositor->cursor->wlr->x, compositor->cursor->wlr->y);
	}
}

static void handle_tip(struct wl_listener *listener, void *data) {
	struct tablets *tablets = wl_container_of(listener, tablets, listeners.tip);
	const struct wlr_tablet_tool_tip_event *event = data;
	struct tablet_tool *tool = get_tool(tablets, event->tablet, event->tool);
	if (tool == NULL) {
		return;
	}
	if (event->state == WLR_TABLET_TOOL_TIP_DOWN) {
		press_tip(tool, event->time_msec);
	} else {
		lift_tip(tool, event->time_msec);
	}
}

// The buttons of a pen are the right button of the pointer.
static void handle_button(struct wl_listener *listener, void *data) {
	struct tablets *tablets = wl_container_of(listener, tablets, listeners.button);
	const struct wlr_tablet_tool_button_event *event = data;
	struct tablet_tool *tool = get_tool(tablets, event->tablet, event->tool);
	bool pressed = event->state == WLR_BUTTON_PRESSED;
	if (tool == NULL) {
		return;
	}
	if (tool->surface != NULL) {
		wlr_send_tablet_v2_tablet_tool_button(tool->v2, event->button,
				pressed ? ZWP_TABLET_PAD_V2_BUTTON_STATE_PRESSED : ZWP_TABLET_PAD_V2_BUTTON_STATE_RELEASED);
	} else if (pressed != (tool->simulated_button != 0)) {
		tool->simulated_button = pressed ? BTN_RIGHT : 0;
		emulate_button(tablets->compositor, event->time_msec, BTN_RIGHT, pressed);
	}
}

static void handle_tablet_destroy(struct wl_listener *listener, void *data) {
	struct tablet *tablet = wl_container_of(listener, tablet, destroy);
	struct tablet_tool *tool;
	wl_list_for_each(tool, &tablet->compositor->tablets->tools, link) {
		if (tool->tablet == tablet) {
			release_simulated(tool, 0);
			leave(tool);
			tool->tablet = NULL;
		}
	}
	listener_remove(&tablet->destroy);
	wl_list_remove(&tablet->link);
	free(tablet);
}

static void handle_new_device(struct wl_listener *listener, void *data) {
	struct tablets *tablets = wl_container_of(listener, tablets, listeners.new_device);
	struct wlr_input_device *device = data;
	if (device->type != WLR_INPUT_DEVICE_TABLET) {
		return;
	}
	struct tablet *tablet = calloc(1, sizeof(*tablet));
	if (tablet == NULL) {
		return;
	}
	listener_add(&tablet->destroy, &device->events.destroy, handle_tablet_destroy);
	tablet->compositor = tablets->compositor;
	tablet->v2 = wlr_tablet_create(tablets->manager, tablets->compositor->seat->wlr, device);
	if (tablet->v2 == NULL) {
		listener_remove(&tablet->destroy);
		free(tablet);
		return;
	}
	wlr_tablet_from_input_device(device)->data = tablet;
	wl_list_insert(tablets->list.prev, &tablet->link);
}

bool tablets_have_focus(const struct compositor *compositor) {
	const struct tablet_tool *tool;
	wl_list_for_each(tool, &compositor->tablets->tools, link) {
		if (tool->surface != NULL) {
			return true;
		}
	}
	return false;
}

bool tablets_let_set_cursor(const struct compositor *compositor, const struct wlr_seat_client *client) {
	const struct tablet_tool *tool;
	wl_list_for_each(tool, &compositor->tablets->tools, link) {
		if (tool->surface != NULL && wl_resource_get_client(tool->surface->resource) == client->client) {
			return true;
		}
	}
	return false;
}

bool tablets_validate_serial(const struct compositor *compositor, const struct toplevel *toplevel, uint32_t serial) {
	const struct tablet_tool *tool;
	wl_list_for_each(tool, &compositor->tablets->tools, link) {
		if (tool->surface != NULL && tool->v2->is_down && tool->v2->down_serial == serial &&
				toplevel_try_from_surface(tool->surface) == toplevel) {
			return true;
		}
	}
	return false;
}

void tablets_cancel(struct compositor *compositor) {
	struct tablet_tool *tool;
	wl_list_for_each(tool, &compositor->tablets->tools, link) {
		leave(tool);
	}
}

bool tablets_init(struct compositor *compositor) {
	struct tablets *tablets = compositor->tablets;
	struct wlr_cursor *cursor = compositor->cursor->wlr;
	tablets->compositor = compositor;
	wl_list_init(&tablets->list);
	wl_list_init(&tablets->tools);
	tablets->manager = wlr_tablet_v2_create(compositor->display);
	if (tablets->manager == NULL) {
		return false;
	}
	listener_add(&tablets->listeners.new_device, &compositor->seat->events.new_device, handle_new_device);
	listener_add(&tablets->listeners.axis, &cursor->events.tablet_tool_axis, handle_axis);
	listener_add(&tablets->listeners.proximity, &cursor->events.tablet_tool_proximity, handle_proximity);
	listener_add(&tablets->listeners.tip, &cursor->events.tablet_tool_tip, handle_tip);
	listener_add(&tablets->listeners.button, &cursor->events.tablet_tool_button, handle_button);
	return true;
}

void tablets_finish(struct compositor *compositor) {
	struct tablets *tablets = compositor->tablets;
	listener_remove(&tablets->listeners.new_device);
	listener_remove(&tablets->listeners.axis);
	listener_remove(&tablets->listeners.proximity);
	listener_remove(&tablets->listeners.tip);
	listener_remove(&tablets->listeners.button);
}
