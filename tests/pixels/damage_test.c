/*
 * Partial damage: the damaged part is updated and the rest stays correct, in surface and in buffer coordinates.
 *
 * Without scaling, the output must equal the client's pixels. Otherwise the test commits the same content in a new
 * buffer with full damage: if the output changes, an update had been missed.
 */
#include "runner.h"
#include "stage.h"
#include "viewporter-client-protocol.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 64
#define HEIGHT 48
#define VIDEO 520 // across and down: more than a MiB, so that it may be read in place

// A deterministic pseudo-random number below the limit.
static int32_t next_random(uint32_t *state, int32_t below) {
	*state = *state * 1664525u + 1013904223u;
	return (int32_t)((*state >> 8) % (uint32_t)below);
}

struct box {
	int32_t x, y, width, height;
};

static struct box random_box(uint32_t *state, int32_t width, int32_t height) {
	struct box box = {.x = next_random(state, width), .y = next_random(state, height)};
	box.width = 1 + next_random(state, width - box.x);
	box.height = 1 + next_random(state, height - box.y);
	return box;
}

// Draws random boxes into the given number of buffers in turn; each commit damages only its own box.
static void try_boxes_once(
		bool tracking, enum window_kind window_kind, enum file_kind kind, int buffers, uint32_t format, int32_t width) {
	struct stage stage;
	struct window window;
	struct picture pictures[3];
	uint32_t state = 1;
	(tracking ? stage_init_tracking : stage_init)(&stage, width, HEIGHT);
	window_init(&window, &stage.screen, window_kind, width, HEIGHT);
	int bytes = format == WL_SHM_FORMAT_RGB565 ? 2 : 4;
	for (int i = 0; i < buffers; i++) {
		picture_init(&pictures[i], &stage.screen.client, kind, format, width, HEIGHT, width * bytes);
	}
	picture_fill(&pictures[0], 1);
	window_commit(&window, pictures[0].buffer);
	for (uint32_t i = 1; i < 40; i++) {
		struct picture *picture = &pictures[i % (uint32_t)buffers];
		const struct picture *last = &pictures[(i - 1) % (uint32_t)buffers];
		if (picture != last) {
			picture_copy(picture, last);
		}
		struct box box = random_box(&state, width, HEIGHT);
		picture_fill_box(picture, box.x, box.y, box.width, box.height, i + 100);
		window_commit_box(&window, picture->buffer, box.x, box.y, box.width, box.height);
		char what[100];
		snprintf(what, sizeof(what), "%s, %d buffers, commit %u", file_kind_names[kind], buffers, i);
		stage_expect(&stage, picture, 0, 0, what);
	}
	for (int i = 0; i < buffers; i++) {
		picture_finish(&pictures[i]);
	}
	window_finish(&window);
	stage_finish(&stage);
}

static void try_boxes(enum window_kind window_kind, enum file_kind kind, int buffers, uint32_t format, int32_t width) {
	try_boxes_once(false, window_kind, kind, buffers, format, width);
	try_boxes_once(true, window_kind, kind, buffers, format, width);
}

TEST("damage@boxes-in-one-buffer") {
	try_boxes(WINDOW_LAYER, FILE_SEALED, 1, WL_SHM_FORMAT_XRGB8888, WIDTH);
	try_boxes(WINDOW_LAYER, FILE_UNSEALABLE, 1, WL_SHM_FORMAT_XRGB8888, WIDTH);
}

TEST("damage@boxes-in-two-buffers") {
	try_boxes(WINDOW_LAYER, FILE_SEALED, 2, WL_SHM_FORMAT_ARGB8888, WIDTH);
	try_boxes(WINDOW_LAYER, FILE_SHM_OPEN, 2, WL_SHM_FORMAT_ARGB8888, WIDTH);
}

TEST("damage@boxes-in-three-large-buffers") {
	// 400x48x4 bytes: the server maps buffers of this size after some commits.
	try_boxes(WINDOW_LAYER, FILE_SEALED, 3, WL_SHM_FORMAT_XRGB8888, 400);
	try_boxes(WINDOW_LAYER, FILE_RUNTIME_DIR, 3, WL_SHM_FORMAT_XRGB8888, 400);
}

