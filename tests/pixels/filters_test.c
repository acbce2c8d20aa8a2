/*
 * Pictures that are enlarged or reduced: by viewports, by the scale of the output, by both. What is expected is
 * computed here, pixel by pixel.
 */
#include "mouse.h"
#include "runner.h"
#include "stage.h"
#include "viewporter-client-protocol.h"
#include <compositor/desktop.h>
#include <compositor/output.h>
#include <compositor/server.h>
#include <drm_fourcc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <wlr/types/wlr_output.h>

// A multiple of all scales below, so that the layout has whole sizes.
#define SIZE 420
#define ORANGE 0xff8000u

static const double scales[] = {1, 1.25, 1.5, 1.75, 2, 3};

#define SCALES_LEN (sizeof(scales) / sizeof(scales[0]))

struct shown {
	struct stage stage;
	struct window window;
	struct picture picture;
	struct wp_viewport *viewport;
};

static void set_output(struct stage *stage, double scale, enum wl_output_transform transform) {
	struct output *output = wl_container_of(stage->server.compositor->desktop->outputs.next, output, link);
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_scale(&state, (float)scale);
	wlr_output_state_set_transform(&state, transform);
	expect(wlr_output_commit_state(output->wlr, &state));
	wlr_output_state_finish(&state);
	client_roundtrip(&stage->screen.client);
}

static void set_pixel(struct picture *picture, int32_t x, int32_t y, uint32_t color) {
	((uint32_t *)picture->data)[y * picture->width + x] = color | 0xff000000;
}

// Writes the pixels into the client's file.
static void flush(struct picture *picture) {
	file_write(picture->fd, 0, picture->data, (size_t)picture->stride * (size_t)picture->height);
}

static void fill_color(struct picture *picture, uint32_t color) {
	for (int32_t i = 0; i < picture->width * picture->height; i++) {
		set_pixel(picture, i, 0, color);
	}
	flush(picture);
}

// No two neighbors are alike.
static void fill_pattern(struct picture *picture) {
	for (int32_t y = 0; y < picture->height; y++) {
		for (int32_t x = 0; x < picture->width; x++) {
			uint32_t value = (uint32_t)(x * 7919 + y * 104729) * 2654435761u;
			set_pixel(picture, x, y, value >> 8);
		}
	}
	flush(picture);
}

static void create_picture(struct picture *picture, struct screen *screen, int32_t width, int32_t height) {
	picture_init(picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, width, height, width * 4);
}

// A layer of the given picture, which covers all of an output of scale 1.
static void shown_init_on_stage(struct shown *shown, int32_t width, int32_t height) {
	window_init(&shown->window, &shown->stage.screen, WINDOW_LAYER, SIZE, SIZE);
	create_picture(&shown->picture, &shown->stage.screen, width, height);
	shown->viewport = wp_viewporter_get_viewport(shown->stage.screen.viewporter, shown->window.surface);
	wp_viewport_set_destination(shown->viewport, SIZE, SIZE);
}

static void shown_init(struct shown *shown, int32_t width, int32_t height) {
	stage_init(&shown->stage, SIZE, SIZE);
	shown_init_on_stage(shown, width, height);
}

static void shown_finish(struct shown *shown) {
	wp_viewport_destroy(shown->viewport);
	picture_finish(&shown->picture);
	window_finish(&shown->window);
	stage_finish(&shown->stage);
}

// Captures all pixels of the output.
static void capture(struct stage *stage, double scale, struct image *image) {
	struct picture picture;
	int32_t size = (int32_t)lround(SIZE / scale);
	picture_init(&picture, &stage->screen.client, FILE_SEALED, screen_get_capture_format(&stage->screen), SIZE, SIZE,
			SIZE * 4);
	expect(screen_capture_into(&stage->screen, 0, 0, size, size, picture.buffer));
	image_init(image, SIZE, SIZE);
	file_read(picture.fd, 0, picture.data, (size_t)SIZE * SIZE * 4);
	picture_draw(&picture, image, 0, 0);
	picture_finish(&picture);
}

