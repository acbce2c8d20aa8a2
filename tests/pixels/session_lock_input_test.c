/*
 * Who receives input while the session is locked, and what happens to grabs, drags and the focus.
 */
#include "ext-session-lock-v1-client-protocol.h"
#include "locker.h"
#include "mouse.h"
#include "pointer-constraints-unstable-v1-client-protocol.h"
#include "runner.h"
#include "stage.h"
#include "typist.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"
#include <compositor/cursor.h>
#include <compositor/grab.h>
#include <compositor/seat.h>
#include <compositor/server.h>
#include <compositor/session_lock.h>
#include <linux/input-event-codes.h>
#include <string.h>
#include <wlr/backend.h>
#include <wlr/backend/headless.h>
#include <wlr/interfaces/wlr_touch.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_xdg_shell.h>

#define SIZE 96
#define PLACE 16 // position of the first window

// Two windows, of which the second is active, with a typist and a mouse.
struct desk {
	struct stage stage;
	struct window windows[2];
	struct picture picture;
	struct typist typist;
	struct mouse mouse;
	struct keyboard_log log;
	struct locker locker;
	struct keyboard_log locker_log;
	struct mouse locker_mouse;
};

static void desk_init(struct desk *desk) {
	*desk = (struct desk){0};
	stage_init(&desk->stage, SIZE, SIZE);
	struct screen *screen = &desk->stage.screen;
	typist_init(&desk->typist, &desk->stage.server);
	mouse_init(&desk->mouse, screen, SIZE);
	picture_init(&desk->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 32, 32, 128);
	picture_fill(&desk->picture, 1);
	for (int i = 0; i < 2; i++) {
		window_init(&desk->windows[i], screen, WINDOW_TOPLEVEL, 32, 32);
		window_commit(&desk->windows[i], desk->picture.buffer);
	}
	keyboard_log_init(&desk->log, &screen->client, screen->seat);
	keyboard_log_expect(&desk->log, "enter[] ");
}

static void lock(struct desk *desk) {
	locker_init(&desk->locker, &desk->stage.server);
	keyboard_log_init(&desk->locker_log, &desk->locker.screen.client, desk->locker.screen.seat);
	mouse_init(&desk->locker_mouse, &desk->locker.screen, SIZE);
}

static void unlock(struct desk *desk) {
	locker_unlock(&desk->locker);
	while (session_lock_is_locked(desk->stage.server.compositor)) {
		client_pump(&desk->locker.screen.client, 20);
	}
	mouse_finish(&desk->locker_mouse);
	keyboard_log_finish(&desk->locker_log);
	locker_finish(&desk->locker);
}

static void desk_finish(struct desk *desk) {
	keyboard_log_finish(&desk->log);
	window_finish(&desk->windows[0]);
	window_finish(&desk->windows[1]);
	picture_finish(&desk->picture);
	mouse_finish(&desk->mouse);
	typist_finish(&desk->typist);
	stage_finish(&desk->stage);
}

static void type(struct desk *desk, uint32_t key) {
	typist_key(&desk->typist, key, true);
	typist_key(&desk->typist, key, false);
}

TEST("session_lock_input@keys-reach-only-the-locker-and-the-focus-returns") {
	struct desk desk;
	desk_init(&desk);
	type(&desk, KEY_A);
	keyboard_log_expect(&desk.log, "+30 -30 ");
	lock(&desk);
	keyboard_log_expect(&desk.log, "leave ");
	type(&desk, KEY_A);
	keyboard_log_expect(&desk.log, "");
	locker_show(&desk.locker, 2);
	keyboard_log_expect(&desk.locker_log, "enter[] ");
	type(&desk, KEY_B);
	keyboard_log_expect(&desk.locker_log, "+48 -48 ");
	keyboard_log_expect(&desk.log, "");
	unlock(&desk);
	keyboard_log_expect(&desk.log, "enter[] ");
	type(&desk, KEY_C);
	keyboard_log_expect(&desk.log, "+46 -46 ");
	expect(desk.stage.server.compositor->seat->wlr->keyboard_state.focused_surface != NULL);
	desk_finish(&desk);
}

static struct toplevel *get_active(const struct desk *desk) {
	return desk->stage.server.compositor->toplevels->active;
}

