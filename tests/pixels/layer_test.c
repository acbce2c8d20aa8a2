/*
 * Layer surfaces, which reserve space at the edges of the output.
 */
#include "runner.h"
#include "stage.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"
#include <stdio.h>

#define SCREEN 200
#define WINDOW 60
#define PANEL 10

TEST("layer@zones-and-margins-may-be-any-numbers") {
	const int32_t numbers[] = {INT32_MIN, INT32_MIN + 1, -PANEL, 0, PANEL, SCREEN, INT32_MAX - PANEL, INT32_MAX};
	const size_t len = sizeof(numbers) / sizeof(numbers[0]);
	struct stage stage;
	struct window window, panel;
	struct picture picture, bar;
	stage_init(&stage, SCREEN, SCREEN);
	struct client *client = &stage.screen.client;
	window_init(&window, &stage.screen, WINDOW_TOPLEVEL, 0, 0);
	picture_init(&picture, client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, WINDOW, WINDOW, WINDOW * 4);
	window_commit(&window, picture.buffer);
	window_init(&panel, &stage.screen, WINDOW_LAYER, PANEL, PANEL);
	picture_init(&bar, client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, PANEL, PANEL, PANEL * 4);
	window_commit(&panel, bar.buffer);
	for (size_t i = 0; i < len * len; i++) {
		int32_t zone = numbers[i / len], margin = numbers[i % len];
		for (uint32_t edge = ZWLR_LAYER_SURFACE_V1_ANCHOR_TOP; edge <= ZWLR_LAYER_SURFACE_V1_ANCHOR_RIGHT; edge *= 2) {
			zwlr_layer_surface_v1_set_anchor(panel.layer_surface, edge);
			zwlr_layer_surface_v1_set_exclusive_zone(panel.layer_surface, zone);
			zwlr_layer_surface_v1_set_margin(panel.layer_surface, margin, margin, margin, margin);
			window_commit(&panel, bar.buffer);
		}
	}
	// Windows are not pushed off the output.
	zwlr_layer_surface_v1_set_exclusive_zone(panel.layer_surface, INT32_MAX);
	window_commit(&panel, bar.buffer);
	window_show(&window);
	window_finish(&panel);
	picture_finish(&bar);
	window_finish(&window);
	picture_finish(&picture);
	stage_finish(&stage);
}

TEST("layer@dismissed-popup-is-refused") {
	struct stage stage;
	struct window panel;
	struct picture bar;
	stage_init(&stage, SCREEN, SCREEN);
	struct client *client = &stage.screen.client;
	window_init(&panel, &stage.screen, WINDOW_LAYER, PANEL, PANEL);
	picture_init(&bar, client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, PANEL, PANEL, PANEL * 4);
	window_commit(&panel, bar.buffer);
	struct xdg_wm_base *wm_base = client_bind(client, &xdg_wm_base_interface, 3);
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(wm_base);
	xdg_positioner_set_size(positioner, PANEL, PANEL);
	xdg_positioner_set_anchor_rect(positioner, 0, 0, PANEL, PANEL);
	struct wl_surface *surface = wl_compositor_create_surface(stage.screen.compositor);
	struct xdg_surface *xdg_surface = xdg_wm_base_get_xdg_surface(wm_base, surface);
	struct xdg_popup *popup = xdg_surface_get_popup(xdg_surface, NULL, positioner);
	zwlr_layer_surface_v1_get_popup(panel.layer_surface, popup);
	wl_surface_commit(surface);
	client_roundtrip(client);
	// Unmaps the panel, which dismisses its popups.
	wl_surface_attach(panel.surface, NULL, 0, 0);
	wl_surface_commit(panel.surface);
	client_roundtrip(client);
	zwlr_layer_surface_v1_get_popup(panel.layer_surface, popup);
	expect_protocol_error(client, client->display, WL_DISPLAY_ERROR_INVALID_OBJECT, "was dismissed");
	xdg_popup_destroy(popup);
	xdg_surface_destroy(xdg_surface);
	wl_surface_destroy(surface);
	xdg_positioner_destroy(positioner);
	window_finish(&panel);
	picture_finish(&bar);
	stage_finish(&stage);
}

// A panel that has acknowledged its first configure event, and neither of two later ones.
struct serials {
	struct stage stage;
	struct window panel;
	struct picture bar;
	uint32_t serials[3];
};

static void serials_init(struct serials *serials) {
	stage_init(&serials->stage, SCREEN, SCREEN);
	struct client *client = &serials->stage.screen.client;
	struct window *panel = &serials->panel;
	window_init(panel, &serials->stage.screen, WINDOW_LAYER, PANEL, PANEL);
	picture_init(&serials->bar, client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, PANEL, PANEL, PANEL * 4);
	window_commit(panel, serials->bar.buffer);
	serials->serials[0] = panel->serial;
	panel->holds_acks = true;
	for (uint32_t i = 1; i < 3; i++) {
		panel->configured = false;
		zwlr_layer_surface_v1_set_size(panel->layer_surface, PANEL + i, PANEL);
		wl_surface_commit(panel->surface);
		expect(client_wait(client, &panel->configured));
		expect_int(panel->configured_width, ==, PANEL + (int32_t)i);
		serials->serials[i] = panel->serial;
	}
}

static void serials_expect_error(struct serials *serials, uint32_t serial) {
	struct client *client = &serials->stage.screen.client;
	char text[80];
	snprintf(text, sizeof(text), "wrong configure serial: %u", serial);
	expect_alive(client);
	zwlr_layer_surface_v1_ack_configure(serials->panel.layer_surface, serial);
	expect_protocol_error(
			client, serials->panel.layer_surface, ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SURFACE_STATE, text);
	window_finish(&serials->panel);
	picture_finish(&serials->bar);
	stage_finish(&serials->stage);
}

// The protocol has no error of its own for a serial. wlroots posts one of the layer surface.
TEST("layer@acknowledged-serial-that-was-never-sent-is-invalid_surface_state") {
	struct serials serials;
	serials_init(&serials);
	serials_expect_error(&serials, serials.serials[2] + 1000);
}

TEST("layer@acknowledged-serial-that-is-older-is-invalid_surface_state") {
	struct serials serials;
	serials_init(&serials);
	zwlr_layer_surface_v1_ack_configure(serials.panel.layer_surface, serials.serials[2]);
	serials_expect_error(&serials, serials.serials[1]);
}

TEST("layer@serial-that-is-acknowledged-twice-is-invalid_surface_state") {
	struct serials serials;
	serials_init(&serials);
	zwlr_layer_surface_v1_ack_configure(serials.panel.layer_surface, serials.serials[1]);
	serials_expect_error(&serials, serials.serials[1]);
}

TEST("layer@configure-events-may-be-acknowledged-in-turn-without-a-commit") {
	struct serials serials;
	serials_init(&serials);
	struct window *panel = &serials.panel;
	zwlr_layer_surface_v1_ack_configure(panel->layer_surface, serials.serials[1]);
	zwlr_layer_surface_v1_ack_configure(panel->layer_surface, serials.serials[2]);
	window_commit(panel, serials.bar.buffer);
	serials_expect_error(&serials, serials.serials[2]);
}
