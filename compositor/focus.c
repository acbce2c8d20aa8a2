#include "focus.h"

#include "keyboard.h"
#include "layer.h"
#include "listener.h"
#include "override.h"
#include "parts.h"
#include "popup.h"
#include "requests.h"
#include "seat.h"
#include "session_lock.h"
#include "toplevel.h"
#include <string.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_layer_shell_v1.h>
#include <wlr/types/wlr_seat.h>

static struct wlr_surface *pick_surface(struct compositor *compositor) {
	if (session_lock_is_locked(compositor)) {
		return session_lock_focused_surface(compositor);
	}
	struct wlr_surface *surface = layers_exclusive_surface(compositor);
	if (surface == NULL) {
		surface = popup_grabbing_surface(compositor);
	}
	if (surface == NULL && compositor->focus->override != NULL) {
		surface = compositor->focus->override->surface;
	}
	if (surface == NULL && compositor->focus->layer != NULL) {
		surface = compositor->focus->layer->wlr->surface;
	}
	const struct toplevel *active = compositor->toplevels->active;
	bool takes_keyboard =
			active != NULL && (active->ops->takes_keyboard == NULL || active->ops->takes_keyboard(active));
	return surface == NULL && takes_keyboard ? active->surface : surface;
}

void focus_update(struct compositor *compositor) {
	struct wlr_seat *seat = compositor->seat->wlr;
	if (seat->drag != NULL) {
		return; // a drag takes the keyboard focus; drag.c calls this again at its end
	}
	// Not by wlr_seat_keyboard_notify_enter(): a popup's grab would ignore the change, and pick_surface() prefers
	// popups.
	struct wlr_surface *surface = pick_surface(compositor);
	if (surface != NULL && surface != seat->keyboard_state.focused_surface) {
		struct wlr_keyboard *keyboard = wlr_seat_get_keyboard(seat);
		if (keyboard != NULL) {
			const struct keys *keys = &compositor->keyboards->keys;
			wlr_seat_keyboard_enter(seat, surface, keys->keycodes, keys->len, &keyboard->modifiers);
		} else {
			wlr_seat_keyboard_enter(seat, surface, NULL, 0, NULL);
		}
	} else if (surface == NULL) {
		wlr_seat_keyboard_clear_focus(seat);
	}
	wl_signal_emit_mutable(&compositor->focus->events.changed, NULL);
}

void focus_preview(struct compositor *compositor, struct toplevel *toplevel) {
	struct toplevel *old = compositor->toplevels->active;
	if (!session_lock_is_locked(compositor)) {
		compositor->focus->layer = NULL;
		compositor->focus->override = NULL;
	}
	compositor->toplevels->active = toplevel;
	if (toplevel != NULL) {
		toplevel_set_minimized(toplevel, false);
	}
	if (old != NULL && old != toplevel) {
		toplevel_set_activated(old, false);
	}
	struct toplevel *other;
	wl_list_for_each(other, &compositor->toplevels->list, link) {
		toplevel_update_layer(other);
	}
	if (toplevel != NULL) {
		toplevel_set_activated(toplevel, true);
		toplevel_raise(toplevel);
	}
	focus_update(compositor);
}

void focus_toplevel(struct compositor *compositor, struct toplevel *toplevel) {
	// While the session is locked, the active window stays active and above new ones.
	struct toplevel *active = compositor->toplevels->active;
	if (session_lock_is_locked(compositor) && active != NULL && !active->minimized) {
		toplevel = active;
	}
	if (toplevel != NULL) {
		wl_list_remove(&toplevel->link);
		wl_list_insert(&compositor->toplevels->list, &toplevel->link);
	}
	focus_preview(compositor, toplevel);
}

// Activates the visible window that was used last; none if there is none.
static void focus_next(struct compositor *compositor) {
	struct toplevel *toplevel;
	wl_list_for_each(toplevel, &compositor->toplevels->list, link) {
		if (!toplevel->minimized) {
			focus_toplevel(compositor, toplevel);
			return;
		}
	}
	focus_toplevel(compositor, NULL);
}

void focus_owner(struct compositor *compositor, struct owner *owner) {
	struct toplevel *toplevel = toplevel_try_from_owner(owner);
	struct layer_surface *layer = layer_surface_try_from_owner(owner);
	struct override *override = override_try_from_owner(owner);
	if (session_lock_focus_owner(compositor, owner)) {
		return;
	}
	if (toplevel != NULL) {
		focus_toplevel(compositor, toplevel);
	} else if (layer != NULL &&
			   layer->wlr->current.keyboard_interactive != ZWLR_LAYER_SURFACE_V1_KEYBOARD_INTERACTIVITY_NONE) {
		compositor->focus->layer = layer;
		focus_override(compositor, NULL);
	} else if (override != NULL && override_takes_keyboard(override)) {
		focus_override(compositor, override);
	}
}

void focus_override(struct compositor *compositor, struct override *override) {
	compositor->focus->override = override;
	focus_update(compositor);
}

static void refresh_idle(void *data) {
	struct compositor *compositor = data;
	compositor->focus->refresh = NULL;
	focus_update(compositor);
}

