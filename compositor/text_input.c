#include "text_input.h"

#include "compat.h"
#include "input_method.h"
#include "listener.h"
#include "parts.h"
#include "seat.h"
#include "session_lock.h"
#include "usage.h"
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_text_input_v3.h>

static void text_input_activate(struct text_input *text_input) {
	struct compositor *compositor = text_input->compositor;
	compositor->text_inputs->active = text_input;
	input_method_activate(compositor);
}

static void text_input_deactivate(struct text_input *text_input) {
	struct compositor *compositor = text_input->compositor;
	if (compositor->text_inputs->active == text_input) {
		compositor->text_inputs->active = NULL;
		input_method_deactivate(compositor);
	}
}

// The input method is told each time. Returns false if the client is ended.
static bool spend(struct text_input *text_input) {
	return usage_spend(wl_resource_get_client(text_input->wlr->resource), BUDGET_TEXT_INPUTS, 1);
}

static void handle_enable(struct wl_listener *listener, void *data) {
	struct text_input *text_input = wl_container_of(listener, text_input, listeners.enable);
	if (text_input->wlr->focused_surface != NULL && spend(text_input)) {
		text_input_activate(text_input);
	}
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct text_input *text_input = wl_container_of(listener, text_input, listeners.commit);
	if (text_input->compositor->text_inputs->active == text_input) {
		input_method_send_state(text_input->compositor);
	}
}

static void handle_disable(struct wl_listener *listener, void *data) {
	struct text_input *text_input = wl_container_of(listener, text_input, listeners.disable);
	spend(text_input);
	text_input_deactivate(text_input);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct text_input *text_input = wl_container_of(listener, text_input, listeners.destroy);
	text_input_deactivate(text_input);
	listener_remove(&text_input->listeners.enable);
	listener_remove(&text_input->listeners.commit);
	listener_remove(&text_input->listeners.disable);
	listener_remove(&text_input->listeners.destroy);
	wl_list_remove(&text_input->link);
	free(text_input);
}

// An input method must not learn the password that is typed into a locker.
static void move_to_surface(struct text_input *text_input, struct wlr_surface *surface) {
	struct wlr_text_input_v3 *wlr = text_input->wlr;
	if (session_lock_is_locked(text_input->compositor)) {
		surface = NULL;
	}
	if (wlr->focused_surface != NULL && wlr->focused_surface != surface) {
		text_input_deactivate(text_input);
		wlr_text_input_v3_send_leave(wlr);
	}
	if (surface != NULL && wlr->focused_surface == NULL &&
			wl_resource_get_client(surface->resource) == wl_resource_get_client(wlr->resource)) {
		wlr_text_input_v3_send_enter(wlr, surface);
	}
}

static void handle_keyboard_focus_change(struct wl_listener *listener, void *data) {
	struct text_inputs *text_inputs = wl_container_of(listener, text_inputs, listeners.keyboard_focus_change);
	const struct wlr_seat_keyboard_focus_change_event *event = data;
	struct text_input *text_input;
	wl_list_for_each(text_input, &text_inputs->list, link) {
		move_to_surface(text_input, event->new_surface);
	}
}

void text_input_activate_any(struct compositor *compositor) {
	struct text_input *text_input;
	wl_list_for_each(text_input, &compositor->text_inputs->list, link) {
		if (text_input->wlr->focused_surface != NULL && text_input->wlr->current_enabled) {
			text_input_activate(text_input);
			return;
		}
	}
}

static void handle_new_text_input(struct wl_listener *listener, void *data) {
	struct text_inputs *text_inputs = wl_container_of(listener, text_inputs, listeners.new_text_input);
	struct compositor *compositor = text_inputs->compositor;
	struct wlr_text_input_v3 *wlr = data;
	struct text_input *text_input = calloc(1, sizeof(*text_input));
	if (text_input == NULL || wlr->seat != compositor->seat->wlr) {
		free(text_input);
		return;
	}
	text_input->compositor = compositor;
	text_input->wlr = wlr;
	wl_list_insert(&text_inputs->list, &text_input->link);
	listener_add(&text_input->listeners.enable, &wlr->events.enable, handle_enable);
	listener_add(&text_input->listeners.commit, &wlr->events.commit, handle_commit);
	listener_add(&text_input->listeners.disable, &wlr->events.disable, handle_disable);
	listener_add(&text_input->listeners.destroy, &wlr->events.destroy, handle_destroy);
	move_to_surface(text_input, compositor->seat->wlr->keyboard_state.focused_surface);
}

bool text_inputs_init(struct compositor *compositor) {
	struct text_inputs *text_inputs = compositor->text_inputs;
	text_inputs->compositor = compositor;
	wl_list_init(&text_inputs->list);
	struct wlr_text_input_manager_v3 *manager = wlr_text_input_manager_v3_create(compositor->display);
	if (manager == NULL) {
		return false;
	}
	listener_add(&text_inputs->listeners.new_text_input, text_input_manager_signal(manager), handle_new_text_input);
	listener_add(&text_inputs->listeners.keyboard_focus_change,
			&compositor->seat->wlr->keyboard_state.events.focus_change, handle_keyboard_focus_change);
	return true;
}

void text_inputs_finish(struct compositor *compositor) {
	listener_remove(&compositor->text_inputs->listeners.new_text_input);
	listener_remove(&compositor->text_inputs->listeners.keyboard_focus_change);
}
