/*
 * Fingers of a touchscreen that is removed, or cancels them: their client does not wait for them, and no drag goes on.
 * Drags by a finger: what they enter and where they end.
 */
#include "mouse.h"
#include "runner.h"
#include "stage.h"
#include <compositor/drag.h>
#include <compositor/seat.h>
#include <compositor/server.h>
#include <compositor/touch.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
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
	struct wl_data_device_manager *manager;
	struct wl_data_device *data_device;
	uint32_t serial; // of the last down event
	char text[256];  // all events but frames and motions of fingers, for example "down cancel "

	struct wl_data_offer *offer; // of the last drag
	double x, y;                 // of that drag, surface coordinates
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

// size: of the window, which is at 0,0.
static void touching_init_sized(struct touching *touching, int32_t size) {
	*touching = (struct touching){0};
	stage_init(&touching->stage, SIZE, SIZE);
	struct screen *screen = &touching->stage.screen;
	plug(touching);
	client_roundtrip(&screen->client);
	touching->touch = wl_seat_get_touch(screen->seat);
	wl_touch_add_listener(touching->touch, &touch_listener, touching);
	touching->manager = client_bind(&screen->client, &wl_data_device_manager_interface, 3);
	touching->data_device = wl_data_device_manager_get_data_device(touching->manager, screen->seat);
	picture_init(&touching->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, size, size, size * 4);
	window_init(&touching->window, screen, WINDOW_LAYER, size, size);
	window_commit(&touching->window, touching->picture.buffer);
}

