#include "input_method.h"

#include "compat.h"
#include "listener.h"
#include "monotonic.h"
#include "parts.h"
#include "seat.h"
#include "session_lock.h"
#include "text_input.h"
#include "virtual_keyboard.h"
#include <string.h>
#include <wlr/types/wlr_input_method_v2.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_text_input_v3.h>

static void send_state(struct compositor *compositor) {
	struct wlr_input_method_v2 *wlr = compositor->input_method->wlr;
	struct text_input *active = compositor->text_inputs->active;
	if (wlr == NULL || active == NULL) {
		return;
	}
	const struct wlr_text_input_v3_state *state = &active->wlr->current;
	if (active->wlr->active_features & WLR_TEXT_INPUT_V3_FEATURE_SURROUNDING_TEXT) {
		wlr_input_method_v2_send_surrounding_text(
				wlr, state->surrounding.text, state->surrounding.cursor, state->surrounding.anchor);
	}
	wlr_input_method_v2_send_text_change_cause(wlr, state->text_change_cause);
	if (active->wlr->active_features & WLR_TEXT_INPUT_V3_FEATURE_CONTENT_TYPE) {
		wlr_input_method_v2_send_content_type(wlr, state->content_type.hint, state->content_type.purpose);
	}
	wlr_input_method_v2_send_done(wlr);
	input_popups_arrange(compositor);
}

static int handle_timer(void *data) {
	struct compositor *compositor = data;
	compositor->input_method->sent = monotonic_msec();
	send_state(compositor);
	return 0;
}

// The surrounding text has 4,000 bytes, and a commit of the text input, which sends it again, has eight.
void input_method_send_state(struct compositor *compositor) {
	struct input_method *input_method = compositor->input_method;
	int64_t since = monotonic_msec() - input_method->sent;
	if (since >= INPUT_METHOD_STATE_MS) {
		handle_timer(compositor);
	} else {
		wl_event_source_timer_update(input_method->timer, (int)(INPUT_METHOD_STATE_MS - since));
	}
}

void input_method_activate(struct compositor *compositor) {
	if (compositor->input_method->wlr != NULL) {
		wlr_input_method_v2_send_activate(compositor->input_method->wlr);
		input_method_send_state(compositor);
	}
}

void input_method_deactivate(struct compositor *compositor) {
	if (compositor->input_method->wlr != NULL) {
		wlr_input_method_v2_send_deactivate(compositor->input_method->wlr);
		wlr_input_method_v2_send_done(compositor->input_method->wlr);
	}
}

// NULL if there is no grab, or if the key comes from the input method's own virtual keyboard: it must not receive what
// it types.
static struct wlr_input_method_keyboard_grab_v2 *keyboard_grab(
		struct compositor *compositor, struct wlr_keyboard *keyboard) {
	struct wlr_input_method_v2 *wlr = compositor->input_method->wlr;
	if (wlr == NULL || wlr->keyboard_grab == NULL) {
		return NULL;
	}
	if (virtual_keyboard_client(keyboard) == wl_resource_get_client(wlr->resource)) {
		return NULL;
	}
	return wlr->keyboard_grab;
}

struct wlr_keyboard *input_method_current_keyboard(struct compositor *compositor, struct wlr_keyboard *keyboard) {
	struct wlr_input_method_keyboard_grab_v2 *grab = keyboard_grab(compositor, keyboard);
	return grab != NULL ? grab->keyboard : wlr_seat_get_keyboard(compositor->seat->wlr);
}

bool input_method_take_key(
		struct compositor *compositor, struct wlr_keyboard *keyboard, const struct wlr_keyboard_key_event *event) {
	struct wlr_input_method_keyboard_grab_v2 *grab = keyboard_grab(compositor, keyboard);
	// It receives releases of earlier presses, but not what is typed into a locker.
	if (grab == NULL || (event->state == WL_KEYBOARD_KEY_STATE_PRESSED && session_lock_is_locked(compositor))) {
		return false;
	}
	wlr_input_method_keyboard_grab_v2_set_keyboard(grab, keyboard);
	wlr_input_method_keyboard_grab_v2_send_key(grab, event->time_msec, event->keycode, event->state);
	return true;
}

bool input_method_take_modifiers(struct compositor *compositor, struct wlr_keyboard *keyboard) {
	struct wlr_input_method_keyboard_grab_v2 *grab = keyboard_grab(compositor, keyboard);
	if (grab == NULL || session_lock_is_locked(compositor)) {
		return false;
	}
	wlr_input_method_keyboard_grab_v2_set_keyboard(grab, keyboard);
	wlr_input_method_keyboard_grab_v2_send_modifiers(grab, &keyboard->modifiers);
	return true;
}

// Counts what is to be sent to a text input. Returns false if it must be dropped.
static bool admit_text(struct input_method *input_method, size_t size) {
	struct bucket *text = &input_method->text;
	if (bucket_drain(text, monotonic_msec(), INPUT_METHOD_TEXT_PER_SECOND) >= INPUT_METHOD_TEXT_MAX) {
		return false;
	}
	text->level += INPUT_METHOD_TEXT_MIN + size;
	return true;
}