// Finds a pixel of the layout in what an output of this transform shows, as wl_output.transform defines it.
static void find_pixel(enum wl_output_transform transform, int *x, int *y) {
	const int last = SIZE - 1, from_x = *x, from_y = *y;
	switch (transform) {
	case WL_OUTPUT_TRANSFORM_NORMAL:
		break;
	case WL_OUTPUT_TRANSFORM_90:
		*x = from_y;
		*y = last - from_x;
		break;
	case WL_OUTPUT_TRANSFORM_180:
		*x = last - from_x;
		*y = last - from_y;
		break;
	case WL_OUTPUT_TRANSFORM_270:
		*x = last - from_y;
		*y = from_x;
		break;
	case WL_OUTPUT_TRANSFORM_FLIPPED:
		*x = last - from_x;
		break;
	case WL_OUTPUT_TRANSFORM_FLIPPED_90:
		*x = from_y;
		*y = from_x;
		break;
	case WL_OUTPUT_TRANSFORM_FLIPPED_180:
		*y = last - from_y;
		break;
	case WL_OUTPUT_TRANSFORM_FLIPPED_270:
		*x = last - from_y;
		*y = last - from_x;
		break;
	}
}

// Captures all pixels of the output, and turns them as the layout is.
static void capture_upright(
		struct stage *stage, double scale, enum wl_output_transform transform, struct image *image) {
	struct image turned;
	capture(stage, scale, &turned);
	image_init(image, SIZE, SIZE);
	for (int i = 0; i < SIZE * SIZE; i++) {
		int x = i % SIZE, y = i / SIZE;
		find_pixel(transform, &x, &y);
		image->pixels[i] = turned.pixels[y * SIZE + x];
	}
	image_finish(&turned);
}

// All channels of all pixels in the box must be as near as that.
static void expect_near(
		const struct image *got, const struct image *wanted, int width, int height, int distance, const char *what) {
	for (int y = 0; y < height; y++) {
		for (int x = 0; x < width; x++) {
			uint32_t a = got->pixels[y * got->width + x], b = wanted->pixels[y * wanted->width + x];
			for (int shift = 0; shift < 24; shift += 8) {
				int difference = (int)(a >> shift & 255) - (int)(b >> shift & 255);
				if (abs(difference) > distance) {
					fail("%s: pixel %d,%d is %06x instead of %06x", what, x, y, a & 0xffffff, b & 0xffffff);
				}
			}
		}
	}
}

// The box is at the left and the top of the layout.
static void expect_color_of(struct stage *stage, double scale, enum wl_output_transform transform, int width,
		int height, uint32_t color, const char *what) {
	struct image got, wanted;
	capture_upright(stage, scale, transform, &got);
	image_init(&wanted, SIZE, SIZE);
	for (int i = 0; i < SIZE * SIZE; i++) {
		wanted.pixels[i] = color;
	}
	expect_near(&got, &wanted, width, height, 0, what);
	image_finish(&got);
	image_finish(&wanted);
}

static void expect_color(struct stage *stage, double scale, uint32_t color, const char *what) {
	expect_color_of(stage, scale, WL_OUTPUT_TRANSFORM_NORMAL, SIZE, SIZE, color, what);
}

static uint32_t get_clamped(const struct picture *picture, int x, int y) {
	x = x < 0 ? 0 : x >= picture->width ? picture->width - 1 : x;
	y = y < 0 ? 0 : y >= picture->height ? picture->height - 1 : y;
	return ((const uint32_t *)picture->data)[y * picture->width + x];
}

// The picture enlarged to that size, and as much of it as fits, in which each pixel is the nearest one of the picture.
static void draw_nearest(const struct picture *picture, int width, int height, struct image *image) {
	image_init(image, SIZE, SIZE);
	for (int y = 0; y < height && y < SIZE; y++) {
		for (int x = 0; x < width && x < SIZE; x++) {
			image->pixels[y * SIZE + x] =
					get_clamped(picture, x * picture->width / width, y * picture->height / height);
		}
	}
}

