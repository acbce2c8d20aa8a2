/*
 * A window with its position and states: an xdg_toplevel (xdg_toplevel.c) or a window of X11 (xtoplevel.c).
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

struct toplevel;

/* What a kind of windows does. Serials are those of configures, and mean something to the kind alone. */
struct toplevel_ops {
	bool (*is_configured)(const struct toplevel *toplevel); // Can it receive states and sizes? NULL: always
	/* Sends the states of the window. resize() follows. */
	void (*send_states)(struct toplevel *toplevel);
	/* Asks for a size, for this place in layout coordinates. Width 0: the client chooses the size. */
	uint32_t (*resize)(struct toplevel *toplevel, const struct wlr_box *box);
	/* Has the client drawn for this configure, or a later one? */
	bool (*has_reached)(const struct toplevel *toplevel, uint32_t serial);
	void (*set_bounds)(struct toplevel *toplevel, const struct wlr_box *usable); // before it is mapped; may be NULL
	uint32_t (*set_resizing)(struct toplevel *toplevel, bool resizing);
	void (*set_activated)(struct toplevel *toplevel, bool activated);
	void (*set_minimized)(struct toplevel *toplevel, bool minimized);
	void (*moved)(struct toplevel *toplevel);  // its content is at another place; may be NULL
	void (*raised)(struct toplevel *toplevel); // it is above all others but its dialogs, which follow; may be NULL
	void (*close)(struct toplevel *toplevel);
	bool (*takes_keyboard)(const struct toplevel *toplevel);         // NULL: always
	const char *(*get_title)(const struct toplevel *toplevel);       // may return NULL
	const char *(*get_app_id)(const struct toplevel *toplevel);      // may return NULL
	struct toplevel *(*get_parent)(const struct toplevel *toplevel); // may return NULL
	void (*get_limits)(
			const struct toplevel *toplevel, struct wlr_box *minimum, struct wlr_box *maximum); // of its size
};

struct toplevel {
	struct owner owner;
	struct compositor *compositor;
	const struct toplevel_ops *ops;
	struct wlr_surface *surface;
	struct wlr_scene_tree *tree;     // its origin is that of the window geometry
	struct wlr_scene_tree *content;  // the surfaces; at the tree's origin, or in the middle of a fullscreen backdrop
	struct wlr_scene_rect *backdrop; // black, behind a fullscreen window
	struct wl_list link;             // toplevels.list while mapped
	struct wl_list all_link;         // toplevels.all
	bool maximized, fullscreen, minimized;
	bool placed;             // the window is unmapped, and mapping it again uses the position of the tree
	bool strayed;            // the user has moved it so that only a part of it is on its output
	struct wlr_box geometry; // window geometry at the last commit, surface coordinates
	struct wlr_box normal;   // where it returns to from its states, layout coordinates; width 0: it had no such place
	struct output *output;   // where it is maximized or fullscreen; may be NULL
	struct foreign_toplevel *foreign; // owned by foreign.c; NULL while unmapped

	/* A position that takes effect when the client has drawn for the size configured with it. */
	struct {
		bool waiting;
		uint32_t serial; // of the configure
		int x, y;        // layout coordinates
	} arrival;

	/* An interactive resize. A left or top edge that is dragged leaves the opposite edge in place. */
	struct {
		uint32_t edges;     // enum wlr_edges; 0: none
		int right, bottom;  // layout coordinates
		struct wlr_box box; // last asked for, layout coordinates
		bool ended;         // by the user; it lasts until the client has drawn for the last configure
		uint32_t serial;    // of the last configure
		uint32_t acked;     // of the last configure that the client has acknowledged
	} resize;
};

/* A client's request for an interactive move or resize. */
struct toplevel_request {
	struct toplevel *toplevel;
	bool has_serial; // X11 has none
	uint32_t serial; // of the press
	uint32_t edges;  // enum wlr_edges, for a resize
};

/* All windows. */
struct toplevels {
	struct compositor *compositor;
	struct wl_list list;     // toplevel.link: mapped windows, the one focused last first
	struct wl_list all;      // toplevel.all_link: all windows
	unsigned count;          // of windows placed so far, for the cascade
	struct toplevel *active; // has the focus unless a layer surface or popup takes it; set by focus.c; may be NULL

