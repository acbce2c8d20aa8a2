/*
 * Virtual keyboards: the keymap is a client's file, which the client may truncate while the compositor reads it.
 */
#include "file.h"
#include "runner.h"
#include "stage.h"
#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include <fcntl.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xkbcommon/xkbcommon.h>

struct typing {
	struct server server;
	struct client client, other;
	struct zwp_virtual_keyboard_manager_v1 *manager;
	struct zwp_virtual_keyboard_v1 *keyboard;
};

static void typing_init(struct typing *typing) {
	server_init_compositor(&typing->server, 64, 64, NULL);
	client_init(&typing->client, &typing->server);
	client_init(&typing->other, &typing->server);
	struct wl_seat *seat = client_bind(&typing->client, &wl_seat_interface, 1);
	typing->manager = client_bind(&typing->client, &zwp_virtual_keyboard_manager_v1_interface, 1);
	typing->keyboard = zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(typing->manager, seat);
	client_roundtrip(&typing->client);
	wl_seat_destroy(seat);
}

static void typing_finish(struct typing *typing) {
	expect_alive(&typing->other);
	zwp_virtual_keyboard_v1_destroy(typing->keyboard);
	zwp_virtual_keyboard_manager_v1_destroy(typing->manager);
	client_finish(&typing->client);
	client_finish(&typing->other);
	server_finish(&typing->server);
}

// Creates a file with the default keymap. *size includes the terminating zero.
static int create_keymap(enum file_kind kind, uint32_t *size) {
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	struct xkb_keymap *keymap = xkb_keymap_new_from_names(context, NULL, XKB_KEYMAP_COMPILE_NO_FLAGS);
	expect(keymap != NULL);
	char *text = xkb_keymap_get_as_string(keymap, XKB_KEYMAP_FORMAT_TEXT_V1);
	*size = (uint32_t)strlen(text) + 1;
	int fd = file_create(kind, *size);
	file_write(fd, 0, text, *size);
	free(text);
	xkb_keymap_unref(keymap);
	xkb_context_unref(context);
	return fd;
}

// Sends the file as keymap, and closes it.
static void send_keymap(struct typing *typing, int fd, uint32_t size) {
	zwp_virtual_keyboard_v1_keymap(typing->keyboard, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fd, size);
	wl_display_flush(typing->client.display);
	close(fd);
}

static void expect_refused(struct typing *typing, const char *text) {
	client_expect_error_at(__FILE__, __LINE__, &typing->client, (struct wl_proxy *)typing->client.display,
			WL_DISPLAY_ERROR_IMPLEMENTATION, text);
}

TEST("virtual_keyboard@types-with-a-keymap-of-any-kind-of-file") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct typing typing;
		uint32_t size;
		typing_init(&typing);
		int fd = create_keymap((enum file_kind)kind, &size);
		send_keymap(&typing, fd, size);
		zwp_virtual_keyboard_v1_key(typing.keyboard, 1, KEY_A, WL_KEYBOARD_KEY_STATE_PRESSED);
		zwp_virtual_keyboard_v1_modifiers(typing.keyboard, 1, 0, 0, 0);
		zwp_virtual_keyboard_v1_key(typing.keyboard, 2, KEY_A, WL_KEYBOARD_KEY_STATE_RELEASED);
		expect_alive(&typing.client);
		typing_finish(&typing);
	}
}

TEST("virtual_keyboard@keymap-shorter-than-declared-disconnects-only-that-client") {
	struct typing typing;
	uint32_t size;
	typing_init(&typing);
	int fd = create_keymap(FILE_SEALABLE, &size);
	file_set_size(fd, 10);
	send_keymap(&typing, fd, size);
	expect_refused(&typing, "10 bytes");
	typing_finish(&typing);
}

TEST("virtual_keyboard@empty-file-disconnects-only-that-client") {
	struct typing typing;
	typing_init(&typing);
	send_keymap(&typing, file_create(FILE_UNSEALABLE, 0), 100000);
	expect_refused(&typing, "0 bytes");
	typing_finish(&typing);
}

TEST("virtual_keyboard@huge-keymap-disconnects-only-that-client") {
	struct typing typing;
	typing_init(&typing);
	send_keymap(&typing, file_create(FILE_SEALABLE, INT64_C(1) << 32), UINT32_MAX);
	expect_refused(&typing, "4294967295");
	typing_finish(&typing);
}

TEST("virtual_keyboard@pipe-as-keymap-disconnects-only-that-client") {
	struct typing typing;
	int fds[2];
	typing_init(&typing);
	expect(pipe2(fds, O_CLOEXEC) == 0);
	send_keymap(&typing, fds[0], 100);
	expect_refused(&typing, "not a regular file");
	close(fds[1]);
	typing_finish(&typing);
}

TEST("virtual_keyboard@invalid-keymap-disconnects-only-that-client") {
	struct typing typing;
	typing_init(&typing);
	int fd = file_create(FILE_SEALED, 4096);
	file_fill(fd, 0, 4096, 7);
	send_keymap(&typing, fd, 4096);
	expect_refused(&typing, "keymap");
	typing_finish(&typing);
}

TEST("virtual_keyboard@key-without-a-keymap-is-no_keymap") {
	struct typing typing;
	typing_init(&typing);
	zwp_virtual_keyboard_v1_key(typing.keyboard, 1, KEY_A, WL_KEYBOARD_KEY_STATE_PRESSED);
	expect_protocol_error(&typing.client, typing.keyboard, ZWP_VIRTUAL_KEYBOARD_V1_ERROR_NO_KEYMAP, "keymap");
	typing_finish(&typing);
}

TEST("virtual_keyboard@modifiers-without-a-keymap-is-no_keymap") {
	struct typing typing;
	typing_init(&typing);
	zwp_virtual_keyboard_v1_modifiers(typing.keyboard, 1, 0, 0, 0);
	expect_protocol_error(&typing.client, typing.keyboard, ZWP_VIRTUAL_KEYBOARD_V1_ERROR_NO_KEYMAP, "keymap");
	typing_finish(&typing);
}
