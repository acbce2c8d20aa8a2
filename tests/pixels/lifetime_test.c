/*
 * Buffers, shm_pools and files that are destroyed or change while their pixels are shown.
 */
#include "runner.h"
#include "stage.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define SIZE 160 // pixels: 160 * 160 * 4 bytes are large enough to be mapped

struct show {
	struct stage stage;
	struct window window;
	struct picture picture;
};

// Opens a window and commits its only buffer the given number of times.
static void show_init(struct show *show, enum file_kind kind, int commits) {
	stage_init(&show->stage, SIZE, SIZE);
	window_init(&show->window, &show->stage.screen, WINDOW_LAYER, SIZE, SIZE);
	picture_init(&show->picture, &show->stage.screen.client, kind, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	for (int i = 0; i < commits; i++) {
		picture_fill(&show->picture, (uint32_t)i);
		window_commit(&show->window, show->picture.buffer);
	}
}

static void show_finish(struct show *show) {
	picture_finish(&show->picture);
	window_finish(&show->window);
	stage_finish(&show->stage);
}

static void expect_still_shown(struct show *show, const char *what) {
	client_roundtrip(&show->stage.screen.client);
	stage_expect(&show->stage, &show->picture, 0, 0, what);
}

TEST("lifetime@buffer-destroyed-while-shown-stays-shown") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		for (int commits = 1; commits <= 5; commits += 2) {
			struct show show;
			show_init(&show, kind, commits);
			wl_buffer_destroy(show.picture.buffer);
			show.picture.buffer = NULL;
			expect_still_shown(&show, file_kind_names[kind]);
			show_finish(&show);
		}
	}
}

// Destroys the buffer, the shm_pool and the pages of a frame that is read in place, one after the other.
TEST("lifetime@buffer-read-in-place-destroyed-while-shown-stays-shown") {
	enum {
		VIDEO = 520
	}; // more than a MiB
	struct stage stage;
	struct window window;
	struct picture pictures[2];
	stage_init(&stage, VIDEO, VIDEO);
	skip_unless_in_place(&stage.server);
	window_init(&window, &stage.screen, WINDOW_LAYER, VIDEO, VIDEO);
	for (int i = 0; i < 2; i++) {
		picture_init(&pictures[i], &stage.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, VIDEO, VIDEO, VIDEO * 4);
		picture_fill(&pictures[i], (uint32_t)i);
	}
	for (int i = 0; i < 30; i++) {
		window_commit(&window, pictures[i % 2].buffer);
	}
	struct picture *shown = &pictures[1];
	expect_int(shown->releases, ==, 14);
	expect_int(file_count_mappings(shown->fd, NULL), ==, 1);
	wl_shm_pool_destroy(shown->pool);
	wl_buffer_destroy(shown->buffer);
	shown->pool = NULL;
	shown->buffer = NULL;
	client_roundtrip(&stage.screen.client);
	stage_expect(&stage, shown, 0, 0, "buffer and pool destroyed");
	expect_int(file_count_mappings(shown->fd, NULL), ==, 1);
	// Punch the pages: the window shows black, and nobody dies.
	expect_int(fallocate(shown->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, file_get_size(shown->fd)), ==, 0);
	struct image image;
	stage_capture(&stage, &image);
	image_finish(&image);
	window_commit(&window, pictures[0].buffer);
	stage_expect(&stage, &pictures[0], 0, 0, "the other");
	expect_int(file_count_mappings(shown->fd, NULL), ==, 0);
	stage.server.settle(); // a thread closes large files
	expect_int(file_count_fds(shown->fd), ==, 1);
	picture_finish(&pictures[0]);
	picture_finish(&pictures[1]);
	window_finish(&window);
	stage_finish(&stage);
}

TEST("lifetime@format-changes-but-not-the-pixels") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct stage stage;
		struct window window;
		struct picture pictures[2];
		stage_init(&stage, SIZE, SIZE);
		window_init(&window, &stage.screen, WINDOW_LAYER, SIZE, SIZE);
		for (int i = 0; i < 2; i++) {
			picture_init(&pictures[i], &stage.screen.client, kind,
					i == 0 ? WL_SHM_FORMAT_ARGB8888 : WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
		}
		for (uint32_t i = 0; i < 8; i++) {
			picture_fill(&pictures[i % 2], i);
			window_commit(&window, pictures[i % 2].buffer);
			stage_expect(&stage, &pictures[i % 2], 0, 0, file_kind_names[kind]);
		}
		picture_finish(&pictures[0]);
		picture_finish(&pictures[1]);
		window_finish(&window);
		stage_finish(&stage);
	}
}

static void get_copied(const struct lido_pool_stats *stats, void *data) {
	int64_t *bytes = data;
	*bytes += stats->bytes_scratch;
}

