#include "grab.h"

#include "cursor.h"
#include "listener.h"
#include "output.h"
#include "parts.h"
#include "placement.h"
#include "seat.h"
#include "tablet.h"
#include "toplevel.h"
#include "touch.h"
#include <math.h>
#include <sys/param.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/util/edges.h>

// A maximized window that is dragged is restored, and stays under the pointer.
static void tear_off(struct toplevel *toplevel, double lx, double ly) {
	struct wlr_box old = toplevel_box(toplevel);
	double x = (lx - old.x) / MAX(old.width, 1);
	toplevel_set_maximized(toplevel, false);
	toplevel->arrival.waiting = false;
	int width = toplevel->normal.width > 0 ? toplevel->normal.width : old.width;
	toplevel_move(toplevel, (int)(lx - x * width), old.y);
}

static void grab_reset(struct grab *grab) {
	grab->mode = GRAB_NONE;
	grab->toplevel = NULL;
	grab->by_touch = false;
	grab->next.waiting = grab->next.moved = false;
}

// A client that has not drawn yet for the last drag will: the next one goes on from there.
static struct wlr_box find_start(const struct toplevel *toplevel) {
	return toplevel->resize.edges != 0 ? toplevel->resize.box : toplevel_box(toplevel);
}

static void grab_begin(struct toplevel *toplevel, enum grab_mode mode, uint32_t edges, double lx, double ly) {
	struct compositor *compositor = toplevel->compositor;
	struct grab *grab = compositor->grab;
	grab_end(compositor);
	if (toplevel->fullscreen || (mode == GRAB_RESIZE && (toplevel->maximized || edges == 0))) {
		return;
	}
	if (toplevel->maximized) {
		tear_off(toplevel, lx, ly);
	}
	grab->mode = mode;
	grab->toplevel = toplevel;
	grab->edges = edges;
	grab->start_x = lx;
	grab->start_y = ly;
	grab->start = find_start(toplevel);
	if (mode == GRAB_RESIZE) {
		toplevel->ops->set_resizing(toplevel, true);
		toplevel->arrival.waiting = false;
		toplevel->resize.edges = edges;
		toplevel->resize.box = grab->start;
		toplevel->resize.ended = false;
		toplevel->resize.right = grab->start.x + grab->start.width;
		toplevel->resize.bottom = grab->start.y + grab->start.height;
	}
}

void grab_begin_pointer(struct toplevel *toplevel, enum grab_mode mode, uint32_t edges) {
	struct compositor *compositor = toplevel->compositor;
	grab_begin(toplevel, mode, edges, compositor->cursor->wlr->x, compositor->cursor->wlr->y);
	if (compositor->grab->mode != GRAB_NONE) {
		wlr_seat_pointer_clear_focus(compositor->seat->wlr);
		cursor_set_grabbing(compositor, mode, edges);
	}
}

static struct wlr_touch_point *find_touch_point(struct wlr_seat *seat, const struct toplevel_request *request) {
	struct wlr_touch_point *point = NULL;
	if (request->has_serial) {
		wlr_seat_validate_touch_grab_serial(seat, NULL, request->serial, &point);
		return point != NULL && toplevel_try_from_surface(point->surface) == request->toplevel ? point : NULL;
	}
	wl_list_for_each(point, &seat->touch_state.touch_points, link) {
		if (toplevel_try_from_surface(point->surface) == request->toplevel) {
			return point;
		}
	}
	return NULL;
}

// Starts the grab that a client requests, if its serial is that of a press on this window that is still held. Without a
// serial, any press that is held will do.
static void grab_request(const struct toplevel_request *request, enum grab_mode mode) {
	struct toplevel *toplevel = request->toplevel;
	struct compositor *compositor = toplevel->compositor;
	struct wlr_seat *seat = compositor->seat->wlr;
	uint32_t edges = request->edges;
	struct wlr_touch_point *point;
	bool is_press = !request->has_serial || seat->pointer_state.grab_serial == request->serial;
	bool is_pressed = seat->pointer_state.button_count > 0 && is_press &&
					  toplevel_try_from_surface(seat->pointer_state.focused_surface) == toplevel;
	if (is_pressed || (request->has_serial && tablets_validate_serial(compositor, toplevel, request->serial))) {
		grab_begin_pointer(toplevel, mode, edges);
	} else if ((point = find_touch_point(seat, request)) != NULL) {
		double lx, ly;
		touch_position(compositor, point, &lx, &ly);
		grab_begin(toplevel, mode, edges, lx, ly);
		compositor->grab->by_touch = true;
		compositor->grab->touch_id = point->touch_id;
	}
}

