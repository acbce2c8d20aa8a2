/*
 * Input devices of the kernel, through libinput: what clients receive of them, on an output of a GPU.
 */
#include "driver.h"
#include "gadget.h"
#include "painter.h"
#include "picture.h"
#include "runner.h"
#include "scanout.h"
#include "screen.h"
#include "server.h"
#include "typist.h"
#include "window.h"
#include <compositor/cursor.h>
#include <compositor/server.h>
#include <compositor/toplevel.h>
#include <linux/input.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_seat.h>

#define REPLUGS 8
#define PATIENCE 500 // rounds of up to 20 ms
#define PEN_STEPS 8
#define CURSOR_MAX 32 // distance of its pixels from the pointer
#define CURSOR_PIXELS_MIN 40
#define WIDTH 1024 // of the output
#define HEIGHT 768

static const char *card;

__attribute__((constructor)) static void prepare(void) {
	card = getenv("LIDO_VKMS");
	if (card != NULL) {
		setenv("WLR_DRM_DEVICES", card, true);
		setenv("WLR_LIBINPUT_NO_DEVICES", "1", true); // none is there at first
	}
}

// A client with a window over all of the output, which logs what it receives.
struct user {
	struct driver driver;
	struct server server;
	struct screen screen;
	struct window window;
	struct picture picture;
	struct wl_pointer *pointer;
	struct wl_touch *touch;
	char text[1024]; // without frames, for example "enter move[1,2] +272 -272 "
};

__attribute__((format(printf, 2, 3))) static void add(void *data, const char *format, ...) {
	struct user *user = data;
	size_t len = strlen(user->text);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(user->text + len, sizeof(user->text) - len, format, arguments);
	va_end(arguments);
}

static void handle_enter(void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface,
		wl_fixed_t x, wl_fixed_t y) {
	add(data, "enter ");
}

static void handle_leave(void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface) {
	add(data, "leave ");
}

static void handle_motion(void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x, wl_fixed_t y) {
	add(data, "move[%d,%d] ", wl_fixed_to_int(x), wl_fixed_to_int(y));
}

static void handle_button(
		void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time, uint32_t button, uint32_t state) {
	add(data, "%c%u ", state == WL_POINTER_BUTTON_STATE_PRESSED ? '+' : '-', button);
}

static void handle_axis(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis, wl_fixed_t value) {
	add(data, "axis[%u,%d] ", axis, wl_fixed_to_int(value));
}

static void ignore_frame(void *data, struct wl_pointer *pointer) {
}

static void handle_source(void *data, struct wl_pointer *pointer, uint32_t source) {
	add(data, "source[%u] ", source);
}

static void handle_stop(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis) {
	add(data, "stop ");
}

static void handle_discrete(void *data, struct wl_pointer *pointer, uint32_t axis, int32_t discrete) {
	add(data, "clicks[%d] ", discrete);
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = handle_enter,
	.leave = handle_leave,
	.motion = handle_motion,
	.button = handle_button,
	.axis = handle_axis,
	.frame = ignore_frame,
	.axis_source = handle_source,
	.axis_stop = handle_stop,
	.axis_discrete = handle_discrete,
};

static void handle_down(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time, struct wl_surface *surface,
		int32_t id, wl_fixed_t x, wl_fixed_t y) {
	add(data, "down%d[%d,%d] ", id, wl_fixed_to_int(x), wl_fixed_to_int(y));
}

static void handle_up(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time, int32_t id) {
	add(data, "up%d ", id);
}

static void handle_finger(void *data, struct wl_touch *touch, uint32_t time, int32_t id, wl_fixed_t x, wl_fixed_t y) {
	add(data, "move%d[%d,%d] ", id, wl_fixed_to_int(x), wl_fixed_to_int(y));
}

static void ignore_touch_frame(void *data, struct wl_touch *touch) {
}

static void handle_cancel(void *data, struct wl_touch *touch) {
	add(data, "cancel ");
}

static const struct wl_touch_listener touch_listener = {
	.down = handle_down,
	.up = handle_up,
	.motion = handle_finger,
	.frame = ignore_touch_frame,
	.cancel = handle_cancel,
};

