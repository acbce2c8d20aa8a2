/*
 * The keys that are logically down, as a client is told: a key that is withheld from clients is never among them, and
 * each key that a client saw pressed is released, or gone by wl_keyboard.leave.
 */
#include "input-method-unstable-v2-client-protocol.h"
#include "keyboard-shortcuts-inhibit-unstable-v1-client-protocol.h"
#include "mouse.h"
#include "runner.h"
#include "stage.h"
#include "typist.h"
#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"
#include <compositor/bindings.h>
#include <compositor/keyboard.h>
#include <compositor/seat.h>
#include <compositor/server.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wlr/types/wlr_seat.h>

#define SIZE 64

// The modifier of KEY_LEFTMETA in the default keymap.
#define SUPER 64

// Two windows of one client. The second one has the focus.
struct desk {
	struct stage stage;
	struct typist typist;
	struct picture picture;
	struct window windows[2];
	struct keyboard_log log;
};

static void desk_init(struct desk *desk) {
	*desk = (struct desk){0};
	stage_init(&desk->stage, SIZE, SIZE);
	struct screen *screen = &desk->stage.screen;
	typist_init(&desk->typist, &desk->stage.server);
	keyboard_log_init(&desk->log, &screen->client, screen->seat);
	picture_init(&desk->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 16, 16, 64);
	for (int i = 0; i < 2; i++) {
		window_init(&desk->windows[i], screen, WINDOW_TOPLEVEL, 16, 16);
		window_commit(&desk->windows[i], desk->picture.buffer);
	}
	keyboard_log_expect(&desk->log, "enter[] leave enter[] ");
}

static void desk_finish(struct desk *desk) {
	keyboard_log_finish(&desk->log);
	window_finish(&desk->windows[1]);
	window_finish(&desk->windows[0]);
	picture_finish(&desk->picture);
	typist_finish(&desk->typist);
	stage_finish(&desk->stage);
}

static void press_alt(struct desk *desk, bool down) {
	typist_key(&desk->typist, KEY_LEFTALT, down);
	typist_modifiers(&desk->typist, down ? TYPIST_ALT : 0);
}

TEST("keys@tab-of-a-binding-is-not-listed-to-the-window-it-chooses") {
	struct desk desk;
	desk_init(&desk);
	press_alt(&desk, true);
	keyboard_log_expect(&desk.log, "+56 ");
	typist_key(&desk.typist, KEY_TAB, true);
	keyboard_log_expect(&desk.log, "leave enter[56] ");
	expect_int(desk.log.modifiers, ==, TYPIST_ALT);
	typist_key(&desk.typist, KEY_TAB, false);
	keyboard_log_expect(&desk.log, "");
	press_alt(&desk, false);
	keyboard_log_expect(&desk.log, "-56 ");
	expect_int(desk.log.modifiers, ==, 0);
	typist_key(&desk.typist, KEY_TAB, true);
	typist_key(&desk.typist, KEY_TAB, false);
	keyboard_log_expect(&desk.log, "+15 -15 ");
	desk_finish(&desk);
}

TEST("keys@key-that-closes-a-window-is-not-listed-to-the-next-one") {
	struct desk desk;
	desk_init(&desk);
	press_alt(&desk, true);
	typist_key(&desk.typist, KEY_F4, true);
	wl_surface_attach(desk.windows[1].surface, NULL, 0, 0);
	wl_surface_commit(desk.windows[1].surface);
	keyboard_log_expect(&desk.log, "+56 leave enter[56] ");
	typist_key(&desk.typist, KEY_F4, false);
	press_alt(&desk, false);
	keyboard_log_expect(&desk.log, "-56 ");
	desk_finish(&desk);
}

// wlroots would list the key by itself.
TEST("keys@key-of-a-binding-is-not-listed-to-a-new-wl_keyboard") {
	struct desk desk;
	struct keyboard_log late;
	desk_init(&desk);
	press_alt(&desk, true);
	typist_key(&desk.typist, KEY_TAB, true);
	keyboard_log_expect(&desk.log, "+56 leave enter[56] ");
	keyboard_log_init(&late, &desk.stage.screen.client, desk.stage.screen.seat);
	keyboard_log_expect(&late, "enter[56] ");
	keyboard_log_expect(&desk.log, "leave enter[56] ");
	typist_key(&desk.typist, KEY_TAB, false);
	press_alt(&desk, false);
	keyboard_log_expect(&late, "-56 ");
	keyboard_log_expect(&desk.log, "-56 ");
	keyboard_log_finish(&late);
	desk_finish(&desk);
}

