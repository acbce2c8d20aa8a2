#include "virtual_pointer.h"

#include "cursor.h"
#include "listener.h"
#include "monotonic.h"
#include "output.h"
#include "parts.h"
#include "seat.h"
#include <stdlib.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_virtual_pointer_v1.h>

static struct virtual_pointer *find(struct compositor *compositor, struct wlr_pointer *wlr) {
	struct virtual_pointer *pointer;
	wl_list_for_each(pointer, &compositor->virtual_pointers->list, link) {
		if (pointer->wlr == wlr) {
			return pointer;
		}
	}
	return NULL;
}

static bool forget_button(struct virtual_pointer *pointer, uint32_t button) {
	for (size_t i = 0; i < pointer->pressed_len; i++) {
		if (pointer->pressed[i] == button) {
			pointer->pressed[i] = pointer->pressed[--pointer->pressed_len];
			return true;
		}
	}
	return false;
}

// Returns false if the event must be ignored. The release of a button that is down must not: all pointers would stay
// with the window.
static bool note_button(struct virtual_pointer *pointer, const struct wlr_pointer_button_event *button) {
	if (button->state == WL_POINTER_BUTTON_STATE_RELEASED && forget_button(pointer, button->button)) {
		return true;
	}
	if (!seat_admit_virtual(pointer->compositor, SEAT_VIRTUAL_EVENTS_MAX)) {
		return false;
	}
	if (button->state == WL_POINTER_BUTTON_STATE_PRESSED) {
		if (pointer->pressed_len == VIRTUAL_POINTER_BUTTONS_MAX) {
			return false;
		}
		pointer->pressed[pointer->pressed_len++] = button->button;
	}
	return true;
}

static bool is_motion(const struct pointer_event *event) {
	return event->type == POINTER_EVENT_MOTION || event->type == POINTER_EVENT_MOTION_ABSOLUTE;
}

static void settle_later(struct compositor *compositor) {
	struct virtual_pointers *pointers = compositor->virtual_pointers;
	if (!pointers->is_settling && pointers->settle != NULL) {
		pointers->is_settling = true;
		wl_event_source_timer_update(pointers->settle, VIRTUAL_POINTER_SETTLE_MS);
	}
}

static int handle_settle(void *data) {
	struct compositor *compositor = data;
	compositor->virtual_pointers->is_settling = false;
	cursor_settle(compositor);
	return 0;
}

// Returns false if clients must not be told of it.
static bool admit(struct virtual_pointer *pointer, const struct pointer_event *event) {
	return event->type == POINTER_EVENT_BUTTON ? note_button(pointer, &event->button)
											   : seat_admit_virtual(pointer->compositor, SEAT_VIRTUAL_EVENTS_MAX);
}

static void apply_held(struct virtual_pointer *pointer) {
	struct compositor *compositor = pointer->compositor;
	for (size_t i = 0; i < pointer->held_len; i++) {
		const struct pointer_event *event = &pointer->held[i];
		if (admit(pointer, event)) {
			compositor->virtual_pointers->is_frame_empty = false;
			cursor_apply(compositor, event);
		} else if (is_motion(event)) {
			cursor_apply_quietly(compositor, event);
			settle_later(compositor);
		}
	}
	pointer->held_len = 0;
}

// A destroyed pointer must not hold buttons: all pointers would stay with the window that it pressed.
static void release_buttons(struct virtual_pointer *pointer) {
	if (pointer->pressed_len == 0) {
		return;
	}
	while (pointer->pressed_len > 0) {
		struct pointer_event event = {.type = POINTER_EVENT_BUTTON};
		event.button.pointer = pointer->wlr;
		event.button.time_msec = (uint32_t)monotonic_msec();
		event.button.button = pointer->pressed[--pointer->pressed_len];
		event.button.state = WL_POINTER_BUTTON_STATE_RELEASED;
		cursor_apply(pointer->compositor, &event);
	}
	wlr_seat_pointer_notify_frame(pointer->compositor->seat->wlr);
}

// Applies what the frame holds. A frame that holds nothing is an event by itself.
static void begin_frame(struct virtual_pointer *pointer) {
	struct compositor *compositor = pointer->compositor;
	compositor->virtual_pointers->is_frame_empty =
			pointer->held_len > 0 || !seat_admit_virtual(compositor, SEAT_VIRTUAL_EVENTS_MAX);
	apply_held(pointer);
}