// The same, with linear interpolation between the centers of pixels.
static void draw_bilinear(const struct picture *picture, int width, int height, struct image *image) {
	image_init(image, SIZE, SIZE);
	for (int y = 0; y < height && y < SIZE; y++) {
		for (int x = 0; x < width && x < SIZE; x++) {
			double from_x = (x + .5) * picture->width / width - .5, from_y = (y + .5) * picture->height / height - .5;
			int left = (int)floor(from_x), top = (int)floor(from_y);
			double right_part = from_x - left, bottom_part = from_y - top;
			uint32_t color = 0;
			for (int shift = 0; shift < 24; shift += 8) {
				double sum = 0;
				for (int corner = 0; corner < 4; corner++) {
					double part = (corner % 2 == 0 ? 1 - right_part : right_part) *
								  (corner / 2 == 0 ? 1 - bottom_part : bottom_part);
					sum += part * (get_clamped(picture, left + corner % 2, top + corner / 2) >> shift & 255);
				}
				color |= (uint32_t)lround(sum) << shift;
			}
			image->pixels[y * SIZE + x] = color;
		}
	}
}

// Of each case the upright output and one other are tried; with the first picture, all.
static bool is_tried(size_t picture, size_t scale, int transform) {
	return picture == 0 || transform == WL_OUTPUT_TRANSFORM_NORMAL || transform == 1 + (int)((picture + scale) % 7);
}

// pixman rounds the weights of the four pixels to 1/128.
#define BILINEAR_DISTANCE 4

TEST("filters@few-pixels-of-one-color-fill-the-output-at-every-scale-and-transform") {
	static const int32_t sizes[][2] = {{1, 1}, {2, 2}, {1, 7}, {100, 75}};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct shown shown;
		shown_init(&shown, sizes[i][0], sizes[i][1]);
		fill_color(&shown.picture, ORANGE);
		window_commit(&shown.window, shown.picture.buffer);
		for (size_t j = 0; j < SCALES_LEN; j++) {
			for (int transform = 0; transform < 8; transform++) {
				char what[100];
				snprintf(what, sizeof(what), "%dx%d at scale %g, transform %d", sizes[i][0], sizes[i][1], scales[j],
						transform);
				set_output(&shown.stage, scales[j], (enum wl_output_transform)transform);
				expect_color_of(&shown.stage, scales[j], (enum wl_output_transform)transform, SIZE, SIZE, ORANGE, what);
			}
		}
		shown_finish(&shown);
	}
}

// wlroots rounds such a source to whole pixels, which may be none, or beyond the picture.
TEST("filters@parts-of-pixels-have-their-color") {
	static const double sources[][3] = {{0, 0, .25}, {3.75, 3.75, .25}, {1, 1, 1}, {1.5, 2.5, .5}, {2.75, .25, 1.25}};
	struct shown shown;
	shown_init(&shown, 4, 4);
	fill_color(&shown.picture, ORANGE);
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		const double *source = sources[i];
		char what[100];
		snprintf(what, sizeof(what), "source %zu", i);
		wp_viewport_set_source(shown.viewport, wl_fixed_from_double(source[0]), wl_fixed_from_double(source[1]),
				wl_fixed_from_double(source[2]), wl_fixed_from_double(source[2]));
		window_commit(&shown.window, shown.picture.buffer);
		set_output(&shown.stage, scales[i], WL_OUTPUT_TRANSFORM_NORMAL);
		expect_color(&shown.stage, scales[i], ORANGE, what);
	}
	shown_finish(&shown);
}

TEST("filters@pixels-enlarged-by-whole-factors-stay-sharp") {
	static const int32_t sizes[][2] = {{105, 210}, {84, 84}, {2, 3}, {210, 105}};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct shown shown;
		struct image got, wanted;
		shown_init(&shown, sizes[i][0], sizes[i][1]);
		fill_pattern(&shown.picture);
		window_commit(&shown.window, shown.picture.buffer);
		for (int scale = 1; scale <= 3; scale++) {
			draw_nearest(&shown.picture, SIZE * scale, SIZE * scale, &wanted);
			for (int transform = 0; transform < 8; transform++) {
				if (!is_tried(i, (size_t)scale, transform)) {
					continue;
				}
				char what[100];
				snprintf(what, sizeof(what), "%dx%d at scale %d, transform %d", sizes[i][0], sizes[i][1], scale,
						transform);
				set_output(&shown.stage, scale, (enum wl_output_transform)transform);
				capture_upright(&shown.stage, scale, (enum wl_output_transform)transform, &got);
				expect_near(&got, &wanted, SIZE, SIZE, 0, what);
				image_finish(&got);
			}
			image_finish(&wanted);
		}
		shown_finish(&shown);
	}
}