TEST("keys@keys-of-all-keyboards-are-listed-to-the-next-window-and-to-a-new-wl_keyboard") {
	struct desk desk;
	struct typist other;
	struct keyboard_log late;
	desk_init(&desk);
	typist_init(&other, &desk.stage.server);
	typist_key(&desk.typist, KEY_A, true);
	typist_key(&other, KEY_B, true);
	keyboard_log_expect(&desk.log, "+30 +48 ");
	keyboard_log_init(&late, &desk.stage.screen.client, desk.stage.screen.seat);
	keyboard_log_expect(&late, "enter[30 48] ");
	keyboard_log_expect(&desk.log, "leave enter[30 48] ");
	window_finish(&desk.windows[1]);
	window_init(&desk.windows[1], &desk.stage.screen, WINDOW_TOPLEVEL, 16, 16);
	keyboard_log_expect(&desk.log, "leave enter[30 48] ");
	typist_key(&desk.typist, KEY_A, false);
	keyboard_log_expect(&desk.log, "-30 ");
	typist_finish(&other);
	keyboard_log_expect(&desk.log, "-48 ");
	keyboard_log_finish(&late);
	desk_finish(&desk);
}

TEST("keys@key-that-two-keyboards-press-is-never-down-twice") {
	struct desk desk;
	struct typist other;
	desk_init(&desk);
	typist_init(&other, &desk.stage.server);
	typist_key(&desk.typist, KEY_A, true);
	typist_key(&other, KEY_A, true);
	keyboard_log_expect(&desk.log, "+30 -30 +30 ");
	typist_key(&desk.typist, KEY_A, false);
	keyboard_log_expect(&desk.log, "");
	typist_key(&other, KEY_A, false);
	keyboard_log_expect(&desk.log, "-30 ");
	typist_finish(&other);
	desk_finish(&desk);
}

TEST("keys@keyboard-that-goes-releases-its-keys-and-ends-the-choice-of-a-window") {
	struct desk desk;
	struct typist other;
	desk_init(&desk);
	typist_init(&other, &desk.stage.server);
	typist_key(&other, KEY_LEFTALT, true);
	typist_modifiers(&other, TYPIST_ALT);
	typist_key(&other, KEY_A, true);
	typist_key(&other, KEY_TAB, true);
	keyboard_log_expect(&desk.log, "+56 +30 leave enter[56 30] ");
	typist_finish(&other);
	keyboard_log_expect(&desk.log, "-30 -56 ");
	expect_int(desk.log.modifiers, ==, 0);
	expect(desk.stage.server.compositor->bindings->preview == NULL);
	desk_finish(&desk);
}

TEST("keys@of-too-many-that-are-down-the-first-is-released") {
	struct desk desk;
	struct typist other;
	desk_init(&desk);
	typist_init(&other, &desk.stage.server);
	char wanted[1024] = "";
	for (uint32_t i = 0; i < KEYS_DOWN_MAX; i++) {
		typist_key(i % 2 == 0 ? &desk.typist : &other, 100 + i, true);
		snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), "+%d ", 100 + i);
	}
	keyboard_log_expect(&desk.log, wanted);
	typist_key(&other, KEY_A, true);
	keyboard_log_expect(&desk.log, "-100 +30 ");
	typist_key(&desk.typist, 100, false);
	keyboard_log_expect(&desk.log, "");
	typist_finish(&other);
	keyboard_log_settle(&desk.log);
	expect_int(desk.stage.server.compositor->keyboards->keys.len, ==, KEYS_DOWN_MAX / 2 - 1);
	desk_finish(&desk);
}

TEST("keys@limits-withhold-presses-with-their-releases-and-no-other-release") {
	struct desk desk;
	desk_init(&desk);
	struct seat *seat = desk.stage.server.compositor->seat;
	typist_key(&desk.typist, KEY_A, true);
	seat->virtual_events.level = 3 * SEAT_VIRTUAL_EVENTS_MAX;
	typist_key(&desk.typist, KEY_A, false);
	keyboard_log_expect(&desk.log, "+30 -30 ");
	seat->virtual_events.level = 2 * SEAT_VIRTUAL_EVENTS_MAX;
	typist_key(&desk.typist, KEY_B, true);
	seat->virtual_events.level = 0;
	typist_key(&desk.typist, KEY_B, false);
	keyboard_log_expect(&desk.log, "");
	desk_finish(&desk);
}

