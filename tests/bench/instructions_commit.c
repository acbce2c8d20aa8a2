/*
 * The hot path of a commit, whose instructions callgrind counts: see scripts/count-instructions. Makes LIDO_COMMITS
 * commits, alternating two warm blocks of a pool, with the whole compositor in this process. Only the adapter's part is
 * counted, from wlroots' event on.
 */
#include "pool_picture.h"
#include "runner.h"
#include "stage.h"
#include "window.h"
#include <stdlib.h>

static void run(int32_t size) {
	const char *commits = getenv("LIDO_COMMITS");
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
	for (long i = 0; i < (commits != NULL ? atol(commits) : 1); i++) {
		window_commit(&window, pictures[i % 2].picture.buffer);
	}
	for (int i = 0; i < 2; i++) {
		pool_picture_finish(&pictures[i]);
	}
	window_finish(&window);
	pool_client_finish(&pool);
	stage_finish(&stage);
}

TEST("commit@read") {
	run(64);
}

TEST("commit@in-place") {
	run(520);
}
