/*
 * Fingers of a touchscreen that is removed, or cancels them: their client does not wait for them, and no drag goes on.
 */
#include "runner.h"
#include "stage.h"
#include <compositor/seat.h>
#include <compositor/server.h>
#include <compositor/touch.h>
#include <stdio.h>
#include <string.h>
#include <wlr/backend.h>
#include <wlr/interfaces/wlr_touch.h>
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
	struct wl_data_device_manager *manager;
	struct wl_data_device *data_device;
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

static void touching_init(struct touching *touching) {
	*touching = (struct touching){0};
	stage_init(&touching->stage, SIZE, SIZE);
	struct screen *screen = &touching->stage.screen;
	plug(touching);
	client_roundtrip(&screen->client);
	touching->touch = wl_seat_get_touch(screen->seat);
	wl_touch_add_listener(touching->touch, &touch_listener, touching);
	touching->manager = client_bind(&screen->client, &wl_data_device_manager_interface, 3);
	touching->data_device = wl_data_device_manager_get_data_device(touching->manager, screen->seat);
	picture_init(&touching->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	window_init(&touching->window, screen, WINDOW_LAYER, SIZE, SIZE);
	window_commit(&touching->window, touching->picture.buffer);
}

static void touching_finish(struct touching *touching) {
	wl_data_device_release(touching->data_device);
	wl_data_device_manager_destroy(touching->manager);
	wl_touch_release(touching->touch);
	window_finish(&touching->window);
	picture_finish(&touching->picture);
	wlr_touch_finish(&touching->device);
	stage_finish(&touching->stage);
}

static void put_down(struct touching *touching, int32_t id) {
	struct wlr_touch_down_event event = {.touch = &touching->device, .touch_id = id, .x = 0.5, .y = 0.5};
	wl_signal_emit_mutable(&touching->device.events.down, &event);
	client_roundtrip(&touching->stage.screen.client);
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

static void start_drag(struct touching *touching, struct wl_data_source *source) {
	put_down(touching, 1);
	wl_data_device_start_drag(touching->data_device, source, touching->window.surface, NULL, touching->serial);
	client_roundtrip(&touching->stage.screen.client);
	expect(touching->stage.server.compositor->seat->wlr->drag != NULL);
}

TEST("touch@drag-ends-without-a-drop-when-its-finger-is-cancelled-or-its-touchscreen-removed") {
	for (int i = 0; i < 4; i++) {
		struct touching touching;
		touching_init(&touching);
		struct wl_data_source *source = i % 2 == 0 ? wl_data_device_manager_create_data_source(touching.manager) : NULL;
		start_drag(&touching, source);
		if (i < 2) {
			cancel(&touching, 1);
		} else {
			replug(&touching);
		}
		expect_events(&touching, "down cancel ");
		expect(touching.stage.server.compositor->seat->wlr->drag == NULL);
		put_down(&touching, 1);
		lift(&touching, 1);
		expect_events(&touching, "down up ");
		if (source != NULL) {
			wl_data_source_destroy(source);
		}
		touching_finish(&touching);
	}
}
