/*
 * The input method: a client that turns keys into text for another client. There is at most one at a time.
 */
#ifndef INPUT_METHOD_H
#define INPUT_METHOD_H

#include "bucket.h"
#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_input_method_v2;
struct wlr_input_popup_surface_v2;
struct wlr_keyboard;
struct wlr_keyboard_key_event;
struct wlr_scene_tree;

/* A popup of the input method, next to the text that the user types. */
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

/*
 * The input method receives the state of the text input at most once in this time, in milliseconds: a client that
 * changes it without end must not end a slow input method.
 */
#define INPUT_METHOD_STATE_MS 10

/*
 * Limit on what input methods send to text inputs, bytes: this many at once, and this many per second. What is beyond
 * is dropped: a client that receives more than it reads does nothing else. Each commit counts as INPUT_METHOD_TEXT_MIN
 * at least.
 */
#define INPUT_METHOD_TEXT_MAX (256 * 1024)
#define INPUT_METHOD_TEXT_PER_SECOND (256 * 1024)
#define INPUT_METHOD_TEXT_MIN 128

struct input_method {
	struct compositor *compositor;
	struct wlr_input_method_v2 *wlr; // NULL if there is no input method
	struct wl_list popups;           // input_popup.link
	uint64_t grab;                   // how many grabs of the keyboard there have been: the number of the last one
	int64_t sent;                    // when it was last sent the state of a text input, ms
	struct wl_event_source *timer;   // sends it again
	struct bucket text;              // that was sent to text inputs, bytes

	struct {
		struct wl_listener new_input_method, commit, new_popup, grab_keyboard, grab_destroy, destroy;
	} listeners;
};

/* Returns false when out of memory. */
bool input_method_init(struct compositor *compositor);
void input_method_finish(struct compositor *compositor);

/*
 * Tell the input method that a text input has become active, that none is active any more, or that the state of the
 * active one has changed. The state may follow some milliseconds later. They do nothing without an input method.
 */
void input_method_activate(struct compositor *compositor);
void input_method_deactivate(struct compositor *compositor);
void input_method_send_state(struct compositor *compositor);

/*
 * The keyboard whose keys were sent last to those who would receive a key of this keyboard: the input method, if it has
 * grabbed the keyboard, or else the focused surface.
 */
struct wlr_keyboard *input_method_current_keyboard(struct compositor *compositor, struct wlr_keyboard *keyboard);

/*
 * Send a key, or the modifiers, to the input method if it has grabbed the keyboard. They return false if it has not:
 * the focused surface receives them then.
 */
bool input_method_take_key(
		struct compositor *compositor, struct wlr_keyboard *keyboard, const struct wlr_keyboard_key_event *event);
bool input_method_take_modifiers(struct compositor *compositor, struct wlr_keyboard *keyboard);

/* Shows a new popup of the input method. In input_popup.c. */
void input_popup_create(struct compositor *compositor, struct wlr_input_popup_surface_v2 *wlr);

/* Places all popups of the input method next to the text cursor, which may have moved. In input_popup.c. */
void input_popups_arrange(struct compositor *compositor);

#endif
