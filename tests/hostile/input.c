// Floods of input events from virtual pointers and keyboards, at a client that reads them and at one that does not.
#include "attack.h"
#include "bystander.h"
#include "panel.h"

#include "tablet-v2-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include "wlr-virtual-pointer-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#include <linux/input-event-codes.h>

struct flood {
	const struct panel *target;
	void (*send)(struct attacker *attacker, struct mouse *mouse, struct zwp_virtual_keyboard_v1 *keyboard, int i);
};

static void flood(void *data) {
	const struct flood *flood = data;
	static struct attacker attacker;
	static struct mouse mouse;
	for (;;) {
		attacker_connect(&attacker);
		mouse_init(&mouse, &attacker);
		struct zwp_virtual_keyboard_v1 *keyboard = keyboard_create(&attacker, 0);
		mouse_move(&mouse, flood->target->x, flood->target->y);
		for (int i = 0;; i++) {
			flood->send(&attacker, &mouse, keyboard, i);
			if (i % 64 == 63 && !attacker_try_roundtrip(&attacker)) {
				break;
			}
		}
		attacker_disconnect(&attacker);
	}
}

static void send_motion(
		struct attacker *attacker, struct mouse *mouse, struct zwp_virtual_keyboard_v1 *keyboard, int i) {
	zwlr_virtual_pointer_v1_motion(mouse->device, 1, wl_fixed_from_int(i % 2 == 0 ? 1 : -1), 0);
	zwlr_virtual_pointer_v1_frame(mouse->device);
}

static void send_axis(struct attacker *attacker, struct mouse *mouse, struct zwp_virtual_keyboard_v1 *keyboard, int i) {
	zwlr_virtual_pointer_v1_axis_source(mouse->device, WL_POINTER_AXIS_SOURCE_WHEEL);
	zwlr_virtual_pointer_v1_axis_discrete(
			mouse->device, 1, WL_POINTER_AXIS_VERTICAL_SCROLL, wl_fixed_from_int(i % 2 == 0 ? 1 : -1), 1);
	zwlr_virtual_pointer_v1_axis_discrete(
			mouse->device, 1, WL_POINTER_AXIS_HORIZONTAL_SCROLL, wl_fixed_from_int(i % 2 == 0 ? 1 : -1), 1);
	zwlr_virtual_pointer_v1_frame(mouse->device);
}

static void send_button(
		struct attacker *attacker, struct mouse *mouse, struct zwp_virtual_keyboard_v1 *keyboard, int i) {
	mouse_press(mouse, i % 2 == 0);
}

static void send_crossing(
		struct attacker *attacker, struct mouse *mouse, struct zwp_virtual_keyboard_v1 *keyboard, int i) {
	int32_t distance = i % 2 == 0 ? PANEL_SIZE : -PANEL_SIZE;
	zwlr_virtual_pointer_v1_motion(mouse->device, 1, wl_fixed_from_int(distance), 0);
	zwlr_virtual_pointer_v1_motion(mouse->device, 1, wl_fixed_from_int(-2 * distance), 0);
	zwlr_virtual_pointer_v1_frame(mouse->device);
}

static void send_key(struct attacker *attacker, struct mouse *mouse, struct zwp_virtual_keyboard_v1 *keyboard, int i) {
	zwp_virtual_keyboard_v1_key(
			keyboard, 1, KEY_A, i % 2 == 0 ? WL_KEYBOARD_KEY_STATE_PRESSED : WL_KEYBOARD_KEY_STATE_RELEASED);
}

static void send_modifiers(
		struct attacker *attacker, struct mouse *mouse, struct zwp_virtual_keyboard_v1 *keyboard, int i) {
	zwp_virtual_keyboard_v1_modifiers(keyboard, (uint32_t)i % 2, 0, 0, 0);
}

// The bystander reads, does not read for a while, and reads again.
static void attack_bystander(
		void (*send)(struct attacker *attacker, struct mouse *mouse, struct zwp_virtual_keyboard_v1 *keyboard, int i)) {
	struct bystander bystander;
	struct panel panel;
	bystander_init(&bystander, false, 16, 16);
	panel_init(&panel, &bystander.attacker, true);
	struct mouse mouse;
	mouse_init(&mouse, &bystander.attacker); // for its wl_pointer
	keyboard_create(&bystander.attacker, 0); // for its wl_keyboard
	wl_seat_get_keyboard(bystander.attacker.seat);
	pid_t child = start_child(flood, &(struct flood){.target = &panel, .send = send});
	bystander_draw(&bystander, 300);
	bystander_stall(&bystander, 1000);
	bystander_draw(&bystander, 300);
	expect_child_alive(child);
	stop_child(child);
}

ATTACK("motions-without-end") {
	attack_bystander(send_motion);
}

ATTACK("scrolling-without-end") {
	attack_bystander(send_axis);
}

ATTACK("buttons-without-end") {
	attack_bystander(send_button);
}

ATTACK("pointer-crosses-a-window-without-end") {
	attack_bystander(send_crossing);
}

ATTACK("keys-without-end") {
	attack_bystander(send_key);
}

