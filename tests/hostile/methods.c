// Input methods, and text inputs: text without end for a client that does not read, grabs and popups.
#include "attack.h"
#include "bystander.h"
#include "panel.h"

#include "input-method-unstable-v2-client-protocol.h"
#include "text-input-unstable-v3-client-protocol.h"
#include "virtual-keyboard-unstable-v1-client-protocol.h"

#include <string.h>
#include <unistd.h>

#define TEXT_SIZE 3900
#define POPUPS 60

struct method {
	struct attacker attacker;
	struct zwp_input_method_manager_v2 *manager;
	struct zwp_input_method_v2 *object;
	uint32_t dones;
};

static void handle_activate(void *data, struct zwp_input_method_v2 *object) {
}

static void handle_text(
		void *data, struct zwp_input_method_v2 *object, const char *text, uint32_t cursor, uint32_t anchor) {
}

static void handle_number(void *data, struct zwp_input_method_v2 *object, uint32_t number) {
}

static void handle_content_type(void *data, struct zwp_input_method_v2 *object, uint32_t hint, uint32_t purpose) {
}

static void handle_done(void *data, struct zwp_input_method_v2 *object) {
	((struct method *)data)->dones++;
}

static const struct zwp_input_method_v2_listener method_listener = {
	.activate = handle_activate,
	.deactivate = handle_activate,
	.surrounding_text = handle_text,
	.text_change_cause = handle_number,
	.content_type = handle_content_type,
	.done = handle_done,
	.unavailable = handle_activate,
};

static void method_create(struct method *method) {
	method->object = zwp_input_method_manager_v2_get_input_method(method->manager, method->attacker.seat);
	zwp_input_method_v2_add_listener(method->object, &method_listener, method);
	method->dones = 0;
	expect_alive(&method->attacker);
}

static void method_init(struct method *method) {
	attacker_connect(&method->attacker);
	method->manager = attacker_bind(&method->attacker, &zwp_input_method_manager_v2_interface, 1);
	method_create(method);
}

static struct zwp_text_input_v3 *create_text_input(struct attacker *attacker) {
	struct zwp_text_input_manager_v3 *manager = attacker_bind(attacker, &zwp_text_input_manager_v3_interface, 1);
	struct zwp_text_input_v3 *text_input = zwp_text_input_manager_v3_get_text_input(manager, attacker->seat);
	zwp_text_input_v3_enable(text_input);
	zwp_text_input_v3_commit(text_input);
	expect_alive(attacker);
	return text_input;
}

static void type_for_ever(void *data) {
	static struct method method;
	char text[TEXT_SIZE + 1];
	memset(text, 'a', TEXT_SIZE);
	text[TEXT_SIZE] = '\0';
	method_init(&method);
	for (int i = 0;; i++) {
		zwp_input_method_v2_commit_string(method.object, text);
		zwp_input_method_v2_set_preedit_string(method.object, text, i % TEXT_SIZE, -i);
		zwp_input_method_v2_delete_surrounding_text(method.object, (uint32_t)i, UINT32_MAX);
		zwp_input_method_v2_commit(method.object, method.dones);
		expect_alive(&method.attacker);
	}
}

// The bystander has a text input, reads, does not read for a while, and reads again.
static void attack_text_input(void (*fn)(void *data)) {
	struct bystander bystander;
	bystander_init(&bystander, false, 16, 16);
	create_text_input(&bystander.attacker);
	keyboard_create(&bystander.attacker, 0); // for its wl_keyboard
	wl_seat_get_keyboard(bystander.attacker.seat);
	pid_t child = start_child(fn, NULL);
	bystander_draw(&bystander, 300);
	bystander_stall(&bystander, 1000);
	bystander_draw(&bystander, 300);
	expect_child_alive(child);
	stop_child(child);
}

ATTACK("text-without-end") {
	attack_text_input(type_for_ever);
}

static void come_and_go_for_ever(void *data) {
	static struct method method;
	method_init(&method);
	for (int i = 0;; i++) {
		for (int j = 0; j < 8; j++) {
			zwp_input_method_keyboard_grab_v2_release(zwp_input_method_v2_grab_keyboard(method.object));
		}
		// The grab of an input method that is gone.
		struct zwp_input_method_keyboard_grab_v2 *grab = zwp_input_method_v2_grab_keyboard(method.object);
		zwp_input_method_v2_destroy(method.object);
		zwp_input_method_keyboard_grab_v2_release(grab);
		method.object = zwp_input_method_manager_v2_get_input_method(method.manager, method.attacker.seat);
		if (i % 16 == 15) {
			expect_alive(&method.attacker);
		}
	}
}

