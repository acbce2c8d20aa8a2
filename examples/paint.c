/*
 * lido-paint: a sheet to draw on with the pointer or with fingers.
 */
#include "arguments.h"
#include "canvas.h"
#include "doodle.h"
#include "palette.h"
#include "stroke.h"
#include "window.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WIDTH 800
#define HEIGHT 560
#define WIDTH_MIN 220
#define HEIGHT_MIN 160

// The pointer and ten fingers; more fingers do not draw.
#define STROKES_MAX 11

static const char usage[] = "Usage: lido-paint [OPTION...]\n"
							"\n"
							"Shows a sheet to draw on with the pointer or with several fingers at once. The pixels of\n"
							"the window are in memory that the compositor owns, if it has lido_shm_v1.\n"
							"\n"
							"  --window WxH            initial size (800x560)\n"
							"  --example               start with a small picture\n"
							"  --help, --version       print this help, or the version, and exit\n"
							"\n"
							"C clears the sheet; Q and Escape quit. Drag the palette between its buttons to move the\n"
							"window.\n";

enum {
	OPTION_EXAMPLE = OPTION_OTHERS,
};

static const struct option long_options[] = {
	{"window", required_argument, NULL, OPTION_WINDOW},
	{"example", no_argument, NULL, OPTION_EXAMPLE},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{0},
};

struct contact {
	bool is_down;
	int32_t id;
	struct stroke stroke;
};

struct paint {
	struct session session;
	struct window window;
	struct canvas canvas;
	struct palette palette;
	struct contact contacts[STROKES_MAX];
	bool is_blank;    // nothing was drawn yet: shows a hint
	bool has_example; // the example must still be drawn
	bool has_arrow;   // the cursor is an arrow, not a ring
};

static void update_cursor(struct paint *paint) {
	if (paint->has_arrow) {
		cursor_draw_arrow(&paint->window.cursor);
	} else {
		cursor_draw_ring(&paint->window.cursor, palette_get_brush(&paint->palette).diameter);
	}
	input_update_cursor(&paint->window.input);
}

static void clear(struct paint *paint) {
	canvas_clear(&paint->canvas);
	window_damage_all(&paint->window);
}

static struct contact *find_contact(struct paint *paint, int32_t id) {
	for (size_t i = 0; i < STROKES_MAX; i++) {
		if (paint->contacts[i].is_down && paint->contacts[i].id == id) {
			return &paint->contacts[i];
		}
	}
	return NULL;
}

static void begin(struct paint *paint, int32_t id, struct point point) {
	const struct brush brush = palette_get_brush(&paint->palette);
	for (size_t i = 0; i < STROKES_MAX; i++) {
		struct contact *contact = &paint->contacts[i];
		if (!contact->is_down) {
			contact->is_down = true;
			contact->id = id;
			const cairo_rectangle_int_t box = stroke_begin(&contact->stroke, &paint->canvas, &brush, point);
			window_damage(&paint->window, &box);
			break;
		}
	}
	if (paint->is_blank) {
		paint->is_blank = false;
		window_damage_all(&paint->window);
	}
}

static void end(struct paint *paint, struct contact *contact) {
	const cairo_rectangle_int_t box = stroke_end(&contact->stroke, &paint->canvas);
	window_damage(&paint->window, &box);
	contact->is_down = false;
}

static void handle_press(void *data, int32_t id, double x, double y) {
	struct paint *paint = data;
	const struct point point = {x, y};
	switch (palette_press(&paint->palette, point)) {
	case PALETTE_OUTSIDE:
		begin(paint, id, point);
		break;
	case PALETTE_NOTHING:
		window_drag(&paint->window);
		break;
	case PALETTE_CHOOSE:
		window_damage(&paint->window, &paint->palette.box);
		break;
	case PALETTE_CLEAR:
		clear(paint);
		break;
	}
}

static void handle_move(void *data, int32_t id, double x, double y) {
	struct paint *paint = data;
	struct contact *contact = find_contact(paint, id);
	if (contact != NULL) {
		const cairo_rectangle_int_t box = stroke_move(&contact->stroke, &paint->canvas, (struct point){x, y});
		window_damage(&paint->window, &box);
	}
}

static void handle_release(void *data, int32_t id) {
	struct paint *paint = data;
	struct contact *contact = find_contact(paint, id);
	if (contact != NULL) {
		end(paint, contact);
	}
}

