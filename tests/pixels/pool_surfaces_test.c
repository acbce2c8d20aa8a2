/*
 * Surfaces of every role show buffers of lido_shm pools: subsurfaces, cursors, drag icons, layers, windows.
 */
#include "mouse.h"
#include "pool_picture.h"
#include "runner.h"
#include "stage.h"

#define SIZE 80
#define CHILD 24
#define HOT_X 5
#define HOT_Y 7

struct show {
	struct stage stage;
	struct pool_client pool;
	struct window window; // a layer that covers the output
	struct pool_picture picture;
};

static void show_init(struct show *show) {
	struct screen *screen = &show->stage.screen;
	stage_init(&show->stage, SIZE, SIZE);
	pool_client_init(&show->pool, &screen->client, 0);
	window_init(&show->window, screen, WINDOW_LAYER, SIZE, SIZE);
	pool_picture_init(&show->picture, &show->pool, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	pool_picture_fill(&show->picture, 1);
	window_commit(&show->window, show->picture.picture.buffer);
}

static void show_finish(struct show *show) {
	pool_picture_finish(&show->picture);
	window_finish(&show->window);
	pool_client_finish(&show->pool);
	stage_finish(&show->stage);
}

static void child_picture_init(struct pool_picture *picture, struct show *show) {
	pool_picture_init(picture, &show->pool, WL_SHM_FORMAT_ARGB8888, CHILD, CHILD, CHILD * 4);
}

static void commit(struct show *show, struct wl_surface *surface, const struct pool_picture *picture) {
	wl_surface_attach(surface, picture->picture.buffer, 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, CHILD, CHILD);
	wl_surface_commit(surface);
	client_roundtrip(&show->stage.screen.client);
}

// The output must show the window, and the child at this position. child: XRGB, or NULL.
static void expect_with(struct show *show, const struct image *child, int32_t x, int32_t y, bool cursor) {
	struct image wanted, got;
	stage_copy_background(&show->stage, &wanted);
	picture_draw(&show->picture.picture, &wanted, 0, 0);
	for (int32_t row = 0; child != NULL && row < CHILD; row++) {
		for (int32_t column = 0; column < CHILD; column++) {
			wanted.pixels[(y + row) * SIZE + x + column] = child->pixels[row * CHILD + column];
		}
	}
	if (cursor) {
		screen_capture_with_cursor(&show->stage.screen, 0, 0, SIZE, SIZE, &got);
	} else {
		stage_capture(&show->stage, &got);
	}
	expect_image(&got, &wanted);
	image_finish(&wanted);
	image_finish(&got);
}

// Saves the picture before the block changes.
static void remember(const struct pool_picture *picture, struct image *image) {
	image_init(image, CHILD, CHILD);
	picture_draw(&picture->picture, image, 0, 0);
}

static void show_subsurface(bool synchronized) {
	struct show show;
	struct pool_picture picture;
	struct image shown = {0}, next;
	show_init(&show);
	struct screen *screen = &show.stage.screen;
	struct wl_surface *child = wl_compositor_create_surface(screen->compositor);
	struct wl_subsurface *role = wl_subcompositor_get_subsurface(screen->subcompositor, child, show.window.surface);
	wl_subsurface_set_position(role, 9, 6);
	if (!synchronized) {
		wl_subsurface_set_desync(role);
	}
	wl_surface_commit(show.window.surface);
	child_picture_init(&picture, &show);
	for (uint32_t i = 0; i < 6; i++) {
		pool_picture_fill(&picture, i);
		remember(&picture, &next);
		commit(&show, child, &picture);
		// A renderer that uploads reads the block with the parent's commit.
		bool is_waiting = synchronized && !server_shows_in_place(&show.stage.server);
		expect_int(picture.picture.releases, ==, is_waiting ? i : i + 1);
		if (!is_waiting) {
			// The client may draw again.
			pool_picture_fill(&picture, 1000 + i);
		}
		expect_with(&show, !synchronized ? &next : i == 0 ? NULL : &shown, 9, 6, false);
		wl_surface_commit(show.window.surface);
		expect_with(&show, &next, 9, 6, false);
		expect_int(picture.picture.releases, ==, i + 1);
		image_finish(&shown);
		shown = next;
	}
	image_finish(&shown);
	pool_picture_finish(&picture);
	wl_subsurface_destroy(role);
	wl_surface_destroy(child);
	show_finish(&show);
}

TEST("pool_surfaces@synchronized-subsurface-is-shown-with-its-parent") {
	show_subsurface(true);
}

TEST("pool_surfaces@desynchronized-subsurface-is-shown-at-once") {
	show_subsurface(false);
}

// Commits wait for the parent's; beyond a few, the queue holds the client's own buffers.
TEST("pool_surfaces@many-queued-commits-show-the-last-after-their-blocks-are-destroyed") {
	enum {
		COUNT = 8
	};
	struct show show;
	struct pool_picture pictures[COUNT];
	struct pool_block overwritten;
	struct image last;
	show_init(&show);
	struct screen *screen = &show.stage.screen;
	struct wl_surface *child = wl_compositor_create_surface(screen->compositor);
	struct wl_subsurface *role = wl_subcompositor_get_subsurface(screen->subcompositor, child, show.window.surface);
	wl_surface_commit(show.window.surface);
	for (uint32_t i = 0; i < COUNT; i++) {
		child_picture_init(&pictures[i], &show);
		pool_picture_fill(&pictures[i], i);
		commit(&show, child, &pictures[i]);
	}
	remember(&pictures[COUNT - 1], &last);
	for (int i = 0; i < COUNT; i++) {
		pool_picture_finish(&pictures[i]);
	}
	pool_block_init(&overwritten, &show.pool, 65536);
	expect_place(&overwritten);
	file_fill_memory(pool_block_get_data(&overwritten), 0, 65536, 50);
	wl_surface_commit(show.window.surface);
	expect_with(&show, &last, 0, 0, false);
	image_finish(&last);
	wl_subsurface_destroy(role);
	wl_surface_destroy(child);
	show_finish(&show);
}

TEST("pool_surfaces@toplevels-and-fullscreen-windows-are-shown") {
	struct show show;
	show_init(&show);
	struct window window;
	struct pool_picture picture;
	window_finish(&show.window);
	window_init(&window, &show.stage.screen, WINDOW_FULLSCREEN, SIZE, SIZE);
	pool_picture_init(&picture, &show.pool, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	for (uint32_t i = 0; i < 12; i++) {
		pool_picture_fill(&picture, 200 + i);
		window_commit(&window, picture.picture.buffer);
		window_show(&window);
		stage_expect(&show.stage, &picture.picture, 0, 0, "fullscreen");
	}
	window_finish(&window);
	pool_picture_finish(&picture);
	window_init(&show.window, &show.stage.screen, WINDOW_LAYER, SIZE, SIZE);
	show_finish(&show);
}

struct pointing {
	struct show show;
	struct mouse mouse;
	struct wl_surface *surface; // the cursor or the icon
};

static void pointing_init(struct pointing *pointing) {
	*pointing = (struct pointing){0};
	show_init(&pointing->show);
	struct screen *screen = &pointing->show.stage.screen;
	mouse_init(&pointing->mouse, screen, SIZE);
	pointing->surface = wl_compositor_create_surface(screen->compositor);
	mouse_move(&pointing->mouse, 10, 10);
	mouse_move(&pointing->mouse, 40, 30);
	expect(client_wait(&screen->client, &pointing->mouse.entered));
}

static void pointing_finish(struct pointing *pointing) {
	wl_surface_destroy(pointing->surface);
	mouse_finish(&pointing->mouse);
	show_finish(&pointing->show);
}

TEST("pool_surfaces@cursor-is-shown-at-the-pointer-and-buffers-are-released") {
	struct pointing pointing;
	struct pool_picture picture;
	struct image image;
	pointing_init(&pointing);
	wl_pointer_set_cursor(pointing.mouse.pointer, pointing.mouse.serial, pointing.surface, HOT_X, HOT_Y);
	child_picture_init(&picture, &pointing.show);
	for (uint32_t i = 0; i < 6; i++) {
		pool_picture_fill(&picture, i);
		commit(&pointing.show, pointing.surface, &picture);
		expect_int(picture.picture.releases, ==, i + 1);
		remember(&picture, &image);
		expect_with(&pointing.show, &image, 40 - HOT_X, 30 - HOT_Y, true);
		image_finish(&image);
	}
	pool_picture_finish(&picture);
	pointing_finish(&pointing);
}

TEST("pool_surfaces@drag-icon-is-shown-at-the-pointer") {
	struct pointing pointing;
	struct pool_picture picture;
	struct image image;
	pointing_init(&pointing);
	struct screen *screen = &pointing.show.stage.screen;
	struct wl_data_device_manager *manager = client_bind(&screen->client, &wl_data_device_manager_interface, 3);
	struct wl_data_device *device = wl_data_device_manager_get_data_device(manager, screen->seat);
	child_picture_init(&picture, &pointing.show);
	mouse_press(&pointing.mouse, true);
	expect(client_wait(&screen->client, &pointing.mouse.pressed));
	wl_data_device_start_drag(device, NULL, pointing.show.window.surface, pointing.surface, pointing.mouse.serial);
	client_roundtrip(&screen->client);
	// Headless outputs have no cursor plane, so the default cursor is drawn into the output: keep the icon clear of it.
	wl_surface_offset(pointing.surface, -CHILD - 2, 0);
	for (uint32_t i = 0; i < 4; i++) {
		struct image got;
		pool_picture_fill(&picture, 10 + i);
		commit(&pointing.show, pointing.surface, &picture);
		expect_int(picture.picture.releases, ==, i + 1);
		mouse_move(&pointing.mouse, 40 + i, 20);
		remember(&picture, &image);
		screen_capture(screen, 40 + (int32_t)i - CHILD - 2, 20, CHILD, CHILD, &got);
		expect_image(&got, &image);
		image_finish(&got);
		image_finish(&image);
	}
	mouse_press(&pointing.mouse, false);
	pool_picture_finish(&picture);
	wl_data_device_release(device);
	wl_data_device_manager_destroy(manager);
	pointing_finish(&pointing);
}
