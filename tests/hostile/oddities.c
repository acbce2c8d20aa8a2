// Small protocols: objects that come and go in an unusual order, and idle notifications under a flood of events.
#include "attack.h"
#include "panel.h"

#include "cursor-shape-v1-client-protocol.h"
#include "ext-idle-notify-v1-client-protocol.h"
#include "fractional-scale-v1-client-protocol.h"
#include "idle-inhibit-unstable-v1-client-protocol.h"
#include "relative-pointer-unstable-v1-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "wlr-virtual-pointer-unstable-v1-client-protocol.h"
#include "xdg-output-unstable-v1-client-protocol.h"

#define NOTIFICATIONS 16 // of each connection
#define CONNECTIONS 4

static void notify_for_ever(void *data) {
	static struct attacker attackers[CONNECTIONS];
	for (uint32_t i = 0; i < CONNECTIONS; i++) {
		attacker_connect(&attackers[i]);
		struct ext_idle_notifier_v1 *notifier = attacker_bind(&attackers[i], &ext_idle_notifier_v1_interface, 1);
		for (uint32_t j = 0; j < NOTIFICATIONS; j++) {
			ext_idle_notifier_v1_get_idle_notification(notifier,
					j % 3 == 0   ? j % 2
					: j % 3 == 1 ? UINT32_MAX
								 : j,
					attackers[i].seat);
		}
	}
	for (;;) {
		for (int i = 0; i < CONNECTIONS; i++) {
			expect_alive(&attackers[i]);
		}
	}
}

// Each input event resets all timers and is told to those whose time has passed.
ATTACK("idle-notifications-during-motions") {
	static struct attacker attacker;
	static struct mouse mouse;
	attacker_connect(&attacker);
	mouse_init(&mouse, &attacker);
	pid_t child = start_child(notify_for_ever, NULL);
	sleep_ms(100);
	for (int i = 0; i < attack_count(20000); i++) {
		zwlr_virtual_pointer_v1_motion(mouse.device, 1, wl_fixed_from_int(i % 2 == 0 ? 1 : -1), 0);
		zwlr_virtual_pointer_v1_frame(mouse.device);
		if (i % 256 == 255) {
			expect_alive(&attacker);
			sleep_ms(5);
		}
	}
	expect_child_alive(child);
	stop_child(child);
}

// Inhibitors of surfaces that are not shown, that come and go, and that are destroyed first.
ATTACK("idle-inhibitors-that-come-and-go") {
	static struct attacker attacker;
	static struct panel panel;
	attacker_connect(&attacker);
	panel_init(&panel, &attacker, false);
	struct zwp_idle_inhibit_manager_v1 *manager = attacker_bind(&attacker, &zwp_idle_inhibit_manager_v1_interface, 1);
	pid_t child = start_child(notify_for_ever, NULL);
	for (int i = 0; i < attack_count(4000); i++) {
		struct wl_surface *surface = wl_compositor_create_surface(attacker.compositor);
		struct zwp_idle_inhibitor_v1 *hidden = zwp_idle_inhibit_manager_v1_create_inhibitor(manager, surface);
		struct zwp_idle_inhibitor_v1 *shown = zwp_idle_inhibit_manager_v1_create_inhibitor(manager, panel.surface);
		if (i % 2 == 0) {
			wl_surface_destroy(surface);
			zwp_idle_inhibitor_v1_destroy(hidden);
		} else {
			zwp_idle_inhibitor_v1_destroy(hidden);
			wl_surface_destroy(surface);
		}
		if (i % 3 == 0) {
			expect_alive(&attacker);
			wl_surface_attach(panel.surface, NULL, 0, 0);
			wl_surface_commit(panel.surface);
			expect_alive(&attacker);
			wl_surface_commit(panel.surface);
			expect_alive(&attacker);
			panel_commit(&panel);
		}
		zwp_idle_inhibitor_v1_destroy(shown);
		if (i % 64 == 63) {
			expect_alive(&attacker);
		}
	}
	expect_child_alive(child);
	stop_child(child);
}

struct odd {
	struct attacker attacker;
	struct panel panel;
	struct mouse mouse;
	struct zxdg_output_manager_v1 *outputs;
	struct wp_fractional_scale_manager_v1 *scales;
	struct wp_cursor_shape_manager_v1 *shapes;
	struct zwp_relative_pointer_manager_v1 *relatives;
};

