/*
 * Blocks, buffers and pages of lido_shm pools that are destroyed or change while shown, or were never allocated.
 */
#include "pool_stage.h"
#include "runner.h"
#include <fcntl.h>
#include <string.h>

#define SIZE 160  // pixels: 160 * 160 * 4 bytes are large enough to be mapped
#define VIDEO 520 // across and down: more than a MiB, so that it may be read in place

static void expect_still_shown(struct pool_stage *stage, const struct pool_picture *picture, const char *what) {
	client_roundtrip(&stage->base.screen.client);
	stage_expect(&stage->base, &picture->picture, 0, 0, what);
}

TEST("pool_lifetime@block-and-buffer-destroyed-while-shown-stay-shown") {
	static const struct {
		int32_t size;
		int frames;
	} shows[] = {{32, 2}, {SIZE, 2}, {SIZE, 8}, {VIDEO, 2}, {VIDEO, 8}, {VIDEO, 24}};
	for (size_t i = 0; i < sizeof(shows) / sizeof(shows[0]); i++) {
		struct pool_stage stage;
		struct pool_picture pictures[2];
		pool_stage_init(&stage, shows[i].size, NULL);
		pool_stage_play(&stage, pictures, shows[i].size, shows[i].frames);
		pool_picture_drop_block(&pictures[1]);
		expect_still_shown(&stage, &pictures[1], "block destroyed");
		pool_picture_drop_buffer(&pictures[1]);
		expect_still_shown(&stage, &pictures[1], "buffer destroyed");
		pool_picture_finish(&pictures[0]);
		pool_picture_finish(&pictures[1]);
		pool_stage_finish(&stage);
	}
}

// The server must not reuse a range that it reads in place, whatever the client allocates meanwhile.
TEST("pool_lifetime@range-that-is-shown-goes-to-no-other-block") {
	struct pool_stage stage;
	struct pool_picture pictures[2];
	struct pool_block blocks[8];
	pool_stage_init(&stage, VIDEO, NULL);
	skip_unless_in_place(&stage.base.server);
	pool_stage_play(&stage, pictures, VIDEO, 24);
	uint32_t offset = pictures[1].block.offset;
	pool_picture_drop_block(&pictures[1]);
	pool_picture_drop_buffer(&pictures[1]);
	for (int i = 0; i < 8; i++) {
		pool_block_init(&blocks[i], &stage.pool, VIDEO * VIDEO * 4);
		expect_place(&blocks[i]);
		expect_int(blocks[i].offset, !=, offset);
		memset(pool_block_get_data(&blocks[i]), 0x11 * i, VIDEO * VIDEO * 4);
		expect_still_shown(&stage, &pictures[1], "another block");
	}
	// Once another buffer has replaced it, the range may be reused.
	window_commit(&stage.window, pictures[0].picture.buffer);
	stage_expect(&stage.base, &pictures[0].picture, 0, 0, "replaced");
	struct pool_block block;
	pool_block_init(&block, &stage.pool, VIDEO * VIDEO * 4);
	expect_place(&block);
	expect_int(block.offset, ==, offset);
	pool_picture_finish(&pictures[0]);
	pool_picture_finish(&pictures[1]);
	pool_stage_finish(&stage);
}

TEST("pool_lifetime@client-that-disconnects-loses-its-window-and-nothing-else-changes") {
	struct pool_stage stage;
	struct screen other;
	struct pool_picture pictures[2];
	pool_stage_init(&stage, VIDEO, NULL);
	screen_init(&other, &stage.base.server);
	pool_stage_play(&stage, pictures, VIDEO, 24);
	pool_picture_finish(&pictures[0]);
	pool_picture_finish(&pictures[1]);
	pool_client_finish(&stage.pool);
	window_finish(&stage.window);
	screen_finish(&stage.base.screen);
	struct image image;
	screen_capture(&other, 0, 0, VIDEO, VIDEO, &image);
	expect_image_of(&image, &stage.base.background, "its window is gone");
	image_finish(&image);
	screen_finish(&other);
	image_finish(&stage.base.background);
	server_finish(&stage.base.server);
}

TEST("pool_lifetime@untouched-block-shows-zeros-and-costs-no-pages") {
	for (int32_t size = 32; size <= VIDEO; size += 244) {
		struct pool_stage stage;
		struct pool_picture pictures[2];
		pool_stage_init(&stage, size, NULL);
		for (int i = 0; i < 2; i++) {
			pool_picture_init(&pictures[i], &stage.pool, WL_SHM_FORMAT_XRGB8888, size, size, size * 4);
		}
		for (int i = 0; i < 24; i++) {
			window_commit(&stage.window, pictures[i % 2].picture.buffer);
			expect_still_shown(&stage, &pictures[i % 2], "zeros");
		}
		expect_int(file_get_allocated(pictures[0].block.area->fd), ==, 0);
		pool_picture_finish(&pictures[0]);
		pool_picture_finish(&pictures[1]);
		pool_stage_finish(&stage);
	}
}

