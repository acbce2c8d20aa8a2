/*
 * Limits on the number of rectangles in a region and in the damage of one commit.
 */
#include "runner.h"
#include "stage.h"
#include <compositor/rectangles.h>
#include <compositor/server.h>
#include <wlr/types/wlr_compositor.h>

#define SIZE 128

static void add_rectangles(struct client *client, struct wl_region *region, int count) {
	for (int i = 0; i < count; i++) {
		wl_region_add(region, i % 100 * 2, i / 100 * 2, 1, 1);
		if (i % 1000 == 999) {
			client_roundtrip(client);
		}
	}
}

TEST("rectangles@region-holds-up-to-the-limit-and-no-more") {
	struct server server;
	struct screen screen;
	struct client other;
	server_init_compositor(&server, 64, 64, NULL);
	screen_init(&screen, &server);
	client_init(&other, &server);
	struct wl_region *region = wl_compositor_create_region(screen.compositor);
	add_rectangles(&screen.client, region, RECTANGLES_REGION_MAX);
	wl_region_add(region, 0, 0, 1, 1); // already in the region
	expect_alive(&screen.client);
	wl_region_add(region, 1000, 1000, 1, 1);
	expect_alive(&screen.client);
	wl_region_subtract(region, 1000, 1000, 1, 1);
	struct wl_display *display = screen.client.display;
	expect_protocol_error(&screen.client, display, WL_DISPLAY_ERROR_NO_MEMORY, "2049, the limit is 2048");
	wl_region_destroy(region);
	expect_alive(&other);
	client_finish(&other);
	screen_finish(&screen);
	server_finish(&server);
}

// Counts a surface's commits and the most damage rectangles in one.
struct counter {
	struct wl_listener new_surface, commit;
	const struct wlr_surface *surface;
	int commits, rectangles_max;
};

static void count_rectangles(struct wl_listener *listener, void *data) {
	struct counter *counter = wl_container_of(listener, counter, commit);
	int count = pixman_region32_n_rects(&counter->surface->pending.surface_damage) +
				pixman_region32_n_rects(&counter->surface->pending.buffer_damage);
	counter->commits++;
	counter->rectangles_max = count > counter->rectangles_max ? count : counter->rectangles_max;
}

static void watch_surface(struct wl_listener *listener, void *data) {
	struct counter *counter = wl_container_of(listener, counter, new_surface);
	struct wlr_surface *surface = data;
	counter->surface = surface;
	counter->commit.notify = count_rectangles;
	wl_signal_add(&surface->events.client_commit, &counter->commit);
	wl_list_remove(&counter->new_surface.link);
}

// Changes the pixels of one color of a chessboard: no two touch.
static void change_pixels(struct picture *picture, struct wl_surface *surface, bool of_the_buffer, uint32_t seed) {
	for (int32_t i = seed % 2 == 0; i < SIZE * SIZE; i += 2) {
		int32_t x = (i + i / SIZE % 2) % SIZE, y = i / SIZE;
		picture_fill_box(picture, x, y, 1, 1, seed);
		if (of_the_buffer) {
			wl_surface_damage_buffer(surface, x, y, 1, 1);
		} else {
			wl_surface_damage(surface, x, y, 1, 1);
		}
	}
}

static void show_frames(bool of_the_buffer) {
	struct stage stage;
	struct window window;
	struct picture picture;
	struct counter counter = {.new_surface.notify = watch_surface};
	stage_init_tracking(&stage, SIZE, SIZE);
	wl_signal_add(&stage.server.compositor->wlr->events.new_surface, &counter.new_surface);
	window_init(&window, &stage.screen, WINDOW_LAYER, SIZE, SIZE);
	picture_init(&picture, &stage.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	picture_fill(&picture, 1);
	window_commit(&window, picture.buffer);
	for (uint32_t seed = 2; seed < 7; seed++) {
		change_pixels(&picture, window.surface, of_the_buffer, seed);
		wl_surface_attach(window.surface, picture.buffer, 0, 0);
		wl_surface_commit(window.surface);
		stage_expect(&stage, &picture, 0, 0, "damaged by many rectangles");
	}
	expect_int(counter.commits, >=, 5);
	expect_int(counter.rectangles_max, <=, 2 * RECTANGLES_DAMAGE_MAX);
	wl_list_remove(&counter.commit.link);
	picture_finish(&picture);
	window_finish(&window);
	stage_finish(&stage);
}

TEST("rectangles@damage-of-a-commit-is-bounded-and-complete") {
	show_frames(true);
	show_frames(false);
}

TEST("rectangles@opaque-region-of-many-becomes-one-of-them") {
	struct stage stage;
	struct window window;
	struct picture picture;
	struct counter counter = {.new_surface.notify = watch_surface};
	stage_init(&stage, SIZE, SIZE);
	wl_signal_add(&stage.server.compositor->wlr->events.new_surface, &counter.new_surface);
	window_init(&window, &stage.screen, WINDOW_LAYER, SIZE, SIZE);
	picture_init(&picture, &stage.screen.client, FILE_SEALED, WL_SHM_FORMAT_ARGB8888, SIZE, SIZE, SIZE * 4);
	struct wl_region *region = wl_compositor_create_region(stage.screen.compositor);
	add_rectangles(&stage.screen.client, region, RECTANGLES_OPAQUE_MAX - 1);
	wl_region_add(region, 10, 20, 30, 40);
	wl_surface_set_opaque_region(window.surface, region);
	window_commit(&window, picture.buffer);
	expect_int(pixman_region32_n_rects(&counter.surface->current.opaque), ==, RECTANGLES_OPAQUE_MAX);
	wl_region_add(region, 60, 60, 1, 1);
	wl_surface_set_opaque_region(window.surface, region);
	window_commit(&window, picture.buffer);
	expect_int(pixman_region32_n_rects(&counter.surface->current.opaque), ==, 1);
	const pixman_box32_t *box = pixman_region32_extents(&counter.surface->current.opaque);
	expect(box->x1 == 10 && box->y1 == 20 && box->x2 == 40 && box->y2 == 60);
	wl_list_remove(&counter.commit.link);
	wl_region_destroy(region);
	picture_finish(&picture);
	window_finish(&window);
	stage_finish(&stage);
}
