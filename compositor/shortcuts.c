#include "shortcuts.h"

#include "listener.h"
#include "parts.h"
#include "seat.h"
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_keyboard_shortcuts_inhibit_v1.h>
#include <wlr/types/wlr_seat.h>

static struct wlr_keyboard_shortcuts_inhibitor_v1 *find_focused(struct compositor *compositor) {
	struct wlr_surface *focused = compositor->seat->wlr->keyboard_state.focused_surface;
	struct wlr_keyboard_shortcuts_inhibitor_v1 *inhibitor;
	wl_list_for_each(inhibitor, &compositor->shortcuts->manager->inhibitors, link) {
		if (inhibitor->surface == focused) {
			return inhibitor;
		}
	}
	return NULL;
}

static void update(struct shortcuts *shortcuts, struct wlr_keyboard_shortcuts_inhibitor_v1 *inhibitor) {
	if (shortcuts->overruled) {
		wlr_keyboard_shortcuts_inhibitor_v1_deactivate(inhibitor);
	} else {
		wlr_keyboard_shortcuts_inhibitor_v1_activate(inhibitor);
	}
}

static void handle_new_inhibitor(struct wl_listener *listener, void *data) {
	struct shortcuts *shortcuts = wl_container_of(listener, shortcuts, new_inhibitor);
	update(shortcuts, data);
}

bool shortcuts_press(struct compositor *compositor, uint32_t modifiers, xkb_keysym_t symbol) {
	const uint32_t all = WLR_MODIFIER_ALT | WLR_MODIFIER_CTRL | WLR_MODIFIER_LOGO | WLR_MODIFIER_SHIFT;
	if (symbol != XKB_KEY_Escape || (modifiers & all) != WLR_MODIFIER_LOGO || find_focused(compositor) == NULL) {
		return false;
	}
	// Of all windows: otherwise a client could get the keys back by another surface.
	struct shortcuts *shortcuts = compositor->shortcuts;
	shortcuts->overruled = !shortcuts->overruled;
	struct wlr_keyboard_shortcuts_inhibitor_v1 *inhibitor;
	wl_list_for_each(inhibitor, &shortcuts->manager->inhibitors, link) {
		update(shortcuts, inhibitor);
	}
	return true;
}

bool shortcuts_are_inhibited(struct compositor *compositor) {
	const struct wlr_keyboard_shortcuts_inhibitor_v1 *inhibitor = find_focused(compositor);
	return inhibitor != NULL && inhibitor->active;
}

bool shortcuts_init(struct compositor *compositor) {
	struct shortcuts *shortcuts = compositor->shortcuts;
	shortcuts->manager = wlr_keyboard_shortcuts_inhibit_v1_create(compositor->display);
	if (shortcuts->manager == NULL) {
		return false;
	}
	listener_add(&shortcuts->new_inhibitor, &shortcuts->manager->events.new_inhibitor, handle_new_inhibitor);
	return true;
}

void shortcuts_finish(struct compositor *compositor) {
	listener_remove(&compositor->shortcuts->new_inhibitor);
}