static void move_into_active_window(struct desk *desk, struct mouse *mouse) {
	struct wlr_box box = toplevel_box(get_active(desk));
	mouse_move(mouse, (uint32_t)(box.x + box.width - 2), (uint32_t)(box.y + box.height - 2));
}

TEST("session_lock_input@windows-and-panels-that-appear-do-not-get-the-focus") {
	struct desk desk;
	struct window window, panel;
	desk_init(&desk);
	struct screen *screen = &desk.stage.screen;
	const struct toplevel *active = get_active(&desk);
	lock(&desk);
	locker_show(&desk.locker, 2);
	keyboard_log_expect(&desk.locker_log, "enter[] ");
	keyboard_log_expect(&desk.log, "leave ");
	window_init(&window, screen, WINDOW_TOPLEVEL, 32, 32);
	window_commit(&window, desk.picture.buffer);
	window_init(&panel, screen, WINDOW_LAYER, 32, 32);
	zwlr_layer_surface_v1_set_keyboard_interactivity(
			panel.layer_surface, ZWLR_LAYER_SURFACE_V1_KEYBOARD_INTERACTIVITY_EXCLUSIVE);
	window_commit(&panel, desk.picture.buffer);
	type(&desk, KEY_B);
	keyboard_log_expect(&desk.log, "");
	keyboard_log_expect(&desk.locker_log, "+48 -48 ");
	expect(get_active(&desk) == active);
	window_finish(&panel);
	window_finish(&window);
	// A window that closes leaves the focus to the one before, once the session is unlocked.
	window_finish(&desk.windows[1]);
	client_roundtrip(&screen->client);
	expect(get_active(&desk) != NULL && get_active(&desk) != active);
	window_init(&desk.windows[1], screen, WINDOW_TOPLEVEL, 32, 32);
	window_commit(&desk.windows[1], desk.picture.buffer);
	keyboard_log_expect(&desk.log, "");
	unlock(&desk);
	keyboard_log_expect(&desk.log, "enter[] ");
	expect(get_active(&desk)->surface == desk.stage.server.compositor->seat->wlr->keyboard_state.focused_surface);
	desk_finish(&desk);
}

TEST("session_lock_input@bindings-do-nothing") {
	struct desk desk;
	desk_init(&desk);
	const struct toplevel *active = get_active(&desk);
	lock(&desk);
	locker_show(&desk.locker, 2);
	keyboard_log_expect(&desk.locker_log, "enter[] ");
	typist_modifiers(&desk.typist, TYPIST_ALT);
	type(&desk, KEY_TAB);
	type(&desk, KEY_F4);
	type(&desk, KEY_ESC); // the compositor would end
	typist_modifiers(&desk.typist, 0);
	keyboard_log_expect(&desk.locker_log, "+15 -15 +62 -62 +1 -1 ");
	expect(get_active(&desk) == active);
	unlock(&desk);
	expect(get_active(&desk) == active);
	desk_finish(&desk);
}

TEST("session_lock_input@alt-tab-ends-with-the-window-that-it-shows") {
	struct desk desk;
	desk_init(&desk);
	const struct toplevel *active = get_active(&desk);
	typist_modifiers(&desk.typist, TYPIST_ALT);
	type(&desk, KEY_TAB);
	const struct toplevel *shown = get_active(&desk);
	expect(shown != active);
	lock(&desk);
	locker_show(&desk.locker, 2);
	typist_modifiers(&desk.typist, 0);
	expect(get_active(&desk) == shown);
	unlock(&desk);
	expect(get_active(&desk) == shown);
	desk_finish(&desk);
}

TEST("session_lock_input@pointer-reaches-only-the-locker") {
	struct desk desk;
	desk_init(&desk);
	mouse_move(&desk.mouse, PLACE + 8, PLACE + 8);
	expect(desk.mouse.entered && !desk.mouse.left);
	lock(&desk);
	client_roundtrip(&desk.stage.screen.client);
	expect(desk.mouse.left);
	int motions = desk.mouse.motions;
	mouse_move(&desk.locker_mouse, PLACE + 9, PLACE + 9);
	mouse_press(&desk.locker_mouse, true);
	mouse_press(&desk.locker_mouse, false);
	expect(!desk.locker_mouse.entered && !desk.locker_mouse.pressed);
	locker_show(&desk.locker, 2);
	client_roundtrip(&desk.locker.screen.client);
	expect(desk.locker_mouse.entered);
	mouse_press(&desk.locker_mouse, true);
	mouse_press(&desk.locker_mouse, false);
	expect_int(desk.locker_mouse.buttons, ==, 2);
	client_roundtrip(&desk.stage.screen.client);
	expect(!desk.mouse.pressed && desk.mouse.motions == motions);
	desk.mouse.entered = false;
	unlock(&desk);
	client_roundtrip(&desk.stage.screen.client);
	client_roundtrip(&desk.stage.screen.client);
	expect(desk.mouse.entered);
	desk_finish(&desk);
}

