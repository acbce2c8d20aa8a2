#include "constraint.h"

#include "compat.h"
#include "cursor.h"
#include "desktop.h"
#include "focus.h"
#include "grab.h"
#include "listener.h"
#include "parts.h"
#include "requests.h"
#include "seat.h"
#include "session_lock.h"
#include "toplevel.h"
#include "usage.h"
#include <math.h>
#include <pixman.h>
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_pointer_constraints_v1.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/util/region.h>

// Follows one constraint, active or inactive.
struct constraint {
	struct compositor *compositor;
	struct wlr_pointer_constraint_v1 *wlr;
	struct wl_listener set_region, destroy;
};

static void warp(struct compositor *compositor, struct wlr_surface *surface, double sx, double sy) {
	int lx, ly;
	if (desktop_surface_position(compositor->desktop, surface, &lx, &ly)) {
		if (wlr_cursor_warp(compositor->cursor->wlr, NULL, lx + sx, ly + sy)) {
			wlr_seat_pointer_warp(compositor->seat->wlr, sx, sy);
		}
	}
}

// A client that draws the pointer itself while it is locked requests its position afterwards by a hint. It must not
// move the pointer to another client's window.
static void warp_to_hint(struct compositor *compositor, struct wlr_pointer_constraint_v1 *wlr) {
	double x = wlr->current.cursor_hint.x, y = wlr->current.cursor_hint.y;
	if (wlr->type == WLR_POINTER_CONSTRAINT_V1_LOCKED && wlr->current.cursor_hint.enabled && x >= 0 && y >= 0 &&
			x < wlr->surface->current.width && y < wlr->surface->current.height) {
		warp(compositor, wlr->surface, x, y);
	}
}

static bool contains(struct wlr_pointer_constraint_v1 *wlr, double sx, double sy) {
	return pixman_region32_contains_point(&wlr->region, (int)floor(sx), (int)floor(sy), NULL);
}

static struct wlr_pointer_constraint_v1 *find_wanted(struct compositor *compositor) {
	struct wlr_seat *seat = compositor->seat->wlr;
	struct wlr_surface *surface = seat->pointer_state.focused_surface;
	if (surface == NULL || session_lock_is_locked(compositor)) {
		return NULL;
	}
	struct toplevel *toplevel = toplevel_try_from_surface(surface);
	if (toplevel != NULL && toplevel != compositor->toplevels->active) {
		return NULL;
	}
	return wlr_pointer_constraints_v1_constraint_for_surface(compositor->constraints->manager, surface, seat);
}

void constraint_update(struct compositor *compositor) {
	struct constraints *constraints = compositor->constraints;
	struct wlr_seat_pointer_state *pointer = &compositor->seat->wlr->pointer_state;
	struct wlr_pointer_constraint_v1 *wanted = find_wanted(compositor);
	struct wlr_pointer_constraint_v1 *active = constraints->active;
	if (wanted == active) {
		return;
	}
	if (active != NULL) {
		constraints->active = NULL;
		warp_to_hint(compositor, active);
		wlr_pointer_constraint_v1_send_deactivated(active);
	}
	if (wanted != NULL && contains(wanted, pointer->sx, pointer->sy)) {
		constraints->active = wanted;
		wlr_pointer_constraint_v1_send_activated(wanted);
	}
}

bool constraint_limit(struct compositor *compositor, double *dx, double *dy) {
	struct wlr_pointer_constraint_v1 *active = compositor->constraints->active;
	struct wlr_seat_pointer_state *pointer = &compositor->seat->wlr->pointer_state;
	if (active == NULL || compositor->grab->mode != GRAB_NONE) {
		return true;
	}
	if (active->type == WLR_POINTER_CONSTRAINT_V1_LOCKED) {
		return false;
	}
	double x, y;
	if (!wlr_region_confine(&active->region, pointer->sx, pointer->sy, pointer->sx + *dx, pointer->sy + *dy, &x, &y)) {
		return false;
	}
	*dx = x - pointer->sx;
	*dy = y - pointer->sy;
	return true;
}

