/*
 * Tablets and their tools: events go to clients that know tablets, and others see a pointer.
 */
#include "locker.h"
#include "mouse.h"
#include "painter.h"
#include "runner.h"
#include "stage.h"
#include "tablet-v2-client-protocol.h"
#include "xdg-shell-client-protocol.h"
#include <compositor/compat.h>
#include <compositor/cursor.h>
#include <compositor/grab.h>
#include <compositor/seat.h>
#include <compositor/server.h>
#include <compositor/tablet.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>
#include <wlr/backend.h>
#include <wlr/interfaces/wlr_tablet_tool.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_tablet_v2.h>

#define SIZE 96

struct desk {
	struct stage stage; // with a client that does not know tablets
	struct window window;
	struct picture picture;
	struct wlr_tablet tablet;
	struct wlr_tablet_tool tool;
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
	desk->tool.type = WLR_TABLET_TOOL_TYPE_PEN;
	wl_signal_init(&desk->tool.events.destroy);
	picture_init(&desk->picture, &desk->stage.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 8, 8, 32);
	window_init(&desk->window, &desk->stage.screen, WINDOW_LAYER, 8, 8);
	window_commit(&desk->window, desk->picture.buffer);
	painter_init(&desk->painter, &desk->stage.server);
}

static void remove_tool(struct desk *desk) {
	wl_signal_emit_mutable(&desk->tool.events.destroy, &desk->tool);
	desk->tool.data = NULL;
	wl_signal_init(&desk->tool.events.destroy);
}

static void desk_finish(struct desk *desk) {
	painter_finish(&desk->painter);
	window_finish(&desk->window);
	picture_finish(&desk->picture);
	remove_tool(desk);
	wlr_tablet_finish(&desk->tablet);
	stage_finish(&desk->stage);
}

static void settle(struct desk *desk) {
	client_roundtrip(&desk->painter.screen.client);
	client_roundtrip(&desk->painter.screen.client);
	client_roundtrip(&desk->stage.screen.client);
}

#define expect_events(desk, wanted) expect_events_at(__FILE__, __LINE__, desk, wanted)

static void expect_events_at(const char *file, int line, struct desk *desk, const char *wanted) {
	client_roundtrip(&desk->stage.screen.client);
	painter_expect_at(file, line, &desk->painter, wanted);
}

// Origin of the painter's window, pixels of the output.
static struct wlr_box find_window(const struct desk *desk) {
	const struct compositor *compositor = desk->stage.server.compositor;
	struct toplevel *toplevel;
	wl_list_for_each(toplevel, &compositor->toplevels->list, link) {
		return toplevel_box(toplevel);
	}
	fail("there is no window");
}

static void move_axes(struct desk *desk, double x, double y, uint32_t more) {
	struct wlr_tablet_tool_axis_event event = {
		.tablet = &desk->tablet,
		.tool = &desk->tool,
		.updated_axes = WLR_TABLET_TOOL_AXIS_X | WLR_TABLET_TOOL_AXIS_Y | more,
		.x = x / SIZE,
		.y = y / SIZE,
		.pressure = 1,
		.distance = 1,
		.tilt_x = 10,
		.tilt_y = 20,
		.rotation = 30,
		.slider = 1,
		.wheel_delta = 15,
	};
	wl_signal_emit_mutable(&desk->tablet.events.axis, &event);
}

// Moves the tool to a place in the painter's window.
static void move_in_window(struct desk *desk, int x, int y) {
	struct wlr_box box = find_window(desk);
	move_axes(desk, box.x + x, box.y + y, 0);
}

static void come_near(struct desk *desk, double x, double y, bool near) {
	struct wlr_tablet_tool_proximity_event event = {
		.tablet = &desk->tablet,
		.tool = &desk->tool,
		.x = x / SIZE,
		.y = y / SIZE,
		.state = near ? WLR_TABLET_TOOL_PROXIMITY_IN : WLR_TABLET_TOOL_PROXIMITY_OUT,
	};
	wl_signal_emit_mutable(&desk->tablet.events.proximity, &event);
}

static void press_tip(struct desk *desk, bool down) {
	struct wlr_tablet_tool_tip_event event = {
		.tablet = &desk->tablet,
		.tool = &desk->tool,
		.state = down ? WLR_TABLET_TOOL_TIP_DOWN : WLR_TABLET_TOOL_TIP_UP,
	};
	wl_signal_emit_mutable(&desk->tablet.events.tip, &event);
}

