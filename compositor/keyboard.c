#include "keyboard.h"

#include "bindings.h"
#include "idle.h"
#include "input_method.h"
#include "keymaps.h"
#include "listener.h"
#include "monotonic.h"
#include "parts.h"
#include "seat.h"
#include "virtual_keyboard.h"
#include "xwayland.h"
#include <assert.h>
#include <stdlib.h>
#include <wlr/interfaces/wlr_keyboard.h>
#include <wlr/types/wlr_seat.h>
#include <xkbcommon/xkbcommon.h>

#define REPEAT_RATE 25   // per second
#define REPEAT_DELAY 600 // ms

// XKB keycodes are evdev keycodes plus eight.
#define KEYCODE_OFFSET 8

// Returns true if a binding takes the press.
static bool bind_press(struct keyboard *keyboard, uint32_t keycode) {
	const xkb_keysym_t *symbols;
	if (keyboard->wlr->xkb_state == NULL) {
		return false;
	}
	int symbols_len = xkb_state_key_get_syms(keyboard->wlr->xkb_state, keycode + KEYCODE_OFFSET, &symbols);
	uint32_t modifiers = wlr_keyboard_get_modifiers(keyboard->wlr);
	for (int i = 0; i < symbols_len; i++) {
		if (bindings_press(keyboard->compositor, modifiers, symbols[i])) {
			return true;
		}
	}
	return false;
}

// Returns true if the input method takes the press.
static bool grab_press(struct keyboard *keyboard, const struct wlr_keyboard_key_event *event) {
	struct compositor *compositor = keyboard->compositor;
	if (!input_method_take_key(compositor, keyboard->wlr, event)) {
		return false;
	}
	if (keyboard->grab != compositor->input_method->grab) {
		keyboard->grab = compositor->input_method->grab;
		keyboard->grabbed_len = 0;
	}
	assert(keyboard->grabbed_len < WLR_KEYBOARD_KEYS_CAP);
	keyboard->grabbed[keyboard->grabbed_len++] = event->keycode;
	return true;
}

// Whether the input method took the press; it must receive the release then.
static bool grab_release(struct keyboard *keyboard, uint32_t keycode) {
	for (size_t i = 0; i < keyboard->grabbed_len && keyboard->grab == keyboard->compositor->input_method->grab; i++) {
		if (keyboard->grabbed[i] == keycode) {
			keyboard->grabbed[i] = keyboard->grabbed[--keyboard->grabbed_len];
			return true;
		}
	}
	return false;
}

// Whether a virtual keyboard may send keys after another keyboard, current: each change of the keyboard sends a keymap
// to every client. One bucket for all virtual keyboards, which drains at a constant rate.
static bool may_follow(struct keyboard *keyboard, const struct wlr_keyboard *current, uint64_t changes_max) {
	struct keyboards *keyboards = keyboard->compositor->keyboards;
	if (virtual_keyboard_client(keyboard->wlr) == NULL || current == keyboard->wlr) {
		return true;
	}
	if (bucket_drain(&keyboards->changes, monotonic_msec(), KEYBOARD_CHANGES_PER_SECOND) >= changes_max) {
		return false;
	}
	keyboards->changes.level++;
	return true;
}

static bool may_follow_current(struct keyboard *keyboard) {
	return may_follow(
			keyboard, input_method_current_keyboard(keyboard->compositor, keyboard->wlr), KEYBOARD_CHANGES_MAX);
}

// Whether clients may be told of a further event of this keyboard.
static bool may_send(struct keyboard *keyboard, uint64_t virtual_max) {
	return virtual_keyboard_client(keyboard->wlr) == NULL || seat_admit_virtual(keyboard->compositor, virtual_max);
}

static void handle_press(struct keyboard *keyboard, const struct wlr_keyboard_key_event *event) {
	struct compositor *compositor = keyboard->compositor;
	if (!may_send(keyboard, SEAT_VIRTUAL_EVENTS_MAX)) {
		return;
	}
	idle_notify_activity(compositor);
	if (bind_press(keyboard, event->keycode) || !may_follow_current(keyboard) || grab_press(keyboard, event) ||
			(compositor->seat->wlr->drag != NULL && !xdrag_is_active(compositor))) {
		return;
	}
	keymaps_set_keyboard(compositor, keyboard->wlr);
	keys_press(compositor, keyboard, event->time_msec, event->keycode);
}

