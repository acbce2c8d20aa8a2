/*
 * What attacks of X11 programs share. xattack.c has most of them, xattack_drags.c those by drags.
 */
#ifndef XATTACK_H
#define XATTACK_H

#include <stdbool.h>
#include <xcb/xcb.h>

#define SECONDS 3

struct program {
	xcb_connection_t *x;
	xcb_screen_t *screen;
};

/* Has the attack taken SECONDS, or has the X server disconnected it? */
bool is_over(const struct program *program);

/* Exits when it cannot. */
void connect_to_server(struct program *program);

xcb_atom_t find_atom(struct program *program, const char *name);

/* Creates a window of 64x64 pixels at 300, 300. */
xcb_window_t create_window(struct program *program, bool override_redirect);

/* Starts a child that acts while this process goes on, and dies with it. */
void start_child(void (*run)(struct program *program));

/* Tells the requestor that the property is set. */
void answer(struct program *program, const xcb_selection_request_event_t *request);

/* xattack_drags.c */
void forge_drags(struct program *program);
void drag_many_types(struct program *program);
void steal_drags(struct program *program);
void enter_and_leave(struct program *program);
void promise_drops(struct program *program);
void die_dragging(struct program *program);

#endif
