/*
 * Windows follow their outputs: what is maximized or fullscreen is configured anew, also if it is not yet mapped, and
 * other windows stay within reach.
 */
#include "mouse.h"
#include "runner.h"
#include "stage.h"
#include "typist.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"
#include <compositor/output.h>
#include <compositor/placement.h>
#include <compositor/server.h>
#include <compositor/toplevel.h>
#include <linux/input-event-codes.h>
#include <wlr/backend/headless.h>
#include <wlr/types/wlr_output.h>

#define SCREEN 600
#define WINDOW 200
#define PANEL 50

struct desk {
	struct stage stage;
	struct window window;
	struct picture picture;
};

static void desk_init(struct desk *desk, enum window_kind kind) {
	*desk = (struct desk){0};
	stage_init(&desk->stage, SCREEN, SCREEN);
	struct client *client = &desk->stage.screen.client;
	picture_init(&desk->picture, client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, WINDOW, WINDOW, WINDOW * 4);
	window_init(&desk->window, &desk->stage.screen, kind, WINDOW, WINDOW);
}

static void desk_finish(struct desk *desk) {
	window_finish(&desk->window);
	picture_finish(&desk->picture);
	stage_finish(&desk->stage);
}

static void settle(struct desk *desk) {
	client_roundtrip(&desk->stage.screen.client);
	client_roundtrip(&desk->stage.screen.client);
}

static struct toplevel *only_toplevel(struct desk *desk) {
	struct wl_list *all = &desk->stage.server.compositor->toplevels->all;
	struct toplevel *toplevel = wl_container_of(all->next, toplevel, all_link);
	return toplevel;
}

static struct output *first_output(struct desk *desk) {
	struct output *output = wl_container_of(desk->stage.server.compositor->desktop->outputs.next, output, link);
	return output;
}

static void configure_output(
		struct desk *desk, int32_t width, int32_t height, float scale, enum wl_output_transform transform) {
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_custom_mode(&state, width, height, 0);
	wlr_output_state_set_scale(&state, scale);
	wlr_output_state_set_transform(&state, transform);
	expect(wlr_output_commit_state(first_output(desk)->wlr, &state));
	wlr_output_state_finish(&state);
	settle(desk);
}

static void disable(struct wlr_output *output) {
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_enabled(&state, false);
	expect(wlr_output_commit_state(output, &state));
	wlr_output_state_finish(&state);
	expect(output_place(output->data, false, 0, 0));
}

static void expect_place(struct desk *desk, int x, int y) {
	struct wlr_box box = toplevel_box(only_toplevel(desk));
	expect_int(box.x, ==, x);
	expect_int(box.y, ==, y);
}

TEST("toplevel@output-that-shrinks-or-turns-keeps-all-of-a-window-in-view") {
	static const struct {
		int32_t width, height;
		float scale;
		enum wl_output_transform transform;
		int x, y; // wanted
	} cases[] = {
		{300, 250, 1, WL_OUTPUT_TRANSFORM_NORMAL, 300 - WINDOW, 250 - WINDOW},
		{SCREEN, SCREEN, 2, WL_OUTPUT_TRANSFORM_NORMAL, 300 - WINDOW, 300 - WINDOW},
		{SCREEN, 450, 1.5, WL_OUTPUT_TRANSFORM_90, 300 - WINDOW, 400 - WINDOW},
		// There is no room: the top left corner is in view.
		{150, 120, 1, WL_OUTPUT_TRANSFORM_180, 0, 0},
	};
	struct desk desk;
	desk_init(&desk, WINDOW_TOPLEVEL);
	window_commit(&desk.window, desk.picture.buffer);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		configure_output(&desk, SCREEN, SCREEN, 1, WL_OUTPUT_TRANSFORM_NORMAL);
		toplevel_move(only_toplevel(&desk), SCREEN - WINDOW, SCREEN - WINDOW);
		configure_output(&desk, cases[i].width, cases[i].height, cases[i].scale, cases[i].transform);
		expect_place(&desk, cases[i].x, cases[i].y);
	}
	desk_finish(&desk);
}

TEST("toplevel@output-that-goes-leaves-all-of-a-window-on-another-one") {
	struct desk desk;
	desk_init(&desk, WINDOW_TOPLEVEL);
	window_commit(&desk.window, desk.picture.buffer);
	struct wlr_backend *backend = desk.stage.server.compositor->backend;
	for (int i = 0; i < 2; i++) {
		struct wlr_output *other = wlr_headless_add_output(backend, SCREEN, SCREEN);
		settle(&desk);
		toplevel_move(only_toplevel(&desk), 2 * SCREEN - WINDOW, 2 * PANEL);
		if (i == 0) {
			wlr_output_destroy(other);
		} else {
			disable(other);
		}
		settle(&desk);
		expect_place(&desk, SCREEN - WINDOW, 2 * PANEL);
	}
	desk_finish(&desk);
}