TEST("damage@boxes-at-a-stride-that-is-not-a-multiple-of-4") {
	try_boxes(WINDOW_LAYER, FILE_SEALED, 2, WL_SHM_FORMAT_RGB565, 61);
	try_boxes(WINDOW_LAYER, FILE_UNSEALABLE, 2, WL_SHM_FORMAT_RGB565, 61);
}

TEST("damage@boxes-in-a-fullscreen-window") {
	try_boxes(WINDOW_FULLSCREEN, FILE_SEALED, 2, WL_SHM_FORMAT_XRGB8888, 400);
	try_boxes(WINDOW_FULLSCREEN, FILE_UNSEALABLE, 2, WL_SHM_FORMAT_XRGB8888, WIDTH);
}

// Alternates between video and small changes, so that the server switches between reading in place and copying.
static void try_video_and_boxes(bool tracking, enum window_kind window_kind, enum file_kind kind) {
	struct stage stage;
	struct window window;
	struct picture pictures[2];
	uint32_t state = 3;
	(tracking ? stage_init_tracking : stage_init)(&stage, VIDEO, VIDEO);
	window_init(&window, &stage.screen, window_kind, VIDEO, VIDEO);
	for (int i = 0; i < 2; i++) {
		picture_init(&pictures[i], &stage.screen.client, kind, WL_SHM_FORMAT_XRGB8888, VIDEO, VIDEO, VIDEO * 4);
	}
	for (uint32_t i = 0; i < 75; i++) {
		struct picture *now = &pictures[i % 2];
		const struct picture *before = &pictures[1 - i % 2];
		bool is_video = i / 15 % 2 == 0;
		struct box box = is_video ? (struct box){0, 0, VIDEO, VIDEO} : random_box(&state, VIDEO, VIDEO);
		picture_copy(now, before);
		picture_fill_box(now, box.x, box.y, box.width, box.height, i);
		window_commit_box(&window, now->buffer, box.x, box.y, box.width, box.height);
		expect_int(before->releases, ==, (i + 1) / 2);
		if (!is_video || i % 5 == 4) {
			char what[60];
			snprintf(what, sizeof(what), "%s, commit %u", file_kind_names[kind], i);
			stage_expect(&stage, now, 0, 0, what);
		}
	}
	picture_finish(&pictures[0]);
	picture_finish(&pictures[1]);
	window_finish(&window);
	stage_finish(&stage);
}

TEST("damage@video-and-boxes-alternate") {
	try_video_and_boxes(false, WINDOW_LAYER, FILE_SEALED);
	try_video_and_boxes(true, WINDOW_LAYER, FILE_SEALED);
	try_video_and_boxes(false, WINDOW_LAYER, FILE_UNSEALABLE);
	try_video_and_boxes(true, WINDOW_LAYER, FILE_UNSEALABLE);
}

TEST("damage@video-and-boxes-alternate-fullscreen") {
	try_video_and_boxes(false, WINDOW_FULLSCREEN, FILE_SEALABLE);
	try_video_and_boxes(true, WINDOW_FULLSCREEN, FILE_SEALABLE);
	try_video_and_boxes(false, WINDOW_FULLSCREEN, FILE_SHM_OPEN);
	try_video_and_boxes(true, WINDOW_FULLSCREEN, FILE_SHM_OPEN);
}

// How a surface shows its buffer.
struct geometry {
	int32_t scale;
	enum wl_output_transform transform;
	bool viewport;
	int32_t source_x, source_y, source_width, source_height; // surface coordinates before the viewport
	int32_t width, height;                                   // size of the surface
};

static void apply(const struct geometry *geometry, struct wl_surface *surface, struct wp_viewport *viewport) {
	wl_surface_set_buffer_scale(surface, geometry->scale);
	wl_surface_set_buffer_transform(surface, (int32_t)geometry->transform);
	wp_viewport_set_source(viewport, wl_fixed_from_int(geometry->viewport ? geometry->source_x : -1),
			wl_fixed_from_int(geometry->viewport ? geometry->source_y : -1),
			wl_fixed_from_int(geometry->viewport ? geometry->source_width : -1),
			wl_fixed_from_int(geometry->viewport ? geometry->source_height : -1));
	wp_viewport_set_destination(
			viewport, geometry->viewport ? geometry->width : -1, geometry->viewport ? geometry->height : -1);
}

