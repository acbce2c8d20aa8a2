/*
 * The least that a program with the client library needs: a window of one color, which changes when it is clicked, and
 * which can be resized and closed.
 */
#include <lido/client.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-client-protocol.h>

#include "xdg-shell-client-protocol.h"

static struct wl_compositor *compositor;
static struct wl_seat *seat;
static struct xdg_wm_base *wm_base;
static struct wl_surface *surface;
static struct lido_client *client;
static struct lido_swapchain *swapchain;
static int32_t width = 320, height = 240;
static bool is_clicked, is_closed;

static void die(const char *text) {
	fprintf(stderr, "lido-hello: %s\n", text);
	exit(1);
}

static void draw(void) {
	struct lido_image *image = lido_swapchain_acquire(swapchain, width, height, WL_SHM_FORMAT_XRGB8888);
	if (image == NULL) {
		die(lido_client_error_to_string(lido_client_get_error(client)));
	}
	uint8_t *row = lido_image_get_pixels(image);
	for (int32_t y = 0; y < height; y++, row += lido_image_get_stride(image)) {
		for (int32_t x = 0; x < width; x++) {
			((uint32_t *)(void *)row)[x] = is_clicked ? 0xcc4c51 : 0x19808a;
		}
	}
	wl_surface_attach(surface, lido_image_get_buffer(image), 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, width, height);
	wl_surface_commit(surface);
}

static void handle_button(
		void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time, uint32_t button, uint32_t state) {
	if (state == WL_POINTER_BUTTON_STATE_PRESSED) {
		is_clicked = !is_clicked;
		draw();
	}
}

static void ignore_enter(void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *entered,
		wl_fixed_t x, wl_fixed_t y) {
}

static void ignore_leave(void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *left) {
}

static void ignore_motion(void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x, wl_fixed_t y) {
}

static void ignore_axis(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis, wl_fixed_t value) {
}

static const struct wl_pointer_listener pointer_listener = {.enter = ignore_enter,
	.leave = ignore_leave,
	.motion = ignore_motion,
	.button = handle_button,
	.axis = ignore_axis};

static void handle_capabilities(void *data, struct wl_seat *from, uint32_t capabilities) {
	static struct wl_pointer *pointer;
	if (pointer == NULL && (capabilities & WL_SEAT_CAPABILITY_POINTER) != 0) {
		pointer = wl_seat_get_pointer(seat);
		wl_pointer_add_listener(pointer, &pointer_listener, NULL);
	}
}

static const struct wl_seat_listener seat_listener = {.capabilities = handle_capabilities};

static void handle_ping(void *data, struct xdg_wm_base *from, uint32_t serial) {
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {.ping = handle_ping};

static void handle_size(
		void *data, struct xdg_toplevel *toplevel, int32_t new_width, int32_t new_height, struct wl_array *states) {
	width = new_width > 0 ? new_width : width;
	height = new_height > 0 ? new_height : height;
}

static void handle_close(void *data, struct xdg_toplevel *toplevel) {
	is_closed = true;
}

static const struct xdg_toplevel_listener toplevel_listener = {.configure = handle_size, .close = handle_close};

static void handle_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	xdg_surface_ack_configure(xdg_surface, serial);
	draw();
}

static const struct xdg_surface_listener xdg_surface_listener = {.configure = handle_configure};

static void handle_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	if (strcmp(interface, wl_compositor_interface.name) == 0) {
		compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
	} else if (strcmp(interface, wl_seat_interface.name) == 0 && seat == NULL) {
		seat = wl_registry_bind(registry, name, &wl_seat_interface, 1);
		wl_seat_add_listener(seat, &seat_listener, NULL);
	} else if (strcmp(interface, xdg_wm_base_interface.name) == 0) {
		wm_base = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
		xdg_wm_base_add_listener(wm_base, &wm_base_listener, NULL);
	}
}

static void ignore_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global, .global_remove = ignore_global_remove};

int main(void) {
	struct wl_display *display = wl_display_connect(NULL);
	if (display == NULL) {
		die("no compositor; set WAYLAND_DISPLAY");
	}
	struct wl_registry *registry = wl_display_get_registry(display);
	wl_registry_add_listener(registry, &registry_listener, NULL);
	wl_display_roundtrip(display);
	enum lido_client_error error;
	client = lido_client_create(display, NULL, &error);
	swapchain = client != NULL ? lido_swapchain_create(client) : NULL;
	if (swapchain == NULL || compositor == NULL || wm_base == NULL) {
		die(client == NULL ? lido_client_error_to_string(error) : "the compositor has no windows");
	}
	surface = wl_compositor_create_surface(compositor);
	struct xdg_surface *xdg_surface = xdg_wm_base_get_xdg_surface(wm_base, surface);
	xdg_surface_add_listener(xdg_surface, &xdg_surface_listener, NULL);
	struct xdg_toplevel *toplevel = xdg_surface_get_toplevel(xdg_surface);
	xdg_toplevel_add_listener(toplevel, &toplevel_listener, NULL);
	xdg_toplevel_set_title(toplevel, "Hello");
	wl_surface_commit(surface);
	while (!is_closed && wl_display_dispatch(display) >= 0) {
	}
	lido_client_destroy(client);
	xdg_toplevel_destroy(toplevel);
	xdg_surface_destroy(xdg_surface);
	wl_surface_destroy(surface);
	wl_registry_destroy(registry);
	wl_display_disconnect(display);
	return is_closed ? 0 : 1;
}
