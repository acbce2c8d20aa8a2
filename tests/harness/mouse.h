/*
 * A mouse of the test's own (a virtual pointer), and what the client hears of it.
 */
#ifndef HARNESS_MOUSE_H
#define HARNESS_MOUSE_H

#include "screen.h"

struct mouse {
	struct screen *screen;
	struct zwlr_virtual_pointer_manager_v1 *manager;
	struct zwlr_virtual_pointer_v1 *device;
	struct wl_pointer *pointer;         // the client's
	int32_t size;                       // of the output, across and down; pixels
	uint32_t serial;                    // of the last event that had one
	bool entered, pressed;              // ever
	int motions, buttons, axes, frames; // events so far
	double x, y;                        // where it was said to be last, surface coordinates
	uint32_t time;
};

/* Plugs it in. size: the output's. */
void mouse_init(struct mouse *mouse, struct screen *screen, int32_t size);

void mouse_finish(struct mouse *mouse);

/* Another one, for the test's own use. It is to be destroyed with zwlr_virtual_pointer_v1_destroy(). */
struct zwlr_virtual_pointer_v1 *mouse_plug_another(struct mouse *mouse);

/* Moves it there, in pixels of the output. */
void mouse_move(struct mouse *mouse, uint32_t x, uint32_t y);

/* Presses the left button, or lets it go. */
void mouse_press(struct mouse *mouse, bool down);

#endif