// A release goes where the press went, whatever has happened since, so that no key stays pressed. Limits do not stop
// it, since they bound the presses.
static void handle_release(struct keyboard *keyboard, const struct wlr_keyboard_key_event *event) {
	struct compositor *compositor = keyboard->compositor;
	bool grabbed = grab_release(keyboard, event->keycode);
	if (!grabbed && !keys_is_down(compositor, keyboard, event->keycode)) {
		return;
	}
	may_send(keyboard, UINT64_MAX);
	idle_notify_activity(compositor);
	if (grabbed) {
		input_method_take_key(compositor, keyboard->wlr, event);
		return;
	}
	if (may_follow(keyboard, wlr_seat_get_keyboard(compositor->seat->wlr), 2 * KEYBOARD_CHANGES_MAX)) {
		keymaps_set_keyboard(compositor, keyboard->wlr);
	}
	keys_release(compositor, keyboard, event->time_msec, event->keycode);
}

static void handle_key(struct wl_listener *listener, void *data) {
	struct keyboard *keyboard = wl_container_of(listener, keyboard, listeners.key);
	const struct wlr_keyboard_key_event *event = data;
	if (event->state == WL_KEYBOARD_KEY_STATE_PRESSED) {
		handle_press(keyboard, event);
	} else {
		handle_release(keyboard, event);
	}
}

static void handle_modifiers(struct wl_listener *listener, void *data) {
	struct keyboard *keyboard = wl_container_of(listener, keyboard, listeners.modifiers);
	struct compositor *compositor = keyboard->compositor;
	if (!may_send(keyboard, SEAT_VIRTUAL_EVENTS_MAX)) {
		return;
	}
	bindings_modifiers(compositor, wlr_keyboard_get_modifiers(keyboard->wlr));
	if (!may_follow_current(keyboard) || input_method_take_modifiers(compositor, keyboard->wlr)) {
		return;
	}
	keymaps_set_keyboard(compositor, keyboard->wlr);
	// Not by wlr_seat_keyboard_notify_modifiers(): a drag's grab would ignore them.
	wlr_seat_keyboard_send_modifiers(compositor->seat->wlr, &keyboard->wlr->modifiers);
}

// A virtual keyboard has a keymap only if its client has sent one.
static struct wlr_keyboard *next_keyboard(struct compositor *compositor) {
	struct keyboard *keyboard;
	wl_list_for_each(keyboard, &compositor->seat->keyboards, link) {
		if (keyboard->wlr->keymap != NULL) {
			return keyboard->wlr;
		}
	}
	return &compositor->keyboards->fallback;
}

static void end_lingering(struct keyboards *keyboards) {
	if (!keyboards->is_lingering) {
		return;
	}
	if (wlr_seat_get_keyboard(keyboards->compositor->seat->wlr) == &keyboards->lingering) {
		keymaps_set_keyboard(keyboards->compositor, next_keyboard(keyboards->compositor));
	}
	wlr_keyboard_finish(&keyboards->lingering);
	keyboards->is_lingering = false;
}

static int handle_linger_end(void *data) {
	end_lingering(data);
	return 0;
}

static const struct wlr_keyboard_impl lingering_impl = {
	.name = "lingering",
};

