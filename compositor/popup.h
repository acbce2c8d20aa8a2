/*
 * Popups: menus and tooltips. Each is kept on its output and shown above its parent.
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
struct wlr_xdg_surface;

struct popup {
	struct compositor *compositor;
	struct wl_list link; // popups.list
	struct wlr_xdg_popup *xdg;
	struct wlr_scene_tree *parent; // its origin is that of the parent's window geometry
	struct wlr_scene_tree *tree;   // NULL once the tree of the parent is destroyed
	bool waiting;                  // for the client to draw for a place that it did not request
	uint32_t serial;               // of the configure with that place

	struct {
		struct wl_listener map, unmap, commit, configure, reposition, destroy, tree_destroy;
	} listeners;
};

/* All popups. */
struct popups {
	struct compositor *compositor;
	struct wl_list list;             // popup.link
	struct wl_event_source *refresh; // idle source, set when parents may have moved; else NULL
	struct wl_listener layout_changed;

	/* Of a popup that is repositioned before its initial commit, during that request; wlroots 0.19 and later. */
	struct {
		struct wlr_xdg_surface *surface;
		struct wl_listener reposition;
	} early;

	struct {
		struct wl_signal changed; // a popup was mapped, unmapped or destroyed
	} events;
};

/* Returns false when out of memory. */
bool popups_init(struct compositor *compositor);

/* All popups must be destroyed before this call. */
void popups_finish(struct compositor *compositor);

/*
 * Computes the places of reactive popups again, before the event loop sleeps, and sends a configure to those whose
 * place relative to their parent has changed. Call it when windows, layer surfaces or outputs have moved.
 */
void popups_refresh(struct compositor *compositor);

/* Shows a new popup below parent in the scene, and follows it until it is destroyed. */
void popup_create(struct compositor *compositor, struct wlr_xdg_popup *xdg, struct wlr_scene_tree *parent);

/* The surface of the topmost mapped popup that grabs the seat; NULL if there is none. */
struct wlr_surface *popup_grabbing_surface(struct compositor *compositor);

/* Destroys the popups of the grab, unless surface (may be NULL) belongs to the client that grabs. */
void popup_dismiss(struct compositor *compositor, struct wlr_surface *surface);

#endif
