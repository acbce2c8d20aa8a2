// Drags: what their targets receive, and what an icon costs.
#include "attack.h"
#include "bystander.h"
#include "panel.h"

#include "viewporter-client-protocol.h"

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

// Presses the button on the panel and drags. icon may be NULL.
static void start_drag(struct dragging *dragging, struct wl_data_source *source, struct wl_surface *icon) {
	mouse_press_on(&dragging->mouse, &dragging->panel);
	wl_data_device_start_drag(dragging->device, source, dragging->panel.surface, icon, dragging->mouse.serial);
	expect_alive(&dragging->attacker);
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
		start_drag(&dragging, create_source(&dragging.attacker, TYPES_MAX / 8), NULL);
		mouse_move(&dragging.mouse, target->x, target->y);
		mouse_press(&dragging.mouse, false);
		if (!attacker_try_roundtrip(&dragging.attacker)) {
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
