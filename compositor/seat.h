/*
 * The one seat: its devices, its selections, and what they can do.
 */
#ifndef SEAT_H
#define SEAT_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_input_device;
struct wlr_keyboard;
struct wlr_seat;
struct xkb_keymap;

/* A device other than a keyboard. */
struct device {
	struct compositor *compositor;
	struct wlr_input_device *wlr;
	struct wl_list link; // seat.devices
	struct wl_listener destroy;
};

struct seat {
	struct compositor *compositor;
	struct wlr_seat *wlr;
	struct xkb_keymap *keymap; // of keyboards that bring none of their own; NULL: it could not be compiled
	struct wl_list devices;    // device.link
	struct wl_list keyboards;  // keyboard.link

	struct {
		struct wl_signal new_device;   // struct wlr_input_device *: a pointer or touch screen
		struct wl_signal new_keyboard; // struct wlr_keyboard *
	} events;

	struct {
		struct wl_listener new_input;
		struct wl_listener request_set_selection, request_set_primary_selection;
	} listeners;
};

/* False: out of memory. */
bool seat_init(struct compositor *compositor);
void seat_finish(struct compositor *compositor);

/* Takes a pointer or touch screen in, until it is destroyed. */
void seat_add_device(struct compositor *compositor, struct wlr_input_device *wlr);

/* The same for a keyboard. */
void seat_add_keyboard(struct compositor *compositor, struct wlr_keyboard *wlr);

/* Tells clients which kinds of devices there are. To be called when one came or went. */
void seat_update_capabilities(struct compositor *compositor);

#endif
