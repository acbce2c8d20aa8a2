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

bool rectangles_init(struct compositor *compositor) {
	return requests_watch(compositor, "wl_region", "add", limit_region) &&
		   requests_watch(compositor, "wl_region", "subtract", limit_region) &&
		   requests_watch(compositor, "wl_surface", "damage", bound_surface_damage) &&
		   requests_watch(compositor, "wl_surface", "damage_buffer", bound_buffer_damage);
}
