/*
 * Fingers of a touchscreen that is removed, or cancels them: their client does not wait for them, and no drag goes on.
 * Drags by a finger: what they enter and where they end.
 */
#include "dnd.h"
#include "mouse.h"
#include "runner.h"
#include "stage.h"
#include <compositor/drag.h>
#include <compositor/seat.h>
#include <compositor/server.h>
#include <compositor/touch.h>
#include <stdio.h>
#include <string.h>
#include <wlr/backend.h>
#include <wlr/interfaces/wlr_touch.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_seat.h>

#define SIZE 64

static const struct wlr_touch_impl touch_impl = {.name = "touchscreen"};

// A window over all of the output, and a touchscreen.
struct touching {
	struct stage stage;
	struct window window;
	struct picture picture;
	struct wlr_touch device;
	struct wl_touch *touch;
	struct dnd dnd;
	uint32_t serial; // of the last down event
	char text[256];  // all events but frames and motions, for example "down cancel "
};

static void add(struct touching *touching, const char *word) {
	size_t len = strlen(touching->text);
	snprintf(touching->text + len, sizeof(touching->text) - len, "%s ", word);
}

static void handle_down(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time, struct wl_surface *surface,
		int32_t id, wl_fixed_t x, wl_fixed_t y) {
	((struct touching *)data)->serial = serial;
	add(data, "down");
}

static void handle_up(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time, int32_t id) {
	add(data, "up");
}

static void ignore_motion(void *data, struct wl_touch *touch, uint32_t time, int32_t id, wl_fixed_t x, wl_fixed_t y) {
}

static void ignore_frame(void *data, struct wl_touch *touch) {
}

static void handle_cancel(void *data, struct wl_touch *touch) {
	add(data, "cancel");
}

static const struct wl_touch_listener touch_listener = {
	.down = handle_down,
	.up = handle_up,
	.motion = ignore_motion,
	.frame = ignore_frame,
	.cancel = handle_cancel,
};

static void plug(struct touching *touching) {
	wlr_touch_init(&touching->device, &touch_impl, touch_impl.name);
	wl_signal_emit_mutable(&touching->stage.server.compositor->backend->events.new_input, &touching->device.base);
}

static void handle_dnd(void *data, const char *event) {
	struct touching *touching = data;
	bool is_other = strcmp(event, "enter") == 0 && touching->dnd.entered != touching->window.surface;
	add(touching, is_other ? "enter-other" : event);
}

// size: of the window, which is at 0,0.
static void touching_init_sized(struct touching *touching, int32_t size) {
	*touching = (struct touching){0};
	stage_init(&touching->stage, SIZE, SIZE);
	struct screen *screen = &touching->stage.screen;
	plug(touching);
	client_roundtrip(&screen->client);
	touching->touch = wl_seat_get_touch(screen->seat);
	wl_touch_add_listener(touching->touch, &touch_listener, touching);
	dnd_init(&touching->dnd, screen);
	touching->dnd.handler = handle_dnd;
	touching->dnd.data = touching;
	picture_init(&touching->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, size, size, size * 4);
	window_init(&touching->window, screen, WINDOW_LAYER, size, size);
	window_commit(&touching->window, touching->picture.buffer);
}

static void touching_init(struct touching *touching) {
	touching_init_sized(touching, SIZE);
}

static void touching_finish(struct touching *touching) {
	dnd_finish(&touching->dnd);
	wl_touch_release(touching->touch);
	window_finish(&touching->window);
	picture_finish(&touching->picture);
	wlr_touch_finish(&touching->device);
	stage_finish(&touching->stage);
}

static void put_down_at(struct touching *touching, int32_t id, double x, double y) {
	struct wlr_touch_down_event event = {.touch = &touching->device, .touch_id = id, .x = x / SIZE, .y = y / SIZE};
	wl_signal_emit_mutable(&touching->device.events.down, &event);
	client_roundtrip(&touching->stage.screen.client);
}

static void put_down(struct touching *touching, int32_t id) {
	put_down_at(touching, id, SIZE / 2.0, SIZE / 2.0);
}

static void slide(struct touching *touching, int32_t id, double x, double y) {
	struct wlr_touch_motion_event event = {.touch = &touching->device, .touch_id = id, .x = x / SIZE, .y = y / SIZE};
	wl_signal_emit_mutable(&touching->device.events.motion, &event);
}

static void lift(struct touching *touching, int32_t id) {
	struct wlr_touch_up_event event = {.touch = &touching->device, .touch_id = id};
	wl_signal_emit_mutable(&touching->device.events.up, &event);
}

static void cancel(struct touching *touching, int32_t id) {
	struct wlr_touch_cancel_event event = {.touch = &touching->device, .touch_id = id};
	wl_signal_emit_mutable(&touching->device.events.cancel, &event);
}

static void replug(struct touching *touching) {
	wlr_touch_finish(&touching->device);
	plug(touching);
}

