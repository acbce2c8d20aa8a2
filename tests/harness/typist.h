/*
 * A client with a virtual keyboard of the default keymap, and a log of what another client's wl_keyboard receives.
 */
#ifndef HARNESS_TYPIST_H
#define HARNESS_TYPIST_H

#include "client.h"

struct typist {
	struct client client;
	struct wl_seat *seat;
	struct zwp_virtual_keyboard_manager_v1 *manager;
	struct zwp_virtual_keyboard_v1 *device;
	uint32_t time;
};

/* The modifiers of KEY_LEFTSHIFT and KEY_LEFTALT in the default keymap. */
#define TYPIST_SHIFT 1
#define TYPIST_ALT 8

void typist_init(struct typist *typist, struct server *server);

/* Disconnects, whatever keys are down. */
void typist_finish(struct typist *typist);

/* Presses or releases a key (KEY_A etc.), and makes a round trip. */
void typist_key(struct typist *typist, uint32_t key, bool down);

/* Sets the modifiers that are down, and makes a round trip. */
void typist_modifiers(struct typist *typist, uint32_t modifiers);

struct keyboard_log {
	struct client *client;
	struct wl_keyboard *keyboard;
	char text[1024];    // all events but modifiers, for example "enter[56] +30 -30 leave "
	uint32_t modifiers; // depressed, of the last event
};

/* Creates the wl_keyboard. */
void keyboard_log_init(struct keyboard_log *log, struct client *client, struct wl_seat *seat);
void keyboard_log_finish(struct keyboard_log *log);

/* Makes two round trips, of which the second one has what the compositor sends at the end of a dispatch. */
void keyboard_log_settle(struct keyboard_log *log);

/* After that, the log must be this text. Empties it. */
#define keyboard_log_expect(log, wanted) keyboard_log_expect_at(__FILE__, __LINE__, log, wanted)

void keyboard_log_expect_at(const char *file, int line, struct keyboard_log *log, const char *wanted);

#endif
