/*
 * Pointer constraints of clients that mean no good.
 */
#include "mouse.h"
#include "pointer-constraints-unstable-v1-client-protocol.h"
#include "runner.h"
#include "stage.h"
#include <compositor/constraint.h>
#include <compositor/cursor.h>
#include <compositor/server.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_pointer_constraints_v1.h>

#define SIZE 80   // of the output
#define WINDOW 40 // of the window

struct constrained {
	struct stage stage;
	struct window window;
	struct picture picture;
	struct mouse mouse;
	struct zwp_pointer_constraints_v1 *manager;
};

// A window over a quarter of the output, with the pointer in it.
static void constrained_init(struct constrained *constrained) {
	*constrained = (struct constrained){0};
	stage_init(&constrained->stage, SIZE, SIZE);
	struct screen *screen = &constrained->stage.screen;
	mouse_init(&constrained->mouse, screen, SIZE);
	window_init(&constrained->window, screen, WINDOW_LAYER, WINDOW, WINDOW);
	picture_init(
			&constrained->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, WINDOW, WINDOW, WINDOW * 4);
	window_commit(&constrained->window, constrained->picture.buffer);
	mouse_move(&constrained->mouse, 10, 10);
	constrained->manager = client_bind(&screen->client, &zwp_pointer_constraints_v1_interface, 1);
}

static void constrained_finish(struct constrained *constrained) {
	picture_finish(&constrained->picture);
	window_finish(&constrained->window);
	mouse_finish(&constrained->mouse);
	stage_finish(&constrained->stage);
}

static struct zwp_locked_pointer_v1 *lock(struct constrained *constrained, struct wl_region *region) {
	return zwp_pointer_constraints_v1_lock_pointer(constrained->manager, constrained->window.surface,
			constrained->mouse.pointer, region, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_ONESHOT);
}

struct watch {
	struct wlr_pointer_constraint_v1 *constraint;
	struct wl_listener destroy;
	int listeners; // of set_region when it is destroyed: the compositor's is removed, the signal adds two while it is
				   // emitted
};

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct watch *watch = wl_container_of(listener, watch, destroy);
	watch->listeners = wl_list_length(&watch->constraint->events.set_region.listener_list);
	wl_list_remove(&watch->destroy.link);
}

// wlroots destroys a constraint for one time when it ends, and a commit that changes its region still uses it.
TEST("constraint@of-one-time-ends-when-a-commit-changes-its-region-during-a-drag") {
	struct constrained constrained;
	constrained_init(&constrained);
	struct screen *screen = &constrained.stage.screen;
	struct zwp_locked_pointer_v1 *locked = lock(&constrained, NULL);
	client_roundtrip(&screen->client);
	struct watch watch = {.constraint = constrained.stage.server.compositor->constraints->active};
	expect(watch.constraint != NULL);
	watch.destroy.notify = handle_destroy;
	wl_signal_add(&watch.constraint->events.destroy, &watch.destroy);
	struct wl_data_device_manager *manager = client_bind(&screen->client, &wl_data_device_manager_interface, 3);
	struct wl_data_device *device = wl_data_device_manager_get_data_device(manager, screen->seat);
	struct wl_region *region = wl_compositor_create_region(screen->compositor);
	wl_region_add(region, 0, 0, 5, 5);
	mouse_press(&constrained.mouse, true);
	wl_data_device_start_drag(device, NULL, constrained.window.surface, NULL, constrained.mouse.serial);
	zwp_locked_pointer_v1_set_region(locked, region);
	wl_surface_commit(constrained.window.surface);
	client_roundtrip(&screen->client);
	expect(constrained.stage.server.compositor->constraints->active == NULL);
	expect_int(watch.listeners, ==, 0);
	mouse_press(&constrained.mouse, false);
	zwp_locked_pointer_v1_destroy(locked);
	wl_region_destroy(region);
	wl_data_device_release(device);
	wl_data_device_manager_destroy(manager);
	constrained_finish(&constrained);
}

static void unlock_with_hint(struct constrained *constrained, double x, double y) {
	struct zwp_locked_pointer_v1 *locked = lock(constrained, NULL);
	zwp_locked_pointer_v1_set_cursor_position_hint(locked, wl_fixed_from_double(x), wl_fixed_from_double(y));
	wl_surface_commit(constrained->window.surface);
	client_roundtrip(&constrained->stage.screen.client);
	zwp_locked_pointer_v1_destroy(locked);
	client_roundtrip(&constrained->stage.screen.client);
}

TEST("constraint@hint-moves-the-pointer-within-its-surface-only") {
	struct constrained constrained;
	constrained_init(&constrained);
	struct wlr_cursor *cursor = constrained.stage.server.compositor->cursor->wlr;
	unlock_with_hint(&constrained, 20, 30);
	expect(cursor->x == 20 && cursor->y == 30);
	unlock_with_hint(&constrained, WINDOW + 1, 30);
	expect(cursor->x == 20 && cursor->y == 30);
	unlock_with_hint(&constrained, -1, 30);
	expect(cursor->x == 20 && cursor->y == 30);
	unlock_with_hint(&constrained, 8000000, -8000000);
	expect(cursor->x == 20 && cursor->y == 30);
	mouse_move(&constrained.mouse, 12, 13);
	expect(constrained.mouse.x == 12 && constrained.mouse.y == 13);
	constrained_finish(&constrained);
}

static struct wl_region *create_region(struct constrained *constrained, int rectangles) {
	struct wl_region *region = wl_compositor_create_region(constrained->stage.screen.compositor);
	for (int i = 0; i < rectangles; i++) {
		wl_region_add(region, 2 * i, 0, 1, 10);
	}
	return region;
}

// Each commit intersects it with the input region, which may have as many bands.
TEST("constraint@region-of-many-rectangles-ends-the-client") {
	struct constrained constrained;
	constrained_init(&constrained);
	struct client *client = &constrained.stage.screen.client;
	struct zwp_locked_pointer_v1 *locked = lock(&constrained, create_region(&constrained, CONSTRAINT_RECTANGLES_MAX));
	zwp_locked_pointer_v1_set_region(locked, create_region(&constrained, CONSTRAINT_RECTANGLES_MAX));
	zwp_locked_pointer_v1_set_region(locked, NULL);
	client_roundtrip(client);
	zwp_locked_pointer_v1_set_region(locked, create_region(&constrained, CONSTRAINT_RECTANGLES_MAX + 1));
	expect_no_memory(client, "too many rectangles in the region of a pointer constraint: 17, the limit is 16");
	constrained_finish(&constrained);
	constrained_init(&constrained);
	lock(&constrained, create_region(&constrained, CONSTRAINT_RECTANGLES_MAX + 1));
	expect_no_memory(&constrained.stage.screen.client, "too many rectangles in the region of a pointer constraint");
	constrained_finish(&constrained);
}
