/*
 * Colours, brushes and a way to begin anew, floating above the lower edge of the picture.
 */
#ifndef PALETTE_H
#define PALETTE_H

#include "canvas.h"

#define PALETTE_COLORS 7
#define PALETTE_SIZES 3

struct palette {
	int color, size; // that are chosen: from 0
	double pitch;    // from one item to the next
	cairo_rectangle_int_t box;
};

enum palette_action {
	PALETTE_OUTSIDE, // the point is not on the palette
	PALETTE_NOTHING, // it is on nothing in particular
	PALETTE_CHOOSE,  // another brush was chosen
	PALETTE_CLEAR,
};

/* Finds its place in a window of that size. */
void palette_layout(struct palette *palette, int32_t width, int32_t height);

/* Is a point on it? */
bool palette_has(const struct palette *palette, struct point point);

/* Does what a press there means. */
enum palette_action palette_press(struct palette *palette, struct point point);

/* The brush that is chosen. */
struct brush palette_get_brush(const struct palette *palette);

void palette_draw(const struct palette *palette, cairo_t *cairo);

/* A brush by its numbers. */
struct brush palette_mix(int color, int size);

#endif
