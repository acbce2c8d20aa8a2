/*
 * Limits on what is drawn in a frame.
 */
#include "runner.h"
#include "stage.h"
#include "viewporter-client-protocol.h"
#include <compositor/compositor.h>
#include <compositor/overdraw.h>
#include <compositor/server.h>
#include <stdlib.h>
#include <unistd.h>

#define SIZE 64

struct layer {
	struct window window;
	struct picture picture;
};

static void layer_init(struct layer *layer, struct screen *screen, uint32_t format) {
	window_init(&layer->window, screen, WINDOW_LAYER, SIZE, SIZE);
	picture_init(&layer->picture, &screen->client, FILE_SEALED, format, SIZE, SIZE, SIZE * 4);
	if (format == WL_SHM_FORMAT_XRGB8888) {
		picture_fill(&layer->picture, 1);
	}
	window_commit(&layer->window, layer->picture.buffer);
}

static void layer_finish(struct layer *layer) {
	picture_finish(&layer->picture);
	window_finish(&layer->window);
}

TEST("overdraw@surface-below-too-many-translucent-ones-of-its-client-is-hidden") {
	struct stage stage;
	struct screen other;
	struct layer bottom, of_other, above[OVERDRAW_LAYERS_MAX];
	stage_init(&stage, SIZE, SIZE);
	screen_init(&other, &stage.server);
	layer_init(&bottom, &stage.screen, WL_SHM_FORMAT_XRGB8888);
	// Another client's surfaces do not count.
	layer_init(&of_other, &other, WL_SHM_FORMAT_ARGB8888);
	for (int i = 0; i < OVERDRAW_LAYERS_MAX; i++) {
		stage_expect(&stage, &bottom.picture, 0, 0, "below fewer layers");
		layer_init(&above[i], &stage.screen, WL_SHM_FORMAT_ARGB8888);
	}
	stage_expect(&stage, NULL, 0, 0, "below too many layers");
	layer_finish(&above[3]);
	stage_expect(&stage, &bottom.picture, 0, 0, "when there is one less");
	for (int i = 0; i < OVERDRAW_LAYERS_MAX; i++) {
		if (i != 3) {
			layer_finish(&above[i]);
		}
	}
	layer_finish(&of_other);
	layer_finish(&bottom);
	screen_finish(&other);
	stage_finish(&stage);
}

// Until no frame follows.
static void settle(struct stage *stage) {
	for (int i = 0; i < 20; i++) {
		usleep(10000);
		client_roundtrip(&stage->screen.client);
	}
}

TEST("overdraw@scene-is-walked-once-for-a-change-of-size-and-not-for-pixels") {
	struct stage stage;
	struct layer layer;
	stage_init(&stage, SIZE, SIZE);
	layer_init(&layer, &stage.screen, WL_SHM_FORMAT_XRGB8888);
	struct wp_viewport *viewport = wp_viewporter_get_viewport(stage.screen.viewporter, layer.window.surface);
	settle(&stage);
	for (int i = 0; i < 6; i++) {
		uint64_t before = stage.server.compositor->overdraw->walks;
		if (i % 2 == 0) {
			wp_viewport_set_destination(viewport, SIZE - 1 - i, SIZE);
		}
		window_commit(&layer.window, layer.picture.buffer);
		settle(&stage);
		expect_int(stage.server.compositor->overdraw->walks - before, ==, i % 2 == 0 ? 1 : 0);
	}
	wp_viewport_destroy(viewport);
	layer_finish(&layer);
	stage_finish(&stage);
}

TEST("overdraw@opaque-surfaces-do-not-count") {
	struct stage stage;
	struct layer layers[2 * OVERDRAW_LAYERS_MAX];
	stage_init(&stage, SIZE, SIZE);
	for (int i = 0; i < 2 * OVERDRAW_LAYERS_MAX; i++) {
		layer_init(&layers[i], &stage.screen, WL_SHM_FORMAT_XRGB8888);
		stage_expect(&stage, &layers[i].picture, 0, 0, "the top one");
	}
	for (int i = 2 * OVERDRAW_LAYERS_MAX - 1; i >= 0; i--) {
		stage_expect(&stage, &layers[i].picture, 0, 0, "the top one again");
		layer_finish(&layers[i]);
	}
	stage_finish(&stage);
}

#define DOTS 1000

// Opaque subsurfaces of one pixel, no two of which touch.
struct dots {
	struct picture picture;
	struct wl_surface *surfaces[DOTS];
	struct wl_subsurface *subsurfaces[DOTS];
};

static void dots_init(struct dots *dots, struct layer *parent) {
	struct screen *screen = parent->window.screen;
	picture_init(&dots->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 1, 1, 4);
	for (int i = 0; i < DOTS; i++) {
		int x = i % 32 * 2 + i / 32 % 2, y = i / 32 * 2;
		dots->surfaces[i] = wl_compositor_create_surface(screen->compositor);
		dots->subsurfaces[i] =
				wl_subcompositor_get_subsurface(screen->subcompositor, dots->surfaces[i], parent->window.surface);
		wl_subsurface_set_position(dots->subsurfaces[i], x, y);
		wl_surface_attach(dots->surfaces[i], dots->picture.buffer, 0, 0);
		wl_surface_commit(dots->surfaces[i]);
		client_roundtrip(&screen->client);
	}
	window_commit(&parent->window, parent->picture.buffer);
}

static void dots_finish(struct dots *dots) {
	for (int i = 0; i < DOTS; i++) {
		wl_subsurface_destroy(dots->subsurfaces[i]);
		wl_surface_destroy(dots->surfaces[i]);
	}
	picture_finish(&dots->picture);
}

TEST("overdraw@many-holes-turn-off-the-removal-of-hidden-parts-until-they-are-gone") {
	struct stage stage;
	struct layer layers[6];
	static struct dots dots;
	struct image before, after;
	stage_init(&stage, SIZE, SIZE);
	for (int i = 0; i < 6; i++) {
		layer_init(&layers[i], &stage.screen, WL_SHM_FORMAT_ARGB8888);
	}
	const struct overdraw *overdraw = stage.server.compositor->overdraw;
	dots_init(&dots, &layers[5]);
	stage_capture(&stage, &before);
	expect(overdraw->without_visibility);
	stage_copy_background(&stage, &after);
	for (int i = 0; i < DOTS; i++) {
		picture_draw(&dots.picture, &after, i % 32 * 2 + i / 32 % 2, i / 32 * 2);
	}
	expect_image_of(&before, &after, "with dots");
	image_finish(&before);
	image_finish(&after);
	dots_finish(&dots);
	stage_expect(&stage, NULL, 0, 0, "without dots");
	expect(!overdraw->without_visibility);
	for (int i = 0; i < 6; i++) {
		layer_finish(&layers[i]);
	}
	stage_finish(&stage);
}
