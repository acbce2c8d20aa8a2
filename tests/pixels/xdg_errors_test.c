/*
 * A buffer attached too early to an xdg_surface, or a wrong serial, raises the error that xdg-shell names, on the right
 * object.
 */
#include "mouse.h"
#include "runner.h"
#include "stage.h"
#include "xdg-shell-client-protocol.h"
#include <stdio.h>

#define SIZE 32

struct early {
	struct server server;
	struct screen screen;
	struct client other;
	struct picture picture;
	struct wl_surface *surface;
};

static void early_init(struct early *early) {
	server_init_compositor(&early->server, 64, 64, NULL);
	screen_init(&early->screen, &early->server);
	client_init(&early->other, &early->server);
	picture_init(&early->picture, &early->screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	early->surface = wl_compositor_create_surface(early->screen.compositor);
}

// Other clients are unaffected.
static void early_finish(struct early *early) {
	expect_alive(&early->other);
	wl_surface_destroy(early->surface);
	picture_finish(&early->picture);
	client_finish(&early->other);
	screen_finish(&early->screen);
	server_finish(&early->server);
}

static void attach(struct early *early, struct wl_buffer *buffer) {
	wl_surface_attach(early->surface, buffer, 0, 0);
}

TEST("xdg_errors@surface-with-a-committed-buffer-is-invalid_surface_state") {
	struct early early;
	early_init(&early);
	attach(&early, early.picture.buffer);
	wl_surface_commit(early.surface);
	client_roundtrip(&early.screen.client);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(early.screen.wm_base, early.surface);
	expect_protocol_error(
			&early.screen.client, early.screen.wm_base, XDG_WM_BASE_ERROR_INVALID_SURFACE_STATE, "committed");
	xdg_surface_destroy(xdg);
	early_finish(&early);
}

TEST("xdg_errors@surface-with-an-attached-buffer-is-invalid_surface_state") {
	struct early early;
	early_init(&early);
	attach(&early, early.picture.buffer);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(early.screen.wm_base, early.surface);
	expect_protocol_error(
			&early.screen.client, early.screen.wm_base, XDG_WM_BASE_ERROR_INVALID_SURFACE_STATE, "attached");
	xdg_surface_destroy(xdg);
	early_finish(&early);
}

TEST("xdg_errors@surface-whose-buffer-was-removed-is-valid") {
	struct early early;
	early_init(&early);
	attach(&early, early.picture.buffer);
	wl_surface_commit(early.surface);
	attach(&early, NULL);
	wl_surface_commit(early.surface);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(early.screen.wm_base, early.surface);
	expect_alive(&early.screen.client);
	xdg_surface_destroy(xdg);
	early_finish(&early);
}

TEST("xdg_errors@surface-of-another-role-with-a-buffer-is-role") {
	struct early early;
	struct mouse mouse;
	struct window window;
	early_init(&early);
	mouse_init(&mouse, &early.screen, 64);
	window_init(&window, &early.screen, WINDOW_LAYER, SIZE, SIZE);
	window_commit(&window, early.picture.buffer);
	mouse_move(&mouse, 20, 20);
	mouse_move(&mouse, 10, 10);
	expect(mouse.entered);
	wl_pointer_set_cursor(mouse.pointer, mouse.serial, early.surface, 0, 0);
	attach(&early, early.picture.buffer);
	wl_surface_commit(early.surface);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(early.screen.wm_base, early.surface);
	expect_protocol_error(&early.screen.client, early.screen.wm_base, XDG_WM_BASE_ERROR_ROLE, "role");
	xdg_surface_destroy(xdg);
	window_finish(&window);
	mouse_finish(&mouse);
	early_finish(&early);
}

TEST("xdg_errors@attach-before-there-is-a-role-is-unconfigured_buffer") {
	struct early early;
	early_init(&early);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(early.screen.wm_base, early.surface);
	attach(&early, early.picture.buffer);
	expect_protocol_error(&early.screen.client, xdg, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER, "attach");
	xdg_surface_destroy(xdg);
	early_finish(&early);
}

TEST("xdg_errors@attach-before-the-initial-commit-is-unconfigured_buffer") {
	struct early early;
	early_init(&early);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(early.screen.wm_base, early.surface);
	struct xdg_toplevel *toplevel = xdg_surface_get_toplevel(xdg);
	// A NULL buffer is valid.
	attach(&early, NULL);
	expect_alive(&early.screen.client);
	attach(&early, early.picture.buffer);
	expect_protocol_error(&early.screen.client, xdg, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER, "initial commit");
	xdg_toplevel_destroy(toplevel);
	xdg_surface_destroy(xdg);
	early_finish(&early);
}

TEST("xdg_errors@commit-of-a-buffer-before-the-acknowledgement-is-unconfigured_buffer") {
	struct early early;
	early_init(&early);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(early.screen.wm_base, early.surface);
	struct xdg_toplevel *toplevel = xdg_surface_get_toplevel(xdg);
	wl_surface_commit(early.surface);
	attach(&early, early.picture.buffer);
	expect_alive(&early.screen.client);
	wl_surface_commit(early.surface);
	expect_protocol_error(&early.screen.client, xdg, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER, "configured");
	xdg_toplevel_destroy(toplevel);
	xdg_surface_destroy(xdg);
	early_finish(&early);
}

TEST("xdg_errors@attach-after-an-unmap-is-unconfigured_buffer") {
	struct early early;
	struct window window;
	early_init(&early);
	window_init(&window, &early.screen, WINDOW_TOPLEVEL, SIZE, SIZE);
	window_commit(&window, early.picture.buffer);
	window_commit(&window, NULL);
	wl_surface_attach(window.surface, early.picture.buffer, 0, 0);
	expect_protocol_error(
			&early.screen.client, window.xdg_surface, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER, "initial commit");
	window_finish(&window);
	early_finish(&early);
}

struct serials {
	struct xdg_surface *xdg;
	struct xdg_toplevel *toplevel;
	uint32_t serials[2]; // of the last two configure events
	int len;             // number of configure events
};

static void handle_configure(void *data, struct xdg_surface *xdg, uint32_t serial) {
	struct serials *serials = data;
	serials->serials[0] = serials->serials[1];
	serials->serials[1] = serial;
	serials->len++;
}

static const struct xdg_surface_listener surface_listener = {.configure = handle_configure};

static void ignore_configure(
		void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height, struct wl_array *states) {
}

static void ignore_close(void *data, struct xdg_toplevel *toplevel) {
}

static const struct xdg_toplevel_listener toplevel_listener = {.configure = ignore_configure, .close = ignore_close};

// A window that has acknowledged neither of two configure events.
static void serials_init(struct serials *serials, struct early *early) {
	*serials = (struct serials){.xdg = xdg_wm_base_get_xdg_surface(early->screen.wm_base, early->surface)};
	serials->toplevel = xdg_surface_get_toplevel(serials->xdg);
	xdg_surface_add_listener(serials->xdg, &surface_listener, serials);
	xdg_toplevel_add_listener(serials->toplevel, &toplevel_listener, serials);
	wl_surface_commit(early->surface);
	client_roundtrip(&early->screen.client);
	client_roundtrip(&early->screen.client);
	xdg_toplevel_set_maximized(serials->toplevel);
	client_roundtrip(&early->screen.client);
	client_roundtrip(&early->screen.client);
	expect_int(serials->len, ==, 2);
}

static void serials_expect_error(struct serials *serials, struct early *early, uint32_t serial) {
	char text[80];
	snprintf(text, sizeof(text), "ack_configure: serial %u was not sent", serial);
	xdg_surface_ack_configure(serials->xdg, serial);
	expect_protocol_error(&early->screen.client, serials->xdg, XDG_SURFACE_ERROR_INVALID_SERIAL, text);
	xdg_toplevel_destroy(serials->toplevel);
	xdg_surface_destroy(serials->xdg);
	early_finish(early);
}

TEST("xdg_errors@acknowledged-serial-that-was-never-sent-is-invalid_serial") {
	struct early early;
	struct serials serials;
	early_init(&early);
	serials_init(&serials, &early);
	serials_expect_error(&serials, &early, serials.serials[1] + 1000);
}

TEST("xdg_errors@acknowledged-serial-of-another-surface-is-invalid_serial") {
	struct early early;
	struct serials serials, other;
	early_init(&early);
	serials_init(&other, &early);
	struct wl_surface *surface = early.surface;
	early.surface = wl_compositor_create_surface(early.screen.compositor);
	serials_init(&serials, &early);
	uint32_t serial = other.serials[1];
	xdg_toplevel_destroy(other.toplevel);
	xdg_surface_destroy(other.xdg);
	wl_surface_destroy(surface);
	serials_expect_error(&serials, &early, serial);
}

TEST("xdg_errors@acknowledged-serial-that-is-older-is-invalid_serial") {
	struct early early;
	struct serials serials;
	early_init(&early);
	serials_init(&serials, &early);
	xdg_surface_ack_configure(serials.xdg, serials.serials[1]);
	expect_alive(&early.screen.client);
	serials_expect_error(&serials, &early, serials.serials[0]);
}

TEST("xdg_errors@serial-that-is-acknowledged-twice-is-invalid_serial") {
	struct early early;
	struct serials serials;
	early_init(&early);
	serials_init(&serials, &early);
	xdg_surface_ack_configure(serials.xdg, serials.serials[0]);
	expect_alive(&early.screen.client);
	serials_expect_error(&serials, &early, serials.serials[0]);
}

TEST("xdg_errors@acknowledgement-before-there-is-a-role-is-not_constructed") {
	struct early early;
	early_init(&early);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(early.screen.wm_base, early.surface);
	xdg_surface_ack_configure(xdg, 1);
	expect_protocol_error(&early.screen.client, xdg, XDG_SURFACE_ERROR_NOT_CONSTRUCTED, "role");
	xdg_surface_destroy(xdg);
	early_finish(&early);
}

TEST("xdg_errors@second-role-object-is-already_constructed") {
	struct early early;
	early_init(&early);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(early.screen.wm_base, early.surface);
	struct xdg_toplevel *first = xdg_surface_get_toplevel(xdg), *second = xdg_surface_get_toplevel(xdg);
	expect_protocol_error(
			&early.screen.client, xdg, XDG_SURFACE_ERROR_ALREADY_CONSTRUCTED, "role object, xdg_toplevel");
	xdg_toplevel_destroy(second);
	xdg_toplevel_destroy(first);
	xdg_surface_destroy(xdg);
	early_finish(&early);
}

TEST("xdg_errors@popup-of-a-toplevel-is-already_constructed") {
	struct early early;
	early_init(&early);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(early.screen.wm_base, early.surface);
	struct xdg_toplevel *toplevel = xdg_surface_get_toplevel(xdg);
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(early.screen.wm_base);
	xdg_positioner_set_size(positioner, 1, 1);
	xdg_positioner_set_anchor_rect(positioner, 0, 0, 1, 1);
	struct xdg_popup *popup = xdg_surface_get_popup(xdg, NULL, positioner);
	expect_protocol_error(
			&early.screen.client, xdg, XDG_SURFACE_ERROR_ALREADY_CONSTRUCTED, "role object, xdg_toplevel");
	xdg_popup_destroy(popup);
	xdg_positioner_destroy(positioner);
	xdg_toplevel_destroy(toplevel);
	xdg_surface_destroy(xdg);
	early_finish(&early);
}

TEST("xdg_errors@toplevel-that-is-destroyed-makes-room-for-another") {
	struct early early;
	early_init(&early);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(early.screen.wm_base, early.surface);
	xdg_toplevel_destroy(xdg_surface_get_toplevel(xdg));
	struct xdg_toplevel *toplevel = xdg_surface_get_toplevel(xdg);
	expect_alive(&early.screen.client);
	xdg_toplevel_destroy(toplevel);
	xdg_surface_destroy(xdg);
	early_finish(&early);
}

TEST("xdg_errors@edges-that-are-no-edge-are-invalid_resize_edge") {
	const uint32_t edges[] = {XDG_TOPLEVEL_RESIZE_EDGE_TOP | XDG_TOPLEVEL_RESIZE_EDGE_BOTTOM,
		XDG_TOPLEVEL_RESIZE_EDGE_LEFT | XDG_TOPLEVEL_RESIZE_EDGE_RIGHT, 11, 16, UINT32_MAX};
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		struct early early;
		struct window window;
		early_init(&early);
		window_init(&window, &early.screen, WINDOW_TOPLEVEL, SIZE, SIZE);
		for (uint32_t edge = 0; edge <= XDG_TOPLEVEL_RESIZE_EDGE_BOTTOM_RIGHT; edge++) {
			if (edge != 3 && edge != 7) {
				xdg_toplevel_resize(window.toplevel, early.screen.seat, 0, edge);
			}
		}
		expect_alive(&early.screen.client);
		xdg_toplevel_resize(window.toplevel, early.screen.seat, 0, edges[i]);
		expect_protocol_error(
				&early.screen.client, window.toplevel, XDG_TOPLEVEL_ERROR_INVALID_RESIZE_EDGE, "resize: edge");
		window_finish(&window);
		early_finish(&early);
	}
}
