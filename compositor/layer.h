/*
 * Layer surfaces: panels, wallpapers, launchers.
 */
#ifndef LAYER_H
#define LAYER_H

#include "desktop.h"
#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct output;
struct wlr_layer_shell_v1;
struct wlr_layer_surface_v1;
struct wlr_scene_layer_surface_v1;
struct wlr_scene_tree;
struct wlr_surface;

struct layer_surface {
	struct owner owner;
	struct compositor *compositor;
	struct wlr_layer_surface_v1 *wlr;
	struct wlr_scene_layer_surface_v1 *scene;
	struct wlr_scene_tree *popups; // above all windows, at the position of the surface
	struct output *output;
	struct wl_list link; // output.layers

	struct {
		struct wl_listener map, unmap, client_commit, commit, new_popup, destroy;
	} listeners;
};

struct layers {
	struct compositor *compositor;
	struct wlr_layer_shell_v1 *shell;
	struct wl_event_source *arrange; // idle source, set when layer surfaces have to be arranged; else NULL

	// The data is the struct layer_surface.
	struct {
		struct wl_signal map, unmap;
		struct wl_signal changed; // by a commit: its layer or its keyboard interactivity may have changed
	} events;

	struct {
		struct wl_listener new_surface, layout_changed, output_destroy;
	} listeners;
};

/* Returns false when out of memory. */
bool layers_init(struct compositor *compositor);
void layers_finish(struct compositor *compositor);

/* The layer surface of an owner; NULL if the owner is NULL or no layer surface. */
struct layer_surface *layer_surface_try_from_owner(struct owner *owner);

/*
 * Places all layer surfaces if any has changed. Otherwise this happens before the event loop sleeps: however many
 * commits a client sends at once, the others move only once.
 */
void layers_settle(struct compositor *compositor);

/* The topmost mapped layer surface that takes the keyboard exclusively; NULL if there is none. */
struct wlr_surface *layers_exclusive_surface(struct compositor *compositor);

#endif
