/*
 * One stroke of a brush, from the point where it touches the canvas to the point where it leaves it.
 *
 * Motion events are points on the way. Straight lines between them would show corners. So the curve runs through the
 * middles between neighboring points, with the points as control points: it has no corners, and the piece that each
 * event adds is final.
 */
#ifndef STROKE_H
#define STROKE_H

#include "canvas.h"

struct stroke {
	struct brush brush;
	struct point last;   // the last point of an event
	struct point middle; // current end of the curve
};

/* Begin, continue and end a stroke. Each draws, and returns the box of the canvas that has changed. */
cairo_rectangle_int_t stroke_begin(
		struct stroke *stroke, struct canvas *canvas, const struct brush *brush, struct point point);
cairo_rectangle_int_t stroke_move(struct stroke *stroke, struct canvas *canvas, struct point point);
cairo_rectangle_int_t stroke_end(struct stroke *stroke, struct canvas *canvas);

#endif
