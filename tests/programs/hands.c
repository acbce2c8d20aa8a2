/*
 * Lido with a touchscreen, a tablet and a touchpad, which clients cannot create by any protocol, and with Xwayland.
 *
 *     hands WIDTH HEIGHT SOCKET
 *
 * Reads lines from standard input, and acts at once. Positions are in thousandths of the output, as those of drive.
 *
 *     touch X Y, slide X Y, lift, cancel     a finger
 *     near X Y, tip X Y, draw X Y, raise     a pen: it comes near, touches, moves, and is raised and taken away
 *     swipe X Y     three fingers on the touchpad, together by so much
 *     pinch X, part two fingers, until they are X thousandths as far from each other as at first; they are lifted
 *
 * SIGTERM ends the program.
 */
#include "server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wayland-server-core.h>
#include <wlr/backend.h>
#include <wlr/interfaces/wlr_pointer.h>
#include <wlr/interfaces/wlr_tablet_tool.h>
#include <wlr/interfaces/wlr_touch.h>

#define FINGER 3
#define STEPS 10   // of a gesture
#define STEP_MS 10 // from one to the next, by the times of their events

struct hands {
	struct compositor *compositor;
	struct wlr_touch touch;
	struct wlr_tablet tablet;
	struct wlr_tablet_tool tool;
	struct wlr_pointer touchpad;
	char line[128];
	size_t len;
};

static const struct wlr_touch_impl touch_impl = {.name = "touchscreen"};
static const struct wlr_tablet_impl tablet_impl = {.name = "tablet"};
static const struct wlr_pointer_impl touchpad_impl = {.name = "touchpad"};

static uint32_t now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint32_t)(time.tv_sec * 1000 + time.tv_nsec / 1000000);
}

static void move_finger(struct hands *hands, const char *action, double x, double y) {
	struct wlr_touch_down_event down = {.touch = &hands->touch, .time_msec = now(), .touch_id = FINGER, .x = x, .y = y};
	struct wlr_touch_motion_event motion = {
		.touch = &hands->touch, .time_msec = now(), .touch_id = FINGER, .x = x, .y = y};
	struct wlr_touch_up_event up = {.touch = &hands->touch, .time_msec = now(), .touch_id = FINGER};
	struct wlr_touch_cancel_event cancel = {.touch = &hands->touch, .time_msec = now(), .touch_id = FINGER};
	if (strcmp(action, "touch") == 0) {
		wl_signal_emit_mutable(&hands->touch.events.down, &down);
	} else if (strcmp(action, "slide") == 0) {
		wl_signal_emit_mutable(&hands->touch.events.motion, &motion);
	} else if (strcmp(action, "lift") == 0) {
		wl_signal_emit_mutable(&hands->touch.events.up, &up);
	} else {
		wl_signal_emit_mutable(&hands->touch.events.cancel, &cancel);
	}
	wl_signal_emit_mutable(&hands->touch.events.frame, NULL);
}

static void come_near(struct hands *hands, double x, double y, bool near) {
	struct wlr_tablet_tool_proximity_event event = {
		.tablet = &hands->tablet,
		.tool = &hands->tool,
		.time_msec = now(),
		.x = x,
		.y = y,
		.state = near ? WLR_TABLET_TOOL_PROXIMITY_IN : WLR_TABLET_TOOL_PROXIMITY_OUT,
	};
	wl_signal_emit_mutable(&hands->tablet.events.proximity, &event);
}

static void press_tip(struct hands *hands, double x, double y, bool down) {
	struct wlr_tablet_tool_tip_event event = {
		.tablet = &hands->tablet,
		.tool = &hands->tool,
		.time_msec = now(),
		.x = x,
		.y = y,
		.state = down ? WLR_TABLET_TOOL_TIP_DOWN : WLR_TABLET_TOOL_TIP_UP,
	};
	wl_signal_emit_mutable(&hands->tablet.events.tip, &event);
}

static void move_pen(struct hands *hands, const char *action, double x, double y) {
	struct wlr_tablet_tool_axis_event axis = {
		.tablet = &hands->tablet,
		.tool = &hands->tool,
		.time_msec = now(),
		.updated_axes = WLR_TABLET_TOOL_AXIS_X | WLR_TABLET_TOOL_AXIS_Y | WLR_TABLET_TOOL_AXIS_PRESSURE,
		.x = x,
		.y = y,
		.pressure = 0.5,
	};
	if (strcmp(action, "near") == 0) {
		come_near(hands, x, y, true);
	} else if (strcmp(action, "tip") == 0) {
		press_tip(hands, x, y, true);
	} else if (strcmp(action, "draw") == 0) {
		wl_signal_emit_mutable(&hands->tablet.events.axis, &axis);
	} else {
		press_tip(hands, x, y, false);
		come_near(hands, x, y, false);
	}
}

static void swipe(struct wlr_pointer *touchpad, double x, double y) {
	struct wlr_pointer_swipe_begin_event begin = {.pointer = touchpad, .time_msec = now(), .fingers = 3};
	struct wlr_pointer_swipe_update_event update = {
		.pointer = touchpad, .time_msec = now(), .fingers = 3, .dx = x / STEPS, .dy = y / STEPS};
	struct wlr_pointer_swipe_end_event end = {.pointer = touchpad};
	wl_signal_emit_mutable(&touchpad->events.swipe_begin, &begin);
	for (int i = 0; i < STEPS; i++, update.time_msec += STEP_MS) {
		wl_signal_emit_mutable(&touchpad->events.swipe_update, &update);
	}
	end.time_msec = update.time_msec;
	wl_signal_emit_mutable(&touchpad->events.swipe_end, &end);
}

