/*
 * What input methods, text fields and idle notifications learn while the session is locked.
 */
#include "ext-idle-notify-v1-client-protocol.h"
#include "idle-inhibit-unstable-v1-client-protocol.h"
#include "input-method-unstable-v2-client-protocol.h"
#include "locker.h"
#include "runner.h"
#include "stage.h"
#include "text-input-unstable-v3-client-protocol.h"
#include "typist.h"
#include <linux/input-event-codes.h>
#include <unistd.h>

// A window with the focus, a typist and a locker.
struct desk {
	struct stage stage;
	struct window window;
	struct picture picture;
	struct typist typist;
	struct locker locker;
	struct keyboard_log locker_log;
};

static void desk_init(struct desk *desk) {
	*desk = (struct desk){0};
	stage_init(&desk->stage, 64, 64);
	struct screen *screen = &desk->stage.screen;
	typist_init(&desk->typist, &desk->stage.server);
	picture_init(&desk->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 32, 32, 128);
	window_init(&desk->window, screen, WINDOW_TOPLEVEL, 32, 32);
	window_commit(&desk->window, desk->picture.buffer);
}

static void desk_finish(struct desk *desk) {
	window_finish(&desk->window);
	picture_finish(&desk->picture);
	typist_finish(&desk->typist);
	stage_finish(&desk->stage);
}

static void lock(struct desk *desk) {
	locker_init(&desk->locker, &desk->stage.server);
	keyboard_log_init(&desk->locker_log, &desk->locker.screen.client, desk->locker.screen.seat);
}

static void unlock(struct desk *desk) {
	locker_unlock(&desk->locker);
	keyboard_log_finish(&desk->locker_log);
	locker_finish(&desk->locker);
}

static void type(struct desk *desk, uint32_t key) {
	typist_key(&desk->typist, key, true);
	typist_key(&desk->typist, key, false);
}

// An input method with a keyboard grab.
struct method {
	struct client client;
	struct wl_seat *seat;
	struct zwp_input_method_manager_v2 *manager;
	struct zwp_input_method_v2 *object;
	struct zwp_input_method_keyboard_grab_v2 *grab;
	int presses, releases;
	uint32_t modifiers;
};

static void handle_keymap(
		void *data, struct zwp_input_method_keyboard_grab_v2 *grab, uint32_t format, int fd, uint32_t size) {
	close(fd);
}

static void handle_key(void *data, struct zwp_input_method_keyboard_grab_v2 *grab, uint32_t serial, uint32_t time,
		uint32_t key, uint32_t state) {
	struct method *method = data;
	method->presses += state == WL_KEYBOARD_KEY_STATE_PRESSED;
	method->releases += state == WL_KEYBOARD_KEY_STATE_RELEASED;
}

static void handle_modifiers(void *data, struct zwp_input_method_keyboard_grab_v2 *grab, uint32_t serial,
		uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group) {
	((struct method *)data)->modifiers = depressed;
}

static void handle_repeat_info(
		void *data, struct zwp_input_method_keyboard_grab_v2 *grab, int32_t rate, int32_t delay) {
}

static const struct zwp_input_method_keyboard_grab_v2_listener grab_listener = {
	.keymap = handle_keymap,
	.key = handle_key,
	.modifiers = handle_modifiers,
	.repeat_info = handle_repeat_info,
};

static void method_init(struct method *method, struct server *server) {
	*method = (struct method){0};
	client_init(&method->client, server);
	method->seat = client_bind(&method->client, &wl_seat_interface, 1);
	method->manager = client_bind(&method->client, &zwp_input_method_manager_v2_interface, 1);
	method->object = zwp_input_method_manager_v2_get_input_method(method->manager, method->seat);
	method->grab = zwp_input_method_v2_grab_keyboard(method->object);
	zwp_input_method_keyboard_grab_v2_add_listener(method->grab, &grab_listener, method);
	client_roundtrip(&method->client);
}

TEST("session_lock_text@input-method-does-not-see-what-is-typed-into-the-locker") {
	struct desk desk;
	struct method method;
	desk_init(&desk);
	method_init(&method, &desk.stage.server);
	typist_key(&desk.typist, KEY_A, true);
	typist_modifiers(&desk.typist, TYPIST_SHIFT);
	client_roundtrip(&method.client);
	expect(method.presses == 1 && method.releases == 0 && method.modifiers == TYPIST_SHIFT);
	lock(&desk);
	locker_show(&desk.locker, 2);
	keyboard_log_expect(&desk.locker_log, "enter[] ");
	// It receives the release of what was pressed before.
	typist_key(&desk.typist, KEY_A, false);
	typist_modifiers(&desk.typist, 0);
	type(&desk, KEY_B);
	keyboard_log_expect(&desk.locker_log, "+48 -48 ");
	client_roundtrip(&method.client);
	expect(method.presses == 1 && method.releases == 1 && method.modifiers == TYPIST_SHIFT);
	unlock(&desk);
	client_roundtrip(&method.client);
	expect_int(method.modifiers, ==, 0);
	type(&desk, KEY_C);
	client_roundtrip(&method.client);
	expect(method.presses == 2 && method.releases == 2);
	client_finish(&method.client);
	desk_finish(&desk);
}

