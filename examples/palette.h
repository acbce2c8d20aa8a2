/*
 * The palette above the lower edge of the picture: colors, brush sizes, and a button that clears the sheet.
 */
#ifndef PALETTE_H
#define PALETTE_H

#include "canvas.h"

#define PALETTE_COLORS 7
#define PALETTE_SIZES 3

struct palette {
	int color, size; // indices of the chosen ones
	double pitch;    // from one item to the next, pixels, pixels
	cairo_rectangle_int_t box;
};

enum palette_action {
	PALETTE_OUTSIDE, // not on the palette
	PALETTE_NOTHING, // on the palette, but on no item
	PALETTE_CHOOSE,  // chose a brush
	PALETTE_CLEAR,   // on the button that clears the sheet
};

/* Computes the place of the palette in a window of this size in pixels. */
void palette_layout(struct palette *palette, int32_t width, int32_t height);

/* Returns whether a point is on the palette. */
bool palette_has(const struct palette *palette, struct point point);

/* Handles a press at a point. Chooses a brush; the caller does the rest. */
enum palette_action palette_press(struct palette *palette, struct point point);

/* Returns the chosen brush. */
struct brush palette_get_brush(const struct palette *palette);

/* Draws the palette. */
/* Draws the palette. */
void palette_draw(const struct palette *palette, cairo_t *cairo);

/* Returns the brush with these indices. */
struct brush palette_mix(int color, int size);

#endif
