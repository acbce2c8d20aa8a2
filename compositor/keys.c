#include "keys.h"

#include "keyboard.h"
#include "parts.h"
#include "seat.h"
#include "virtual_keyboard.h"
#include <string.h>
#include <wlr/types/wlr_seat.h>

// Returns keys.len if the key is not down.
static size_t find(const struct keys *keys, uint32_t keycode) {
	size_t i = 0;
	while (i < keys->len && keys->keycodes[i] != keycode) {
		i++;
	}
	return i;
}

// Not by wlr_seat_keyboard_notify_key(): a drag's grab would ignore a release.
static void send(struct compositor *compositor, uint32_t time_msec, uint32_t keycode, uint32_t state) {
	wlr_seat_keyboard_send_key(compositor->seat->wlr, time_msec, keycode, state);
}

static void release_at(struct compositor *compositor, size_t i, uint32_t time_msec) {
	struct keys *keys = &compositor->keyboards->keys;
	uint32_t keycode = keys->keycodes[i];
	keys->len--;
	memmove(&keys->keycodes[i], &keys->keycodes[i + 1], (keys->len - i) * sizeof(keys->keycodes[0]));
	memmove(&keys->keyboards[i], &keys->keyboards[i + 1], (keys->len - i) * sizeof(keys->keyboards[0]));
	send(compositor, time_msec, keycode, WL_KEYBOARD_KEY_STATE_RELEASED);
}

// Returns the key that makes room for another one: of a client that holds many keys down, if there is one.
static size_t find_oldest(const struct keys *keys) {
	size_t i = 0;
	while (i < keys->len && virtual_keyboard_client(keys->keyboards[i]->wlr) == NULL) {
		i++;
	}
	return i < keys->len ? i : 0;
}

void keys_press(struct compositor *compositor, struct keyboard *keyboard, uint32_t time_msec, uint32_t keycode) {
	struct keys *keys = &compositor->keyboards->keys;
	size_t i = find(keys, keycode);
	if (i < keys->len) {
		release_at(compositor, i, time_msec);
	} else if (keys->len == KEYS_DOWN_MAX) {
		release_at(compositor, find_oldest(keys), time_msec);
	}
	keys->keycodes[keys->len] = keycode;
	keys->keyboards[keys->len++] = keyboard;
	send(compositor, time_msec, keycode, WL_KEYBOARD_KEY_STATE_PRESSED);
}

bool keys_is_down(struct compositor *compositor, const struct keyboard *keyboard, uint32_t keycode) {
	const struct keys *keys = &compositor->keyboards->keys;
	size_t i = find(keys, keycode);
	return i < keys->len && keys->keyboards[i] == keyboard;
}

void keys_release(struct compositor *compositor, struct keyboard *keyboard, uint32_t time_msec, uint32_t keycode) {
	if (keys_is_down(compositor, keyboard, keycode)) {
		release_at(compositor, find(&compositor->keyboards->keys, keycode), time_msec);
	}
}