static bool lists_truly(const struct wlr_keyboard *keyboard, const struct keys *keys) {
	return keyboard == NULL || (keyboard->num_keycodes == keys->len &&
									   memcmp(keyboard->keycodes, keys->keycodes, keys->len * sizeof(uint32_t)) == 0);
}

// To a wl_keyboard that is created while its client has the focus, wlroots sends the keys of the seat's keyboard: also
// those that are withheld, and none of other keyboards. If there are any, the client is entered anew.
static void handle_get_keyboard(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	struct wlr_seat *seat = compositor->seat->wlr;
	const struct wlr_seat_client *focused = seat->keyboard_state.focused_client;
	if (focused == NULL || focused->client != wl_resource_get_client(resource) ||
			lists_truly(wlr_seat_get_keyboard(seat), &compositor->keyboards->keys)) {
		return;
	}
	wlr_seat_keyboard_clear_focus(seat);
	if (compositor->focus->refresh == NULL) {
		compositor->focus->refresh = wl_event_loop_add_idle(compositor->loop, refresh_idle, compositor);
	}
}

static void handle_toplevel_map(struct wl_listener *listener, void *data) {
	struct focus *focus = wl_container_of(listener, focus, listeners.toplevel_map);
	focus_toplevel(focus->compositor, data);
}

static void handle_toplevel_unmap(struct wl_listener *listener, void *data) {
	struct focus *focus = wl_container_of(listener, focus, listeners.toplevel_unmap);
	struct compositor *compositor = focus->compositor;
	if (compositor->toplevels->active == data) {
		compositor->toplevels->active = NULL;
		focus_next(compositor);
	}
	focus_update(compositor);
}

static void handle_toplevel_changed(struct wl_listener *listener, void *data) {
	struct focus *focus = wl_container_of(listener, focus, listeners.toplevel_changed);
	const struct toplevel *toplevel = data;
	if (toplevel->minimized && focus->compositor->toplevels->active == toplevel) {
		focus_next(focus->compositor);
	}
}

static void handle_layer_map(struct wl_listener *listener, void *data) {
	struct focus *focus = wl_container_of(listener, focus, listeners.layer_map);
	struct layer_surface *layer = data;
	if (layer->wlr->current.keyboard_interactive == ZWLR_LAYER_SURFACE_V1_KEYBOARD_INTERACTIVITY_ON_DEMAND &&
			layer->wlr->current.layer >= ZWLR_LAYER_SHELL_V1_LAYER_TOP && !session_lock_is_locked(focus->compositor)) {
		focus->layer = layer;
	}
	focus_update(focus->compositor);
}

static void handle_layer_unmap(struct wl_listener *listener, void *data) {
	struct focus *focus = wl_container_of(listener, focus, listeners.layer_unmap);
	if (focus->layer == data) {
		focus->layer = NULL;
	}
	focus_update(focus->compositor);
}

static void handle_layer_changed(struct wl_listener *listener, void *data) {
	struct focus *focus = wl_container_of(listener, focus, listeners.layer_changed);
	focus_update(focus->compositor);
}

static void handle_popup_changed(struct wl_listener *listener, void *data) {
	struct focus *focus = wl_container_of(listener, focus, listeners.popup_changed);
	focus_update(focus->compositor);
}

bool focus_init(struct compositor *compositor) {
	struct focus *focus = compositor->focus;
	struct toplevels *toplevels = compositor->toplevels;
	struct layers *layers = compositor->layers;
	focus->compositor = compositor;
	wl_signal_init(&focus->events.changed);
	listener_add(&focus->listeners.toplevel_map, &toplevels->events.map, handle_toplevel_map);
	listener_add(&focus->listeners.toplevel_unmap, &toplevels->events.unmap, handle_toplevel_unmap);
	listener_add(&focus->listeners.toplevel_changed, &toplevels->events.changed, handle_toplevel_changed);
	listener_add(&focus->listeners.layer_map, &layers->events.map, handle_layer_map);
	listener_add(&focus->listeners.layer_unmap, &layers->events.unmap, handle_layer_unmap);
	listener_add(&focus->listeners.layer_changed, &layers->events.changed, handle_layer_changed);
	listener_add(&focus->listeners.popup_changed, &compositor->popups->events.changed, handle_popup_changed);
	return requests_watch(compositor, "wl_seat", "get_keyboard", handle_get_keyboard);
}

void focus_finish(struct compositor *compositor) {
	struct focus *focus = compositor->focus;
	if (focus->refresh != NULL) {
		wl_event_source_remove(focus->refresh);
		focus->refresh = NULL;
	}
	signal_finish(&focus->events.changed);
	listener_remove(&focus->listeners.toplevel_map);
	listener_remove(&focus->listeners.toplevel_unmap);
	listener_remove(&focus->listeners.toplevel_changed);
	listener_remove(&focus->listeners.layer_map);
	listener_remove(&focus->listeners.layer_unmap);
	listener_remove(&focus->listeners.layer_changed);
	listener_remove(&focus->listeners.popup_changed);
}
