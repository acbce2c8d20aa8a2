#include "xpress.h"

#include "cursor.h"
#include "monotonic.h"
#include "parts.h"
#include "seat.h"
#include "tablet.h"
#include "touch.h"
#include "xdrag.h"
#include "xwayland.h"
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_tablet_v2.h>
#include <wlr/xwayland.h>

// The least that a pointer can move, pixels.
#define MOTION_MIN (1.0 / 256)

// The window of X11 to which a surface belongs; XCB_WINDOW_NONE: to none.
static xcb_window_t find_window(struct wlr_surface *surface) {
	const struct wlr_xwayland_surface *x =
			surface != NULL ? wlr_xwayland_surface_try_from_wlr_surface(wlr_surface_get_root_surface(surface)) : NULL;
	return x != NULL ? x->window_id : XCB_WINDOW_NONE;
}

static struct wlr_seat *get_seat(const struct xdrag *xdrag) {
	return xdrag->compositor->seat->wlr;
}

static bool is_of_program(const struct xdrag *xdrag, xcb_window_t window, xcb_window_t of) {
	return window != XCB_WINDOW_NONE && xdrag_is_same_program(xdrag, window, of);
}

static bool is_tool_down(const struct tablet_tool *tool) {
	return tool->surface != NULL && tool->v2->is_down;
}

bool xpress_begin(struct xdrag *xdrag, xcb_window_t window) {
	struct xpress *press = &xdrag->press;
	const struct wlr_seat *seat = get_seat(xdrag);
	press->kind = XPRESS_NONE;
	if (seat->pointer_state.button_count > 0 &&
			is_of_program(xdrag, find_window(seat->pointer_state.focused_surface), window)) {
		press->kind = XPRESS_POINTER;
		return true;
	}
	const struct wlr_touch_point *point;
	wl_list_for_each(point, &seat->touch_state.touch_points, link) {
		if (is_of_program(xdrag, find_window(point->surface), window)) {
			press->kind = XPRESS_FINGER;
			press->finger = point->touch_id;
			return true;
		}
	}
	const struct tablet_tool *tool;
	wl_list_for_each(tool, &xdrag->compositor->tablets->tools, link) {
		if (is_tool_down(tool) && is_of_program(xdrag, find_window(tool->surface), window)) {
			press->kind = XPRESS_TOOL;
			press->tool = tool;
			return true;
		}
	}
	return false;
}

static const struct finger *find_finger(const struct xdrag *xdrag) {
	const struct touch *touch = xdrag->compositor->touch;
	const struct finger *finger = NULL;
	for (size_t i = 0; i < TOUCH_FINGERS_MAX; i++) {
		if (touch->fingers[i].down && touch->fingers[i].id == xdrag->press.finger) {
			finger = &touch->fingers[i];
		}
	}
	// It has no point any more if its surface is gone.
	return wlr_seat_touch_get_point(get_seat(xdrag), xdrag->press.finger) != NULL ? finger : NULL;
}

static const struct tablet_tool *find_tool(const struct xdrag *xdrag) {
	const struct tablet_tool *tool;
	wl_list_for_each(tool, &xdrag->compositor->tablets->tools, link) {
		if (tool == xdrag->press.tool) {
			return is_tool_down(tool) ? tool : NULL;
		}
	}
	return NULL;
}

bool xpress_is_down(const struct xdrag *xdrag) {
	switch (xdrag->press.kind) {
	case XPRESS_POINTER:
		return get_seat(xdrag)->pointer_state.button_count > 0;
	case XPRESS_FINGER:
		return find_finger(xdrag) != NULL;
	case XPRESS_TOOL:
		return find_tool(xdrag) != NULL;
	case XPRESS_NONE:
		break;
	}
	return false;
}

void xpress_get_position(const struct xdrag *xdrag, double *lx, double *ly) {
	const struct finger *finger = xdrag->press.kind == XPRESS_FINGER ? find_finger(xdrag) : NULL;
	const struct wlr_cursor *cursor = xdrag->compositor->cursor->wlr; // a tool has moved it
	*lx = finger != NULL ? finger->x : cursor->x;
	*ly = finger != NULL ? finger->y : cursor->y;
}

void xpress_repeat(const struct xdrag *xdrag) {
	struct wlr_seat *seat = get_seat(xdrag);
	const struct wlr_cursor *cursor = xdrag->compositor->cursor->wlr;
	const struct finger *finger = xdrag->press.kind == XPRESS_FINGER ? find_finger(xdrag) : NULL;
	const struct tablet_tool *tool = xdrag->press.kind == XPRESS_TOOL ? find_tool(xdrag) : NULL;
	uint32_t now = (uint32_t)monotonic_msec();
	if (finger != NULL) {
		wlr_seat_touch_notify_motion(seat, now, finger->id, finger->x - finger->origin_x, finger->y - finger->origin_y);
		wlr_seat_touch_notify_frame(seat);
	} else if (tool != NULL) {
		wlr_send_tablet_v2_tablet_tool_motion(tool->v2, cursor->x - tool->origin_x, cursor->y - tool->origin_y);
	} else if (xdrag->press.kind == XPRESS_POINTER) {
		// wlroots sends changes only.
		wlr_seat_pointer_notify_motion(seat, now, seat->pointer_state.sx + MOTION_MIN, seat->pointer_state.sy);
		wlr_seat_pointer_notify_frame(seat);
	}
}