// An input method that has grabbed the keyboard.
struct method {
	struct client client;
	struct wl_seat *seat;
	struct zwp_input_method_manager_v2 *manager;
	struct zwp_input_method_v2 *object;
	struct zwp_input_method_keyboard_grab_v2 *grab;
	char text[256]; // the keys that it received, as in the log of a keyboard
};

static void ignore_keymap(
		void *data, struct zwp_input_method_keyboard_grab_v2 *grab, uint32_t format, int32_t fd, uint32_t size) {
	close(fd);
}

static void handle_grabbed_key(void *data, struct zwp_input_method_keyboard_grab_v2 *grab, uint32_t serial,
		uint32_t time, uint32_t key, uint32_t state) {
	struct method *method = data;
	size_t len = strlen(method->text);
	snprintf(method->text + len, sizeof(method->text) - len, "%c%d ",
			state == WL_KEYBOARD_KEY_STATE_PRESSED ? '+' : '-', key);
}

static void ignore_modifiers(void *data, struct zwp_input_method_keyboard_grab_v2 *grab, uint32_t serial,
		uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group) {
}

static void ignore_repeat_info(
		void *data, struct zwp_input_method_keyboard_grab_v2 *grab, int32_t rate, int32_t delay) {
}

static const struct zwp_input_method_keyboard_grab_v2_listener grab_listener = {
	.keymap = ignore_keymap,
	.key = handle_grabbed_key,
	.modifiers = ignore_modifiers,
	.repeat_info = ignore_repeat_info,
};

static void method_grab(struct method *method) {
	method->grab = zwp_input_method_v2_grab_keyboard(method->object);
	zwp_input_method_keyboard_grab_v2_add_listener(method->grab, &grab_listener, method);
	client_roundtrip(&method->client);
}

static void method_release(struct method *method) {
	zwp_input_method_keyboard_grab_v2_release(method->grab);
	client_roundtrip(&method->client);
}

static void method_init(struct method *method, struct server *server) {
	*method = (struct method){0};
	client_init(&method->client, server);
	method->seat = client_bind(&method->client, &wl_seat_interface, 1);
	method->manager = client_bind(&method->client, &zwp_input_method_manager_v2_interface, 1);
	method->object = zwp_input_method_manager_v2_get_input_method(method->manager, method->seat);
	client_roundtrip(&method->client);
}

static void method_expect(struct method *method, const char *wanted) {
	client_roundtrip(&method->client);
	expect_string(method->text, wanted);
	method->text[0] = '\0';
}

// Gives the focus to the other window.
static void show_other(struct desk *desk) {
	window_finish(&desk->windows[1]);
	window_init(&desk->windows[1], &desk->stage.screen, WINDOW_TOPLEVEL, 16, 16);
}

TEST("keys@key-that-an-input-method-takes-is-not-listed-to-the-next-window") {
	struct desk desk;
	struct method method;
	desk_init(&desk);
	typist_key(&desk.typist, KEY_B, true);
	typist_key(&desk.typist, KEY_B, false);
	keyboard_log_expect(&desk.log, "+48 -48 ");
	method_init(&method, &desk.stage.server);
	method_grab(&method);
	typist_key(&desk.typist, KEY_A, true);
	show_other(&desk);
	keyboard_log_expect(&desk.log, "leave enter[] ");
	typist_key(&desk.typist, KEY_A, false);
	keyboard_log_expect(&desk.log, "");
	method_expect(&method, "+30 -30 ");
	client_finish(&method.client);
	desk_finish(&desk);
}

TEST("keys@release-goes-where-the-press-went-when-an-input-method-comes-and-goes") {
	struct desk desk;
	struct method method;
	desk_init(&desk);
	method_init(&method, &desk.stage.server);
	typist_key(&desk.typist, KEY_A, true);
	method_grab(&method);
	typist_key(&desk.typist, KEY_B, true);
	typist_key(&desk.typist, KEY_A, false);
	keyboard_log_expect(&desk.log, "+30 -30 ");
	method_expect(&method, "+48 ");
	method_release(&method);
	typist_key(&desk.typist, KEY_B, false);
	keyboard_log_expect(&desk.log, "");
	// Another grab does not receive the release of a key whose press it did not receive.
	method_grab(&method);
	typist_key(&desk.typist, KEY_C, true);
	method_expect(&method, "+46 ");
	method_release(&method);
	method_grab(&method);
	typist_key(&desk.typist, KEY_C, false);
	typist_key(&desk.typist, KEY_D, true);
	client_finish(&method.client);
	typist_key(&desk.typist, KEY_D, false);
	keyboard_log_expect(&desk.log, "");
	expect_string(method.text, "");
	desk_finish(&desk);
}

