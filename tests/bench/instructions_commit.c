/*
 * The hot path of a commit, whose instructions callgrind counts: see scripts/count-instructions. Makes LIDO_COMMITS
 * commits, alternating two warm blocks of a pool or two files, with the whole compositor in this process. Only the
 * adapter's part is counted, from wlroots' event on.
 */
#include "pool_picture.h"
#include "runner.h"
#include "stage.h"
#include "window.h"
#include <stdlib.h>

static void commit_in_turn(struct window *window, struct wl_buffer *one, struct wl_buffer *other) {
	const char *commits = getenv("LIDO_COMMITS");
	for (long i = 0; i < (commits != NULL ? atol(commits) : 1); i++) {
		window_commit(window, i % 2 == 0 ? one : other);
	}
}

static void run(int32_t size) {
	struct stage stage;
	struct pool_client pool;
	struct window window;
	struct pool_picture pictures[2];
	stage_init(&stage, size, size);
	pool_client_init(&pool, &stage.screen.client, 0);
	window_init(&window, &stage.screen, WINDOW_TOPLEVEL, size, size);
	for (int i = 0; i < 2; i++) {
		pool_picture_init(&pictures[i], &pool, WL_SHM_FORMAT_XRGB8888, size, size, size * 4);
		pool_picture_fill(&pictures[i], (uint32_t)i);
	}
	commit_in_turn(&window, pictures[0].picture.buffer, pictures[1].picture.buffer);
	for (int i = 0; i < 2; i++) {
		pool_picture_finish(&pictures[i]);
	}
	window_finish(&window);
	pool_client_finish(&pool);
	stage_finish(&stage);
}

static void run_file(enum file_kind kind, int32_t size) {
	struct stage stage;
	struct window window;
	struct picture pictures[2];
	stage_init(&stage, size, size);
	window_init(&window, &stage.screen, WINDOW_TOPLEVEL, size, size);
	for (int i = 0; i < 2; i++) {
		picture_init(&pictures[i], &stage.screen.client, kind, WL_SHM_FORMAT_XRGB8888, size, size, size * 4);
		picture_fill(&pictures[i], (uint32_t)i);
	}
	commit_in_turn(&window, pictures[0].buffer, pictures[1].buffer);
	for (int i = 0; i < 2; i++) {
		picture_finish(&pictures[i]);
	}
	window_finish(&window);
	stage_finish(&stage);
}

TEST("commit@read") {
	run(64);
}

TEST("commit@in-place") {
	run(520);
}

TEST("commit@sealed-file-in-place") {
	run_file(FILE_SEALED, 520);
}

TEST("commit@unsealable-file") {
	run_file(FILE_UNSEALABLE, 520);
}
