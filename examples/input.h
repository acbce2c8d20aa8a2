/*
 * The seat's devices, as far as an example cares: contacts of the pointer's left button and of fingers, the wheel,
 * keys.
 */
#ifndef INPUT_H
#define INPUT_H

#include "cursor.h"
#include <stdbool.h>
#include <stdint.h>
#include <xkbcommon/xkbcommon.h>

/* The contact that is the pointer; fingers have the compositor's ids, which are not negative. */
#define CONTACT_POINTER (-1)

/* What the user does; positions in pixels of the surface. Each may be NULL. */
struct input_listener {
	void (*press)(void *data, int32_t contact, double x, double y);
	void (*move)(void *data, int32_t contact, double x, double y); // only while pressed
	void (*release)(void *data, int32_t contact);
	void (*cancel)(void *data);                    // all fingers: the compositor makes something else of them
	void (*hover)(void *data, double x, double y); // the pointer, unpressed
	void (*scroll)(void *data, double amount);     // downwards; the wheel has about 10 to 15 for a notch
	void (*key)(void *data, xkb_keysym_t key);     // lower case
};

struct input {
	struct wl_seat *seat; // not owned; may be NULL
	struct cursor *cursor;
	const struct input_listener *listener;
	void *data;
	uint32_t serial; // of the last press

	struct wl_pointer *pointer; // may be NULL, as the others
	struct wl_touch *touch;
	struct wl_keyboard *keyboard;
	double x, y; // of the pointer
	bool is_pressed;
	bool is_inside;
	uint32_t enter_serial;

	struct xkb_context *xkb;
	struct xkb_state *keys; // may be NULL: no keymap yet
};

/* Listens to the session's seat. */
void input_init(struct input *input, struct session *session, struct cursor *cursor,
		const struct input_listener *listener, void *data);
void input_finish(struct input *input);

/* The cursor was drawn anew. */
void input_update_cursor(struct input *input);

#endif
