/*
 * The only output is destroyed while clients draw, then another one is added: nobody dies, and everything is shown
 * again.
 */
#include "runner.h"
#include "stage.h"
#include "wlr-screencopy-unstable-v1-client-protocol.h"
#include "wlr-virtual-pointer-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"
#include <compositor/cursor.h>
#include <compositor/output.h>
#include <compositor/server.h>
#include <compositor/virtual_pointer.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/backend/headless.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_output.h>

#define SCREEN 600
#define WINDOW 520 // more than a MiB, so that a video is read in place
#define PLACE 16   // position of the first window
#define MENU 40

struct desk {
	struct stage stage;
	struct window window;
	struct picture pictures[2];
	int shown; // index into pictures
};

static void desk_init(struct desk *desk, enum window_kind kind, enum file_kind file_kind) {
	*desk = (struct desk){0};
	stage_init_tracking(&desk->stage, SCREEN, SCREEN);
	struct screen *screen = &desk->stage.screen;
	for (uint32_t i = 0; i < 2; i++) {
		struct picture *picture = &desk->pictures[i];
		uint32_t format = screen_get_capture_format(screen); // as a test captures into one of them
		picture_init(picture, &screen->client, file_kind, format, WINDOW, WINDOW, WINDOW * 4);
		picture_fill(picture, i + 1);
	}
	window_init(&desk->window, screen, kind, WINDOW, WINDOW);
	window_commit(&desk->window, desk->pictures[0].buffer);
}

static void desk_finish(struct desk *desk) {
	window_finish(&desk->window);
	picture_finish(&desk->pictures[0]);
	picture_finish(&desk->pictures[1]);
	stage_finish(&desk->stage);
}

// Commits whole frames, each with a frame callback that nobody waits for.
static void play(struct desk *desk, int frames) {
	for (int i = 0; i < frames; i++) {
		desk->shown = !desk->shown;
		wl_callback_destroy(wl_surface_frame(desk->window.surface));
		window_commit(&desk->window, desk->pictures[desk->shown].buffer);
	}
}

static void destroy_output(struct desk *desk) {
	struct compositor *compositor = desk->stage.server.compositor;
	struct output *output = wl_container_of(compositor->desktop->outputs.next, output, link);
	wlr_output_destroy(output->wlr);
	expect(wl_list_empty(&compositor->desktop->outputs));
	client_roundtrip(&desk->stage.screen.client);
}

// The screen captures this output from now on.
static void add_output(struct desk *desk) {
	struct screen *screen = &desk->stage.screen;
	expect(wlr_headless_add_output(desk->stage.server.compositor->backend, SCREEN, SCREEN) != NULL);
	client_roundtrip(&screen->client);
	uint32_t name = 0;
	const struct client_global *global;
	wl_array_for_each(global, &screen->client.globals) {
		name = strcmp(global->interface, wl_output_interface.name) == 0 ? global->name : name;
	}
	wl_output_release(screen->output);
	screen->output = wl_registry_bind(screen->client.registry, name, &wl_output_interface, 3);
	client_roundtrip(&screen->client);
}

// wlroots keeps the output of a pointing device, even after the output is destroyed.
TEST("output@destroyed-under-a-virtual-pointer-which-moves-over-all-others-then") {
	struct stage stage;
	stage_init(&stage, SCREEN, SCREEN);
	struct screen *screen = &stage.screen;
	struct compositor *compositor = stage.server.compositor;
	struct zwlr_virtual_pointer_manager_v1 *manager =
			client_bind(&screen->client, &zwlr_virtual_pointer_manager_v1_interface, 2);
	struct zwlr_virtual_pointer_v1 *device =
			zwlr_virtual_pointer_manager_v1_create_virtual_pointer_with_output(manager, screen->seat, screen->output);
	client_roundtrip(&screen->client);
	struct virtual_pointer *pointer = wl_container_of(compositor->virtual_pointers->list.next, pointer, link);
	struct output *output = wl_container_of(compositor->desktop->outputs.next, output, link);
	expect(pointer->output == output->wlr);
	wlr_output_destroy(output->wlr);
	expect(pointer->output == NULL);
	expect(wlr_headless_add_output(compositor->backend, SCREEN, SCREEN) != NULL);
	zwlr_virtual_pointer_v1_motion_absolute(device, 1, 1, 1, 2, 2);
	zwlr_virtual_pointer_v1_frame(device);
	client_roundtrip(&screen->client);
	expect(compositor->cursor->wlr->x == SCREEN / 2. && compositor->cursor->wlr->y == SCREEN / 2.);
	zwlr_virtual_pointer_v1_destroy(device);
	zwlr_virtual_pointer_manager_v1_destroy(manager);
	stage_finish(&stage);
}

static void expect_shown(struct desk *desk, const char *what) {
	stage_expect(&desk->stage, &desk->pictures[desk->shown], PLACE, PLACE, what);
}

static void replace_while_playing(enum file_kind kind) {
	struct desk desk;
	desk_init(&desk, WINDOW_TOPLEVEL, kind);
	for (int i = 0; i < 12; i++) {
		play(&desk, i);
		destroy_output(&desk);
		play(&desk, i % 4);
		add_output(&desk);
		expect_shown(&desk, "on another output");
		play(&desk, 1);
		expect_shown(&desk, "drawn there");
	}
	desk_finish(&desk);
}

TEST("output@destroyed-during-a-video-which-the-next-output-shows") {
	replace_while_playing(FILE_SEALED);
	replace_while_playing(FILE_UNSEALABLE);
}