// Moves x, y to the nearest point of a region. Returns false if the region is empty.
static bool nearest_point(pixman_region32_t *region, double *x, double *y) {
	int boxes_len;
	const pixman_box32_t *boxes = pixman_region32_rectangles(region, &boxes_len);
	double best = INFINITY, best_x = *x, best_y = *y;
	for (int i = 0; i < boxes_len; i++) {
		double near_x = fmin(fmax(*x, boxes[i].x1), boxes[i].x2 - 1);
		double near_y = fmin(fmax(*y, boxes[i].y1), boxes[i].y2 - 1);
		double distance = hypot(near_x - *x, near_y - *y);
		if (distance < best) {
			best = distance;
			best_x = near_x;
			best_y = near_y;
		}
	}
	*x = best_x;
	*y = best_y;
	return boxes_len > 0;
}

static void handle_set_region(struct wl_listener *listener, void *data) {
	struct constraint *constraint = wl_container_of(listener, constraint, set_region);
	struct compositor *compositor = constraint->compositor;
	struct wlr_pointer_constraint_v1 *wlr = constraint->wlr;
	double x = compositor->seat->wlr->pointer_state.sx, y = compositor->seat->wlr->pointer_state.sy;
	bool confined = compositor->constraints->active == wlr && wlr->type == WLR_POINTER_CONSTRAINT_V1_CONFINED;
	if (confined && !contains(wlr, x, y) && nearest_point(&wlr->region, &x, &y)) {
		warp(compositor, wlr->surface, x, y);
	}
	// Later: wlroots destroys a constraint for one time when it ends, and is still emitting one of its signals.
	cursor_refresh(compositor);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct constraint *constraint = wl_container_of(listener, constraint, destroy);
	struct compositor *compositor = constraint->compositor;
	if (compositor->constraints->active == constraint->wlr) {
		compositor->constraints->active = NULL;
		warp_to_hint(compositor, constraint->wlr);
		cursor_refresh(compositor);
	}
	listener_remove(&constraint->set_region);
	listener_remove(&constraint->destroy);
	free(constraint);
}

static void handle_new_constraint(struct wl_listener *listener, void *data) {
	struct constraints *constraints = wl_container_of(listener, constraints, new_constraint);
	struct compositor *compositor = constraints->compositor;
	struct wlr_pointer_constraint_v1 *wlr = data;
	struct constraint *constraint = calloc(1, sizeof(*constraint));
	if (constraint == NULL) {
		return;
	}
	constraint->compositor = compositor;
	constraint->wlr = wlr;
	pointer_constraint_init_region(wlr);
	listener_add(&constraint->set_region, &wlr->events.set_region, handle_set_region);
	listener_add(&constraint->destroy, &wlr->events.destroy, handle_destroy);
	constraint_update(compositor);
}

static void handle_focus_changed(struct wl_listener *listener, void *data) {
	struct constraints *constraints = wl_container_of(listener, constraints, focus_changed);
	constraint_update(constraints->compositor);
}

static void limit_rectangles(struct wl_resource *region, struct wl_client *client) {
	int rectangles = region != NULL ? pixman_region32_n_rects(wlr_region_from_resource(region)) : 0;
	if (rectangles > CONSTRAINT_RECTANGLES_MAX) {
		usage_post_too_many(client, "rectangles in the region of a pointer constraint", (uint64_t)rectangles,
				CONSTRAINT_RECTANGLES_MAX);
	}
}

static void limit_new(struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	limit_rectangles((struct wl_resource *)arguments[3].o, wl_resource_get_client(resource));
}

static void limit_changed(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	limit_rectangles((struct wl_resource *)arguments[0].o, wl_resource_get_client(resource));
}

bool constraints_init(struct compositor *compositor) {
	struct constraints *constraints = compositor->constraints;
	constraints->compositor = compositor;
	constraints->manager = wlr_pointer_constraints_v1_create(compositor->display);
	if (constraints->manager == NULL) {
		return false;
	}
	listener_add(&constraints->new_constraint, &constraints->manager->events.new_constraint, handle_new_constraint);
	listener_add(&constraints->focus_changed, &compositor->focus->events.changed, handle_focus_changed);
	return requests_watch(compositor, "zwp_pointer_constraints_v1", "lock_pointer", limit_new) &&
		   requests_watch(compositor, "zwp_pointer_constraints_v1", "confine_pointer", limit_new) &&
		   requests_watch(compositor, "zwp_locked_pointer_v1", "set_region", limit_changed) &&
		   requests_watch(compositor, "zwp_confined_pointer_v1", "set_region", limit_changed);
}

void constraints_finish(struct compositor *compositor) {
	listener_remove(&compositor->constraints->new_constraint);
	listener_remove(&compositor->constraints->focus_changed);
}
