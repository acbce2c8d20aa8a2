/*
 * Input of a seat's devices: contacts of the pointer's left button and of fingers, the wheel, keys.
 */
#ifndef INPUT_H
#define INPUT_H

#include "cursor.h"
#include <stdbool.h>
#include <stdint.h>
#include <xkbcommon/xkbcommon.h>

/* The id of the pointer as a contact. Fingers have ids of the compositor, which are not negative. */
#define CONTACT_POINTER (-1)

/* Callbacks; each may be NULL. Positions are in pixels of the surface. */
struct input_listener {
	void (*press)(void *data, int32_t contact, double x, double y);
	void (*move)(void *data, int32_t contact, double x, double y); // only while pressed
	void (*release)(void *data, int32_t contact);
	void (*cancel)(void *data);                    // all fingers: the compositor uses them for a gesture
	void (*hover)(void *data, double x, double y); // the pointer, not pressed
	void (*scroll)(void *data, double amount);     // positive: down; about 10 to 15 for a notch of the wheel
	void (*key)(void *data, xkb_keysym_t key);     // in lower case
};

struct input {
	struct wl_seat *seat;  // not owned; may be NULL
	struct cursor *cursor; // not owned
	const struct input_listener *listener;
	void *data;
	uint32_t serial; // of the last press

	struct wl_pointer *pointer;   // may be NULL
	struct wl_touch *touch;       // may be NULL
	struct wl_keyboard *keyboard; // may be NULL
	double x, y;                  // of the pointer
	bool is_pressed;
	bool is_inside;
	uint32_t enter_serial;

	struct xkb_context *xkb;
	struct xkb_state *keys; // NULL: no keymap yet
};

/* Starts listening to the session's seat. cursor, listener and data must outlive the input. */
void input_init(struct input *input, struct session *session, struct cursor *cursor,
		const struct input_listener *listener, void *data);
void input_finish(struct input *input);

/* Sets the cursor again after it was redrawn. */
void input_update_cursor(struct input *input);

#endif
