/*
 * lido-icons: many small buffers in one window.
 */
#include "arguments.h"
#include "desk.h"
#include "footprint.h"
#include "pixels.h"
#include "window.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/param.h>
#include <time.h>

#define COUNT 500
#define COUNT_MAX 100000
#define SIZE 32
#define SIZE_MIN 16
#define SIZE_MAX_PIXELS 256
#define WINDOW_MIN 160

// Compositors send at least this much for a notch of the wheel.
#define NOTCH 10.0

// The most naps of 0.1 s, and the most bytes that an image may use beyond its pixels.
#define REST_NAPS_MAX 100
#define PAGE_SIZE 4096

#define TEXT_SIZE 12
#define TEXT_X 14
#define TEXT_BASELINE 11 // from the lower edge
#define KNOB_WIDTH 4

static const char usage[] =
		"Usage: lido-icons [OPTION...]\n"
		"\n"
		"Shows a desk of icons, each with its own wl_buffer. With lido_shm_v1, or in one block of\n"
		"memory, they share one file and one mapping; otherwise each has its own.\n"
		"\n"
		"  --count N               number of icons (500)\n"
		"  --size PIXELS           width and height of an icon: 16 to 256 (32)\n"
		"  --block                 put the icons into one block of memory\n"
		"  --shm                   use wl_shm even if the compositor has lido_shm_v1\n"
		"  --report                print the memory use when the icons are shown\n"
		"  --once                  the same, and exit\n"
		"  --grow                  go from 1 icon to N and back, print a report for each step, and\n"
		"                          exit; on the way back wait some seconds for freed memory\n"
		"  --window WxH            initial size (as large as the icons need, up to 1040x850)\n"
		"  --help, --version       print this help, or the version, and exit\n"
		"\n"
		"Click an icon. The wheel, arrows, Page Up and Page Down scroll; Q and Escape quit.\n";

enum {
	OPTION_COUNT = OPTION_OTHERS,
	OPTION_SIZE,
	OPTION_BLOCK,
	OPTION_SHM,
	OPTION_REPORT,
	OPTION_ONCE,
	OPTION_GROW,
};

static const struct option long_options[] = {
	{"count", required_argument, NULL, OPTION_COUNT},
	{"size", required_argument, NULL, OPTION_SIZE},
	{"block", no_argument, NULL, OPTION_BLOCK},
	{"shm", no_argument, NULL, OPTION_SHM},
	{"report", no_argument, NULL, OPTION_REPORT},
	{"once", no_argument, NULL, OPTION_ONCE},
	{"grow", no_argument, NULL, OPTION_GROW},
	{"window", required_argument, NULL, OPTION_WINDOW},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{0},
};

struct icons {
	struct session session;
	struct window window;
	struct desk desk;
	double scrolled; // the part of a notch that has not scrolled yet
	bool has_reported;

	struct {
		long count, size;
		int32_t width, height; // of the window, pixels; 0: as needed
		enum lido_client_backend backend;
		bool shares_blocks, reports, ends, grows;
	} options;
};

static void scroll(struct icons *icons, int32_t rows) {
	if (grid_scroll(&icons->desk.grid, rows)) {
		window_damage_all(&icons->window);
	}
}

static void handle_press(void *data, int32_t contact, double x, double y) {
	struct icons *icons = data;
	if (desk_press(&icons->desk, x, y)) {
		window_schedule(&icons->window);
	} else {
		window_drag(&icons->window);
	}
}

static void handle_scroll(void *data, double amount) {
	struct icons *icons = data;
	icons->scrolled += amount;
	int32_t rows = (int32_t)(icons->scrolled / NOTCH);
	icons->scrolled -= rows * NOTCH;
	scroll(icons, rows);
}

static void handle_key(void *data, xkb_keysym_t key) {
	struct icons *icons = data;
	switch (key) {
	case XKB_KEY_q:
	case XKB_KEY_Escape:
		session_end(&icons->session);
		break;
	case XKB_KEY_Up:
		scroll(icons, -1);
		break;
	case XKB_KEY_Down:
		scroll(icons, 1);
		break;
	case XKB_KEY_Page_Up:
		scroll(icons, -icons->desk.grid.rows);
		break;
	case XKB_KEY_Page_Down:
		scroll(icons, icons->desk.grid.rows);
		break;
	}
}

