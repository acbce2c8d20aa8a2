/*
 * The input method: a client that turns keys into text for another. There is one at a time.
 */
#ifndef INPUT_METHOD_H
#define INPUT_METHOD_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_input_method_v2;
struct wlr_input_popup_surface_v2;
struct wlr_keyboard;
struct wlr_keyboard_key_event;
struct wlr_scene_tree;

/* A window of the input method, next to the text that is being typed. */
struct input_popup {
	struct compositor *compositor;
	struct wlr_input_popup_surface_v2 *wlr;
	struct wlr_scene_tree *tree;
	int width, height;   // of the surface, at the last commit
	struct wl_list link; // input_method.popups

	struct {
		struct wl_listener map, commit, destroy;
	} listeners;
};

struct input_method {
	struct compositor *compositor;
	struct wlr_input_method_v2 *wlr; // NULL: there is none
	struct wl_list popups;           // input_popup.link

	struct {
		struct wl_listener new_input_method, commit, new_popup, grab_keyboard, grab_destroy, destroy;
	} listeners;
};

/* False: out of memory. */
bool input_method_init(struct compositor *compositor);
void input_method_finish(struct compositor *compositor);

/* Tells it of the active text input, that there is none any more, or that its state has changed. */
void input_method_activate(struct compositor *compositor);
void input_method_deactivate(struct compositor *compositor);
void input_method_send_state(struct compositor *compositor);

/* Gives it a key, or the modifiers, if it has grabbed the keyboard. False: they are for the focus. */
bool input_method_take_key(
		struct compositor *compositor, struct wlr_keyboard *keyboard, const struct wlr_keyboard_key_event *event);
bool input_method_take_modifiers(struct compositor *compositor, struct wlr_keyboard *keyboard);

/* Shows a new window of the input method. In input_popup.c. */
void input_popup_create(struct compositor *compositor, struct wlr_input_popup_surface_v2 *wlr);

/* Puts all of them next to the text cursor, which may have moved. In input_popup.c. */
void input_popups_arrange(struct compositor *compositor);

#endif
