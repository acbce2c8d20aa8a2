/*
 * Gestures on a touchpad, as clients receive them (pointer-gestures).
 */
#include "mouse.h"
#include "pointer-gestures-unstable-v1-client-protocol.h"
#include "runner.h"
#include "stage.h"
#include <compositor/cursor.h>
#include <compositor/server.h>
#include <stdio.h>
#include <string.h>
#include <wlr/interfaces/wlr_pointer.h>
#include <wlr/types/wlr_cursor.h>

#define SIZE 64

// One line for each event.
struct record {
	char text[512];
};

#define RECORD(data, ...) \
	do { \
		struct record *record = data; \
		size_t len = strlen(record->text); \
		snprintf(record->text + len, sizeof(record->text) - len, __VA_ARGS__); \
	} while (0)

static void swipe_begin(void *data, struct zwp_pointer_gesture_swipe_v1 *swipe, uint32_t serial, uint32_t time,
		struct wl_surface *surface, uint32_t fingers) {
	RECORD(data, "swipe %u with %u\n", time, fingers);
}

static void swipe_update(
		void *data, struct zwp_pointer_gesture_swipe_v1 *swipe, uint32_t time, wl_fixed_t dx, wl_fixed_t dy) {
	RECORD(data, "swipe %u by %g, %g\n", time, wl_fixed_to_double(dx), wl_fixed_to_double(dy));
}

static void swipe_end(
		void *data, struct zwp_pointer_gesture_swipe_v1 *swipe, uint32_t serial, uint32_t time, int32_t cancelled) {
	RECORD(data, "swipe %u ends %d\n", time, cancelled);
}

static void pinch_begin(void *data, struct zwp_pointer_gesture_pinch_v1 *pinch, uint32_t serial, uint32_t time,
		struct wl_surface *surface, uint32_t fingers) {
	RECORD(data, "pinch %u with %u\n", time, fingers);
}

static void pinch_update(void *data, struct zwp_pointer_gesture_pinch_v1 *pinch, uint32_t time, wl_fixed_t dx,
		wl_fixed_t dy, wl_fixed_t scale, wl_fixed_t rotation) {
	RECORD(data, "pinch %u by %g, %g, %g, %g\n", time, wl_fixed_to_double(dx), wl_fixed_to_double(dy),
			wl_fixed_to_double(scale), wl_fixed_to_double(rotation));
}

static void pinch_end(
		void *data, struct zwp_pointer_gesture_pinch_v1 *pinch, uint32_t serial, uint32_t time, int32_t cancelled) {
	RECORD(data, "pinch %u ends %d\n", time, cancelled);
}

static void hold_begin(void *data, struct zwp_pointer_gesture_hold_v1 *hold, uint32_t serial, uint32_t time,
		struct wl_surface *surface, uint32_t fingers) {
	RECORD(data, "hold %u with %u\n", time, fingers);
}

static void hold_end(
		void *data, struct zwp_pointer_gesture_hold_v1 *hold, uint32_t serial, uint32_t time, int32_t cancelled) {
	RECORD(data, "hold %u ends %d\n", time, cancelled);
}

static const struct zwp_pointer_gesture_swipe_v1_listener swipe_listener = {swipe_begin, swipe_update, swipe_end};
static const struct zwp_pointer_gesture_pinch_v1_listener pinch_listener = {pinch_begin, pinch_update, pinch_end};
static const struct zwp_pointer_gesture_hold_v1_listener hold_listener = {hold_begin, hold_end};

// The gestures of one client.
struct hands {
	struct zwp_pointer_gestures_v1 *gestures;
	struct zwp_pointer_gesture_swipe_v1 *swipe;
	struct zwp_pointer_gesture_pinch_v1 *pinch;
	struct zwp_pointer_gesture_hold_v1 *hold;
	struct record record;
};

static void hands_init(struct hands *hands, struct client *client, struct wl_pointer *pointer) {
	*hands = (struct hands){.gestures = client_bind(client, &zwp_pointer_gestures_v1_interface, 3)};
	hands->swipe = zwp_pointer_gestures_v1_get_swipe_gesture(hands->gestures, pointer);
	hands->pinch = zwp_pointer_gestures_v1_get_pinch_gesture(hands->gestures, pointer);
	hands->hold = zwp_pointer_gestures_v1_get_hold_gesture(hands->gestures, pointer);
	zwp_pointer_gesture_swipe_v1_add_listener(hands->swipe, &swipe_listener, &hands->record);
	zwp_pointer_gesture_pinch_v1_add_listener(hands->pinch, &pinch_listener, &hands->record);
	zwp_pointer_gesture_hold_v1_add_listener(hands->hold, &hold_listener, &hands->record);
	client_roundtrip(client);
}