static void update(void *data) {
	struct icons *icons = data;
	if (desk_update(&icons->desk, icons->window.width, icons->window.height)) {
		window_schedule(&icons->window);
	}
}

static void draw_ground(const struct window *window, cairo_t *cairo) {
	cairo_pattern_t *gradient = cairo_pattern_create_linear(0, 0, 0, window->height);
	cairo_pattern_add_color_stop_rgb(gradient, 0, 0.29, 0.46, 0.66);
	cairo_pattern_add_color_stop_rgb(gradient, 1, 0.17, 0.31, 0.49);
	cairo_set_source(cairo, gradient);
	cairo_paint(cairo);
	cairo_pattern_destroy(gradient);
}

static void draw_text(const struct icons *icons, cairo_t *cairo) {
	struct lido_client_stats stats;
	lido_client_get_stats(icons->session.client, &stats);
	bool has_pool = lido_client_get_backend(icons->session.client) == LIDO_CLIENT_BACKEND_POOL;
	char text[128];
	snprintf(text, sizeof(text), "%d icons in %u %s%s of %s, %u mapping%s", icons->desk.grid.count, stats.areas,
			has_pool ? "area" : "file", stats.areas == 1 ? "" : "s", has_pool ? "the pool" : "this client",
			stats.mappings, stats.mappings == 1 ? "" : "s");
	cairo_select_font_face(cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cairo, TEXT_SIZE);
	cairo_set_source_rgba(cairo, 1, 1, 1, 0.8);
	cairo_move_to(cairo, TEXT_X, icons->window.height - TEXT_BASELINE);
	cairo_show_text(cairo, text);
}

// Draws a scrollbar knob at the right edge.
static void draw_knob(const struct icons *icons, cairo_t *cairo) {
	const struct grid *grid = &icons->desk.grid;
	int32_t rows = grid_rows_all(grid);
	if (rows <= grid->rows) {
		return;
	}
	double room = icons->window.height - 4 * KNOB_WIDTH, length = room * grid->rows / rows;
	length = length < 3 * KNOB_WIDTH ? 3 * KNOB_WIDTH : length;
	double y = 2 * KNOB_WIDTH + (room - length) * grid->first_row / (rows - grid->rows);
	pixels_round_box(cairo, icons->window.width - 2 * KNOB_WIDTH, y, KNOB_WIDTH, length, KNOB_WIDTH / 2.0);
	cairo_set_source_rgba(cairo, 1, 1, 1, 0.5);
	cairo_fill(cairo);
}

static void draw(void *data, cairo_t *cairo) {
	const struct icons *icons = data;
	draw_ground(&icons->window, cairo);
	draw_text(icons, cairo);
	draw_knob(icons, cairo);
}

static const struct window_listener window_listener = {
	.update = update,
	.draw = draw,
	.input = {.press = handle_press, .scroll = handle_scroll, .key = handle_key},
};

static void show(struct icons *icons, int32_t count) {
	if (!icons->session.is_over) {
		desk_set_count(&icons->desk, count);
		window_damage_all(&icons->window);
		window_settle(&icons->window);
	}
}

static void report(struct icons *icons, const struct footprint *footprint) {
	if (!icons->has_reported) {
		footprint_print_header(stdout);
		icons->has_reported = true;
	}
	footprint_print(footprint, icons->desk.grid.count, stdout);
}

static void measure_and_report(struct icons *icons) {
	if (!icons->session.is_over) {
		struct footprint footprint;
		footprint_measure(&footprint, icons->session.client);
		report(icons, &footprint);
	}
}