TEST("output@destroyed-under-a-fullscreen-window-which-is-configured-for-the-next") {
	struct desk desk;
	desk_init(&desk, WINDOW_FULLSCREEN, FILE_SEALED);
	play(&desk, 12);
	destroy_output(&desk);
	play(&desk, 3);
	add_output(&desk);
	play(&desk, 3);
	expect_int(desk.window.configured_width, ==, SCREEN);
	expect_int(desk.window.configured_height, ==, SCREEN);
	desk_finish(&desk);
}

struct menu {
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_popup *popup;
	struct picture picture;
	bool configured;
};

static void handle_popup_configure(
		void *data, struct xdg_popup *popup, int32_t x, int32_t y, int32_t width, int32_t height) {
}

static void handle_done(void *data, struct xdg_popup *popup) {
}

static const struct xdg_popup_listener popup_listener = {
	.configure = handle_popup_configure,
	.popup_done = handle_done,
};

static void handle_configure(void *data, struct xdg_surface *surface, uint32_t serial) {
	xdg_surface_ack_configure(surface, serial);
	((struct menu *)data)->configured = true;
}

static const struct xdg_surface_listener surface_listener = {.configure = handle_configure};

static void menu_init(struct menu *menu, struct desk *desk) {
	struct screen *screen = &desk->stage.screen;
	*menu = (struct menu){.surface = wl_compositor_create_surface(screen->compositor)};
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(screen->wm_base);
	xdg_positioner_set_size(positioner, MENU, MENU);
	xdg_positioner_set_anchor_rect(positioner, 0, 0, WINDOW, WINDOW);
	menu->xdg_surface = xdg_wm_base_get_xdg_surface(screen->wm_base, menu->surface);
	xdg_surface_add_listener(menu->xdg_surface, &surface_listener, menu);
	menu->popup = xdg_surface_get_popup(menu->xdg_surface, desk->window.xdg_surface, positioner);
	xdg_popup_add_listener(menu->popup, &popup_listener, menu);
	xdg_positioner_destroy(positioner);
	wl_surface_commit(menu->surface);
	expect(client_wait(&screen->client, &menu->configured));
	picture_init(&menu->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, MENU, MENU, MENU * 4);
	picture_fill(&menu->picture, 3);
}

static void menu_draw(struct menu *menu, struct desk *desk) {
	wl_surface_attach(menu->surface, menu->picture.buffer, 0, 0);
	wl_surface_damage_buffer(menu->surface, 0, 0, MENU, MENU);
	wl_surface_commit(menu->surface);
	client_roundtrip(&desk->stage.screen.client);
}

static void menu_finish(struct menu *menu) {
	xdg_popup_destroy(menu->popup);
	xdg_surface_destroy(menu->xdg_surface);
	wl_surface_destroy(menu->surface);
	picture_finish(&menu->picture);
}

// One popup is open when the output is destroyed; another one opens while there is no output.
TEST("output@destroyed-under-popups-that-stay") {
	struct desk desk;
	struct menu first, second;
	desk_init(&desk, WINDOW_TOPLEVEL, FILE_SEALED);
	menu_init(&first, &desk);
	menu_draw(&first, &desk);
	destroy_output(&desk);
	menu_draw(&first, &desk);
	menu_init(&second, &desk);
	menu_draw(&second, &desk);
	menu_finish(&second);
	add_output(&desk);
	struct image wanted, got;
	stage_copy_background(&desk.stage, &wanted);
	picture_draw(&desk.pictures[0], &wanted, PLACE, PLACE);
	// The popup is centered on the window.
	picture_draw(&first.picture, &wanted, PLACE + (WINDOW - MENU) / 2, PLACE + (WINDOW - MENU) / 2);
	stage_capture(&desk.stage, &got);
	expect_image_of(&got, &wanted, "a window and its popup on another output");
	image_finish(&wanted);
	image_finish(&got);
	menu_finish(&first);
	desk_finish(&desk);
}

TEST("output@destroyed-with-captures-in-flight-and-a-layer") {
	struct desk desk;
	struct window layer, late;
	desk_init(&desk, WINDOW_TOPLEVEL, FILE_SEALED);
	struct screen *screen = &desk.stage.screen;
	window_init(&layer, screen, WINDOW_LAYER, WINDOW, WINDOW);
	window_commit(&layer, desk.pictures[1].buffer);
	struct zwlr_screencopy_frame_v1 *frames[3];
	for (int i = 0; i < 3; i++) {
		frames[i] = zwlr_screencopy_manager_v1_capture_output_region(
				screen->screencopy, 0, screen->output, 0, 0, WINDOW, WINDOW);
		client_roundtrip(&screen->client);
		zwlr_screencopy_frame_v1_copy(frames[i], desk.pictures[1].buffer);
	}
	wl_display_flush(screen->client.display);
	destroy_output(&desk);
	window_commit(&layer, desk.pictures[1].buffer); // closed, but the client may not know yet
	window_init(&late, screen, WINDOW_TOPLEVEL, 0, 0);
	window_commit(&late, desk.pictures[1].buffer);
	window_finish(&late);
	add_output(&desk);
	for (int i = 0; i < 3; i++) {
		zwlr_screencopy_frame_v1_destroy(frames[i]);
	}
	window_finish(&layer);
	expect_shown(&desk, "under a closed layer");
	desk_finish(&desk);
}
