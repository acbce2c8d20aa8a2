#include "keyboard.h"

#include "bindings.h"
#include "idle.h"
#include "input_method.h"
#include "listener.h"
#include "parts.h"
#include "seat.h"
#include <stdlib.h>
#include <wlr/interfaces/wlr_keyboard.h>
#include <wlr/types/wlr_seat.h>
#include <xkbcommon/xkbcommon.h>

#define REPEAT_RATE 25   // per second
#define REPEAT_DELAY 600 // ms

// XKB keycodes are evdev keycodes plus eight.
#define KEYCODE_OFFSET 8

static bool keyboard_take(struct keyboard *keyboard, uint32_t keycode) {
	const xkb_keysym_t *symbols;
	int symbols_len = xkb_state_key_get_syms(keyboard->wlr->xkb_state, keycode + KEYCODE_OFFSET, &symbols);
	uint32_t modifiers = wlr_keyboard_get_modifiers(keyboard->wlr);
	for (int i = 0; i < symbols_len; i++) {
		if (bindings_press(keyboard->compositor, modifiers, symbols[i])) {
			if (keyboard->taken_len < KEYBOARD_TAKEN_MAX) {
				keyboard->taken[keyboard->taken_len++] = keycode;
			}
			return true;
		}
	}
	return false;
}

static bool keyboard_release(struct keyboard *keyboard, uint32_t keycode) {
	for (size_t i = 0; i < keyboard->taken_len; i++) {
		if (keyboard->taken[i] == keycode) {
			keyboard->taken[i] = keyboard->taken[--keyboard->taken_len];
			return true;
		}
	}
	return false;
}

static void handle_key(struct wl_listener *listener, void *data) {
	struct keyboard *keyboard = wl_container_of(listener, keyboard, listeners.key);
	const struct wlr_keyboard_key_event *event = data;
	struct compositor *compositor = keyboard->compositor;
	idle_notify_activity(compositor);
	if (keyboard->wlr->xkb_state != NULL &&
			(event->state == WL_KEYBOARD_KEY_STATE_PRESSED ? keyboard_take(keyboard, event->keycode)
														   : keyboard_release(keyboard, event->keycode))) {
		return;
	}
	if (input_method_take_key(compositor, keyboard->wlr, event)) {
		return;
	}
	wlr_seat_set_keyboard(compositor->seat->wlr, keyboard->wlr);
	wlr_seat_keyboard_notify_key(compositor->seat->wlr, event->time_msec, event->keycode, event->state);
}

static void handle_modifiers(struct wl_listener *listener, void *data) {
	struct keyboard *keyboard = wl_container_of(listener, keyboard, listeners.modifiers);
	struct compositor *compositor = keyboard->compositor;
	bindings_modifiers(compositor, wlr_keyboard_get_modifiers(keyboard->wlr));
	if (input_method_take_modifiers(compositor, keyboard->wlr)) {
		return;
	}
	wlr_seat_set_keyboard(compositor->seat->wlr, keyboard->wlr);
	wlr_seat_keyboard_notify_modifiers(compositor->seat->wlr, &keyboard->wlr->modifiers);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct keyboard *keyboard = wl_container_of(listener, keyboard, listeners.destroy);
	struct compositor *compositor = keyboard->compositor;
	listener_remove(&keyboard->listeners.key);
	listener_remove(&keyboard->listeners.modifiers);
	listener_remove(&keyboard->listeners.destroy);
	wl_list_remove(&keyboard->link);
	if (wlr_seat_get_keyboard(compositor->seat->wlr) == keyboard->wlr) {
		struct keyboard *other = NULL;
		if (!wl_list_empty(&compositor->seat->keyboards)) {
			other = wl_container_of(compositor->seat->keyboards.next, other, link);
		}
		wlr_seat_set_keyboard(compositor->seat->wlr, other != NULL ? other->wlr : NULL);
	}
	free(keyboard);
	seat_update_capabilities(compositor);
}

// Follows the keyboard until it is destroyed, and sets the seat's keymap if it has none.
static void handle_new_keyboard(struct wl_listener *listener, void *data) {
	struct keyboards *keyboards = wl_container_of(listener, keyboards, new_keyboard);
	struct compositor *compositor = keyboards->compositor;
	struct wlr_keyboard *wlr = data;
	struct keyboard *keyboard = calloc(1, sizeof(*keyboard));
	if (keyboard == NULL) {
		return;
	}
	keyboard->compositor = compositor;
	keyboard->wlr = wlr;
	if (wlr->keymap == NULL && compositor->seat->keymap != NULL) {
		wlr_keyboard_set_keymap(wlr, compositor->seat->keymap);
	}
	wlr_keyboard_set_repeat_info(wlr, REPEAT_RATE, REPEAT_DELAY);
	listener_add(&keyboard->listeners.key, &wlr->events.key, handle_key);
	listener_add(&keyboard->listeners.modifiers, &wlr->events.modifiers, handle_modifiers);
	listener_add(&keyboard->listeners.destroy, &wlr->base.events.destroy, handle_destroy);
	wl_list_insert(&compositor->seat->keyboards, &keyboard->link);
	if (wlr_seat_get_keyboard(compositor->seat->wlr) == NULL) {
		wlr_seat_set_keyboard(compositor->seat->wlr, wlr);
	}
}

bool keyboards_init(struct compositor *compositor) {
	struct keyboards *keyboards = compositor->keyboards;
	keyboards->compositor = compositor;
	listener_add(&keyboards->new_keyboard, &compositor->seat->events.new_keyboard, handle_new_keyboard);
	return true;
}

void keyboards_finish(struct compositor *compositor) {
	listener_remove(&compositor->keyboards->new_keyboard);
}