static void press_button(struct desk *desk, bool down) {
	struct wlr_tablet_tool_button_event event = {
		.tablet = &desk->tablet,
		.tool = &desk->tool,
		.button = BTN_STYLUS,
		.state = down ? WLR_BUTTON_PRESSED : WLR_BUTTON_RELEASED,
	};
	wl_signal_emit_mutable(&desk->tablet.events.button, &event);
}

TEST("tablet@events-of-a-tool-go-to-the-surface-below-it-whose-client-knows-tablets") {
	struct desk desk;
	struct mouse mouse;
	desk_init(&desk);
	mouse_init(&mouse, &desk.painter.screen, SIZE);
	struct wlr_box box = find_window(&desk);
	come_near(&desk, box.x + 4, box.y + 5, true);
	expect_events(&desk, "in move[4,5] ");
	press_tip(&desk, true);
	move_in_window(&desk, 6, 7);
	press_button(&desk, true);
	press_button(&desk, false);
	press_tip(&desk, false);
	expect_events(&desk, "down move[6,7] +button -button up move[6,7] ");
	move_axes(&desk, box.x + 8, box.y + 8,
			WLR_TABLET_TOOL_AXIS_PRESSURE | WLR_TABLET_TOOL_AXIS_DISTANCE | WLR_TABLET_TOOL_AXIS_TILT_X |
					WLR_TABLET_TOOL_AXIS_TILT_Y | WLR_TABLET_TOOL_AXIS_ROTATION | WLR_TABLET_TOOL_AXIS_SLIDER |
					WLR_TABLET_TOOL_AXIS_WHEEL);
	expect_events(&desk, "move[8,8] pressure[65535] distance[65535] tilt[10,20] rotation[30] slider[65535] wheel[15] ");
	window_commit(&desk.painter.window, desk.painter.picture.buffer);
	settle(&desk);
	expect(!mouse.entered); // also not when its surface commits
	come_near(&desk, 0, 0, false);
	expect_events(&desk, "out ");
	expect(mouse.entered); // the cursor rests there
	mouse_finish(&mouse);
	desk_finish(&desk);
}

TEST("tablet@tool-over-other-surfaces-acts-as-a-pointer") {
	struct desk desk;
	struct mouse mouse;
	desk_init(&desk);
	mouse_init(&mouse, &desk.stage.screen, SIZE);
	come_near(&desk, 3, 4, true);
	settle(&desk);
	expect(mouse.entered && mouse.x == 3 && mouse.y == 4);
	press_tip(&desk, true);
	press_button(&desk, true);
	press_button(&desk, false);
	move_in_window(&desk, 1, 1); // a held button keeps it
	press_tip(&desk, false);
	settle(&desk);
	expect_int(mouse.buttons, ==, 4);
	expect(mouse.left);
	expect_events(&desk, "in move[1,1] ");
	move_axes(&desk, 3, 4, 0);
	expect_events(&desk, "out ");
	// A tool that goes away releases what it holds down.
	press_tip(&desk, true);
	press_button(&desk, true);
	come_near(&desk, 0, 0, false);
	settle(&desk);
	expect_int(mouse.buttons, ==, 8);
	expect_int(desk.stage.server.compositor->seat->wlr->pointer_state.button_count, ==, 0);
	mouse_finish(&mouse);
	desk_finish(&desk);
}

TEST("tablet@seat-has-a-pointer-while-there-is-a-tablet") {
	struct desk desk;
	desk_init(&desk);
	expect(desk.stage.server.compositor->seat->wlr->capabilities & WL_SEAT_CAPABILITY_POINTER);
	wlr_tablet_finish(&desk.tablet);
	for (int i = 0; i < 10; i++) {
		client_pump(&desk.stage.screen.client, 20);
	}
	expect(!(desk.stage.server.compositor->seat->wlr->capabilities & WL_SEAT_CAPABILITY_POINTER));
	wlr_tablet_init(&desk.tablet, &tablet_impl, tablet_impl.name);
	desk_finish(&desk);
}

