/*
 * A pointer, a touchscreen and a keyboard that tests move: devices like those of a backend, down to the signals, so
 * that the compositor's whole input path is tested.
 *
 * All functions belong on the compositor's thread, or between its runs.
 */
#ifndef WLCS_DEVICES_H
#define WLCS_DEVICES_H

#include <stdint.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_pointer.h>
#include <wlr/types/wlr_touch.h>

struct compositor;

/* Powers of two, so that no coordinate changes on its way to the 0..1 of absolute events and back. */
#define SCREEN_WIDTH 2048  // pixels
#define SCREEN_HEIGHT 1024 // pixels

struct devices {
	struct wlr_pointer pointer;
	struct wlr_touch touch;
	struct wlr_keyboard keyboard; // nobody types, but the focus needs one
};

/* Plugs them in. The backend must be there. */
void devices_init(struct devices *devices, struct compositor *compositor);

/* Unplugs them. The compositor must be there still. */
void devices_finish(struct devices *devices);

/* Where the pointer is to be, and how far it is to go; layout coordinates. */
void devices_move_pointer_to(struct devices *devices, double x, double y);
void devices_move_pointer_by(struct devices *devices, double dx, double dy);

/* button: BTN_LEFT and its like. */
void devices_press(struct devices *devices, uint32_t button);
void devices_release(struct devices *devices, uint32_t button);

/* The one finger; layout coordinates. */
void devices_touch_down(struct devices *devices, double x, double y);
void devices_touch_move(struct devices *devices, double x, double y);
void devices_touch_up(struct devices *devices);

#endif