static void drag_window(struct desk *desk, int x, int y, int to_x, int to_y) {
	struct typist typist;
	struct mouse mouse;
	typist_init(&typist, &desk->stage.server);
	mouse_init(&mouse, &desk->stage.screen, SCREEN);
	typist_key(&typist, KEY_LEFTALT, true);
	typist_modifiers(&typist, TYPIST_ALT);
	mouse_move(&mouse, (uint32_t)x, (uint32_t)y);
	mouse_press(&mouse, true);
	mouse_move(&mouse, (uint32_t)to_x, (uint32_t)to_y);
	mouse_press(&mouse, false);
	mouse_finish(&mouse);
	typist_finish(&typist);
}

// Windows that the user has moved half off the output must not jump at each change of a panel.
TEST("toplevel@window-that-the-user-moved-half-off-its-output-stays-within-reach-only") {
	struct desk desk;
	desk_init(&desk, WINDOW_TOPLEVEL);
	window_commit(&desk.window, desk.picture.buffer);
	toplevel_move(only_toplevel(&desk), 100, 100);
	drag_window(&desk, 110, 110, SCREEN - 90, 110);
	expect_place(&desk, SCREEN - 100, 100);
	configure_output(&desk, SCREEN, SCREEN - PANEL, 1, WL_OUTPUT_TRANSFORM_NORMAL);
	expect_place(&desk, SCREEN - 100, 100);
	configure_output(&desk, 300, SCREEN, 1, WL_OUTPUT_TRANSFORM_NORMAL);
	expect_place(&desk, 300 - PLACEMENT_VISIBLE_WIDTH, 100);
	// It is all of the window again, once the user has moved it back.
	configure_output(&desk, SCREEN, SCREEN, 1, WL_OUTPUT_TRANSFORM_NORMAL);
	drag_window(&desk, 300 - 90, 110, 310, 110);
	configure_output(&desk, 400, SCREEN, 1, WL_OUTPUT_TRANSFORM_NORMAL);
	expect_place(&desk, 400 - WINDOW, 100);
	desk_finish(&desk);
}

TEST("toplevel@window-that-shrinks-stays-within-reach") {
	struct desk desk;
	struct picture small;
	desk_init(&desk, WINDOW_TOPLEVEL);
	picture_init(&small, &desk.stage.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 50, 50, 200);
	window_commit(&desk.window, desk.picture.buffer);
	toplevel_move(only_toplevel(&desk), -100, 100);
	window_commit(&desk.window, small.buffer);
	expect_place(&desk, 0, 100);
	picture_finish(&small);
	desk_finish(&desk);
}

// The window returns from a state, but the client has not drawn for it when the output shrinks.
TEST("toplevel@window-on-its-way-back-to-its-place-arrives-in-view") {
	struct desk desk;
	desk_init(&desk, WINDOW_TOPLEVEL);
	window_commit(&desk.window, desk.picture.buffer);
	toplevel_move(only_toplevel(&desk), SCREEN - WINDOW, 100);
	xdg_toplevel_set_maximized(desk.window.toplevel);
	settle(&desk);
	window_commit(&desk.window, desk.picture.buffer);
	expect_place(&desk, 0, 0);
	xdg_toplevel_unset_maximized(desk.window.toplevel);
	settle(&desk);
	configure_output(&desk, 300, 300, 1, WL_OUTPUT_TRANSFORM_NORMAL);
	window_commit(&desk.window, desk.picture.buffer);
	expect_place(&desk, 300 - WINDOW, 100);
	desk_finish(&desk);
}

static void show_panel(struct desk *desk, struct window *panel, struct picture *bar) {
	window_init(panel, &desk->stage.screen, WINDOW_LAYER, PANEL, PANEL);
	picture_init(bar, &desk->stage.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, PANEL, PANEL, PANEL * 4);
	zwlr_layer_surface_v1_set_anchor(panel->layer_surface, ZWLR_LAYER_SURFACE_V1_ANCHOR_TOP);
	zwlr_layer_surface_v1_set_exclusive_zone(panel->layer_surface, PANEL);
	window_commit(panel, bar->buffer);
	settle(desk);
}

static void hide_panel(struct window *panel, struct picture *bar) {
	window_finish(panel);
	picture_finish(bar);
}

static void expect_configured(struct desk *desk, int32_t width, int32_t height) {
	settle(desk);
	expect_int(desk->window.configured_width, ==, width);
	expect_int(desk->window.configured_height, ==, height);
}

static void maximize(struct desk *desk) {
	xdg_toplevel_set_maximized(desk->window.toplevel);
	expect_configured(desk, SCREEN, SCREEN);
}

