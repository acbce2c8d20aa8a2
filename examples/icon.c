#include "icon.h"

#include "pixels.h"
#include <math.h>
#include <stddef.h>

// Shapes are drawn in the unit square. Lines are this wide, but at least a pixel.
#define LINE 0.03
#define HUES 24

struct tint {
	double light[3], middle[3], dark[3];
};

// Converts hue, saturation and lightness, each 0 to 1.
static void set_hsl(double *color, double hue, double saturation, double lightness) {
	double amplitude = saturation * fmin(lightness, 1 - lightness);
	for (int i = 0; i < 3; i++) {
		static const int offsets[] = {0, 8, 4};
		double k = fmod(offsets[i] + hue * 12, 12);
		color[i] = lightness - amplitude * fmax(-1, fmin(fmin(k - 3, 9 - k), 1));
	}
}

static struct tint make_tint(double hue, bool is_lit) {
	struct tint tint;
	double more = is_lit ? 0.1 : 0;
	set_hsl(tint.light, hue, 0.72, 0.79 + more);
	set_hsl(tint.middle, hue, 0.54, 0.57 + more);
	set_hsl(tint.dark, hue, 0.55, 0.27);
	return tint;
}

static void set_color(cairo_t *cairo, const double *color, double alpha) {
	cairo_set_source_rgba(cairo, color[0], color[1], color[2], alpha);
}

// Fills the path with a gradient, light at the top, and outlines it.
static void finish_path(cairo_t *cairo, const struct tint *tint) {
	cairo_pattern_t *gradient = cairo_pattern_create_linear(0, 0.1, 0, 0.9);
	cairo_pattern_add_color_stop_rgb(gradient, 0, tint->light[0], tint->light[1], tint->light[2]);
	cairo_pattern_add_color_stop_rgb(gradient, 1, tint->middle[0], tint->middle[1], tint->middle[2]);
	cairo_set_source(cairo, gradient);
	cairo_fill_preserve(cairo);
	cairo_pattern_destroy(gradient);
	set_color(cairo, tint->dark, 0.9);
	cairo_stroke(cairo);
}

// Fills the path with white, like paper, and outlines it.
static void finish_paper(cairo_t *cairo, const struct tint *tint) {
	cairo_set_source_rgb(cairo, 0.98, 0.98, 0.96);
	cairo_fill_preserve(cairo);
	set_color(cairo, tint->dark, 0.9);
	cairo_stroke(cairo);
}

static void draw_line(cairo_t *cairo, double x1, double y1, double x2, double y2) {
	cairo_move_to(cairo, x1, y1);
	cairo_line_to(cairo, x2, y2);
	cairo_stroke(cairo);
}

static void draw_folder(cairo_t *cairo, const struct tint *tint) {
	pixels_round_box(cairo, 0.12, 0.2, 0.36, 0.3, 0.06);
	finish_path(cairo, tint);
	pixels_round_box(cairo, 0.12, 0.28, 0.76, 0.54, 0.07);
	finish_path(cairo, tint);
	cairo_set_source_rgba(cairo, 1, 1, 1, 0.55);
	draw_line(cairo, 0.19, 0.35, 0.81, 0.35);
}

static void draw_document(cairo_t *cairo, const struct tint *tint) {
	cairo_move_to(cairo, 0.22, 0.1);
	cairo_line_to(cairo, 0.58, 0.1);
	cairo_line_to(cairo, 0.78, 0.3);
	cairo_line_to(cairo, 0.78, 0.9);
	cairo_line_to(cairo, 0.22, 0.9);
	cairo_close_path(cairo);
	finish_paper(cairo, tint);
	cairo_move_to(cairo, 0.58, 0.1);
	cairo_line_to(cairo, 0.58, 0.3);
	cairo_line_to(cairo, 0.78, 0.3);
	cairo_close_path(cairo);
	finish_path(cairo, tint);
	set_color(cairo, tint->middle, 1);
	cairo_set_line_width(cairo, 0.055);
	draw_line(cairo, 0.33, 0.45, 0.67, 0.45);
	draw_line(cairo, 0.33, 0.6, 0.67, 0.6);
	draw_line(cairo, 0.33, 0.75, 0.55, 0.75);
}

