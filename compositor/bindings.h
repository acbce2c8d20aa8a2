/*
 * Keys that the compositor handles and does not send to windows. All of them need Alt, except those that switch the
 * terminal, and Super+Escape (shortcuts.h). The window with the focus may inhibit those with Alt. While the session is
 * locked, only those that switch the terminal are left.
 */
#ifndef BINDINGS_H
#define BINDINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>
#include <xkbcommon/xkbcommon.h>

struct compositor;
struct toplevel;

/* Alt+Tab: the window that is shown while Alt is held. */
struct bindings {
	struct toplevel *preview; // NULL when Alt+Tab is not active
	bool was_minimized;       // is minimized again if the user chooses another window

	struct {
		struct wl_listener toplevel_unmap;
	} listeners;
};

/* Always returns true. */
bool bindings_init(struct compositor *compositor);
void bindings_finish(struct compositor *compositor);

/* Handles a key press with these modifiers (enum wlr_keyboard_modifier). Returns true if the key is a binding. */
bool bindings_press(struct compositor *compositor, uint32_t modifiers, xkb_keysym_t symbol);

/* Handles a change of the modifiers: when Alt is released, the window shown by Alt+Tab is focused. */
void bindings_modifiers(struct compositor *compositor, uint32_t modifiers);

#endif
