// Drags: what their targets receive, and what an icon costs.
#include "attack.h"
#include "bystander.h"
#include "panel.h"

#include "viewporter-client-protocol.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#include <stdio.h>

#define TYPES_MAX 256

struct dragging {
	struct attacker attacker;
	struct panel panel;
	struct mouse mouse;
	struct wl_data_device *device;
	struct wl_data_offer *offer; // the last one
};

static void handle_data_offer(void *data, struct wl_data_device *device, struct wl_data_offer *offer) {
	((struct dragging *)data)->offer = offer;
}

static void handle_enter(void *data, struct wl_data_device *device, uint32_t serial, struct wl_surface *surface,
		wl_fixed_t x, wl_fixed_t y, struct wl_data_offer *offer) {
}

static void handle_leave(void *data, struct wl_data_device *device) {
}

static void handle_motion(void *data, struct wl_data_device *device, uint32_t time, wl_fixed_t x, wl_fixed_t y) {
}

static void handle_selection(void *data, struct wl_data_device *device, struct wl_data_offer *offer) {
}

static const struct wl_data_device_listener device_listener = {
	.data_offer = handle_data_offer,
	.enter = handle_enter,
	.leave = handle_leave,
	.motion = handle_motion,
	.drop = handle_leave,
	.selection = handle_selection,
};

static void dragging_init(struct dragging *dragging) {
	struct attacker *attacker = &dragging->attacker;
	attacker_connect(attacker);
	dragging->device = wl_data_device_manager_get_data_device(attacker->data_devices, attacker->seat);
	wl_data_device_add_listener(dragging->device, &device_listener, dragging);
	panel_init(&dragging->panel, attacker, false);
	mouse_init(&dragging->mouse, attacker);
}

static struct wl_data_source *create_source(struct attacker *attacker, int types) {
	struct wl_data_source *source = wl_data_device_manager_create_data_source(attacker->data_devices);
	char type[120];
	for (int i = 0; i < types; i++) {
		snprintf(type, sizeof(type), "%0100d", i);
		wl_data_source_offer(source, type);
	}
	return source;
}

// Presses the button on the panel and drags; icon may be NULL. Returns false if the server has ended the client.
static bool try_start_drag(struct dragging *dragging, struct wl_data_source *source, struct wl_surface *icon) {
	mouse_press_on(&dragging->mouse, &dragging->panel);
	wl_data_device_start_drag(dragging->device, source, dragging->panel.surface, icon, dragging->mouse.serial);
	return attacker_try_roundtrip(&dragging->attacker);
}

static void start_drag(struct dragging *dragging, struct wl_data_source *source, struct wl_surface *icon) {
	if (!try_start_drag(dragging, source, icon)) {
		expect_alive(&dragging->attacker);
	}
}

static void drag_across(void *data) {
	const struct panel *target = data;
	static struct dragging dragging;
	dragging_init(&dragging);
	start_drag(&dragging, create_source(&dragging.attacker, TYPES_MAX), NULL);
	for (int i = 0;; i++) {
		mouse_move(&dragging.mouse, target->x, target->y);
		mouse_move(&dragging.mouse, SCREEN_WIDTH / 2, target->y);
		if (i % 128 == 127) {
			expect_alive(&dragging.attacker);
		}
	}
}

// The target receives all types each time that the pointer enters it.
ATTACK("drag-of-many-types-across-a-window") {
	struct bystander bystander;
	struct panel panel;
	bystander_init(&bystander, false, 16, 16);
	wl_data_device_manager_get_data_device(bystander.attacker.data_devices, bystander.attacker.seat);
	panel_init(&panel, &bystander.attacker, true);
	pid_t child = start_child(drag_across, &panel);
	bystander_draw(&bystander, 200);
	bystander_stall(&bystander, 1000);
	bystander_draw(&bystander, 200);
	expect_child_alive(child);
	stop_child(child);
}

