#include "mouse.h"
#include "wlr-virtual-pointer-unstable-v1-client-protocol.h"
#include <linux/input-event-codes.h>

static void handle_enter(void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface,
		wl_fixed_t x, wl_fixed_t y) {
	struct mouse *mouse = data;
	mouse->serial = serial;
	mouse->entered = true;
	mouse->x = wl_fixed_to_double(x);
	mouse->y = wl_fixed_to_double(y);
}

static void handle_leave(void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface) {
	struct mouse *mouse = data;
	mouse->left = true;
}

static void handle_motion(void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x, wl_fixed_t y) {
	struct mouse *mouse = data;
	mouse->motions++;
	mouse->x = wl_fixed_to_double(x);
	mouse->y = wl_fixed_to_double(y);
}

static void handle_button(
		void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time, uint32_t button, uint32_t state) {
	struct mouse *mouse = data;
	mouse->serial = serial;
	mouse->pressed = true;
	mouse->buttons++;
}

static void handle_axis(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis, wl_fixed_t value) {
	struct mouse *mouse = data;
	mouse->axes++;
}

static void handle_frame(void *data, struct wl_pointer *pointer) {
	struct mouse *mouse = data;
	mouse->frames++;
}

static void handle_axis_source(void *data, struct wl_pointer *pointer, uint32_t source) {
}

static void handle_axis_stop(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis) {
}

static void handle_axis_discrete(void *data, struct wl_pointer *pointer, uint32_t axis, int32_t discrete) {
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = handle_enter,
	.leave = handle_leave,
	.motion = handle_motion,
	.button = handle_button,
	.axis = handle_axis,
	.frame = handle_frame,
	.axis_source = handle_axis_source,
	.axis_stop = handle_axis_stop,
	.axis_discrete = handle_axis_discrete,
};

void mouse_init(struct mouse *mouse, struct screen *screen, int32_t size) {
	*mouse = (struct mouse){.screen = screen, .size = size};
	mouse->manager = client_bind(&screen->client, &zwlr_virtual_pointer_manager_v1_interface, 1);
	mouse->device = mouse_plug_another(mouse);
	client_roundtrip(&screen->client);
	mouse->pointer = wl_seat_get_pointer(screen->seat);
	wl_pointer_add_listener(mouse->pointer, &pointer_listener, mouse);
}

void mouse_finish(struct mouse *mouse) {
	wl_pointer_release(mouse->pointer);
	zwlr_virtual_pointer_v1_destroy(mouse->device);
	zwlr_virtual_pointer_manager_v1_destroy(mouse->manager);
}

struct zwlr_virtual_pointer_v1 *mouse_plug_another(struct mouse *mouse) {
	return zwlr_virtual_pointer_manager_v1_create_virtual_pointer(mouse->manager, mouse->screen->seat);
}

void mouse_move(struct mouse *mouse, uint32_t x, uint32_t y) {
	zwlr_virtual_pointer_v1_motion_absolute(
			mouse->device, ++mouse->time, x, y, (uint32_t)mouse->size, (uint32_t)mouse->size);
	zwlr_virtual_pointer_v1_frame(mouse->device);
	client_roundtrip(&mouse->screen->client);
}

void mouse_press(struct mouse *mouse, bool down) {
	zwlr_virtual_pointer_v1_button(mouse->device, ++mouse->time, BTN_LEFT,
			down ? WL_POINTER_BUTTON_STATE_PRESSED : WL_POINTER_BUTTON_STATE_RELEASED);
	zwlr_virtual_pointer_v1_frame(mouse->device);
	client_roundtrip(&mouse->screen->client);
}
