#include "painter.h"
#include "runner.h"
#include "tablet-v2-client-protocol.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void add(void *data, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(void *data, const char *format, ...) {
	struct painter *painter = data;
	size_t len = strlen(painter->text);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(painter->text + len, sizeof(painter->text) - len, format, arguments);
	va_end(arguments);
}

static void ignore_type(void *data, struct zwp_tablet_tool_v2 *tool, uint32_t type) {
}

static void ignore_id(void *data, struct zwp_tablet_tool_v2 *tool, uint32_t high, uint32_t low) {
}

static void ignore_done(void *data, struct zwp_tablet_tool_v2 *tool) {
}

static void handle_removed(void *data, struct zwp_tablet_tool_v2 *tool) {
	add(data, "removed ");
}

static void handle_in(void *data, struct zwp_tablet_tool_v2 *tool, uint32_t serial, struct zwp_tablet_v2 *tablet,
		struct wl_surface *surface) {
	((struct painter *)data)->serial = serial;
	add(data, "in ");
}

static void handle_out(void *data, struct zwp_tablet_tool_v2 *tool) {
	add(data, "out ");
}

static void handle_down(void *data, struct zwp_tablet_tool_v2 *tool, uint32_t serial) {
	((struct painter *)data)->serial = serial;
	add(data, "down ");
}

static void handle_up(void *data, struct zwp_tablet_tool_v2 *tool) {
	add(data, "up ");
}

static void handle_motion(void *data, struct zwp_tablet_tool_v2 *tool, wl_fixed_t x, wl_fixed_t y) {
	add(data, "move[%d,%d] ", wl_fixed_to_int(x), wl_fixed_to_int(y));
}

static void handle_pressure(void *data, struct zwp_tablet_tool_v2 *tool, uint32_t pressure) {
	add(data, "pressure[%u] ", pressure);
}

static void handle_distance(void *data, struct zwp_tablet_tool_v2 *tool, uint32_t distance) {
	add(data, "distance[%u] ", distance);
}

static void handle_tilt(void *data, struct zwp_tablet_tool_v2 *tool, wl_fixed_t x, wl_fixed_t y) {
	add(data, "tilt[%d,%d] ", wl_fixed_to_int(x), wl_fixed_to_int(y));
}

static void handle_rotation(void *data, struct zwp_tablet_tool_v2 *tool, wl_fixed_t degrees) {
	add(data, "rotation[%d] ", wl_fixed_to_int(degrees));
}

static void handle_slider(void *data, struct zwp_tablet_tool_v2 *tool, int32_t position) {
	add(data, "slider[%d] ", position);
}

static void handle_wheel(void *data, struct zwp_tablet_tool_v2 *tool, wl_fixed_t degrees, int32_t clicks) {
	add(data, "wheel[%d] ", wl_fixed_to_int(degrees));
}

static void handle_button(
		void *data, struct zwp_tablet_tool_v2 *tool, uint32_t serial, uint32_t button, uint32_t state) {
	add(data, "%cbutton ", state == ZWP_TABLET_TOOL_V2_BUTTON_STATE_PRESSED ? '+' : '-');
}

static void ignore_frame(void *data, struct zwp_tablet_tool_v2 *tool, uint32_t time) {
}

static const struct zwp_tablet_tool_v2_listener tool_listener = {
	.type = ignore_type,
	.hardware_serial = ignore_id,
	.hardware_id_wacom = ignore_id,
	.capability = ignore_type,
	.done = ignore_done,
	.removed = handle_removed,
	.proximity_in = handle_in,
	.proximity_out = handle_out,
	.down = handle_down,
	.up = handle_up,
	.motion = handle_motion,
	.pressure = handle_pressure,
	.distance = handle_distance,
	.tilt = handle_tilt,
	.rotation = handle_rotation,
	.slider = handle_slider,
	.wheel = handle_wheel,
	.button = handle_button,
	.frame = ignore_frame,
};

static void ignore_ring_number(void *data, struct zwp_tablet_pad_ring_v2 *ring, uint32_t number) {
}

static void handle_angle(void *data, struct zwp_tablet_pad_ring_v2 *ring, wl_fixed_t degrees) {
	add(data, "ring[%d] ", wl_fixed_to_int(degrees));
}

static void ignore_ring_stop(void *data, struct zwp_tablet_pad_ring_v2 *ring) {
}

static const struct zwp_tablet_pad_ring_v2_listener ring_listener = {
	.source = ignore_ring_number,
	.angle = handle_angle,
	.stop = ignore_ring_stop,
	.frame = ignore_ring_number,
};

static void ignore_strip_number(void *data, struct zwp_tablet_pad_strip_v2 *strip, uint32_t number) {
}

static void handle_position(void *data, struct zwp_tablet_pad_strip_v2 *strip, uint32_t position) {
	add(data, "strip[%u] ", position);
}

static void ignore_strip_stop(void *data, struct zwp_tablet_pad_strip_v2 *strip) {
}

static const struct zwp_tablet_pad_strip_v2_listener strip_listener = {
	.source = ignore_strip_number,
	.position = handle_position,
	.stop = ignore_strip_stop,
	.frame = ignore_strip_number,
};

static void ignore_buttons(void *data, struct zwp_tablet_pad_group_v2 *group, struct wl_array *buttons) {
}

