/*
 * Screen capture into clients' buffers writes the right pixels to the right place, changes nothing else, and leaks no
 * memory of other clients or of the server.
 */
#include "runner.h"
#include "stage.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define WIDTH 40
#define HEIGHT 30
#define OFFSET 4096
#define FILE_SIZE (OFFSET + WIDTH * 4 * HEIGHT + 4096)

struct target {
	struct stage stage;
	int fd;
	size_t fds; // fds of this process for the file, before the server received it
	struct wl_shm_pool *pool;
	struct wl_buffer *buffer;
	uint8_t before[FILE_SIZE];
};

static void target_init_fd(struct target *target, int fd) {
	stage_init(&target->stage, 64, 64);
	struct screen *screen = &target->stage.screen;
	target->fd = fd;
	target->fds = file_count_fds(fd);
	file_fill_memory(target->before, 0, FILE_SIZE, 8);
	target->pool = wl_shm_create_pool(screen->client.shm, fd, FILE_SIZE);
	target->buffer = wl_shm_pool_create_buffer(
			target->pool, OFFSET, WIDTH, HEIGHT, WIDTH * 4, screen_get_capture_format(screen));
	client_roundtrip(&screen->client);
}

static void target_init(struct target *target, enum file_kind kind) {
	int fd = file_create(kind, FILE_SIZE);
	file_fill(fd, 0, FILE_SIZE, 8);
	target_init_fd(target, fd);
}

static void target_finish(struct target *target) {
	wl_buffer_destroy(target->buffer);
	wl_shm_pool_destroy(target->pool);
	close(target->fd);
	stage_finish(&target->stage);
}

TEST("capture@writes-the-right-pixels-and-no-other-byte") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct target target;
		static uint8_t after[FILE_SIZE];
		target_init(&target, kind);
		for (int i = 0; i < 3; i++) {
			expect(screen_capture_into(&target.stage.screen, 5, 6, WIDTH, HEIGHT, target.buffer));
			file_read(target.fd, 0, after, FILE_SIZE);
			expect_bytes(after, target.before, OFFSET);
			expect_bytes(after + FILE_SIZE - 4096, target.before + FILE_SIZE - 4096, 4096);
			struct image got;
			screen_convert(&target.stage.screen, after + OFFSET, WIDTH, HEIGHT, &got);
			for (int32_t y = 0; y < HEIGHT; y++) {
				for (int32_t x = 0; x < WIDTH; x++) {
					uint32_t wanted = target.stage.background.pixels[(y + 6) * 64 + x + 5];
					expect_int(got.pixels[y * WIDTH + x] & 0xffffff, ==, wanted & 0xffffff);
				}
			}
			image_finish(&got);
		}
		target_finish(&target);
	}
}

TEST("capture@shows-each-new-frame-of-a-window") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct target target;
		struct window window;
		struct picture picture;
		target_init(&target, kind);
		window_init(&window, &target.stage.screen, WINDOW_LAYER, 64, 64);
		picture_init(&picture, &target.stage.screen.client, kind, WL_SHM_FORMAT_XRGB8888, 64, 64, 256);
		for (uint32_t i = 0; i < 4; i++) {
			picture_fill(&picture, i);
			window_commit(&window, picture.buffer);
			expect(screen_capture_into(&target.stage.screen, 0, 0, WIDTH, HEIGHT, target.buffer));
			uint8_t data[WIDTH * HEIGHT * 4];
			struct image got;
			file_read(target.fd, OFFSET, data, sizeof(data));
			screen_convert(&target.stage.screen, data, WIDTH, HEIGHT, &got);
			for (int32_t y = 0; y < HEIGHT; y++) {
				for (int32_t x = 0; x < WIDTH; x++) {
					uint32_t wanted;
					memcpy(&wanted, picture.data + y * 256 + x * 4, 4);
					expect_int(got.pixels[y * WIDTH + x] & 0xffffff, ==, wanted & 0xffffff);
				}
			}
			image_finish(&got);
		}
		picture_finish(&picture);
		window_finish(&window);
		target_finish(&target);
	}
}

