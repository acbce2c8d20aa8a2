/*
 * An output: a monitor, a window of the parent session, or nothing but memory.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>
#include <wlr/util/box.h>

struct compositor;
struct wlr_output;
struct wlr_output_layout_output;
struct wlr_scene_output;

struct output {
	struct compositor *compositor;
	struct wlr_output *wlr;
	struct wlr_scene_output *scene_output;
	struct wl_list link;   // desktop.outputs
	struct wl_list layers; // layer_surface.link, in the order in which they came
	struct wlr_box area;   // layout coordinates; empty while the output is off
	struct {
		int32_t width, height, refresh;
	} told;                // the mode that clients of output management know; 0: it is off
	struct wlr_box usable; // the part of it that panels leave to windows, layout coordinates

	struct {
		struct wl_listener frame;
		struct wl_listener request_state;
		struct wl_listener destroy;
	} listeners;
};

/* Listens for new outputs of the backend. */
struct outputs {
	struct compositor *compositor;
	struct wl_listener new_output;

	struct {
		struct wl_signal destroy; // struct output *, which is in no list any more
	} events;
};

/* False: never. */
bool outputs_init(struct compositor *compositor);
void outputs_finish(struct compositor *compositor);

/* Tells those who are seen on the output that a picture was shown. */
void output_send_frame_done(struct output *output);

/*
 * Puts the output at a place in the layout, or next to the others if automatic; takes it out if it is off. Windows
 * and panels follow.
 */
bool output_place(struct output *output, bool automatic, int x, int y);

#endif