static void expect_events(struct touching *touching, const char *wanted) {
	client_roundtrip(&touching->stage.screen.client);
	client_roundtrip(&touching->stage.screen.client);
	expect_string(touching->text, wanted);
	touching->text[0] = '\0';
}

TEST("touch@fingers-on-a-touchscreen-that-is-removed-are-cancelled") {
	struct touching touching;
	touching_init(&touching);
	put_down(&touching, 1);
	put_down(&touching, 2);
	expect_events(&touching, "down down ");
	replug(&touching);
	expect_events(&touching, "cancel ");
	for (size_t i = 0; i < TOUCH_FINGERS_MAX; i++) {
		expect(!touching.stage.server.compositor->touch->fingers[i].down);
	}
	put_down(&touching, 1);
	lift(&touching, 1);
	expect_events(&touching, "down up ");
	touching_finish(&touching);
}

static const struct wlr_drag *get_drag(const struct touching *touching) {
	return touching->stage.server.compositor->seat->wlr->drag;
}

TEST("touch@drag-ends-without-a-drop-when-its-finger-is-cancelled-or-its-touchscreen-removed") {
	for (int i = 0; i < 4; i++) {
		struct touching touching;
		touching_init(&touching);
		if (i % 2 == 0) {
			dnd_create_source(&touching.dnd);
		}
		put_down(&touching, 1);
		dnd_drag(&touching.dnd, touching.window.surface, NULL, touching.serial);
		client_roundtrip(&touching.stage.screen.client);
		expect(get_drag(&touching) != NULL);
		if (i < 2) {
			cancel(&touching, 1);
		} else {
			replug(&touching);
		}
		// wlroots does not tell of entering where there is no source.
		expect_events(&touching, i % 2 == 0 ? "down enter leave cancelled cancel " : "down leave cancel ");
		expect(get_drag(&touching) == NULL);
		put_down(&touching, 1);
		lift(&touching, 1);
		expect_events(&touching, "down up ");
		touching_finish(&touching);
	}
}

// Starts a drag of text with the last finger that was put down.
static void drag_text(struct touching *touching) {
	dnd_start(&touching->dnd, touching->window.surface, touching->serial);
}

// A window in the corner, above the first one.
struct corner {
	struct window window;
	struct picture picture;
};

static void corner_init(struct corner *corner, struct screen *screen) {
	window_init(&corner->window, screen, WINDOW_LAYER, SIZE / 2, SIZE / 2);
	picture_init(
			&corner->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE / 2, SIZE / 2, SIZE / 2 * 4);
	window_commit(&corner->window, corner->picture.buffer);
}

static void corner_finish(struct corner *corner) {
	window_finish(&corner->window);
	picture_finish(&corner->picture);
}

TEST("touch@drag-enters-the-window-below-its-finger-at-once-without-a-motion") {
	struct touching touching;
	touching_init(&touching);
	put_down_at(&touching, 1, 40, 50);
	drag_text(&touching);
	expect_events(&touching, "down enter ");
	expect(touching.dnd.offer != NULL && touching.dnd.x == 40 && touching.dnd.y == 50);
	dnd_accept(&touching.dnd);
	lift(&touching, 1);
	expect_events(&touching, "drop leave ");
	touching_finish(&touching);
}

TEST("touch@drag-enters-the-window-to-which-its-finger-has-moved-before") {
	struct touching touching;
	struct corner corner;
	touching_init(&touching);
	corner_init(&corner, &touching.stage.screen);
	put_down_at(&touching, 1, 48, 48);
	slide(&touching, 1, 20, 10);
	drag_text(&touching);
	expect_events(&touching, "down enter leave enter-other ");
	expect(touching.dnd.x == 20 && touching.dnd.y == 10);
	lift(&touching, 1);
	corner_finish(&corner);
	touching_finish(&touching);
}

TEST("touch@drag-enters-what-appears-below-a-finger-that-rests") {
	struct touching touching;
	struct corner corner;
	touching_init(&touching);
	put_down_at(&touching, 1, 20, 10);
	drag_text(&touching);
	expect_events(&touching, "down enter ");
	corner_init(&corner, &touching.stage.screen);
	expect_events(&touching, "leave enter-other ");
	corner_finish(&corner);
	expect_events(&touching, "leave enter ");
	lift(&touching, 1);
	touching_finish(&touching);
}

TEST("touch@drag-that-has-left-all-windows-is-not-dropped") {
	struct touching touching;
	touching_init_sized(&touching, SIZE / 2);
	put_down_at(&touching, 1, 20, 10);
	drag_text(&touching);
	expect_events(&touching, "down enter ");
	dnd_accept(&touching.dnd);
	slide(&touching, 1, 50, 50);
	expect_events(&touching, "leave ");
	lift(&touching, 1);
	expect_events(&touching, "cancelled up ");
	touching_finish(&touching);
}

