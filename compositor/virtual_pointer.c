#include "virtual_pointer.h"

#include "cursor.h"
#include "listener.h"
#include "monotonic.h"
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

static void forget_button(struct virtual_pointer *pointer, uint32_t button) {
	for (size_t i = 0; i < pointer->pressed_len; i++) {
		if (pointer->pressed[i] == button) {
			pointer->pressed[i] = pointer->pressed[--pointer->pressed_len];
			return;
		}
	}
}

// Returns false if the event must be ignored.
static bool note_button(struct virtual_pointer *pointer, const struct wlr_pointer_button_event *button) {
	if (button->state == WL_POINTER_BUTTON_STATE_RELEASED) {
		forget_button(pointer, button->button);
		return true;
	}
	if (pointer->pressed_len == VIRTUAL_POINTER_BUTTONS_MAX) {
		return false;
	}
	pointer->pressed[pointer->pressed_len++] = button->button;
	return true;
}

static void apply_held(struct virtual_pointer *pointer) {
	for (size_t i = 0; i < pointer->held_len; i++) {
		const struct pointer_event *event = &pointer->held[i];
		if (event->type != POINTER_EVENT_BUTTON || note_button(pointer, &event->button)) {
			cursor_apply(pointer->compositor, event);
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

bool virtual_pointer_hold(struct compositor *compositor, struct wlr_pointer *wlr, const struct pointer_event *event) {
	struct virtual_pointer *pointer = find(compositor, wlr);
	if (pointer == NULL) {
		return false;
	}
	pointer->held[pointer->held_len++] = *event;
	if (pointer->held_len == VIRTUAL_POINTER_EVENTS_MAX) {
		apply_held(pointer);
		wlr_seat_pointer_notify_frame(compositor->seat->wlr);
	}
	return true;
}

// The cursor's listener runs after this one, and sends the frame to clients.
static void handle_frame(struct wl_listener *listener, void *data) {
	struct virtual_pointer *pointer = wl_container_of(listener, pointer, listeners.frame);
	apply_held(pointer);
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
		wlr_cursor_map_input_to_output(compositor->cursor->wlr, &wlr->base, event->suggested_output);
	}
}

bool virtual_pointers_init(struct compositor *compositor) {
	struct virtual_pointers *pointers = compositor->virtual_pointers;
	pointers->compositor = compositor;
	wl_list_init(&pointers->list);
	struct wlr_virtual_pointer_manager_v1 *manager = wlr_virtual_pointer_manager_v1_create(compositor->display);
	if (manager == NULL) {
		return false;
	}
	listener_add(&pointers->new_pointer, &manager->events.new_virtual_pointer, handle_new_pointer);
	return true;
}

void virtual_pointers_finish(struct compositor *compositor) {
	listener_remove(&compositor->virtual_pointers->new_pointer);
}
