#include "panel.h"

#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"
#include "wlr-virtual-pointer-unstable-v1-client-protocol.h"

#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void handle_configure(
		void *data, struct zwlr_layer_surface_v1 *layer_surface, uint32_t serial, uint32_t width, uint32_t height) {
	zwlr_layer_surface_v1_ack_configure(layer_surface, serial);
}

static void handle_closed(void *data, struct zwlr_layer_surface_v1 *layer_surface) {
}

static const struct zwlr_layer_surface_v1_listener layer_listener = {
	.configure = handle_configure,
	.closed = handle_closed,
};

void panel_init(struct panel *panel, struct attacker *attacker, bool right) {
	struct zwlr_layer_shell_v1 *shell = attacker_bind(attacker, &zwlr_layer_shell_v1_interface, 1);
	panel->x = right ? SCREEN_WIDTH - PANEL_SIZE / 2 : PANEL_SIZE / 2;
	panel->y = SCREEN_HEIGHT - PANEL_SIZE / 2;
	panel->surface = wl_compositor_create_surface(attacker->compositor);
	panel->layer_surface = zwlr_layer_shell_v1_get_layer_surface(
			shell, panel->surface, NULL, ZWLR_LAYER_SHELL_V1_LAYER_OVERLAY, "attack");
	zwlr_layer_surface_v1_add_listener(panel->layer_surface, &layer_listener, NULL);
	zwlr_layer_surface_v1_set_anchor(panel->layer_surface,
			ZWLR_LAYER_SURFACE_V1_ANCHOR_BOTTOM |
					(right ? ZWLR_LAYER_SURFACE_V1_ANCHOR_RIGHT : ZWLR_LAYER_SURFACE_V1_ANCHOR_LEFT));
	zwlr_layer_surface_v1_set_size(panel->layer_surface, PANEL_SIZE, PANEL_SIZE);
	wl_surface_commit(panel->surface);
	expect_alive(attacker);
	picture_init(&panel->picture, attacker, 0, true, PANEL_SIZE, PANEL_SIZE);
	panel_commit(panel);
	expect_alive(attacker);
}

void panel_commit(struct panel *panel) {
	wl_surface_attach(panel->surface, panel->picture.buffer, 0, 0);
	wl_surface_damage_buffer(panel->surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(panel->surface);
}

static void handle_enter(void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface,
		wl_fixed_t x, wl_fixed_t y) {
	((struct mouse *)data)->serial = serial;
}

static void handle_leave(void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface) {
	((struct mouse *)data)->serial = serial;
}

static void handle_motion(void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x, wl_fixed_t y) {
	((struct mouse *)data)->events++;
}

static void handle_button(
		void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time, uint32_t button, uint32_t state) {
	((struct mouse *)data)->serial = serial;
	((struct mouse *)data)->events++;
}

static void ignore_axis(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis, wl_fixed_t value) {
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = handle_enter,
	.leave = handle_leave,
	.motion = handle_motion,
	.button = handle_button,
	.axis = ignore_axis,
};

void mouse_init(struct mouse *mouse, struct attacker *attacker) {
	*mouse = (struct mouse){.attacker = attacker};
	struct zwlr_virtual_pointer_manager_v1 *manager =
			attacker_bind(attacker, &zwlr_virtual_pointer_manager_v1_interface, 1);
	mouse->device = zwlr_virtual_pointer_manager_v1_create_virtual_pointer(manager, attacker->seat);
	expect_alive(attacker);
	mouse->pointer = wl_seat_get_pointer(attacker->seat);
	wl_pointer_add_listener(mouse->pointer, &pointer_listener, mouse);
	mouse_move_away(mouse);
	expect_alive(attacker);
}

void mouse_move(struct mouse *mouse, uint32_t x, uint32_t y) {
	zwlr_virtual_pointer_v1_motion_absolute(mouse->device, 1, x, y, SCREEN_WIDTH, SCREEN_HEIGHT);
	zwlr_virtual_pointer_v1_frame(mouse->device);
}

void mouse_move_away(struct mouse *mouse) {
	mouse_move(mouse, SCREEN_WIDTH / 2, SCREEN_HEIGHT - 1);
}

void mouse_press(struct mouse *mouse, bool down) {
	zwlr_virtual_pointer_v1_button(
			mouse->device, 1, BTN_LEFT, down ? WL_POINTER_BUTTON_STATE_PRESSED : WL_POINTER_BUTTON_STATE_RELEASED);
	zwlr_virtual_pointer_v1_frame(mouse->device);
}

void mouse_press_on(struct mouse *mouse, struct panel *panel) {
	mouse_move(mouse, panel->x, panel->y);
	mouse_press(mouse, true);
	expect_alive(mouse->attacker);
}

struct zwp_virtual_keyboard_v1 *keyboard_create(struct attacker *attacker, int number) {
	char text[400];
	int size =
			1 +
			snprintf(text, sizeof(text),
					"xkb_keymap{xkb_keycodes \"\"{<a>=%d;<b>=38;};xkb_types \"\"{type \"ONE_LEVEL\"{modifiers=none;};};"
					"xkb_compatibility \"\"{};xkb_symbols \"\"{key<a>{[a]};};};",
					50 + number);
	int fd = file_create(size, 0);
	if (write(fd, text, (size_t)size) != size) {
		fail("cannot write a keymap");
	}
	struct zwp_virtual_keyboard_v1 *keyboard =
			zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(attacker->keyboards, attacker->seat);
	zwp_virtual_keyboard_v1_keymap(keyboard, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fd, (uint32_t)size);
	expect_alive(attacker);
	close(fd);
	return keyboard;
}