TEST("touch@drop-that-is-not-accepted-is-canceled") {
	struct touching touching;
	touching_init(&touching);
	put_down(&touching, 1);
	drag_text(&touching);
	lift(&touching, 1);
	expect_events(&touching, "down enter leave cancelled up ");
	expect(get_drag(&touching) == NULL);
	touching_finish(&touching);
}

TEST("touch@drag-enters-a-window-of-a-client-that-knows-no-touchscreen") {
	struct touching touching;
	struct screen other;
	struct corner corner;
	struct dnd dnd;
	touching_init(&touching);
	screen_init(&other, &touching.stage.server);
	corner_init(&corner, &other);
	dnd_init(&dnd, &other);
	put_down_at(&touching, 1, 48, 48);
	drag_text(&touching);
	expect_events(&touching, "down enter ");
	client_roundtrip(&other.client);
	expect_int(dnd.enters, ==, 0);
	slide(&touching, 1, 20, 10);
	expect_events(&touching, "leave ");
	client_roundtrip(&other.client);
	expect_int(dnd.enters, ==, 1);
	lift(&touching, 1);
	dnd_finish(&dnd);
	corner_finish(&corner);
	screen_finish(&other);
	touching_finish(&touching);
}

TEST("touch@only-the-finger-that-drags-moves-and-ends-the-drag") {
	struct touching touching;
	struct mouse mouse;
	touching_init(&touching);
	mouse_init(&mouse, &touching.stage.screen, SIZE);
	mouse_move(&mouse, 5, 5);
	put_down_at(&touching, 1, 20, 10);
	drag_text(&touching);
	const struct drag *drag = touching.stage.server.compositor->drag;
	put_down_at(&touching, 2, 40, 40);
	slide(&touching, 2, 50, 50);
	mouse_move(&mouse, 60, 60);
	expect_events(&touching, "down enter ");
	expect(drag->x == 20 && drag->y == 10);
	expect(touching.dnd.x == 20 && touching.dnd.y == 10);
	lift(&touching, 2);
	expect(get_drag(&touching) != NULL);
	slide(&touching, 1, 30, 20);
	expect_events(&touching, "");
	expect(drag->x == 30 && drag->y == 20);
	expect(touching.dnd.x == 30 && touching.dnd.y == 20);
	dnd_accept(&touching.dnd);
	lift(&touching, 1);
	expect_events(&touching, "drop leave ");
	expect(get_drag(&touching) == NULL);
	mouse_finish(&mouse);
	touching_finish(&touching);
}

TEST("touch@finger-does-not-move-a-drag-of-the-pointer") {
	struct touching touching;
	struct mouse mouse;
	touching_init(&touching);
	mouse_init(&mouse, &touching.stage.screen, SIZE);
	mouse_move(&mouse, 5, 5);
	mouse_press(&mouse, true);
	touching.serial = mouse.serial;
	drag_text(&touching);
	const struct drag *drag = touching.stage.server.compositor->drag;
	put_down_at(&touching, 1, 40, 40);
	slide(&touching, 1, 50, 50);
	lift(&touching, 1);
	expect_events(&touching, "enter down up ");
	expect(drag->x == 5 && drag->y == 5);
	expect(touching.dnd.x == 5 && touching.dnd.y == 5);
	mouse_press(&mouse, false);
	mouse_finish(&mouse);
	touching_finish(&touching);
}

// No other finger could end such a drag.
TEST("touch@drag-does-not-begin-with-the-serial-of-a-finger-that-is-lifted") {
	struct touching touching;
	touching_init(&touching);
	put_down(&touching, 1);
	uint32_t serial = touching.serial;
	put_down(&touching, 2);
	lift(&touching, 1);
	touching.serial = serial;
	drag_text(&touching);
	expect(get_drag(&touching) == NULL);
	expect_events(&touching, "down down up cancelled ");
	lift(&touching, 2);
	put_down(&touching, 1);
	lift(&touching, 1);
	expect_events(&touching, "up down up ");
	touching_finish(&touching);
}

TEST("touch@drag-without-a-source-ends-with-its-client") {
	struct touching touching, second = {0};
	struct screen other;
	struct corner corner;
	struct dnd dnd;
	touching_init(&touching);
	screen_init(&other, &touching.stage.server);
	corner_init(&corner, &other);
	struct wl_touch *touch = wl_seat_get_touch(other.seat);
	wl_touch_add_listener(touch, &touch_listener, &second);
	dnd_init(&dnd, &other);
	client_roundtrip(&other.client);
	put_down_at(&touching, 1, 20, 10);
	client_roundtrip(&other.client);
	dnd_drag(&dnd, corner.window.surface, NULL, second.serial);
	client_roundtrip(&other.client);
	expect(get_drag(&touching) != NULL);
	dnd_finish(&dnd);
	wl_touch_destroy(touch);
	corner_finish(&corner);
	screen_finish(&other);
	expect(get_drag(&touching) == NULL);
	lift(&touching, 1);
	put_down(&touching, 1);
	lift(&touching, 1);
	expect_events(&touching, "down up ");
	touching_finish(&touching);
}
