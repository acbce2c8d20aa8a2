/*
 * Windows that inhibit the compositor's bindings (keyboard-shortcuts-inhibit), and the binding that overrules them.
 */
#include "file.h"
#include "keyboard-shortcuts-inhibit-unstable-v1-client-protocol.h"
#include "runner.h"
#include "stage.h"
#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xkbcommon/xkbcommon.h>

// Masks of the default keymap.
#define ALT 8
#define SUPER 64

struct desk {
	struct stage stage;
	struct window windows[2]; // the second is focused
	struct picture picture;
	struct zwp_virtual_keyboard_manager_v1 *keyboards;
	struct zwp_virtual_keyboard_v1 *virtual;
	struct wl_keyboard *keyboard;
	struct zwp_keyboard_shortcuts_inhibit_manager_v1 *manager;
	struct zwp_keyboard_shortcuts_inhibitor_v1 *inhibitor;
	struct wl_surface *focused;
	uint32_t key; // the last one pressed that a window received
	int active, inactive;
};

static void handle_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd, uint32_t size) {
	close(fd);
}

static void handle_enter(
		void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface, struct wl_array *keys) {
	((struct desk *)data)->focused = surface;
}

static void handle_leave(void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface) {
	((struct desk *)data)->focused = NULL;
}

static void handle_key(
		void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time, uint32_t key, uint32_t state) {
	if (state == WL_KEYBOARD_KEY_STATE_PRESSED) {
		((struct desk *)data)->key = key;
	}
}

static void handle_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t depressed,
		uint32_t latched, uint32_t locked, uint32_t group) {
}

static void handle_repeat_info(void *data, struct wl_keyboard *keyboard, int32_t rate, int32_t delay) {
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = handle_keymap,
	.enter = handle_enter,
	.leave = handle_leave,
	.key = handle_key,
	.modifiers = handle_modifiers,
	.repeat_info = handle_repeat_info,
};

static void handle_active(void *data, struct zwp_keyboard_shortcuts_inhibitor_v1 *inhibitor) {
	((struct desk *)data)->active++;
}

static void handle_inactive(void *data, struct zwp_keyboard_shortcuts_inhibitor_v1 *inhibitor) {
	((struct desk *)data)->inactive++;
}

static const struct zwp_keyboard_shortcuts_inhibitor_v1_listener inhibitor_listener = {
	.active = handle_active,
	.inactive = handle_inactive,
};

static void send_keymap(struct desk *desk) {
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	struct xkb_keymap *keymap = xkb_keymap_new_from_names(context, NULL, XKB_KEYMAP_COMPILE_NO_FLAGS);
	char *text = xkb_keymap_get_as_string(keymap, XKB_KEYMAP_FORMAT_TEXT_V1);
	uint32_t size = (uint32_t)strlen(text) + 1;
	int fd = file_create(FILE_SEALED, size);
	file_write(fd, 0, text, size);
	zwp_virtual_keyboard_v1_keymap(desk->virtual, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fd, size);
	client_roundtrip(&desk->stage.screen.client);
	close(fd);
	free(text);
	xkb_keymap_unref(keymap);
	xkb_context_unref(context);
}

static void desk_init(struct desk *desk) {
	*desk = (struct desk){0};
	stage_init(&desk->stage, 64, 64);
	struct screen *screen = &desk->stage.screen;
	desk->keyboards = client_bind(&screen->client, &zwp_virtual_keyboard_manager_v1_interface, 1);
	desk->virtual = zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(desk->keyboards, screen->seat);
	send_keymap(desk);
	desk->keyboard = wl_seat_get_keyboard(screen->seat);
	wl_keyboard_add_listener(desk->keyboard, &keyboard_listener, desk);
	desk->manager = client_bind(&screen->client, &zwp_keyboard_shortcuts_inhibit_manager_v1_interface, 1);
	picture_init(&desk->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 16, 16, 64);
	for (int i = 0; i < 2; i++) {
		window_init(&desk->windows[i], screen, WINDOW_TOPLEVEL, 16, 16);
		window_commit(&desk->windows[i], desk->picture.buffer);
	}
	expect(desk->focused == desk->windows[1].surface);
}

static void desk_finish(struct desk *desk) {
	zwp_keyboard_shortcuts_inhibit_manager_v1_destroy(desk->manager);
	picture_finish(&desk->picture);
	window_finish(&desk->windows[0]);
	window_finish(&desk->windows[1]);
	wl_keyboard_destroy(desk->keyboard);
	zwp_virtual_keyboard_v1_destroy(desk->virtual);
	zwp_virtual_keyboard_manager_v1_destroy(desk->keyboards);
	stage_finish(&desk->stage);
}

