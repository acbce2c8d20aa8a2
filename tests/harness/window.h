/*
 * A window of a client.
 */
#ifndef HARNESS_WINDOW_H
#define HARNESS_WINDOW_H

#include "picture.h"
#include "screen.h"

enum window_kind {
	WINDOW_LAYER,      // a layer surface above everything, at 0,0, of the requested size
	WINDOW_TOPLEVEL,   // an xdg_toplevel, wherever the compositor puts it
	WINDOW_FULLSCREEN, // an xdg_toplevel over the whole output: a candidate for direct scan-out
};

struct window {
	struct screen *screen;
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;             // NULL for a layer surface
	struct xdg_toplevel *toplevel;               // NULL for a layer surface
	struct zwlr_layer_surface_v1 *layer_surface; // NULL for the others
	int32_t configured_width, configured_height; // of the last configure event; 0: the client chooses
	bool configured;
	bool holds_acks; // the test acknowledges configure events itself
	uint32_t serial; // of the last one
	bool shown;      // the frame callback of window_show() came
};

/* Creates the surface and waits for its first configure, without a buffer. width and height: for the layer. */
void window_init(struct window *window, struct screen *screen, enum window_kind kind, int32_t width, int32_t height);
void window_finish(struct window *window);

/* Attaches the buffer, damages a box of it, commits, and makes a round trip. */
void window_commit_box(
		struct window *window, struct wl_buffer *buffer, int32_t x, int32_t y, int32_t width, int32_t height);

/* The same, with the whole buffer damaged. */
void window_commit(struct window *window, struct wl_buffer *buffer);

/* Commits with a frame callback and waits for it, until the output has shown the last commit. */
void window_show(struct window *window);

#endif
