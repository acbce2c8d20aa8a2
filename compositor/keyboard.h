/*
 * Keyboards, of the wlr_backend or of a client. Bindings receive each key first, then an input method, then the focused
 * surface.
 */
#ifndef KEYBOARD_H
#define KEYBOARD_H

#include "bucket.h"
#include "keys.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_keyboard.h>

struct compositor;

/*
 * Limit on how often a virtual keyboard may follow another keyboard: this many times at once, and this many times per
 * second. Beyond it, what it types is dropped. Every client receives the keymap each time, and compiles it. A person
 * who types on two keyboards by turns changes it 20 times a second.
 */
#define KEYBOARD_CHANGES_MAX 64
#define KEYBOARD_CHANGES_PER_SECOND 20

/*
 * X11 programs look up a key in the keymap that the X server has when they handle it. So while one of them has the
 * focus, the keymap of a virtual keyboard that is gone, as when a tool has typed, stays for so long, ms.
 */
#define KEYBOARD_LINGER_MS 1000

struct keyboard {
	struct compositor *compositor;
	struct wlr_keyboard *wlr;
	struct wl_list link;                     // seat.keyboards
	uint32_t grabbed[WLR_KEYBOARD_KEYS_CAP]; // keycodes whose press the input method received, but not yet the release
	size_t grabbed_len;
	uint64_t grab; // for which grabbed is valid: input_method.grab

	struct {
		struct wl_listener key, modifiers, destroy;
	} listeners;
};

struct keyboards {
	struct compositor *compositor;
	struct wlr_keyboard fallback;  // has the seat's keymap and no keys: the seat's keyboard while it has no other
	struct wlr_keyboard lingering; // has the keymap of one that is gone, and no keys
	bool is_lingering;             // it is initialized
	struct wl_event_source *linger_end;
	struct keys keys;
	struct bucket changes; // that virtual keyboards have caused
	struct wl_listener new_keyboard;
};

/* Returns false when out of memory or fds. */
bool keyboards_init(struct compositor *compositor);
void keyboards_finish(struct compositor *compositor);

#endif
