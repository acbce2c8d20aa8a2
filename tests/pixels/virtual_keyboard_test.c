/*
 * Virtual keyboards: the keymap is a client's file, which the client may truncate while the compositor reads it.
 */
#include "file.h"
#include "runner.h"
#include "stage.h"
#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include <compositor/keyboard.h>
#include <compositor/seat.h>
#include <compositor/server.h>
#include <compositor/virtual_keyboard.h>
#include <fcntl.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_seat.h>
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

// The default keymap, followed by spaces up to this size.
static int create_padded_keymap(uint32_t size, char last) {
	uint32_t text_size;
	int fd = create_keymap(FILE_SEALABLE, &text_size);
	expect_int(text_size, <, size);
	file_set_size(fd, size);
	char *spaces = malloc(size - text_size + 1);
	memset(spaces, ' ', size - text_size + 1);
	spaces[size - text_size] = last;
	file_write(fd, text_size - 1, spaces, size - text_size + 1);
	free(spaces);
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

static void send_text(struct typing *typing, const char *text) {
	uint32_t size = (uint32_t)strlen(text) + 1;
	int fd = file_create(FILE_SEALABLE, size);
	file_write(fd, 0, text, size);
	send_keymap(typing, fd, size);
}

// The keymap of wtype and many other tools.
static const char including_text[] =
		"xkb_keymap { xkb_keycodes \"(unnamed)\" { minimum = 8; maximum = 11; <K1> = 9; <K2> = 10; };"
		"xkb_types \"(unnamed)\" { include \"complete\" };"
		"xkb_compatibility \"(unnamed)\" { include \"complete\" };"
		"xkb_symbols \"(unnamed)\" { key <K1> {[a]}; key <K2> {[BackSpace]}; }; };";

TEST("virtual_keyboard@keymap-that-includes-files-of-the-system-types") {
	static const char names[] =
			"xkb_keymap { xkb_keycodes { include \"evdev+aliases(qwerty)\" }; xkb_types { include \"complete\" };"
			"xkb_compat { include \"complete\" }; xkb_symbols { include \"pc+us+de:2+inet(evdev)\" };"
			"xkb_geometry { include \"pc(pc105)\" }; };";
	struct typing typing;
	typing_init(&typing);
	send_text(&typing, including_text);
	zwp_virtual_keyboard_v1_key(typing.keyboard, 1, 1, WL_KEYBOARD_KEY_STATE_PRESSED);
	expect_alive(&typing.client);
	struct xkb_state *state = wlr_seat_get_keyboard(typing.server.compositor->seat->wlr)->xkb_state;
	expect_int(xkb_state_key_get_one_sym(state, 9), ==, XKB_KEY_a);
	expect_int(xkb_state_key_get_one_sym(state, 10), ==, XKB_KEY_BackSpace);
	zwp_virtual_keyboard_v1_key(typing.keyboard, 1, 1, WL_KEYBOARD_KEY_STATE_RELEASED);
	send_text(&typing, names);
	expect_alive(&typing.client);
	struct xkb_keymap *keymap = wlr_seat_get_keyboard(typing.server.compositor->seat->wlr)->keymap;
	expect_int(xkb_keymap_num_layouts(keymap), ==, 2);
	typing_finish(&typing);
}

// No FIFO is opened, which would stop the compositor.
TEST("virtual_keyboard@keymap-that-includes-a-file-from-elsewhere-disconnects-only-that-client") {
	struct typing typing;
	char fifo[] = "/tmp/lido-keymap-XXXXXX", text[300];
	expect(mkdtemp(fifo) != NULL);
	expect(rmdir(fifo) == 0 && mkfifo(fifo, 0600) == 0);
	typing_init(&typing);
	snprintf(text, sizeof(text), "xkb_keymap { xkb_keycodes { include \"../../../../../../..%s\" }; };", fifo);
	send_text(&typing, text);
	expect_refused(&typing, "only files of the system's xkb folder may be included");
	typing_finish(&typing);
	unlink(fifo);
}

TEST("virtual_keyboard@keymap-that-includes-no-file-of-that-name-is-told-so") {
	struct typing typing;
	typing_init(&typing);
	send_text(&typing, "xkb_keymap { xkb_keycodes { include \"no-such-file\" }; };");
	expect_refused(&typing, "keymap does not compile; it includes other files, which must be in /");
	typing_finish(&typing);
}

TEST("virtual_keyboard@user-s-own-xkb-folder-is-not-read") {
	struct typing typing;
	char home[] = "/tmp/lido-keymap-XXXXXX", path[100];
	expect(mkdtemp(home) != NULL);
	snprintf(path, sizeof(path), "%s/keycodes", home);
	expect(mkdir(path, 0700) == 0);
	snprintf(path, sizeof(path), "%s/keycodes/mine", home);
	FILE *file = fopen(path, "w");
	expect(file != NULL && fputs("default xkb_keycodes \"mine\" { <a> = 9; };", file) > 0 && fclose(file) == 0);
	expect(setenv("XKB_CONFIG_ROOT", home, 1) == 0 && setenv("XKB_CONFIG_EXTRA_PATH", home, 1) == 0);
	typing_init(&typing);
	send_text(&typing, "xkb_keymap { xkb_keycodes { include \"mine\" }; xkb_types { include \"complete\" };"
					   "xkb_compat { include \"complete\" }; xkb_symbols { key <a> {[a]}; }; };");
	expect_refused(&typing, "keymap does not compile; it includes other files");
	typing_finish(&typing);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	rmdir(home);
}

// Each is compiled anew, since none is the same as the last.
TEST("virtual_keyboard@keymaps-that-include-files-without-end-end-the-client") {
	struct typing typing;
	typing_init(&typing);
	int count = 0;
	bool alive = true;
	for (; alive && count < 100; count++) {
		char text[sizeof(including_text) + 100];
		snprintf(text, sizeof(text), "%s%*s", including_text, count, "");
		send_text(&typing, text);
		alive = client_try_roundtrip(&typing.client);
	}
	expect_int(count, >, 4);
	expect_int(count, <, 12);
	expect_contains(typing.client.error, "bytes of keymaps in a second");
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

TEST("virtual_keyboard@keymap-of-the-largest-size-is-accepted-and-no-larger-one") {
	struct typing typing;
	typing_init(&typing);
	send_keymap(&typing, create_padded_keymap(VIRTUAL_KEYBOARD_KEYMAP_SIZE_MAX, ' '), VIRTUAL_KEYBOARD_KEYMAP_SIZE_MAX);
	expect_alive(&typing.client);
	send_keymap(&typing, create_padded_keymap(VIRTUAL_KEYBOARD_KEYMAP_SIZE_MAX + 1, ' '),
			VIRTUAL_KEYBOARD_KEYMAP_SIZE_MAX + 1);
	expect_refused(&typing, "keymap of 131073 bytes: the size must be 1 to 131072");
	typing_finish(&typing);
}

TEST("virtual_keyboard@keymaps-without-end-end-the-client") {
	struct typing typing;
	typing_init(&typing);
	int count = 0;
	bool alive = true;
	// By turns, so that none is the same as the last.
	for (; alive && count < 100; count++) {
		uint32_t size = VIRTUAL_KEYBOARD_KEYMAP_SIZE_MAX - (uint32_t)(count % 2);
		send_keymap(&typing, create_padded_keymap(size, ' '), size);
		alive = client_try_roundtrip(&typing.client);
	}
	expect_int(count, >, 4);
	expect_int(count, <, 100);
	expect_contains(typing.client.error, "bytes of keymaps in a second");
	typing_finish(&typing);
}

TEST("virtual_keyboard@unchanged-keymap-is-not-compiled-again") {
	struct typing typing;
	typing_init(&typing);
	for (int i = 0; i < 100; i++) {
		send_keymap(
				&typing, create_padded_keymap(VIRTUAL_KEYBOARD_KEYMAP_SIZE_MAX, ' '), VIRTUAL_KEYBOARD_KEYMAP_SIZE_MAX);
		expect_alive(&typing.client);
	}
	typing_finish(&typing);
}

static int count_fds(void) {
	int count = 0;
	for (int fd = 0; fd < 1024; fd++) {
		count += fcntl(fd, F_GETFD) != -1;
	}
	return count;
}

TEST("virtual_keyboard@without-a-keymap-has-no-fd") {
	struct typing typing;
	struct zwp_virtual_keyboard_v1 *more[10];
	typing_init(&typing);
	struct wl_seat *seat = client_bind(&typing.client, &wl_seat_interface, 1);
	int before = count_fds();
	for (int i = 0; i < 10; i++) {
		more[i] = zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(typing.manager, seat);
	}
	client_roundtrip(&typing.client);
	expect_int(count_fds(), ==, before);
	for (int i = 0; i < 10; i++) {
		zwp_virtual_keyboard_v1_destroy(more[i]);
	}
	wl_seat_destroy(seat);
	typing_finish(&typing);
}

// What a client's wl_keyboard has received.
struct heard {
	int keymaps, presses, releases;
	uint32_t size; // of the last keymap
};

static void handle_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd, uint32_t size) {
	struct heard *heard = data;
	heard->keymaps++;
	heard->size = size;
	close(fd);
}

static void handle_enter(
		void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface, struct wl_array *keys) {
}

static void handle_leave(void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface) {
}

static void handle_key(
		void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time, uint32_t key, uint32_t state) {
	struct heard *heard = data;
	if (state == WL_KEYBOARD_KEY_STATE_PRESSED) {
		heard->presses++;
	} else {
		heard->releases++;
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

// A client with a focused window and a wl_keyboard.
struct hearer {
	struct screen screen;
	struct window window;
	struct picture picture;
	struct wl_keyboard *keyboard;
	struct heard heard;
};

static void hearer_init(struct hearer *hearer, struct server *server) {
	*hearer = (struct hearer){0};
	screen_init(&hearer->screen, server);
	hearer->keyboard = wl_seat_get_keyboard(hearer->screen.seat);
	wl_keyboard_add_listener(hearer->keyboard, &keyboard_listener, &hearer->heard);
	window_init(&hearer->window, &hearer->screen, WINDOW_TOPLEVEL, 16, 16);
	picture_init(&hearer->picture, &hearer->screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 16, 16, 64);
	window_commit(&hearer->window, hearer->picture.buffer);
}

static void hearer_finish(struct hearer *hearer) {
	wl_keyboard_release(hearer->keyboard);
	picture_finish(&hearer->picture);
	window_finish(&hearer->window);
	screen_finish(&hearer->screen);
}

// Types on these keyboards by turns, each key once.
static void type_by_turns(
		struct typing *typing, struct screen *screen, struct zwp_virtual_keyboard_v1 *const keyboards[2], int count) {
	for (int i = 0; i < count; i++) {
		zwp_virtual_keyboard_v1_key(keyboards[i % 2], 1, KEY_A, WL_KEYBOARD_KEY_STATE_PRESSED);
		zwp_virtual_keyboard_v1_key(keyboards[i % 2], 1, KEY_A, WL_KEYBOARD_KEY_STATE_RELEASED);
		client_roundtrip(&typing->client);
		client_roundtrip(&screen->client);
	}
}

TEST("virtual_keyboard@two-that-type-by-turns-send-a-limited-number-of-keymaps") {
	struct typing typing;
	struct hearer hearer;
	uint32_t size;
	typing_init(&typing);
	hearer_init(&hearer, &typing.server);
	struct wl_seat *seat = client_bind(&typing.client, &wl_seat_interface, 1);
	struct zwp_virtual_keyboard_v1 *first = typing.keyboard,
								   *second = zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(
										   typing.manager, seat);
	int fd = create_keymap(FILE_SEALABLE, &size);
	send_keymap(&typing, fd, size);
	typing.keyboard = second;
	send_keymap(&typing, create_padded_keymap(100 * 1024, ' '), 100 * 1024);
	typing.keyboard = first;
	expect_int(hearer.heard.keymaps, ==, 1);
	type_by_turns(&typing, &hearer.screen, (struct zwp_virtual_keyboard_v1 *const[]){first, first}, 200);
	expect_int(hearer.heard.presses, ==, 200);
	expect_int(hearer.heard.keymaps, ==, 2);
	type_by_turns(&typing, &hearer.screen, (struct zwp_virtual_keyboard_v1 *const[]){first, second}, 20);
	expect_int(hearer.heard.presses, ==, 220);
	expect_int(hearer.heard.keymaps, ==, 21);
	type_by_turns(&typing, &hearer.screen, (struct zwp_virtual_keyboard_v1 *const[]){first, second}, 1000);
	expect_int(hearer.heard.keymaps, >=, KEYBOARD_CHANGES_MAX);
	expect_int(hearer.heard.keymaps, <=, 3 * KEYBOARD_CHANGES_MAX);
	expect_int(hearer.heard.presses, <, 1000);
	expect_int(hearer.heard.releases, >=, hearer.heard.presses);
	zwp_virtual_keyboard_v1_destroy(second);
	wl_seat_destroy(seat);
	hearer_finish(&hearer);
	typing_finish(&typing);
}

#define LISTENERS 40

static int create_small_keymap(uint32_t *size) {
	static const char text[] =
			"xkb_keymap{xkb_keycodes \"\"{<a>=38;};xkb_types \"\"{type \"ONE_LEVEL\"{modifiers=none;};};"
			"xkb_compatibility \"\"{};xkb_symbols \"\"{key<a>{[a]};};};";
	int fd = file_create(FILE_SEALABLE, sizeof(text));
	file_write(fd, 0, text, sizeof(text));
	*size = sizeof(text);
	return fd;
}

TEST("keymaps@client-that-does-not-read-receives-few-of-them-and-the-last-one-once-it-reads") {
	struct typing typing;
	struct client listener;
	struct heard heard[LISTENERS] = {0};
	uint32_t size;
	typing_init(&typing);
	client_init(&listener, &typing.server);
	struct wl_seat *seat = client_bind(&listener, &wl_seat_interface, 5),
				   *typing_seat = client_bind(&typing.client, &wl_seat_interface, 1);
	struct zwp_virtual_keyboard_v1 *keyboards[2] = {
		typing.keyboard, zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(typing.manager, typing_seat)};
	int fd = create_keymap(FILE_SEALABLE, &size);
	send_keymap(&typing, fd, size);
	fd = create_small_keymap(&size);
	typing.keyboard = keyboards[1];
	send_keymap(&typing, fd, size);
	typing.keyboard = keyboards[0];
	struct wl_keyboard *wl_keyboards[LISTENERS];
	for (int i = 0; i < LISTENERS; i++) {
		wl_keyboards[i] = wl_seat_get_keyboard(seat);
		wl_keyboard_add_listener(wl_keyboards[i], &keyboard_listener, &heard[i]);
	}
	client_roundtrip(&listener);
	size = heard[0].size;
	for (int i = 0; i < LISTENERS; i++) {
		heard[i].keymaps = 0; // wlroots sends one to all of a client's keyboards for each new one
	}
	for (int i = 0; i < 20; i++) {
		zwp_virtual_keyboard_v1_key(keyboards[i % 2], 1, KEY_A, WL_KEYBOARD_KEY_STATE_PRESSED);
		zwp_virtual_keyboard_v1_key(keyboards[i % 2], 1, KEY_A, WL_KEYBOARD_KEY_STATE_RELEASED);
		client_roundtrip(&typing.client);
	}
	while (heard[LISTENERS - 1].size == size) {
		client_roundtrip(&listener);
	}
	for (int i = 0; i < LISTENERS; i++) {
		expect_int(heard[i].size, !=, size);
		expect_int(heard[i].keymaps, <=, 3);
		wl_keyboard_release(wl_keyboards[i]);
	}
	zwp_virtual_keyboard_v1_destroy(keyboards[1]);
	wl_seat_destroy(typing_seat);
	wl_seat_destroy(seat);
	client_finish(&listener);
	typing_finish(&typing);
}

TEST("virtual_keyboard@keys-without-end-are-sent-at-a-limited-rate") {
	struct typing typing;
	struct hearer hearer;
	uint32_t size;
	typing_init(&typing);
	hearer_init(&hearer, &typing.server);
	int fd = create_keymap(FILE_SEALABLE, &size);
	send_keymap(&typing, fd, size);
	for (int i = 0; i < 4 * SEAT_VIRTUAL_EVENTS_MAX; i++) {
		zwp_virtual_keyboard_v1_key(typing.keyboard, 1, KEY_A, WL_KEYBOARD_KEY_STATE_PRESSED);
		zwp_virtual_keyboard_v1_key(typing.keyboard, 1, KEY_A, WL_KEYBOARD_KEY_STATE_RELEASED);
		if (i % 256 == 255) {
			client_roundtrip(&typing.client);
			client_roundtrip(&hearer.screen.client);
		}
	}
	expect_int(hearer.heard.presses, >=, SEAT_VIRTUAL_EVENTS_MAX / 2);
	expect_int(hearer.heard.presses, <, 2 * SEAT_VIRTUAL_EVENTS_MAX);
	expect_int(hearer.heard.releases, >=, hearer.heard.presses);
	// Later, keys are sent again.
	typing.server.compositor->seat->virtual_events.time -= 4000;
	int presses = hearer.heard.presses;
	type_by_turns(
			&typing, &hearer.screen, (struct zwp_virtual_keyboard_v1 *const[]){typing.keyboard, typing.keyboard}, 100);
	expect_int(hearer.heard.presses, ==, presses + 100);
	hearer_finish(&hearer);
	typing_finish(&typing);
}
