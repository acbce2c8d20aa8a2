/*
 * Virtual pointers: requests take effect together, in order, at the frame request.
 */
#include "mouse.h"
#include "runner.h"
#include "stage.h"
#include "wlr-virtual-pointer-unstable-v1-client-protocol.h"
#include <compositor/compat.h>
#include <compositor/seat.h>
#include <compositor/server.h>
#include <linux/input-event-codes.h>
#include <time.h>
#include <virtual_pointer.h>

#define SIZE 80

struct pointing {
	struct stage stage;
	struct window window;
	struct picture picture;
	struct mouse mouse;
};

// A window over the whole output, with the pointer at 10, 10 in it.
static void pointing_init(struct pointing *pointing) {
	*pointing = (struct pointing){0};
	stage_init(&pointing->stage, SIZE, SIZE);
	struct screen *screen = &pointing->stage.screen;
	mouse_init(&pointing->mouse, screen, SIZE);
	window_init(&pointing->window, screen, WINDOW_LAYER, SIZE, SIZE);
	picture_init(&pointing->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	window_commit(&pointing->window, pointing->picture.buffer);
	mouse_move(&pointing->mouse, 20, 20);
	mouse_move(&pointing->mouse, 10, 10);
	expect(pointing->mouse.entered);
	expect(pointing->mouse.x == 10 && pointing->mouse.y == 10);
	pointing->mouse.motions = pointing->mouse.frames = 0;
}

static void pointing_finish(struct pointing *pointing) {
	picture_finish(&pointing->picture);
	window_finish(&pointing->window);
	mouse_finish(&pointing->mouse);
	stage_finish(&pointing->stage);
}

static void move_by(struct zwlr_virtual_pointer_v1 *device, int dx, int dy) {
	zwlr_virtual_pointer_v1_motion(device, 1, wl_fixed_from_int(dx), wl_fixed_from_int(dy));
}

static void expect_events(struct pointing *pointing, int motions, int buttons, int axes, int frames) {
	client_roundtrip(&pointing->stage.screen.client);
	expect_int(pointing->mouse.motions, ==, motions);
	expect_int(pointing->mouse.buttons, ==, buttons);
	expect_int(pointing->mouse.axes, ==, axes);
	expect_int(pointing->mouse.frames, ==, frames);
}

TEST("virtual_pointer@does-nothing-before-its-frame-and-then-all-of-it") {
	struct pointing pointing;
	pointing_init(&pointing);
	struct zwlr_virtual_pointer_v1 *device = pointing.mouse.device;
	zwlr_virtual_pointer_v1_motion_absolute(device, 1, 30, 40, SIZE, SIZE);
	move_by(device, 5, 6);
	zwlr_virtual_pointer_v1_axis(device, 1, WL_POINTER_AXIS_VERTICAL_SCROLL, wl_fixed_from_int(5));
	zwlr_virtual_pointer_v1_button(device, 1, BTN_LEFT, WL_POINTER_BUTTON_STATE_PRESSED);
	expect_events(&pointing, 0, 0, 0, 0);
	expect(pointing.mouse.x == 10 && pointing.mouse.y == 10);
	zwlr_virtual_pointer_v1_frame(device);
	expect_events(&pointing, 2, 1, 1, 1);
	expect(pointing.mouse.x == 35 && pointing.mouse.y == 46);
	// The next frame does not repeat events.
	zwlr_virtual_pointer_v1_button(device, 1, BTN_LEFT, WL_POINTER_BUTTON_STATE_RELEASED);
	zwlr_virtual_pointer_v1_frame(device);
	expect_events(&pointing, 2, 2, 1, 2);
	pointing_finish(&pointing);
}

TEST("virtual_pointer@frame-of-another-pointer-has-no-effect") {
	struct pointing pointing;
	pointing_init(&pointing);
	struct zwlr_virtual_pointer_v1 *other = mouse_plug_another(&pointing.mouse);
	move_by(pointing.mouse.device, 1, 0);
	move_by(other, 0, 2);
	zwlr_virtual_pointer_v1_frame(other);
	expect_events(&pointing, 1, 0, 0, 1);
	expect(pointing.mouse.x == 10 && pointing.mouse.y == 12);
	zwlr_virtual_pointer_v1_frame(pointing.mouse.device);
	expect_events(&pointing, 2, 0, 0, 2);
	expect(pointing.mouse.x == 11 && pointing.mouse.y == 12);
	zwlr_virtual_pointer_v1_destroy(other);
	pointing_finish(&pointing);
}

TEST("virtual_pointer@destroyed-without-a-frame-does-nothing") {
	struct pointing pointing;
	pointing_init(&pointing);
	struct zwlr_virtual_pointer_v1 *other = mouse_plug_another(&pointing.mouse);
	move_by(other, 20, 20);
	client_roundtrip(&pointing.stage.screen.client);
	zwlr_virtual_pointer_v1_destroy(other);
	zwlr_virtual_pointer_v1_frame(pointing.mouse.device);
	expect_events(&pointing, 0, 0, 0, 1);
	expect(pointing.mouse.x == 10 && pointing.mouse.y == 10);
	pointing_finish(&pointing);
}

TEST("virtual_pointer@destroyed-with-a-button-down-releases-it") {
	struct pointing pointing;
	pointing_init(&pointing);
	struct zwlr_virtual_pointer_v1 *other = mouse_plug_another(&pointing.mouse);
	zwlr_virtual_pointer_v1_button(other, 1, BTN_LEFT, WL_POINTER_BUTTON_STATE_PRESSED);
	zwlr_virtual_pointer_v1_button(other, 1, BTN_RIGHT, WL_POINTER_BUTTON_STATE_PRESSED);
	zwlr_virtual_pointer_v1_frame(other);
	expect_events(&pointing, 0, 2, 0, 1);
	// The release has no frame, so the button stays pressed until the pointer is destroyed.
	zwlr_virtual_pointer_v1_button(other, 1, BTN_RIGHT, WL_POINTER_BUTTON_STATE_RELEASED);
	zwlr_virtual_pointer_v1_destroy(other);
	expect_events(&pointing, 0, 4, 0, 2);
	// The seat would not report a button released twice, but reports a press.
	mouse_press(&pointing.mouse, true);
	mouse_press(&pointing.mouse, false);
	expect_events(&pointing, 0, 6, 0, 4);
	pointing_finish(&pointing);
}

TEST("virtual_pointer@events-beyond-the-limit-take-effect-without-a-frame") {
	struct pointing pointing;
	pointing_init(&pointing);
	struct zwlr_virtual_pointer_v1 *device = pointing.mouse.device;
	for (int i = 1; i < VIRTUAL_POINTER_EVENTS_MAX; i++) {
		move_by(device, i % 2 == 0 ? -1 : 1, 0);
	}
	expect_events(&pointing, 0, 0, 0, 0);
	move_by(device, 0, 1);
	expect_events(&pointing, VIRTUAL_POINTER_EVENTS_MAX, 0, 0, 1);
	// The limit applies repeatedly.
	for (int i = 0; i < 50 * VIRTUAL_POINTER_EVENTS_MAX; i++) {
		move_by(device, i % 2 == 0 ? -1 : 1, 0);
	}
	expect_events(&pointing, 51 * VIRTUAL_POINTER_EVENTS_MAX, 0, 0, 51);
	pointing_finish(&pointing);
}

// wlroots asserts that all axes of a frame have the same source.
// With wlroots 0.19 and later, a frame has one source for both axes: the last one.
#define ONE_SOURCE WLR_SINCE(19)

TEST("virtual_pointer@axes-of-different-sources-in-one-frame-arrive-in-two") {
	struct pointing pointing;
	pointing_init(&pointing);
	struct zwlr_virtual_pointer_v1 *device = pointing.mouse.device;
	zwlr_virtual_pointer_v1_axis(device, 1, WL_POINTER_AXIS_VERTICAL_SCROLL, wl_fixed_from_int(5));
	zwlr_virtual_pointer_v1_axis_source(device, WL_POINTER_AXIS_SOURCE_FINGER);
	zwlr_virtual_pointer_v1_axis(device, 1, WL_POINTER_AXIS_HORIZONTAL_SCROLL, wl_fixed_from_int(5));
	zwlr_virtual_pointer_v1_frame(device);
	expect_events(&pointing, 0, 0, 2, 2 - ONE_SOURCE);
	// Axes of the same source stay in one frame.
	zwlr_virtual_pointer_v1_axis(device, 1, WL_POINTER_AXIS_VERTICAL_SCROLL, wl_fixed_from_int(5));
	zwlr_virtual_pointer_v1_axis(device, 1, WL_POINTER_AXIS_HORIZONTAL_SCROLL, wl_fixed_from_int(5));
	zwlr_virtual_pointer_v1_frame(device);
	expect_events(&pointing, 0, 0, 4, 3 - ONE_SOURCE);
	pointing_finish(&pointing);
}

// Sends frames of one motion, beyond the limit. The pointer ends where it was.
static void exceed_limit(struct pointing *pointing) {
	for (int i = 0; i < 4 * SEAT_VIRTUAL_EVENTS_MAX; i++) {
		move_by(pointing->mouse.device, i % 2 == 0 ? -1 : 1, 0);
		zwlr_virtual_pointer_v1_frame(pointing->mouse.device);
		if (i % 256 == 255) {
			client_roundtrip(&pointing->stage.screen.client);
		}
	}
}

TEST("virtual_pointer@motions-without-end-are-sent-at-a-limited-rate-and-the-last-position-arrives") {
	struct pointing pointing;
	pointing_init(&pointing);
	struct zwlr_virtual_pointer_v1 *device = pointing.mouse.device;
	struct timespec start, end;
	clock_gettime(CLOCK_MONOTONIC, &start);
	exceed_limit(&pointing);
	clock_gettime(CLOCK_MONOTONIC, &end);
	// The limit grows with the time that this takes.
	int seconds = (int)(end.tv_sec - start.tv_sec);
	expect_int(pointing.mouse.motions, <, 3 * SEAT_VIRTUAL_EVENTS_MAX + seconds * SEAT_VIRTUAL_EVENTS_PER_SECOND);
	int frames = pointing.mouse.frames;
	zwlr_virtual_pointer_v1_axis(device, 1, WL_POINTER_AXIS_VERTICAL_SCROLL, wl_fixed_from_int(5));
	zwlr_virtual_pointer_v1_motion_absolute(device, 1, 30, 40, SIZE, SIZE);
	zwlr_virtual_pointer_v1_frame(device);
	client_roundtrip(&pointing.stage.screen.client);
	while (pointing.mouse.x != 30 || pointing.mouse.y != 40) {
		expect(client_pump(&pointing.stage.screen.client, 1000));
	}
	expect_int(pointing.mouse.frames, <=, frames + 2);
	pointing_finish(&pointing);
}

TEST("virtual_pointer@press-beyond-the-limit-is-ignored-and-the-release-of-an-earlier-one-is-not") {
	struct pointing pointing;
	pointing_init(&pointing);
	struct zwlr_virtual_pointer_v1 *device = pointing.mouse.device;
	mouse_press(&pointing.mouse, true);
	pointing.stage.server.compositor->seat->virtual_events.level = UINT32_MAX;
	int buttons = pointing.mouse.buttons;
	zwlr_virtual_pointer_v1_button(device, 1, BTN_RIGHT, WL_POINTER_BUTTON_STATE_PRESSED);
	zwlr_virtual_pointer_v1_button(device, 1, BTN_RIGHT, WL_POINTER_BUTTON_STATE_RELEASED);
	zwlr_virtual_pointer_v1_frame(device);
	client_roundtrip(&pointing.stage.screen.client);
	expect_int(pointing.mouse.buttons, ==, buttons);
	mouse_press(&pointing.mouse, false);
	expect_int(pointing.mouse.buttons, ==, buttons + 1);
	pointing_finish(&pointing);
}
