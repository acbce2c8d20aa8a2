/*
 * Batches of changes to the scene (compositor/batch.h): what is shown and sent must be the same as without them.
 */
#include "mouse.h"
#include "runner.h"
#include "stage.h"
#include "xdg-shell-client-protocol.h"
#include <compositor/batch.h>
#include <compositor/server.h>
#include <wlr/version.h>

#define SIZE 64
#define TILE 8
#define COLUMNS 14
#define TILES (COLUMNS * COLUMNS)
#define STEP 4 // less than TILE: each covers a part of its neighbors

// A window with many subsurfaces.
struct mosaic {
	struct stage stage;
	struct window window;
	struct picture picture;
	struct picture pictures[3];
	struct {
		struct wl_surface *surface;
		struct wl_subsurface *subsurface;
		int32_t x, y;
	} tiles[TILES];
};

static int count_batches(const struct mosaic *mosaic) {
	return (int)mosaic->stage.server.compositor->batch->opened_len;
}

// The window itself is not committed.
static void mosaic_init(struct mosaic *mosaic, enum window_kind kind, int32_t size) {
	*mosaic = (struct mosaic){0};
	stage_init_tracking(&mosaic->stage, size, size);
	struct screen *screen = &mosaic->stage.screen;
	window_init(&mosaic->window, screen, kind, SIZE, SIZE);
	picture_init(&mosaic->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	picture_fill(&mosaic->picture, 7);
	for (uint32_t i = 0; i < 3; i++) {
		struct picture *picture = &mosaic->pictures[i];
		picture_init(picture, &screen->client, FILE_SEALED, i == 0 ? WL_SHM_FORMAT_ARGB8888 : WL_SHM_FORMAT_XRGB8888,
				TILE, TILE, TILE * 4);
		picture_fill(picture, i);
	}
	for (int i = 0; i < TILES; i++) {
		struct wl_surface *surface = wl_compositor_create_surface(screen->compositor);
		mosaic->tiles[i].surface = surface;
		mosaic->tiles[i].subsurface =
				wl_subcompositor_get_subsurface(screen->subcompositor, surface, mosaic->window.surface);
		wl_surface_attach(surface, mosaic->pictures[i % 3].buffer, 0, 0);
		wl_surface_commit(surface);
	}
	client_roundtrip(&screen->client);
}

static void mosaic_place(struct mosaic *mosaic, int32_t x, int32_t y) {
	for (int i = 0; i < TILES; i++) {
		mosaic->tiles[i].x = x + i % COLUMNS * STEP;
		mosaic->tiles[i].y = y + i / COLUMNS * STEP;
		wl_subsurface_set_position(mosaic->tiles[i].subsurface, mosaic->tiles[i].x, mosaic->tiles[i].y);
	}
}

static void mosaic_destroy_tiles(struct mosaic *mosaic) {
	for (int i = 0; i < TILES; i++) {
		wl_subsurface_destroy(mosaic->tiles[i].subsurface);
		wl_surface_destroy(mosaic->tiles[i].surface);
	}
}

static void mosaic_finish(struct mosaic *mosaic) {
	for (int i = 0; i < 3; i++) {
		picture_finish(&mosaic->pictures[i]);
	}
	picture_finish(&mosaic->picture);
	window_finish(&mosaic->window);
	stage_finish(&mosaic->stage);
}

// reversed: the first tile is the topmost.
static void expect_mosaic(struct mosaic *mosaic, bool reversed, const char *what) {
	struct image wanted, got;
	stage_copy_background(&mosaic->stage, &wanted);
	picture_draw(&mosaic->picture, &wanted, 0, 0);
	for (int i = 0; i < TILES; i++) {
		int tile = reversed ? TILES - 1 - i : i;
		picture_draw(&mosaic->pictures[tile % 3], &wanted, mosaic->tiles[tile].x, mosaic->tiles[tile].y);
	}
	stage_capture(&mosaic->stage, &got);
	expect_image_of(&got, &wanted, what);
	image_finish(&wanted);
	image_finish(&got);
}

TEST("batch@many-subsurfaces-changed-by-one-commit-are-shown-in-their-places") {
	struct mosaic mosaic;
	mosaic_init(&mosaic, WINDOW_LAYER, SIZE);
	mosaic_place(&mosaic, 0, 0);
	int batches = count_batches(&mosaic);
	window_commit(&mosaic.window, mosaic.picture.buffer);
	expect_int(count_batches(&mosaic), >, batches);
	expect_mosaic(&mosaic, false, "new ones");
	mosaic_place(&mosaic, 2, 3);
	for (int i = 0; i < TILES; i++) {
		wl_subsurface_place_above(mosaic.tiles[i].subsurface, i == 0 ? mosaic.tiles[1].surface : mosaic.window.surface);
	}
	wl_subsurface_place_above(mosaic.tiles[0].subsurface, mosaic.tiles[1].surface);
	wl_surface_commit(mosaic.window.surface);
	client_roundtrip(&mosaic.stage.screen.client);
	expect_int(count_batches(&mosaic), >, batches + 1);
	expect_mosaic(&mosaic, true, "moved and reversed");
	mosaic_destroy_tiles(&mosaic);
	client_roundtrip(&mosaic.stage.screen.client);
	expect_int(count_batches(&mosaic), >, batches + 2);
	stage_expect(&mosaic.stage, &mosaic.picture, 0, 0, "without them");
	mosaic_finish(&mosaic);
}

// Commits all tiles in one turn, with buffers like those before. Takes more than BATCH_TURN_NSEC_MAX.
static void mosaic_draw(struct mosaic *mosaic, int rounds) {
	for (int i = 0; i < rounds * TILES; i++) {
		struct wl_surface *surface = mosaic->tiles[i % TILES].surface;
		wl_surface_attach(surface, mosaic->pictures[i % TILES % 3].buffer, 0, 0);
		wl_surface_damage_buffer(surface, 0, 0, TILE, TILE);
		wl_surface_commit(surface);
	}
	client_roundtrip(&mosaic->stage.screen.client);
}

TEST("batch@new-pixels-of-many-subsurfaces-open-none") {
	struct mosaic mosaic;
	mosaic_init(&mosaic, WINDOW_TOPLEVEL, SIZE);
	for (int i = 0; i < TILES; i++) {
		wl_subsurface_set_desync(mosaic.tiles[i].subsurface);
	}
	mosaic_place(&mosaic, 0, 0);
	window_commit(&mosaic.window, mosaic.picture.buffer);
	window_show(&mosaic.window);
	int batches = count_batches(&mosaic);
	mosaic_draw(&mosaic, 20);
	expect_int(count_batches(&mosaic), ==, batches);
	window_commit(&mosaic.window, mosaic.picture.buffer);
	expect_int(count_batches(&mosaic), ==, batches);
	// All subsurfaces move.
	xdg_surface_set_window_geometry(mosaic.window.xdg_surface, 1, 1, SIZE - 1, SIZE - 1);
	window_commit(&mosaic.window, mosaic.picture.buffer);
	expect_int(count_batches(&mosaic), >, batches);
	mosaic_destroy_tiles(&mosaic);
	mosaic_finish(&mosaic);
}

TEST("batch@few-changes-open-none") {
	struct mosaic mosaic;
	mosaic_init(&mosaic, WINDOW_LAYER, SIZE);
	mosaic_place(&mosaic, 0, 0);
	window_commit(&mosaic.window, mosaic.picture.buffer);
	expect_mosaic(&mosaic, false, "new ones");
	int batches = count_batches(&mosaic);
	for (int i = 0; i < TILES; i++) {
		wl_surface_attach(mosaic.tiles[i].surface, mosaic.pictures[i % 3].buffer, 0, 0);
		wl_surface_damage_buffer(mosaic.tiles[i].surface, 0, 0, TILE, TILE);
		wl_surface_commit(mosaic.tiles[i].surface);
		client_roundtrip(&mosaic.stage.screen.client);
	}
	// A machine that stalls makes a turn long.
	expect_int(count_batches(&mosaic) - batches, <, TILES / 10);
	mosaic_destroy_tiles(&mosaic);
	mosaic_finish(&mosaic);
}

static int on_outputs;

static void handle_enter(void *data, struct wl_surface *surface, struct wl_output *output) {
	on_outputs++;
}

static void handle_leave(void *data, struct wl_surface *surface, struct wl_output *output) {
	on_outputs--;
}

static const struct wl_surface_listener surface_listener = {.enter = handle_enter, .leave = handle_leave};

TEST("batch@surfaces-that-are-moved-away-leave-the-output") {
	struct mosaic mosaic;
	mosaic_init(&mosaic, WINDOW_LAYER, SIZE);
	on_outputs = 0;
	// From 0.20 on, wlroots sends no leave event to surfaces that are on no other output, with and without batches.
	const int away = WLR_VERSION_MAJOR == 0 && WLR_VERSION_MINOR < 20 ? 0 : TILES;
	for (int i = 0; i < TILES; i++) {
		wl_surface_add_listener(mosaic.tiles[i].surface, &surface_listener, NULL);
	}
	const struct {
		int32_t x;
		int on_outputs;
	} places[] = {{0, TILES}, {SIZE, away}, {-1000, away}, {0, TILES}};
	int batches = count_batches(&mosaic);
	for (int i = 0; i < 4; i++) {
		mosaic_place(&mosaic, places[i].x, 0);
		window_commit(&mosaic.window, mosaic.picture.buffer);
		expect_int(count_batches(&mosaic), >, batches + i);
		expect_int(on_outputs, ==, places[i].on_outputs);
	}
	mosaic_destroy_tiles(&mosaic);
	mosaic_finish(&mosaic);
}

struct menu {
	int32_t x, y;
	bool configured;
};

static void handle_popup_configure(
		void *data, struct xdg_popup *popup, int32_t x, int32_t y, int32_t width, int32_t height) {
	struct menu *menu = data;
	menu->x = x;
	menu->y = y;
	menu->configured = true;
}

static void handle_popup_done(void *data, struct xdg_popup *popup) {
}

static const struct xdg_popup_listener popup_listener = {
	.configure = handle_popup_configure,
	.popup_done = handle_popup_done,
};

TEST("batch@popup-that-is-placed-meanwhile-stays-on-the-output") {
	struct mosaic mosaic;
	mosaic_init(&mosaic, WINDOW_TOPLEVEL, 2 * SIZE);
	struct client *client = &mosaic.stage.screen.client;
	mosaic_place(&mosaic, 0, 0);
	window_commit(&mosaic.window, mosaic.picture.buffer);
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(mosaic.stage.screen.wm_base);
	xdg_positioner_set_size(positioner, SIZE, SIZE);
	xdg_positioner_set_anchor_rect(positioner, 0, 0, SIZE, SIZE);
	xdg_positioner_set_anchor(positioner, XDG_POSITIONER_ANCHOR_BOTTOM_RIGHT);
	xdg_positioner_set_gravity(positioner, XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT);
	xdg_positioner_set_constraint_adjustment(
			positioner, XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X | XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_Y);
	struct menu menus[2] = {0};
	struct wl_surface *surfaces[2];
	struct xdg_surface *xdg_surfaces[2];
	struct xdg_popup *popups[2];
	int batches = count_batches(&mosaic);
	for (int i = 0; i < 2; i++) {
		surfaces[i] = wl_compositor_create_surface(mosaic.stage.screen.compositor);
		xdg_surfaces[i] = xdg_wm_base_get_xdg_surface(mosaic.stage.screen.wm_base, surfaces[i]);
		popups[i] = xdg_surface_get_popup(xdg_surfaces[i], mosaic.window.xdg_surface, positioner);
		xdg_popup_add_listener(popups[i], &popup_listener, &menus[i]);
		if (i == 1) {
			mosaic_place(&mosaic, 1, 0);
			wl_surface_commit(mosaic.window.surface);
		}
		wl_surface_commit(surfaces[i]);
		client_roundtrip(client);
		expect(menus[i].configured);
	}
	expect_int(count_batches(&mosaic), >, batches);
	expect_int(menus[0].x, <, SIZE);
	expect_int(menus[1].x, ==, menus[0].x);
	expect_int(menus[1].y, ==, menus[0].y);
	for (int i = 1; i >= 0; i--) {
		xdg_popup_destroy(popups[i]);
		xdg_surface_destroy(xdg_surfaces[i]);
		wl_surface_destroy(surfaces[i]);
	}
	xdg_positioner_destroy(positioner);
	mosaic_destroy_tiles(&mosaic);
	mosaic_finish(&mosaic);
}

TEST("batch@pointer-stays-on-its-surface") {
	struct mosaic mosaic;
	struct mouse mouse;
	mosaic_init(&mosaic, WINDOW_LAYER, SIZE);
	mouse_init(&mouse, &mosaic.stage.screen, SIZE);
	mosaic_place(&mosaic, 0, 0);
	window_commit(&mosaic.window, mosaic.picture.buffer);
	mouse_move(&mouse, SIZE - 1, SIZE - 1); // only the window is there
	client_roundtrip(&mosaic.stage.screen.client);
	expect(mouse.entered);
	mouse.left = false;
	int batches = count_batches(&mosaic);
	mosaic_place(&mosaic, -1, -1);
	wl_subsurface_set_desync(mosaic.tiles[0].subsurface);
	client_roundtrip(&mosaic.stage.screen.client);
	// The first makes the compositor look what is below the pointer, but only after the second.
	wl_surface_commit(mosaic.tiles[0].surface);
	wl_surface_commit(mosaic.window.surface);
	client_roundtrip(&mosaic.stage.screen.client);
	expect_int(count_batches(&mosaic), >, batches);
	expect(!mouse.left);
	mosaic_destroy_tiles(&mosaic);
	mouse_finish(&mouse);
	mosaic_finish(&mosaic);
}
