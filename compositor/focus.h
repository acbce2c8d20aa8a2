/*
 * The keyboard focus.
 *
 * The first of these has it: a layer surface that takes the keyboard exclusively; the topmost popup of a grab; an
 * override-redirect window of X11 that wants it and was mapped or clicked last; a layer surface that takes the keyboard
 * on demand and was clicked, or has just appeared above the windows; the active window.
 * While the session is locked, only a lock surface has it.
 */
#ifndef FOCUS_H
#define FOCUS_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct layer_surface;
struct override;
struct owner;
struct toplevel;

struct focus {
	struct compositor *compositor;
	struct layer_surface *layer; // the one clicked or mapped last that takes the keyboard on demand; may be NULL
	struct override *override;   // the one clicked or mapped last that takes the keyboard; may be NULL

	struct wl_event_source *refresh; // an idle source that calls focus_update(); NULL: none is pending

	struct {
		struct wl_signal changed; // the keyboard focus may have moved
	} events;

	struct {
		struct wl_listener toplevel_map, toplevel_unmap, toplevel_changed;
		struct wl_listener layer_map, layer_unmap, layer_changed;
		struct wl_listener popup_changed;
	} listeners;
};

/* Returns false when out of memory. */
bool focus_init(struct compositor *compositor);
void focus_finish(struct compositor *compositor);

/* Activates a window, raises it, and marks it as the one used last. NULL: no window is active. */
void focus_toplevel(struct compositor *compositor, struct toplevel *toplevel);

/* Like focus_toplevel(), but does not mark the window as the one used last: for a preview. */
void focus_preview(struct compositor *compositor, struct toplevel *toplevel);

/* Focuses what was clicked or touched: an owner from desktop_surface_at(), or NULL. */
void focus_owner(struct compositor *compositor, struct owner *owner);

/* Focuses an override-redirect window that takes the keyboard; NULL: none. */
void focus_override(struct compositor *compositor, struct override *override);

/* Updates the keyboard focus by the order above. Call it when one of these has changed. */
void focus_update(struct compositor *compositor);

#endif
