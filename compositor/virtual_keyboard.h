/*
 * Keyboards of clients (zwp_virtual_keyboard_v1), as on-screen keyboards and input methods have them.
 *
 * wlroots' own maps the keymap that a client sends, and a client that cuts its file meanwhile would end the compositor
 * by SIGBUS. This one reads it.
 */
#ifndef VIRTUAL_KEYBOARD_H
#define VIRTUAL_KEYBOARD_H

#include <stdbool.h>

struct compositor;
struct wl_client;
struct wl_global;
struct wlr_keyboard;

/* Bytes of a keymap: about ten times the largest that libxkbcommon ships. */
#define VIRTUAL_KEYBOARD_KEYMAP_SIZE_MAX (1024 * 1024)

struct virtual_keyboards {
	struct wl_global *global;
};

/* False: out of memory. */
bool virtual_keyboards_init(struct compositor *compositor);
void virtual_keyboards_finish(struct compositor *compositor);

/* Whose virtual keyboard this is; NULL if it is none. */
struct wl_client *virtual_keyboard_client(struct wlr_keyboard *wlr);

#endif