static void user_init(struct user *user) {
	if (card == NULL || getuid() != 0 || !gadget_is_possible()) {
		skip("LIDO_VKMS names no GPU, or there is no /dev/uinput: run it by ./dev test --gpu");
	}
	*user = (struct user){0};
	driver_init(&user->driver, card);
	server_init_devices(&user->server);
	screen_init(&user->screen, &user->server);
	window_init(&user->window, &user->screen, WINDOW_FULLSCREEN, 0, 0);
	expect_int(user->window.configured_width, ==, WIDTH);
	expect_int(user->window.configured_height, ==, HEIGHT);
	picture_init(&user->picture, &user->screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, WIDTH, HEIGHT, WIDTH * 4);
	picture_fill(&user->picture, 1);
	window_commit(&user->window, user->picture.buffer);
	window_show(&user->window);
}

static void user_finish(struct user *user) {
	if (user->pointer != NULL) {
		wl_pointer_release(user->pointer);
	}
	if (user->touch != NULL) {
		wl_touch_release(user->touch);
	}
	window_finish(&user->window);
	picture_finish(&user->picture);
	screen_finish(&user->screen);
	server_finish(&user->server);
	driver_finish(&user->driver);
}

// Waits until the seat has this capability (WL_SEAT_CAPABILITY_*), or has it no longer.
static void wait_for_seat(struct user *user, uint32_t capability, bool wanted) {
	const struct wlr_seat *seat = user->server.compositor->seat->wlr;
	while (((seat->capabilities & capability) != 0) != wanted) {
		client_pump(&user->screen.client, 20);
	}
	client_roundtrip(&user->screen.client);
}

static void plug(struct user *user, struct gadget *gadget, enum gadget_kind kind) {
	const bool is_touch = kind == GADGET_TOUCHSCREEN, is_keyboard = kind == GADGET_KEYBOARD;
	gadget_init(gadget, kind);
	wait_for_seat(user,
			is_touch      ? WL_SEAT_CAPABILITY_TOUCH
			: is_keyboard ? WL_SEAT_CAPABILITY_KEYBOARD
						  : WL_SEAT_CAPABILITY_POINTER,
			true);
	if (is_touch && user->touch == NULL) {
		user->touch = wl_seat_get_touch(user->screen.seat);
		wl_touch_add_listener(user->touch, &touch_listener, user);
	} else if (!is_touch && !is_keyboard && user->pointer == NULL) {
		user->pointer = wl_seat_get_pointer(user->screen.seat);
		wl_pointer_add_listener(user->pointer, &pointer_listener, user);
	}
	client_roundtrip(&user->screen.client);
}

// Waits until the client's text contains the word. Fails after PATIENCE rounds.
static void wait_for_word(struct client *client, const char *text, const char *word) {
	for (int i = 0; i < PATIENCE && strstr(text, word) == NULL; i++) {
		client_pump(client, 20);
	}
	expect_contains(text, word);
	client_roundtrip(client);
}

// Then expects exactly the wanted text, and empties it.
static void expect_text(struct user *user, char *text, const char *word, const char *wanted) {
	wait_for_word(&user->screen.client, text, word);
	expect_string(text, wanted);
	text[0] = '\0';
}

TEST("gpu_input@keys-go-to-the-focused-window") {
	struct user user;
	struct gadget keyboard;
	struct keyboard_log log;
	user_init(&user);
	plug(&user, &keyboard, GADGET_KEYBOARD);
	keyboard_log_init(&log, &user.screen.client, user.screen.seat);
	expect_text(&user, log.text, "enter", "enter[] ");
	gadget_press(&keyboard, KEY_A, true);
	gadget_press(&keyboard, KEY_A, false);
	gadget_press(&keyboard, KEY_LEFTSHIFT, true);
	gadget_press(&keyboard, KEY_B, true);
	expect_text(&user, log.text, "+48", "+30 -30 +42 +48 ");
	expect_int(log.modifiers, ==, TYPIST_SHIFT);
	gadget_press(&keyboard, KEY_B, false);
	gadget_press(&keyboard, KEY_LEFTSHIFT, false);
	expect_text(&user, log.text, "-42", "-48 -42 ");
	keyboard_log_finish(&log);
	gadget_finish(&keyboard);
	user_finish(&user);
}

