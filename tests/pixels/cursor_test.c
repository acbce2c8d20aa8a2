/*
 * A cursor surface works like any other: its pixels are shown, and its buffers are released at once. A cursor that
 * rests points at what is below it, whatever changes there.
 */
#include "mouse.h"
#include "runner.h"
#include "stage.h"
#include "typist.h"
#include "xdg-shell-client-protocol.h"
#include <compositor/seat.h>
#include <compositor/server.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_seat.h>

#define SIZE 80
#define CURSOR 24
#define HOT_X 5
#define HOT_Y 7

struct pointing {
	struct stage stage;
	struct window window;
	struct picture picture;
	struct mouse mouse;
	struct wl_surface *cursor;
};

static void pointing_init(struct pointing *pointing) {
	*pointing = (struct pointing){0};
	stage_init(&pointing->stage, SIZE, SIZE);
	struct screen *screen = &pointing->stage.screen;
	mouse_init(&pointing->mouse, screen, SIZE);
	window_init(&pointing->window, screen, WINDOW_LAYER, SIZE, SIZE);
	picture_init(&pointing->picture, &screen->client, FILE_UNSEALABLE, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	picture_fill(&pointing->picture, 1);
	window_commit(&pointing->window, pointing->picture.buffer);
	pointing->cursor = wl_compositor_create_surface(screen->compositor);
	mouse_move(&pointing->mouse, 10, 10);
	mouse_move(&pointing->mouse, 40, 30);
	expect(client_wait(&screen->client, &pointing->mouse.entered));
	wl_pointer_set_cursor(pointing->mouse.pointer, pointing->mouse.serial, pointing->cursor, HOT_X, HOT_Y);
}

static void pointing_finish(struct pointing *pointing) {
	wl_surface_destroy(pointing->cursor);
	picture_finish(&pointing->picture);
	window_finish(&pointing->window);
	mouse_finish(&pointing->mouse);
	stage_finish(&pointing->stage);
}

static void expect_cursor(struct pointing *pointing, const struct picture *cursor, int32_t x, int32_t y) {
	struct image wanted, got;
	stage_copy_background(&pointing->stage, &wanted);
	picture_draw(&pointing->picture, &wanted, 0, 0);
	picture_draw(cursor, &wanted, x - HOT_X, y - HOT_Y);
	screen_capture_with_cursor(&pointing->stage.screen, 0, 0, SIZE, SIZE, &got);
	expect_image_of(&got, &wanted, file_kind_names[0]);
	image_finish(&wanted);
	image_finish(&got);
}

static void commit_cursor(struct pointing *pointing, struct picture *cursor) {
	wl_surface_attach(pointing->cursor, cursor->buffer, 0, 0);
	wl_surface_damage_buffer(pointing->cursor, 0, 0, CURSOR, CURSOR);
	wl_surface_commit(pointing->cursor);
	client_roundtrip(&pointing->stage.screen.client);
}

TEST("cursor@surface-is-shown-at-the-pointer-and-buffers-are-released") {
	struct pointing pointing;
	pointing_init(&pointing);
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct picture cursor;
		picture_init(&cursor, &pointing.stage.screen.client, kind, WL_SHM_FORMAT_ARGB8888, CURSOR, CURSOR, CURSOR * 4);
		for (uint32_t i = 0; i < 4; i++) {
			picture_fill(&cursor, 10 * (uint32_t)kind + i);
			commit_cursor(&pointing, &cursor);
			expect_int(cursor.releases, ==, i + 1);
			expect_cursor(&pointing, &cursor, 40, 30);
		}
		picture_finish(&cursor);
	}
	pointing_finish(&pointing);
}