static void handle_ring(void *data, struct zwp_tablet_pad_group_v2 *group, struct zwp_tablet_pad_ring_v2 *ring) {
	((struct painter *)data)->ring = ring;
	zwp_tablet_pad_ring_v2_add_listener(ring, &ring_listener, data);
}

static void handle_strip(void *data, struct zwp_tablet_pad_group_v2 *group, struct zwp_tablet_pad_strip_v2 *strip) {
	((struct painter *)data)->strip = strip;
	zwp_tablet_pad_strip_v2_add_listener(strip, &strip_listener, data);
}

static void ignore_modes(void *data, struct zwp_tablet_pad_group_v2 *group, uint32_t modes) {
}

static void ignore_group_done(void *data, struct zwp_tablet_pad_group_v2 *group) {
}

static void handle_mode(
		void *data, struct zwp_tablet_pad_group_v2 *group, uint32_t time, uint32_t serial, uint32_t mode) {
	add(data, "mode[%u] ", mode);
}

static const struct zwp_tablet_pad_group_v2_listener group_listener = {
	.buttons = ignore_buttons,
	.ring = handle_ring,
	.strip = handle_strip,
	.modes = ignore_modes,
	.done = ignore_group_done,
	.mode_switch = handle_mode,
};

static void handle_group(void *data, struct zwp_tablet_pad_v2 *pad, struct zwp_tablet_pad_group_v2 *group) {
	((struct painter *)data)->group = group;
	zwp_tablet_pad_group_v2_add_listener(group, &group_listener, data);
}

static void ignore_path(void *data, struct zwp_tablet_pad_v2 *pad, const char *path) {
}

static void ignore_count(void *data, struct zwp_tablet_pad_v2 *pad, uint32_t count) {
}

static void ignore_pad_done(void *data, struct zwp_tablet_pad_v2 *pad) {
}

static void handle_pad_button(
		void *data, struct zwp_tablet_pad_v2 *pad, uint32_t time, uint32_t button, uint32_t state) {
	add(data, "%cpad[%u] ", state == ZWP_TABLET_PAD_V2_BUTTON_STATE_PRESSED ? '+' : '-', button);
}

static void handle_enter(void *data, struct zwp_tablet_pad_v2 *pad, uint32_t serial, struct zwp_tablet_v2 *tablet,
		struct wl_surface *surface) {
	add(data, "enter ");
}

static void handle_leave(void *data, struct zwp_tablet_pad_v2 *pad, uint32_t serial, struct wl_surface *surface) {
	add(data, "leave ");
}

static void handle_pad_removed(void *data, struct zwp_tablet_pad_v2 *pad) {
	add(data, "pad-removed ");
}

static const struct zwp_tablet_pad_v2_listener pad_listener = {
	.group = handle_group,
	.path = ignore_path,
	.buttons = ignore_count,
	.done = ignore_pad_done,
	.button = handle_pad_button,
	.enter = handle_enter,
	.leave = handle_leave,
	.removed = handle_pad_removed,
};

static void handle_tablet_added(void *data, struct zwp_tablet_seat_v2 *seat, struct zwp_tablet_v2 *tablet) {
	((struct painter *)data)->tablet = tablet;
}

static void handle_tool_added(void *data, struct zwp_tablet_seat_v2 *seat, struct zwp_tablet_tool_v2 *tool) {
	((struct painter *)data)->tool = tool;
	zwp_tablet_tool_v2_add_listener(tool, &tool_listener, data);
}

static void handle_pad_added(void *data, struct zwp_tablet_seat_v2 *seat, struct zwp_tablet_pad_v2 *pad) {
	((struct painter *)data)->pad = pad;
	zwp_tablet_pad_v2_add_listener(pad, &pad_listener, data);
}

static const struct zwp_tablet_seat_v2_listener seat_listener = {
	.tablet_added = handle_tablet_added,
	.tool_added = handle_tool_added,
	.pad_added = handle_pad_added,
};

void painter_init(struct painter *painter, struct server *server) {
	*painter = (struct painter){0};
	screen_init(&painter->screen, server);
	painter->manager = client_bind(&painter->screen.client, &zwp_tablet_manager_v2_interface, 1);
	painter->seat = zwp_tablet_manager_v2_get_tablet_seat(painter->manager, painter->screen.seat);
	zwp_tablet_seat_v2_add_listener(painter->seat, &seat_listener, painter);
	picture_init(&painter->picture, &painter->screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, PAINTER_WINDOW,
			PAINTER_WINDOW, PAINTER_WINDOW * 4);
	picture_fill(&painter->picture, 1);
	window_init(&painter->window, &painter->screen, WINDOW_TOPLEVEL, PAINTER_WINDOW, PAINTER_WINDOW);
	window_commit(&painter->window, painter->picture.buffer);
	expect(painter->tablet != NULL);
}

void painter_finish(struct painter *painter) {
	if (painter->window.surface != NULL) {
		window_finish(&painter->window);
	}
	picture_finish(&painter->picture);
	screen_finish(&painter->screen);
}

void painter_expect_at(const char *file, int line, struct painter *painter, const char *wanted) {
	client_roundtrip(&painter->screen.client);
	client_roundtrip(&painter->screen.client);
	expect_string_at(file, line, painter->text, wanted);
	painter->text[0] = '\0';
}