TEST("gpu_input@keys-of-a-keyboard-that-is-unplugged-are-released") {
	struct user user;
	struct gadget keyboard;
	struct keyboard_log log;
	user_init(&user);
	plug(&user, &keyboard, GADGET_KEYBOARD);
	keyboard_log_init(&log, &user.screen.client, user.screen.seat);
	expect_text(&user, log.text, "enter", "enter[] ");
	for (int i = 0; i < REPLUGS; i++) {
		gadget_press(&keyboard, KEY_A, true);
		expect_text(&user, log.text, "+30", "+30 ");
		gadget_finish(&keyboard);
		expect_text(&user, log.text, "-30", "-30 ");
		wait_for_seat(&user, WL_SEAT_CAPABILITY_KEYBOARD, false);
		keyboard_log_finish(&log);
		plug(&user, &keyboard, GADGET_KEYBOARD);
		keyboard_log_init(&log, &user.screen.client, user.screen.seat);
		expect_text(&user, log.text, "enter", "enter[] ");
	}
	keyboard_log_finish(&log);
	gadget_finish(&keyboard);
	user_finish(&user);
}

TEST("gpu_input@mouse-moves-clicks-and-scrolls") {
	struct user user;
	struct gadget mouse;
	user_init(&user);
	plug(&user, &mouse, GADGET_MOUSE);
	const struct wlr_cursor *cursor = user.server.compositor->cursor->wlr;
	expect_text(&user, user.text, "enter", "enter ");
	const double x = cursor->x, y = cursor->y;
	for (int i = 0; i < 10; i++) {
		gadget_set(&mouse, EV_REL, REL_X, 5);
		gadget_set(&mouse, EV_REL, REL_Y, -3);
		gadget_sync(&mouse);
	}
	while (cursor->x <= x || cursor->y >= y) {
		client_pump(&user.screen.client, 20);
	}
	gadget_press(&mouse, BTN_LEFT, true);
	wait_for_word(&user.screen.client, user.text, "+272 ");
	char last[32]; // libinput accelerates it, but less in y
	snprintf(last, sizeof(last), "move[%d,%d] +272 ", (int)cursor->x, (int)cursor->y);
	expect_contains(user.text, last);
	expect(cursor->x - x > y - cursor->y);
	user.text[0] = '\0';
	gadget_press(&mouse, BTN_LEFT, false);
	expect_text(&user, user.text, "-272", "-272 ");
	gadget_press(&mouse, BTN_RIGHT, true);
	gadget_press(&mouse, BTN_RIGHT, false);
	expect_text(&user, user.text, "-273", "+273 -273 ");
	gadget_set(&mouse, EV_REL, REL_WHEEL, -1);
	gadget_set(&mouse, EV_REL, REL_WHEEL_HI_RES, -120);
	gadget_sync(&mouse);
	expect_text(&user, user.text, "axis", "source[0] clicks[1] axis[0,15] ");
	gadget_finish(&mouse);
	user_finish(&user);
}

TEST("gpu_input@absolute-positions-are-exact") {
	struct user user;
	struct gadget pointer;
	user_init(&user);
	plug(&user, &pointer, GADGET_ABSOLUTE);
	expect_text(&user, user.text, "enter", "enter ");
	gadget_move(&pointer, (GADGET_EXTENT + 1) / 4, (GADGET_EXTENT + 1) / 2);
	gadget_press(&pointer, BTN_LEFT, true);
	gadget_press(&pointer, BTN_LEFT, false);
	expect_text(&user, user.text, "-272", "move[256,384] +272 -272 ");
	gadget_finish(&pointer);
	user_finish(&user);
}

// Moves the pointer there, in pixels of the output, and waits for the next frame.
static void point(struct user *user, struct gadget *pointer, int32_t x, int32_t y) {
	char word[32];
	snprintf(word, sizeof(word), "move[%d,%d] ", x, y);
	gadget_move(pointer, x * (GADGET_EXTENT + 1) / WIDTH, y * (GADGET_EXTENT + 1) / HEIGHT);
	wait_for_word(&user->screen.client, user->text, word);
	struct compositor *compositor = user->server.compositor;
	wlr_cursor_set_xcursor(compositor->cursor->wlr, compositor->cursor->theme, "default");
	window_commit(&user->window, user->picture.buffer);
	window_show(&user->window);
}

