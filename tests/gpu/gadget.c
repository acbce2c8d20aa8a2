#include "gadget.h"
#include "runner.h"
#include <fcntl.h>
#include <linux/uinput.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PATH "/dev/uinput"
#define VENDOR 0x1209 // of no tablet that libinput or udev knows

bool gadget_is_possible(void) {
	return access(PATH, R_OK | W_OK) == 0;
}

static void add(struct gadget *gadget, unsigned long request, int code) {
	expect_int(ioctl(gadget->fd, request, code), ==, 0);
}

static void add_axis(struct gadget *gadget, int code, int max) {
	struct uinput_abs_setup setup = {
		.code = (uint16_t)code,
		.absinfo = {.maximum = max, .resolution = code == ABS_X || code == ABS_Y ? 20 : 0},
	};
	add(gadget, UI_SET_ABSBIT, code);
	expect_int(ioctl(gadget->fd, UI_ABS_SETUP, &setup), ==, 0);
}

static void add_keys(struct gadget *gadget, int first, int last) {
	add(gadget, UI_SET_EVBIT, EV_KEY);
	for (int code = first; code <= last; code++) {
		add(gadget, UI_SET_KEYBIT, code);
	}
}

static void add_position(struct gadget *gadget) {
	add(gadget, UI_SET_EVBIT, EV_ABS);
	add_axis(gadget, ABS_X, GADGET_EXTENT);
	add_axis(gadget, ABS_Y, GADGET_EXTENT);
}

static void add_wheel(struct gadget *gadget) {
	add(gadget, UI_SET_EVBIT, EV_REL);
	add(gadget, UI_SET_RELBIT, REL_WHEEL);
	add(gadget, UI_SET_RELBIT, REL_WHEEL_HI_RES);
}

static void add_capabilities(struct gadget *gadget, enum gadget_kind kind) {
	switch (kind) {
	case GADGET_KEYBOARD:
		add_keys(gadget, KEY_ESC, KEY_MICMUTE);
		break;
	case GADGET_MOUSE:
		add_keys(gadget, BTN_LEFT, BTN_MIDDLE);
		add_wheel(gadget);
		add(gadget, UI_SET_RELBIT, REL_X);
		add(gadget, UI_SET_RELBIT, REL_Y);
		break;
	case GADGET_ABSOLUTE:
		add_keys(gadget, BTN_LEFT, BTN_MIDDLE);
		add_wheel(gadget);
		add_position(gadget);
		break;
	case GADGET_TOUCHSCREEN:
		add(gadget, UI_SET_PROPBIT, INPUT_PROP_DIRECT);
		add_keys(gadget, BTN_TOUCH, BTN_TOUCH);
		add_position(gadget);
		add_axis(gadget, ABS_MT_SLOT, GADGET_FINGERS - 1);
		add_axis(gadget, ABS_MT_TRACKING_ID, GADGET_FINGERS - 1);
		add_axis(gadget, ABS_MT_POSITION_X, GADGET_EXTENT);
		add_axis(gadget, ABS_MT_POSITION_Y, GADGET_EXTENT);
		break;
	case GADGET_PEN:
		add_keys(gadget, BTN_TOOL_PEN, BTN_TOOL_PEN);
		add_keys(gadget, BTN_TOUCH, BTN_STYLUS);
		add_position(gadget);
		add_axis(gadget, ABS_PRESSURE, GADGET_EXTENT);
		break;
	case GADGET_KINDS_LEN:
		break;
	}
}

void gadget_init(struct gadget *gadget, enum gadget_kind kind) {
	static const char *const names[GADGET_KINDS_LEN] = {
		"keyboard", "mouse", "absolute pointer", "touchscreen", "drawing tablet"};
	struct uinput_setup setup = {.id = {.bustype = BUS_USB, .vendor = VENDOR, .product = (uint16_t)(kind + 1)}};
	snprintf(setup.name, sizeof(setup.name), "Lido's test %s", names[kind]);
	gadget->fd = open(PATH, O_RDWR | O_CLOEXEC);
	expect(gadget->fd >= 0);
	add_capabilities(gadget, kind);
	expect_int(ioctl(gadget->fd, UI_DEV_SETUP, &setup), ==, 0);
	expect_int(ioctl(gadget->fd, UI_DEV_CREATE), ==, 0);
}

void gadget_finish(struct gadget *gadget) {
	ioctl(gadget->fd, UI_DEV_DESTROY);
	close(gadget->fd);
}

void gadget_set(struct gadget *gadget, uint16_t type, uint16_t code, int32_t value) {
	struct input_event event = {.type = type, .code = code, .value = value};
	expect_int(write(gadget->fd, &event, sizeof(event)), ==, (ssize_t)sizeof(event));
}

void gadget_sync(struct gadget *gadget) {
	gadget_set(gadget, EV_SYN, SYN_REPORT, 0);
}

void gadget_press(struct gadget *gadget, uint16_t code, bool down) {
	gadget_set(gadget, EV_KEY, code, down);
	gadget_sync(gadget);
}

void gadget_move(struct gadget *gadget, int32_t x, int32_t y) {
	gadget_set(gadget, EV_ABS, ABS_X, x);
	gadget_set(gadget, EV_ABS, ABS_Y, y);
	gadget_sync(gadget);
}

void gadget_touch(struct gadget *gadget, int finger, int32_t x, int32_t y) {
	gadget_set(gadget, EV_ABS, ABS_MT_SLOT, finger);
	gadget_set(gadget, EV_ABS, ABS_MT_TRACKING_ID, finger);
	gadget_set(gadget, EV_ABS, ABS_MT_POSITION_X, x);
	gadget_set(gadget, EV_ABS, ABS_MT_POSITION_Y, y);
	gadget_set(gadget, EV_KEY, BTN_TOUCH, 1);
	gadget_sync(gadget);
}

void gadget_lift(struct gadget *gadget, int finger) {
	gadget_set(gadget, EV_ABS, ABS_MT_SLOT, finger);
	gadget_set(gadget, EV_ABS, ABS_MT_TRACKING_ID, -1);
	gadget_set(gadget, EV_KEY, BTN_TOUCH, 0);
	gadget_sync(gadget);
}
