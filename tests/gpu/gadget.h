/*
 * An input device that the test makes by /dev/uinput. udev and libinput see it as they see hardware.
 */
#ifndef GPU_GADGET_H
#define GPU_GADGET_H

#include <stdbool.h>
#include <stdint.h>

enum gadget_kind {
	GADGET_KEYBOARD,    // all keys up to KEY_MICMUTE
	GADGET_MOUSE,       // three buttons and a wheel
	GADGET_ABSOLUTE,    // a pointer with positions, as of a virtual machine
	GADGET_TOUCHSCREEN, // GADGET_FINGERS fingers
	GADGET_PEN,         // a drawing tablet: a pen with pressure, tilt and one button
	GADGET_KINDS_LEN,
};

// Positions on absolute axes are from 0 to this.
#define GADGET_EXTENT 4095
#define GADGET_FINGERS 4

struct gadget {
	int fd;
};

/* Returns whether devices can be made. */
bool gadget_is_possible(void);

/* Plugs it in. */
void gadget_init(struct gadget *gadget, enum gadget_kind kind);

/* Unplugs it, whatever is pressed. */
void gadget_finish(struct gadget *gadget);

/* Reports a change: EV_KEY, KEY_A, 1. It takes effect with gadget_sync(). */
void gadget_set(struct gadget *gadget, uint16_t type, uint16_t code, int32_t value);
void gadget_sync(struct gadget *gadget);

/* Presses or releases a key or button. */
void gadget_press(struct gadget *gadget, uint16_t code, bool down);

/* Sets ABS_X and ABS_Y. */
void gadget_move(struct gadget *gadget, int32_t x, int32_t y);

/* Puts a finger of a touchscreen down, or moves it; or lifts it. */
void gadget_touch(struct gadget *gadget, int finger, int32_t x, int32_t y);
void gadget_lift(struct gadget *gadget, int finger);

#endif
