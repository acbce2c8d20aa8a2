/*
 * The handlers run before the request that they watch, so they see the result of the requests before it.
 */
#include "rectangles.h"

#include "clients.h"
#include "parts.h"
#include "requests.h"
#include <pixman.h>
#include <wayland-server-core.h>
#include <wayland-server-protocol.h>
#include <wlr/types/wlr_compositor.h>

static void limit_region(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	const pixman_region32_t *region = wlr_region_from_resource(resource);
	if (pixman_region32_n_rects(region) > RECTANGLES_REGION_MAX) {
		wl_resource_post_error(client_get_display(wl_resource_get_client(resource)), WL_DISPLAY_ERROR_NO_MEMORY,
				"too many rectangles in a region: %d, the limit is %d", pixman_region32_n_rects(region),
				RECTANGLES_REGION_MAX);
	}
}

static void bound(pixman_region32_t *damage) {
	if (pixman_region32_n_rects(damage) >= RECTANGLES_DAMAGE_MAX) {
		pixman_box32_t box = *pixman_region32_extents(damage);
		pixman_region32_fini(damage);
		pixman_region32_init_with_extents(damage, &box);
	}
}

static void bound_surface_damage(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	bound(&wlr_surface_from_resource(resource)->pending.surface_damage);
}

static void bound_buffer_damage(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	bound(&wlr_surface_from_resource(resource)->pending.buffer_damage);
}

static int64_t area(const pixman_box32_t *box) {
	return ((int64_t)box->x2 - box->x1) * ((int64_t)box->y2 - box->y1);
}

// Replaces an opaque region of many rectangles by the largest of them.
static void simplify_opaque(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	pixman_region32_t *opaque = &wlr_surface_from_resource(resource)->pending.opaque;
	int boxes_len;
	const pixman_box32_t *boxes = pixman_region32_rectangles(opaque, &boxes_len);
	if (boxes_len <= RECTANGLES_OPAQUE_MAX) {
		return;
	}
	pixman_box32_t largest = boxes[0];
	for (int i = 1; i < boxes_len; i++) {
		if (area(&boxes[i]) > area(&largest)) {
			largest = boxes[i];
		}
	}
	pixman_region32_fini(opaque);
	pixman_region32_init_with_extents(opaque, &largest);
}

bool rectangles_init(struct compositor *compositor) {
	return requests_watch(compositor, "wl_region", "add", limit_region) &&
		   requests_watch(compositor, "wl_region", "subtract", limit_region) &&
		   requests_watch(compositor, "wl_surface", "commit", simplify_opaque) &&
		   requests_watch(compositor, "wl_surface", "damage", bound_surface_damage) &&
		   requests_watch(compositor, "wl_surface", "damage_buffer", bound_buffer_damage);
}