// A window's image could cover the locker, or look like it.
TEST("session_lock_input@image-of-the-cursor-that-a-window-has-set-is-gone") {
	struct desk desk;
	struct picture image;
	struct image wanted, got;
	desk_init(&desk);
	struct screen *screen = &desk.stage.screen;
	picture_init(&image, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	picture_fill(&image, 5);
	struct wl_surface *surface = wl_compositor_create_surface(screen->compositor);
	mouse_move(&desk.mouse, PLACE + 8, PLACE + 8);
	wl_pointer_set_cursor(desk.mouse.pointer, desk.mouse.serial, surface, PLACE + 8, PLACE + 8);
	wl_surface_attach(surface, image.buffer, 0, 0);
	wl_surface_commit(surface);
	client_roundtrip(&screen->client);
	image_init(&wanted, SIZE, SIZE);
	picture_draw(&image, &wanted, 0, 0);
	screen_capture_with_cursor(screen, 0, 0, SIZE, SIZE, &got);
	expect_image_of(&got, &wanted, "the image covers the output");
	image_finish(&wanted);
	image_finish(&got);
	lock(&desk);
	// Nor may it set another one.
	wl_pointer_set_cursor(desk.mouse.pointer, desk.mouse.serial, surface, PLACE + 8, PLACE + 8);
	wl_surface_commit(surface);
	client_roundtrip(&screen->client);
	image_init(&wanted, 16, 16);
	screen_capture_with_cursor(screen, SIZE - 16, SIZE - 16, 16, 16, &got);
	expect_image_of(&got, &wanted, "black");
	image_finish(&wanted);
	image_finish(&got);
	locker_wait(&desk.locker);
	unlock(&desk);
	wl_surface_destroy(surface);
	picture_finish(&image);
	desk_finish(&desk);
}

TEST("session_lock_input@held-button-does-not-keep-the-pointer-in-a-window") {
	struct desk desk;
	desk_init(&desk);
	mouse_move(&desk.mouse, PLACE + 8, PLACE + 8);
	mouse_press(&desk.mouse, true);
	expect_int(desk.mouse.buttons, ==, 1);
	lock(&desk);
	locker_show(&desk.locker, 2);
	mouse_move(&desk.mouse, PLACE + 12, PLACE + 12);
	mouse_press(&desk.mouse, false);
	expect(desk.mouse.left);
	expect_int(desk.mouse.buttons, ==, 1);
	client_roundtrip(&desk.locker.screen.client);
	expect(desk.locker_mouse.entered);
	unlock(&desk);
	desk_finish(&desk);
}

TEST("session_lock_input@moving-a-window-ends") {
	struct desk desk;
	desk_init(&desk);
	struct compositor *compositor = desk.stage.server.compositor;
	mouse_move(&desk.mouse, PLACE + 8, PLACE + 8);
	typist_modifiers(&desk.typist, TYPIST_ALT);
	mouse_press(&desk.mouse, true);
	expect_int(compositor->grab->mode, ==, GRAB_MOVE);
	lock(&desk);
	expect_int(compositor->grab->mode, ==, GRAB_NONE);
	locker_show(&desk.locker, 2);
	// A new one does not begin.
	mouse_press(&desk.mouse, false);
	mouse_press(&desk.mouse, true);
	expect_int(compositor->grab->mode, ==, GRAB_NONE);
	mouse_press(&desk.mouse, false);
	typist_modifiers(&desk.typist, 0);
	unlock(&desk);
	desk_finish(&desk);
}

static void handle_configure(
		void *data, struct ext_session_lock_surface_v1 *surface, uint32_t serial, uint32_t width, uint32_t height) {
	ext_session_lock_surface_v1_ack_configure(surface, serial);
	*(bool *)data = true;
}

static const struct ext_session_lock_surface_v1_listener surface_lock_listener = {
	.configure = handle_configure,
};

TEST("session_lock_input@click-moves-the-keyboard-to-the-lock-surface-of-another-output") {
	struct desk desk;
	struct picture picture;
	bool configured = false;
	desk_init(&desk);
	struct compositor *compositor = desk.stage.server.compositor;
	expect(wlr_headless_add_output(compositor->backend, SIZE, SIZE) != NULL);
	lock(&desk);
	struct client *client = &desk.locker.screen.client;
	locker_show(&desk.locker, 2); // on the new output
	// Another one on the first output, whose global was announced earlier.
	const struct client_global *global = client->globals.data;
	while (strcmp(global->interface, wl_output_interface.name) != 0) {
		global++;
	}
	struct wl_output *output = wl_registry_bind(client->registry, global->name, &wl_output_interface, 1);
	struct wl_surface *surface = wl_compositor_create_surface(desk.locker.screen.compositor);
	struct ext_session_lock_surface_v1 *lock_surface =
			ext_session_lock_v1_get_lock_surface(desk.locker.lock, surface, output);
	ext_session_lock_surface_v1_add_listener(lock_surface, &surface_lock_listener, &configured);
	expect(client_wait(client, &configured));
	picture_init(&picture, client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	wl_surface_attach(surface, picture.buffer, 0, 0);
	wl_surface_commit(surface);
	client_roundtrip(client);
	// The layout is twice as wide as an output.
	for (uint32_t i = 0; i < 4; i++) {
		mouse_move(&desk.locker_mouse, i % 2 == 0 ? 3 * SIZE / 4 : SIZE / 4, 10);
		mouse_press(&desk.locker_mouse, true);
		mouse_press(&desk.locker_mouse, false);
		const struct wlr_surface *focused = compositor->seat->wlr->keyboard_state.focused_surface;
		expect(focused == session_lock_focused_surface(compositor));
		expect_int(wl_resource_get_id(focused->resource), ==,
				wl_proxy_get_id((struct wl_proxy *)(i % 2 == 0 ? desk.locker.surface : surface)));
		expect(focused == compositor->seat->wlr->pointer_state.focused_surface);
	}
	// If it goes, the other one has the keyboard.
	ext_session_lock_surface_v1_destroy(lock_surface);
	wl_surface_destroy(surface);
	client_roundtrip(client);
	const struct wlr_surface *left = compositor->seat->wlr->keyboard_state.focused_surface;
	expect_int(wl_resource_get_id(left->resource), ==, wl_proxy_get_id((struct wl_proxy *)desk.locker.surface));
	picture_finish(&picture);
	wl_output_destroy(output);
	unlock(&desk);
	desk_finish(&desk);
}

static void start_drag(struct desk *desk, struct wl_data_device *device, struct wl_data_source *source) {
	move_into_active_window(desk, &desk->mouse);
	mouse_press(&desk->mouse, true);
	wl_data_device_start_drag(device, source, desk->windows[1].surface, NULL, desk->mouse.serial);
	client_roundtrip(&desk->stage.screen.client);
}

TEST("session_lock_input@drag-ends-without-a-drop-and-none-begins") {
	for (int i = 0; i < 2; i++) {
		struct desk desk;
		desk_init(&desk);
		struct screen *screen = &desk.stage.screen;
		struct wlr_seat *seat = desk.stage.server.compositor->seat->wlr;
		struct wl_data_device_manager *manager = client_bind(&screen->client, &wl_data_device_manager_interface, 3);
		struct wl_data_device *device = wl_data_device_manager_get_data_device(manager, screen->seat);
		struct wl_data_source *source = i == 0 ? wl_data_device_manager_create_data_source(manager) : NULL;
		start_drag(&desk, device, source);
		expect(seat->drag != NULL);
		lock(&desk);
		expect(seat->drag == NULL);
		locker_show(&desk.locker, 2);
		mouse_press(&desk.mouse, false);
		// Nor does the locker's own.
		struct wl_data_device_manager *other =
				client_bind(&desk.locker.screen.client, &wl_data_device_manager_interface, 3);
		struct wl_data_device *another = wl_data_device_manager_get_data_device(other, desk.locker.screen.seat);
		mouse_press(&desk.locker_mouse, true);
		wl_data_device_start_drag(another, NULL, desk.locker.surface, NULL, desk.locker_mouse.serial);
		client_roundtrip(&desk.locker.screen.client);
		expect(seat->drag == NULL);
		mouse_press(&desk.locker_mouse, false);
		wl_data_device_release(another);
		wl_data_device_manager_destroy(other);
		unlock(&desk);
		if (source != NULL) {
			wl_data_source_destroy(source);
		}
		wl_data_device_release(device);
		wl_data_device_manager_destroy(manager);
		desk_finish(&desk);
	}
}

static void handle_popup_configure(
		void *data, struct xdg_popup *popup, int32_t x, int32_t y, int32_t width, int32_t height) {
}

static void handle_popup_done(void *data, struct xdg_popup *popup) {
	*(bool *)data = true;
}

static const struct xdg_popup_listener popup_listener = {
	.configure = handle_popup_configure,
	.popup_done = handle_popup_done,
};

static void handle_surface_configure(void *data, struct xdg_surface *surface, uint32_t serial) {
	xdg_surface_ack_configure(surface, serial);
}

static const struct xdg_surface_listener surface_listener = {
	.configure = handle_surface_configure,
};

struct menu {
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_popup *popup;
	bool dismissed;
};

// A popup that grabs.
static void menu_init(struct menu *menu, struct desk *desk) {
	struct screen *screen = &desk->stage.screen;
	*menu = (struct menu){0};
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(screen->wm_base);
	xdg_positioner_set_size(positioner, 32, 32);
	xdg_positioner_set_anchor_rect(positioner, 0, 0, 1, 1);
	menu->surface = wl_compositor_create_surface(screen->compositor);
	menu->xdg_surface = xdg_wm_base_get_xdg_surface(screen->wm_base, menu->surface);
	xdg_surface_add_listener(menu->xdg_surface, &surface_listener, NULL);
	menu->popup = xdg_surface_get_popup(menu->xdg_surface, desk->windows[1].xdg_surface, positioner);
	xdg_popup_add_listener(menu->popup, &popup_listener, &menu->dismissed);
	xdg_popup_grab(menu->popup, screen->seat, desk->mouse.serial);
	xdg_positioner_destroy(positioner);
	wl_surface_commit(menu->surface);
	client_roundtrip(&screen->client);
	if (!menu->dismissed) {
		wl_surface_attach(menu->surface, desk->picture.buffer, 0, 0);
		wl_surface_commit(menu->surface);
		client_roundtrip(&screen->client);
	}
}

static void menu_finish(struct menu *menu) {
	xdg_popup_destroy(menu->popup);
	xdg_surface_destroy(menu->xdg_surface);
	wl_surface_destroy(menu->surface);
}

TEST("session_lock_input@grab-of-a-popup-ends-and-none-begins") {
	struct desk desk;
	struct menu menu, late;
	desk_init(&desk);
	struct wlr_seat *seat = desk.stage.server.compositor->seat->wlr;
	menu_init(&menu, &desk);
	expect(wlr_seat_pointer_has_grab(seat));
	lock(&desk);
	expect(!wlr_seat_pointer_has_grab(seat) && !wlr_seat_keyboard_has_grab(seat));
	locker_show(&desk.locker, 2);
	client_roundtrip(&desk.stage.screen.client);
	expect(menu.dismissed);
	menu_init(&late, &desk);
	expect(late.dismissed);
	expect(!wlr_seat_pointer_has_grab(seat) && !wlr_seat_keyboard_has_grab(seat));
	mouse_move(&desk.locker_mouse, 4, 4);
	expect(desk.locker_mouse.entered);
	type(&desk, KEY_B);
	keyboard_log_expect(&desk.locker_log, "enter[] +48 -48 ");
	menu_finish(&late);
	menu_finish(&menu);
	unlock(&desk);
	desk_finish(&desk);
}

static const struct wlr_touch_impl touch_impl = {.name = "touchscreen"};

static void count_down(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time, struct wl_surface *surface,
		int32_t id, wl_fixed_t x, wl_fixed_t y) {
	((int *)data)[0]++;
}

static void ignore_up(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time, int32_t id) {
}

static void ignore_motion(void *data, struct wl_touch *touch, uint32_t time, int32_t id, wl_fixed_t x, wl_fixed_t y) {
}

static void ignore_frame(void *data, struct wl_touch *touch) {
}

static void count_cancel(void *data, struct wl_touch *touch) {
	((int *)data)[1]++;
}

static const struct wl_touch_listener touch_listener = {
	.down = count_down,
	.up = ignore_up,
	.motion = ignore_motion,
	.frame = ignore_frame,
	.cancel = count_cancel,
};

static void touch_down(struct wlr_touch *device, int32_t id) {
	struct wlr_touch_down_event event = {.touch = device, .touch_id = id, .x = 0.25, .y = 0.25};
	wl_signal_emit_mutable(&device->events.down, &event);
}

TEST("session_lock_input@fingers-are-cancelled-and-touch-only-the-locker") {
	struct desk desk;
	struct wlr_touch device;
	int window[2] = {0}, locker[2] = {0}; // downs, cancels
	desk_init(&desk);
	wlr_touch_init(&device, &touch_impl, touch_impl.name);
	wl_signal_emit_mutable(&desk.stage.server.compositor->backend->events.new_input, &device.base);
	client_roundtrip(&desk.stage.screen.client);
	struct wl_touch *touch = wl_seat_get_touch(desk.stage.screen.seat);
	wl_touch_add_listener(touch, &touch_listener, window);
	client_roundtrip(&desk.stage.screen.client);
	touch_down(&device, 1);
	touch_down(&device, 2);
	lock(&desk);
	client_roundtrip(&desk.stage.screen.client);
	expect(window[0] == 2 && window[1] == 1);
	touch_down(&device, 1);
	struct wl_touch *locker_touch = wl_seat_get_touch(desk.locker.screen.seat);
	wl_touch_add_listener(locker_touch, &touch_listener, locker);
	locker_show(&desk.locker, 2);
	touch_down(&device, 2);
	client_roundtrip(&desk.locker.screen.client);
	client_roundtrip(&desk.stage.screen.client);
	expect(locker[0] == 1 && window[0] == 2);
	wl_touch_release(locker_touch);
	unlock(&desk);
	wl_touch_release(touch);
	wlr_touch_finish(&device);
	desk_finish(&desk);
}

static void count_locked(void *data, struct zwp_locked_pointer_v1 *locked) {
	((int *)data)[0]++;
}

static void count_unlocked(void *data, struct zwp_locked_pointer_v1 *locked) {
	((int *)data)[1]++;
}

static const struct zwp_locked_pointer_v1_listener locked_listener = {
	.locked = count_locked,
	.unlocked = count_unlocked,
};

TEST("session_lock_input@pointer-constraints-are-inactive") {
	struct desk desk;
	int window[2] = {0}, locker[2] = {0}; // activations, deactivations
	desk_init(&desk);
	struct screen *screen = &desk.stage.screen;
	move_into_active_window(&desk, &desk.mouse);
	struct zwp_pointer_constraints_v1 *constraints =
			client_bind(&screen->client, &zwp_pointer_constraints_v1_interface, 1);
	struct zwp_locked_pointer_v1 *locked = zwp_pointer_constraints_v1_lock_pointer(constraints, desk.windows[1].surface,
			desk.mouse.pointer, NULL, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
	zwp_locked_pointer_v1_add_listener(locked, &locked_listener, window);
	wl_surface_commit(desk.windows[1].surface);
	client_roundtrip(&screen->client);
	expect_int(window[0], ==, 1);
	lock(&desk);
	client_roundtrip(&screen->client);
	expect_int(window[1], ==, 1);
	locker_show(&desk.locker, 2);
	struct zwp_pointer_constraints_v1 *others =
			client_bind(&desk.locker.screen.client, &zwp_pointer_constraints_v1_interface, 1);
	struct zwp_locked_pointer_v1 *other = zwp_pointer_constraints_v1_lock_pointer(others, desk.locker.surface,
			desk.locker_mouse.pointer, NULL, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
	zwp_locked_pointer_v1_add_listener(other, &locked_listener, locker);
	mouse_move(&desk.locker_mouse, 1, 1);
	move_into_active_window(&desk, &desk.locker_mouse);
	expect_int(locker[0], ==, 0);
	zwp_locked_pointer_v1_destroy(other);
	zwp_pointer_constraints_v1_destroy(others);
	unlock(&desk);
	client_roundtrip(&screen->client);
	client_roundtrip(&screen->client);
	expect(window[0] == 2 && window[1] == 1);
	zwp_locked_pointer_v1_destroy(locked);
	zwp_pointer_constraints_v1_destroy(constraints);
	desk_finish(&desk);
}
