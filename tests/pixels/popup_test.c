/*
 * Popups whose parent moves: reactive ones stay on the output, and their clients receive a configure event.
 */
#include "mouse.h"
#include "runner.h"
#include "stage.h"
#include "xdg-shell-client-protocol.h"
#include <compositor/compat.h>
#include <compositor/parts.h>
#include <wlr/types/wlr_xdg_shell.h>

#define SCREEN 200
#define WINDOW 60
#define MENU 40
#define PLACE 16 // position of the first window

// A popup whose top left corner is at the bottom right corner of its parent, if there is room.
struct menu {
	struct client *client;
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_popup *popup;
	struct picture picture;
	int configures;
	int repositions;
	int32_t x, y, width, height; // of the last configure
	uint32_t serial;             // of the last configure
	bool configured;
};

struct desk {
	struct stage stage;
	struct mouse mouse;
	struct window window;
	struct picture picture;
	struct menu menu;
};

static void handle_popup_configure(
		void *data, struct xdg_popup *popup, int32_t x, int32_t y, int32_t width, int32_t height) {
	struct menu *menu = data;
	menu->x = x;
	menu->y = y;
	menu->width = width;
	menu->height = height;
}

static void handle_done(void *data, struct xdg_popup *popup) {
}

static void handle_repositioned(void *data, struct xdg_popup *popup, uint32_t token) {
	struct menu *menu = data;
	menu->repositions++;
}

static const struct xdg_popup_listener popup_listener = {
	.configure = handle_popup_configure,
	.popup_done = handle_done,
	.repositioned = handle_repositioned,
};

static void handle_configure(void *data, struct xdg_surface *surface, uint32_t serial) {
	struct menu *menu = data;
	menu->configured = true;
	menu->configures++;
	menu->serial = serial;
}

static const struct xdg_surface_listener surface_listener = {
	.configure = handle_configure,
};

static void menu_commit(struct menu *menu) {
	xdg_surface_ack_configure(menu->xdg_surface, menu->serial);
	wl_surface_commit(menu->surface);
	client_roundtrip(menu->client);
}

static void menu_init(
		struct menu *menu, struct desk *desk, struct xdg_surface *parent, int32_t parent_size, bool reactive) {
	struct screen *screen = &desk->stage.screen;
	*menu = (struct menu){.client = &screen->client};
	struct xdg_wm_base *wm_base = client_bind(&screen->client, &xdg_wm_base_interface, 3);
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(wm_base);
	xdg_positioner_set_size(positioner, MENU, MENU);
	xdg_positioner_set_anchor_rect(positioner, 0, 0, parent_size, parent_size);
	xdg_positioner_set_anchor(positioner, XDG_POSITIONER_ANCHOR_BOTTOM_RIGHT);
	xdg_positioner_set_gravity(positioner, XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT);
	xdg_positioner_set_constraint_adjustment(
			positioner, XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X | XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_Y);
	if (reactive) {
		xdg_positioner_set_reactive(positioner);
	}
	menu->surface = wl_compositor_create_surface(screen->compositor);
	menu->xdg_surface = xdg_wm_base_get_xdg_surface(wm_base, menu->surface);
	xdg_surface_add_listener(menu->xdg_surface, &surface_listener, menu);
	menu->popup = xdg_surface_get_popup(menu->xdg_surface, parent, positioner);
	xdg_popup_add_listener(menu->popup, &popup_listener, menu);
	xdg_positioner_destroy(positioner);
	wl_surface_commit(menu->surface);
	expect(client_wait(&screen->client, &menu->configured));
	picture_init(&menu->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, MENU, MENU, MENU * 4);
	picture_fill(&menu->picture, 2);
	wl_surface_attach(menu->surface, menu->picture.buffer, 0, 0);
	menu_commit(menu);
	expect_int(menu->x, ==, parent_size);
	expect_int(menu->y, ==, parent_size);
	menu->configures = 0;
}

static void menu_finish(struct menu *menu) {
	xdg_popup_destroy(menu->popup);
	xdg_surface_destroy(menu->xdg_surface);
	wl_surface_destroy(menu->surface);
	picture_finish(&menu->picture);
}

static void desk_init(struct desk *desk, bool reactive) {
	*desk = (struct desk){0};
	stage_init(&desk->stage, SCREEN, SCREEN);
	struct screen *screen = &desk->stage.screen;
	mouse_init(&desk->mouse, screen, SCREEN);
	window_init(&desk->window, screen, WINDOW_TOPLEVEL, 0, 0);
	picture_init(&desk->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, WINDOW, WINDOW, WINDOW * 4);
	picture_fill(&desk->picture, 1);
	window_commit(&desk->window, desk->picture.buffer);
	menu_init(&desk->menu, desk, desk->window.xdg_surface, WINDOW, reactive);
}