TEST("cursor@images-of-a-theme-share-one-pool") {
	// Many small images in one file, each at its own offset, committed repeatedly.
	struct pointing pointing;
	struct picture cursor;
	struct wl_buffer *images[8];
	pointing_init(&pointing);
	const int32_t size = CURSOR * CURSOR * 4;
	picture_init(
			&cursor, &pointing.stage.screen.client, FILE_SEALABLE, WL_SHM_FORMAT_ARGB8888, CURSOR, CURSOR, CURSOR * 4);
	file_set_size(cursor.fd, 8 * size);
	wl_shm_pool_resize(cursor.pool, 8 * size);
	for (int32_t i = 0; i < 8; i++) {
		picture_fill(&cursor, (uint32_t)i);
		file_write(cursor.fd, i * size, cursor.data, (size_t)size);
		images[i] =
				wl_shm_pool_create_buffer(cursor.pool, i * size, CURSOR, CURSOR, CURSOR * 4, WL_SHM_FORMAT_ARGB8888);
	}
	for (int32_t i = 0; i < 24; i++) {
		file_read(cursor.fd, i % 8 * size, cursor.data, (size_t)size);
		struct picture image = cursor;
		image.buffer = images[i % 8];
		commit_cursor(&pointing, &image);
		mouse_move(&pointing.mouse, 30 + (uint32_t)i, 30);
		expect_cursor(&pointing, &cursor, 30 + i, 30);
	}
	for (int i = 0; i < 8; i++) {
		wl_buffer_destroy(images[i]);
	}
	picture_finish(&cursor);
	pointing_finish(&pointing);
}

// Two windows in the same place, and the cursor on them. The client draws nothing after that.
struct pile {
	struct stage stage;
	struct window windows[2]; // the second one is in front
	struct picture picture;
	struct mouse mouse;
	struct typist typist;
};

static void pile_init(struct pile *pile) {
	*pile = (struct pile){0};
	stage_init(&pile->stage, SIZE, SIZE);
	struct screen *screen = &pile->stage.screen;
	mouse_init(&pile->mouse, screen, SIZE);
	typist_init(&pile->typist, &pile->stage.server);
	picture_init(&pile->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 60, 60, 240);
	for (int i = 0; i < 2; i++) {
		window_init(&pile->windows[i], screen, WINDOW_TOPLEVEL, 60, 60);
		window_commit(&pile->windows[i], pile->picture.buffer);
	}
	mouse_move(&pile->mouse, 40, 40);
}

static void pile_finish(struct pile *pile) {
	typist_finish(&pile->typist);
	mouse_finish(&pile->mouse);
	window_finish(&pile->windows[1]);
	window_finish(&pile->windows[0]);
	picture_finish(&pile->picture);
	stage_finish(&pile->stage);
}

// window: NULL for none.
static void expect_pointed(struct pile *pile, const struct window *window) {
	client_roundtrip(&pile->stage.screen.client);
	client_roundtrip(&pile->stage.screen.client);
	const struct wlr_surface *surface = pile->stage.server.compositor->seat->wlr->pointer_state.focused_surface;
	expect_int(surface != NULL ? wl_resource_get_id(surface->resource) : 0, ==,
			window != NULL ? wl_proxy_get_id((struct wl_proxy *)window->surface) : 0);
}

TEST("cursor@resting-on-a-window-that-is-minimized-points-at-the-next-one") {
	struct pile pile;
	pile_init(&pile);
	expect_pointed(&pile, &pile.windows[1]);
	xdg_toplevel_set_minimized(pile.windows[1].toplevel);
	expect_pointed(&pile, &pile.windows[0]);
	xdg_toplevel_set_minimized(pile.windows[0].toplevel);
	expect_pointed(&pile, NULL);
	pile_finish(&pile);
}

TEST("cursor@resting-where-another-window-is-raised-points-at-it") {
	struct pile pile;
	pile_init(&pile);
	expect_pointed(&pile, &pile.windows[1]);
	typist_key(&pile.typist, KEY_LEFTALT, true);
	typist_modifiers(&pile.typist, TYPIST_ALT);
	typist_key(&pile.typist, KEY_TAB, true);
	expect_pointed(&pile, &pile.windows[0]);
	typist_key(&pile.typist, KEY_TAB, false);
	typist_key(&pile.typist, KEY_TAB, true);
	expect_pointed(&pile, &pile.windows[1]);
	pile_finish(&pile);
}