TEST("capture@with-padding-copies-no-scratch-into-the-file") {
	// The client's scratch held another picture when its last user released it.
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct stage stage;
		struct window window;
		struct picture secret, target;
		stage_init(&stage, 64, 64);
		picture_init(&secret, &stage.screen.client, FILE_UNSEALABLE, WL_SHM_FORMAT_XRGB8888, 64, 64, 256);
		memset(secret.data, 0x5e, 256 * 64);
		file_write(secret.fd, 0, secret.data, 256 * 64);
		window_init(&window, &stage.screen, WINDOW_LAYER, 64, 64);
		window_commit(&window, secret.buffer);
		picture_finish(&secret);
		window_finish(&window);
		client_roundtrip(&stage.screen.client);
		picture_init(&target, &stage.screen.client, kind, screen_get_capture_format(&stage.screen), 64, 64, 256);
		expect(screen_capture_into(&stage.screen, 0, 0, 64, 64, target.buffer));
		struct image got;
		file_read(target.fd, 0, target.data, 64 * 64 * 4);
		screen_convert(&stage.screen, target.data, 64, 64, &got);
		for (int32_t i = 0; i < 64 * 64; i++) {
			expect_int(got.pixels[i] & 0xffffff, ==, stage.background.pixels[i] & 0xffffff);
		}
		image_finish(&got);
		picture_finish(&target);
		stage_finish(&stage);
	}
}

// The capture must disconnect only this client, with invalid_buffer on its frame, and leave the file unchanged.
static void expect_invalid_buffer(struct target *target, int32_t width, int32_t height) {
	struct client other;
	static uint8_t before[FILE_SIZE], after[FILE_SIZE];
	client_init(&other, &target->stage.server);
	file_read(target->fd, 0, before, FILE_SIZE);
	expect(!screen_capture_into(&target->stage.screen, 0, 0, width, height, target->buffer));
	expect_contains(target->stage.screen.client.error, "zwlr_screencopy_frame_v1");
	expect_contains(target->stage.screen.client.error, "error 1: ");
	file_read(target->fd, 0, after, FILE_SIZE);
	expect_bytes(after, before, FILE_SIZE);
	expect_alive(&other);
	expect_int(file_count_fds(target->fd), ==, target->fds);
	expect_int(file_count_mappings(target->fd, NULL), ==, 0);
	client_finish(&other);
	target_finish(target);
}

TEST("capture@into-a-read-only-buffer-is-invalid_buffer-and-harms-nobody") {
	int files[] = {file_create(FILE_RUNTIME_DIR, FILE_SIZE), file_create_sealed(FILE_SIZE, 0)};
	int fds[] = {file_reopen(files[0], O_RDONLY), file_create_sealed(FILE_SIZE, F_SEAL_SHRINK | F_SEAL_WRITE)};
	for (int i = 0; i < 2; i++) {
		struct target target;
		target_init_fd(&target, fds[i]);
		expect_invalid_buffer(&target, WIDTH, HEIGHT);
		close(files[i]);
	}
}

TEST("capture@into-a-buffer-of-the-wrong-size-is-invalid_buffer-and-harms-nobody") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct target target;
		target_init(&target, kind);
		expect_invalid_buffer(&target, WIDTH, HEIGHT - 1);
	}
}

// wlroots asks for write access before it validates stride and format: the scratch it gets must not reach the file.
static void expect_probe_leaves_file_alone(enum file_kind kind, int32_t stride, uint32_t other_format) {
	struct target target;
	struct window window;
	struct picture secret;
	target_init(&target, kind);
	struct client *client = &target.stage.screen.client;
	// Leave this client with scratch that holds other pixels and can be recycled.
	picture_init(&secret, client, FILE_UNSEALABLE, WL_SHM_FORMAT_XRGB8888, WIDTH, HEIGHT, WIDTH * 4);
	picture_fill(&secret, 1234);
	window_init(&window, &target.stage.screen, WINDOW_LAYER, WIDTH, HEIGHT);
	window_commit(&window, secret.buffer);
	picture_finish(&secret);
	window_finish(&window);
	wl_buffer_destroy(target.buffer);
	uint32_t format = other_format != 0 ? other_format : screen_get_capture_format(&target.stage.screen);
	target.buffer = wl_shm_pool_create_buffer(target.pool, OFFSET, WIDTH, HEIGHT, stride, format);
	expect_invalid_buffer(&target, WIDTH, HEIGHT);
}

TEST("capture@into-a-buffer-of-the-wrong-format-or-stride-leaves-the-file-alone") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		expect_probe_leaves_file_alone(kind, WIDTH * 4, WL_SHM_FORMAT_ABGR8888);
		expect_probe_leaves_file_alone(kind, WIDTH * 4 + 8, 0);
	}
}

TEST("capture@into-a-truncated-file-neither-grows-it-nor-harms-anybody") {
	for (int kind = FILE_UNSEALABLE; kind < FILE_KINDS_LEN; kind++) {
		struct target target;
		struct client other;
		target_init(&target, kind);
		client_init(&other, &target.stage.server);
		file_set_size(target.fd, OFFSET + 100);
		screen_capture_into(&target.stage.screen, 0, 0, WIDTH, HEIGHT, target.buffer);
		expect_int(file_get_size(target.fd), ==, OFFSET + 100);
		expect_alive(&other);
		client_finish(&other);
		target_finish(&target);
	}
}