static void desk_finish(struct desk *desk) {
	menu_finish(&desk->menu);
	window_finish(&desk->window);
	picture_finish(&desk->picture);
	mouse_finish(&desk->mouse);
	stage_finish(&desk->stage);
}

// Starts to move the window by its top left corner.
static void start_move(struct desk *desk) {
	mouse_move(&desk->mouse, PLACE, PLACE);
	mouse_press(&desk->mouse, true);
	expect(desk->mouse.pressed);
	xdg_toplevel_move(desk->window.toplevel, desk->stage.screen.seat, desk->mouse.serial);
	client_roundtrip(&desk->stage.screen.client);
}

// Drags the window until its top left corner is at x, y.
static void drag_to(struct desk *desk, uint32_t x, uint32_t y) {
	mouse_move(&desk->mouse, x, y);
	client_roundtrip(&desk->stage.screen.client);
}

static void expect_menu(const struct menu *menu, int configures, int32_t x, int32_t y) {
	expect_int(menu->configures, ==, configures);
	expect_int(menu->x, ==, x);
	expect_int(menu->y, ==, y);
	expect_int(menu->width, ==, MENU);
	expect_int(menu->height, ==, MENU);
	expect_int(menu->repositions, ==, 0);
}

// Compares the part of the menu that is on the output. The pointer must be elsewhere.
static void expect_shown(struct desk *desk, int32_t x, int32_t y, int32_t size, const char *what) {
	struct image wanted, got;
	screen_capture(&desk->stage.screen, x + desk->menu.x, y + desk->menu.y, size, size, &got);
	image_init(&wanted, size, size);
	picture_draw(&desk->menu.picture, &wanted, 0, 0);
	expect_image_of(&got, &wanted, what);
	image_finish(&wanted);
	image_finish(&got);
}

TEST("popup@reactive-popup-stays-on-the-output-while-its-window-moves") {
	struct desk desk;
	desk_init(&desk, true);
	start_move(&desk);
	drag_to(&desk, PLACE + 10, PLACE);
	expect_menu(&desk.menu, 0, WINDOW, WINDOW);
	drag_to(&desk, 120, 110);
	// The popup ends at the output's edge, and is shown there once the client has drawn.
	expect_menu(&desk.menu, 1, SCREEN - MENU - 120, SCREEN - MENU - 110);
	menu_commit(&desk.menu);
	expect_shown(&desk, 120, 110, MENU, "in the corner");
	drag_to(&desk, 40, 50);
	expect_menu(&desk.menu, 2, WINDOW, WINDOW);
	menu_commit(&desk.menu);
	mouse_press(&desk.mouse, false);
	expect_shown(&desk, 40, 50, MENU, "back again");
	desk_finish(&desk);
}

TEST("popup@busy-client-is-configured-only-for-the-last-position") {
	struct desk desk;
	desk_init(&desk, true);
	start_move(&desk);
	for (uint32_t x = 110; x <= 130; x++) {
		drag_to(&desk, x, PLACE);
	}
	expect_menu(&desk.menu, 1, SCREEN - MENU - 110, WINDOW);
	menu_commit(&desk.menu);
	expect_menu(&desk.menu, 2, SCREEN - MENU - 130, WINDOW);
	menu_commit(&desk.menu);
	expect_menu(&desk.menu, 2, SCREEN - MENU - 130, WINDOW);
	desk_finish(&desk);
}

TEST("popup@non-reactive-popup-moves-with-its-window") {
	struct desk desk;
	desk_init(&desk, false);
	start_move(&desk);
	drag_to(&desk, 120, 110);
	expect_menu(&desk.menu, 0, WINDOW, WINDOW);
	expect_shown(&desk, 120, 110, SCREEN - 120 - WINDOW, "off the output");
	desk_finish(&desk);
}

TEST("popup@reactive-popup-follows-its-parent-popup") {
	struct desk desk;
	struct menu child;
	desk_init(&desk, true);
	menu_init(&child, &desk, desk.menu.xdg_surface, MENU, true);
	start_move(&desk);
	drag_to(&desk, 110, PLACE);
	expect_menu(&desk.menu, 1, SCREEN - MENU - 110, WINDOW);
	menu_commit(&desk.menu);
	// The parent popup ends at the output's edge: the child slides over it.
	menu_commit(&child);
	expect_int(child.x, ==, 0);
	expect_int(child.y, ==, MENU);
	menu_finish(&child);
	desk_finish(&desk);
}

