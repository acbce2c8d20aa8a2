#include "doodle.h"

#include "palette.h"
#include "stroke.h"
#include <math.h>
#include <stddef.h>

// Coordinates are those of a picture of 400x300, which is scaled and centered.
#define WIDTH 400.0
#define HEIGHT 300.0
#define WAVES 5
#define RAYS 11

enum {
	INK,
	BRICK,
	APRICOT,
	SAGE,
	POOL,
	SKY,
	HEATHER,
};

enum {
	FINE,
	MEDIUM,
	BROAD,
};

struct doodle {
	struct canvas *canvas;
	double scale, x, y;
};

static struct point place(const struct doodle *doodle, struct point point) {
	return (struct point){doodle->x + point.x * doodle->scale, doodle->y + point.y * doodle->scale};
}

static void draw_points(
		const struct doodle *doodle, int color, int size, const struct point *points, size_t points_len) {
	struct brush brush = palette_mix(color, size);
	brush.diameter *= doodle->scale;
	struct stroke stroke;
	stroke_begin(&stroke, doodle->canvas, &brush, place(doodle, points[0]));
	for (size_t i = 1; i < points_len; i++) {
		stroke_move(&stroke, doodle->canvas, place(doodle, points[i]));
	}
	stroke_end(&stroke, doodle->canvas);
}

static void draw_wave(const struct doodle *doodle, int color, int size, double y, double phase, double height) {
	struct point points[89];
	for (int i = 0; i < 89; i++) {
		points[i].x = 6 + 388 * i / 88.0;
		points[i].y = y + height * sin(phase + i * 0.5);
	}
	draw_points(doodle, color, size, points, 89);
}

static void draw_arc(
		const struct doodle *doodle, int color, int size, double x, double y, double radius, double from, double to) {
	struct point points[33];
	for (int i = 0; i < 33; i++) {
		double angle = from + (to - from) * i / 32;
		points[i].x = x + radius * cos(angle);
		points[i].y = y + radius * sin(angle);
	}
	draw_points(doodle, color, size, points, 33);
}

static void draw_sun(const struct doodle *doodle) {
	for (int i = 0; i < 4; i++) {
		draw_arc(doodle, APRICOT, BROAD, 82, 62, 2 + 7 * i, 0, 2 * M_PI);
	}
	for (int i = 0; i < RAYS; i++) {
		double angle = 2 * M_PI * i / RAYS, end = i % 2 == 0 ? 58 : 51;
		const struct point ray[] = {
			{82 + 41 * cos(angle), 62 + 41 * sin(angle)}, {82 + end * cos(angle), 62 + end * sin(angle)}};
		draw_points(doodle, APRICOT, FINE, ray, 2);
	}
}

static void draw_boat(const struct doodle *doodle) {
	static const struct point mast[] = {{250, 190}, {249, 120}, {250, 48}};
	static const struct point sail[] = {{258, 56}, {258, 56}, {282, 92}, {302, 132}, {312, 166}, {312, 166}, {286, 171},
		{258, 170}, {258, 170}, {258, 56}};
	static const struct point jib[] = {
		{242, 72}, {242, 72}, {224, 112}, {204, 160}, {204, 160}, {222, 168}, {242, 169}, {242, 169}, {242, 72}};
	static const struct point hull[] = {{188, 192}, {188, 192}, {250, 196}, {324, 190}, {324, 190}, {312, 212},
		{292, 220}, {240, 222}, {212, 216}, {188, 192}, {188, 192}};
	static const struct point deck[] = {{204, 200}, {250, 203}, {308, 199}};
	static const struct point keel[] = {{214, 208}, {250, 211}, {304, 206}};
	static const struct point pennant[] = {{250, 48}, {266, 42}, {280, 50}, {294, 44}};
	draw_points(doodle, INK, FINE, mast, 3);
	draw_points(doodle, BRICK, MEDIUM, sail, 10);
	draw_points(doodle, HEATHER, MEDIUM, jib, 9);
	draw_points(doodle, INK, MEDIUM, hull, 11);
	draw_points(doodle, INK, MEDIUM, deck, 3);
	draw_points(doodle, INK, MEDIUM, keel, 3);
	draw_points(doodle, BRICK, FINE, pennant, 4);
}

static void draw_shore(const struct doodle *doodle) {
	static const struct point hills[] = {{10, 212}, {34, 190}, {64, 172}, {98, 182}, {128, 200}, {152, 214}};
	static const struct point slope[] = {{18, 214}, {44, 198}, {72, 185}, {104, 194}, {124, 208}};
	static const struct point foot[] = {{40, 216}, {70, 208}, {104, 216}};
	static const struct point far[] = {{334, 212}, {352, 200}, {374, 194}, {394, 198}};
	static const struct point shallow[] = {{346, 212}, {366, 204}, {394, 208}};
	draw_points(doodle, SAGE, BROAD, hills, 6);
	draw_points(doodle, SAGE, BROAD, slope, 5);
	draw_points(doodle, SAGE, BROAD, foot, 3);
	draw_points(doodle, SAGE, MEDIUM, far, 4);
	draw_points(doodle, SAGE, MEDIUM, shallow, 3);
}

static void draw_gull(const struct doodle *doodle, double x, double y, double size) {
	const struct point points[] = {{x - 2 * size, y}, {x - size, y - size}, {x - 0.2 * size, y - 0.1 * size}, {x, y},
		{x, y}, {x + 0.2 * size, y - 0.2 * size}, {x + size, y - 0.9 * size}, {x + 2 * size, y - 0.1 * size}};
	draw_points(doodle, INK, FINE, points, 8);
}

void doodle_draw(struct canvas *canvas, int32_t width, int32_t height) {
	double scale = fmin(width / WIDTH, height / HEIGHT);
	const struct doodle doodle = {
		.canvas = canvas,
		.scale = scale,
		.x = (width - WIDTH * scale) / 2,
		.y = (height - HEIGHT * scale) / 2,
	};
	draw_sun(&doodle);
	draw_shore(&doodle);
	draw_boat(&doodle);
	draw_gull(&doodle, 174, 58, 10);
	draw_gull(&doodle, 344, 84, 8);
	for (int i = 0; i < WAVES; i++) {
		draw_wave(&doodle, i % 2 == 0 ? POOL : SKY, i < 1 ? BROAD : MEDIUM, 228 + 15.5 * i, i * 1.9, 4.6 - 0.5 * i);
	}
}