// pixman samples a rotated picture by other functions than an upright one.
TEST("filters@other-pictures-are-interpolated-up-to-their-edges-at-every-transform") {
	static const int32_t sizes[][2] = {{100, 75}, {3, 5}, {11, 420}, {1, 9}};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct shown shown;
		struct image got, wanted;
		shown_init(&shown, sizes[i][0], sizes[i][1]);
		wp_viewport_set_destination(shown.viewport, 140, 140);
		fill_pattern(&shown.picture);
		window_commit(&shown.window, shown.picture.buffer);
		for (size_t j = 0; j < SCALES_LEN; j++) {
			int size = (int)lround(140 * scales[j]);
			if (size % sizes[i][0] == 0 && size % sizes[i][1] == 0) {
				continue;
			}
			draw_bilinear(&shown.picture, size, size, &wanted);
			for (int transform = 0; transform < 8; transform++) {
				if (!is_tried(i, j, transform)) {
					continue;
				}
				char what[100];
				snprintf(what, sizeof(what), "%dx%d at scale %g, transform %d", sizes[i][0], sizes[i][1], scales[j],
						transform);
				set_output(&shown.stage, scales[j], (enum wl_output_transform)transform);
				capture_upright(&shown.stage, scales[j], (enum wl_output_transform)transform, &got);
				expect_near(&got, &wanted, size, size, BILINEAR_DISTANCE, what);
				image_finish(&got);
			}
			image_finish(&wanted);
		}
		shown_finish(&shown);
	}
}

// Lido shows a large picture in place at first, and a copy once the client may be waiting for the buffer.
TEST("filters@edges-stay-when-a-copy-takes-the-place-of-the-client-s-buffer") {
	struct shown shown;
	shown_init(&shown, 600, 600);
	wp_viewport_set_destination(shown.viewport, 900, 900);
	fill_color(&shown.picture, ORANGE);
	set_output(&shown.stage, 1.25, WL_OUTPUT_TRANSFORM_NORMAL);
	for (int i = 0; i < 12; i++) {
		window_commit(&shown.window, shown.picture.buffer);
		window_show(&shown.window);
	}
	int releases = shown.picture.releases;
	expect_color(&shown.stage, 1.25, ORANGE, "in place");
	while (server_shows_in_place(&shown.stage.server) && shown.picture.releases == releases) {
		server_work(&shown.stage.server, -1, 10);
		client_roundtrip(&shown.stage.screen.client);
	}
	expect_color(&shown.stage, 1.25, ORANGE, "as a copy");
	shown_finish(&shown);
}

#define CURSOR 24

TEST("filters@cursor-that-is-enlarged-has-its-color-up-to-the-edge") {
	struct shown shown;
	struct mouse mouse;
	struct picture picture;
	struct image got;
	shown_init(&shown, 1, 1);
	fill_color(&shown.picture, 0);
	window_commit(&shown.window, shown.picture.buffer);
	struct screen *screen = &shown.stage.screen;
	struct wl_surface *cursor = wl_compositor_create_surface(screen->compositor);
	struct wp_viewport *viewport = wp_viewporter_get_viewport(screen->viewporter, cursor);
	mouse_init(&mouse, screen, SIZE);
	mouse_move(&mouse, 100, 100);
	mouse_move(&mouse, 50, 50);
	expect(client_wait(&screen->client, &mouse.entered));
	wl_pointer_set_cursor(mouse.pointer, mouse.serial, cursor, 0, 0);
	create_picture(&picture, screen, 5, 5);
	fill_color(&picture, ORANGE);
	wp_viewport_set_destination(viewport, CURSOR, CURSOR);
	wl_surface_attach(cursor, picture.buffer, 0, 0);
	wl_surface_damage_buffer(cursor, 0, 0, 5, 5);
	wl_surface_commit(cursor);
	client_roundtrip(&screen->client);
	screen_capture_with_cursor(screen, 0, 0, SIZE, SIZE, &got);
	for (int i = 0; i < SIZE * SIZE; i++) {
		int x = i % SIZE - 50, y = i / SIZE - 50;
		bool is_cursor = x >= 0 && x < CURSOR && y >= 0 && y < CURSOR;
		if ((got.pixels[i] & 0xffffff) != (is_cursor ? ORANGE : 0)) {
			fail("pixel %d,%d of the cursor is %06x", x, y, got.pixels[i] & 0xffffff);
		}
	}
	image_finish(&got);
	picture_finish(&picture);
	wp_viewport_destroy(viewport);
	wl_surface_destroy(cursor);
	mouse_finish(&mouse);
	shown_finish(&shown);
}

