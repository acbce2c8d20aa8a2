/*
 * Interactive resizing by the top left corner: the right and bottom edges stay in place, whenever the client draws and
 * whatever size it chooses.
 */
#include "mouse.h"
#include "runner.h"
#include "stage.h"
#include "xdg-shell-client-protocol.h"

#define SCREEN 200 // not a power of two: the virtual pointer lands slightly off the pixel
#define PLACE 16   // position of the first window
#define SIZE 100
#define END (PLACE + SIZE) // its right and bottom edges

struct sizing {
	struct stage stage;
	struct mouse mouse;
	struct window window;
	struct picture picture;
};

static void draw(struct sizing *sizing, int32_t width, int32_t height, uint32_t seed) {
	struct client *client = &sizing->stage.screen.client;
	if (sizing->picture.buffer != NULL) {
		picture_finish(&sizing->picture);
	}
	picture_init(&sizing->picture, client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, width, height, width * 4);
	picture_fill(&sizing->picture, seed);
	window_commit(&sizing->window, sizing->picture.buffer);
}

static void drag_to(struct sizing *sizing, uint32_t x, uint32_t y) {
	mouse_move(&sizing->mouse, x, y);
	client_roundtrip(&sizing->stage.screen.client);
}

// Takes the window by its top left corner, or wherever the pointer is.
static void press_and_resize(struct sizing *sizing) {
	struct screen *screen = &sizing->stage.screen;
	mouse_press(&sizing->mouse, true);
	expect(sizing->mouse.pressed);
	xdg_toplevel_resize(sizing->window.toplevel, screen->seat, sizing->mouse.serial, XDG_TOPLEVEL_RESIZE_EDGE_TOP_LEFT);
	client_roundtrip(&screen->client);
}

// Starts resizing by the top left corner.
static void sizing_init(struct sizing *sizing) {
	*sizing = (struct sizing){0};
	stage_init(&sizing->stage, SCREEN, SCREEN);
	struct screen *screen = &sizing->stage.screen;
	mouse_init(&sizing->mouse, screen, SCREEN);
	window_init(&sizing->window, screen, WINDOW_TOPLEVEL, 0, 0);
	draw(sizing, SIZE, SIZE, 1);
	drag_to(sizing, PLACE, PLACE);
	press_and_resize(sizing);
}

static void sizing_finish(struct sizing *sizing) {
	picture_finish(&sizing->picture);
	window_finish(&sizing->window);
	mouse_finish(&sizing->mouse);
	stage_finish(&sizing->stage);
}

static void expect_configured(const struct sizing *sizing, int32_t width, int32_t height) {
	expect_int(sizing->window.configured_width, ==, width);
	expect_int(sizing->window.configured_height, ==, height);
}

// Compares the lower right part of the window, which the cursor does not cover, and the desktop beyond it.
static void expect_end_at(struct sizing *sizing, int32_t end, const char *what) {
	const int32_t start = end - 40, size = 60;
	struct image desktop, wanted, got;
	stage_copy_background(&sizing->stage, &desktop);
	picture_draw(&sizing->picture, &desktop, end - sizing->picture.width, end - sizing->picture.height);
	image_init(&wanted, size, size);
	for (int32_t y = 0; y < size; y++) {
		for (int32_t x = 0; x < size; x++) {
			wanted.pixels[y * size + x] = desktop.pixels[(start + y) * SCREEN + start + x];
		}
	}
	screen_capture(&sizing->stage.screen, start, start, size, size, &got);
	expect_image_of(&got, &wanted, what);
	image_finish(&desktop);
	image_finish(&wanted);
	image_finish(&got);
}

static void expect_end(struct sizing *sizing, const char *what) {
	expect_end_at(sizing, END, what);
}

TEST("resize@other-edges-stay-before-and-after-the-client-draws") {
	struct sizing sizing;
	sizing_init(&sizing);
	drag_to(&sizing, PLACE + 30, PLACE - 10);
	expect_configured(&sizing, SIZE - 30, SIZE + 10);
	expect_end(&sizing, "not drawn yet");
	draw(&sizing, SIZE - 30, SIZE + 10, 2);
	expect_end(&sizing, "drawn");
	mouse_press(&sizing.mouse, false);
	expect_end(&sizing, "button released");
	sizing_finish(&sizing);
}