static void inhibit(struct desk *desk, int window) {
	desk->inhibitor = zwp_keyboard_shortcuts_inhibit_manager_v1_inhibit_shortcuts(
			desk->manager, desk->windows[window].surface, desk->stage.screen.seat);
	zwp_keyboard_shortcuts_inhibitor_v1_add_listener(desk->inhibitor, &inhibitor_listener, desk);
	client_roundtrip(&desk->stage.screen.client);
}

static void allow(struct desk *desk) {
	zwp_keyboard_shortcuts_inhibitor_v1_destroy(desk->inhibitor);
	client_roundtrip(&desk->stage.screen.client);
}

// Presses and releases a key while the modifiers are held. Returns whether a window received it.
static bool type_held(struct desk *desk, uint32_t modifiers, uint32_t key) {
	desk->key = 0;
	zwp_virtual_keyboard_v1_modifiers(desk->virtual, modifiers, 0, 0, 0);
	zwp_virtual_keyboard_v1_key(desk->virtual, 1, key, WL_KEYBOARD_KEY_STATE_PRESSED);
	zwp_virtual_keyboard_v1_key(desk->virtual, 2, key, WL_KEYBOARD_KEY_STATE_RELEASED);
	client_roundtrip(&desk->stage.screen.client);
	expect(desk->key == 0 || desk->key == key);
	return desk->key == key;
}

// The same, and releases the modifiers.
static bool type(struct desk *desk, uint32_t modifiers, uint32_t key) {
	bool received = type_held(desk, modifiers, key);
	zwp_virtual_keyboard_v1_modifiers(desk->virtual, 0, 0, 0, 0);
	client_roundtrip(&desk->stage.screen.client);
	return received;
}

TEST("shortcuts@of-the-window-that-inhibits-them-are-sent-to-it") {
	struct desk desk;
	desk_init(&desk);
	expect(!type(&desk, ALT, KEY_F4));
	expect(type(&desk, SUPER, KEY_ESC)); // no binding without an inhibitor
	inhibit(&desk, 1);
	expect_int(desk.active, ==, 1);
	expect(type(&desk, ALT, KEY_F4));
	expect(type(&desk, ALT, KEY_TAB));
	expect(type(&desk, ALT, KEY_ESC)); // the compositor goes on
	expect(desk.focused == desk.windows[1].surface);
	allow(&desk);
	expect(!type(&desk, ALT, KEY_F4));
	expect(!type(&desk, ALT, KEY_TAB));
	expect(desk.focused == desk.windows[0].surface);
	expect_int(desk.inactive, ==, 0);
	desk_finish(&desk);
}

TEST("shortcuts@are-not-inhibited-by-a-window-without-the-focus") {
	struct desk desk;
	desk_init(&desk);
	inhibit(&desk, 0);
	expect(!type(&desk, ALT, KEY_F4));
	// Alt+Tab shows that window, and goes on to the next while Alt is held.
	expect(!type_held(&desk, ALT, KEY_TAB));
	expect(desk.focused == desk.windows[0].surface);
	expect(!type(&desk, ALT, KEY_TAB));
	expect(desk.focused == desk.windows[1].surface);
	expect(!type(&desk, ALT, KEY_TAB));
	expect(desk.focused == desk.windows[0].surface);
	expect(type(&desk, ALT, KEY_TAB));
	allow(&desk);
	desk_finish(&desk);
}

TEST("shortcuts@super-escape-turns-bindings-on-whatever-the-client-does-then") {
	struct desk desk;
	desk_init(&desk);
	inhibit(&desk, 1);
	expect(!type(&desk, SUPER, KEY_ESC));
	expect_int(desk.inactive, ==, 1);
	expect(!type(&desk, ALT, KEY_F4));
	allow(&desk);
	inhibit(&desk, 1);
	expect_int(desk.active, ==, 1);
	expect(!type(&desk, ALT, KEY_F4));
	expect(!type(&desk, SUPER, KEY_ESC));
	expect_int(desk.active, ==, 2);
	expect(type(&desk, ALT, KEY_F4));
	// The surface ends before its inhibitor.
	window_finish(&desk.windows[1]);
	client_roundtrip(&desk.stage.screen.client);
	expect_int(desk.inactive, ==, 2);
	expect(!type(&desk, ALT, KEY_F4));
	allow(&desk);
	window_init(&desk.windows[1], &desk.stage.screen, WINDOW_TOPLEVEL, 16, 16);
	desk_finish(&desk);
}
