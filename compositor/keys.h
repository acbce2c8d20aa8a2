/*
 * The keys that are logically down, as wl_keyboard calls it: clients were sent their press, but not yet their release.
 *
 * A key that is withheld from clients (by a binding, an input method, a drag, or a limit) is not among them: no surface
 * is told at wl_keyboard.enter that it is down, and no client is sent its release.
 */
#ifndef KEYS_H
#define KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct compositor;
struct keyboard;

/* As many as wlroots notes of one keyboard. Beyond it, the key that was pressed first is released. */
#define KEYS_DOWN_MAX 32

struct keys {
	uint32_t keycodes[KEYS_DOWN_MAX];          // in the order of their presses, each once
	struct keyboard *keyboards[KEYS_DOWN_MAX]; // that pressed each of them last
	size_t len;
};

/* Sends the press. If another keyboard has the key down, sends that key's release first. */
void keys_press(struct compositor *compositor, struct keyboard *keyboard, uint32_t time_msec, uint32_t keycode);

/* Whether this keyboard has the key down. */
bool keys_is_down(struct compositor *compositor, const struct keyboard *keyboard, uint32_t keycode);

/* Sends the release, if this keyboard has the key down. */
void keys_release(struct compositor *compositor, struct keyboard *keyboard, uint32_t time_msec, uint32_t keycode);

#endif
