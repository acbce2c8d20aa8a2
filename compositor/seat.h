/*
 * The only seat: its devices, its capabilities and its selections.
 */
#ifndef SEAT_H
#define SEAT_H

#include "bucket.h"
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

/* How long the last device of a kind must be gone until clients are told that the seat has none, ms. */
#define SEAT_LOSS_MS 100

/*
 * Limit on the events that virtual pointers and keyboards of all clients together send to others: this many at once,
 * and this many per second. A mouse that reports a thousand times a second needs a quarter of them. One event has up to
 * a hundred bytes, and a client that does not read for some seconds keeps its connection.
 */
#define SEAT_VIRTUAL_EVENTS_MAX 4096
#define SEAT_VIRTUAL_EVENTS_PER_SECOND 4096

struct seat {
	struct compositor *compositor;
	struct wlr_seat *wlr;
	struct xkb_keymap *keymap;    // for keyboards without a keymap of their own; NULL if none compiled
	struct wl_list devices;       // device.link
	struct wl_list keyboards;     // keyboard.link
	struct wl_event_source *loss; // timer
	struct bucket virtual_events;

	struct {
		struct wl_signal new_device;   // struct wlr_input_device *: a pointer, touch screen or tablet
		struct wl_signal new_keyboard; // struct wlr_keyboard *
		struct wl_signal new_pad;      // struct wlr_input_device *: the pad of a tablet
	} events;

	struct {
		struct wl_listener new_input;
		struct wl_listener request_set_selection, request_set_primary_selection;
	} listeners;
};

/* Returns false when out of memory. */
bool seat_init(struct compositor *compositor);
void seat_finish(struct compositor *compositor);

/* Adds a pointer, touch screen or tablet, until it is destroyed. */
void seat_add_device(struct compositor *compositor, struct wlr_input_device *wlr);

/* Adds a keyboard, until it is destroyed. */
void seat_add_keyboard(struct compositor *compositor, struct wlr_keyboard *wlr);

/*
 * Counts an event of a virtual device. Returns false if there are more than virtual_max (SEAT_VIRTUAL_EVENTS_MAX, or
 * more for events that must not be lost easily): clients must not receive it.
 */
bool seat_admit_virtual(struct compositor *compositor, uint64_t virtual_max);

/* Sends the kinds of devices to clients, or later that there are fewer. Call it when a device was added or removed. */
void seat_update_capabilities(struct compositor *compositor);

#endif