static void hands_finish(struct hands *hands) {
	zwp_pointer_gesture_swipe_v1_destroy(hands->swipe);
	zwp_pointer_gesture_pinch_v1_destroy(hands->pinch);
	zwp_pointer_gesture_hold_v1_destroy(hands->hold);
	zwp_pointer_gestures_v1_release(hands->gestures);
}

static void make_gestures(struct wlr_pointer *touchpad) {
	struct wlr_pointer_swipe_begin_event swipe = {touchpad, 1, 3};
	struct wlr_pointer_swipe_update_event swiped = {touchpad, 2, 3, 1.5, -2};
	struct wlr_pointer_swipe_end_event swipe_ends = {touchpad, 3, false};
	struct wlr_pointer_pinch_begin_event pinch = {touchpad, 4, 2};
	struct wlr_pointer_pinch_update_event pinched = {touchpad, 5, 2, 1, 2, 0.5, -45};
	struct wlr_pointer_pinch_end_event pinch_ends = {touchpad, 6, true};
	struct wlr_pointer_hold_begin_event hold = {touchpad, 7, 4};
	struct wlr_pointer_hold_end_event hold_ends = {touchpad, 8, true};
	wl_signal_emit(&touchpad->events.swipe_begin, &swipe);
	wl_signal_emit(&touchpad->events.swipe_update, &swiped);
	wl_signal_emit(&touchpad->events.swipe_end, &swipe_ends);
	wl_signal_emit(&touchpad->events.pinch_begin, &pinch);
	wl_signal_emit(&touchpad->events.pinch_update, &pinched);
	wl_signal_emit(&touchpad->events.pinch_end, &pinch_ends);
	wl_signal_emit(&touchpad->events.hold_begin, &hold);
	wl_signal_emit(&touchpad->events.hold_end, &hold_ends);
}

TEST("gestures@are-sent-to-the-client-with-the-pointer-and-to-no-other") {
	static const struct wlr_pointer_impl impl = {.name = "touchpad"};
	struct stage stage;
	struct mouse mouse;
	struct window window;
	struct picture picture;
	struct screen other;
	struct hands hands, others;
	struct wlr_pointer touchpad;
	stage_init(&stage, SIZE, SIZE);
	mouse_init(&mouse, &stage.screen, SIZE);
	window_init(&window, &stage.screen, WINDOW_LAYER, 16, 16);
	picture_init(&picture, &stage.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 16, 16, 64);
	window_commit(&window, picture.buffer);
	hands_init(&hands, &stage.screen.client, mouse.pointer);
	screen_init(&other, &stage.server);
	struct wl_pointer *pointer = wl_seat_get_pointer(other.seat);
	hands_init(&others, &other.client, pointer);
	wlr_pointer_init(&touchpad, &impl, impl.name);
	wlr_cursor_attach_input_device(stage.server.compositor->cursor->wlr, &touchpad.base);
	mouse_move(&mouse, SIZE - 2, SIZE - 2); // no window there
	make_gestures(&touchpad);
	client_roundtrip(&stage.screen.client);
	expect_string(hands.record.text, "");
	mouse_move(&mouse, 8, 8);
	make_gestures(&touchpad);
	client_roundtrip(&stage.screen.client);
	client_roundtrip(&other.client);
	expect_string(hands.record.text, "swipe 1 with 3\nswipe 2 by 1.5, -2\nswipe 3 ends 0\n"
									 "pinch 4 with 2\npinch 5 by 1, 2, 0.5, -45\npinch 6 ends 1\n"
									 "hold 7 with 4\nhold 8 ends 1\n");
	expect_string(others.record.text, "");
	wlr_pointer_finish(&touchpad);
	hands_finish(&others);
	hands_finish(&hands);
	wl_pointer_release(pointer);
	screen_finish(&other);
	picture_finish(&picture);
	window_finish(&window);
	mouse_finish(&mouse);
	stage_finish(&stage);
}
