/*
 * The output shows each announced format exactly, at odd sizes and strides, from sealed and unsealable files. Each
 * buffer is committed repeatedly, so that every path to the renderer is taken.
 */
#include "runner.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <stdio.h>

#define WIDTH 97
#define HEIGHT 61

static void try_format(
		struct stage *stage, uint32_t format, enum file_kind kind, int32_t width, int32_t height, int32_t padding) {
	struct window window;
	struct picture picture;
	char what[100];
	int bytes;
	uint32_t drm = format == WL_SHM_FORMAT_ARGB8888   ? DRM_FORMAT_ARGB8888
				   : format == WL_SHM_FORMAT_XRGB8888 ? DRM_FORMAT_XRGB8888
													  : format;
	if (!image_knows_format(drm, &bytes)) {
		fail("format 0x%x is announced, but this test does not know it", format);
	}
	window_init(&window, &stage->screen, WINDOW_LAYER, width, height);
	picture_init(&picture, &stage->screen.client, kind, format, width, height, width * bytes + padding * bytes);
	for (uint32_t commit = 1; commit <= 6; commit++) {
		picture_fill(&picture, commit + format);
		window_commit(&window, picture.buffer);
		snprintf(what, sizeof(what), "format 0x%x, %s, %dx%d, stride %d, commit %u", format, file_kind_names[kind],
				width, height, picture.stride, commit);
		stage_expect(stage, &picture, 0, 0, what);
	}
	window_finish(&window);
	picture_finish(&picture);
}

static void try_all_formats(enum file_kind kind, int32_t width, int32_t height, int32_t padding) {
	struct stage stage;
	stage_init(&stage, WIDTH, HEIGHT);
	const uint32_t *format;
	wl_array_for_each(format, &stage.screen.client.formats) {
		try_format(&stage, *format, kind, width, height, padding);
	}
	stage_finish(&stage);
}

TEST("screen_formats@sealed-file-is-shown-exactly") {
	try_all_formats(FILE_SEALED, 64, 32, 0);
}

TEST("screen_formats@unsealable-file-is-shown-exactly") {
	try_all_formats(FILE_UNSEALABLE, 64, 32, 0);
}

TEST("screen_formats@every-kind-of-file-is-shown-exactly") {
	struct stage stage;
	stage_init(&stage, WIDTH, HEIGHT);
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		try_format(&stage, WL_SHM_FORMAT_XRGB8888, kind, 16, 16, 3);
		try_format(&stage, WL_SHM_FORMAT_RGB565, kind, 15, 16, 2);
	}
	stage_finish(&stage);
}

TEST("screen_formats@odd-width-and-stride-that-is-not-a-multiple-of-4") {
	// 33 pixels of RGB565 are 66 bytes per row. pixman requires multiples of four.
	try_all_formats(FILE_SEALED, 33, 17, 0);
	try_all_formats(FILE_UNSEALABLE, 33, 17, 0);
	try_all_formats(FILE_SEALED, 32, 17, 1);
	try_all_formats(FILE_UNSEALABLE, 32, 17, 1);
}

TEST("screen_formats@one-pixel") {
	try_all_formats(FILE_SEALED, 1, 1, 0);
	try_all_formats(FILE_UNSEALABLE, 1, 1, 0);
}

TEST("screen_formats@translucent-pixels-are-blended-as-pixman-does") {
	struct stage stage;
	struct window window;
	struct picture picture;
	stage_init(&stage, WIDTH, HEIGHT);
	window_init(&window, &stage.screen, WINDOW_LAYER, 32, 32);
	picture_init(&picture, &stage.screen.client, FILE_UNSEALABLE, WL_SHM_FORMAT_ARGB8888, 32, 32, 128);
	for (int32_t i = 0; i < 32 * 32; i++) {
		// Premultiplied: no channel exceeds the alpha.
		uint8_t alpha = (uint8_t)(i / 4), pixel[4] = {alpha / 3, alpha / 2, alpha, alpha};
		for (int channel = 0; channel < 4; channel++) {
			picture.data[i * 4 + channel] = pixel[channel];
		}
	}
	file_write(picture.fd, 0, picture.data, 32 * 32 * 4);
	window_commit(&window, picture.buffer);
	stage_expect(&stage, &picture, 0, 0, "blending");
	window_finish(&window);
	picture_finish(&picture);
	stage_finish(&stage);
}

TEST("screen_formats@padding-and-neighbors-are-never-shown") {
	// A buffer in the middle of a file filled with another color.
	struct stage stage;
	struct window window;
	stage_init(&stage, WIDTH, HEIGHT);
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct picture picture;
		picture_init(&picture, &stage.screen.client, kind, WL_SHM_FORMAT_XRGB8888, 64, 64, 512);
		picture_fill_box(&picture, 0, 0, 64, 64, 4);
		file_fill(picture.fd, 0, 512 * 64, 99);
		struct wl_buffer *buffer =
				wl_shm_pool_create_buffer(picture.pool, 512 * 8 + 20, 30, 20, 512, WL_SHM_FORMAT_XRGB8888);
		for (int32_t y = 0; y < 20; y++) {
			file_write(picture.fd, 512 * (8 + y) + 20, picture.data + 512 * y, 30 * 4);
		}
		window_init(&window, &stage.screen, WINDOW_LAYER, 30, 20);
		for (int commit = 0; commit < 6; commit++) {
			window_commit(&window, buffer);
			struct picture part = picture;
			part.width = 30;
			part.height = 20;
			stage_expect(&stage, &part, 0, 0, file_kind_names[kind]);
		}
		window_finish(&window);
		wl_buffer_destroy(buffer);
		picture_finish(&picture);
	}
	stage_finish(&stage);
}
