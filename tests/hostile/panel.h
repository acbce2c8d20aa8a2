/*
 * What attacks by input need: a place on the screen that is known, and a pointer and a keyboard of the attacker's own.
 */
#ifndef HOSTILE_PANEL_H
#define HOSTILE_PANEL_H

#include "attack.h"

/* The output of the compositor that is attacked. */
#define SCREEN_WIDTH 640
#define SCREEN_HEIGHT 480

/* A window at a fixed place: above all others but the victims' at the top, of PANEL_SIZE pixels. */
struct panel {
	struct wl_surface *surface;
	struct zwlr_layer_surface_v1 *layer_surface;
	struct picture picture;
	uint32_t x, y; // of its center, on the output
};

#define PANEL_SIZE 100

/* Maps a panel at the bottom of the output: at its right or left end. */
void panel_init(struct panel *panel, struct attacker *attacker, bool right);

/* Commits the whole picture again. */
void panel_commit(struct panel *panel);

/* A virtual pointer, and the wl_pointer of the same client. */
struct mouse {
	struct attacker *attacker;
	struct zwlr_virtual_pointer_v1 *device;
	struct wl_pointer *pointer;
	uint32_t serial; // of the last event with one
	int events;      // motions and buttons so far
};

void mouse_init(struct mouse *mouse, struct attacker *attacker);

/* Do not wait. An attack that ends has to leave the pointer elsewhere than over victims, whose pixels are compared. */
void mouse_move_away(struct mouse *mouse);
void mouse_move(struct mouse *mouse, uint32_t x, uint32_t y);
void mouse_press(struct mouse *mouse, bool down);

/* Moves to the panel of the same client and presses the button there. Leaves the serial in the mouse. */
void mouse_press_on(struct mouse *mouse, struct panel *panel);

/* A virtual keyboard with a small keymap; distinct numbers have distinct keymaps. */
struct zwp_virtual_keyboard_v1 *keyboard_create(struct attacker *attacker, int number);

#endif