static void handle_cancel(void *data) {
	struct paint *paint = data;
	for (size_t i = 0; i < STROKES_MAX; i++) {
		if (paint->contacts[i].is_down && paint->contacts[i].id != CONTACT_POINTER) {
			end(paint, &paint->contacts[i]);
		}
	}
}

static void handle_hover(void *data, double x, double y) {
	struct paint *paint = data;
	bool has_arrow = palette_has(&paint->palette, (struct point){x, y});
	if (has_arrow != paint->has_arrow) {
		paint->has_arrow = has_arrow;
		update_cursor(paint);
	}
}

static void handle_key(void *data, xkb_keysym_t key) {
	struct paint *paint = data;
	if (key == XKB_KEY_q || key == XKB_KEY_Escape) {
		session_end(&paint->session);
	} else if (key == XKB_KEY_c) {
		clear(paint);
	}
}

static void update(void *data) {
	struct paint *paint = data;
	struct window *window = &paint->window;
	if (!canvas_grow(&paint->canvas, window->width, window->height)) {
		session_fail(&paint->session, "out of memory for a picture of %dx%d pixels; make the window smaller",
				window->width, window->height);
		return;
	}
	palette_layout(&paint->palette, window->width, window->height);
	if (paint->has_example) {
		paint->has_example = false;
		paint->is_blank = false;
		doodle_draw(&paint->canvas, window->width, paint->palette.box.y);
	}
}

static void draw_line(cairo_t *cairo, const char *text, double x, double y, double size) {
	cairo_text_extents_t extents;
	cairo_set_font_size(cairo, size);
	cairo_text_extents(cairo, text, &extents);
	cairo_move_to(cairo, x - extents.x_advance / 2, y);
	cairo_show_text(cairo, text);
}

static void draw_hint(const struct paint *paint, cairo_t *cairo) {
	double x = paint->window.width / 2.0, y = paint->palette.box.y / 2.0;
	double size = fmin(24, paint->window.width / 20.0);
	cairo_select_font_face(cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_source_rgba(cairo, 0.16, 0.19, 0.24, 0.55);
	draw_line(cairo, "Draw with the pointer or your fingers", x, y, size);
	cairo_set_source_rgba(cairo, 0.16, 0.19, 0.24, 0.35);
	draw_line(cairo, "C clears, Q quits", x, y + 1.6 * size, 0.7 * size);
}

static void draw(void *data, cairo_t *cairo) {
	const struct paint *paint = data;
	canvas_paint(&paint->canvas, cairo);
	if (paint->is_blank) {
		draw_hint(paint, cairo);
	}
	palette_draw(&paint->palette, cairo);
}

static const struct window_listener window_listener = {
	.update = update,
	.draw = draw,
	.input =
			{
				.press = handle_press,
				.move = handle_move,
				.release = handle_release,
				.cancel = handle_cancel,
				.hover = handle_hover,
				.key = handle_key,
			},
};

static int run(struct paint *paint, const struct window_options *options) {
	canvas_init(&paint->canvas);
	if (session_init(&paint->session, LIDO_CLIENT_BACKEND_AUTO) &&
			window_init(&paint->window, &paint->session, options, &window_listener, paint)) {
		update_cursor(paint);
		window_run(&paint->window);
		window_finish(&paint->window);
	}
	canvas_finish(&paint->canvas);
	return session_finish(&paint->session);
}

int main(int argc, char *argv[]) {
	struct paint paint = {.is_blank = true, .palette = {.color = 4, .size = 1}};
	struct window_options options = {
		.title = "Lido Paint",
		.app_id = "lido-paint",
		.width = WIDTH,
		.height = HEIGHT,
		.width_min = WIDTH_MIN,
		.height_min = HEIGHT_MIN,
	};
	int option;
	while ((option = arguments_next(argc, argv, long_options)) != -1) {
		switch (option) {
		case OPTION_WINDOW:
			if (!arguments_parse_size(optarg, &options.width, &options.height)) {
				return ARGUMENTS_WRONG;
			}
			break;
		case OPTION_EXAMPLE:
			paint.has_example = true;
			break;
		case OPTION_HELP:
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case OPTION_VERSION:
			puts("lido-paint " LIDO_VERSION);
			return EXIT_SUCCESS;
		default:
			return ARGUMENTS_WRONG;
		}
	}
	return run(&paint, &options);
}
