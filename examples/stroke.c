#include "stroke.h"

cairo_rectangle_int_t stroke_begin(
		struct stroke *stroke, struct canvas *canvas, const struct brush *brush, struct point point) {
	*stroke = (struct stroke){.brush = *brush, .last = point, .middle = point};
	return canvas_draw_curve(canvas, brush, point, point, point);
}

cairo_rectangle_int_t stroke_move(struct stroke *stroke, struct canvas *canvas, struct point point) {
	const struct point middle = {(stroke->last.x + point.x) / 2, (stroke->last.y + point.y) / 2};
	cairo_rectangle_int_t box = canvas_draw_curve(canvas, &stroke->brush, stroke->middle, stroke->last, middle);
	stroke->last = point;
	stroke->middle = middle;
	return box;
}

cairo_rectangle_int_t stroke_end(struct stroke *stroke, struct canvas *canvas) {
	return canvas_draw_curve(canvas, &stroke->brush, stroke->middle, stroke->last, stroke->last);
}
