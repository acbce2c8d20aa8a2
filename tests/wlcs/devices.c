#include "devices.h"

#include <server.h>
#include <time.h>
#include <wlr/backend.h>
#include <wlr/interfaces/wlr_keyboard.h>
#include <wlr/interfaces/wlr_pointer.h>
#include <wlr/interfaces/wlr_touch.h>

#define FINGER 0

static const struct wlr_pointer_impl pointer_impl = {.name = "wlcs-pointer"};
static const struct wlr_touch_impl touch_impl = {.name = "wlcs-touch"};
static const struct wlr_keyboard_impl keyboard_impl = {.name = "wlcs-keyboard"};

static uint32_t now_msec(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

void devices_init(struct devices *devices, struct compositor *compositor) {
	wlr_pointer_init(&devices->pointer, &pointer_impl, pointer_impl.name);
	wlr_touch_init(&devices->touch, &touch_impl, touch_impl.name);
	wlr_keyboard_init(&devices->keyboard, &keyboard_impl, keyboard_impl.name);
	struct wl_signal *new_input = &compositor->backend->events.new_input;
	wl_signal_emit_mutable(new_input, &devices->keyboard.base);
	wl_signal_emit_mutable(new_input, &devices->pointer.base);
	wl_signal_emit_mutable(new_input, &devices->touch.base);
}

void devices_finish(struct devices *devices) {
	wlr_touch_finish(&devices->touch);
	wlr_pointer_finish(&devices->pointer);
	wlr_keyboard_finish(&devices->keyboard);
}

static void send_pointer_frame(struct devices *devices) {
	wl_signal_emit_mutable(&devices->pointer.events.frame, &devices->pointer);
}

void devices_move_pointer_to(struct devices *devices, double x, double y) {
	struct wlr_pointer_motion_absolute_event event = {
		.pointer = &devices->pointer,
		.time_msec = now_msec(),
		.x = x / SCREEN_WIDTH,
		.y = y / SCREEN_HEIGHT,
	};
	wl_signal_emit_mutable(&devices->pointer.events.motion_absolute, &event);
	send_pointer_frame(devices);
}

void devices_move_pointer_by(struct devices *devices, double dx, double dy) {
	struct wlr_pointer_motion_event event = {
		.pointer = &devices->pointer,
		.time_msec = now_msec(),
		.delta_x = dx,
		.delta_y = dy,
		.unaccel_dx = dx,
		.unaccel_dy = dy,
	};
	wl_signal_emit_mutable(&devices->pointer.events.motion, &event);
	send_pointer_frame(devices);
}

static void send_button(struct devices *devices, uint32_t button, enum wl_pointer_button_state state) {
	struct wlr_pointer_button_event event = {
		.pointer = &devices->pointer,
		.time_msec = now_msec(),
		.button = button,
		.state = state,
	};
	wl_signal_emit_mutable(&devices->pointer.events.button, &event);
	send_pointer_frame(devices);
}

void devices_press(struct devices *devices, uint32_t button) {
	send_button(devices, button, WL_POINTER_BUTTON_STATE_PRESSED);
}

void devices_release(struct devices *devices, uint32_t button) {
	send_button(devices, button, WL_POINTER_BUTTON_STATE_RELEASED);
}

static void send_key(struct devices *devices, uint32_t key, enum wl_keyboard_key_state state) {
	struct wlr_keyboard_key_event event = {
		.time_msec = now_msec(),
		.keycode = key,
		.update_state = true,
		.state = state,
	};
	wlr_keyboard_notify_key(&devices->keyboard, &event);
}

void devices_press_key(struct devices *devices, uint32_t key) {
	send_key(devices, key, WL_KEYBOARD_KEY_STATE_PRESSED);
}

void devices_release_key(struct devices *devices, uint32_t key) {
	send_key(devices, key, WL_KEYBOARD_KEY_STATE_RELEASED);
}

static void send_touch_frame(struct devices *devices) {
	wl_signal_emit_mutable(&devices->touch.events.frame, NULL);
}

void devices_touch_down(struct devices *devices, double x, double y) {
	struct wlr_touch_down_event event = {
		.touch = &devices->touch,
		.time_msec = now_msec(),
		.touch_id = FINGER,
		.x = x / SCREEN_WIDTH,
		.y = y / SCREEN_HEIGHT,
	};
	wl_signal_emit_mutable(&devices->touch.events.down, &event);
	send_touch_frame(devices);
}

void devices_touch_move(struct devices *devices, double x, double y) {
	struct wlr_touch_motion_event event = {
		.touch = &devices->touch,
		.time_msec = now_msec(),
		.touch_id = FINGER,
		.x = x / SCREEN_WIDTH,
		.y = y / SCREEN_HEIGHT,
	};
	wl_signal_emit_mutable(&devices->touch.events.motion, &event);
	send_touch_frame(devices);
}

void devices_touch_up(struct devices *devices) {
	struct wlr_touch_up_event event = {.touch = &devices->touch, .time_msec = now_msec(), .touch_id = FINGER};
	wl_signal_emit_mutable(&devices->touch.events.up, &event);
	send_touch_frame(devices);
}