// sets_geometry: each commit sets the geometry again, to the same, as those of GTK 3 do.
static void try_to_limit(bool sets_geometry) {
	static const enum file_kind kinds[] = {FILE_UNSEALABLE, FILE_SEALED};
	for (int i = 0; i < 2; i++) {
		struct stage stage;
		struct window window;
		struct picture picture, shown;
		stage_init(&stage, 200, 200);
		window_init(&window, &stage.screen, WINDOW_LAYER, 200, 200);
		struct wp_viewport *viewport = wp_viewporter_get_viewport(stage.screen.viewporter, window.surface);
		picture_init(&picture, &stage.screen.client, kinds[i], WL_SHM_FORMAT_XRGB8888, 200, 200, 800);
		picture_init(&shown, &stage.screen.client, kinds[i], WL_SHM_FORMAT_XRGB8888, 200, 200, 800);
		for (uint32_t commit = 0; commit < 6; commit++) {
			bool first = commit == 0;
			picture_fill(&picture, commit);
			if (sets_geometry) {
				apply(&(struct geometry){.scale = 1}, window.surface, viewport);
			}
			window_commit_box(
					&window, picture.buffer, first ? 0 : 50, first ? 0 : 60, first ? 200 : 20, first ? 200 : 20);
			for (int32_t y = first ? 0 : 60; y < (first ? 200 : 80); y++) {
				int32_t start = y * 800 + (first ? 0 : 200);
				memcpy(shown.data + start, picture.data + start, first ? 800 : 80);
			}
			stage_expect(&stage, &shown, 0, 0, file_kind_names[kinds[i]]);
		}
		wp_viewport_destroy(viewport);
		picture_finish(&picture);
		picture_finish(&shown);
		window_finish(&window);
		stage_finish(&stage);
	}
}

// The client may be drawing the undamaged rest of the file.
TEST("damage@limits-what-is-read") {
	try_to_limit(false);
}

TEST("damage@limits-what-is-read-while-the-geometry-stays") {
	try_to_limit(true);
}

// Committing the same content in a new buffer with full damage must not change the output.
static void expect_nothing_missed(
		struct stage *stage, struct window *window, const struct picture *picture, const char *what) {
	struct image partial, whole;
	struct picture fresh;
	stage_capture(stage, &partial);
	picture_init(&fresh, &stage->screen.client, FILE_UNSEALABLE, WL_SHM_FORMAT_XRGB8888, picture->width,
			picture->height, picture->stride);
	picture_copy(&fresh, picture);
	window_commit(window, fresh.buffer);
	stage_capture(stage, &whole);
	expect_image_of(&partial, &whole, what);
	picture_finish(&fresh);
	image_finish(&partial);
	image_finish(&whole);
}

static void commit_damage(
		struct window *window, const struct picture *picture, const struct box *box, bool in_surface) {
	wl_surface_attach(window->surface, picture->buffer, 0, 0);
	if (in_surface) {
		wl_surface_damage(window->surface, box->x, box->y, box->width, box->height);
	} else {
		wl_surface_damage_buffer(window->surface, box->x, box->y, box->width, box->height);
	}
	wl_surface_commit(window->surface);
	client_roundtrip(&window->screen->client);
}

// Converts a box of the surface to buffer coordinates: scale, then undo the transform. Without a viewport.
static struct box surface_to_buffer(const struct geometry *geometry, const struct picture *picture, struct box box) {
	int32_t s = geometry->scale, w = picture->width, h = picture->height;
	struct box b = {box.x * s, box.y * s, box.width * s, box.height * s};
	switch (geometry->transform) {
	case WL_OUTPUT_TRANSFORM_NORMAL:
		return b;
	case WL_OUTPUT_TRANSFORM_90: // the client has rotated its drawing by 90 degrees
		return (struct box){b.y, h - b.x - b.width, b.height, b.width};
	case WL_OUTPUT_TRANSFORM_180:
		return (struct box){w - b.x - b.width, h - b.y - b.height, b.width, b.height};
	case WL_OUTPUT_TRANSFORM_270:
		return (struct box){w - b.y - b.height, b.x, b.height, b.width};
	case WL_OUTPUT_TRANSFORM_FLIPPED:
		return (struct box){w - b.x - b.width, b.y, b.width, b.height};
	case WL_OUTPUT_TRANSFORM_FLIPPED_90:
		return (struct box){b.y, b.x, b.height, b.width};
	case WL_OUTPUT_TRANSFORM_FLIPPED_180:
		return (struct box){b.x, h - b.y - b.height, b.width, b.height};
	default:
		return (struct box){w - b.y - b.height, h - b.x - b.width, b.height, b.width};
	}
}

