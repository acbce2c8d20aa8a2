/*
 * Popups: menus, tooltips. Each is kept on the output and shown above its parent.
 */
#ifndef POPUP_H
#define POPUP_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_scene_tree;
struct wlr_surface;
struct wlr_xdg_popup;

struct popup {
	struct compositor *compositor;
	struct wl_list link; // popups.list
	struct wlr_xdg_popup *xdg;
	struct wlr_scene_tree *parent; // its origin is that of the parent's window geometry
	struct wlr_scene_tree *tree;   // NULL once the tree of the parent is gone
	bool waiting;                  // for the client to draw for a place that it did not ask for,
	uint32_t serial;               // of whose configure this is the serial

	struct {
		struct wl_listener map, unmap, commit, reposition, destroy, tree_destroy;
	} listeners;
};

/* All popups. */
struct popups {
	struct compositor *compositor;
	struct wl_list list;             // popup.link
	struct wl_event_source *refresh; // an idle source: what they hang on may have moved; NULL: it has not
	struct wl_listener layout_changed;

	struct {
		struct wl_signal changed; // one was mapped, unmapped or destroyed
	} events;
};

/* False: never. */
bool popups_init(struct compositor *compositor);

/* Popups must be gone. */
void popups_finish(struct compositor *compositor);

/*
 * Finds reactive popups a place again, before the event loop waits again. To be called when windows, layer surfaces or
 * outputs have moved. Those whose place is another one now, relative to their parent, get a configure.
 */
void popups_refresh(struct compositor *compositor);

/* Shows a new popup below parent in the scene, and follows it until it is destroyed. */
void popup_create(struct compositor *compositor, struct wlr_xdg_popup *xdg, struct wlr_scene_tree *parent);

/* The surface of the topmost mapped popup that grabs the seat; NULL if there is none. */
struct wlr_surface *popup_grabbing_surface(struct compositor *compositor);

/* Ends the grab and takes its popups down, unless surface (may be NULL) belongs to the client that grabs. */
void popup_dismiss(struct compositor *compositor, struct wlr_surface *surface);

#endif