TEST("lifetime@unmapped-window-frees-its-snapshots") {
	struct show show;
	show_init(&show, FILE_UNSEALABLE, 3);
	int64_t copied = 0;
	lido_manager_for_each_pool(show.stage.server.manager, get_copied, &copied);
	expect_int(copied, >=, SIZE * SIZE * 4);
	wl_surface_attach(show.window.surface, NULL, 0, 0);
	wl_surface_commit(show.window.surface);
	while (copied != 0) {
		copied = 0;
		expect(client_pump(&show.stage.screen.client, 100));
		lido_manager_for_each_pool(show.stage.server.manager, get_copied, &copied);
	}
	show_finish(&show);
}

TEST("lifetime@buffer-destroyed-between-attach-and-commit-harms-nobody") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		for (int commits = 0; commits <= 4; commits++) {
			struct show show;
			struct client other;
			show_init(&show, kind, commits);
			client_init(&other, &show.stage.server);
			wl_surface_attach(show.window.surface, show.picture.buffer, 0, 0);
			wl_surface_damage(show.window.surface, 0, 0, SIZE, SIZE);
			wl_buffer_destroy(show.picture.buffer);
			show.picture.buffer = NULL;
			wl_surface_commit(show.window.surface);
			// The protocol leaves the resulting picture undefined.
			client_try_roundtrip(&show.stage.screen.client);
			expect_alive(&other);
			client_finish(&other);
			show_finish(&show);
		}
	}
}

TEST("lifetime@buffer-destroyed-with-its-commit-in-one-batch") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		for (int commits = 0; commits <= 4; commits++) {
			struct show show;
			show_init(&show, kind, commits);
			picture_fill(&show.picture, 50);
			wl_surface_attach(show.window.surface, show.picture.buffer, 0, 0);
			wl_surface_damage(show.window.surface, 0, 0, SIZE, SIZE);
			wl_surface_commit(show.window.surface);
			wl_buffer_destroy(show.picture.buffer);
			wl_shm_pool_destroy(show.picture.pool);
			show.picture.buffer = NULL;
			show.picture.pool = NULL;
			expect_still_shown(&show, file_kind_names[kind]);
			show_finish(&show);
		}
	}
}

TEST("lifetime@pool-destroyed-and-file-closed-while-shown-stays-shown") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct show show;
		show_init(&show, kind, 1 + kind);
		wl_shm_pool_destroy(show.picture.pool);
		show.picture.pool = NULL;
		close(show.picture.fd);
		show.picture.fd = -1;
		expect_still_shown(&show, file_kind_names[kind]);
		// The buffer remains usable.
		window_commit(&show.window, show.picture.buffer);
		expect_still_shown(&show, "committed again");
		wl_buffer_destroy(show.picture.buffer);
		show.picture.buffer = NULL;
		expect_still_shown(&show, "without a buffer");
		show_finish(&show);
	}
}

TEST("lifetime@pool-resized-while-shown-stays-shown-and-takes-new-buffers") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		if (kind == FILE_SEALED_FAST) {
			continue; // cannot grow
		}
		struct show show;
		show_init(&show, kind, 4);
		int32_t size = SIZE * SIZE * 4;
		file_set_size(show.picture.fd, 2 * size);
		wl_shm_pool_resize(show.picture.pool, 2 * size);
		expect_still_shown(&show, file_kind_names[kind]);
		struct wl_buffer *second =
				wl_shm_pool_create_buffer(show.picture.pool, size, SIZE, SIZE, SIZE * 4, WL_SHM_FORMAT_XRGB8888);
		for (uint32_t i = 0; i < 4; i++) {
			picture_fill(&show.picture, 60 + i);
			file_write(show.picture.fd, size, show.picture.data, (size_t)size);
			window_commit(&show.window, second);
			expect_still_shown(&show, "second buffer");
		}
		wl_buffer_destroy(second);
		show_finish(&show);
	}
}

TEST("lifetime@file-truncated-after-the-commit-does-not-matter") {
	for (int kind = FILE_UNSEALABLE; kind < FILE_KINDS_LEN; kind++) {
		struct show show;
		show_init(&show, kind, 3);
		file_set_size(show.picture.fd, 0);
		expect_still_shown(&show, file_kind_names[kind]);
		show_finish(&show);
	}
}

// Truncates the file to size, which is too short, before the commit.
static void expect_truncation(enum file_kind kind, int commits, int64_t size) {
	struct show show;
	struct screen other;
	show_init(&show, kind, commits);
	screen_init(&other, &show.stage.server);
	file_set_size(show.picture.fd, size);
	wl_surface_attach(show.window.surface, show.picture.buffer, 0, 0);
	wl_surface_damage_buffer(show.window.surface, 0, 0, SIZE, SIZE);
	wl_surface_commit(show.window.surface);
	char text[60];
	snprintf(text, sizeof(text), "the file has %lld bytes", (long long)size);
	expect_protocol_error(&show.stage.screen.client, show.picture.buffer, WL_SHM_ERROR_INVALID_FD, text);
	expect_alive(&other.client);
	struct image image;
	screen_capture(&other, 0, 0, SIZE, SIZE, &image);
	expect_image_of(&image, &show.stage.background, "its windows are gone");
	image_finish(&image);
	screen_finish(&other);
	show_finish(&show);
}

