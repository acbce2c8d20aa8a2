/*
 * Layer surfaces, which reserve space at the edges of the output.
 */
#include "runner.h"
#include "stage.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"

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
