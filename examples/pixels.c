#include "pixels.h"

#include <math.h>

cairo_t *pixels_begin(struct lido_image *image, cairo_format_t format) {
	unsigned char *pixels = lido_image_get_pixels(image);
	if (pixels == NULL) {
		return NULL;
	}
	cairo_surface_t *surface = cairo_image_surface_create_for_data(
			pixels, format, lido_image_get_width(image), lido_image_get_height(image), lido_image_get_stride(image));
	cairo_t *cairo = cairo_create(surface);
	cairo_surface_destroy(surface);
	return cairo;
}

void pixels_end(cairo_t *cairo) {
	cairo_surface_flush(cairo_get_target(cairo));
	cairo_destroy(cairo);
}

void pixels_clear(cairo_t *cairo) {
	cairo_save(cairo);
	cairo_set_operator(cairo, CAIRO_OPERATOR_CLEAR);
	cairo_paint(cairo);
	cairo_restore(cairo);
}

void pixels_round_box(cairo_t *cairo, double x, double y, double width, double height, double radius) {
	cairo_new_sub_path(cairo);
	cairo_arc(cairo, x + width - radius, y + radius, radius, -M_PI / 2, 0);
	cairo_arc(cairo, x + width - radius, y + height - radius, radius, 0, M_PI / 2);
	cairo_arc(cairo, x + radius, y + height - radius, radius, M_PI / 2, M_PI);
	cairo_arc(cairo, x + radius, y + radius, radius, M_PI, 3 * M_PI / 2);
	cairo_close_path(cairo);
}
