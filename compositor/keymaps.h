/*
 * The seat's keyboard and its keymap, which every client receives at each change, with an fd.
 *
 * A client that does not read receives no more of them, so that they do not use up the compositor's fds. It receives
 * the last one when it reads again.
 */
#ifndef KEYMAPS_H
#define KEYMAPS_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_keyboard;
struct xkb_keymap;

/* Limit on the keymaps that one client is sent and has not read. */
#define KEYMAPS_UNREAD_MAX 64

/* How often to look whether a client that lacks a keymap reads again, ms. */
#define KEYMAPS_LATE_MS 50

struct keymaps {
	struct compositor *compositor;
	struct wl_event_source *late; // a timer, runs while any client lacks the keymap
};

/* Makes it the keyboard of the seat. */
void keymaps_set_keyboard(struct compositor *compositor, struct wlr_keyboard *keyboard);

/* Changes the keymap of a keyboard, which may be the seat's. Returns false when out of memory or fds. */
bool keymaps_set_keymap(struct compositor *compositor, struct wlr_keyboard *keyboard, struct xkb_keymap *keymap);

/* Returns false when out of memory. */
bool keymaps_init(struct compositor *compositor);
void keymaps_finish(struct compositor *compositor);

#endif