TEST("lifetime@file-truncated-before-the-commit-is-invalid_fd-on-the-wl_buffer") {
	for (int kind = FILE_UNSEALABLE; kind < FILE_KINDS_LEN; kind++) {
		expect_truncation(kind, 0, 0);
		expect_truncation(kind, 1, SIZE * SIZE * 4 - 1);
		expect_truncation(kind, 4, 4096);
	}
}

TEST("lifetime@sealable-file-that-was-always-short-is-invalid_fd-on-the-wl_buffer") {
	struct stage stage;
	struct window window;
	stage_init(&stage, SIZE, SIZE);
	window_init(&window, &stage.screen, WINDOW_LAYER, SIZE, SIZE);
	int fd = file_create(FILE_SEALED, 1000);
	struct wl_shm_pool *pool = wl_shm_create_pool(stage.screen.client.shm, fd, SIZE * SIZE * 4);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, SIZE, SIZE, SIZE * 4, WL_SHM_FORMAT_XRGB8888);
	wl_surface_attach(window.surface, buffer, 0, 0);
	wl_surface_damage(window.surface, 0, 0, SIZE, SIZE);
	wl_surface_commit(window.surface);
	expect_protocol_error(&stage.screen.client, buffer, WL_SHM_ERROR_INVALID_FD, "has 1000 bytes");
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	close(fd);
	window_finish(&window);
	stage_finish(&stage);
}

TEST("lifetime@holes-are-shown-black-and-stay-holes") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct show show;
		show_init(&show, kind, 0);
		for (int i = 0; i < 5; i++) {
			window_commit(&show.window, show.picture.buffer);
			expect_still_shown(&show, file_kind_names[kind]);
		}
		expect_int(file_get_allocated(show.picture.fd), ==, 0);
		show_finish(&show);
	}
}

TEST("lifetime@window-unmapped-and-mapped-again") {
	struct show show;
	show_init(&show, FILE_UNSEALABLE, 2);
	wl_surface_attach(show.window.surface, NULL, 0, 0);
	show.window.configured = false;
	wl_surface_commit(show.window.surface);
	stage_expect(&show.stage, NULL, 0, 0, "unmapped");
	wl_surface_commit(show.window.surface);
	expect(client_wait(&show.stage.screen.client, &show.window.configured));
	picture_fill(&show.picture, 77);
	window_commit(&show.window, show.picture.buffer);
	expect_still_shown(&show, "mapped again");
	show_finish(&show);
}

TEST("lifetime@size-and-format-change-from-commit-to-commit") {
	struct stage stage;
	struct window window;
	stage_init(&stage, SIZE, SIZE);
	window_init(&window, &stage.screen, WINDOW_LAYER, SIZE, SIZE);
	for (int32_t i = 0; i < 30; i++) {
		struct picture picture;
		int32_t width = 1 + i * 37 % SIZE, height = 1 + i * 61 % SIZE;
		uint32_t format = i % 3 == 0   ? WL_SHM_FORMAT_RGB565
						  : i % 3 == 1 ? WL_SHM_FORMAT_ARGB8888
									   : WL_SHM_FORMAT_XRGB8888;
		picture_init(&picture, &stage.screen.client, i % FILE_KINDS_LEN, format, width, height,
				width * (i % 3 == 0 ? 2 : 4));
		picture_fill(&picture, (uint32_t)i);
		zwlr_layer_surface_v1_set_size(window.layer_surface, (uint32_t)width, (uint32_t)height);
		window_commit(&window, picture.buffer);
		stage_expect(&stage, &picture, 0, 0, "another size");
		picture_finish(&picture);
	}
	window_finish(&window);
	stage_finish(&stage);
}

TEST("lifetime@exceeding-the-scratch-quota-disconnects-only-that-client") {
	struct lido_limits limits = lido_limits_default();
	limits.scratch_bytes_max = 100000;
	struct stage stage;
	struct screen other;
	struct window window;
	struct picture picture;
	stage_init_limited(&stage, 64, 64, &limits);
	screen_init(&other, &stage.server);
	window_init(&window, &stage.screen, WINDOW_LAYER, SIZE, SIZE);
	picture_init(&picture, &stage.screen.client, FILE_UNSEALABLE, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	wl_surface_attach(window.surface, picture.buffer, 0, 0);
	wl_surface_commit(window.surface);
	expect_no_memory(&stage.screen.client, "the limit (scratch-bytes) is 100000");
	expect_alive(&other.client);
	picture_finish(&picture);
	window_finish(&window);
	screen_finish(&other);
	stage_finish(&stage);
}
