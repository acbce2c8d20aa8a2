#include "input.h"

#include <linux/input-event-codes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client.h>

// Wayland sends Linux key codes; xkb adds 8 to them.
#define XKB_OFFSET 8

static void press(struct input *input, uint32_t serial, int32_t contact, double x, double y) {
	input->serial = serial;
	if (input->listener->press != NULL) {
		input->listener->press(input->data, contact, x, y);
	}
}

static void move(struct input *input, int32_t contact, double x, double y) {
	if (input->listener->move != NULL) {
		input->listener->move(input->data, contact, x, y);
	}
}

static void release(struct input *input, int32_t contact) {
	if (input->listener->release != NULL) {
		input->listener->release(input->data, contact);
	}
}

static void release_pointer(struct input *input) {
	if (input->is_pressed) {
		input->is_pressed = false;
		release(input, CONTACT_POINTER);
	}
}

static void move_pointer(struct input *input, double x, double y) {
	input->x = x;
	input->y = y;
	if (input->is_pressed) {
		move(input, CONTACT_POINTER, x, y);
	} else if (input->listener->hover != NULL) {
		input->listener->hover(input->data, x, y);
	}
}

void input_update_cursor(struct input *input) {
	if (input->is_inside) {
		wl_pointer_set_cursor(input->pointer, input->enter_serial, input->cursor->surface, input->cursor->hotspot_x,
				input->cursor->hotspot_y);
	}
}

