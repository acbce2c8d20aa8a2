#include "palette.h"

#include "pixels.h"
#include <math.h>

// Items from left to right: colors, sizes, clear. A gap of half an item follows the colors and the sizes.
#define ITEMS (PALETTE_COLORS + PALETTE_SIZES + 1)
#define ITEM_CLEAR (ITEMS - 1)
#define LENGTH (ITEMS + 1.5) // in items: with two gaps, and a quarter of an item as the margin at each end
#define PITCH_MAX 36.0
#define DISTANCE 14 // pixels to the edges of the window, with room for the shadow
#define SHADOW 4    // pixels

static const double colors[PALETTE_COLORS][3] = {
	{0.16, 0.19, 0.24}, // ink
	{0.80, 0.30, 0.32}, // brick
	{0.93, 0.62, 0.27}, // apricot
	{0.42, 0.63, 0.45}, // sage
	{0.10, 0.50, 0.54}, // pool
	{0.30, 0.47, 0.70}, // sky at noon
	{0.54, 0.42, 0.62}, // heather
};

static const double sizes[PALETTE_SIZES] = {4, 9, 18};

void palette_layout(struct palette *palette, int32_t width, int32_t height) {
	double pitch = (width - 2 * DISTANCE) / LENGTH;
	palette->pitch = pitch > PITCH_MAX ? PITCH_MAX : pitch < 1 ? 1 : pitch;
	palette->box.width = (int)(palette->pitch * LENGTH);
	palette->box.height = (int)(palette->pitch * 1.4);
	palette->box.x = (width - palette->box.width) / 2;
	palette->box.y = height - palette->box.height - DISTANCE;
}

// Returns the middle of an item.
static struct point find_item(const struct palette *palette, int item) {
	double gaps = item < PALETTE_COLORS ? 0 : item < ITEM_CLEAR ? 0.5 : 1;
	return (struct point){
		palette->box.x + (item + gaps + 0.75) * palette->pitch,
		palette->box.y + palette->box.height / 2.0,
	};
}

bool palette_has(const struct palette *palette, struct point point) {
	const cairo_rectangle_int_t *box = &palette->box;
	return point.x >= box->x && point.x < box->x + box->width && point.y >= box->y && point.y < box->y + box->height;
}

enum palette_action palette_press(struct palette *palette, struct point point) {
	if (!palette_has(palette, point)) {
		return PALETTE_OUTSIDE;
	}
	int item = 0;
	while (item < ITEMS && fabs(point.x - find_item(palette, item).x) > palette->pitch / 2) {
		item++;
	}
	if (item == ITEMS) {
		return PALETTE_NOTHING;
	}
	if (item == ITEM_CLEAR) {
		return PALETTE_CLEAR;
	}
	if (item < PALETTE_COLORS) {
		palette->color = item;
	} else {
		palette->size = item - PALETTE_COLORS;
	}
	return PALETTE_CHOOSE;
}

struct brush palette_mix(int color, int size) {
	return (struct brush){colors[color][0], colors[color][1], colors[color][2], sizes[size]};
}

struct brush palette_get_brush(const struct palette *palette) {
	return palette_mix(palette->color, palette->size);
}

static void draw_ground(const struct palette *palette, cairo_t *cairo) {
	const cairo_rectangle_int_t *box = &palette->box;
	double radius = box->height / 2.0;
	for (int i = SHADOW; i > 0; i--) {
		pixels_round_box(cairo, box->x + SHADOW - i, box->y + SHADOW - i + 1, box->width - 2 * (SHADOW - i),
				box->height - 2 * (SHADOW - i) + i, radius - SHADOW + i);
		cairo_set_source_rgba(cairo, 0.1, 0.12, 0.2, 0.03);
		cairo_fill(cairo);
	}
	pixels_round_box(cairo, box->x + 0.5, box->y + 0.5, box->width - 1, box->height - 1, radius - 0.5);
	cairo_set_source_rgba(cairo, 1, 1, 1, 0.93);
	cairo_fill_preserve(cairo);
	cairo_set_source_rgba(cairo, 0.1, 0.12, 0.2, 0.12);
	cairo_set_line_width(cairo, 1);
	cairo_stroke(cairo);
}

