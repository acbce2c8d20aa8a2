/*
 * Pads of tablets: what they send goes to the client with the keyboard focus, if it knows tablets.
 */
#include "painter.h"
#include "runner.h"
#include "stage.h"
#include "tablet-v2-client-protocol.h"
#include "typist.h"
#include <compositor/server.h>
#include <compositor/tablet_pad.h>
#include <wlr/backend.h>
#include <wlr/interfaces/wlr_tablet_pad.h>
#include <wlr/interfaces/wlr_tablet_tool.h>

#define SIZE 96

struct desk {
	struct stage stage; // with a client that does not know tablets
	struct picture picture;
	struct wlr_tablet tablet;
	struct wlr_tablet_pad pad;
	struct wlr_tablet_pad_group group;
	unsigned int zero; // index of the only ring and strip
	struct painter painter;
};

static const struct wlr_tablet_impl tablet_impl = {.name = "tablet"};

static void plug(struct desk *desk, struct wlr_input_device *device) {
	wl_signal_emit_mutable(&desk->stage.server.compositor->backend->events.new_input, device);
}

static void desk_init(struct desk *desk) {
	*desk = (struct desk){0};
	stage_init(&desk->stage, SIZE, SIZE);
	wlr_tablet_init(&desk->tablet, &tablet_impl, tablet_impl.name);
	plug(desk, &desk->tablet.base);
	picture_init(&desk->picture, &desk->stage.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 8, 8, 32);
	painter_init(&desk->painter, &desk->stage.server);
}

static void desk_finish(struct desk *desk) {
	painter_finish(&desk->painter);
	picture_finish(&desk->picture);
	wlr_tablet_finish(&desk->tablet);
	stage_finish(&desk->stage);
}

static void settle(struct desk *desk) {
	client_roundtrip(&desk->stage.screen.client);
	client_roundtrip(&desk->painter.screen.client);
	client_roundtrip(&desk->painter.screen.client);
}

static const struct wlr_tablet_pad_impl pad_impl = {.name = "pad"};

static void plug_pad(struct desk *desk) {
	wlr_tablet_pad_init(&desk->pad, &pad_impl, pad_impl.name);
	desk->pad.button_count = 2;
	desk->pad.ring_count = desk->pad.strip_count = 1;
	desk->group = (struct wlr_tablet_pad_group){
		.rings = &desk->zero, .ring_count = 1, .strips = &desk->zero, .strip_count = 1, .mode_count = 2};
	wl_list_insert(&desk->pad.groups, &desk->group.link);
	plug(desk, &desk->pad.base);
}

static void unplug_pad(struct desk *desk) {
	wl_list_remove(&desk->group.link);
	wlr_tablet_pad_finish(&desk->pad);
}

static void press_pad(struct desk *desk, unsigned int mode) {
	struct wlr_tablet_pad_button_event button = {.button = 1, .state = WLR_BUTTON_PRESSED, .mode = mode};
	struct wlr_tablet_pad_ring_event ring = {.position = 90};
	struct wlr_tablet_pad_strip_event strip = {.position = 1};
	wl_signal_emit_mutable(&desk->pad.events.button, &button);
	button.state = WLR_BUTTON_RELEASED;
	wl_signal_emit_mutable(&desk->pad.events.button, &button);
	wl_signal_emit_mutable(&desk->pad.events.ring, &ring);
	wl_signal_emit_mutable(&desk->pad.events.strip, &strip);
}

TEST("tablet_pad@follows-the-keyboard-focus") {
	struct desk desk;
	struct typist typist;
	struct window other;
	desk_init(&desk);
	typist_init(&typist, &desk.stage.server);
	plug_pad(&desk);
	settle(&desk);
	press_pad(&desk, 1);
	painter_expect(&desk.painter, "enter mode[0] mode[1] +pad[1] -pad[1] ring[90] strip[65535] ");
	window_init(&other, &desk.stage.screen, WINDOW_TOPLEVEL, 8, 8);
	window_commit(&other, desk.picture.buffer);
	press_pad(&desk, 0);
	painter_expect(&desk.painter, "leave ");
	window_finish(&other);
	settle(&desk);
	press_pad(&desk, 0);
	settle(&desk);
	expect_contains(desk.painter.text, "enter ");
	expect_contains(desk.painter.text, "+pad[1] -pad[1] ring[90] strip[65535] ");
	desk.painter.text[0] = '\0';
	unplug_pad(&desk);
	painter_expect(&desk.painter, "pad-removed ");
	typist_finish(&typist);
	desk_finish(&desk);
}

TEST("tablet_pad@and-its-parts-may-be-destroyed-in-any-order") {
	for (int i = 0; i < 4; i++) {
		struct desk desk;
		desk_init(&desk);
		plug_pad(&desk);
		settle(&desk);
		press_pad(&desk, 0);
		settle(&desk);
		if (i == 0) {
			zwp_tablet_pad_ring_v2_destroy(desk.painter.ring);
			zwp_tablet_pad_strip_v2_destroy(desk.painter.strip);
			zwp_tablet_pad_group_v2_destroy(desk.painter.group);
		} else if (i == 1) {
			zwp_tablet_pad_v2_destroy(desk.painter.pad);
		} else if (i == 2) {
			window_finish(&desk.painter.window);
		} else {
			zwp_tablet_seat_v2_destroy(desk.painter.seat);
		}
		settle(&desk);
		press_pad(&desk, 1);
		settle(&desk);
		if (i == 1) {
			zwp_tablet_pad_ring_v2_destroy(desk.painter.ring);
			zwp_tablet_pad_strip_v2_set_feedback(desk.painter.strip, "", 0);
			settle(&desk);
		}
		unplug_pad(&desk);
		settle(&desk);
		desk_finish(&desk);
	}
}

// wlroots would use what is freed when a client goes.
TEST("tablet_pad@with-rings-in-several-groups-is-not-offered") {
	struct desk desk;
	desk_init(&desk);
	unsigned int one = 1;
	struct wlr_tablet_pad_group second = {.rings = &one, .ring_count = 1, .mode_count = 1};
	wlr_tablet_pad_init(&desk.pad, &pad_impl, pad_impl.name);
	desk.pad.ring_count = 2;
	desk.group = (struct wlr_tablet_pad_group){.rings = &desk.zero, .ring_count = 1, .mode_count = 1};
	wl_list_insert(desk.pad.groups.prev, &desk.group.link);
	wl_list_insert(desk.pad.groups.prev, &second.link);
	plug(&desk, &desk.pad.base);
	settle(&desk);
	expect(desk.painter.pad == NULL);
	wl_list_remove(&second.link);
	unplug_pad(&desk);
	desk_finish(&desk);
}
