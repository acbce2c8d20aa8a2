/*
 * A pointer, a touchscreen and a keyboard that tests control. They emit the same signals as a backend's devices, so the
 * tests cover the compositor's whole input path.
 *
 * Call all functions on the compositor's thread, or while it does not run.
 */
#ifndef WLCS_DEVICES_H
#define WLCS_DEVICES_H

#include <stdint.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_pointer.h>
#include <wlr/types/wlr_touch.h>

struct compositor;

/* Powers of two, so that coordinates survive the conversion to the 0..1 of absolute events and back. */
#define SCREEN_WIDTH 2048  // pixels
#define SCREEN_HEIGHT 1024 // pixels

struct devices {
	struct wlr_pointer pointer;
	struct wlr_touch touch;
	struct wlr_keyboard keyboard;
};

/* Announces the devices to the compositor, whose backend must exist. */
void devices_init(struct devices *devices, struct compositor *compositor);

/* Removes the devices. The compositor must still exist. */
void devices_finish(struct devices *devices);

/* Moves the pointer to a position, or by a distance; layout coordinates. */
void devices_move_pointer_to(struct devices *devices, double x, double y);
void devices_move_pointer_by(struct devices *devices, double dx, double dy);

/* button: BTN_LEFT etc. */
void devices_press(struct devices *devices, uint32_t button);
void devices_release(struct devices *devices, uint32_t button);

/* key: KEY_A etc. */
void devices_press_key(struct devices *devices, uint32_t key);
void devices_release_key(struct devices *devices, uint32_t key);

/* A single touch point; layout coordinates. */
void devices_touch_down(struct devices *devices, double x, double y);
void devices_touch_move(struct devices *devices, double x, double y);
void devices_touch_up(struct devices *devices);

#endif
