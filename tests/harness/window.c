#include "window.h"
#include "runner.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"
#include <limits.h>

static void handle_layer_configure(
		void *data, struct zwlr_layer_surface_v1 *surface, uint32_t serial, uint32_t width, uint32_t height) {
	struct window *window = data;
	window->configured = true;
	window->configured_width = (int32_t)width;
	window->configured_height = (int32_t)height;
	window->serial = serial;
	if (!window->holds_acks) {
		zwlr_layer_surface_v1_ack_configure(surface, serial);
	}
}

static void handle_layer_closed(void *data, struct zwlr_layer_surface_v1 *surface) {
}

static const struct zwlr_layer_surface_v1_listener layer_listener = {
	.configure = handle_layer_configure,
	.closed = handle_layer_closed,
};

static void handle_toplevel_configure(
		void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height, struct wl_array *states) {
	struct window *window = data;
	window->configured_width = width;
	window->configured_height = height;
}

static void handle_toplevel_close(void *data, struct xdg_toplevel *toplevel) {
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = handle_toplevel_configure,
	.close = handle_toplevel_close,
};

static void handle_xdg_configure(void *data, struct xdg_surface *surface, uint32_t serial) {
	struct window *window = data;
	window->configured = true;
	window->serial = serial;
	if (!window->holds_acks) {
		xdg_surface_ack_configure(surface, serial);
	}
}

static const struct xdg_surface_listener xdg_listener = {
	.configure = handle_xdg_configure,
};

static void make_layer(struct window *window, int32_t width, int32_t height) {
	struct screen *screen = window->screen;
	window->layer_surface = zwlr_layer_shell_v1_get_layer_surface(
			screen->layer_shell, window->surface, screen->output, ZWLR_LAYER_SHELL_V1_LAYER_OVERLAY, "test");
	zwlr_layer_surface_v1_add_listener(window->layer_surface, &layer_listener, window);
	zwlr_layer_surface_v1_set_size(window->layer_surface, (uint32_t)width, (uint32_t)height);
	zwlr_layer_surface_v1_set_anchor(
			window->layer_surface, ZWLR_LAYER_SURFACE_V1_ANCHOR_TOP | ZWLR_LAYER_SURFACE_V1_ANCHOR_LEFT);
}

static void make_toplevel(struct window *window, bool fullscreen) {
	window->xdg_surface = xdg_wm_base_get_xdg_surface(window->screen->wm_base, window->surface);
	xdg_surface_add_listener(window->xdg_surface, &xdg_listener, window);
	window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
	if (fullscreen) {
		xdg_toplevel_set_fullscreen(window->toplevel, NULL);
	}
}

void window_init(struct window *window, struct screen *screen, enum window_kind kind, int32_t width, int32_t height) {
	*window = (struct window){.screen = screen};
	window->surface = wl_compositor_create_surface(screen->compositor);
	if (kind == WINDOW_LAYER) {
		make_layer(window, width, height);
	} else {
		make_toplevel(window, kind == WINDOW_FULLSCREEN);
	}
	wl_surface_commit(window->surface);
	expect(client_wait(&screen->client, &window->configured));
}

void window_finish(struct window *window) {
	if (window->layer_surface != NULL) {
		zwlr_layer_surface_v1_destroy(window->layer_surface);
	} else {
		xdg_toplevel_destroy(window->toplevel);
		xdg_surface_destroy(window->xdg_surface);
	}
	wl_surface_destroy(window->surface);
	*window = (struct window){0};
}

void window_commit_box(
		struct window *window, struct wl_buffer *buffer, int32_t x, int32_t y, int32_t width, int32_t height) {
	wl_surface_attach(window->surface, buffer, 0, 0);
	wl_surface_damage_buffer(window->surface, x, y, width, height);
	wl_surface_commit(window->surface);
	client_roundtrip(&window->screen->client);
}

void window_commit(struct window *window, struct wl_buffer *buffer) {
	window_commit_box(window, buffer, 0, 0, INT32_MAX, INT32_MAX);
}

static void handle_done(void *data, struct wl_callback *callback, uint32_t time) {
	struct window *window = data;
	window->shown = true;
}

static const struct wl_callback_listener callback_listener = {
	.done = handle_done,
};

void window_show(struct window *window) {
	window->shown = false;
	struct wl_callback *callback = wl_surface_frame(window->surface);
	wl_callback_add_listener(callback, &callback_listener, window);
	wl_surface_commit(window->surface);
	expect(client_wait(&window->screen->client, &window->shown));
	wl_callback_destroy(callback);
}