static void pinch(struct wlr_pointer *touchpad, double scale) {
	struct wlr_pointer_pinch_begin_event begin = {.pointer = touchpad, .time_msec = now(), .fingers = 2};
	struct wlr_pointer_pinch_update_event update = {.pointer = touchpad, .time_msec = now(), .fingers = 2};
	wl_signal_emit_mutable(&touchpad->events.pinch_begin, &begin);
	for (int i = 1; i <= STEPS; i++, update.time_msec += STEP_MS) {
		update.scale = 1 + (scale - 1) * i / STEPS;
		wl_signal_emit_mutable(&touchpad->events.pinch_update, &update);
	}
}

static void part(struct wlr_pointer *touchpad) {
	struct wlr_pointer_pinch_end_event end = {.pointer = touchpad, .time_msec = now() + STEPS * STEP_MS};
	wl_signal_emit_mutable(&touchpad->events.pinch_end, &end);
}

// Returns false if the action is none of the touchpad.
static bool make_gesture(struct wlr_pointer *touchpad, const char *action, int x, int y) {
	if (strcmp(action, "swipe") == 0) {
		swipe(touchpad, x, y);
	} else if (strcmp(action, "pinch") == 0) {
		pinch(touchpad, x / 1000.0);
	} else if (strcmp(action, "part") == 0) {
		part(touchpad);
	} else {
		return false;
	}
	return true;
}

static void act(struct hands *hands, const char *line) {
	char action[16] = "";
	int x = 0, y = 0;
	sscanf(line, "%15s %d %d", action, &x, &y);
	if (make_gesture(&hands->touchpad, action, x, y)) {
		return;
	}
	bool is_finger = strstr("touch slide lift cancel", action) != NULL;
	(is_finger ? move_finger : move_pen)(hands, action, x / 1000.0, y / 1000.0);
}

static int handle_input(int fd, uint32_t mask, void *data) {
	struct hands *hands = data;
	char byte;
	if (read(fd, &byte, 1) != 1) {
		return 0;
	}
	hands->line[hands->len] = byte == '\n' ? '\0' : byte;
	hands->len = hands->len + 1 < sizeof(hands->line) ? hands->len + 1 : hands->len;
	if (byte == '\n') {
		hands->len = 0;
		act(hands, hands->line);
	}
	return 0;
}

static int handle_end(int number, void *data) {
	struct hands *hands = data;
	compositor_terminate(hands->compositor);
	return 0;
}

static void plug(struct hands *hands, struct wlr_input_device *device) {
	wl_signal_emit_mutable(&hands->compositor->backend->events.new_input, device);
}

int main(int argc, char *argv[]) {
	if (argc != 4) {
		fputs("usage: hands WIDTH HEIGHT SOCKET\n", stderr);
		return EXIT_FAILURE;
	}
	const struct compositor_options options = {
		.backend = COMPOSITOR_BACKEND_HEADLESS,
		.width = atoi(argv[1]),
		.height = atoi(argv[2]),
		.socket = argv[3],
		.xwayland = COMPOSITOR_XWAYLAND_ON,
	};
	signal(SIGPIPE, SIG_IGN); // as lido does
	struct hands hands = {.compositor = compositor_create(&options)};
	if (hands.compositor == NULL) {
		return EXIT_FAILURE;
	}
	struct wl_event_loop *loop = wl_display_get_event_loop(compositor_get_display(hands.compositor));
	struct wl_event_source *input = wl_event_loop_add_fd(loop, STDIN_FILENO, WL_EVENT_READABLE, handle_input, &hands);
	struct wl_event_source *end = wl_event_loop_add_signal(loop, SIGTERM, handle_end, &hands);
	wlr_touch_init(&hands.touch, &touch_impl, touch_impl.name);
	wlr_tablet_init(&hands.tablet, &tablet_impl, tablet_impl.name);
	hands.tool.type = WLR_TABLET_TOOL_TYPE_PEN;
	hands.tool.pressure = true;
	wl_signal_init(&hands.tool.events.destroy);
	wlr_pointer_init(&hands.touchpad, &touchpad_impl, touchpad_impl.name);
	plug(&hands, &hands.touch.base);
	plug(&hands, &hands.tablet.base);
	plug(&hands, &hands.touchpad.base);
	printf("running DISPLAY=%s\n", compositor_get_x11_display(hands.compositor));
	fflush(stdout);
	bool has_run = compositor_run(hands.compositor);
	wl_signal_emit_mutable(&hands.tool.events.destroy, &hands.tool);
	wlr_pointer_finish(&hands.touchpad);
	wlr_tablet_finish(&hands.tablet);
	wlr_touch_finish(&hands.touch);
	wl_event_source_remove(input);
	wl_event_source_remove(end);
	compositor_destroy(hands.compositor);
	return has_run ? EXIT_SUCCESS : EXIT_FAILURE;
}
