/*
 * A window that draws frames of changing size with the client library, in any compositor.
 *
 *     frames auto|pool|wl_shm FRAMES
 *
 * Prints the statistics of the library as "KEY VALUE" lines. Exits with 0 if all frames were shown, and otherwise with
 * 1 and a message.
 */
#include "xdg-shell-client-protocol.h"

#include <lido/client.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-client.h>

// The size grows from this to twice as much, and shrinks again.
#define WIDTH 160
#define HEIGHT 120

struct program {
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct xdg_wm_base *wm_base;
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	struct lido_client *client;
	struct lido_swapchain *swapchain;
	bool is_configured, is_shown;
	int fresh, recycled; // images whose pixels were unknown, or from an earlier frame
};

_Noreturn static void fail(const char *text) {
	fprintf(stderr, "frames: %s\n", text);
	exit(EXIT_FAILURE);
}

static void handle_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial) {
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {.ping = handle_ping};

static void handle_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct program *program = data;
	if (strcmp(interface, wl_compositor_interface.name) == 0) {
		program->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
	} else if (strcmp(interface, xdg_wm_base_interface.name) == 0) {
		program->wm_base = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
		xdg_wm_base_add_listener(program->wm_base, &wm_base_listener, program);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void handle_surface_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	struct program *program = data;
	xdg_surface_ack_configure(xdg_surface, serial);
	program->is_configured = true;
}

static const struct xdg_surface_listener xdg_surface_listener = {.configure = handle_surface_configure};

static void handle_toplevel_configure(
		void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height, struct wl_array *states) {
}

static void handle_close(void *data, struct xdg_toplevel *toplevel) {
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = handle_toplevel_configure,
	.close = handle_close,
};

static void handle_frame(void *data, struct wl_callback *callback, uint32_t time) {
	struct program *program = data;
	program->is_shown = true;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener frame_listener = {.done = handle_frame};

static void wait_for(struct program *program, const bool *flag) {
	while (!*flag) {
		if (wl_display_dispatch(program->display) < 0) {
			fail("the connection is broken");
		}
	}
}

static void open_window(struct program *program) {
	program->surface = wl_compositor_create_surface(program->compositor);
	program->xdg_surface = xdg_wm_base_get_xdg_surface(program->wm_base, program->surface);
	xdg_surface_add_listener(program->xdg_surface, &xdg_surface_listener, program);
	program->toplevel = xdg_surface_get_toplevel(program->xdg_surface);
	xdg_toplevel_add_listener(program->toplevel, &toplevel_listener, program);
	wl_surface_commit(program->surface);
	wait_for(program, &program->is_configured);
}

static void close_window(struct program *program) {
	xdg_toplevel_destroy(program->toplevel);
	xdg_surface_destroy(program->xdg_surface);
	wl_surface_destroy(program->surface);
	xdg_wm_base_destroy(program->wm_base);
	wl_compositor_destroy(program->compositor);
}

static void draw(struct lido_image *image, int number) {
	uint8_t *row = lido_image_get_pixels(image);
	if (row == NULL) {
		fail("an image has no pixels");
	}
	for (int32_t y = 0; y < lido_image_get_height(image); y++, row += lido_image_get_stride(image)) {
		memset(row, number * 8, (size_t)lido_image_get_width(image) * 4);
	}
}

static void show_frame(struct program *program, int number) {
	int32_t step = number % 80 < 40 ? number % 80 : 80 - number % 80;
	int32_t width = WIDTH + WIDTH * step / 40, height = HEIGHT + HEIGHT * step / 40;
	struct lido_image *image = lido_swapchain_acquire(program->swapchain, width, height, WL_SHM_FORMAT_XRGB8888);
	if (image == NULL) {
		fail(lido_client_error_to_string(lido_client_get_error(program->client)));
	}
	if (lido_image_get_age(image) == 0) {
		program->fresh++;
	} else {
		program->recycled++;
	}
	draw(image, number);
	wl_surface_attach(program->surface, lido_image_get_buffer(image), 0, 0);
	wl_surface_damage_buffer(program->surface, 0, 0, width, height);
	program->is_shown = false;
	wl_callback_add_listener(wl_surface_frame(program->surface), &frame_listener, program);
	wl_surface_commit(program->surface);
	wait_for(program, &program->is_shown);
}

static void print_stats(const struct program *program, int frames) {
	struct lido_client_stats stats;
	lido_client_get_stats(program->client, &stats);
	bool is_pool = lido_client_get_backend(program->client) == LIDO_CLIENT_BACKEND_POOL;
	printf("backend %s\nframes %d\nareas %u\nmappings %u\nimages %u\nround_trips %u\n", is_pool ? "pool" : "wl_shm",
			frames, stats.areas, stats.mappings, stats.images, stats.round_trips);
	printf("fresh %d\nrecycled %d\n", program->fresh, program->recycled);
}

int main(int argc, char *argv[]) {
	struct program program = {.display = wl_display_connect(NULL)};
	if (argc != 3 || program.display == NULL) {
		fail(argc != 3 ? "usage: frames auto|pool|wl_shm FRAMES" : "cannot connect");
	}
	struct wl_registry *registry = wl_display_get_registry(program.display);
	wl_registry_add_listener(registry, &registry_listener, &program);
	wl_display_roundtrip(program.display);
	if (program.compositor == NULL || program.wm_base == NULL) {
		fail("the compositor has no wl_compositor or xdg_wm_base");
	}
	struct lido_client_options options = {.backend = LIDO_CLIENT_BACKEND_AUTO};
	if (strcmp(argv[1], "auto") != 0) {
		options.backend = strcmp(argv[1], "pool") == 0 ? LIDO_CLIENT_BACKEND_POOL : LIDO_CLIENT_BACKEND_WL_SHM;
	}
	enum lido_client_error error;
	program.client = lido_client_create(program.display, &options, &error);
	program.swapchain = program.client != NULL ? lido_swapchain_create(program.client) : NULL;
	if (program.swapchain == NULL) {
		fail(lido_client_error_to_string(error));
	}
	open_window(&program);
	int frames = atoi(argv[2]);
	for (int i = 0; i < frames; i++) {
		show_frame(&program, i);
	}
	print_stats(&program, frames);
	close_window(&program);
	lido_client_destroy(program.client);
	wl_registry_destroy(registry);
	wl_display_roundtrip(program.display);
	wl_display_disconnect(program.display);
	return EXIT_SUCCESS;
}