static void drag_and_drop_across(void *data) {
	const struct panel *target = data;
	static struct dragging dragging;
	dragging_init(&dragging);
	for (;;) {
		struct wl_data_source *source = create_source(&dragging.attacker, TYPES_MAX / 8);
		bool is_alive = try_start_drag(&dragging, source, NULL);
		mouse_move(&dragging.mouse, target->x, target->y);
		mouse_press(&dragging.mouse, false);
		wl_data_source_destroy(source);
		if (!is_alive || !attacker_try_roundtrip(&dragging.attacker)) {
			attacker_disconnect(&dragging.attacker); // it has announced too many types
			dragging_init(&dragging);
		}
	}
}

// The same, with a new drag each time.
ATTACK("drags-of-many-types-to-a-window") {
	struct bystander bystander;
	struct panel panel;
	bystander_init(&bystander, false, 16, 16);
	wl_data_device_manager_get_data_device(bystander.attacker.data_devices, bystander.attacker.seat);
	panel_init(&panel, &bystander.attacker, true);
	pid_t child = start_child(drag_and_drop_across, &panel);
	bystander_draw(&bystander, 200);
	bystander_stall(&bystander, 1000);
	bystander_draw(&bystander, 200);
	stop_child(child);
}

#define LAYERS 1000

// An icon of one pixel, enlarged to that size, with as many subsurfaces over each other.
static struct wl_surface *create_icon(struct attacker *attacker, struct wl_buffer *buffer, int layers) {
	struct wl_surface *icon = wl_compositor_create_surface(attacker->compositor);
	wp_viewport_set_destination(wp_viewporter_get_viewport(attacker->viewporter, icon), 600, 400);
	for (int i = 0; i < layers; i++) {
		struct wl_surface *surface = wl_compositor_create_surface(attacker->compositor);
		struct wl_subsurface *subsurface = wl_subcompositor_get_subsurface(attacker->subcompositor, surface, icon);
		wl_subsurface_set_desync(subsurface);
		wl_subsurface_set_position(subsurface, -i % 300, -i % 200);
		wp_viewport_set_destination(wp_viewporter_get_viewport(attacker->viewporter, surface), 600, 400);
		wl_surface_attach(surface, buffer, 0, 0);
		wl_surface_commit(surface);
		if (i % 16 == 15) {
			expect_alive(attacker);
		}
	}
	wl_surface_attach(icon, buffer, 0, 0);
	wl_surface_commit(icon);
	expect_alive(attacker);
	return icon;
}

// Each motion moves the icon with all of its subsurfaces.
ATTACK("drag-icon-of-a-thousand-subsurfaces") {
	static struct dragging dragging;
	struct picture picture;
	dragging_init(&dragging);
	picture_init(&picture, &dragging.attacker, 0, true, 1, 1);
	start_drag(&dragging, create_source(&dragging.attacker, 1),
			create_icon(&dragging.attacker, picture.buffer, attack_count(LAYERS)));
	for (int i = 0; i < attack_count(4000); i++) {
		mouse_move(&dragging.mouse, (uint32_t)i % SCREEN_WIDTH, (uint32_t)i % SCREEN_HEIGHT);
		if (i % 64 == 63) {
			expect_alive(&dragging.attacker);
		}
	}
	mouse_move_away(&dragging.mouse);
	expect_alive(&dragging.attacker);
	hold();
}

// The icon, the source, or the window of a drag is destroyed while it goes on, or another drag is started.
ATTACK("drags-cut-short") {
	static struct dragging dragging;
	struct picture picture;
	dragging_init(&dragging);
	struct attacker *attacker = &dragging.attacker;
	picture_init(&picture, attacker, 0, true, 1, 1);
	for (int i = 0; i < attack_count(300); i++) {
		struct wl_data_source *source = i % 50 != 49 ? create_source(attacker, 1) : NULL;
		struct wl_surface *icon = create_icon(attacker, picture.buffer, 1);
		if (source != NULL && i % 2 == 0) {
			wl_data_source_set_actions(source, WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY);
		}
		start_drag(&dragging, source, icon);
		mouse_move(&dragging.mouse, dragging.panel.x + 1, dragging.panel.y);
		wl_data_device_start_drag(dragging.device, source, dragging.panel.surface, icon, dragging.mouse.serial);
		expect_alive(attacker);
		if (i % 5 == 0) {
			wl_surface_destroy(icon);
		}
		if (source != NULL && i % 3 == 0) {
			wl_data_source_destroy(source);
			source = NULL;
		} else if (dragging.offer != NULL && i % 3 == 1) {
			wl_data_offer_destroy(dragging.offer);
			dragging.offer = NULL;
		}
		mouse_press(&dragging.mouse, false);
		// With the serial of a button that is no longer down.
		wl_data_device_start_drag(dragging.device, NULL, dragging.panel.surface, NULL, dragging.mouse.serial);
		expect_alive(attacker);
		if (i % 5 != 0) {
			wl_surface_destroy(icon);
		}
		if (source != NULL) {
			wl_data_source_destroy(source);
		}
		dragging.offer = NULL;
	}
	start_drag(&dragging, create_source(attacker, 1), create_icon(attacker, picture.buffer, 1));
	mouse_move(&dragging.mouse, dragging.panel.x + 1, dragging.panel.y);
	wl_surface_destroy(dragging.panel.surface);
	attacker_flush(attacker);
}