struct tile {
	struct wl_surface *surface;
	struct wl_subsurface *subsurface;
	struct picture picture;
};

#define TILE 13

static void tile_init(struct tile *tile, struct shown *shown, int column, int row) {
	struct screen *screen = &shown->stage.screen;
	tile->surface = wl_compositor_create_surface(screen->compositor);
	tile->subsurface = wl_subcompositor_get_subsurface(screen->subcompositor, tile->surface, shown->window.surface);
	wl_subsurface_set_position(tile->subsurface, column * TILE, row * TILE);
	create_picture(&tile->picture, screen, TILE, TILE);
	fill_color(&tile->picture, ORANGE);
	wl_surface_attach(tile->surface, tile->picture.buffer, 0, 0);
	wl_surface_damage_buffer(tile->surface, 0, 0, TILE, TILE);
	wl_surface_commit(tile->surface);
}

static void tile_finish(struct tile *tile) {
	wl_subsurface_destroy(tile->subsurface);
	wl_surface_destroy(tile->surface);
	picture_finish(&tile->picture);
}

struct tiles {
	struct shown shown;
	struct tile tiles[16];
};

// In a stage that is initialized.
static void tiles_init_on_stage(struct tiles *tiles) {
	shown_init_on_stage(&tiles->shown, 1, 1);
	fill_color(&tiles->shown.picture, 0xffffff);
	for (int i = 0; i < 16; i++) {
		tile_init(&tiles->tiles[i], &tiles->shown, i % 4, i / 4);
	}
	window_commit(&tiles->shown.window, tiles->shown.picture.buffer);
}

static void tiles_finish(struct tiles *tiles) {
	for (int i = 0; i < 16; i++) {
		tile_finish(&tiles->tiles[i]);
	}
	shown_finish(&tiles->shown);
}

// picture: for is_tried().
static void expect_no_seam(struct tiles *tiles, size_t picture) {
	for (size_t i = 0; i < SCALES_LEN; i++) {
		for (int transform = 0; transform < 8; transform++) {
			if (!is_tried(picture, i, transform)) {
				continue;
			}
			char what[100];
			snprintf(what, sizeof(what), "scale %g, transform %d", scales[i], transform);
			set_output(&tiles->shown.stage, scales[i], (enum wl_output_transform)transform);
			int size = (int)lround(4 * TILE * scales[i]);
			expect_color_of(
					&tiles->shown.stage, scales[i], (enum wl_output_transform)transform, size, size, ORANGE, what);
		}
	}
}

TEST("filters@subsurfaces-side-by-side-have-no-seam-at-every-scale-and-transform") {
	struct tiles tiles;
	stage_init(&tiles.shown.stage, SIZE, SIZE);
	tiles_init_on_stage(&tiles);
	expect_no_seam(&tiles, 0);
	tiles_finish(&tiles);
}

TEST("filters@subsurfaces-side-by-side-have-no-seam-with-wlroots-wl_shm") {
	struct tiles tiles;
	stage_init_wlroots_shm(&tiles.shown.stage, SIZE, SIZE);
	tiles_init_on_stage(&tiles);
	expect_no_seam(&tiles, 1);
	tiles_finish(&tiles);
}

TEST("filters@few-pixels-of-one-color-fill-the-output-with-wlroots-wl_shm") {
	static const int32_t sizes[][2] = {{1, 1}, {2, 2}, {100, 75}};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct shown shown;
		stage_init_wlroots_shm(&shown.stage, SIZE, SIZE);
		shown_init_on_stage(&shown, sizes[i][0], sizes[i][1]);
		fill_color(&shown.picture, ORANGE);
		window_commit(&shown.window, shown.picture.buffer);
		for (size_t j = 0; j < SCALES_LEN; j++) {
			char what[100];
			snprintf(what, sizeof(what), "%dx%d at scale %g", sizes[i][0], sizes[i][1], scales[j]);
			set_output(&shown.stage, scales[j], WL_OUTPUT_TRANSFORM_NORMAL);
			expect_color(&shown.stage, scales[j], ORANGE, what);
		}
		shown_finish(&shown);
	}
}
