/*
 * Drags that are refused, and what drags send to others. LeakSanitizer sees what they leave behind.
 */
#include "dnd.h"
#include "mouse.h"
#include "runner.h"
#include "stage.h"
#include "wlr-virtual-pointer-unstable-v1-client-protocol.h"
#include <compositor/drag.h>
#include <compositor/seat.h>
#include <compositor/server.h>
#include <stdio.h>
#include <wlr/types/wlr_seat.h>
#ifdef TEST_HAS_ASAN
#include <sanitizer/lsan_interface.h>
#endif

#define SIZE 80

struct dragging {
	struct stage stage;
	struct window window;
	struct picture picture;
	struct mouse mouse;
	struct dnd dnd;
};

// A window over the whole output, with the pointer in it.
static void dragging_init(struct dragging *dragging) {
	*dragging = (struct dragging){0};
	stage_init(&dragging->stage, SIZE, SIZE);
	struct screen *screen = &dragging->stage.screen;
	mouse_init(&dragging->mouse, screen, SIZE);
	window_init(&dragging->window, screen, WINDOW_LAYER, SIZE, SIZE);
	picture_init(&dragging->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	window_commit(&dragging->window, dragging->picture.buffer);
	mouse_move(&dragging->mouse, 10, 10);
	dnd_init(&dragging->dnd, screen);
}

static void dragging_finish(struct dragging *dragging) {
	dnd_finish(&dragging->dnd);
	picture_finish(&dragging->picture);
	window_finish(&dragging->window);
	mouse_finish(&dragging->mouse);
	stage_finish(&dragging->stage);
}

// A drag within the client: it has no source.
static void start_drag(struct dragging *dragging, struct wl_surface *icon, uint32_t serial) {
	dnd_drag(&dragging->dnd, dragging->window.surface, icon, serial);
}

TEST("drag@refused-drag-without-a-source-leaves-nothing") {
	struct dragging dragging;
	dragging_init(&dragging);
	struct wl_surface *icon = wl_compositor_create_surface(dragging.stage.screen.compositor);
	for (int i = 0; i < 10; i++) {
		start_drag(&dragging, i % 2 == 0 ? icon : NULL, 1);
	}
	client_roundtrip(&dragging.stage.screen.client);
	wl_surface_destroy(icon);
	client_roundtrip(&dragging.stage.screen.client);
	// A drag with a button down still starts.
	mouse_press(&dragging.mouse, true);
	start_drag(&dragging, NULL, dragging.mouse.serial);
	client_roundtrip(&dragging.stage.screen.client);
	expect(dragging.stage.server.compositor != NULL);
	mouse_press(&dragging.mouse, false);
	dragging_finish(&dragging);
}

TEST("drag@client-that-makes-wlroots-leak-drags-is-ended") {
	struct dragging dragging;
	dragging_init(&dragging);
	mouse_press(&dragging.mouse, true);
	start_drag(&dragging, NULL, dragging.mouse.serial);
	client_roundtrip(&dragging.stage.screen.client);
#ifdef TEST_HAS_ASAN
	__lsan_disable();
#endif
	for (int i = 0; i < DRAG_LEAKS_MAX; i++) {
		start_drag(&dragging, NULL, dragging.mouse.serial);
	}
	client_roundtrip(&dragging.stage.screen.client);
	start_drag(&dragging, NULL, dragging.mouse.serial);
	expect_no_memory(&dragging.stage.screen.client, "too many drags");
#ifdef TEST_HAS_ASAN
	__lsan_enable();
#endif
	dragging_finish(&dragging);
}

// Presses the button and starts a drag of the window's text.
static void drag_text(struct dragging *dragging) {
	mouse_press(&dragging->mouse, true);
	dnd_start(&dragging->dnd, dragging->window.surface, dragging->mouse.serial);
}

// Accepts the text and releases the button.
static void drop_text(struct dragging *dragging) {
	dnd_accept(&dragging->dnd);
	mouse_press(&dragging->mouse, false);
	client_roundtrip(&dragging->stage.screen.client);
	expect_int(dragging->dnd.drops, ==, 1);
}

TEST("drag@source-that-was-dropped-cannot-be-dragged-again") {
	struct dragging dragging;
	dragging_init(&dragging);
	struct client *client = &dragging.stage.screen.client;
	drag_text(&dragging);
	mouse_move(&dragging.mouse, 20, 20);
	client_roundtrip(client);
	expect_int(dragging.dnd.enters, ==, 1);
	drop_text(&dragging);
	mouse_move(&dragging.mouse, 30, 30);
	mouse_press(&dragging.mouse, true);
	dnd_drag(&dragging.dnd, dragging.window.surface, NULL, dragging.mouse.serial);
	mouse_move(&dragging.mouse, 40, 40);
	client_roundtrip(client);
	expect_int(dragging.dnd.enters, ==, 1);
	mouse_press(&dragging.mouse, false);
	dragging_finish(&dragging);
}

TEST("drag@enters-the-window-below-at-once-without-a-motion") {
	struct dragging dragging;
	dragging_init(&dragging);
	struct client *client = &dragging.stage.screen.client;
	drag_text(&dragging);
	client_roundtrip(client);
	client_roundtrip(client);
	expect_int(dragging.dnd.enters, ==, 1);
	expect(dragging.dnd.offer != NULL);
	drop_text(&dragging);
	dragging_finish(&dragging);
}

// Each window that the pointer enters receives all types.
TEST("drag@of-many-types-enters-windows-at-a-limited-rate-and-the-last-one-in-the-end") {
	struct dragging dragging;
	dragging_init(&dragging);
	struct screen *screen = &dragging.stage.screen;
	struct window corner;
	struct picture picture;
	window_init(&corner, screen, WINDOW_LAYER, SIZE / 2, SIZE / 2);
	picture_init(&picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE / 2, SIZE / 2, SIZE / 2 * 4);
	window_commit(&corner, picture.buffer);
	mouse_move(&dragging.mouse, SIZE - 10, SIZE - 10);
	struct wl_data_source *source = dnd_create_source(&dragging.dnd);
	char type[120];
	for (int i = 0; i < 256; i++) {
		snprintf(type, sizeof(type), "%0100d", i);
		wl_data_source_offer(source, type);
	}
	mouse_press(&dragging.mouse, true);
	dnd_drag(&dragging.dnd, dragging.window.surface, NULL, dragging.mouse.serial);
	for (int i = 0; i < 200; i++) {
		uint32_t place = i % 2 == 0 ? 10 : SIZE - 10;
		zwlr_virtual_pointer_v1_motion_absolute(dragging.mouse.device, 1, place, place, SIZE, SIZE);
		zwlr_virtual_pointer_v1_frame(dragging.mouse.device);
	}
	client_roundtrip(&screen->client);
	expect_int(dragging.dnd.enters, <=, 20);
	while (dragging.dnd.enters == dragging.dnd.leaves) {
		expect(client_pump(&screen->client, 1000));
	}
	mouse_press(&dragging.mouse, false);
	window_finish(&corner);
	picture_finish(&picture);
	dragging_finish(&dragging);
}

// wlroots keeps a pointer to the client, which it follows at the next motion.
TEST("drag@without-a-source-ends-with-its-client") {
	struct dragging dragging;
	dragging_init(&dragging);
	struct screen other;
	struct window window;
	struct picture picture;
	struct mouse mouse;
	screen_init(&other, &dragging.stage.server);
	mouse_init(&mouse, &other, SIZE);
	window_init(&window, &other, WINDOW_LAYER, SIZE, SIZE);
	picture_init(&picture, &other.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	window_commit(&window, picture.buffer);
	struct dnd dnd;
	dnd_init(&dnd, &other);
	mouse_move(&dragging.mouse, 10, 10);
	mouse_press(&dragging.mouse, true);
	client_roundtrip(&other.client);
	dnd_drag(&dnd, window.surface, NULL, mouse.serial);
	client_roundtrip(&other.client);
	const struct wlr_seat *seat = dragging.stage.server.compositor->seat->wlr;
	expect(seat->drag != NULL);
	dnd_finish(&dnd);
	picture_finish(&picture);
	window_finish(&window);
	mouse_finish(&mouse);
	screen_finish(&other);
	mouse_move(&dragging.mouse, 20, 20);
	mouse_move(&dragging.mouse, 30, 30);
	expect(seat->drag == NULL);
	mouse_press(&dragging.mouse, false);
	dragging_finish(&dragging);
}