TEST("popup@unmapped-popup-is-not-configured-while-its-window-moves") {
	struct desk desk;
	desk_init(&desk, true);
	wl_surface_attach(desk.menu.surface, NULL, 0, 0);
	wl_surface_commit(desk.menu.surface);
	start_move(&desk);
	drag_to(&desk, 120, 110);
	expect_int(desk.menu.configures, ==, 0);
	desk_finish(&desk);
}

TEST("popup@anchor-may-lie-anywhere") {
	struct desk desk;
	desk_init(&desk, true);
	struct client *client = &desk.stage.screen.client;
	struct xdg_wm_base *wm_base = client_bind(client, &xdg_wm_base_interface, 3);
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(wm_base);
	xdg_positioner_set_size(positioner, MENU, MENU);
	const int32_t places[] = {INT32_MAX - 255, INT32_MIN, INT32_MAX};
	for (uint32_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		xdg_positioner_set_anchor_rect(positioner, places[i], places[i], WINDOW, WINDOW);
		xdg_popup_reposition(desk.menu.popup, positioner, i);
		client_roundtrip(client);
		expect_int(desk.menu.repositions, ==, i + 1);
	}
	xdg_positioner_destroy(positioner);
	desk_finish(&desk);
}

#if WLR_SINCE(19)
// wlroots asserts that the initial commit has been made.
TEST("popup@that-is-moved-before-its-initial-commit-is-configured-after-it") {
	struct desk desk;
	desk_init(&desk, false);
	struct screen *screen = &desk.stage.screen;
	struct menu menu = {.client = &screen->client};
	struct xdg_wm_base *wm_base = client_bind(&screen->client, &xdg_wm_base_interface, 3);
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(wm_base);
	xdg_positioner_set_size(positioner, MENU, MENU);
	xdg_positioner_set_anchor_rect(positioner, 0, 0, WINDOW, WINDOW);
	menu.surface = wl_compositor_create_surface(screen->compositor);
	menu.xdg_surface = xdg_wm_base_get_xdg_surface(wm_base, menu.surface);
	xdg_surface_add_listener(menu.xdg_surface, &surface_listener, &menu);
	menu.popup = xdg_surface_get_popup(menu.xdg_surface, desk.window.xdg_surface, positioner);
	xdg_popup_add_listener(menu.popup, &popup_listener, &menu);
	for (uint32_t i = 0; i < 3; i++) {
		xdg_popup_reposition(menu.popup, positioner, i);
	}
	client_roundtrip(&screen->client);
	expect_int(menu.configures, ==, 0);
	wl_surface_commit(menu.surface);
	client_roundtrip(&screen->client);
	expect(menu.configures == 1 && menu.repositions == 1 && menu.width == MENU);
	xdg_popup_destroy(menu.popup);
	xdg_surface_destroy(menu.xdg_surface);
	wl_surface_destroy(menu.surface);
	xdg_positioner_destroy(positioner);
	desk_finish(&desk);
}
#endif

// wlroots inserts a popup into the list of its grab each time.
TEST("popup@grab-requested-twice-ends-with-the-popup") {
	struct desk desk;
	desk_init(&desk, true);
	struct client *client = &desk.stage.screen.client;
	struct menu menu = {.client = client};
	struct xdg_wm_base *wm_base = client_bind(client, &xdg_wm_base_interface, 3);
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(wm_base);
	xdg_positioner_set_size(positioner, MENU, MENU);
	xdg_positioner_set_anchor_rect(positioner, 0, 0, WINDOW, WINDOW);
	menu.surface = wl_compositor_create_surface(desk.stage.screen.compositor);
	menu.xdg_surface = xdg_wm_base_get_xdg_surface(wm_base, menu.surface);
	menu.popup = xdg_surface_get_popup(menu.xdg_surface, desk.window.xdg_surface, positioner);
	xdg_positioner_destroy(positioner);
	for (int i = 0; i < 3; i++) {
		xdg_popup_grab(menu.popup, desk.stage.screen.seat, 0);
	}
	client_roundtrip(client);
	xdg_popup_destroy(menu.popup);
	xdg_surface_destroy(menu.xdg_surface);
	wl_surface_destroy(menu.surface);
	expect_alive(client);
	expect(wl_list_empty(&desk.stage.server.compositor->xdg_shell->popup_grabs));
	desk_finish(&desk);
}
