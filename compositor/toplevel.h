/*
 * A window: an xdg_toplevel, where it is and in which state.
 */
#ifndef TOPLEVEL_H
#define TOPLEVEL_H

#include "desktop.h"
#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>
#include <wlr/util/box.h>

struct compositor;
struct foreign_toplevel;
struct output;
struct wlr_scene_rect;
struct wlr_scene_tree;
struct wlr_surface;
struct wlr_xdg_toplevel;
struct wlr_xdg_toplevel_decoration_v1;

struct toplevel {
	struct owner owner;
	struct compositor *compositor;
	struct wlr_xdg_toplevel *xdg;
	struct wlr_scene_tree *tree;     // its origin is that of the window geometry
	struct wlr_scene_tree *content;  // the surfaces; at the tree's origin, or in the middle of a fullscreen backdrop
	struct wlr_scene_rect *backdrop; // black, behind a fullscreen window
	struct wl_list link;             // toplevels.list while mapped
	struct wl_list all_link;         // toplevels.all
	bool maximized, fullscreen, minimized;
	bool placed;                      // unmapped, but was mapped: where the tree is, it is to be mapped again
	struct wlr_box geometry;          // window geometry at the last commit, surface coordinates
	struct wlr_box normal;            // where it returns to, layout coordinates; width 0: it was never there
	struct output *output;            // where it is maximised or fullscreen; may be NULL
	struct foreign_toplevel *foreign; // of foreign.c; NULL while unmapped
	struct wlr_xdg_toplevel_decoration_v1 *decoration; // may be NULL

	/* A place to be taken when the client has drawn for the size that goes with it. */
	struct {
		bool waiting;
		uint32_t serial; // of the configure
		int x, y;        // layout coordinates
	} arrival;

	/* An interactive resize by the left or top edge: the opposite one stays where it is. */
	struct {
		uint32_t edges;    // enum wlr_edges; 0: none
		int right, bottom; // layout coordinates
		bool ended;        // by the user: lasts until the client has drawn for the last configure
		uint32_t serial;   // of that
	} resize;

	struct {
		struct wl_listener map, unmap, commit, destroy;
		struct wl_listener request_move, request_resize;
		struct wl_listener request_maximize, request_fullscreen, request_minimize;
		struct wl_listener set_title, set_app_id, set_parent;
	} listeners;
};

/* What a client asks for: that the user may move or resize a window. */
struct toplevel_request {
	struct toplevel *toplevel;
	uint32_t serial; // of the press
	uint32_t edges;  // enum wlr_edges, when resizing
};

/* All windows. */
struct toplevels {
	struct compositor *compositor;
	struct wl_list list;     // toplevel.link: mapped ones, the one focused last first
	struct wl_list all;      // toplevel.all_link: mapped or not
	unsigned count;          // of windows placed so far, for the cascade
	struct toplevel *active; // has the focus, or would if nothing else took the keyboard; set by focus.c; may be NULL

	// Each with the struct toplevel, but for the requests.
	struct {
		struct wl_signal map;       // it is in the list, and nobody has focused it yet
		struct wl_signal unmap;     // it is out of the list, without any state
		struct wl_signal configure; // before the first one
		struct wl_signal changed;   // mapped or not: title, parent, states, output, or whether it is active
		struct wl_signal request_move, request_resize; // struct toplevel_request
	} events;

	struct {
		struct wl_listener layout_changed, usable_changed, output_destroy;
	} listeners;
};

/* False: never. */
bool toplevels_init(struct compositor *compositor);

/* Windows must be gone. */
void toplevels_finish(struct compositor *compositor);

/* Follows a new window until it is destroyed. */
void toplevel_create(struct compositor *compositor, struct wlr_xdg_toplevel *xdg);

/* Fits maximised and fullscreen windows to their outputs again, and keeps the others within reach. */
void toplevels_arrange(struct compositor *compositor);

/* The window behind the owner of a piece of scene; NULL if it is none. */
struct toplevel *toplevel_try_from_owner(struct owner *owner);

/* The window a surface is, or is a subsurface or popup of; NULL if there is none. */
struct toplevel *toplevel_try_from_surface(struct wlr_surface *surface);

/* The window at the top of the chain of parents; itself if it has no parent. */
struct toplevel *toplevel_root(struct toplevel *toplevel);

/* Where its window geometry is, layout coordinates. */
struct wlr_box toplevel_box(const struct toplevel *toplevel);

/* The output with most of it; NULL if there are no outputs. */
struct output *toplevel_output(struct toplevel *toplevel);

/* Moves the window geometry's origin, at once. */
void toplevel_move(struct toplevel *toplevel, int lx, int ly);

/* The two states. output: where to be fullscreen; NULL: where it is. Each un-minimises. */
void toplevel_set_maximized(struct toplevel *toplevel, bool maximized);
void toplevel_set_fullscreen(struct toplevel *toplevel, bool fullscreen, struct output *output);

/* Hides it and gives the focus to the next, or shows it again (without focusing it). */
void toplevel_set_minimized(struct toplevel *toplevel, bool minimized);

/* Whether it looks focused. */
void toplevel_set_activated(struct toplevel *toplevel, bool activated);

/* Emits toplevels.events.changed. */
void toplevel_notify_changed(struct toplevel *toplevel);

/* Above the other windows, with its dialogs above it. */
void toplevel_raise(struct toplevel *toplevel);

/* Into the layer where it belongs, now that the focus or its state have changed. */
void toplevel_update_layer(struct toplevel *toplevel);

#endif
