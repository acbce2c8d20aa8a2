/*
 * Buffers in lido_shm pools are shown correctly: in each format, at odd strides and offsets, with damage, copied and
 * read in place.
 */
#include "pool_stage.h"
#include "runner.h"
#include <drm_fourcc.h>
#include <stdio.h>
#include <string.h>

#define SIZE 160  // pixels: 160 * 160 * 4 bytes are large enough to be mapped
#define VIDEO 520 // across and down: more than a MiB, so that it may be read in place

static void try_format(struct pool_stage *stage, uint32_t format, int32_t width, int32_t height, int32_t padding) {
	struct window window;
	struct pool_picture picture;
	char what[100];
	int bytes;
	uint32_t drm = format == WL_SHM_FORMAT_ARGB8888   ? DRM_FORMAT_ARGB8888
				   : format == WL_SHM_FORMAT_XRGB8888 ? DRM_FORMAT_XRGB8888
													  : format;
	expect(image_knows_format(drm, &bytes));
	window_init(&window, &stage->base.screen, WINDOW_LAYER, width, height);
	pool_picture_init(&picture, &stage->pool, format, width, height, (width + padding) * bytes);
	for (uint32_t commit = 1; commit <= 4; commit++) {
		pool_picture_fill(&picture, commit + format);
		window_commit(&window, picture.picture.buffer);
		snprintf(what, sizeof(what), "format 0x%x, %dx%d, padding %d, commit %u", format, width, height, padding,
				commit);
		stage_expect(&stage->base, &picture.picture, 0, 0, what);
	}
	window_finish(&window);
	pool_picture_finish(&picture);
}

static void try_all_formats(int32_t width, int32_t height, int32_t padding) {
	struct pool_stage stage;
	pool_stage_init(&stage, SIZE, NULL);
	const uint32_t *format;
	wl_array_for_each(format, &stage.base.screen.client.formats) {
		try_format(&stage, *format, width, height, padding);
	}
	pool_stage_finish(&stage);
}

TEST("pool_shown@every-format-is-shown-exactly") {
	try_all_formats(64, 32, 0);
	try_all_formats(1, 1, 0);
}

TEST("pool_shown@odd-width-and-stride-that-is-not-a-multiple-of-4") {
	try_all_formats(33, 17, 0);
	try_all_formats(32, 17, 1);
}

TEST("pool_shown@large-formats-are-read-from-the-mapping") {
	try_all_formats(151, 149, 3);
}

TEST("pool_shown@buffers-at-many-offsets-of-a-block") {
	enum {
		COUNT = 9
	};
	struct pool_stage stage;
	struct pool_block block;
	struct picture reference;
	pool_stage_init(&stage, 64, NULL);
	picture_init(&reference, &stage.base.screen.client, FILE_UNSEALABLE, WL_SHM_FORMAT_XRGB8888, 64, 64, 256);
	pool_block_init(&block, &stage.pool, COUNT * 64 * 64 * 4);
	expect_place(&block);
	for (int32_t i = 0; i < COUNT; i++) {
		int32_t offset = i * 64 * 64 * 4 - i % 3 * 4;
		struct wl_buffer *buffer = pool_block_create_buffer(&block, offset, 64, 64);
		picture_fill(&reference, (uint32_t)i);
		memcpy(pool_block_get_data(&block) + offset, reference.data, 64 * 64 * 4);
		window_commit(&stage.window, buffer);
		stage_expect(&stage.base, &reference, 0, 0, "an offset");
		wl_buffer_destroy(buffer);
	}
	picture_finish(&reference);
	pool_stage_finish(&stage);
}