bool virtual_pointer_hold(struct compositor *compositor, struct wlr_pointer *wlr, const struct pointer_event *event) {
	struct virtual_pointer *pointer = find(compositor, wlr);
	if (pointer == NULL) {
		return false;
	}
	pointer->held[pointer->held_len++] = *event;
	if (pointer->held_len == VIRTUAL_POINTER_EVENTS_MAX) {
		begin_frame(pointer);
		if (!virtual_pointer_is_frame_empty(compositor)) {
			wlr_seat_pointer_notify_frame(compositor->seat->wlr);
		}
	}
	return true;
}

bool virtual_pointer_is_frame_empty(struct compositor *compositor) {
	bool is_empty = compositor->virtual_pointers->is_frame_empty;
	compositor->virtual_pointers->is_frame_empty = false;
	return is_empty;
}

// The cursor's listener runs after this one, and sends the frame to clients.
static void handle_frame(struct wl_listener *listener, void *data) {
	struct virtual_pointer *pointer = wl_container_of(listener, pointer, listeners.frame);
	begin_frame(pointer);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct virtual_pointer *pointer = wl_container_of(listener, pointer, listeners.destroy);
	release_buttons(pointer);
	listener_remove(&pointer->listeners.frame);
	listener_remove(&pointer->listeners.destroy);
	wl_list_remove(&pointer->link);
	free(pointer);
}

static void handle_new_pointer(struct wl_listener *listener, void *data) {
	struct virtual_pointers *virtual_pointers = wl_container_of(listener, virtual_pointers, new_pointer);
	struct compositor *compositor = virtual_pointers->compositor;
	const struct wlr_virtual_pointer_v1_new_pointer_event *event = data;
	struct wlr_pointer *wlr = &event->new_pointer->pointer;
	struct virtual_pointer *pointer = calloc(1, sizeof(*pointer));
	if (pointer == NULL) {
		wl_resource_post_no_memory(event->new_pointer->resource);
		return;
	}
	pointer->compositor = compositor;
	pointer->wlr = wlr;
	wl_list_insert(&virtual_pointers->list, &pointer->link);
	listener_add(&pointer->listeners.frame, &wlr->events.frame, handle_frame); // before the cursor listens to it
	listener_add(&pointer->listeners.destroy, &wlr->base.events.destroy, handle_destroy);
	seat_add_device(compositor, &wlr->base);
	if (event->suggested_output != NULL) {
		pointer->output = event->suggested_output;
		wlr_cursor_map_input_to_output(compositor->cursor->wlr, &wlr->base, pointer->output);
	}
}

// The cursor would go on using the output.
static void handle_output_destroy(struct wl_listener *listener, void *data) {
	struct virtual_pointers *pointers = wl_container_of(listener, pointers, output_destroy);
	const struct output *output = data;
	struct virtual_pointer *pointer;
	wl_list_for_each(pointer, &pointers->list, link) {
		if (pointer->output == output->wlr) {
			pointer->output = NULL;
			wlr_cursor_map_input_to_output(pointers->compositor->cursor->wlr, &pointer->wlr->base, NULL);
		}
	}
}

bool virtual_pointers_init(struct compositor *compositor) {
	struct virtual_pointers *pointers = compositor->virtual_pointers;
	pointers->compositor = compositor;
	wl_list_init(&pointers->list);
	struct wlr_virtual_pointer_manager_v1 *manager = wlr_virtual_pointer_manager_v1_create(compositor->display);
	pointers->settle = wl_event_loop_add_timer(compositor->loop, handle_settle, compositor);
	if (manager == NULL || pointers->settle == NULL) {
		return false;
	}
	listener_add(&pointers->new_pointer, &manager->events.new_virtual_pointer, handle_new_pointer);
	listener_add(&pointers->output_destroy, &compositor->outputs->events.destroy, handle_output_destroy);
	return true;
}

void virtual_pointers_finish(struct compositor *compositor) {
	listener_remove(&compositor->virtual_pointers->new_pointer);
	listener_remove(&compositor->virtual_pointers->output_destroy);
	if (compositor->virtual_pointers->settle != NULL) {
		wl_event_source_remove(compositor->virtual_pointers->settle);
		compositor->virtual_pointers->settle = NULL;
	}
}
