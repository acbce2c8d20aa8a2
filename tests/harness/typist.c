#include "typist.h"

#include "expect.h"
#include "file.h"
#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xkbcommon/xkbcommon.h>

static void send_keymap(struct typist *typist) {
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	struct xkb_keymap *keymap = xkb_keymap_new_from_names(context, NULL, XKB_KEYMAP_COMPILE_NO_FLAGS);
	expect(keymap != NULL);
	char *text = xkb_keymap_get_as_string(keymap, XKB_KEYMAP_FORMAT_TEXT_V1);
	size_t size = strlen(text) + 1;
	int fd = file_create(FILE_SEALABLE, (int64_t)size);
	file_write(fd, 0, text, size);
	zwp_virtual_keyboard_v1_keymap(typist->device, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fd, (uint32_t)size);
	wl_display_flush(typist->client.display);
	close(fd);
	free(text);
	xkb_keymap_unref(keymap);
	xkb_context_unref(context);
}

void typist_init(struct typist *typist, struct server *server) {
	*typist = (struct typist){0};
	client_init(&typist->client, server);
	typist->seat = client_bind(&typist->client, &wl_seat_interface, 1);
	typist->manager = client_bind(&typist->client, &zwp_virtual_keyboard_manager_v1_interface, 1);
	typist->device = zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(typist->manager, typist->seat);
	send_keymap(typist);
	client_roundtrip(&typist->client);
}

void typist_finish(struct typist *typist) {
	client_finish(&typist->client);
}

void typist_key(struct typist *typist, uint32_t key, bool down) {
	zwp_virtual_keyboard_v1_key(
			typist->device, ++typist->time, key, down ? WL_KEYBOARD_KEY_STATE_PRESSED : WL_KEYBOARD_KEY_STATE_RELEASED);
	client_roundtrip(&typist->client);
}

void typist_modifiers(struct typist *typist, uint32_t modifiers) {
	zwp_virtual_keyboard_v1_modifiers(typist->device, modifiers, 0, 0, 0);
	client_roundtrip(&typist->client);
}

static void add(struct keyboard_log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct keyboard_log *log, const char *format, ...) {
	size_t len = strlen(log->text);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(log->text + len, sizeof(log->text) - len, format, arguments);
	va_end(arguments);
}

static void handle_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int fd, uint32_t size) {
	close(fd);
}

static void handle_enter(
		void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface, struct wl_array *keys) {
	struct keyboard_log *log = data;
	const char *space = "";
	const uint32_t *key;
	add(log, "enter[");
	wl_array_for_each(key, keys) {
		add(log, "%s%u", space, *key);
		space = " ";
	}
	add(log, "] ");
}

static void handle_leave(void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface) {
	add(data, "leave ");
}

static void handle_key(
		void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time, uint32_t key, uint32_t state) {
	add(data, "%c%u ", state == WL_KEYBOARD_KEY_STATE_PRESSED ? '+' : '-', key);
}

static void handle_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t depressed,
		uint32_t latched, uint32_t locked, uint32_t group) {
	((struct keyboard_log *)data)->modifiers = depressed;
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

void keyboard_log_init(struct keyboard_log *log, struct client *client, struct wl_seat *seat) {
	*log = (struct keyboard_log){.client = client, .keyboard = wl_seat_get_keyboard(seat)};
	wl_keyboard_add_listener(log->keyboard, &keyboard_listener, log);
}

void keyboard_log_finish(struct keyboard_log *log) {
	wl_keyboard_release(log->keyboard);
}

void keyboard_log_settle(struct keyboard_log *log) {
	client_roundtrip(log->client);
	client_roundtrip(log->client);
}

void keyboard_log_expect_at(const char *file, int line, struct keyboard_log *log, const char *wanted) {
	keyboard_log_settle(log);
	expect_string_at(file, line, log->text, wanted);
	log->text[0] = '\0';
}