// Converts a box of the viewport's source to surface coordinates, rounded outwards.
static struct box source_to_destination(const struct geometry *geometry, const struct box *source) {
	int32_t across = geometry->source_width, down = geometry->source_height;
	int32_t x1 = source->x - geometry->source_x, y1 = source->y - geometry->source_y;
	struct box box = {.x = x1 * geometry->width / across, .y = y1 * geometry->height / down};
	box.width = ((x1 + source->width) * geometry->width + across - 1) / across - box.x;
	box.height = ((y1 + source->height) * geometry->height + down - 1) / down - box.y;
	return box;
}

// Alternates two buffers. in_surface: damage is in surface coordinates, otherwise in buffer coordinates.
static void try_geometry(const struct geometry *geometry, enum file_kind kind, bool in_surface) {
	struct stage stage;
	struct window window;
	struct picture pictures[2];
	uint32_t state = 7;
	stage_init(&stage, 128, 128);
	window_init(&window, &stage.screen, WINDOW_LAYER, 100, 100);
	struct wp_viewport *viewport = wp_viewporter_get_viewport(stage.screen.viewporter, window.surface);
	apply(geometry, window.surface, viewport);
	for (int i = 0; i < 2; i++) {
		picture_init(&pictures[i], &stage.screen.client, kind, WL_SHM_FORMAT_XRGB8888, WIDTH, HEIGHT, WIDTH * 4);
	}
	picture_fill(&pictures[1], 1);
	window_commit(&window, pictures[1].buffer);
	bool turned = geometry->transform % 2 == 1;
	int32_t surface_width = (turned ? HEIGHT : WIDTH) / geometry->scale;
	int32_t surface_height = (turned ? WIDTH : HEIGHT) / geometry->scale;
	for (uint32_t i = 0; i < 8; i++) {
		struct picture *picture = &pictures[i % 2];
		picture_copy(picture, &pictures[1 - i % 2]);
		struct box box =
				in_surface ? random_box(&state, surface_width, surface_height) : random_box(&state, WIDTH, HEIGHT);
		struct box drawn = in_surface ? surface_to_buffer(geometry, picture, box) : box;
		if (geometry->viewport && in_surface) {
			struct box source = random_box(&state, geometry->source_width, geometry->source_height);
			source.x += geometry->source_x;
			source.y += geometry->source_y;
			drawn = surface_to_buffer(geometry, picture, source);
			box = source_to_destination(geometry, &source);
		}
		picture_fill_box(picture, drawn.x, drawn.y, drawn.width, drawn.height, i + 50);
		commit_damage(&window, picture, &box, in_surface);
		char what[100];
		snprintf(what, sizeof(what), "scale %d, transform %d, viewport %d, in surface %d, %s, commit %u",
				geometry->scale, (int)geometry->transform, geometry->viewport, in_surface, file_kind_names[kind], i);
		expect_nothing_missed(&stage, &window, picture, what);
	}
	wp_viewport_destroy(viewport);
	picture_finish(&pictures[0]);
	picture_finish(&pictures[1]);
	window_finish(&window);
	stage_finish(&stage);
}

static void try_geometries(enum file_kind kind, bool in_surface, int32_t scale, bool viewport) {
	for (int transform = 0; transform < 8; transform++) {
		struct geometry geometry = {.scale = scale, .transform = (enum wl_output_transform)transform};
		if (viewport) {
			geometry.viewport = true;
			geometry.source_x = 3;
			geometry.source_y = 2;
			geometry.source_width = geometry.source_height = 16;
			geometry.width = 90;
			geometry.height = 70;
		}
		try_geometry(&geometry, kind, in_surface);
	}
}