static void draw_gear(cairo_t *cairo, const struct tint *tint) {
	const int teeth = 8;
	for (int i = 0; i < 4 * teeth; i++) {
		double radius = (i + 1) % 4 < 2 ? 0.41 : 0.3,
			   angle = (i - 0.5 + (i % 2 == 0 ? 0.12 : -0.12)) * M_PI / (2 * teeth);
		cairo_line_to(cairo, 0.5 + radius * cos(angle), 0.5 + radius * sin(angle));
	}
	cairo_close_path(cairo);
	cairo_new_sub_path(cairo);
	cairo_arc_negative(cairo, 0.5, 0.5, 0.13, 2 * M_PI, 0);
	cairo_close_path(cairo);
	finish_path(cairo, tint);
}

static void draw_heart(cairo_t *cairo, const struct tint *tint) {
	cairo_move_to(cairo, 0.5, 0.86);
	cairo_curve_to(cairo, 0.1, 0.58, 0.04, 0.36, 0.16, 0.23);
	cairo_curve_to(cairo, 0.28, 0.1, 0.46, 0.16, 0.5, 0.33);
	cairo_curve_to(cairo, 0.54, 0.16, 0.72, 0.1, 0.84, 0.23);
	cairo_curve_to(cairo, 0.96, 0.36, 0.9, 0.58, 0.5, 0.86);
	cairo_close_path(cairo);
	finish_path(cairo, tint);
}

static void draw_star(cairo_t *cairo, const struct tint *tint) {
	for (int i = 0; i < 10; i++) {
		double radius = i % 2 == 0 ? 0.42 : 0.19, angle = (i - 2.5) * M_PI / 5;
		cairo_line_to(cairo, 0.5 + radius * cos(angle), 0.53 + radius * sin(angle));
	}
	cairo_close_path(cairo);
	finish_path(cairo, tint);
}

static void draw_cloud(cairo_t *cairo, const struct tint *tint) {
	cairo_arc(cairo, 0.27, 0.6, 0.17, M_PI / 2, 1.5 * M_PI);
	cairo_arc(cairo, 0.47, 0.42, 0.22, 1.05 * M_PI, 1.85 * M_PI);
	cairo_arc(cairo, 0.73, 0.58, 0.19, 1.55 * M_PI, 2.5 * M_PI);
	cairo_close_path(cairo);
	finish_path(cairo, tint);
}

static void draw_drop(cairo_t *cairo, const struct tint *tint) {
	cairo_move_to(cairo, 0.5, 0.09);
	cairo_curve_to(cairo, 0.6, 0.3, 0.78, 0.42, 0.78, 0.62);
	cairo_arc(cairo, 0.5, 0.62, 0.28, 0, M_PI);
	cairo_curve_to(cairo, 0.22, 0.42, 0.4, 0.3, 0.5, 0.09);
	cairo_close_path(cairo);
	finish_path(cairo, tint);
	cairo_arc(cairo, 0.5, 0.62, 0.17, 0.55 * M_PI, 0.95 * M_PI);
	cairo_set_source_rgba(cairo, 1, 1, 1, 0.7);
	cairo_set_line_width(cairo, 0.05);
	cairo_stroke(cairo);
}

static void draw_note(cairo_t *cairo, const struct tint *tint) {
	static const double heads[][2] = {{0.3, 0.74}, {0.7, 0.66}};
	for (int i = 0; i < 2; i++) {
		cairo_arc(cairo, heads[i][0], heads[i][1], 0.12, 0, 2 * M_PI);
		finish_path(cairo, tint);
	}
	cairo_move_to(cairo, 0.36, 0.74);
	cairo_line_to(cairo, 0.36, 0.24);
	cairo_line_to(cairo, 0.82, 0.15);
	cairo_line_to(cairo, 0.82, 0.66);
	cairo_line_to(cairo, 0.75, 0.66);
	cairo_line_to(cairo, 0.75, 0.33);
	cairo_line_to(cairo, 0.43, 0.4);
	cairo_line_to(cairo, 0.43, 0.74);
	cairo_close_path(cairo);
	finish_path(cairo, tint);
}