// The primary plane shows the window, and other pixels only where the cursor may be. Returns how many there are.
static size_t count_cursor_pixels(struct user *user, int32_t x, int32_t y) {
	struct image picture;
	struct scanout primary;
	image_init(&picture, WIDTH, HEIGHT);
	picture_draw(&user->picture, &picture, 0, 0);
	scanout_init(&primary, card, SCANOUT_PRIMARY);
	const size_t count = image_count_differences(&primary.image, &picture);
	for (int32_t i = y - CURSOR_MAX; i < y + CURSOR_MAX; i++) {
		memcpy(primary.image.pixels + i * WIDTH + x - CURSOR_MAX, picture.pixels + i * WIDTH + x - CURSOR_MAX,
				2 * CURSOR_MAX * sizeof(uint32_t));
	}
	expect_image(&primary.image, &picture);
	scanout_finish(&primary);
	image_finish(&picture);
	return count;
}

// vkms shows linear buffers only, and Mesa's software renderer does not say that its buffers are linear.
TEST("gpu_input@software-cursor-is-drawn-where-the-pointer-is-and-nowhere-else") {
	struct user user;
	struct gadget pointer;
	user_init(&user);
	plug(&user, &pointer, GADGET_ABSOLUTE);
	point(&user, &pointer, 256, 384);
	expect(count_cursor_pixels(&user, 256, 384) > CURSOR_PIXELS_MIN);
	point(&user, &pointer, 512, 192);
	expect(count_cursor_pixels(&user, 512, 192) > CURSOR_PIXELS_MIN);
	gadget_finish(&pointer);
	user_finish(&user);
}

TEST("gpu_input@cursor-of-pixman-is-on-the-cursor-plane-where-the-pointer-is") {
	struct user user;
	struct gadget pointer;
	struct scanout first, second;
	setenv("LIDO_TEST_RENDERER", "pixman", true);
	user_init(&user);
	scanout_init(&first, card, SCANOUT_CURSOR);
	expect(!first.is_shown);
	plug(&user, &pointer, GADGET_ABSOLUTE);
	point(&user, &pointer, 256, 384);
	expect_int(count_cursor_pixels(&user, 256, 384), ==, 0);
	scanout_init(&first, card, SCANOUT_CURSOR);
	expect(first.is_shown);
	expect(abs(first.x - 256) < CURSOR_MAX && abs(first.y - 384) < CURSOR_MAX);
	point(&user, &pointer, 512, 192);
	scanout_init(&second, card, SCANOUT_CURSOR);
	expect_int(second.x - first.x, ==, 256);
	expect_int(second.y - first.y, ==, -192);
	expect_image(&second.image, &first.image);
	scanout_finish(&second);
	scanout_finish(&first);
	gadget_finish(&pointer);
	user_finish(&user);
}

TEST("gpu_input@fingers-touch-move-and-lift") {
	struct user user;
	struct gadget screen;
	user_init(&user);
	plug(&user, &screen, GADGET_TOUCHSCREEN);
	gadget_touch(&screen, 0, (GADGET_EXTENT + 1) / 4, (GADGET_EXTENT + 1) / 4);
	gadget_touch(&screen, 1, (GADGET_EXTENT + 1) / 2, (GADGET_EXTENT + 1) / 2);
	expect_text(&user, user.text, "down1", "down0[256,192] down1[512,384] ");
	gadget_touch(&screen, 0, (GADGET_EXTENT + 1) / 8, (GADGET_EXTENT + 1) / 4);
	expect_text(&user, user.text, "move0", "move0[128,192] ");
	gadget_lift(&screen, 1);
	gadget_lift(&screen, 0);
	expect_text(&user, user.text, "up0", "up1 up0 ");
	gadget_finish(&screen);
	user_finish(&user);
}

TEST("gpu_input@touchscreen-unplugged-under-a-finger-returns") {
	struct user user;
	struct gadget screen;
	user_init(&user);
	for (int i = 0; i < REPLUGS; i++) {
		plug(&user, &screen, GADGET_TOUCHSCREEN);
		gadget_touch(&screen, 0, (GADGET_EXTENT + 1) / 4, (GADGET_EXTENT + 1) / 4);
		expect_text(&user, user.text, "down0", "down0[256,192] ");
		gadget_finish(&screen);
		expect_text(&user, user.text, "cancel", "cancel ");
		wait_for_seat(&user, WL_SEAT_CAPABILITY_TOUCH, false);
		wl_touch_release(user.touch);
		user.touch = NULL;
	}
	user_finish(&user);
}