// Extensions of a surface, which outlive it.
static void outlive_surface(struct odd *odd, int i) {
	struct wl_surface *surface = wl_compositor_create_surface(odd->attacker.compositor);
	struct wp_viewport *viewport = wp_viewporter_get_viewport(odd->attacker.viewporter, surface);
	struct wp_fractional_scale_v1 *scale = wp_fractional_scale_manager_v1_get_fractional_scale(odd->scales, surface);
	wp_viewport_set_destination(viewport, INT32_MAX, INT32_MAX);
	wl_surface_attach(surface, odd->panel.picture.buffer, 0, 0);
	wl_surface_commit(surface);
	if (i % 2 == 0) {
		wp_viewport_destroy(viewport);
		viewport = wp_viewporter_get_viewport(odd->attacker.viewporter, surface);
		wp_viewport_set_source(viewport, 0, 0, wl_fixed_from_int(1), wl_fixed_from_int(PANEL_SIZE));
	}
	wl_surface_destroy(surface);
	wp_fractional_scale_v1_destroy(scale);
	wp_viewport_destroy(viewport);
}

// Extensions of a pointer, which outlive it.
static void outlive_pointer(struct odd *odd, int i) {
	struct wl_seat *seat = attacker_bind(&odd->attacker, &wl_seat_interface, 5);
	struct wl_pointer *pointer = wl_seat_get_pointer(seat);
	struct zwp_relative_pointer_v1 *relative =
			zwp_relative_pointer_manager_v1_get_relative_pointer(odd->relatives, pointer);
	struct wp_cursor_shape_device_v1 *device = wp_cursor_shape_manager_v1_get_pointer(odd->shapes, pointer);
	mouse_move(&odd->mouse, odd->panel.x, odd->panel.y);
	wp_cursor_shape_device_v1_set_shape(device, 0, 1 + (uint32_t)i % WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_ZOOM_OUT);
	wl_pointer_set_cursor(pointer, 0, NULL, 0, 0);
	if (i % 2 == 0) {
		wl_pointer_release(pointer);
		wl_seat_release(seat);
	}
	mouse_move_away(&odd->mouse);
	wp_cursor_shape_device_v1_set_shape(device, 0, WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_TEXT);
	wp_cursor_shape_device_v1_destroy(device);
	zwp_relative_pointer_v1_destroy(relative);
	if (i % 2 != 0) {
		wl_seat_release(seat);
		wl_pointer_release(pointer);
	}
}

// A cursor as large as can be, with subsurfaces, that is destroyed while it is shown.
static void show_huge_cursor(struct odd *odd) {
	struct wl_surface *cursor = wl_compositor_create_surface(odd->attacker.compositor);
	struct wl_surface *child = wl_compositor_create_surface(odd->attacker.compositor);
	struct wl_subsurface *subsurface = wl_subcompositor_get_subsurface(odd->attacker.subcompositor, child, cursor);
	struct wp_viewport *viewport = wp_viewporter_get_viewport(odd->attacker.viewporter, cursor);
	wp_viewport_set_destination(viewport, 30000, 30000);
	mouse_move(&odd->mouse, odd->panel.x, odd->panel.y);
	expect_alive(&odd->attacker);
	wl_pointer_set_cursor(odd->mouse.pointer, odd->mouse.serial, cursor, INT32_MIN, INT32_MAX);
	wl_surface_attach(child, odd->panel.picture.buffer, 0, 0);
	wl_surface_commit(child);
	wl_surface_attach(cursor, odd->panel.picture.buffer, 0, 0);
	wl_surface_damage_buffer(cursor, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(cursor);
	expect_alive(&odd->attacker);
	wl_surface_destroy(cursor);
	wp_viewport_destroy(viewport);
	wl_subsurface_destroy(subsurface);
	wl_surface_destroy(child);
}

ATTACK("extensions-that-outlive-their-objects") {
	static struct odd odd;
	struct attacker *attacker = &odd.attacker;
	attacker_connect(attacker);
	panel_init(&odd.panel, attacker, false);
	mouse_init(&odd.mouse, attacker);
	odd.outputs = attacker_bind(attacker, &zxdg_output_manager_v1_interface, 3);
	odd.scales = attacker_bind(attacker, &wp_fractional_scale_manager_v1_interface, 1);
	odd.shapes = attacker_bind(attacker, &wp_cursor_shape_manager_v1_interface, 1);
	odd.relatives = attacker_bind(attacker, &zwp_relative_pointer_manager_v1_interface, 1);
	for (int i = 0; i < attack_count(100); i++) {
		struct wl_output *output = attacker_bind(attacker, &wl_output_interface, 3);
		struct zxdg_output_v1 *xdg_output = zxdg_output_manager_v1_get_xdg_output(odd.outputs, output);
		outlive_surface(&odd, i);
		outlive_pointer(&odd, i);
		wl_output_release(output);
		zxdg_output_v1_destroy(xdg_output);
		if (i % 8 == 0) {
			show_huge_cursor(&odd);
		}
		expect_alive(attacker);
	}
	mouse_move_away(&odd.mouse);
	expect_alive(attacker);
}
