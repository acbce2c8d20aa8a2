/*
 * A buffer attached too early to an xdg_surface raises the error that xdg-shell names, on the right object.
 */
#include "mouse.h"
#include "runner.h"
#include "stage.h"
#include "xdg-shell-client-protocol.h"

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
