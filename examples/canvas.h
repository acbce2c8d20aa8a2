/*
 * The picture. It grows with the window, and keeps its content when the window shrinks.
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
	cairo_surface_t *surface; // owned; NULL before the first canvas_grow()
	cairo_t *cairo;
	int32_t width, height; // pixels
};

/* Initializes an empty canvas: canvas_grow() must come before any drawing. */
void canvas_init(struct canvas *canvas);
void canvas_finish(struct canvas *canvas);

/* Enlarges the canvas to at least this size in pixels. If out of memory, returns false and changes nothing. */
bool canvas_grow(struct canvas *canvas, int32_t width, int32_t height);

/* Erases everything. */
void canvas_clear(struct canvas *canvas);

/*
 * Draws a curve with round ends: the parabola between two points whose tangents there meet in the control point. If all
 * three are equal, draws a dot. Returns the box that has changed.
 */
cairo_rectangle_int_t canvas_draw_curve(
		struct canvas *canvas, const struct brush *brush, struct point from, struct point control, struct point to);

/* Paints the canvas at the origin. */
void canvas_paint(const struct canvas *canvas, cairo_t *cairo);

#endif