TEST("pool_shown@damaged-box-is-updated") {
	struct pool_stage stage;
	struct pool_picture picture;
	pool_stage_init(&stage, SIZE, NULL);
	pool_picture_init(&picture, &stage.pool, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	pool_picture_fill(&picture, 1);
	window_commit(&stage.window, picture.picture.buffer);
	for (int32_t i = 0; i < 20; i++) {
		int32_t x = i * 37 % 100, y = i * 53 % 100, width = 1 + i * 7 % 60, height = 1 + i * 11 % 60;
		pool_picture_fill_box(&picture, x, y, width, height, 100 + (uint32_t)i);
		window_commit_box(&stage.window, picture.picture.buffer, x, y, width, height);
		stage_expect(&stage.base, &picture.picture, 0, 0, "a box");
	}
	pool_picture_finish(&picture);
	pool_stage_finish(&stage);
}

TEST("pool_shown@buffer-is-released-in-the-round-trip-after-the-commit") {
	for (int32_t size = 32; size <= SIZE; size += 128) {
		struct pool_stage stage;
		struct pool_picture picture;
		pool_stage_init(&stage, size, NULL);
		pool_picture_init(&picture, &stage.pool, WL_SHM_FORMAT_XRGB8888, size, size, size * 4);
		for (uint32_t i = 0; i < 10; i++) {
			pool_picture_fill(&picture, i);
			window_commit(&stage.window, picture.picture.buffer);
			expect_int(picture.picture.releases, ==, i + 1);
			stage_expect(&stage.base, &picture.picture, 0, 0, "one buffer");
		}
		pool_picture_finish(&picture);
		pool_stage_finish(&stage);
	}
}

TEST("pool_shown@video-is-read-in-place") {
	struct pool_stage stage;
	struct pool_picture pictures[2];
	pool_stage_init(&stage, VIDEO, NULL);
	skip_unless_in_place(&stage.base.server);
	pool_stage_play(&stage, pictures, VIDEO, 24);
	// The last frame is not released before the next commit.
	expect_int(pictures[1].picture.releases, ==, 11);
	expect_int(pictures[0].picture.releases, ==, 12);
	expect_int(file_count_mappings(pictures[0].block.area->fd, NULL), ==, 2);
	pool_picture_finish(&pictures[0]);
	pool_picture_finish(&pictures[1]);
	pool_stage_finish(&stage);
}

TEST("pool_shown@file-that-grows-under-a-buffer-read-in-place-changes-nothing") {
	struct pool_stage stage;
	struct pool_picture pictures[2];
	struct pool_block blocks[10];
	pool_stage_init(&stage, VIDEO, NULL);
	pool_stage_play(&stage, pictures, VIDEO, 24);
	uint32_t size = pictures[1].block.area->size;
	for (int i = 0; i < 10; i++) {
		pool_block_init(&blocks[i], &stage.pool, 3000000);
		expect_place(&blocks[i]);
		memset(pool_block_get_data(&blocks[i]), 0xff, blocks[i].size);
		stage_expect(&stage.base, &pictures[1].picture, 0, 0, "while the file grows");
	}
	expect_int(pictures[1].block.area->size, >, size);
	pool_picture_fill(&pictures[0], 1000);
	window_commit(&stage.window, pictures[0].picture.buffer);
	stage_expect(&stage.base, &pictures[0].picture, 0, 0, "the next frame");
	pool_picture_finish(&pictures[0]);
	pool_picture_finish(&pictures[1]);
	pool_stage_finish(&stage);
}

TEST("pool_shown@window-that-resizes-its-block-with-each-frame") {
	struct pool_stage stage;
	struct pool_block block;
	pool_stage_init(&stage, SIZE, NULL);
	pool_block_init(&block, &stage.pool, 64);
	for (int32_t i = 0; i < 30; i++) {
		int32_t width = 1 + i * 37 % SIZE, height = 1 + i * 61 % SIZE;
		struct window window;
		struct picture reference;
		picture_init(&reference, &stage.base.screen.client, FILE_UNSEALABLE, WL_SHM_FORMAT_XRGB8888, width, height,
				width * 4);
		picture_fill(&reference, (uint32_t)i);
		pool_block_resize(&block, (uint32_t)(width * height * 4));
		struct wl_buffer *buffer = pool_block_create_buffer(&block, 0, width, height);
		expect_place(&block);
		memcpy(pool_block_get_data(&block), reference.data, (size_t)width * (size_t)height * 4);
		window_init(&window, &stage.base.screen, WINDOW_LAYER, width, height);
		window_commit(&window, buffer);
		stage_expect(&stage.base, &reference, 0, 0, "another size");
		wl_buffer_destroy(buffer);
		window_finish(&window);
		picture_finish(&reference);
	}
	pool_block_finish(&block);
	pool_stage_finish(&stage);
}

TEST("pool_shown@block-resized-while-its-buffer-is-shown-leaves-the-picture") {
	struct pool_stage stage;
	struct pool_picture pictures[2];
	struct pool_block neighbor;
	pool_stage_init(&stage, VIDEO, NULL);
	pool_stage_play(&stage, pictures, VIDEO, 24);
	pool_block_init(&neighbor, &stage.pool, 4096);
	expect_place(&neighbor);
	// A larger block moves, and the client draws in the new place. A smaller one stays.
	pool_block_resize(&pictures[1].block, VIDEO * VIDEO * 8);
	expect_place(&pictures[1].block);
	memset(pool_block_get_data(&pictures[1].block), 0x77, VIDEO * VIDEO * 8);
	stage_expect(&stage.base, &pictures[1].picture, 0, 0, "made larger");
	pool_block_resize(&pictures[1].block, 64);
	expect_place(&pictures[1].block);
	stage_expect(&stage.base, &pictures[1].picture, 0, 0, "made smaller");
	window_commit(&stage.window, pictures[1].picture.buffer);
	stage_expect(&stage.base, &pictures[1].picture, 0, 0, "committed again");
	pool_picture_finish(&pictures[0]);
	pool_picture_finish(&pictures[1]);
	pool_stage_finish(&stage);
}
