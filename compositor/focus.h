/*
 * Who has the keyboard.
 *
 * Asked for in this order: a layer surface that takes it exclusively, the topmost popup of a grab, a layer surface that
 * takes it on demand and was clicked or has just appeared above the windows, the active window.
 */
#ifndef FOCUS_H
#define FOCUS_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct layer_surface;
struct owner;
struct toplevel;
struct wlr_surface;

struct focus {
	struct compositor *compositor;
	struct layer_surface *layer; // clicked or mapped last, takes the keyboard on demand; may be NULL

	struct {
		struct wl_signal changed; // the keyboard may be elsewhere now
	} events;

	struct {
		struct wl_listener toplevel_map, toplevel_unmap, toplevel_changed;
		struct wl_listener layer_map, layer_unmap, layer_changed;
		struct wl_listener popup_changed;
	} listeners;
};

/* False: never. */
bool focus_init(struct compositor *compositor);
void focus_finish(struct compositor *compositor);

/* Activates a window, raises it, and makes it the one used last. NULL: none is active. */
void focus_toplevel(struct compositor *compositor, struct toplevel *toplevel);

/* The same without making it the one used last: for a preview. */
void focus_preview(struct compositor *compositor, struct toplevel *toplevel);

/* What a click or touch on something does. owner: as desktop_surface_at() says; may be NULL. */
void focus_owner(struct compositor *compositor, struct owner *owner);

/* Gives the keyboard to whom it belongs now. To be called whenever any of the above changes. */
void focus_update(struct compositor *compositor);

#endif