// Moves the pen to a place in the painter's window, with its tip down if there is pressure.
static void put_pen(struct user *user, struct gadget *pen, int32_t x, int32_t y, int32_t pressure) {
	struct toplevel *toplevel = wl_container_of(user->server.compositor->toplevels->list.next, toplevel, link);
	const struct wlr_box box = toplevel_box(toplevel);
	gadget_set(pen, EV_KEY, BTN_TOOL_PEN, 1);
	gadget_set(pen, EV_KEY, BTN_TOUCH, pressure > 0);
	gadget_set(pen, EV_ABS, ABS_PRESSURE, pressure);
	gadget_move(pen, (box.x + x) * (GADGET_EXTENT + 1) / WIDTH, (box.y + y) * (GADGET_EXTENT + 1) / HEIGHT);
}

TEST("gpu_input@pen-comes-near-presses-leaves-and-is-unplugged") {
	struct user user;
	struct painter painter;
	struct gadget pen;
	user_init(&user);
	window_finish(&user.window); // the painter's window takes its place
	plug(&user, &pen, GADGET_PEN);
	painter_init(&painter, &user.server);
	struct client *client = &painter.screen.client;
	// libinput takes a pen that is silent at first for one that left.
	put_pen(&user, &pen, 4, 4, 0);
	gadget_press(&pen, BTN_TOOL_PEN, false);
	wait_for_word(client, painter.text, "removed ");
	painter.text[0] = '\0';
	put_pen(&user, &pen, 8, 8, 0);
	wait_for_word(client, painter.text, "move[8,8] ");
	expect(strncmp(painter.text, "in ", 3) == 0);
	put_pen(&user, &pen, 10, 8, GADGET_EXTENT / 2);
	wait_for_word(client, painter.text, "down ");
	expect_contains(painter.text, "pressure[");
	// libinput moves a pen to the mean of its last positions.
	for (int32_t i = 0; i < PEN_STEPS; i++) {
		put_pen(&user, &pen, 20, 17, GADGET_EXTENT / 2 + i * 64);
	}
	wait_for_word(client, painter.text, "move[20,17] ");
	gadget_press(&pen, BTN_STYLUS, true);
	gadget_press(&pen, BTN_STYLUS, false);
	wait_for_word(client, painter.text, "+button -button ");
	put_pen(&user, &pen, 20, 17, 0);
	wait_for_word(client, painter.text, "up ");
	gadget_press(&pen, BTN_TOOL_PEN, false);
	wait_for_word(client, painter.text, "out ");
	painter.text[0] = '\0';
	put_pen(&user, &pen, 8, 8, GADGET_EXTENT / 2);
	wait_for_word(client, painter.text, "down ");
	gadget_finish(&pen);
	wait_for_word(client, painter.text, "out ");
	wait_for_seat(&user, WL_SEAT_CAPABILITY_POINTER, false);
	painter_finish(&painter);
	window_init(&user.window, &user.screen, WINDOW_TOPLEVEL, 8, 8);
	user_finish(&user);
}

TEST("gpu_input@all-devices-may-go-and-return-at-once") {
	struct user user;
	struct gadget devices[GADGET_KINDS_LEN];
	user_init(&user);
	for (int i = 0; i < REPLUGS; i++) {
		for (int kind = 0; kind < GADGET_KINDS_LEN; kind++) {
			plug(&user, &devices[kind], (enum gadget_kind)kind);
		}
		gadget_press(&devices[GADGET_KEYBOARD], KEY_A, true);
		gadget_press(&devices[GADGET_MOUSE], BTN_LEFT, true);
		gadget_touch(&devices[GADGET_TOUCHSCREEN], 0, 100, 100);
		client_pump(&user.screen.client, i);
		for (int kind = 0; kind < GADGET_KINDS_LEN; kind++) {
			gadget_finish(&devices[kind]);
		}
		wait_for_seat(&user, ~0U, false);
	}
	user_finish(&user);
}