TEST("pool_lifetime@half-drawn-block-costs-only-the-drawn-pages") {
	struct pool_stage stage;
	struct pool_picture picture;
	pool_stage_init(&stage, SIZE, NULL);
	pool_picture_init(&picture, &stage.pool, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	pool_picture_fill_box(&picture, 0, 0, SIZE, SIZE / 2, 3);
	int64_t allocated = file_get_allocated(picture.block.area->fd);
	for (int i = 0; i < 6; i++) {
		window_commit(&stage.window, picture.picture.buffer);
		expect_still_shown(&stage, &picture, "half of it");
	}
	expect_int(file_get_allocated(picture.block.area->fd), ==, allocated);
	pool_picture_finish(&picture);
	pool_stage_finish(&stage);
}

TEST("pool_lifetime@pages-punched-while-shown-in-place-harm-nobody") {
	struct pool_stage stage;
	struct pool_picture pictures[2];
	pool_stage_init(&stage, VIDEO, NULL);
	pool_stage_play(&stage, pictures, VIDEO, 24);
	struct pool_area *area = pictures[1].block.area;
	expect_int(fallocate(area->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, area->size), ==, 0);
	struct image image;
	stage_capture(&stage.base, &image);
	image_finish(&image);
	pool_picture_fill(&pictures[0], 99);
	window_commit(&stage.window, pictures[0].picture.buffer);
	expect_still_shown(&stage, &pictures[0], "redrawn");
	pool_picture_finish(&pictures[0]);
	pool_picture_finish(&pictures[1]);
	pool_stage_finish(&stage);
}

static void expect_file_changed(int32_t size, int frames) {
	struct pool_stage stage;
	struct screen other;
	struct pool_picture pictures[2];
	pool_stage_init(&stage, size, NULL);
	screen_init(&other, &stage.base.server);
	pool_stage_play(&stage, pictures, size, frames);
	struct pool_area *area = pictures[0].block.area;
	file_set_size(area->fd, (int64_t)area->size + 4096);
	struct wl_buffer *buffer = pictures[frames % 2].picture.buffer;
	wl_surface_attach(stage.window.surface, buffer, 0, 0);
	wl_surface_damage_buffer(stage.window.surface, 0, 0, size, size);
	wl_surface_commit(stage.window.surface);
	expect_protocol_error(&stage.base.screen.client, buffer, LIDO_SHM_BLOCK_V1_ERROR_FILE_CHANGED, "changed the size");
	expect_alive(&other.client);
	struct image image;
	screen_capture(&other, 0, 0, size, size, &image);
	expect_image_of(&image, &stage.base.background, "its window is gone");
	image_finish(&image);
	screen_finish(&other);
	pool_picture_finish(&pictures[0]);
	pool_picture_finish(&pictures[1]);
	pool_stage_finish(&stage);
}

TEST("pool_lifetime@file-enlarged-before-a-commit-is-file_changed-on-the-wl_buffer") {
	expect_file_changed(32, 0);
	expect_file_changed(SIZE, 0);
	expect_file_changed(SIZE, 1);
	expect_file_changed(SIZE, 6);
	expect_file_changed(VIDEO, 24);
}

// Shows a buffer of a block that failed.
static void expect_unfilled(uint32_t format, bool is_transparent) {
	struct pool_stage stage;
	struct pool_picture picture;
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = 4096;
	pool_stage_init(&stage, SIZE, &limits);
	pool_picture_init(&picture, &stage.pool, format, SIZE, SIZE, SIZE * 4);
	expect(picture.pixels == NULL);
	for (int i = 0; i < 6; i++) {
		window_commit(&stage.window, picture.picture.buffer);
		stage_expect(&stage.base, is_transparent ? NULL : &picture.picture, 0, 0, "without memory");
		expect_int(picture.picture.releases, ==, i + 1);
	}
	pool_picture_finish(&picture);
	pool_stage_finish(&stage);
}

TEST("pool_lifetime@buffer-without-memory-is-black-or-transparent") {
	expect_unfilled(WL_SHM_FORMAT_XRGB8888, false);
	expect_unfilled(WL_SHM_FORMAT_ARGB8888, true);
}

TEST("pool_lifetime@buffer-without-memory-alternates-with-another") {
	struct pool_stage stage;
	struct pool_picture none, some;
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = SIZE * SIZE * 4;
	pool_stage_init(&stage, SIZE, &limits);
	pool_picture_init(&some, &stage.pool, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	pool_picture_init(&none, &stage.pool, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	for (uint32_t i = 0; i < 6; i++) {
		pool_picture_fill(&some, i);
		window_commit(&stage.window, some.picture.buffer);
		expect_still_shown(&stage, &some, "with memory");
		window_commit_box(&stage.window, none.picture.buffer, 0, 0, SIZE, SIZE);
		expect_still_shown(&stage, &none, "without");
	}
	pool_picture_finish(&none);
	pool_picture_finish(&some);
	pool_stage_finish(&stage);
}
