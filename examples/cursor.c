#include "cursor.h"

#include "pixels.h"
#include <math.h>
#include <wayland-client.h>

#define ARROW_SIZE 24
#define ARROW_HOTSPOT 2

void cursor_init(struct cursor *cursor, struct session *session) {
	*cursor = (struct cursor){
		.surface = wl_compositor_create_surface(session->compositor),
		.swapchain = lido_swapchain_create(session->client),
	};
}

void cursor_finish(struct cursor *cursor) {
	lido_swapchain_destroy(cursor->swapchain);
	wl_surface_destroy(cursor->surface);
}

// Returns an image in the stride that cairo prefers. NULL: out of memory.
static struct lido_image *acquire(struct cursor *cursor, int32_t size) {
	int32_t stride = cairo_format_stride_for_width(CAIRO_FORMAT_ARGB32, size);
	if (cursor->swapchain == NULL) {
		return NULL;
	}
	return lido_swapchain_acquire_with_stride(cursor->swapchain, size, size, stride, WL_SHM_FORMAT_ARGB8888);
}

// Returns an empty image to draw the cursor on. NULL: out of memory, and the cursor stays as it is.
static struct lido_image *begin(struct cursor *cursor, int32_t size, int32_t hotspot, cairo_t **cairo) {
	struct lido_image *image = acquire(cursor, size);
	*cairo = image != NULL ? pixels_begin(image, CAIRO_FORMAT_ARGB32) : NULL;
	if (*cairo == NULL) {
		return NULL;
	}
	pixels_clear(*cairo);
	cursor->hotspot_x = hotspot;
	cursor->hotspot_y = hotspot;
	return image;
}

static void end(struct cursor *cursor, struct lido_image *image, cairo_t *cairo) {
	pixels_end(cairo);
	wl_surface_attach(cursor->surface, lido_image_get_buffer(image), 0, 0);
	wl_surface_damage_buffer(cursor->surface, 0, 0, lido_image_get_width(image), lido_image_get_height(image));
	wl_surface_commit(cursor->surface);
}

// Dark with a light edge, so that it is visible on any background.
static void stroke_twice(cairo_t *cairo) {
	cairo_set_source_rgba(cairo, 1, 1, 1, 0.9);
	cairo_set_line_width(cairo, 3);
	cairo_stroke_preserve(cairo);
	cairo_set_source_rgba(cairo, 0.15, 0.17, 0.2, 0.9);
	cairo_set_line_width(cairo, 1.2);
	cairo_stroke_preserve(cairo);
}

void cursor_draw_arrow(struct cursor *cursor) {
	static const double points[][2] = {{0, 0}, {0, 16}, {3.8, 12.6}, {6.2, 18}, {9, 16.8}, {6.6, 11.6}, {11.6, 11.4}};
	cairo_t *cairo;
	struct lido_image *image = begin(cursor, ARROW_SIZE, ARROW_HOTSPOT, &cairo);
	if (image == NULL) {
		return;
	}
	cairo_translate(cairo, ARROW_HOTSPOT, ARROW_HOTSPOT);
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		cairo_line_to(cairo, points[i][0], points[i][1]);
	}
	cairo_close_path(cairo);
	cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
	stroke_twice(cairo);
	cairo_fill(cairo);
	end(cursor, image, cairo);
}

void cursor_draw_ring(struct cursor *cursor, double diameter) {
	int32_t radius = (int32_t)ceil(diameter / 2) + 2;
	cairo_t *cairo;
	struct lido_image *image = begin(cursor, 2 * radius + 1, radius, &cairo);
	if (image == NULL) {
		return;
	}
	cairo_arc(cairo, radius, radius, diameter / 2, 0, 2 * M_PI);
	stroke_twice(cairo);
	cairo_new_path(cairo);
	end(cursor, image, cairo);
}
