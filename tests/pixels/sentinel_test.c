/*
 * The sentinel of changes to the scene (compositor/sentinel.h): what it counts, and what is done again only then.
 */
#include "runner.h"
#include "stage.h"
#include "viewporter-client-protocol.h"
#include <compositor/server.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_scene.h>

#define SIZE 32

struct view {
	struct stage stage;
	struct window window;
	struct picture pictures[2], translucent, large;
	uint64_t seen;
};

static void init_picture(struct view *view, struct picture *picture, uint32_t format, int32_t size) {
	picture_init(picture, &view->stage.screen.client, FILE_SEALED, format, size, size, size * 4);
	picture_fill(picture, (uint32_t)size);
}

static void view_init(struct view *view) {
	*view = (struct view){0};
	stage_init_tracking(&view->stage, 100, 100);
	window_init(&view->window, &view->stage.screen, WINDOW_TOPLEVEL, SIZE, SIZE);
	init_picture(view, &view->pictures[0], WL_SHM_FORMAT_XRGB8888, SIZE);
	init_picture(view, &view->pictures[1], WL_SHM_FORMAT_XRGB8888, SIZE);
	init_picture(view, &view->translucent, WL_SHM_FORMAT_ARGB8888, SIZE);
	init_picture(view, &view->large, WL_SHM_FORMAT_XRGB8888, SIZE + 1);
	window_commit(&view->window, view->pictures[0].buffer);
	window_show(&view->window);
}

static void view_finish(struct view *view) {
	picture_finish(&view->pictures[0]);
	picture_finish(&view->pictures[1]);
	picture_finish(&view->translucent);
	picture_finish(&view->large);
	stage_finish(&view->stage);
}

// Returns whether the scene has changed since the last call.
static bool has_changed(struct view *view) {
	client_roundtrip(&view->stage.screen.client);
	uint64_t changes = view->stage.server.compositor->desktop->changes;
	bool changed = changes != view->seen;
	view->seen = changes;
	return changed;
}

static void set_scale(struct view *view, float scale) {
	struct output *output;
	wl_list_for_each(output, &view->stage.server.compositor->desktop->outputs, link) {
		struct wlr_output_state state;
		wlr_output_state_init(&state);
		wlr_output_state_set_scale(&state, scale);
		expect(wlr_output_commit_state(output->wlr, &state));
		wlr_output_state_finish(&state);
	}
}

TEST("sentinel@pixels-alone-are-no-change") {
	struct view view;
	view_init(&view);
	has_changed(&view);
	for (int i = 0; i < 10; i++) {
		window_commit(&view.window, view.pictures[i % 2].buffer);
		window_show(&view.window);
	}
	expect(!has_changed(&view));
	window_finish(&view.window);
	view_finish(&view);
}

TEST("sentinel@what-wlr_scene-computes-anew-is-a-change") {
	struct view view;
	view_init(&view);
	struct desktop *desktop = view.stage.server.compositor->desktop;
	struct wlr_scene_node *layer = &desktop->layers[DESKTOP_LAYER_WINDOWS]->node;
	struct screen *screen = &view.stage.screen;
	has_changed(&view);
	window_commit(&view.window, view.translucent.buffer);
	expect(has_changed(&view)); // it is not opaque
	window_commit(&view.window, view.large.buffer);
	expect(has_changed(&view)); // its size
	wlr_scene_node_set_position(layer, 3, 4);
	expect(has_changed(&view));
	wlr_scene_node_set_position(layer, 0, 0);
	expect(has_changed(&view));
	struct wp_viewport *viewport = wp_viewporter_get_viewport(screen->viewporter, view.window.surface);
	wp_viewport_set_source(viewport, 0, 0, wl_fixed_from_int(SIZE), wl_fixed_from_int(SIZE));
	wp_viewport_set_destination(viewport, SIZE + 1, SIZE + 1);
	wl_surface_commit(view.window.surface);
	expect(has_changed(&view)); // the part of the picture
	struct window other;
	window_init(&other, screen, WINDOW_TOPLEVEL, SIZE, SIZE);
	window_commit(&other, view.pictures[1].buffer);
	expect(has_changed(&view)); // another window
	wl_surface_attach(other.surface, NULL, 0, 0);
	wl_surface_commit(other.surface);
	expect(has_changed(&view)); // hidden again
	window_finish(&other);
	has_changed(&view);
	set_scale(&view, 2);
	expect(has_changed(&view));
	has_changed(&view);
	window_finish(&view.window);
	expect(has_changed(&view));
	view_finish(&view);
}

// The sentinel is above all windows, and above what hides them.
TEST("sentinel@accepts-no-input") {
	struct view view;
	view_init(&view);
	struct desktop *desktop = view.stage.server.compositor->desktop;
	double sx, sy;
	bool found = false;
	for (int i = 0; i < 100; i++) {
		found |= desktop_surface_at(desktop, i, i, &sx, &sy, NULL) != NULL;
	}
	expect(found);
	window_finish(&view.window);
	view_finish(&view);
}
