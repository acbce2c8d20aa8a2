#include "seat.h"

#include "listener.h"
#include "log.h"
#include "monotonic.h"
#include "parts.h"
#include <stdlib.h>
#include <wlr/backend.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_primary_selection.h>
#include <wlr/types/wlr_seat.h>
#include <xkbcommon/xkbcommon.h>

static uint32_t get_capabilities(const struct seat *seat) {
	uint32_t capabilities = wl_list_empty(&seat->keyboards) ? 0 : WL_SEAT_CAPABILITY_KEYBOARD;
	struct device *device;
	wl_list_for_each(device, &seat->devices, link) {
		// A tablet acts as a pointer where clients do not know tablets.
		capabilities |=
				device->wlr->type == WLR_INPUT_DEVICE_TOUCH ? WL_SEAT_CAPABILITY_TOUCH : WL_SEAT_CAPABILITY_POINTER;
	}
	return capabilities;
}

static int handle_loss(void *data) {
	struct seat *seat = data;
	wlr_seat_set_capabilities(seat->wlr, get_capabilities(seat));
	return 0;
}

// Each change is sent to all clients, and a virtual device comes and goes by 40 bytes of requests.
void seat_update_capabilities(struct compositor *compositor) {
	struct seat *seat = compositor->seat;
	uint32_t now = seat->wlr->capabilities, then = get_capabilities(seat);
	if ((then & ~now) != 0) {
		wlr_seat_set_capabilities(seat->wlr, now | then);
	}
	if ((now & ~then) != 0) {
		wl_event_source_timer_update(seat->loss, SEAT_LOSS_MS);
	}
}

static void handle_device_destroy(struct wl_listener *listener, void *data) {
	struct device *device = wl_container_of(listener, device, destroy);
	struct compositor *compositor = device->compositor;
	listener_remove(&device->destroy);
	wl_list_remove(&device->link);
	free(device);
	seat_update_capabilities(compositor);
}

void seat_add_device(struct compositor *compositor, struct wlr_input_device *wlr) {
	struct device *device = calloc(1, sizeof(*device));
	if (device == NULL) {
		return;
	}
	device->compositor = compositor;
	device->wlr = wlr;
	wl_list_insert(&compositor->seat->devices, &device->link);
	listener_add(&device->destroy, &wlr->events.destroy, handle_device_destroy);
	wl_signal_emit_mutable(&compositor->seat->events.new_device, wlr);
	seat_update_capabilities(compositor);
}

void seat_add_keyboard(struct compositor *compositor, struct wlr_keyboard *wlr) {
	wl_signal_emit_mutable(&compositor->seat->events.new_keyboard, wlr);
	seat_update_capabilities(compositor);
}

bool seat_admit_virtual(struct compositor *compositor, uint64_t virtual_max) {
	struct seat *seat = compositor->seat;
	if (bucket_drain(&seat->virtual_events, monotonic_msec(), SEAT_VIRTUAL_EVENTS_PER_SECOND) >= virtual_max) {
		return false;
	}
	seat->virtual_events.level++;
	return true;
}

static void handle_new_input(struct wl_listener *listener, void *data) {
	struct seat *seat = wl_container_of(listener, seat, listeners.new_input);
	struct compositor *compositor = seat->compositor;
	struct wlr_input_device *wlr = data;
	if (wlr->type == WLR_INPUT_DEVICE_KEYBOARD) {
		seat_add_keyboard(compositor, wlr_keyboard_from_input_device(wlr));
	} else if (wlr->type == WLR_INPUT_DEVICE_POINTER || wlr->type == WLR_INPUT_DEVICE_TOUCH ||
			   wlr->type == WLR_INPUT_DEVICE_TABLET) {
		seat_add_device(compositor, wlr);
	} else if (wlr->type == WLR_INPUT_DEVICE_TABLET_PAD) {
		wl_signal_emit_mutable(&seat->events.new_pad, wlr);
	}
}

static void handle_request_set_selection(struct wl_listener *listener, void *data) {
	struct seat *seat = wl_container_of(listener, seat, listeners.request_set_selection);
	const struct wlr_seat_request_set_selection_event *event = data;
	wlr_seat_set_selection(seat->wlr, event->source, event->serial);
}

static void handle_request_set_primary_selection(struct wl_listener *listener, void *data) {
	struct seat *seat = wl_container_of(listener, seat, listeners.request_set_primary_selection);
	const struct wlr_seat_request_set_primary_selection_event *event = data;
	wlr_seat_set_primary_selection(seat->wlr, event->source, event->serial);
}

// XKB_DEFAULT_LAYOUT and similar variables select the keymap. A wrong value must not leave us without a keyboard.
static struct xkb_keymap *compile_keymap(void) {
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	if (context == NULL) {
		return NULL;
	}
	struct xkb_keymap *keymap = xkb_keymap_new_from_names(context, NULL, XKB_KEYMAP_COMPILE_NO_FLAGS);
	if (keymap == NULL) {
		log_error("no keymap matches XKB_DEFAULT_*; falling back to \"us\"");
		const struct xkb_rule_names names = {.rules = "evdev", .model = "pc105", .layout = "us"};
		keymap = xkb_keymap_new_from_names(context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
	}
	xkb_context_unref(context);
	return keymap;
}

static void seat_listen(struct compositor *compositor) {
	struct seat *seat = compositor->seat;
	listener_add(&seat->listeners.new_input, &compositor->backend->events.new_input, handle_new_input);
	listener_add(&seat->listeners.request_set_selection, &seat->wlr->events.request_set_selection,
			handle_request_set_selection);
	listener_add(&seat->listeners.request_set_primary_selection, &seat->wlr->events.request_set_primary_selection,
			handle_request_set_primary_selection);
}

bool seat_init(struct compositor *compositor) {
	struct seat *seat = compositor->seat;
	seat->compositor = compositor;
	wl_signal_init(&seat->events.new_device);
	wl_signal_init(&seat->events.new_keyboard);
	wl_signal_init(&seat->events.new_pad);
	wl_list_init(&seat->devices);
	wl_list_init(&seat->keyboards);
	seat->wlr = wlr_seat_create(compositor->display, "seat0");
	seat->keymap = compile_keymap();
	seat->loss = wl_event_loop_add_timer(compositor->loop, handle_loss, seat);
	if (seat->wlr == NULL || seat->loss == NULL) {
		return false;
	}
	seat_listen(compositor);
	return true;
}

void seat_finish(struct compositor *compositor) {
	struct seat *seat = compositor->seat;
	signal_finish(&seat->events.new_device);
	signal_finish(&seat->events.new_keyboard);
	signal_finish(&seat->events.new_pad);
	listener_remove(&seat->listeners.new_input);
	listener_remove(&seat->listeners.request_set_selection);
	listener_remove(&seat->listeners.request_set_primary_selection);
	xkb_keymap_unref(seat->keymap);
	if (seat->loss != NULL) {
		wl_event_source_remove(seat->loss);
	}
	if (seat->wlr != NULL) {
		wlr_seat_destroy(seat->wlr);
	}
}