TEST("resize@other-edges-stay-when-the-client-draws-after-the-end") {
	struct sizing sizing;
	sizing_init(&sizing);
	drag_to(&sizing, PLACE + 30, PLACE + 20);
	drag_to(&sizing, PLACE + 40, PLACE + 10);
	mouse_press(&sizing.mouse, false);
	client_roundtrip(&sizing.stage.screen.client);
	expect_configured(&sizing, SIZE - 40, SIZE - 10);
	drag_to(&sizing, 2, 2);
	expect_end(&sizing, "not drawn yet");
	draw(&sizing, SIZE - 40, SIZE - 10, 2);
	expect_end(&sizing, "drawn");
	sizing_finish(&sizing);
}

TEST("resize@other-edges-stay-with-a-client-that-chooses-its-size") {
	// Like a terminal, whose windows have whole rows and columns.
	struct sizing sizing;
	sizing_init(&sizing);
	for (int32_t i = 1; i <= 30; i++) {
		drag_to(&sizing, (uint32_t)(PLACE + i), (uint32_t)(PLACE + i));
		expect_configured(&sizing, SIZE - i, SIZE - i);
		int32_t size = (SIZE - i) / 8 * 8;
		if (size != sizing.picture.width) {
			draw(&sizing, size, size, (uint32_t)i);
		}
		expect_end(&sizing, "while it moves");
	}
	mouse_press(&sizing.mouse, false);
	expect_end(&sizing, "button released");
	sizing_finish(&sizing);
}

TEST("resize@next-size-is-sent-when-the-client-has-acknowledged-the-last") {
	struct sizing sizing;
	sizing_init(&sizing);
	sizing.window.holds_acks = true;
	for (uint32_t i = 10; i <= 30; i++) {
		drag_to(&sizing, PLACE + i, PLACE + i);
		expect_configured(&sizing, SIZE - 10, SIZE - 10);
	}
	xdg_surface_ack_configure(sizing.window.xdg_surface, sizing.window.serial);
	client_roundtrip(&sizing.stage.screen.client);
	client_roundtrip(&sizing.stage.screen.client);
	expect_configured(&sizing, SIZE - 30, SIZE - 30);
	drag_to(&sizing, PLACE + 40, PLACE + 35);
	expect_configured(&sizing, SIZE - 30, SIZE - 30);
	// At the end the client is told the last size in any case.
	mouse_press(&sizing.mouse, false);
	client_roundtrip(&sizing.stage.screen.client);
	expect_configured(&sizing, SIZE - 40, SIZE - 35);
	sizing_finish(&sizing);
}

TEST("resize@second-drag-goes-on-from-a-size-that-is-not-drawn-yet") {
	struct sizing sizing;
	sizing_init(&sizing);
	drag_to(&sizing, PLACE + 30, PLACE + 20);
	mouse_press(&sizing.mouse, false);
	press_and_resize(&sizing);
	drag_to(&sizing, PLACE + 40, PLACE + 25);
	expect_configured(&sizing, SIZE - 40, SIZE - 25);
	mouse_press(&sizing.mouse, false);
	client_roundtrip(&sizing.stage.screen.client);
	draw(&sizing, SIZE - 40, SIZE - 25, 2);
	expect_end(&sizing, "drawn");
	sizing_finish(&sizing);
}

TEST("resize@window-moved-before-the-client-draws-stays-where-it-is-put") {
	struct sizing sizing;
	sizing_init(&sizing);
	drag_to(&sizing, PLACE + 30, PLACE + 20);
	mouse_press(&sizing.mouse, false);
	mouse_press(&sizing.mouse, true);
	xdg_toplevel_move(sizing.window.toplevel, sizing.stage.screen.seat, sizing.mouse.serial);
	client_roundtrip(&sizing.stage.screen.client);
	drag_to(&sizing, PLACE + 35, PLACE + 25);
	mouse_press(&sizing.mouse, false);
	client_roundtrip(&sizing.stage.screen.client);
	draw(&sizing, SIZE - 30, SIZE - 20, 2);
	expect_end_at(&sizing, END + 5, "drawn");
	sizing_finish(&sizing);
}
