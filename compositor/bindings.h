/*
 * What keys do here, rather than in a window. All of them need Alt.
 */
#ifndef BINDINGS_H
#define BINDINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>
#include <xkbcommon/xkbcommon.h>

struct compositor;
struct toplevel;

/* Alt+Tab: the window shown while Alt is held. */
struct bindings {
	struct toplevel *preview; // NULL: not at it
	bool was_minimized;       // and is again, if another one is chosen

	struct {
		struct wl_listener toplevel_unmap;
	} listeners;
};

/* False: never. */
bool bindings_init(struct compositor *compositor);
void bindings_finish(struct compositor *compositor);

/* A key was pressed with these modifiers (enum wlr_keyboard_modifier). True: it was ours. */
bool bindings_press(struct compositor *compositor, uint32_t modifiers, xkb_keysym_t symbol);

/* The modifiers have changed: letting go of Alt chooses the window that is shown. */
void bindings_modifiers(struct compositor *compositor, uint32_t modifiers);

#endif