ATTACK("modifiers-without-end") {
	attack_bystander(send_modifiers);
}

// Each motion looks for the pointer in all of them.
ATTACK("motions-over-input-regions-of-many-rectangles") {
	static struct attacker attacker;
	static struct panel panel;
	static struct mouse mouse;
	attacker_connect(&attacker);
	panel_init(&panel, &attacker, false);
	mouse_init(&mouse, &attacker);
	struct wl_region *region = wl_compositor_create_region(attacker.compositor);
	for (int i = 0; i < 2000; i++) {
		wl_region_add(region, 2 * i, 200, 1, 1);
		if (i % 128 == 127) {
			expect_alive(&attacker);
		}
	}
	for (int i = 0; i < attack_count(400); i++) {
		struct wl_surface *surface = wl_compositor_create_surface(attacker.compositor);
		struct wl_subsurface *subsurface =
				wl_subcompositor_get_subsurface(attacker.subcompositor, surface, panel.surface);
		wl_subsurface_set_position(subsurface, 0, -200);
		wl_subsurface_set_desync(subsurface);
		wp_viewport_set_destination(wp_viewporter_get_viewport(attacker.viewporter, surface), 4000, 300);
		wl_surface_set_input_region(surface, region);
		wl_surface_attach(surface, panel.picture.buffer, 0, 0);
		wl_surface_commit(surface);
		if (i % 16 == 15) {
			expect_alive(&attacker);
		}
	}
	panel_commit(&panel);
	expect_alive(&attacker);
	mouse_move(&mouse, 1, panel.y - PANEL_SIZE / 2);
	for (int i = 0; i < attack_count(4000); i++) {
		zwlr_virtual_pointer_v1_motion(mouse.device, 1, wl_fixed_from_int(i % 2 == 0 ? 2 : -2), 0);
		zwlr_virtual_pointer_v1_frame(mouse.device);
		if (i % 512 == 511) {
			expect_alive(&attacker);
		}
	}
	mouse_move_away(&mouse);
	expect_alive(&attacker);
}

// Each motion moves the window with all of its subsurfaces.
ATTACK("window-of-five-hundred-subsurfaces-moved") {
	static struct attacker attacker;
	static struct mouse mouse;
	struct window window;
	struct picture picture;
	attacker_connect(&attacker);
	mouse_init(&mouse, &attacker);
	window_init(&window, &attacker);
	picture_init(&picture, &attacker, 0, true, 1, 1);
	struct wl_region *empty = wl_compositor_create_region(attacker.compositor);
	for (int i = 0; i < attack_count(500); i++) {
		struct wl_surface *surface = wl_compositor_create_surface(attacker.compositor);
		struct wl_subsurface *subsurface =
				wl_subcompositor_get_subsurface(attacker.subcompositor, surface, window.surface);
		wl_subsurface_set_desync(subsurface);
		wp_viewport_set_destination(wp_viewporter_get_viewport(attacker.viewporter, surface), 60, 40);
		wl_subsurface_set_position(subsurface, i % 500, i % 300);
		wl_surface_set_input_region(surface, empty);
		wl_surface_attach(surface, picture.buffer, 0, 0);
		wl_surface_commit(surface);
		if (i % 16 == 15) {
			expect_alive(&attacker);
		}
	}
	wp_viewport_set_destination(
			wp_viewporter_get_viewport(attacker.viewporter, window.surface), SCREEN_WIDTH, SCREEN_HEIGHT);
	window_commit(&window, picture.buffer);
	expect_alive(&attacker);
	mouse_move(&mouse, SCREEN_WIDTH / 2, SCREEN_HEIGHT / 2);
	mouse_press(&mouse, true);
	expect_alive(&attacker);
	xdg_toplevel_move(window.toplevel, attacker.seat, mouse.serial);
	for (int i = 0; i < attack_count(4000); i++) {
		zwlr_virtual_pointer_v1_motion(mouse.device, 1, wl_fixed_from_int(i % 2 == 0 ? 2 : -2), 0);
		zwlr_virtual_pointer_v1_frame(mouse.device);
		if (i % 512 == 511) {
			expect_alive(&attacker);
		}
	}
	mouse_press(&mouse, false);
	mouse_move_away(&mouse);
	expect_alive(&attacker);
}

// Each receives an object for each tablet, tool and pad: there is none here.
ATTACK("tablet-seats-without-end") {
	struct attacker attacker;
	attacker_connect(&attacker);
	struct zwp_tablet_manager_v2 *manager = attacker_bind(&attacker, &zwp_tablet_manager_v2_interface, 1);
	for (int i = 0; i < attack_count(20000); i++) {
		zwp_tablet_seat_v2_destroy(zwp_tablet_manager_v2_get_tablet_seat(manager, attacker.seat));
		if (i % 256 == 255) {
			expect_alive(&attacker);
		}
	}
	for (int i = 0; i < 1000; i++) {
		zwp_tablet_manager_v2_get_tablet_seat(manager, attacker.seat);
		if (!attacker_try_roundtrip(&attacker)) {
			break;
		}
	}
	expect_no_memory(&attacker);
}