TEST("tablet@tip-that-is-down-stays-with-its-surface-until-it-is-lifted") {
	struct desk desk;
	desk_init(&desk);
	struct wlr_box box = find_window(&desk);
	move_in_window(&desk, 4, 4);
	press_tip(&desk, true);
	expect_events(&desk, "in move[4,4] down ");
	move_axes(&desk, 2, 2, 0);
	char wanted[64];
	snprintf(wanted, sizeof(wanted), "move[%d,%d] ", 2 - box.x, 2 - box.y);
	expect_events(&desk, wanted);
	press_tip(&desk, false);
	expect_events(&desk, "up out ");
	desk_finish(&desk);
}

TEST("tablet@tip-focuses-the-window") {
	struct desk desk;
	struct window other;
	desk_init(&desk);
	const struct compositor *compositor = desk.stage.server.compositor;
	const struct toplevel *painted = compositor->toplevels->active;
	struct wlr_box box = find_window(&desk);
	window_init(&other, &desk.stage.screen, WINDOW_TOPLEVEL, 8, 8);
	window_commit(&other, desk.picture.buffer);
	expect(compositor->toplevels->active != painted);
	move_axes(&desk, box.x + 30, box.y + 1, 0);
	press_tip(&desk, true);
	expect(compositor->toplevels->active == painted);
	press_tip(&desk, false);
	window_finish(&other);
	desk_finish(&desk);
}

TEST("tablet@client-moves-its-window-by-the-serial-of-the-tip") {
	struct desk desk;
	desk_init(&desk);
	const struct compositor *compositor = desk.stage.server.compositor;
	struct wlr_box before = find_window(&desk);
	move_in_window(&desk, 4, 4);
	expect_events(&desk, "in move[4,4] ");
	xdg_toplevel_move(desk.painter.window.toplevel, desk.painter.screen.seat, desk.painter.serial);
	settle(&desk);
	expect_int(compositor->grab->mode, ==, GRAB_NONE); // that was no press
	press_tip(&desk, true);
	settle(&desk);
	xdg_toplevel_move(desk.painter.window.toplevel, desk.painter.screen.seat, desk.painter.serial);
	settle(&desk);
	expect_int(compositor->grab->mode, ==, GRAB_MOVE);
	move_in_window(&desk, 14, 9);
	struct wlr_box after = find_window(&desk);
	expect(after.x == before.x + 10 && after.y == before.y + 5);
	press_tip(&desk, false);
	expect_int(compositor->grab->mode, ==, GRAB_NONE);
	settle(&desk);
	expect_contains(desk.painter.text, "up ");
	desk_finish(&desk);
}

// In these cases wlroots would use what is freed. It is not built with sanitizers, so the tests look at its state.
static struct wlr_tablet_v2_tablet_tool *get_v2(const struct desk *desk) {
	const struct tablet_tool *tool = desk->tool.data;
	return tool->v2;
}

TEST("tablet@surface-may-be-destroyed-after-its-client-has-destroyed-the-tool") {
	struct desk desk;
	struct painter second;
	desk_init(&desk);
	move_in_window(&desk, 4, 4);
	expect_events(&desk, "in move[4,4] ");
	zwp_tablet_tool_v2_destroy(desk.painter.tool);
	settle(&desk);
	window_finish(&desk.painter.window);
	settle(&desk);
	expect(get_v2(&desk)->focused_surface == NULL && wl_list_empty(&tablet_tool_surface_destroy(get_v2(&desk))->link));
	painter_init(&second, &desk.stage.server);
	move_in_window(&desk, 5, 5);
	client_roundtrip(&second.screen.client);
	client_roundtrip(&second.screen.client);
	expect_string(second.text, "in move[5,5] ");
	painter_finish(&second);
	desk_finish(&desk);
}

TEST("tablet@surface-below-may-be-destroyed-while-another-one-has-the-tip") {
	struct desk desk;
	struct painter second;
	desk_init(&desk);
	struct wlr_box box = find_window(&desk);
	move_in_window(&desk, 4, 4);
	press_tip(&desk, true);
	painter_init(&second, &desk.stage.server);
	move_in_window(&desk, 8, 8); // the second is above
	expect(get_v2(&desk)->grab == &get_v2(&desk)->default_grab);
	window_finish(&second.window);
	client_roundtrip(&second.screen.client);
	painter_finish(&second);
	press_tip(&desk, false);
	move_axes(&desk, box.x + 4, box.y + 4, 0);
	settle(&desk);
	expect_contains(desk.painter.text, "down ");
	expect_contains(desk.painter.text, "up ");
	desk_finish(&desk);
}

