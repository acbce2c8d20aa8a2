/*
 * The keyboard of a newer WLCS, see display_server.h.
 */
#ifndef WLCS_VERSION4_KEYBOARD_H
#define WLCS_VERSION4_KEYBOARD_H

#include <stdint.h>

typedef struct WlcsKeyboard WlcsKeyboard;

/* scancode: KEY_A etc. */
struct WlcsKeyboard {
	uint32_t version;
	void (*key_down)(WlcsKeyboard *keyboard, int scancode);
	void (*key_up)(WlcsKeyboard *keyboard, int scancode);
	void (*destroy)(WlcsKeyboard *keyboard);
};

#endif
