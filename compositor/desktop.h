/*
 * The desktop: what is where. Outputs side by side in a layout, and above them layers of scene trees.
 *
 * Layout coordinates are logical pixels over all outputs; each output looks at its part of them.
 */
#ifndef DESKTOP_H
#define DESKTOP_H

#include <stdbool.h>
#include <wayland-server-core.h>
#include <wlr/util/box.h>

struct compositor;
struct output;
struct wlr_cursor;
struct wlr_output;
struct wlr_output_layout;
struct wlr_scene;
struct wlr_scene_output_layout;
struct wlr_scene_rect;
struct wlr_scene_tree;
struct wlr_surface;

/* From the bottom to the top. The four of layer-shell stand in its order, with windows in between. */
enum desktop_layer {
	DESKTOP_LAYER_BACKGROUND,
	DESKTOP_LAYER_BOTTOM,
	DESKTOP_LAYER_WINDOWS,
	DESKTOP_LAYER_TOP,
	DESKTOP_LAYER_FULLSCREEN, // the focused window and its dialogs, while it is fullscreen
	DESKTOP_LAYER_OVERLAY,
	DESKTOP_LAYER_POPUPS, // of layer surfaces, and of the input method
	DESKTOP_LAYER_DRAG,   // the icon under the pointer
	DESKTOP_LAYERS_LEN,
};

/* What a part of the scene belongs to. Embedded in struct toplevel and struct layer_surface; the data of their nodes.
 */
struct owner {
	enum {
		OWNER_TOPLEVEL,
		OWNER_LAYER,
	} type;
};

struct desktop {
	struct wlr_output_layout *layout;
	struct wlr_scene *scene;
	struct wlr_scene_output_layout *scene_layout;
	struct wlr_scene_tree *layers[DESKTOP_LAYERS_LEN];
	struct wlr_scene_rect *color; // behind everything
	struct wl_list outputs;       // output.link, in the order in which they came
	struct wlr_cursor *pointer;   // cursor.wlr; NULL before and after that

	struct {
		struct wl_signal layout_changed; // outputs came, went, moved or were resized; their areas are up to date
		struct wl_signal usable_changed; // the usable area of an output is another one
	} events;

	struct {
		struct wl_listener layout_change;
	} listeners;
};

/* Creates layout and scene; there are no outputs yet. False: out of memory. */
bool desktop_init(struct compositor *compositor);

/* Outputs must be gone. */
void desktop_finish(struct compositor *compositor);

/* The output nearest to a point in layout coordinates; NULL if there is none at all. */
struct output *desktop_output_at(struct desktop *desktop, double lx, double ly);

/* The output that the pointer is on; NULL if there are no outputs. */
struct output *desktop_output_at_pointer(struct desktop *desktop);

/* The output behind a wlr_output; NULL if it is none of ours. */
struct output *desktop_output_from_wlr(struct desktop *desktop, struct wlr_output *wlr_output);

/*
 * The surface at a point in layout coordinates, that takes input there; NULL if there is none. sx and sy are set to the
 * point in the surface's own coordinates. owner (may be NULL) is set to what it belongs to, or to NULL.
 */
struct wlr_surface *desktop_surface_at(
		struct desktop *desktop, double lx, double ly, double *sx, double *sy, struct owner **owner);

/* Finds where the origin of a surface is shown, in layout coordinates. False if it is not in the scene. */
bool desktop_surface_position(struct desktop *desktop, struct wlr_surface *surface, int *lx, int *ly);

#endif
