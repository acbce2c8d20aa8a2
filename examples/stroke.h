/*
 * One stroke of a brush, from where it touches the canvas to where it leaves it.
 *
 * Motion events are points on the way. Straight lines between them would show corners, so the curve goes through the
 * middles between them, each point pulling it: it has no corners, and each event adds a piece which is final.
 */
#ifndef STROKE_H
#define STROKE_H

#include "canvas.h"

struct stroke {
	struct brush brush;
	struct point last;   // that was touched
	struct point middle; // where the curve ends so far
};

/* These return the box of the canvas that has changed. */
cairo_rectangle_int_t stroke_begin(
		struct stroke *stroke, struct canvas *canvas, const struct brush *brush, struct point point);
cairo_rectangle_int_t stroke_move(struct stroke *stroke, struct canvas *canvas, struct point point);
cairo_rectangle_int_t stroke_end(struct stroke *stroke, struct canvas *canvas);

#endif