struct menu {
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_popup *popup;
};

static void handle_xdg_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	xdg_surface_ack_configure(xdg_surface, serial);
}

static const struct xdg_surface_listener xdg_surface_listener = {.configure = handle_xdg_configure};

// A popup of the panel, which grabs the pointer if the serial is not 0.
static void menu_init(struct menu *menu, struct dragging *dragging, uint32_t serial) {
	struct attacker *attacker = &dragging->attacker;
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(attacker->wm_base);
	xdg_positioner_set_size(positioner, 50, 50);
	xdg_positioner_set_anchor_rect(positioner, 0, 0, 1, 1);
	menu->surface = wl_compositor_create_surface(attacker->compositor);
	menu->xdg_surface = xdg_wm_base_get_xdg_surface(attacker->wm_base, menu->surface);
	xdg_surface_add_listener(menu->xdg_surface, &xdg_surface_listener, NULL);
	menu->popup = xdg_surface_get_popup(menu->xdg_surface, NULL, positioner);
	zwlr_layer_surface_v1_get_popup(dragging->panel.layer_surface, menu->popup);
	if (serial != 0) {
		xdg_popup_grab(menu->popup, attacker->seat, serial);
	}
	wl_surface_commit(menu->surface);
	expect_alive(attacker);
	wl_surface_attach(menu->surface, dragging->panel.picture.buffer, 0, 0);
	wl_surface_commit(menu->surface);
	xdg_positioner_destroy(positioner);
	expect_alive(attacker);
}

static void menu_finish(struct menu *menu) {
	xdg_popup_destroy(menu->popup);
	xdg_surface_destroy(menu->xdg_surface);
	wl_surface_destroy(menu->surface);
}

// Popups grab the pointer and the keyboard, and so do drags, by the same press of a button and in any order.
ATTACK("drags-and-popups-that-grab-the-same-press") {
	static struct dragging dragging;
	struct menu menu;
	dragging_init(&dragging);
	struct attacker *attacker = &dragging.attacker;
	for (int i = 0; i < attack_count(200); i++) {
		struct wl_data_source *source = create_source(attacker, 1);
		mouse_press_on(&dragging.mouse, &dragging.panel);
		uint32_t serial = dragging.mouse.serial;
		if (i % 2 == 0) {
			menu_init(&menu, &dragging, serial);
		}
		wl_data_device_start_drag(dragging.device, source, dragging.panel.surface, NULL, serial);
		expect_alive(attacker);
		if (i % 2 != 0) {
			menu_init(&menu, &dragging, serial);
		}
		mouse_move(&dragging.mouse, dragging.panel.x + 1, dragging.panel.y);
		mouse_move(&dragging.mouse, dragging.panel.x - 40, dragging.panel.y - 40);
		if (i % 3 == 0) {
			menu_finish(&menu);
		} else if (i % 3 == 1) {
			wl_data_source_destroy(source);
		}
		mouse_press(&dragging.mouse, false);
		mouse_move_away(&dragging.mouse);
		expect_alive(attacker);
		if (i % 3 != 0) {
			menu_finish(&menu);
		}
		if (i % 3 != 1) {
			wl_data_source_destroy(source);
		}
		expect_alive(attacker);
	}
}