// Text inputs are told that an input method is gone, and the focused client gets the keyboard back.
ATTACK("input-methods-that-come-and-go") {
	attack_text_input(come_and_go_for_ever);
}

static void enable_for_ever(void *data) {
	struct attacker attacker;
	struct window window;
	struct picture picture;
	attacker_connect(&attacker);
	window_init(&window, &attacker);
	picture_init(&picture, &attacker, 0, true, 16, 16);
	window_commit(&window, picture.buffer);
	struct zwp_text_input_v3 *text_input = create_text_input(&attacker);
	for (int i = 0; i % 64 != 63 || attacker_try_roundtrip(&attacker); i++) {
		zwp_text_input_v3_disable(text_input);
		zwp_text_input_v3_commit(text_input);
		zwp_text_input_v3_enable(text_input);
		zwp_text_input_v3_commit(text_input);
	}
	expect_no_memory(&attacker);
	pause();
}

// An input method is told of each text input that is enabled.
ATTACK("text-inputs-enabled-without-end") {
	static struct method method;
	struct bystander bystander;
	bystander_init(&bystander, false, 16, 16);
	method.attacker = bystander.attacker;
	method.manager = attacker_bind(&method.attacker, &zwp_input_method_manager_v2_interface, 1);
	method_create(&method);
	pid_t child = start_child(enable_for_ever, NULL);
	bystander_draw(&bystander, 300);
	bystander_stall(&bystander, 1000);
	bystander_draw(&bystander, 300);
	expect_child_alive(child);
	stop_child(child);
}

static void move_cursor(struct zwp_text_input_v3 *text_input, int i) {
	zwp_text_input_v3_set_cursor_rectangle(
			text_input, i % 3 == 0 ? INT32_MAX : i % 500, i % 5 == 0 ? INT32_MIN : i % 400, i % 7 == 0 ? -1 : 1, 20);
	zwp_text_input_v3_commit(text_input);
}

// Popups that follow the text cursor, which moves without end, whose size changes, and whose input method is destroyed.
ATTACK("input-popups-moved-and-destroyed") {
	static struct method method;
	static struct window window;
	struct picture picture, larger;
	struct wl_surface *popups[POPUPS];
	struct zwp_input_popup_surface_v2 *popup_objects[POPUPS];
	method_init(&method);
	struct attacker *attacker = &method.attacker;
	window_init(&window, attacker);
	picture_init(&picture, attacker, 0, true, 16, 16);
	picture_init(&larger, attacker, 0, true, 32, 32);
	window_commit(&window, picture.buffer);
	struct zwp_text_input_v3 *text_input = create_text_input(attacker);
	for (int i = 0; i < POPUPS; i++) {
		popups[i] = wl_compositor_create_surface(attacker->compositor);
		popup_objects[i] = zwp_input_method_v2_get_input_popup_surface(method.object, popups[i]);
	}
	for (int i = 0; i < attack_count(4000); i++) {
		wl_surface_attach(popups[i % POPUPS], i / POPUPS % 2 == 0 ? picture.buffer : larger.buffer, 0, 0);
		wl_surface_commit(popups[i % POPUPS]);
		move_cursor(text_input, i);
		if (i % 100 == 99) {
			zwp_input_method_v2_commit(method.object, method.dones);
			expect_alive(attacker);
		}
	}
	for (int i = 0; i < POPUPS / 2; i++) {
		zwp_input_popup_surface_v2_destroy(popup_objects[i]);
		wl_surface_destroy(popups[i]);
	}
	zwp_input_method_v2_destroy(method.object);
	for (int i = POPUPS / 2; i < POPUPS; i++) {
		wl_surface_attach(popups[i], picture.buffer, 0, 0);
		wl_surface_commit(popups[i]);
	}
	expect_alive(attacker);
	// A window cannot be a popup.
	method_create(&method);
	zwp_input_method_v2_get_input_popup_surface(method.object, window.surface);
	expect_error(attacker, &zwp_input_method_v2_interface, ZWP_INPUT_METHOD_V2_ERROR_ROLE);
}