TEST("damage@of-the-buffer-under-every-transform-and-scale") {
	try_geometries(FILE_UNSEALABLE, false, 1, false);
	try_geometries(FILE_SEALED, false, 2, false);
}

TEST("damage@of-the-surface-under-every-transform") {
	try_geometries(FILE_UNSEALABLE, true, 1, false);
}

TEST("damage@of-the-surface-under-every-transform-and-scale") {
	try_geometries(FILE_SEALED, true, 2, false);
}

TEST("damage@of-the-buffer-under-a-viewport") {
	try_geometries(FILE_UNSEALABLE, false, 1, true);
}

TEST("damage@of-the-surface-under-a-viewport") {
	try_geometries(FILE_UNSEALABLE, true, 2, true);
}

TEST("damage@while-the-geometry-changes") {
	struct stage stage;
	struct window window;
	struct picture pictures[2];
	stage_init(&stage, 128, 128);
	if (!server_shows_in_place(&stage.server)) {
		skip("the renderer uploads what the client has damaged, whatever the geometry");
	}
	window_init(&window, &stage.screen, WINDOW_LAYER, 100, 100);
	struct wp_viewport *viewport = wp_viewporter_get_viewport(stage.screen.viewporter, window.surface);
	for (int i = 0; i < 2; i++) {
		picture_init(
				&pictures[i], &stage.screen.client, FILE_UNSEALABLE, WL_SHM_FORMAT_XRGB8888, WIDTH, HEIGHT, WIDTH * 4);
	}
	for (uint32_t i = 0; i < 24; i++) {
		struct picture *picture = &pictures[i % 2];
		struct geometry geometry = {.scale = 1 + (int32_t)(i / 8 % 2),
			.transform = (enum wl_output_transform)(i % 8),
			.viewport = i % 3 == 0,
			.source_width = 16,
			.source_height = 16,
			.width = 50,
			.height = 60};
		// Redraw everything: only the change of geometry implies full damage.
		picture_fill(picture, i);
		apply(&geometry, window.surface, viewport);
		commit_damage(&window, picture, &(struct box){0, 0, 1, 1}, true);
		// A change of geometry without a buffer must not lose an update either.
		geometry.viewport = !geometry.viewport;
		apply(&geometry, window.surface, viewport);
		wl_surface_commit(window.surface);
		char what[40];
		snprintf(what, sizeof(what), "change %u", i);
		expect_nothing_missed(&stage, &window, picture, what);
	}
	wp_viewport_destroy(viewport);
	picture_finish(&pictures[0]);
	picture_finish(&pictures[1]);
	window_finish(&window);
	stage_finish(&stage);
}

TEST("damage@committed-before-the-buffer-is-attached") {
	// Commit the damage without a buffer, then a buffer with other damage.
	struct stage stage;
	struct window window;
	struct picture picture;
	stage_init(&stage, WIDTH, HEIGHT);
	window_init(&window, &stage.screen, WINDOW_LAYER, WIDTH, HEIGHT);
	picture_init(&picture, &stage.screen.client, FILE_UNSEALABLE, WL_SHM_FORMAT_XRGB8888, WIDTH, HEIGHT, WIDTH * 4);
	picture_fill(&picture, 1);
	window_commit(&window, picture.buffer);
	picture_fill_box(&picture, 10, 10, 20, 20, 2);
	wl_surface_damage_buffer(window.surface, 10, 10, 20, 20);
	wl_surface_commit(window.surface);
	client_roundtrip(&stage.screen.client);
	window_commit_box(&window, picture.buffer, 0, 0, 1, 1);
	// Then damage that far exceeds the buffer.
	picture_fill_box(&picture, 0, 0, WIDTH, HEIGHT, 3);
	window_commit_box(&window, picture.buffer, INT32_MIN / 2, INT32_MIN / 2, INT32_MAX, INT32_MAX);
	stage_expect(&stage, &picture, 0, 0, "after damage without a buffer");
	picture_finish(&picture);
	window_finish(&window);
	stage_finish(&stage);
}
