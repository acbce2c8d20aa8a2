#include "canvas.h"

#include "number.h"
#include <math.h>
#include <stddef.h>
#include <sys/param.h>

// Dragging a corner of the window causes many sizes, so grow in steps of this many pixels.
#define GROWTH 256

static const double paper[] = {0.984, 0.973, 0.949};

void canvas_init(struct canvas *canvas) {
	*canvas = (struct canvas){0};
}

void canvas_finish(struct canvas *canvas) {
	if (canvas->surface != NULL) {
		cairo_destroy(canvas->cairo);
		cairo_surface_destroy(canvas->surface);
	}
}

bool canvas_grow(struct canvas *canvas, int32_t width, int32_t height) {
	if (width <= canvas->width && height <= canvas->height) {
		return true;
	}
	struct canvas grown = {
		.width = MAX(canvas->width, divide_up(width, GROWTH) * GROWTH),
		.height = MAX(canvas->height, divide_up(height, GROWTH) * GROWTH),
	};
	grown.surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, grown.width, grown.height);
	grown.cairo = cairo_create(grown.surface);
	if (cairo_status(grown.cairo) != CAIRO_STATUS_SUCCESS) {
		canvas_finish(&grown);
		return false;
	}
	canvas_clear(&grown);
	if (canvas->surface != NULL) {
		canvas_paint(canvas, grown.cairo);
	}
	canvas_finish(canvas);
	cairo_set_line_cap(grown.cairo, CAIRO_LINE_CAP_ROUND);
	*canvas = grown;
	return true;
}

void canvas_clear(struct canvas *canvas) {
	cairo_set_source_rgb(canvas->cairo, paper[0], paper[1], paper[2]);
	cairo_paint(canvas->cairo);
}

// The curve lies in the triangle of the three points.
static cairo_rectangle_int_t find_bounds(struct point a, struct point b, struct point c, double radius) {
	int left = (int)floor(fmin(a.x, fmin(b.x, c.x)) - radius), top = (int)floor(fmin(a.y, fmin(b.y, c.y)) - radius);
	int right = (int)ceil(fmax(a.x, fmax(b.x, c.x)) + radius), bottom = (int)ceil(fmax(a.y, fmax(b.y, c.y)) + radius);
	return (cairo_rectangle_int_t){.x = left, .y = top, .width = right - left, .height = bottom - top};
}

cairo_rectangle_int_t canvas_draw_curve(
		struct canvas *canvas, const struct brush *brush, struct point from, struct point control, struct point to) {
	cairo_t *cairo = canvas->cairo;
	cairo_set_source_rgb(cairo, brush->red, brush->green, brush->blue);
	cairo_set_line_width(cairo, brush->diameter);
	cairo_move_to(cairo, from.x, from.y);
	// The same parabola as a cubic.
	cairo_curve_to(cairo, (from.x + 2 * control.x) / 3, (from.y + 2 * control.y) / 3, (to.x + 2 * control.x) / 3,
			(to.y + 2 * control.y) / 3, to.x, to.y);
	cairo_stroke(cairo);
	// Antialiasing needs one more pixel.
	return find_bounds(from, control, to, brush->diameter / 2 + 1);
}

void canvas_paint(const struct canvas *canvas, cairo_t *cairo) {
	cairo_set_source_surface(cairo, canvas->surface, 0, 0);
	cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_NEAREST);
	cairo_paint(cairo);
}
