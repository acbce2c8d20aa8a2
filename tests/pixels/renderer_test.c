/*
 * A renderer that is lost and replaced, whichever it is.
 */
#include "picture.h"
#include "runner.h"
#include "stage.h"
#include "window.h"
#include <compositor/renderer.h>
#include <compositor/server.h>
#include <wayland-client-protocol.h>
#include <wlr/render/wlr_renderer.h>

#define SIZE 64

struct shown {
	struct stage stage;
	struct window window;
	struct picture pictures[2];
};

static void shown_init(struct shown *shown, enum file_kind kind) {
	stage_init(&shown->stage, SIZE, SIZE);
	window_init(&shown->window, &shown->stage.screen, WINDOW_LAYER, SIZE, SIZE);
	for (int i = 0; i < 2; i++) {
		picture_init(
				&shown->pictures[i], &shown->stage.screen.client, kind, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, 4 * SIZE);
		picture_fill(&shown->pictures[i], 1 + (uint32_t)i);
		window_commit(&shown->window, shown->pictures[i].buffer);
	}
	stage_expect(&shown->stage, &shown->pictures[1], 0, 0, "before");
}

static void shown_finish(struct shown *shown) {
	picture_finish(&shown->pictures[0]);
	picture_finish(&shown->pictures[1]);
	window_finish(&shown->window);
	stage_finish(&shown->stage);
}

// As a renderer does that notices a reset while it draws.
static void lose(struct shown *shown) {
	struct compositor *compositor = shown->stage.server.compositor;
	struct wlr_renderer *renderer = compositor->renderer;
	wl_signal_emit_mutable(&renderer->events.lost, NULL);
	wl_signal_emit_mutable(&renderer->events.lost, NULL);
	expect(compositor->renderer == renderer);
	client_roundtrip(&shown->stage.screen.client);
	expect(compositor->rendering->idle == NULL);
}

static void expect_shown_after_losses(enum file_kind kind) {
	struct shown shown;
	shown_init(&shown, kind);
	bool shows_in_place = server_shows_in_place(&shown.stage.server);
	for (int i = 0; i < 3; i++) {
		int releases = shown.pictures[1].releases;
		lose(&shown);
		if (!shows_in_place) {
			// Nothing has kept the pixels, so the client draws them again.
			window_commit(&shown.window, shown.pictures[1].buffer);
		} else {
			expect(shown.pictures[1].releases == releases);
		}
		stage_expect(&shown.stage, &shown.pictures[1], 0, 0, "after");
	}
	shown_finish(&shown);
}

TEST("renderer@lost-and-replaced-shows-a-buffer-read-in-place") {
	expect_shown_after_losses(FILE_SEALED);
}

TEST("renderer@lost-and-replaced-shows-a-snapshot") {
	expect_shown_after_losses(FILE_UNSEALABLE);
}

TEST("renderer@next-commit-after-a-loss-is-shown") {
	struct shown shown;
	shown_init(&shown, FILE_SEALED);
	lose(&shown);
	window_commit(&shown.window, shown.pictures[0].buffer);
	stage_expect(&shown.stage, &shown.pictures[0], 0, 0, "next");
	shown_finish(&shown);
}