static void handle_enter(void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface,
		wl_fixed_t x, wl_fixed_t y) {
	struct input *input = data;
	input->is_inside = true;
	input->enter_serial = serial;
	input_update_cursor(input);
	move_pointer(input, wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void handle_leave(void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface) {
	struct input *input = data;
	input->is_inside = false;
	release_pointer(input);
}

static void handle_motion(void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x, wl_fixed_t y) {
	move_pointer(data, wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void handle_button(
		void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time, uint32_t button, uint32_t state) {
	struct input *input = data;
	if (button != BTN_LEFT) {
		return;
	}
	if (state == WL_POINTER_BUTTON_STATE_PRESSED) {
		input->is_pressed = true;
		press(input, serial, CONTACT_POINTER, input->x, input->y);
	} else {
		release_pointer(input);
	}
}

static void handle_axis(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis, wl_fixed_t value) {
	struct input *input = data;
	if (axis == WL_POINTER_AXIS_VERTICAL_SCROLL && input->listener->scroll != NULL) {
		input->listener->scroll(input->data, wl_fixed_to_double(value));
	}
}

static void ignore_frame(void *data, struct wl_pointer *pointer) {
}

static void ignore_axis_source(void *data, struct wl_pointer *pointer, uint32_t source) {
}

static void ignore_axis_stop(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis) {
}

static void ignore_axis_discrete(void *data, struct wl_pointer *pointer, uint32_t axis, int32_t steps) {
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = handle_enter,
	.leave = handle_leave,
	.motion = handle_motion,
	.button = handle_button,
	.axis = handle_axis,
	.frame = ignore_frame,
	.axis_source = ignore_axis_source,
	.axis_stop = ignore_axis_stop,
	.axis_discrete = ignore_axis_discrete,
};

static void handle_down(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time, struct wl_surface *surface,
		int32_t id, wl_fixed_t x, wl_fixed_t y) {
	press(data, serial, id, wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void handle_up(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time, int32_t id) {
	release(data, id);
}

static void handle_touch_motion(
		void *data, struct wl_touch *touch, uint32_t time, int32_t id, wl_fixed_t x, wl_fixed_t y) {
	move(data, id, wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void ignore_touch_frame(void *data, struct wl_touch *touch) {
}

static void handle_cancel(void *data, struct wl_touch *touch) {
	struct input *input = data;
	if (input->listener->cancel != NULL) {
		input->listener->cancel(input->data);
	}
}

static const struct wl_touch_listener touch_listener = {
	.down = handle_down,
	.up = handle_up,
	.motion = handle_touch_motion,
	.frame = ignore_touch_frame,
	.cancel = handle_cancel,
};

static void handle_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd, uint32_t size) {
	struct input *input = data;
	char *text = MAP_FAILED;
	if (format == WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1 && input->xkb != NULL) {
		text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	}
	close(fd);
	if (text == MAP_FAILED) {
		return;
	}
	struct xkb_keymap *keymap = xkb_keymap_new_from_buffer(
			input->xkb, text, strnlen(text, size), XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
	munmap(text, size);
	xkb_state_unref(input->keys);
	input->keys = keymap != NULL ? xkb_state_new(keymap) : NULL;
	xkb_keymap_unref(keymap);
}

static void ignore_key_enter(
		void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface, struct wl_array *keys) {
}

static void ignore_key_leave(void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface) {
}

static void handle_key(
		void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time, uint32_t key, uint32_t state) {
	struct input *input = data;
	if (input->keys == NULL || state != WL_KEYBOARD_KEY_STATE_PRESSED || input->listener->key == NULL) {
		return;
	}
	xkb_keysym_t symbol = xkb_state_key_get_one_sym(input->keys, key + XKB_OFFSET);
	input->listener->key(input->data, xkb_keysym_to_lower(symbol));
}

static void handle_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t depressed,
		uint32_t latched, uint32_t locked, uint32_t group) {
	struct input *input = data;
	if (input->keys != NULL) {
		xkb_state_update_mask(input->keys, depressed, latched, locked, 0, 0, group);
	}
}

static void ignore_repeat_info(void *data, struct wl_keyboard *keyboard, int32_t rate, int32_t delay) {
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = handle_keymap,
	.enter = ignore_key_enter,
	.leave = ignore_key_leave,
	.key = handle_key,
	.modifiers = handle_modifiers,
	.repeat_info = ignore_repeat_info,
};

static void drop_pointer(struct input *input) {
	if (input->pointer != NULL) {
		release_pointer(input);
		input->is_inside = false;
		wl_pointer_destroy(input->pointer);
		input->pointer = NULL;
	}
}

static void drop_touch(struct input *input) {
	if (input->touch != NULL) {
		handle_cancel(input, input->touch);
		wl_touch_destroy(input->touch);
		input->touch = NULL;
	}
}

static void drop_keyboard(struct input *input) {
	if (input->keyboard != NULL) {
		wl_keyboard_destroy(input->keyboard);
		input->keyboard = NULL;
	}
}

// Devices may appear and disappear at any time.
static void handle_capabilities(void *data, struct wl_seat *seat, uint32_t capabilities) {
	struct input *input = data;
	if ((capabilities & WL_SEAT_CAPABILITY_POINTER) == 0) {
		drop_pointer(input);
	} else if (input->pointer == NULL) {
		input->pointer = wl_seat_get_pointer(seat);
		wl_pointer_add_listener(input->pointer, &pointer_listener, input);
	}
	if ((capabilities & WL_SEAT_CAPABILITY_TOUCH) == 0) {
		drop_touch(input);
	} else if (input->touch == NULL) {
		input->touch = wl_seat_get_touch(seat);
		wl_touch_add_listener(input->touch, &touch_listener, input);
	}
	if ((capabilities & WL_SEAT_CAPABILITY_KEYBOARD) == 0) {
		drop_keyboard(input);
	} else if (input->keyboard == NULL) {
		input->keyboard = wl_seat_get_keyboard(seat);
		wl_keyboard_add_listener(input->keyboard, &keyboard_listener, input);
	}
}

static void ignore_name(void *data, struct wl_seat *seat, const char *name) {
}

static const struct wl_seat_listener seat_listener = {
	.capabilities = handle_capabilities,
	.name = ignore_name,
};

void input_init(struct input *input, struct session *session, struct cursor *cursor,
		const struct input_listener *listener, void *data) {
	*input = (struct input){
		.seat = session->seat,
		.cursor = cursor,
		.listener = listener,
		.data = data,
		.xkb = xkb_context_new(XKB_CONTEXT_NO_FLAGS),
	};
	if (input->seat != NULL) {
		wl_seat_add_listener(input->seat, &seat_listener, input);
	}
}

void input_finish(struct input *input) {
	static const struct input_listener nobody = {0};
	input->listener = &nobody;
	drop_pointer(input);
	drop_touch(input);
	drop_keyboard(input);
	xkb_state_unref(input->keys);
	xkb_context_unref(input->xkb);
}
