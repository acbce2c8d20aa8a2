/*
 * A mouse of the test (a virtual pointer), and the pointer events that the client receives.
 */
#ifndef HARNESS_MOUSE_H
#define HARNESS_MOUSE_H

#include "screen.h"

struct mouse {
	struct screen *screen;
	struct zwlr_virtual_pointer_manager_v1 *manager;
	struct zwlr_virtual_pointer_v1 *device;
	struct wl_pointer *pointer;         // the client's
	int32_t size;                       // width and height of the output; pixels
	uint32_t serial;                    // of the last event with one
	bool entered, left, pressed;        // ever
	int motions, buttons, axes, frames; // events so far
	double x, y;                        // of the last event, surface coordinates
	uint32_t time;
};

/* Creates the virtual pointer. size: width and height of the output. */
void mouse_init(struct mouse *mouse, struct screen *screen, int32_t size);

void mouse_finish(struct mouse *mouse);

/* Creates another virtual pointer; the caller destroys it with zwlr_virtual_pointer_v1_destroy(). */
struct zwlr_virtual_pointer_v1 *mouse_plug_another(struct mouse *mouse);

/* Moves it to this position, in pixels of the output. */
void mouse_move(struct mouse *mouse, uint32_t x, uint32_t y);

/* Presses or releases the left button. */
void mouse_press(struct mouse *mouse, bool down);

#endif
