/*
 * Hints of surfaces that the compositor does not follow: content-type and tearing-control.
 */
#include "content-type-v1-client-protocol.h"
#include "runner.h"
#include "stage.h"
#include "tearing-control-v1-client-protocol.h"

struct hints {
	struct stage stage;
	struct window window;
	struct picture picture;
	struct wp_content_type_manager_v1 *types;
	struct wp_content_type_v1 *type;
	struct wp_tearing_control_manager_v1 *tearing_manager;
	struct wp_tearing_control_v1 *tearing;
};

static void hints_init(struct hints *hints) {
	stage_init(&hints->stage, 64, 64);
	struct screen *screen = &hints->stage.screen;
	window_init(&hints->window, screen, WINDOW_LAYER, 16, 16);
	picture_init(&hints->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 16, 16, 64);
	picture_fill(&hints->picture, 1);
	hints->types = client_bind(&screen->client, &wp_content_type_manager_v1_interface, 1);
	hints->type = wp_content_type_manager_v1_get_surface_content_type(hints->types, hints->window.surface);
	hints->tearing_manager = client_bind(&screen->client, &wp_tearing_control_manager_v1_interface, 1);
	hints->tearing = wp_tearing_control_manager_v1_get_tearing_control(hints->tearing_manager, hints->window.surface);
}

static void hints_set(struct hints *hints) {
	wp_content_type_v1_set_content_type(hints->type, WP_CONTENT_TYPE_V1_TYPE_VIDEO);
	wp_tearing_control_v1_set_presentation_hint(hints->tearing, WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC);
}

static void hints_finish(struct hints *hints) {
	wp_tearing_control_v1_destroy(hints->tearing);
	wp_tearing_control_manager_v1_destroy(hints->tearing_manager);
	wp_content_type_v1_destroy(hints->type);
	wp_content_type_manager_v1_destroy(hints->types);
	picture_finish(&hints->picture);
	stage_finish(&hints->stage);
}

TEST("hints@of-a-surface-change-nothing-that-it-shows") {
	struct hints hints;
	hints_init(&hints);
	hints_set(&hints);
	window_commit(&hints.window, hints.picture.buffer);
	stage_expect(&hints.stage, &hints.picture, 0, 0, "with hints");
	window_finish(&hints.window);
	hints_finish(&hints);
}

TEST("hints@of-a-surface-that-is-gone-do-nothing") {
	struct hints hints;
	hints_init(&hints);
	window_commit(&hints.window, hints.picture.buffer);
	window_finish(&hints.window);
	hints_set(&hints);
	expect_alive(&hints.stage.screen.client);
	// An object for a new surface works.
	window_init(&hints.window, &hints.stage.screen, WINDOW_LAYER, 16, 16);
	struct wp_tearing_control_v1 *other =
			wp_tearing_control_manager_v1_get_tearing_control(hints.tearing_manager, hints.window.surface);
	wp_tearing_control_v1_set_presentation_hint(other, WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC);
	window_commit(&hints.window, hints.picture.buffer);
	stage_expect(&hints.stage, &hints.picture, 0, 0, "with a hint");
	wp_tearing_control_v1_destroy(other);
	window_finish(&hints.window);
	hints_finish(&hints);
}

TEST("hints@second-object-of-a-surface-is-an-error") {
	struct hints hints;
	hints_init(&hints);
	struct wp_tearing_control_v1 *other =
			wp_tearing_control_manager_v1_get_tearing_control(hints.tearing_manager, hints.window.surface);
	expect_protocol_error(&hints.stage.screen.client, hints.tearing_manager,
			WP_TEARING_CONTROL_MANAGER_V1_ERROR_TEARING_CONTROL_EXISTS, "already exists");
	wp_tearing_control_v1_destroy(other);
	window_finish(&hints.window);
	hints_finish(&hints);
}
