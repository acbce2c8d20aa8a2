/*
 * Keyboards, of the wlr_backend or of a client. Bindings receive each key first, then an input method, then the focused
 * surface.
 */
#ifndef KEYBOARD_H
#define KEYBOARD_H

#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_keyboard;

/* More keys than a person holds down at once. */
#define KEYBOARD_TAKEN_MAX 16

struct keyboard {
	struct compositor *compositor;
	struct wlr_keyboard *wlr;
	struct wl_list link;                // seat.keyboards
	uint32_t taken[KEYBOARD_TAKEN_MAX]; // keycodes whose press was a binding: clients receive no release
	size_t taken_len;

	struct {
		struct wl_listener key, modifiers, destroy;
	} listeners;
};

struct keyboards {
	struct compositor *compositor;
	struct wl_listener new_keyboard;
};

/* Always returns true. */
bool keyboards_init(struct compositor *compositor);
void keyboards_finish(struct compositor *compositor);

#endif