	// The data is the struct toplevel, except for requests.
	struct {
		struct wl_signal map;     // it is in the list, but not yet focused
		struct wl_signal unmap;   // it is out of the list, and its states are reset
		struct wl_signal acked;   // the client has acknowledged a configure
		struct wl_signal changed; // its title, parent, states or output, or whether it is active; mapped or not
		struct wl_signal request_move, request_resize; // struct toplevel_request
	} events;

	struct {
		struct wl_listener layout_changed, usable_changed, output_destroy;
	} listeners;
};

/* Always returns true. */
bool toplevels_init(struct compositor *compositor);

/* All windows must be destroyed before this call. */
void toplevels_finish(struct compositor *compositor);

/*
 * Initializes a window of a surface that is not mapped, and creates its scene nodes, which are disabled. The caller
 * adds a content node. Returns false when out of memory.
 */
bool toplevel_init(struct toplevel *toplevel, struct compositor *compositor, const struct toplevel_ops *ops,
		struct wlr_surface *surface);

/* Destroys the scene nodes. The window must not be mapped. */
void toplevel_finish(struct toplevel *toplevel);

/* The surface was mapped, with this window geometry: places the window and shows it. */
void toplevel_map(struct toplevel *toplevel, const struct wlr_box *geometry);

/* The surface is being unmapped. */
void toplevel_unmap(struct toplevel *toplevel);

/* The surface was committed while mapped. is_set: the client has set this geometry, it is not that of its surfaces. */
void toplevel_commit(struct toplevel *toplevel, const struct wlr_box *geometry, bool is_set);

/* Is the surface mapped? */
bool toplevel_is_mapped(const struct toplevel *toplevel);

/*
 * Fits maximized and fullscreen windows to their outputs again, also those that wait to be mapped, and moves other
 * windows back: all of a window, unless it has strayed.
 */
void toplevels_arrange(struct compositor *compositor);

/* Moves the box of a window onto the usable area of an output: all of it, or what can be reached if it has strayed. */
struct wlr_box toplevel_keep_on(const struct toplevel *toplevel, const struct output *output, struct wlr_box box);

/* The window of an owner; NULL if the owner is NULL or no window. */
struct toplevel *toplevel_try_from_owner(struct owner *owner);

/* The window that a surface is, or is a subsurface or popup of; NULL if there is none. */
struct toplevel *toplevel_try_from_surface(struct wlr_surface *surface);

/* How many generations of dialogs follow a window, and how many of its dialogs are raised with it. */
#define TOPLEVEL_GENERATIONS_MAX 16
#define TOPLEVEL_DIALOGS_MAX 64

/*
 * The window at the end of the chain of parents; toplevel if it has no parent. At most TOPLEVEL_GENERATIONS_MAX
 * generations away.
 */
struct toplevel *toplevel_root(struct toplevel *toplevel);

/* The window geometry in layout coordinates. */
struct wlr_box toplevel_box(const struct toplevel *toplevel);

/* The output at the middle of the window, or nearest to it; NULL if there are no outputs. */
struct output *toplevel_output(struct toplevel *toplevel);

/* Moves the origin of the window geometry immediately, layout coordinates. */
void toplevel_move(struct toplevel *toplevel, int lx, int ly);

/* The user has ended the resize. It lasts until the client has drawn for the last configure. */
void toplevel_end_resize(struct toplevel *toplevel);

/* Moves a window that waits for a picture of its new size, if it has drawn that. */
void toplevel_arrive(struct toplevel *toplevel);

/* Set a state and restore a minimized window. output: where to be fullscreen; NULL: where the window is. */
void toplevel_set_maximized(struct toplevel *toplevel, bool maximized);
void toplevel_set_fullscreen(struct toplevel *toplevel, bool fullscreen, struct output *output);

/* Hides the window and focuses the next one, or shows it again without focusing it. */
void toplevel_set_minimized(struct toplevel *toplevel, bool minimized);

/* Tells the client whether to draw the window as focused. */
void toplevel_set_activated(struct toplevel *toplevel, bool activated);

/* Emits toplevels.events.changed. */
void toplevel_notify_changed(struct toplevel *toplevel);

/* Raises the window above the others, and its dialogs above it, up to both limits. */
void toplevel_raise(struct toplevel *toplevel);

/* Moves the window to the layer that the focus and its state require. */
void toplevel_update_layer(struct toplevel *toplevel);

#endif
