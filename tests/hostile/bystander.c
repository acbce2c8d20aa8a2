#include "bystander.h"

#include "xdg-shell-client-protocol.h"

static void handle_configure(
		void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height, struct wl_array *states) {
	struct bystander *bystander = data;
	bystander->width = width > bystander->width ? width : bystander->width;
	bystander->height = height > bystander->height ? height : bystander->height;
}

static void handle_close(void *data, struct xdg_toplevel *toplevel) {
}

static const struct xdg_toplevel_listener toplevel_listener = {.configure = handle_configure, .close = handle_close};

static void handle_xdg_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	xdg_surface_ack_configure(xdg_surface, serial);
}

static const struct xdg_surface_listener xdg_surface_listener = {.configure = handle_xdg_configure};

void bystander_init(struct bystander *bystander, bool maximized, int32_t width, int32_t height) {
	*bystander = (struct bystander){0};
	struct attacker *attacker = &bystander->attacker;
	struct window *window = &bystander->window;
	attacker_connect(attacker);
	window->surface = wl_compositor_create_surface(attacker->compositor);
	window->xdg_surface = xdg_wm_base_get_xdg_surface(attacker->wm_base, window->surface);
	xdg_surface_add_listener(window->xdg_surface, &xdg_surface_listener, NULL);
	window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, bystander);
	if (maximized) {
		xdg_toplevel_set_maximized(window->toplevel);
	}
	wl_surface_commit(window->surface);
	expect_alive(attacker);
	picture_init(&bystander->picture, attacker, 0, true, width, height);
	window_commit(window, bystander->picture.buffer);
	expect_alive(attacker);
}

void bystander_stall(struct bystander *bystander, int milliseconds) {
	sleep_ms(milliseconds);
	expect_alive(&bystander->attacker);
}

void bystander_draw(struct bystander *bystander, int milliseconds) {
	for (int i = 0; i < milliseconds; i += 10) {
		window_commit(&bystander->window, bystander->picture.buffer);
		expect_alive(&bystander->attacker);
		sleep_ms(10);
	}
}