// Returns the keyboard that follows this one, which is gone.
static struct wlr_keyboard *replace(struct keyboard *keyboard) {
	struct compositor *compositor = keyboard->compositor;
	struct keyboards *keyboards = compositor->keyboards;
	end_lingering(keyboards);
	if (!xwayland_has_keyboard(compositor) || keyboard->wlr->keymap == NULL) {
		return next_keyboard(compositor);
	}
	wlr_keyboard_init(&keyboards->lingering, &lingering_impl, lingering_impl.name);
	keyboards->is_lingering = true;
	wlr_keyboard_set_keymap(&keyboards->lingering, keyboard->wlr->keymap);
	wlr_keyboard_set_repeat_info(&keyboards->lingering, REPEAT_RATE, REPEAT_DELAY);
	wl_event_source_timer_update(keyboards->linger_end, KEYBOARD_LINGER_MS);
	return &keyboards->lingering;
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct keyboard *keyboard = wl_container_of(listener, keyboard, listeners.destroy);
	struct compositor *compositor = keyboard->compositor;
	listener_remove(&keyboard->listeners.key);
	listener_remove(&keyboard->listeners.modifiers);
	listener_remove(&keyboard->listeners.destroy);
	wl_list_remove(&keyboard->link);
	if (wlr_seat_get_keyboard(compositor->seat->wlr) == keyboard->wlr) {
		keymaps_set_keyboard(compositor, replace(keyboard));
	}
	// Its modifiers end with it.
	bindings_modifiers(compositor, wlr_keyboard_get_modifiers(wlr_seat_get_keyboard(compositor->seat->wlr)));
	free(keyboard);
	seat_update_capabilities(compositor);
}

// Follows the keyboard until it is destroyed, and sets the seat's keymap if it has none: but not for virtual keyboards,
// since that takes some milliseconds and an fd, and their clients have to send one.
static void handle_new_keyboard(struct wl_listener *listener, void *data) {
	struct keyboards *keyboards = wl_container_of(listener, keyboards, new_keyboard);
	struct compositor *compositor = keyboards->compositor;
	struct wlr_keyboard *wlr = data;
	struct keyboard *keyboard = calloc(1, sizeof(*keyboard));
	if (keyboard == NULL) {
		return;
	}
	keyboard->compositor = compositor;
	keyboard->wlr = wlr;
	if (wlr->keymap == NULL && compositor->seat->keymap != NULL && virtual_keyboard_client(wlr) == NULL) {
		wlr_keyboard_set_keymap(wlr, compositor->seat->keymap);
	}
	wlr_keyboard_set_repeat_info(wlr, REPEAT_RATE, REPEAT_DELAY);
	listener_add(&keyboard->listeners.key, &wlr->events.key, handle_key);
	listener_add(&keyboard->listeners.modifiers, &wlr->events.modifiers, handle_modifiers);
	listener_add(&keyboard->listeners.destroy, &wlr->base.events.destroy, handle_destroy);
	wl_list_insert(&compositor->seat->keyboards, &keyboard->link);
	if (wlr_seat_get_keyboard(compositor->seat->wlr) == &keyboards->fallback && wlr->keymap != NULL) {
		keymaps_set_keyboard(compositor, wlr);
	}
}

static const struct wlr_keyboard_impl fallback_impl = {
	.name = "fallback",
};

bool keyboards_init(struct compositor *compositor) {
	struct keyboards *keyboards = compositor->keyboards;
	keyboards->compositor = compositor;
	wlr_keyboard_init(&keyboards->fallback, &fallback_impl, fallback_impl.name);
	if (compositor->seat->keymap != NULL) {
		wlr_keyboard_set_keymap(&keyboards->fallback, compositor->seat->keymap);
	}
	wlr_keyboard_set_repeat_info(&keyboards->fallback, REPEAT_RATE, REPEAT_DELAY);
	keymaps_set_keyboard(compositor, &keyboards->fallback);
	keyboards->linger_end = wl_event_loop_add_timer(compositor->loop, handle_linger_end, keyboards);
	listener_add(&keyboards->new_keyboard, &compositor->seat->events.new_keyboard, handle_new_keyboard);
	return keyboards->linger_end != NULL;
}

void keyboards_finish(struct compositor *compositor) {
	listener_remove(&compositor->keyboards->new_keyboard);
	struct keyboards *keyboards = compositor->keyboards;
	if (keyboards->is_lingering) {
		wlr_keyboard_finish(&keyboards->lingering);
	}
	if (keyboards->linger_end != NULL) {
		wl_event_source_remove(keyboards->linger_end);
	}
	wlr_keyboard_finish(&keyboards->fallback);
}