static void draw_picture(cairo_t *cairo, const struct tint *tint) {
	pixels_round_box(cairo, 0.1, 0.2, 0.8, 0.62, 0.05);
	finish_paper(cairo, tint);
	cairo_rectangle(cairo, 0.17, 0.27, 0.66, 0.48);
	set_color(cairo, tint->light, 1);
	cairo_fill(cairo);
	cairo_move_to(cairo, 0.17, 0.75);
	cairo_line_to(cairo, 0.38, 0.45);
	cairo_line_to(cairo, 0.53, 0.63);
	cairo_line_to(cairo, 0.64, 0.53);
	cairo_line_to(cairo, 0.83, 0.75);
	cairo_close_path(cairo);
	set_color(cairo, tint->dark, 0.75);
	cairo_fill(cairo);
	cairo_arc(cairo, 0.67, 0.39, 0.065, 0, 2 * M_PI);
	cairo_set_source_rgb(cairo, 1, 0.97, 0.8);
	cairo_fill(cairo);
}

static void draw_clock(cairo_t *cairo, const struct tint *tint) {
	cairo_arc(cairo, 0.5, 0.5, 0.4, 0, 2 * M_PI);
	finish_path(cairo, tint);
	cairo_arc(cairo, 0.5, 0.5, 0.29, 0, 2 * M_PI);
	finish_paper(cairo, tint);
	set_color(cairo, tint->dark, 1);
	cairo_set_line_width(cairo, 0.055);
	draw_line(cairo, 0.5, 0.5, 0.5, 0.3);
	draw_line(cairo, 0.5, 0.5, 0.63, 0.58);
}

static void draw_leaf(cairo_t *cairo, const struct tint *tint) {
	cairo_move_to(cairo, 0.16, 0.84);
	cairo_curve_to(cairo, 0.1, 0.4, 0.4, 0.14, 0.86, 0.12);
	cairo_curve_to(cairo, 0.9, 0.6, 0.62, 0.88, 0.24, 0.76);
	finish_path(cairo, tint);
	set_color(cairo, tint->dark, 0.7);
	draw_line(cairo, 0.14, 0.88, 0.66, 0.34);
}

static void draw_lamp(cairo_t *cairo, const struct tint *tint) {
	cairo_arc(cairo, 0.5, 0.38, 0.28, 0.7 * M_PI, 0.3 * M_PI);
	cairo_line_to(cairo, 0.61, 0.72);
	cairo_line_to(cairo, 0.39, 0.72);
	cairo_close_path(cairo);
	finish_path(cairo, tint);
	pixels_round_box(cairo, 0.38, 0.72, 0.24, 0.17, 0.05);
	finish_paper(cairo, tint);
	set_color(cairo, tint->dark, 0.8);
	draw_line(cairo, 0.41, 0.805, 0.59, 0.805);
}

static void (*const shapes[])(cairo_t *cairo, const struct tint *tint) = {
	draw_folder,
	draw_document,
	draw_gear,
	draw_heart,
	draw_star,
	draw_cloud,
	draw_drop,
	draw_note,
	draw_picture,
	draw_clock,
	draw_leaf,
	draw_lamp,
};

// A hash, so that neighbors look different.
static uint32_t scatter(uint32_t index) {
	uint32_t number = (index + 1) * 2654435769U;
	number ^= number >> 15;
	number *= 2246822519U;
	return number ^ number >> 13;
}

static void draw_glow(cairo_t *cairo) {
	cairo_pattern_t *glow = cairo_pattern_create_radial(0.5, 0.5, 0.1, 0.5, 0.5, 0.5);
	cairo_pattern_add_color_stop_rgba(glow, 0, 1, 0.96, 0.7, 1);
	cairo_pattern_add_color_stop_rgba(glow, 1, 1, 0.9, 0.5, 0);
	cairo_set_source(cairo, glow);
	cairo_paint(cairo);
	cairo_pattern_destroy(glow);
}

void icon_draw(cairo_t *cairo, uint32_t index, int32_t size, bool is_lit) {
	uint32_t number = scatter(index);
	size_t shape = number % (sizeof(shapes) / sizeof(shapes[0]));
	const struct tint tint = make_tint((number >> 8) % HUES / (double)HUES, is_lit);
	cairo_save(cairo);
	cairo_scale(cairo, size, size);
	cairo_set_line_width(cairo, fmax(LINE, 1.0 / size));
	cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
	cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
	if (is_lit) {
		draw_glow(cairo);
	}
	shapes[shape](cairo, &tint);
	cairo_restore(cairo);
}