// A client that draws slowly would otherwise draw all sizes in between, late, and have memory for each. X11 has no
// serials, and its windows do not wait.
static void resize_to(struct grab *grab, double lx, double ly) {
	int dx = (int)lround(lx - grab->start_x), dy = (int)lround(ly - grab->start_y);
	struct toplevel *toplevel = grab->toplevel;
	struct wlr_box minimum, maximum;
	toplevel->ops->get_limits(toplevel, &minimum, &maximum);
	struct wlr_box box = placement_resize(&grab->start, grab->edges, dx, dy, &minimum, &maximum);
	toplevel->resize.box = box;
	toplevel->resize.serial = toplevel->ops->resize(toplevel, &box);
	grab->next.waiting = toplevel->resize.serial != 0;
	grab->next.moved = false;
}

// The edges that a late client is to leave in place move as well.
static void move_to(struct grab *grab, double lx, double ly) {
	struct toplevel *toplevel = grab->toplevel;
	int x = grab->start.x + (int)lround(lx - grab->start_x), y = grab->start.y + (int)lround(ly - grab->start_y);
	toplevel_move(toplevel, x, y);
	toplevel->resize.right = x + grab->start.width;
	toplevel->resize.bottom = y + grab->start.height;
}

void grab_motion(struct compositor *compositor, double lx, double ly) {
	struct grab *grab = compositor->grab;
	if (grab->mode == GRAB_MOVE) {
		move_to(grab, lx, ly);
	} else if (grab->mode == GRAB_RESIZE && grab->next.waiting) {
		grab->next.moved = true;
		grab->next.x = lx;
		grab->next.y = ly;
	} else if (grab->mode == GRAB_RESIZE) {
		resize_to(grab, lx, ly);
	}
}

// Does the user want only a part of the window to be on its output?
static void note_place(struct toplevel *toplevel) {
	struct output *output = toplevel_output(toplevel);
	struct wlr_box box = toplevel_box(toplevel);
	toplevel->strayed = output != NULL && !placement_is_inside(&output->usable, &box);
}

void grab_end(struct compositor *compositor) {
	struct grab *grab = compositor->grab;
	struct toplevel *toplevel = grab->toplevel;
	if (grab->mode == GRAB_NONE) {
		return;
	}
	bool was_resize = grab->mode == GRAB_RESIZE, by_touch = grab->by_touch;
	if (was_resize && grab->next.moved) {
		resize_to(grab, grab->next.x, grab->next.y);
	}
	grab_reset(grab);
	if (was_resize) {
		toplevel_end_resize(toplevel);
	}
	note_place(toplevel);
	toplevel_notify_changed(toplevel);
	if (!by_touch) {
		cursor_set_grabbing(compositor, GRAB_NONE, 0);
	}
}

static void handle_request_move(struct wl_listener *listener, void *data) {
	const struct toplevel_request *request = data;
	grab_request(request, GRAB_MOVE);
}

static void handle_request_resize(struct wl_listener *listener, void *data) {
	const struct toplevel_request *request = data;
	grab_request(request, GRAB_RESIZE);
}

static void handle_toplevel_acked(struct wl_listener *listener, void *data) {
	struct grab *grab = wl_container_of(listener, grab, listeners.toplevel_acked);
	const struct toplevel *toplevel = data;
	if (grab->toplevel != toplevel || (int32_t)(toplevel->resize.acked - toplevel->resize.serial) < 0) {
		return;
	}
	grab->next.waiting = false;
	if (grab->next.moved) {
		resize_to(grab, grab->next.x, grab->next.y);
	}
}

static void handle_toplevel_unmap(struct wl_listener *listener, void *data) {
	struct grab *grab = wl_container_of(listener, grab, listeners.toplevel_unmap);
	if (grab->toplevel == data) {
		grab_reset(grab);
		cursor_set_grabbing(grab->compositor, GRAB_NONE, 0);
	}
}

bool grab_init(struct compositor *compositor) {
	struct grab *grab = compositor->grab;
	struct toplevels *toplevels = compositor->toplevels;
	grab->compositor = compositor;
	listener_add(&grab->listeners.request_move, &toplevels->events.request_move, handle_request_move);
	listener_add(&grab->listeners.request_resize, &toplevels->events.request_resize, handle_request_resize);
	listener_add(&grab->listeners.toplevel_acked, &toplevels->events.acked, handle_toplevel_acked);
	listener_add(&grab->listeners.toplevel_unmap, &toplevels->events.unmap, handle_toplevel_unmap);
	return true;
}

void grab_finish(struct compositor *compositor) {
	struct grab *grab = compositor->grab;
	listener_remove(&grab->listeners.request_move);
	listener_remove(&grab->listeners.request_resize);
	listener_remove(&grab->listeners.toplevel_acked);
	listener_remove(&grab->listeners.toplevel_unmap);
}
