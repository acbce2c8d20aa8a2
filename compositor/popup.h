/*
 * Popups: menus, tooltips. Each is kept on the output and shown above its parent.
 */
#ifndef POPUP_H
#define POPUP_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_scene_tree;
struct wlr_surface;
struct wlr_xdg_popup;

struct popup {
	struct compositor *compositor;
	struct wlr_xdg_popup *xdg;
	struct wlr_scene_tree *parent; // its origin is that of the parent's window geometry
	struct wlr_scene_tree *tree;   // NULL once the tree of the parent is gone

	struct {
		struct wl_listener map, unmap, commit, reposition, destroy, tree_destroy;
	} listeners;
};

/* Shows a new popup below parent in the scene, and follows it until it is destroyed. */
void popup_create(struct compositor *compositor, struct wlr_xdg_popup *xdg, struct wlr_scene_tree *parent);

/* The surface of the topmost mapped popup that grabs the seat; NULL if there is none. */
struct wlr_surface *popup_grabbing_surface(struct compositor *compositor);

/* Ends the grab and takes its popups down, unless surface (may be NULL) belongs to the client that grabs. */
void popup_dismiss(struct compositor *compositor, struct wlr_surface *surface);

#endif