// The server keeps freed memory warm for some seconds. Waits until at most a page per image remains of it.
static void rest_and_report(struct icons *icons) {
	const struct timespec nap = {.tv_nsec = 100 * 1000 * 1000};
	struct footprint footprint;
	for (int i = 0; i < REST_NAPS_MAX && !icons->session.is_over; i++) {
		footprint_measure(&footprint, icons->session.client);
		if (footprint.bytes_resident <= footprint.bytes_images + (icons->desk.grid.count + 2) * PAGE_SIZE) {
			break;
		}
		nanosleep(&nap, NULL);
	}
	if (!icons->session.is_over) {
		report(icons, &footprint);
	}
}

// From 1 icon to all, ten times as many with each step, and back.
static void grow(struct icons *icons) {
	int32_t steps[16] = {1}, count = (int32_t)icons->options.count;
	size_t last = 0;
	while (steps[last] < count) {
		steps[last + 1] = MIN(steps[last] * 10, count);
		last++;
	}
	for (size_t i = 0; i <= 2 * last; i++) {
		show(icons, steps[i <= last ? i : 2 * last - i]);
		(i <= last ? measure_and_report : rest_and_report)(icons);
	}
	session_end(&icons->session);
}

static void show_all(struct icons *icons) {
	if (icons->options.grows) {
		grow(icons);
		return;
	}
	show(icons, (int32_t)icons->options.count);
	if (icons->options.reports) {
		measure_and_report(icons);
	}
	if (icons->options.ends) {
		session_end(&icons->session);
	}
}

static struct window_options choose_window(const struct icons *icons) {
	struct window_options options = {
		.title = "Lido Icons",
		.app_id = "lido-icons",
		.width = icons->options.width,
		.height = icons->options.height,
		.width_min = WINDOW_MIN,
		.height_min = WINDOW_MIN,
	};
	if (options.width == 0) {
		struct desk desk;
		desk_init(&desk, NULL, NULL, (int32_t)icons->options.size, false);
		desk.grid.count = (int32_t)icons->options.count;
		grid_measure(&desk.grid, &options.width, &options.height);
	}
	return options;
}

static int run(struct icons *icons) {
	const struct window_options options = choose_window(icons);
	if (session_init(&icons->session, icons->options.backend) &&
			window_init(&icons->window, &icons->session, &options, &window_listener, icons)) {
		desk_init(&icons->desk, &icons->session, icons->window.surface, (int32_t)icons->options.size,
				icons->options.shares_blocks);
		cursor_draw_arrow(&icons->window.cursor);
		show_all(icons);
		window_run(&icons->window);
		desk_finish(&icons->desk);
		window_finish(&icons->window);
	}
	return session_finish(&icons->session);
}

// Returns false if the option or its value is wrong.
static bool set_option(struct icons *icons, int option) {
	switch (option) {
	case OPTION_COUNT:
		return arguments_parse_number("count", optarg, 1, COUNT_MAX, &icons->options.count);
	case OPTION_SIZE:
		return arguments_parse_number("size", optarg, SIZE_MIN, SIZE_MAX_PIXELS, &icons->options.size);
	case OPTION_WINDOW:
		return arguments_parse_size(optarg, &icons->options.width, &icons->options.height);
	case OPTION_BLOCK:
		icons->options.shares_blocks = true;
		return true;
	case OPTION_SHM:
		icons->options.backend = LIDO_CLIENT_BACKEND_WL_SHM;
		return true;
	case OPTION_ONCE:
	case OPTION_GROW:
	case OPTION_REPORT:
		icons->options.reports = true;
		icons->options.ends = icons->options.ends || option == OPTION_ONCE;
		icons->options.grows = icons->options.grows || option == OPTION_GROW;
		return true;
	default:
		return false;
	}
}

int main(int argc, char *argv[]) {
	struct icons icons = {.options = {.count = COUNT, .size = SIZE}};
	int option;
	while ((option = arguments_next(argc, argv, long_options)) != -1) {
		if (option == OPTION_HELP) {
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		}
		if (option == OPTION_VERSION) {
			puts("lido-icons " LIDO_VERSION);
			return EXIT_SUCCESS;
		}
		if (!set_option(&icons, option)) {
			return ARGUMENTS_WRONG;
		}
	}
	return run(&icons);
}