TEST("keys@drag-withholds-presses-but-neither-releases-nor-modifiers") {
	struct desk desk;
	struct mouse mouse;
	desk_init(&desk);
	struct screen *screen = &desk.stage.screen;
	mouse_init(&mouse, screen, SIZE);
	struct wl_data_device_manager *manager = client_bind(&screen->client, &wl_data_device_manager_interface, 3);
	struct wl_data_device *device = wl_data_device_manager_get_data_device(manager, screen->seat);
	mouse_move(&mouse, 20, 20);
	mouse_press(&mouse, true);
	expect(mouse.pressed);
	keyboard_log_settle(&desk.log);
	desk.log.text[0] = '\0';
	press_alt(&desk, true);
	wl_data_device_start_drag(device, NULL, desk.windows[0].surface, NULL, mouse.serial);
	client_roundtrip(&screen->client);
	expect(desk.stage.server.compositor->seat->wlr->drag != NULL);
	typist_key(&desk.typist, KEY_A, true);
	press_alt(&desk, false);
	keyboard_log_expect(&desk.log, "+56 -56 ");
	expect_int(desk.log.modifiers, ==, 0);
	mouse_press(&mouse, false);
	typist_key(&desk.typist, KEY_A, false);
	typist_key(&desk.typist, KEY_B, true);
	keyboard_log_expect(&desk.log, "+48 ");
	wl_data_device_release(device);
	wl_data_device_manager_destroy(manager);
	mouse_finish(&mouse);
	desk_finish(&desk);
}

TEST("keys@modifiers-that-an-input-method-took-arrive-when-its-grab-ends-during-a-drag") {
	struct desk desk;
	struct mouse mouse;
	struct method method;
	desk_init(&desk);
	struct screen *screen = &desk.stage.screen;
	mouse_init(&mouse, screen, SIZE);
	struct wl_data_device_manager *manager = client_bind(&screen->client, &wl_data_device_manager_interface, 3);
	struct wl_data_device *device = wl_data_device_manager_get_data_device(manager, screen->seat);
	typist_key(&desk.typist, KEY_B, true);
	typist_key(&desk.typist, KEY_B, false);
	method_init(&method, &desk.stage.server);
	method_grab(&method);
	mouse_move(&mouse, 20, 20);
	mouse_press(&mouse, true);
	typist_modifiers(&desk.typist, TYPIST_SHIFT);
	keyboard_log_settle(&desk.log);
	expect_int(desk.log.modifiers, ==, 0);
	wl_data_device_start_drag(device, NULL, desk.windows[0].surface, NULL, mouse.serial);
	client_roundtrip(&screen->client);
	expect(desk.stage.server.compositor->seat->wlr->drag != NULL);
	method_release(&method);
	keyboard_log_settle(&desk.log);
	expect_int(desk.log.modifiers, ==, TYPIST_SHIFT);
	mouse_press(&mouse, false);
	client_finish(&method.client);
	wl_data_device_release(device);
	wl_data_device_manager_destroy(manager);
	mouse_finish(&mouse);
	desk_finish(&desk);
}

// An inhibitor of the bindings, of one of the windows.
struct inhibition {
	struct zwp_keyboard_shortcuts_inhibit_manager_v1 *manager;
	struct zwp_keyboard_shortcuts_inhibitor_v1 *inhibitor; // NULL: destroyed
};

static void inhibit(struct inhibition *inhibition, struct desk *desk, int window) {
	struct screen *screen = &desk->stage.screen;
	inhibition->manager = client_bind(&screen->client, &zwp_keyboard_shortcuts_inhibit_manager_v1_interface, 1);
	inhibition->inhibitor = zwp_keyboard_shortcuts_inhibit_manager_v1_inhibit_shortcuts(
			inhibition->manager, desk->windows[window].surface, screen->seat);
	client_roundtrip(&screen->client);
}