static size_t size_of(const char *text) {
	return text != NULL ? strlen(text) : 0;
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct input_method *input_method = wl_container_of(listener, input_method, listeners.commit);
	struct text_input *active = input_method->compositor->text_inputs->active;
	const struct wlr_input_method_v2_state *state = &input_method->wlr->current;
	if (active == NULL || !admit_text(input_method, size_of(state->preedit.text) + size_of(state->commit_text))) {
		return;
	}
	if (state->preedit.text != NULL) {
		wlr_text_input_v3_send_preedit_string(
				active->wlr, state->preedit.text, state->preedit.cursor_begin, state->preedit.cursor_end);
	}
	if (state->commit_text != NULL) {
		wlr_text_input_v3_send_commit_string(active->wlr, state->commit_text);
	}
	if (state->delete.before_length != 0 || state->delete.after_length != 0) {
		wlr_text_input_v3_send_delete_surrounding_text(
				active->wlr, state->delete.before_length, state->delete.after_length);
	}
	wlr_text_input_v3_send_done(active->wlr);
}

static void handle_new_popup(struct wl_listener *listener, void *data) {
	struct input_method *input_method = wl_container_of(listener, input_method, listeners.new_popup);
	input_popup_create(input_method->compositor, data);
}

// The focused client has missed changes of the modifiers during the grab.
static void handle_grab_destroy(struct wl_listener *listener, void *data) {
	struct input_method *input_method = wl_container_of(listener, input_method, listeners.grab_destroy);
	struct compositor *compositor = input_method->compositor;
	listener_remove(&input_method->listeners.grab_destroy);
	struct wlr_keyboard *keyboard = wlr_seat_get_keyboard(compositor->seat->wlr);
	if (keyboard != NULL && seat_admit_virtual(compositor, SEAT_VIRTUAL_EVENTS_MAX)) {
		wlr_seat_keyboard_send_modifiers(compositor->seat->wlr, &keyboard->modifiers);
	}
}

static void handle_grab_keyboard(struct wl_listener *listener, void *data) {
	struct input_method *input_method = wl_container_of(listener, input_method, listeners.grab_keyboard);
	struct wlr_input_method_keyboard_grab_v2 *grab = data;
	input_method->grab++;
	listener_add(&input_method->listeners.grab_destroy, &grab->events.destroy, handle_grab_destroy);
	struct wlr_keyboard *keyboard = wlr_seat_get_keyboard(input_method->compositor->seat->wlr);
	if (keyboard != NULL) {
		wlr_input_method_keyboard_grab_v2_set_keyboard(grab, keyboard);
	}
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct input_method *input_method = wl_container_of(listener, input_method, listeners.destroy);
	input_method->wlr = NULL;
	listener_remove(&input_method->listeners.commit);
	listener_remove(&input_method->listeners.new_popup);
	listener_remove(&input_method->listeners.grab_keyboard);
	listener_remove(&input_method->listeners.destroy);
	struct text_input *active = input_method->compositor->text_inputs->active;
	if (active != NULL && admit_text(input_method, 0)) {
		// Discards the text that it was composing.
		wlr_text_input_v3_send_preedit_string(active->wlr, NULL, 0, 0);
		wlr_text_input_v3_send_done(active->wlr);
	}
}

static void handle_new_input_method(struct wl_listener *listener, void *data) {
	struct input_method *input_method = wl_container_of(listener, input_method, listeners.new_input_method);
	struct compositor *compositor = input_method->compositor;
	struct wlr_input_method_v2 *wlr = data;
	if (input_method->wlr != NULL || wlr->seat != compositor->seat->wlr) {
		wlr_input_method_v2_send_unavailable(wlr);
		return;
	}
	input_method->wlr = wlr;
	listener_add(&input_method->listeners.commit, &wlr->events.commit, handle_commit);
	listener_add(&input_method->listeners.new_popup, &wlr->events.new_popup_surface, handle_new_popup);
	listener_add(&input_method->listeners.grab_keyboard, &wlr->events.grab_keyboard, handle_grab_keyboard);
	listener_add(&input_method->listeners.destroy, &wlr->events.destroy, handle_destroy);
	text_input_activate_any(compositor);
}

bool input_method_init(struct compositor *compositor) {
	struct input_method *input_method = compositor->input_method;
	input_method->compositor = compositor;
	wl_list_init(&input_method->popups);
	input_method->timer = wl_event_loop_add_timer(compositor->loop, handle_timer, compositor);
	struct wlr_input_method_manager_v2 *manager = wlr_input_method_manager_v2_create(compositor->display);
	if (manager == NULL || input_method->timer == NULL) {
		return false;
	}
	listener_add(
			&input_method->listeners.new_input_method, input_method_manager_signal(manager), handle_new_input_method);
	return true;
}

void input_method_finish(struct compositor *compositor) {
	listener_remove(&compositor->input_method->listeners.new_input_method);
	if (compositor->input_method->timer != NULL) {
		wl_event_source_remove(compositor->input_method->timer);
	}
}
