/*
 * A protocol logger receives each request before wlroots does (see xdg_errors.c), so these functions see the result of
 * the requests before it.
 */
#include "rectangles.h"

#include "clients.h"
#include "parts.h"
#include <pixman.h>
#include <string.h>
#include <wayland-server-core.h>
#include <wayland-server-protocol.h>
#include <wlr/types/wlr_compositor.h>

static void limit_region(struct wl_resource *resource) {
	const pixman_region32_t *region = wlr_region_from_resource(resource);
	if (pixman_region32_n_rects(region) > RECTANGLES_REGION_MAX) {
		wl_resource_post_error(client_get_display(wl_resource_get_client(resource)), WL_DISPLAY_ERROR_NO_MEMORY,
				"too many rectangles in a region: %d, the limit is %d", pixman_region32_n_rects(region),
				RECTANGLES_REGION_MAX);
	}
}

static void bound_damage(pixman_region32_t *damage) {
	if (pixman_region32_n_rects(damage) >= RECTANGLES_DAMAGE_MAX) {
		pixman_box32_t box = *pixman_region32_extents(damage);
		pixman_region32_fini(damage);
		pixman_region32_init_with_extents(damage, &box);
	}
}

static void handle_message(
		void *data, enum wl_protocol_logger_type type, const struct wl_protocol_logger_message *message) {
	if (type != WL_PROTOCOL_LOGGER_REQUEST) {
		return;
	}
	const char *class = wl_resource_get_class(message->resource), *name = message->message->name;
	if (strcmp(class, wl_region_interface.name) == 0) {
		if (strcmp(name, "destroy") != 0) {
			limit_region(message->resource);
		}
	} else if (strcmp(class, wl_surface_interface.name) == 0) {
		struct wlr_surface *surface = wlr_surface_from_resource(message->resource);
		if (strcmp(name, "damage") == 0) {
			bound_damage(&surface->pending.surface_damage);
		} else if (strcmp(name, "damage_buffer") == 0) {
			bound_damage(&surface->pending.buffer_damage);
		}
	}
}

bool rectangles_init(struct compositor *compositor) {
	compositor->rectangles->logger = wl_display_add_protocol_logger(compositor->display, handle_message, NULL);
	return compositor->rectangles->logger != NULL;
}

void rectangles_finish(struct compositor *compositor) {
	if (compositor->rectangles->logger != NULL) {
		wl_protocol_logger_destroy(compositor->rectangles->logger);
	}
}