static void count_enter(void *data, struct zwp_text_input_v3 *field, struct wl_surface *surface) {
	((int *)data)[0]++;
}

static void count_leave(void *data, struct zwp_text_input_v3 *field, struct wl_surface *surface) {
	((int *)data)[1]++;
}

static void ignore_preedit(
		void *data, struct zwp_text_input_v3 *field, const char *text, int32_t cursor_begin, int32_t cursor_end) {
}

static void ignore_commit(void *data, struct zwp_text_input_v3 *field, const char *text) {
}

static void ignore_delete(void *data, struct zwp_text_input_v3 *field, uint32_t before_length, uint32_t after_length) {
}

static void ignore_done(void *data, struct zwp_text_input_v3 *field, uint32_t serial) {
}

static const struct zwp_text_input_v3_listener field_listener = {
	.enter = count_enter,
	.leave = count_leave,
	.preedit_string = ignore_preedit,
	.commit_string = ignore_commit,
	.delete_surrounding_text = ignore_delete,
	.done = ignore_done,
};

TEST("session_lock_text@text-fields-are-inactive") {
	struct desk desk;
	int window[2] = {0}, locker[2] = {0}; // enters, leaves
	desk_init(&desk);
	struct screen *screen = &desk.stage.screen;
	struct zwp_text_input_manager_v3 *manager = client_bind(&screen->client, &zwp_text_input_manager_v3_interface, 1);
	struct zwp_text_input_v3 *field = zwp_text_input_manager_v3_get_text_input(manager, screen->seat);
	zwp_text_input_v3_add_listener(field, &field_listener, window);
	client_roundtrip(&screen->client);
	expect(window[0] == 1 && window[1] == 0);
	lock(&desk);
	struct zwp_text_input_manager_v3 *other_manager =
			client_bind(&desk.locker.screen.client, &zwp_text_input_manager_v3_interface, 1);
	struct zwp_text_input_v3 *other = zwp_text_input_manager_v3_get_text_input(other_manager, desk.locker.screen.seat);
	zwp_text_input_v3_add_listener(other, &field_listener, locker);
	locker_show(&desk.locker, 2);
	client_roundtrip(&screen->client);
	expect(window[0] == 1 && window[1] == 1 && locker[0] == 0);
	zwp_text_input_v3_destroy(other);
	zwp_text_input_manager_v3_destroy(other_manager);
	unlock(&desk);
	client_roundtrip(&screen->client);
	expect(window[0] == 2 && window[1] == 1);
	zwp_text_input_v3_destroy(field);
	zwp_text_input_manager_v3_destroy(manager);
	desk_finish(&desk);
}

static void handle_idled(void *data, struct ext_idle_notification_v1 *notification) {
	*(bool *)data = true;
}

static void handle_resumed(void *data, struct ext_idle_notification_v1 *notification) {
	*(bool *)data = false;
}

static const struct ext_idle_notification_v1_listener notification_listener = {
	.idled = handle_idled,
	.resumed = handle_resumed,
};

static void pump_for(struct client *client, int ms) {
	for (int i = 0; i < ms / 20; i++) {
		client_pump(client, 20);
	}
}

TEST("session_lock_text@idle-notifications-go-on-and-inhibitors-of-hidden-windows-do-not-count") {
	struct desk desk;
	bool idle = false;
	desk_init(&desk);
	struct screen *screen = &desk.stage.screen;
	struct zwp_idle_inhibit_manager_v1 *manager =
			client_bind(&screen->client, &zwp_idle_inhibit_manager_v1_interface, 1);
	struct zwp_idle_inhibitor_v1 *inhibitor =
			zwp_idle_inhibit_manager_v1_create_inhibitor(manager, desk.window.surface);
	struct ext_idle_notifier_v1 *notifier = client_bind(&screen->client, &ext_idle_notifier_v1_interface, 1);
	struct ext_idle_notification_v1 *notification =
			ext_idle_notifier_v1_get_idle_notification(notifier, 100, screen->seat);
	ext_idle_notification_v1_add_listener(notification, &notification_listener, &idle);
	pump_for(&screen->client, 400);
	expect(!idle);
	lock(&desk);
	pump_for(&screen->client, 400);
	expect(idle);
	type(&desk, KEY_A);
	client_roundtrip(&screen->client);
	expect(!idle);
	pump_for(&screen->client, 400);
	expect(idle);
	locker_wait(&desk.locker);
	unlock(&desk);
	type(&desk, KEY_A);
	pump_for(&screen->client, 400);
	expect(!idle);
	ext_idle_notification_v1_destroy(notification);
	ext_idle_notifier_v1_destroy(notifier);
	zwp_idle_inhibitor_v1_destroy(inhibitor);
	zwp_idle_inhibit_manager_v1_destroy(manager);
	desk_finish(&desk);
}
