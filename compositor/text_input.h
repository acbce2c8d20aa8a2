/*
 * Text inputs: text fields of the focused window, as an input method sees them.
 */
#ifndef TEXT_INPUT_H
#define TEXT_INPUT_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_text_input_v3;

struct text_input {
	struct compositor *compositor;
	struct wlr_text_input_v3 *wlr;
	struct wl_list link; // text_inputs.list

	struct {
		struct wl_listener enable, commit, disable, destroy;
	} listeners;
};

struct text_inputs {
	struct compositor *compositor;
	struct wl_list list;       // text_input.link
	struct text_input *active; // enabled, and on the surface with the keyboard focus; may be NULL

	struct {
		struct wl_listener new_text_input, keyboard_focus_change;
	} listeners;
};

/* Returns false when out of memory. */
bool text_inputs_init(struct compositor *compositor);
void text_inputs_finish(struct compositor *compositor);

/* Activates a text input that is enabled and has the keyboard focus, if there is one: for a new input method. */
void text_input_activate_any(struct compositor *compositor);

#endif
