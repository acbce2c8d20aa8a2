/*
 * Who has the keyboard.
 *
 * Asked for in this order: a layer surface that takes it exclusively, the topmost popup of a grab, a layer surface that
 * takes it on demand and was clicked or has just appeared above the windows, the active window.
 */
#ifndef FOCUS_H
#define FOCUS_H

struct compositor;
struct layer_surface;
struct toplevel;
struct wlr_surface;

struct focus {
	struct toplevel *toplevel;   // the active window; may be NULL
	struct layer_surface *layer; // clicked or mapped last, takes the keyboard on demand; may be NULL
};

/* Activates a window, raises it, and makes it the one used last. NULL: none is active. */
void focus_toplevel(struct compositor *compositor, struct toplevel *toplevel);

/* The same without making it the one used last: for a preview. */
void focus_preview(struct compositor *compositor, struct toplevel *toplevel);

/* Activates the window used last that can be seen; none if there is none. */
void focus_next(struct compositor *compositor);

/* What a click or touch on something does. owner: as desktop_surface_at() says; may be NULL. */
struct owner;
void focus_owner(struct compositor *compositor, struct owner *owner);

/* Forgets a layer surface that is being unmapped. */
void focus_forget_layer(struct compositor *compositor, struct layer_surface *layer);

/* Gives the keyboard to whom it belongs now. To be called whenever any of the above changes. */
void focus_update(struct compositor *compositor);

#endif