static void draw_dot(cairo_t *cairo, struct point middle, double radius, const struct brush *brush) {
	cairo_arc(cairo, middle.x, middle.y, radius, 0, 2 * M_PI);
	cairo_set_source_rgb(cairo, brush->red, brush->green, brush->blue);
	cairo_fill(cairo);
}

// Draws the mark of a chosen item.
static void draw_ring(cairo_t *cairo, struct point middle, double radius, const struct brush *brush) {
	cairo_arc(cairo, middle.x, middle.y, radius, 0, 2 * M_PI);
	cairo_set_source_rgba(cairo, brush->red, brush->green, brush->blue, 0.75);
	cairo_set_line_width(cairo, 1.6);
	cairo_stroke(cairo);
}

static void draw_separator(const struct palette *palette, cairo_t *cairo, int after) {
	double x = find_item(palette, after).x + palette->pitch * 0.75;
	cairo_move_to(cairo, x, palette->box.y + palette->box.height * 0.28);
	cairo_line_to(cairo, x, palette->box.y + palette->box.height * 0.72);
	cairo_set_source_rgba(cairo, 0.1, 0.12, 0.2, 0.15);
	cairo_set_line_width(cairo, 1);
	cairo_stroke(cairo);
}

// Draws an empty sheet with a folded corner.
static void draw_clear(const struct palette *palette, cairo_t *cairo) {
	struct point middle = find_item(palette, ITEM_CLEAR);
	double w = palette->pitch * 0.22, h = palette->pitch * 0.28;
	cairo_move_to(cairo, middle.x - w, middle.y - h);
	cairo_line_to(cairo, middle.x + w * 0.3, middle.y - h);
	cairo_line_to(cairo, middle.x + w, middle.y - h + w * 0.7);
	cairo_line_to(cairo, middle.x + w, middle.y + h);
	cairo_line_to(cairo, middle.x - w, middle.y + h);
	cairo_close_path(cairo);
	cairo_move_to(cairo, middle.x + w * 0.3, middle.y - h);
	cairo_line_to(cairo, middle.x + w * 0.3, middle.y - h + w * 0.7);
	cairo_line_to(cairo, middle.x + w, middle.y - h + w * 0.7);
	cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
	cairo_set_source_rgba(cairo, 0.16, 0.19, 0.24, 0.8);
	cairo_set_line_width(cairo, 1.5);
	cairo_stroke(cairo);
}

void palette_draw(const struct palette *palette, cairo_t *cairo) {
	const struct brush chosen = palette_get_brush(palette);
	draw_ground(palette, cairo);
	for (int i = 0; i < PALETTE_COLORS; i++) {
		const struct brush brush = palette_mix(i, 0);
		struct point middle = find_item(palette, i);
		draw_dot(cairo, middle, palette->pitch * (i == palette->color ? 0.27 : 0.32), &brush);
		if (i == palette->color) {
			draw_ring(cairo, middle, palette->pitch * 0.4, &brush);
		}
	}
	for (int i = 0; i < PALETTE_SIZES; i++) {
		struct point middle = find_item(palette, PALETTE_COLORS + i);
		draw_dot(cairo, middle, palette->pitch / PITCH_MAX * sizes[i] / 2, &chosen);
		if (i == palette->size) {
			draw_ring(cairo, middle, palette->pitch * 0.4, &chosen);
		}
	}
	draw_separator(palette, cairo, PALETTE_COLORS - 1);
	draw_separator(palette, cairo, ITEM_CLEAR - 1);
	draw_clear(palette, cairo);
}