TEST("toplevel@maximized-window-is-configured-anew-before-it-is-mapped") {
	struct desk desk;
	struct window panel;
	struct picture bar;
	desk_init(&desk, WINDOW_TOPLEVEL);
	maximize(&desk);
	show_panel(&desk, &panel, &bar);
	expect_configured(&desk, SCREEN, SCREEN - PANEL);
	configure_output(&desk, 400, 300, 1, WL_OUTPUT_TRANSFORM_NORMAL);
	expect_configured(&desk, 400, 300 - PANEL);
	window_commit(&desk.window, desk.picture.buffer);
	expect_place(&desk, 0, PANEL);
	hide_panel(&panel, &bar);
	desk_finish(&desk);
}

TEST("toplevel@fullscreen-window-is-configured-anew-before-it-is-mapped") {
	struct desk desk;
	desk_init(&desk, WINDOW_FULLSCREEN);
	expect_configured(&desk, SCREEN, SCREEN);
	configure_output(&desk, 400, 300, 1, WL_OUTPUT_TRANSFORM_90);
	expect_configured(&desk, 300, 400);
	desk_finish(&desk);
}

// Mapped or not: it is on the output that is disabled.
TEST("toplevel@maximized-window-of-a-disabled-output-is-configured-for-another-one") {
	for (int i = 0; i < 2; i++) {
		struct desk desk;
		desk_init(&desk, WINDOW_TOPLEVEL);
		if (i == 1) {
			window_commit(&desk.window, desk.picture.buffer);
		}
		maximize(&desk);
		expect(wlr_headless_add_output(desk.stage.server.compositor->backend, 400, 300) != NULL);
		settle(&desk);
		disable(first_output(&desk)->wlr);
		expect_configured(&desk, 400, 300);
		desk_finish(&desk);
	}
}

struct bounds {
	int32_t width, height; // of the last configure_bounds event
	int len;
	bool configured;
};

static void ignore_configure(
		void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height, struct wl_array *states) {
}

static void ignore_close(void *data, struct xdg_toplevel *toplevel) {
}

static void handle_bounds(void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height) {
	struct bounds *bounds = data;
	bounds->width = width;
	bounds->height = height;
	bounds->len++;
}

static void ignore_capabilities(void *data, struct xdg_toplevel *toplevel, struct wl_array *capabilities) {
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = ignore_configure,
	.close = ignore_close,
	.configure_bounds = handle_bounds,
	.wm_capabilities = ignore_capabilities,
};

TEST("toplevel@window-that-waits-to-be-mapped-receives-new-bounds") {
	struct desk desk;
	struct window panel;
	struct picture bar;
	struct bounds bounds = {0};
	desk_init(&desk, WINDOW_TOPLEVEL);
	struct client *client = &desk.stage.screen.client;
	struct xdg_wm_base *wm_base = client_bind(client, &xdg_wm_base_interface, 5);
	struct wl_surface *surface = wl_compositor_create_surface(desk.stage.screen.compositor);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(wm_base, surface);
	struct xdg_toplevel *toplevel = xdg_surface_get_toplevel(xdg);
	xdg_toplevel_add_listener(toplevel, &toplevel_listener, &bounds);
	wl_surface_commit(surface);
	settle(&desk);
	expect_int(bounds.width, ==, SCREEN);
	expect_int(bounds.height, ==, SCREEN);
	show_panel(&desk, &panel, &bar);
	expect_int(bounds.width, ==, SCREEN);
	expect_int(bounds.height, ==, SCREEN - PANEL);
	expect_int(bounds.len, ==, 2);
	hide_panel(&panel, &bar);
	xdg_toplevel_destroy(toplevel);
	xdg_surface_destroy(xdg);
	wl_surface_destroy(surface);
	xdg_wm_base_destroy(wm_base);
	desk_finish(&desk);
}

// Such a window was asked to shrink, and may not have done so yet.
TEST("toplevel@dialog-of-a-window-larger-than-the-output-is-centered-on-the-output") {
	enum {
		HEIGHT = SCREEN + 100
	};
	struct desk desk;
	struct window dialog;
	struct picture tall;
	desk_init(&desk, WINDOW_TOPLEVEL);
	struct screen *screen = &desk.stage.screen;
	picture_init(&tall, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SCREEN, HEIGHT, SCREEN * 4);
	window_commit(&desk.window, tall.buffer);
	expect_int(toplevel_box(only_toplevel(&desk)).height, ==, HEIGHT);
	window_init(&dialog, screen, WINDOW_TOPLEVEL, WINDOW, WINDOW);
	xdg_toplevel_set_parent(dialog.toplevel, desk.window.toplevel);
	window_commit(&dialog, desk.picture.buffer);
	settle(&desk);
	const struct wlr_box box = toplevel_box(only_toplevel(&desk)); // the last one
	expect_int(box.width, ==, WINDOW);
	expect_int(box.x, ==, (SCREEN - WINDOW) / 2);
	expect_int(box.y, ==, (SCREEN - WINDOW) / 2);
	window_finish(&dialog);
	picture_finish(&tall);
	desk_finish(&desk);
}
