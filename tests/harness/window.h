/*
 * A window of a client, at a place on the output that a test can know.
 */
#ifndef HARNESS_WINDOW_H
#define HARNESS_WINDOW_H

#include "picture.h"
#include "screen.h"

enum window_kind {
	WINDOW_LAYER,      // a layer surface above all else, at 0,0, of the size asked for
	WINDOW_TOPLEVEL,   // an xdg_toplevel, wherever the compositor puts it
	WINDOW_FULLSCREEN, // an xdg_toplevel over the whole output: a candidate for direct scan-out
};

struct window {
	struct screen *screen;
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;             // NULL for a layer surface
	struct xdg_toplevel *toplevel;               // the same
	struct zwlr_layer_surface_v1 *layer_surface; // NULL for the others
	int32_t configured_width, configured_height; // what the compositor last asked for; 0: as you like
	bool configured;
	bool shown; // since window_show(): the frame callback came
};

/* Makes the surface and waits for its first configure; nothing is attached yet. width and height: for the layer. */
void window_init(struct window *window, struct screen *screen, enum window_kind kind, int32_t width, int32_t height);
void window_finish(struct window *window);

/* Attaches the buffer, damages a box of it, commits, and waits for the round trip. */
void window_commit_box(
		struct window *window, struct wl_buffer *buffer, int32_t x, int32_t y, int32_t width, int32_t height);

/* The same with all of it damaged. */
void window_commit(struct window *window, struct wl_buffer *buffer);

/* Commits with a frame callback, and waits for it: until the output has shown the last commit. */
void window_show(struct window *window);

#endif
