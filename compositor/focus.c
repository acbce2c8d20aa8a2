#include "focus.h"

#include "constraint.h"
#include "layer.h"
#include "popup.h"
#include "server.h"
#include "toplevel.h"
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_layer_shell_v1.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_xdg_shell.h>

static struct wlr_surface *pick_surface(struct compositor *compositor) {
	struct wlr_surface *surface = layers_exclusive_surface(compositor);
	if (surface == NULL) {
		surface = popup_grabbing_surface(compositor);
	}
	if (surface == NULL && compositor->focus.layer != NULL) {
		surface = compositor->focus.layer->wlr->surface;
	}
	if (surface == NULL && compositor->focus.toplevel != NULL) {
		surface = compositor->focus.toplevel->xdg->base->surface;
	}
	return surface;
}

void focus_update(struct compositor *compositor) {
	struct wlr_seat *seat = compositor->seat.wlr;
	if (seat->drag != NULL) {
		return; // nobody has the keyboard then; drag.c calls again at its end
	}
	// Past wlr_seat_keyboard_notify_enter(): a popup's grab would ignore the change, and popups are picked above.
	struct wlr_surface *surface = pick_surface(compositor);
	if (surface != NULL && surface != seat->keyboard_state.focused_surface) {
		struct wlr_keyboard *keyboard = wlr_seat_get_keyboard(seat);
		if (keyboard != NULL) {
			wlr_seat_keyboard_enter(seat, surface, keyboard->keycodes, keyboard->num_keycodes, &keyboard->modifiers);
		} else {
			wlr_seat_keyboard_enter(seat, surface, NULL, 0, NULL);
		}
	} else if (surface == NULL) {
		wlr_seat_keyboard_clear_focus(seat);
	}
	constraint_update(compositor);
}

void focus_preview(struct compositor *compositor, struct toplevel *toplevel) {
	struct toplevel *old = compositor->focus.toplevel;
	compositor->focus.layer = NULL;
	compositor->focus.toplevel = toplevel;
	if (toplevel != NULL) {
		toplevel_set_minimized(toplevel, false);
	}
	if (old != NULL && old != toplevel) {
		wlr_xdg_toplevel_set_activated(old->xdg, false);
		foreign_toplevel_update(old->foreign);
	}
	struct toplevel *other;
	wl_list_for_each(other, &compositor->toplevels.list, link) {
		toplevel_update_layer(other);
	}
	if (toplevel != NULL) {
		wlr_xdg_toplevel_set_activated(toplevel->xdg, true);
		toplevel_raise(toplevel);
		foreign_toplevel_update(toplevel->foreign);
	}
	focus_update(compositor);
}

void focus_toplevel(struct compositor *compositor, struct toplevel *toplevel) {
	if (toplevel != NULL) {
		wl_list_remove(&toplevel->link);
		wl_list_insert(&compositor->toplevels.list, &toplevel->link);
	}
	focus_preview(compositor, toplevel);
}

void focus_next(struct compositor *compositor) {
	struct toplevel *toplevel;
	wl_list_for_each(toplevel, &compositor->toplevels.list, link) {
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
	if (toplevel != NULL) {
		focus_toplevel(compositor, toplevel);
	} else if (layer != NULL &&
			   layer->wlr->current.keyboard_interactive != ZWLR_LAYER_SURFACE_V1_KEYBOARD_INTERACTIVITY_NONE) {
		compositor->focus.layer = layer;
		focus_update(compositor);
	}
}

void focus_forget_layer(struct compositor *compositor, struct layer_surface *layer) {
	if (compositor->focus.layer == layer) {
		compositor->focus.layer = NULL;
	}
	focus_update(compositor);
}
