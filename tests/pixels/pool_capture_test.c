/*
 * Screen capture into buffers of lido_shm pools writes the right pixels to the right place and changes nothing else.
 */
#include "pool_picture.h"
#include "runner.h"
#include "stage.h"
#include <string.h>

#define WIDTH 40
#define HEIGHT 30
#define OFFSET 4096
#define BLOCK_SIZE (OFFSET + WIDTH * 4 * HEIGHT + 4096)

struct target {
	struct stage stage;
	struct pool_client pool;
	struct pool_block block;
	struct wl_buffer *buffer;
	uint8_t before[BLOCK_SIZE];
};

static void target_init(struct target *target) {
	stage_init(&target->stage, 64, 64);
	struct screen *screen = &target->stage.screen;
	pool_client_init(&target->pool, &screen->client, 0);
	pool_block_init(&target->block, &target->pool, BLOCK_SIZE);
	expect_place(&target->block);
	file_fill_memory(target->before, 0, BLOCK_SIZE, 8);
	memcpy(pool_block_get_data(&target->block), target->before, BLOCK_SIZE);
	target->buffer = lido_shm_block_v1_create_buffer(
			target->block.block, OFFSET, WIDTH, HEIGHT, WIDTH * 4, screen_get_capture_format(screen));
	client_roundtrip(&screen->client);
}

static void target_finish(struct target *target) {
	wl_buffer_destroy(target->buffer);
	pool_client_finish(&target->pool);
	stage_finish(&target->stage);
}

static void expect_captured(struct target *target, int32_t x, int32_t y) {
	const uint8_t *data = pool_block_get_data(&target->block);
	expect(screen_capture_into(&target->stage.screen, x, y, WIDTH, HEIGHT, target->buffer));
	expect_bytes(data, target->before, OFFSET);
	expect_bytes(data + BLOCK_SIZE - 4096, target->before + BLOCK_SIZE - 4096, 4096);
	struct image got, all;
	screen_convert(&target->stage.screen, data + OFFSET, WIDTH, HEIGHT, &got);
	stage_capture(&target->stage, &all);
	for (int32_t row = 0; row < HEIGHT; row++) {
		for (int32_t column = 0; column < WIDTH; column++) {
			uint32_t wanted = all.pixels[(y + row) * 64 + x + column];
			expect_int(got.pixels[row * WIDTH + column] & 0xffffff, ==, wanted & 0xffffff);
		}
	}
	image_finish(&got);
	image_finish(&all);
}

TEST("pool_capture@writes-the-right-pixels-and-no-other-byte") {
	static struct target target;
	target_init(&target);
	for (int32_t i = 0; i < 3; i++) {
		expect_captured(&target, 5 + i, 6);
	}
	target_finish(&target);
}

TEST("pool_capture@shows-each-new-frame-of-a-window-in-the-same-pool") {
	static struct target target;
	struct window window;
	struct pool_picture picture;
	target_init(&target);
	window_init(&window, &target.stage.screen, WINDOW_LAYER, 64, 64);
	pool_picture_init(&picture, &target.pool, WL_SHM_FORMAT_XRGB8888, 64, 64, 256);
	for (uint32_t i = 0; i < 4; i++) {
		pool_picture_fill(&picture, i);
		window_commit(&window, picture.picture.buffer);
		expect_captured(&target, 0, (int32_t)i);
	}
	pool_picture_finish(&picture);
	window_finish(&window);
	target_finish(&target);
}

TEST("pool_capture@works-while-the-file-grows-and-without-the-block-object") {
	static struct target target;
	struct pool_block blocks[4];
	target_init(&target);
	for (int i = 0; i < 4; i++) {
		pool_block_init(&blocks[i], &target.pool, 1 << 20);
		expect_place(&blocks[i]);
		expect_captured(&target, i, i);
	}
	uint8_t *data = pool_block_get_data(&target.block);
	pool_block_finish(&target.block);
	memset(data + OFFSET, 0, WIDTH * HEIGHT * 4);
	expect(screen_capture_into(&target.stage.screen, 0, 0, WIDTH, HEIGHT, target.buffer));
	struct image got;
	screen_convert(&target.stage.screen, data + OFFSET, WIDTH, HEIGHT, &got);
	expect_int(got.pixels[0] & 0xffffff, ==, target.stage.background.pixels[0] & 0xffffff);
	image_finish(&got);
	target_finish(&target);
}

TEST("pool_capture@into-a-buffer-without-memory-is-refused-and-harms-nobody") {
	struct stage stage;
	struct client other;
	struct pool_client pool;
	struct pool_block block;
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = 4096;
	stage_init_limited(&stage, 64, 64, &limits);
	client_init(&other, &stage.server);
	pool_client_init(&pool, &stage.screen.client, 0);
	pool_block_init(&block, &pool, BLOCK_SIZE);
	struct wl_buffer *buffer = lido_shm_block_v1_create_buffer(
			block.block, 0, WIDTH, HEIGHT, WIDTH * 4, screen_get_capture_format(&stage.screen));
	expect_reason(&block, BYTES);
	expect(!screen_capture_into(&stage.screen, 0, 0, WIDTH, HEIGHT, buffer));
	expect_alive(&other);
	wl_buffer_destroy(buffer);
	pool_client_finish(&pool);
	client_finish(&other);
	stage_finish(&stage);
}

TEST("pool_capture@into-an-enlarged-file-disconnects-only-that-client") {
	static struct target target;
	struct client other;
	target_init(&target);
	client_init(&other, &target.stage.server);
	file_set_size(target.block.area->fd, (int64_t)target.block.area->size + 4096);
	expect(!screen_capture_into(&target.stage.screen, 0, 0, WIDTH, HEIGHT, target.buffer));
	expect_protocol_error(
			&target.stage.screen.client, target.buffer, LIDO_SHM_BLOCK_V1_ERROR_FILE_CHANGED, "changed the size");
	expect_int(file_get_size(target.block.area->fd), ==, (int64_t)target.block.area->size + 4096);
	expect_alive(&other);
	client_finish(&other);
	target_finish(&target);
}