TEST("tablet@surface-may-be-destroyed-while-it-has-the-tip") {
	struct desk desk;
	desk_init(&desk);
	move_in_window(&desk, 4, 4);
	press_tip(&desk, true);
	window_finish(&desk.painter.window);
	expect_events(&desk, "in move[4,4] down up out ");
	expect(get_v2(&desk)->focused_surface == NULL && wl_list_empty(&tablet_tool_surface_destroy(get_v2(&desk))->link));
	move_axes(&desk, 3, 3, 0);
	press_tip(&desk, false);
	expect_events(&desk, "");
	desk_finish(&desk);
}

TEST("tablet@tool-and-tablet-may-be-unplugged-while-the-tip-is-down") {
	for (int i = 0; i < 4; i++) {
		struct desk desk;
		desk_init(&desk);
		if (i < 2) {
			move_in_window(&desk, 4, 4);
		} else {
			move_axes(&desk, 3, 3, 0);
		}
		press_tip(&desk, true);
		settle(&desk);
		desk.painter.text[0] = '\0';
		if (i % 2 == 0) {
			remove_tool(&desk);
			expect_events(&desk, i < 2 ? "up out removed " : "removed ");
		} else {
			wlr_tablet_finish(&desk.tablet);
			expect_events(&desk, i < 2 ? "up out " : "");
			wlr_tablet_init(&desk.tablet, &tablet_impl, tablet_impl.name);
			plug(&desk, &desk.tablet.base);
			settle(&desk);
		}
		expect_int(desk.stage.server.compositor->seat->wlr->pointer_state.button_count, ==, 0);
		move_in_window(&desk, 5, 5);
		expect_events(&desk, "in move[5,5] ");
		desk_finish(&desk);
	}
}

// Whether the cursor is shown with this picture.
static bool shows_cursor(struct desk *desk, const struct picture *picture) {
	const struct wlr_cursor *cursor = desk->stage.server.compositor->cursor->wlr;
	struct image wanted, got;
	settle(desk);
	image_init(&wanted, 8, 8);
	picture_draw(picture, &wanted, 0, 0);
	screen_capture_with_cursor(&desk->stage.screen, (int32_t)cursor->x, (int32_t)cursor->y, 8, 8, &got);
	size_t differences = image_count_differences(&got, &wanted);
	image_finish(&wanted);
	image_finish(&got);
	return differences == 0;
}

TEST("tablet@only-the-client-with-the-tool-sets-the-image-of-the-cursor") {
	struct desk desk;
	struct picture picture;
	desk_init(&desk);
	struct painter *painter = &desk.painter;
	picture_init(&picture, &painter->screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 8, 8, 32);
	picture_fill(&picture, 7);
	struct wl_surface *image = wl_compositor_create_surface(painter->screen.compositor);
	wl_surface_attach(image, picture.buffer, 0, 0);
	wl_surface_commit(image);
	move_in_window(&desk, 4, 4);
	settle(&desk);
	expect(!shows_cursor(&desk, &picture));
	zwp_tablet_tool_v2_set_cursor(painter->tool, painter->serial, image, 0, 0);
	expect(shows_cursor(&desk, &picture));
	move_axes(&desk, SIZE - 16, SIZE - 16, 0);
	expect(!shows_cursor(&desk, &picture));
	zwp_tablet_tool_v2_set_cursor(painter->tool, painter->serial, image, 0, 0);
	expect(!shows_cursor(&desk, &picture));
	wl_surface_destroy(image);
	picture_finish(&picture);
	desk_finish(&desk);
}

TEST("tablet@tool-leaves-windows-when-the-session-is-locked") {
	struct desk desk;
	struct locker locker;
	desk_init(&desk);
	move_in_window(&desk, 4, 4);
	press_tip(&desk, true);
	expect_events(&desk, "in move[4,4] down ");
	locker_init(&locker, &desk.stage.server);
	expect_events(&desk, "up out ");
	move_in_window(&desk, 5, 5);
	press_tip(&desk, false);
	press_tip(&desk, true);
	press_tip(&desk, false);
	locker_show(&locker, 2);
	move_in_window(&desk, 6, 6);
	expect_events(&desk, "");
	locker_unlock(&locker);
	move_in_window(&desk, 7, 7);
	expect_events(&desk, "in move[7,7] ");
	locker_finish(&locker);
	desk_finish(&desk);
}
