/*
 * Windows that receive the keys of bindings (keyboard-shortcuts-inhibit): virtual machines, remote desktops.
 */
#ifndef SHORTCUTS_H
#define SHORTCUTS_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>
#include <xkbcommon/xkbcommon.h>

struct compositor;
struct wlr_keyboard_shortcuts_inhibit_manager_v1;

struct shortcuts {
	struct wlr_keyboard_shortcuts_inhibit_manager_v1 *manager;
	bool overruled; // the user wants bindings: no inhibitor is active, new ones included
	struct wl_listener new_inhibitor;
};

/* Returns false when out of memory. */
bool shortcuts_init(struct compositor *compositor);
void shortcuts_finish(struct compositor *compositor);

/*
 * Handles the binding that overrules inhibitors: Super+Escape, if the surface with the keyboard focus has one. Returns
 * true if the key is this binding.
 */
bool shortcuts_press(struct compositor *compositor, uint32_t modifiers, xkb_keysym_t symbol);

/* Whether the surface with the keyboard focus has an active inhibitor. */
bool shortcuts_are_inhibited(struct compositor *compositor);

#endif
