/*
 * Virtual keyboards of clients (zwp_virtual_keyboard_v1), such as on-screen keyboards and input methods.
 *
 * wlroots' implementation maps the keymap that a client sends, and a client that truncates the file would kill the
 * compositor by SIGBUS. This one reads the file.
 */
#ifndef VIRTUAL_KEYBOARD_H
#define VIRTUAL_KEYBOARD_H

#include <stdbool.h>
#include <stdint.h>

struct compositor;
struct wl_client;
struct wl_global;
struct wlr_keyboard;
struct xkb_keymap;

/*
 * Limit on the bytes of a keymap. Those of libxkbcommon with four layouts have 82,000. The time to compile a keymap may
 * grow with the square of its size, here and in each client that receives it: 10 ms for this one.
 */
#define VIRTUAL_KEYBOARD_KEYMAP_SIZE_MAX (128 * 1024)

struct virtual_keyboards {
	struct compositor *compositor;
	struct wl_global *global;

	struct {
		char *text;    // size bytes
		uint32_t size; // with the terminating zero
		struct xkb_keymap *keymap;
	} last; // that was compiled: tools send the same one again; keymap is NULL if there was none
};

/* Returns false when out of memory. */
bool virtual_keyboards_init(struct compositor *compositor);
void virtual_keyboards_finish(struct compositor *compositor);

/* The client that owns a virtual keyboard; NULL if the keyboard is not virtual. */
struct wl_client *virtual_keyboard_client(struct wlr_keyboard *wlr);

#endif
