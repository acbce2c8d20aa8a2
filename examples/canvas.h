/*
 * The picture: it grows with the window and keeps what was drawn when the window shrinks.
 */
#ifndef CANVAS_H
#define CANVAS_H

#include <cairo.h>
#include <stdbool.h>
#include <stdint.h>

struct brush {
	double red, green, blue; // 0 to 1
	double diameter;         // pixels
};

struct point {
	double x, y;
};

struct canvas {
	cairo_surface_t *surface; // NULL before it has grown
	cairo_t *cairo;
	int32_t width, height;
};

/* Nothing yet: it must grow before anything is drawn on it. */
void canvas_init(struct canvas *canvas);
void canvas_finish(struct canvas *canvas);

/* Makes it at least as large as that. False if there is no memory: it stays as it is. */
bool canvas_grow(struct canvas *canvas, int32_t width, int32_t height);

/* An empty sheet. */
void canvas_clear(struct canvas *canvas);

/*
 * Draws a curve with round ends, which is the parabola from one point to another that leaves and arrives in the
 * direction of the control point. The three may be equal: that is a dot. Returns the box that has changed.
 */
cairo_rectangle_int_t canvas_draw_curve(
		struct canvas *canvas, const struct brush *brush, struct point from, struct point control, struct point to);

/* Shows it. */
void canvas_paint(const struct canvas *canvas, cairo_t *cairo);

#endif
