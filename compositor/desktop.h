/*
 * The desktop: a layout of outputs, and a scene of layers shown on them.
 *
 * Layout coordinates are logical pixels over all outputs; each output shows its part of them.
 */
#ifndef DESKTOP_H
#define DESKTOP_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/util/box.h>

struct compositor;
struct output;
struct wlr_cursor;
struct wlr_output;
struct wlr_output_layout;
struct wlr_scene;
struct wlr_scene_node;
struct wlr_scene_output_layout;
struct wlr_scene_rect;
struct wlr_scene_tree;
struct wlr_surface;

/* From bottom to top: the four layers of layer-shell, with those of windows in between. */
enum desktop_layer {
	DESKTOP_LAYER_BACKGROUND,
	DESKTOP_LAYER_BOTTOM,
	DESKTOP_LAYER_WINDOWS,
	DESKTOP_LAYER_TOP,
	DESKTOP_LAYER_FULLSCREEN, // the focused window and its dialogs, while it is fullscreen
	DESKTOP_LAYER_OVERRIDE,   // windows of X11 that place themselves, such as menus
	DESKTOP_LAYER_OVERLAY,
	DESKTOP_LAYER_POPUPS, // of layer surfaces and of the input method
	DESKTOP_LAYER_DRAG,   // the drag icon, below the pointer or finger
	DESKTOP_LAYER_LOCK,   // hides all others; disabled while the session is not locked
	DESKTOP_LAYERS_LEN,
};

/*
 * The object that a part of the scene belongs to. Embedded in struct toplevel, struct layer_surface, struct override
 * and struct lock_surface; the data of their scene nodes points to it.
 */
struct owner {
	enum {
		OWNER_TOPLEVEL,
		OWNER_LAYER,
		OWNER_LOCK,
		OWNER_OVERRIDE,
	} type;
};

struct desktop {
	struct wlr_output_layout *layout;
	struct wlr_scene *scene;
	struct wlr_scene_output_layout *scene_layout;
	struct wlr_scene_tree *layers[DESKTOP_LAYERS_LEN];
	struct wlr_scene_rect *color; // behind everything else
	struct wl_list outputs;       // output.link, in order of creation
	uint64_t changes;             // of what outputs show, without changes of pixels alone; see sentinel.h
	struct wlr_cursor *pointer;   // set by cursor.c while it is initialized; else NULL

	struct {
		struct wl_signal layout_changed; // outputs were added, removed, moved or resized; output.area is up to date
		struct wl_signal usable_changed; // struct output *, whose usable area has changed
	} events;

	struct {
		struct wl_listener layout_change;
	} listeners;
};

/* Creates the layout and the scene, without outputs. Returns false when out of memory. */
bool desktop_init(struct compositor *compositor);

/* All outputs must be destroyed before this call. */
void desktop_finish(struct compositor *compositor);

/* The output nearest to a point in layout coordinates; NULL if there are no outputs. */
struct output *desktop_output_at(struct desktop *desktop, double lx, double ly);

/* The output below the pointer; NULL if there are no outputs. The cursor must be initialized. */
struct output *desktop_output_at_pointer(struct desktop *desktop);

/* The struct output of a wlr_output; NULL if it has none. */
struct output *desktop_output_from_wlr(struct desktop *desktop, struct wlr_output *wlr_output);

/*
 * The surface that receives input at a point in layout coordinates; NULL if there is none. Sets sx and sy to the point
 * in surface coordinates, and owner (may be NULL) to the owner of the surface, or to NULL.
 */
struct wlr_surface *desktop_surface_at(
		struct desktop *desktop, double lx, double ly, double *sx, double *sy, struct owner **owner);

/* The same in the layers below this one alone. */
struct wlr_surface *desktop_surface_below(
		struct desktop *desktop, enum desktop_layer layer, double lx, double ly, double *sx, double *sy);

/* Sets lx and ly to the place of a node, layout coordinates. Returns false if it or a node above it is disabled. */
bool desktop_node_coords(struct desktop *desktop, struct wlr_scene_node *node, int *lx, int *ly);

/* Sets lx and ly to the origin of a surface, layout coordinates. Returns false if the surface is not in the scene. */
bool desktop_surface_position(struct desktop *desktop, struct wlr_surface *surface, int *lx, int *ly);

/* Is it a tree that has nodes? Most layers have none, and each walk over the scene passes them. */
static inline bool desktop_node_has_children(struct wlr_scene_node *node) {
	return node->type == WLR_SCENE_NODE_TREE && !wl_list_empty(&wlr_scene_tree_from_node(node)->children);
}

#endif