static void allow(struct inhibition *inhibition) {
	zwp_keyboard_shortcuts_inhibitor_v1_destroy(inhibition->inhibitor);
	inhibition->inhibitor = NULL;
}

static void inhibition_finish(struct inhibition *inhibition) {
	if (inhibition->inhibitor != NULL) {
		allow(inhibition);
	}
	zwp_keyboard_shortcuts_inhibit_manager_v1_destroy(inhibition->manager);
}

static void press_super_escape(struct desk *desk, bool down) {
	if (down) {
		typist_key(&desk->typist, KEY_LEFTMETA, true);
		typist_modifiers(&desk->typist, SUPER);
		typist_key(&desk->typist, KEY_ESC, true);
	} else {
		typist_key(&desk->typist, KEY_ESC, false);
		typist_key(&desk->typist, KEY_LEFTMETA, false);
		typist_modifiers(&desk->typist, 0);
	}
}

// The window that inhibits bindings receives Tab. Afterwards Alt+F4 is a binding, and Tab is still down.
TEST("keys@tab-that-an-inhibitor-let-through-is-listed-to-the-next-window-after-its-end") {
	struct desk desk;
	struct inhibition inhibition;
	desk_init(&desk);
	inhibit(&inhibition, &desk, 1);
	press_alt(&desk, true);
	typist_key(&desk.typist, KEY_TAB, true);
	keyboard_log_expect(&desk.log, "+56 +15 ");
	allow(&inhibition);
	keyboard_log_expect(&desk.log, "");
	typist_key(&desk.typist, KEY_F4, true);
	window_commit(&desk.windows[1], NULL);
	keyboard_log_expect(&desk.log, "leave enter[56 15] ");
	typist_key(&desk.typist, KEY_F4, false);
	typist_key(&desk.typist, KEY_TAB, false);
	press_alt(&desk, false);
	keyboard_log_expect(&desk.log, "-15 -56 ");
	inhibition_finish(&inhibition);
	desk_finish(&desk);
}

TEST("keys@super-escape-is-not-listed-but-tab-that-was-let-through-before-it-is") {
	struct desk desk;
	struct inhibition inhibition;
	desk_init(&desk);
	inhibit(&inhibition, &desk, 1);
	press_alt(&desk, true);
	typist_key(&desk.typist, KEY_TAB, true);
	press_alt(&desk, false);
	keyboard_log_expect(&desk.log, "+56 +15 -56 ");
	press_super_escape(&desk, true);
	window_commit(&desk.windows[1], NULL);
	keyboard_log_expect(&desk.log, "+125 leave enter[15 125] ");
	press_super_escape(&desk, false);
	keyboard_log_expect(&desk.log, "-125 ");
	typist_key(&desk.typist, KEY_TAB, false);
	keyboard_log_expect(&desk.log, "-15 ");
	inhibition_finish(&inhibition);
	desk_finish(&desk);
}

// Alt+Tab shows a window that inhibits bindings: neither its inhibitor nor the end of that makes Tab a key of the
// window.
TEST("keys@tab-of-a-binding-has-no-release-in-a-window-that-inhibits-bindings-or-no-longer-does") {
	for (int i = 0; i < 3; i++) {
		struct desk desk;
		struct inhibition inhibition;
		desk_init(&desk);
		inhibit(&inhibition, &desk, 0);
		press_alt(&desk, true);
		typist_key(&desk.typist, KEY_TAB, true);
		keyboard_log_expect(&desk.log, "+56 leave enter[56] ");
		if (i == 1) {
			allow(&inhibition);
		}
		if (i == 2) {
			press_alt(&desk, false);
			press_super_escape(&desk, true);
			press_super_escape(&desk, false);
			keyboard_log_expect(&desk.log, "-56 +125 -125 ");
			press_alt(&desk, true);
			keyboard_log_expect(&desk.log, "+56 ");
		}
		typist_key(&desk.typist, KEY_TAB, false);
		press_alt(&desk, false);
		keyboard_log_expect(&desk.log, "-56 ");
		typist_key(&desk.typist, KEY_TAB, true);
		typist_key(&desk.typist, KEY_TAB, false);
		keyboard_log_expect(&desk.log, "+15 -15 ");
		inhibition_finish(&inhibition);
		desk_finish(&desk);
	}
}
