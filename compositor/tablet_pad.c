#include "tablet_pad.h"

#include "focus.h"
#include "idle.h"
#include "listener.h"
#include "log.h"
#include "parts.h"
#include "seat.h"
#include "tablet.h"
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_tablet_pad.h>
#include <wlr/types/wlr_tablet_v2.h>

static void forget_surface(struct tablet_pad *pad) {
	pad->surface = NULL;
	pad->v2->current_client = NULL;
	listener_remove(&pad->listeners.surface_destroy);
}

static void handle_surface_destroy(struct wl_listener *listener, void *data) {
	struct tablet_pad *pad = wl_container_of(listener, pad, listeners.surface_destroy);
	forget_surface(pad);
}

// Nothing tells which pad belongs to which tablet; people have one.
static struct tablet *find_tablet(const struct compositor *compositor) {
	struct tablet *tablet = NULL;
	if (!wl_list_empty(&compositor->tablets->list)) {
		tablet = wl_container_of(compositor->tablets->list.next, tablet, link);
	}
	return tablet;
}

static void update(struct tablet_pad *pad) {
	struct wlr_surface *surface = pad->compositor->seat->wlr->keyboard_state.focused_surface;
	const struct tablet *tablet = find_tablet(pad->compositor);
	if (surface == pad->surface) {
		return;
	}
	if (pad->surface != NULL) {
		wlr_send_tablet_v2_tablet_pad_leave(pad->v2, pad->surface);
		forget_surface(pad);
	}
	if (surface != NULL && tablet != NULL && wlr_send_tablet_v2_tablet_pad_enter(pad->v2, tablet->v2, surface) != 0) {
		pad->surface = surface;
		listener_add(&pad->listeners.surface_destroy, &surface->events.destroy, handle_surface_destroy);
	}
}

static void handle_focus_changed(struct wl_listener *listener, void *data) {
	struct tablet_pads *pads = wl_container_of(listener, pads, listeners.focus_changed);
	struct tablet_pad *pad;
	wl_list_for_each(pad, &pads->list, link) {
		update(pad);
	}
}

// A client may have asked for the pad since it got the focus.
static void prepare(struct tablet_pad *pad) {
	idle_notify_activity(pad->compositor);
	update(pad);
}

static void handle_button(struct wl_listener *listener, void *data) {
	struct tablet_pad *pad = wl_container_of(listener, pad, listeners.button);
	const struct wlr_tablet_pad_button_event *event = data;
	prepare(pad);
	if (event->group < pad->v2->group_count) {
		wlr_send_tablet_v2_tablet_pad_mode(pad->v2, event->group, event->mode, event->time_msec);
	}
	wlr_send_tablet_v2_tablet_pad_button(pad->v2, event->button, event->time_msec,
			event->state == WLR_BUTTON_PRESSED ? ZWP_TABLET_PAD_V2_BUTTON_STATE_PRESSED
											   : ZWP_TABLET_PAD_V2_BUTTON_STATE_RELEASED);
}

static void handle_ring(struct wl_listener *listener, void *data) {
	struct tablet_pad *pad = wl_container_of(listener, pad, listeners.ring);
	const struct wlr_tablet_pad_ring_event *event = data;
	prepare(pad);
	if (event->ring < pad->v2->wlr_pad->ring_count) {
		wlr_send_tablet_v2_tablet_pad_ring(pad->v2, event->ring, event->position,
				event->source == WLR_TABLET_PAD_RING_SOURCE_FINGER, event->time_msec);
	}
}

static void handle_strip(struct wl_listener *listener, void *data) {
	struct tablet_pad *pad = wl_container_of(listener, pad, listeners.strip);
	const struct wlr_tablet_pad_strip_event *event = data;
	prepare(pad);
	if (event->strip < pad->v2->wlr_pad->strip_count) {
		wlr_send_tablet_v2_tablet_pad_strip(pad->v2, event->strip, event->position,
				event->source == WLR_TABLET_PAD_STRIP_SOURCE_FINGER, event->time_msec);
	}
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct tablet_pad *pad = wl_container_of(listener, pad, listeners.destroy);
	if (pad->surface != NULL) {
		forget_surface(pad);
	}
	listener_remove(&pad->listeners.destroy);
	listener_remove(&pad->listeners.button);
	listener_remove(&pad->listeners.ring);
	listener_remove(&pad->listeners.strip);
	wl_list_remove(&pad->link);
	free(pad->v2->groups); // wlroots leaks them
	pad->v2->groups = NULL;
	free(pad);
}

static bool are_below(const unsigned int *indices, size_t len, size_t max) {
	for (size_t i = 0; i < len; i++) {
		if (indices[i] >= max) {
			return false;
		}
	}
	return true;
}

// When a client goes, wlroots forgets only as many rings and strips as the last group has, and uses others after they
// are freed.
static bool is_safe(const struct wlr_tablet_pad *wlr) {
	if (wl_list_empty(&wlr->groups)) {
		return true;
	}
	const struct wlr_tablet_pad_group *last = wl_container_of(wlr->groups.prev, last, link);
	const struct wlr_tablet_pad_group *group;
	wl_list_for_each(group, &wlr->groups, link) {
		if (!are_below(group->rings, group->ring_count, last->ring_count) ||
				!are_below(group->strips, group->strip_count, last->strip_count)) {
			return false;
		}
	}
	return true;
}

static void handle_new_pad(struct wl_listener *listener, void *data) {
	struct tablet_pads *pads = wl_container_of(listener, pads, listeners.new_pad);
	struct compositor *compositor = pads->compositor;
	struct wlr_input_device *device = data;
	struct wlr_tablet_pad *wlr = wlr_tablet_pad_from_input_device(device);
	if (!is_safe(wlr)) {
		log_error("tablet pad %s: not supported, since it has several groups of rings or strips", device->name);
		return;
	}
	struct tablet_pad *pad = calloc(1, sizeof(*pad));
	if (pad == NULL) {
		return;
	}
	// Before that of wlroots, which frees v2.
	listener_add(&pad->listeners.destroy, &device->events.destroy, handle_destroy);
	pad->v2 = wlr_tablet_pad_create(compositor->tablets->manager, compositor->seat->wlr, device);
	if (pad->v2 == NULL) {
		listener_remove(&pad->listeners.destroy);
		free(pad);
		return;
	}
	pad->compositor = compositor;
	wl_list_insert(&pads->list, &pad->link);
	listener_add(&pad->listeners.button, &wlr->events.button, handle_button);
	listener_add(&pad->listeners.ring, &wlr->events.ring, handle_ring);
	listener_add(&pad->listeners.strip, &wlr->events.strip, handle_strip);
	update(pad);
}

bool tablet_pads_init(struct compositor *compositor) {
	struct tablet_pads *pads = compositor->tablet_pads;
	pads->compositor = compositor;
	wl_list_init(&pads->list);
	listener_add(&pads->listeners.new_pad, &compositor->seat->events.new_pad, handle_new_pad);
	listener_add(&pads->listeners.focus_changed, &compositor->focus->events.changed, handle_focus_changed);
	return true;
}

void tablet_pads_finish(struct compositor *compositor) {
	listener_remove(&compositor->tablet_pads->listeners.new_pad);
	listener_remove(&compositor->tablet_pads->listeners.focus_changed);
}