static void touching_init(struct touching *touching) {
	touching_init_sized(touching, SIZE);
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

static void handle_offer(void *data, struct wl_data_device *device, struct wl_data_offer *offer) {
	((struct touching *)data)->offer = offer;
}

static void handle_enter(void *data, struct wl_data_device *device, uint32_t serial, struct wl_surface *surface,
		wl_fixed_t x, wl_fixed_t y, struct wl_data_offer *offer) {
	struct touching *touching = data;
	expect(offer == touching->offer);
	touching->x = wl_fixed_to_double(x);
	touching->y = wl_fixed_to_double(y);
	add(touching, surface == touching->window.surface ? "enter" : "enter-other");
}

static void handle_leave(void *data, struct wl_data_device *device) {
	struct touching *touching = data;
	add(touching, "leave");
	if (strstr(touching->text, "drop") == NULL) {
		wl_data_offer_destroy(touching->offer);
		touching->offer = NULL;
	}
}

static void handle_drag_motion(void *data, struct wl_data_device *device, uint32_t time, wl_fixed_t x, wl_fixed_t y) {
	struct touching *touching = data;
	touching->x = wl_fixed_to_double(x);
	touching->y = wl_fixed_to_double(y);
}

static void handle_drop(void *data, struct wl_data_device *device) {
	add(data, "drop");
}

static void ignore_selection(void *data, struct wl_data_device *device, struct wl_data_offer *offer) {
}

static const struct wl_data_device_listener data_device_listener = {
	.data_offer = handle_offer,
	.enter = handle_enter,
	.leave = handle_leave,
	.motion = handle_drag_motion,
	.drop = handle_drop,
	.selection = ignore_selection,
};

static void ignore_target(void *data, struct wl_data_source *source, const char *type) {
}

static void ignore_send(void *data, struct wl_data_source *source, const char *type, int fd) {
	close(fd);
}

static void handle_cancelled(void *data, struct wl_data_source *source) {
	add(data, "source-cancelled");
}

static void ignore_source(void *data, struct wl_data_source *source) {
}

static void ignore_action(void *data, struct wl_data_source *source, uint32_t action) {
}

static const struct wl_data_source_listener source_listener = {
	.target = ignore_target,
	.send = ignore_send,
	.cancelled = handle_cancelled,
	.dnd_drop_performed = ignore_source,
	.dnd_finished = ignore_source,
	.action = ignore_action,
};

// Starts a drag of text with the last finger that was put down.
static struct wl_data_source *drag_text(struct touching *touching) {
	wl_data_device_add_listener(touching->data_device, &data_device_listener, touching);
	struct wl_data_source *source = wl_data_device_manager_create_data_source(touching->manager);
	wl_data_source_add_listener(source, &source_listener, touching);
	wl_data_source_offer(source, "text/plain");
	wl_data_source_set_actions(source, WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY);
	wl_data_device_start_drag(touching->data_device, source, touching->window.surface, NULL, touching->serial);
	client_roundtrip(&touching->stage.screen.client);
	return source;
}

static void accept_text(struct touching *touching) {
	wl_data_offer_set_actions(
			touching->offer, WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY, WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY);
	wl_data_offer_accept(touching->offer, 0, "text/plain");
	client_roundtrip(&touching->stage.screen.client);
}

static const struct wlr_drag *get_drag(const struct touching *touching) {
	return touching->stage.server.compositor->seat->wlr->drag;
}

static void finish_drag(struct touching *touching, struct wl_data_source *source) {
	if (touching->offer != NULL) {
		wl_data_offer_destroy(touching->offer);
	}
	wl_data_source_destroy(source);
	touching_finish(touching);
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
	struct wl_data_source *source = drag_text(&touching);
	expect_events(&touching, "down enter ");
	expect(touching.offer != NULL && touching.x == 40 && touching.y == 50);
	accept_text(&touching);
	lift(&touching, 1);
	expect_events(&touching, "drop leave ");
	finish_drag(&touching, source);
}

TEST("touch@drag-enters-the-window-to-which-its-finger-has-moved-before") {
	struct touching touching;
	struct corner corner;
	touching_init(&touching);
	corner_init(&corner, &touching.stage.screen);
	put_down_at(&touching, 1, 48, 48);
	slide(&touching, 1, 20, 10);
	struct wl_data_source *source = drag_text(&touching);
	expect_events(&touching, "down enter leave enter-other ");
	expect(touching.x == 20 && touching.y == 10);
	lift(&touching, 1);
	corner_finish(&corner);
	finish_drag(&touching, source);
}

TEST("touch@drag-enters-what-appears-below-a-finger-that-rests") {
	struct touching touching;
	struct corner corner;
	touching_init(&touching);
	put_down_at(&touching, 1, 20, 10);
	struct wl_data_source *source = drag_text(&touching);
	expect_events(&touching, "down enter ");
	corner_init(&corner, &touching.stage.screen);
	expect_events(&touching, "leave enter-other ");
	corner_finish(&corner);
	expect_events(&touching, "leave enter ");
	lift(&touching, 1);
	finish_drag(&touching, source);
}

TEST("touch@drag-that-has-left-all-windows-is-not-dropped") {
	struct touching touching;
	touching_init_sized(&touching, SIZE / 2);
	put_down_at(&touching, 1, 20, 10);
	struct wl_data_source *source = drag_text(&touching);
	expect_events(&touching, "down enter ");
	accept_text(&touching);
	slide(&touching, 1, 50, 50);
	expect_events(&touching, "leave ");
	lift(&touching, 1);
	expect_events(&touching, "source-cancelled up ");
	finish_drag(&touching, source);
}

TEST("touch@drop-that-is-not-accepted-is-canceled") {
	struct touching touching;
	touching_init(&touching);
	put_down(&touching, 1);
	struct wl_data_source *source = drag_text(&touching);
	lift(&touching, 1);
	expect_events(&touching, "down enter leave source-cancelled up ");
	expect(get_drag(&touching) == NULL);
	finish_drag(&touching, source);
}

static void count_enter(void *data, struct wl_data_device *device, uint32_t serial, struct wl_surface *surface,
		wl_fixed_t x, wl_fixed_t y, struct wl_data_offer *offer) {
	(*(int *)data)++;
	wl_data_offer_destroy(offer);
}

static void ignore_offer(void *data, struct wl_data_device *device, struct wl_data_offer *offer) {
}

static void ignore_device(void *data, struct wl_data_device *device) {
}

static void ignore_drag_motion(void *data, struct wl_data_device *device, uint32_t time, wl_fixed_t x, wl_fixed_t y) {
}

static const struct wl_data_device_listener counting_listener = {
	.data_offer = ignore_offer,
	.enter = count_enter,
	.leave = ignore_device,
	.motion = ignore_drag_motion,
	.drop = ignore_device,
	.selection = ignore_selection,
};

TEST("touch@drag-enters-a-window-of-a-client-that-knows-no-touchscreen") {
	struct touching touching;
	struct screen other;
	struct corner corner;
	int enters = 0;
	touching_init(&touching);
	screen_init(&other, &touching.stage.server);
	corner_init(&corner, &other);
	struct wl_data_device_manager *manager = client_bind(&other.client, &wl_data_device_manager_interface, 3);
	struct wl_data_device *device = wl_data_device_manager_get_data_device(manager, other.seat);
	wl_data_device_add_listener(device, &counting_listener, &enters);
	put_down_at(&touching, 1, 48, 48);
	struct wl_data_source *source = drag_text(&touching);
	expect_events(&touching, "down enter ");
	client_roundtrip(&other.client);
	expect_int(enters, ==, 0);
	slide(&touching, 1, 20, 10);
	expect_events(&touching, "leave ");
	client_roundtrip(&other.client);
	expect_int(enters, ==, 1);
	lift(&touching, 1);
	wl_data_device_release(device);
	wl_data_device_manager_destroy(manager);
	corner_finish(&corner);
	screen_finish(&other);
	finish_drag(&touching, source);
}

TEST("touch@only-the-finger-that-drags-moves-and-ends-the-drag") {
	struct touching touching;
	struct mouse mouse;
	touching_init(&touching);
	mouse_init(&mouse, &touching.stage.screen, SIZE);
	mouse_move(&mouse, 5, 5);
	put_down_at(&touching, 1, 20, 10);
	struct wl_data_source *source = drag_text(&touching);
	const struct drag *drag = touching.stage.server.compositor->drag;
	put_down_at(&touching, 2, 40, 40);
	slide(&touching, 2, 50, 50);
	mouse_move(&mouse, 60, 60);
	expect_events(&touching, "down enter ");
	expect(drag->x == 20 && drag->y == 10);
	expect(touching.x == 20 && touching.y == 10);
	lift(&touching, 2);
	expect(get_drag(&touching) != NULL);
	slide(&touching, 1, 30, 20);
	expect_events(&touching, "");
	expect(drag->x == 30 && drag->y == 20);
	expect(touching.x == 30 && touching.y == 20);
	accept_text(&touching);
	lift(&touching, 1);
	expect_events(&touching, "drop leave ");
	expect(get_drag(&touching) == NULL);
	mouse_finish(&mouse);
	finish_drag(&touching, source);
}

TEST("touch@finger-does-not-move-a-drag-of-the-pointer") {
	struct touching touching;
	struct mouse mouse;
	touching_init(&touching);
	mouse_init(&mouse, &touching.stage.screen, SIZE);
	mouse_move(&mouse, 5, 5);
	mouse_press(&mouse, true);
	touching.serial = mouse.serial;
	struct wl_data_source *source = drag_text(&touching);
	const struct drag *drag = touching.stage.server.compositor->drag;
	put_down_at(&touching, 1, 40, 40);
	slide(&touching, 1, 50, 50);
	lift(&touching, 1);
	expect_events(&touching, "enter down up ");
	expect(drag->x == 5 && drag->y == 5);
	expect(touching.x == 5 && touching.y == 5);
	mouse_press(&mouse, false);
	mouse_finish(&mouse);
	finish_drag(&touching, source);
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
	struct wl_data_source *source = drag_text(&touching);
	expect(get_drag(&touching) == NULL);
	expect_events(&touching, "down down up source-cancelled ");
	lift(&touching, 2);
	put_down(&touching, 1);
	lift(&touching, 1);
	expect_events(&touching, "up down up ");
	finish_drag(&touching, source);
}

TEST("touch@drag-without-a-source-ends-with-its-client") {
	struct touching touching, second = {0};
	struct screen other;
	struct corner corner;
	touching_init(&touching);
	screen_init(&other, &touching.stage.server);
	corner_init(&corner, &other);
	struct wl_touch *touch = wl_seat_get_touch(other.seat);
	wl_touch_add_listener(touch, &touch_listener, &second);
	struct wl_data_device_manager *manager = client_bind(&other.client, &wl_data_device_manager_interface, 3);
	struct wl_data_device *device = wl_data_device_manager_get_data_device(manager, other.seat);
	client_roundtrip(&other.client);
	put_down_at(&touching, 1, 20, 10);
	client_roundtrip(&other.client);
	wl_data_device_start_drag(device, NULL, corner.window.surface, NULL, second.serial);
	client_roundtrip(&other.client);
	expect(get_drag(&touching) != NULL);
	wl_data_device_destroy(device);
	wl_data_device_manager_destroy(manager);
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
