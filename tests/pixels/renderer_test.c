/*
 * A renderer that is lost and replaced, whichever it is.
 */
#include "locker.h"
#include "mouse.h"
#include "picture.h"
#include "runner.h"
#include "stage.h"
#include "window.h"
#include <compositor/cursor_image.h>
#include <compositor/renderer.h>
#include <compositor/server.h>
#include <compositor/session_lock.h>
#include <string.h>
#include <wayland-client-protocol.h>
#include <wlr/render/pixman.h>
#include <wlr/render/wlr_renderer.h>

#define SIZE 64
#define PART 24 // of subsurfaces, icons and cursors
#define HUGE_SIZE 4096
#define HUGE_LEN 5

struct shown {
	struct stage stage;
	struct window window;
	struct picture pictures[2];
};

static void shown_init(struct shown *shown, enum file_kind kind) {
	stage_init(&shown->stage, SIZE, SIZE);
	window_init(&shown->window, &shown->stage.screen, WINDOW_LAYER, SIZE, SIZE);
	for (int i = 0; i < 2; i++) {
		picture_init(
				&shown->pictures[i], &shown->stage.screen.client, kind, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, 4 * SIZE);
		picture_fill(&shown->pictures[i], 1 + (uint32_t)i);
		window_commit(&shown->window, shown->pictures[i].buffer);
	}
	stage_expect(&shown->stage, &shown->pictures[1], 0, 0, "before");
}

static void shown_finish(struct shown *shown) {
	picture_finish(&shown->pictures[0]);
	picture_finish(&shown->pictures[1]);
	window_finish(&shown->window);
	stage_finish(&shown->stage);
}

// As a renderer does that notices a reset while it draws.
static void lose(struct stage *stage) {
	struct compositor *compositor = stage->server.compositor;
	struct wlr_renderer *renderer = compositor->renderer;
	wl_signal_emit_mutable(&renderer->events.lost, NULL);
	wl_signal_emit_mutable(&renderer->events.lost, NULL);
	expect(compositor->renderer == renderer);
	client_roundtrip(&stage->screen.client);
	expect(compositor->rendering->idle == NULL);
}

// The client commits nothing, and has its buffer back no earlier than before.
static void expect_shown_after_losses(enum file_kind kind) {
	struct shown shown;
	shown_init(&shown, kind);
	for (int i = 0; i < 3; i++) {
		int releases = shown.pictures[1].releases;
		lose(&shown.stage);
		expect_int(shown.pictures[1].releases, ==, releases);
		stage_expect(&shown.stage, &shown.pictures[1], 0, 0, "after");
	}
	shown_finish(&shown);
}

TEST("renderer@lost-and-replaced-shows-sealed-files") {
	expect_shown_after_losses(FILE_SEALED);
}

TEST("renderer@lost-and-replaced-shows-unsealable-files") {
	expect_shown_after_losses(FILE_UNSEALABLE);
}

TEST("renderer@next-commit-after-a-loss-is-shown") {
	struct shown shown;
	shown_init(&shown, FILE_SEALED);
	lose(&shown.stage);
	window_commit(&shown.window, shown.pictures[0].buffer);
	stage_expect(&shown.stage, &shown.pictures[0], 0, 0, "next");
	shown_finish(&shown);
}

// A window with a subsurface at 4,4, which the client draws without waiting for the window, and a mouse.
struct family {
	struct stage stage;
	struct window window;
	struct mouse mouse;
	struct picture picture, part;
	struct picture blank; // an opaque subsurface whose pixels are gone is black
	struct wl_surface *child;
	struct wl_subsurface *role;
};

static void commit(struct stage *stage, struct wl_surface *surface, struct wl_buffer *buffer) {
	wl_surface_attach(surface, buffer, 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(surface);
	client_roundtrip(&stage->screen.client);
}

static void part_init(struct family *family, struct picture *part, enum file_kind kind, uint32_t seed) {
	picture_init(part, &family->stage.screen.client, kind, WL_SHM_FORMAT_XRGB8888, PART, PART, PART * 4);
	picture_fill(part, seed);
}

static void family_init(struct family *family, enum window_kind kind) {
	*family = (struct family){0};
	stage_init(&family->stage, SIZE, SIZE);
	struct screen *screen = &family->stage.screen;
	mouse_init(&family->mouse, screen, SIZE);
	window_init(&family->window, screen, kind, SIZE, SIZE);
	picture_init(&family->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	picture_fill(&family->picture, 1);
	family->child = wl_compositor_create_surface(screen->compositor);
	family->role = wl_subcompositor_get_subsurface(screen->subcompositor, family->child, family->window.surface);
	wl_subsurface_set_position(family->role, 4, 4);
	wl_subsurface_set_desync(family->role);
	part_init(family, &family->part, FILE_UNSEALABLE, 2);
	picture_init(&family->blank, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, PART, PART, PART * 4);
	window_commit(&family->window, family->picture.buffer);
	commit(&family->stage, family->child, family->part.buffer);
	mouse_move(&family->mouse, 10, 10);
	mouse_move(&family->mouse, 32, 30);
	expect(client_wait(&screen->client, &family->mouse.entered));
}

static void family_finish(struct family *family) {
	wl_subsurface_destroy(family->role);
	wl_surface_destroy(family->child);
	picture_finish(&family->blank);
	picture_finish(&family->part);
	picture_finish(&family->picture);
	window_finish(&family->window);
	mouse_finish(&family->mouse);
	stage_finish(&family->stage);
}

// top: the cursor, or an icon; NULL: there is none.
static void expect_family(struct family *family, const struct picture *child, const struct picture *top, int32_t x,
		int32_t y, const char *what) {
	struct image wanted, got;
	image_init(&wanted, SIZE, SIZE);
	picture_draw(&family->picture, &wanted, 0, 0);
	picture_draw(child, &wanted, 4, 4);
	if (top != NULL) {
		picture_draw(top, &wanted, x, y);
	}
	screen_capture_with_cursor(&family->stage.screen, 0, 0, SIZE, SIZE, &got);
	expect_image_of(&got, &wanted, what);
	image_finish(&wanted);
	image_finish(&got);
}

static void hide_cursor(struct family *family) {
	wl_pointer_set_cursor(family->mouse.pointer, family->mouse.serial, NULL, 0, 0);
	client_roundtrip(&family->stage.screen.client);
}

TEST("renderer@lost-and-replaced-shows-subsurfaces") {
	struct family family;
	family_init(&family, WINDOW_LAYER);
	hide_cursor(&family);
	for (int i = 0; i < 2; i++) {
		expect_family(&family, &family.part, NULL, 0, 0, "before and after");
		lose(&family.stage);
	}
	expect_family(&family, &family.part, NULL, 0, 0, "after");
	family_finish(&family);
}

TEST("renderer@lost-while-a-subsurface-waits-shows-it-with-its-parent") {
	struct family family;
	struct picture next;
	family_init(&family, WINDOW_LAYER);
	hide_cursor(&family);
	part_init(&family, &next, FILE_SEALED, 3);
	wl_subsurface_set_sync(family.role);
	commit(&family.stage, family.child, next.buffer);
	expect_family(&family, &family.part, NULL, 0, 0, "before");
	lose(&family.stage);
	// What was uploaded and not committed last cannot be told from what waits.
	bool is_there = server_shows_in_place(&family.stage.server);
	expect_family(&family, is_there ? &family.part : &family.blank, NULL, 0, 0, "after");
	wl_surface_commit(family.window.surface);
	client_roundtrip(&family.stage.screen.client);
	expect_family(&family, &next, NULL, 0, 0, "with the parent");
	lose(&family.stage);
	expect_family(&family, &next, NULL, 0, 0, "after another loss");
	picture_finish(&next);
	family_finish(&family);
}

TEST("renderer@lost-and-replaced-shows-the-cursor-of-a-client") {
	struct family family;
	struct picture cursors[2];
	family_init(&family, WINDOW_LAYER);
	struct wl_surface *surface = wl_compositor_create_surface(family.stage.screen.compositor);
	wl_pointer_set_cursor(family.mouse.pointer, family.mouse.serial, surface, 5, 7);
	for (int i = 0; i < 2; i++) {
		part_init(&family, &cursors[i], FILE_SEALED, 3 + (uint32_t)i);
		commit(&family.stage, surface, cursors[i].buffer);
	}
	expect_family(&family, &family.part, &cursors[1], 32 - 5, 30 - 7, "before");
	lose(&family.stage);
	expect_family(&family, &family.part, &cursors[1], 32 - 5, 30 - 7, "after");
	// Its hotspot has moved, and moves on.
	for (int i = 0; i < 2; i++) {
		wl_surface_attach(surface, cursors[0].buffer, 0, 0);
		wl_surface_offset(surface, 1, 2);
		wl_surface_damage_buffer(surface, 0, 0, PART, PART);
		wl_surface_commit(surface);
		client_roundtrip(&family.stage.screen.client);
		lose(&family.stage);
		expect_family(&family, &family.part, &cursors[0], 32 - 5 + 1 + i, 30 - 7 + 2 + 2 * i, "moved");
	}
	wl_surface_destroy(surface);
	client_roundtrip(&family.stage.screen.client);
	lose(&family.stage);
	expect_family(&family, &family.part, NULL, 0, 0, "without a cursor");
	picture_finish(&cursors[0]);
	picture_finish(&cursors[1]);
	family_finish(&family);
}

static void capture_with_cursor(struct family *family, struct image *image) {
	screen_capture_with_cursor(&family->stage.screen, 0, 0, SIZE, SIZE, image);
}

TEST("renderer@lost-and-replaced-shows-the-cursor-of-the-theme") {
	struct family family;
	struct image before, after, without;
	family_init(&family, WINDOW_LAYER);
	cursor_image_set_name(family.stage.server.compositor, "default");
	capture_with_cursor(&family, &before);
	lose(&family.stage);
	capture_with_cursor(&family, &after);
	expect_image_of(&after, &before, "the cursor");
	hide_cursor(&family);
	capture_with_cursor(&family, &without);
	expect(memcmp(before.pixels, without.pixels, SIZE * SIZE * sizeof(before.pixels[0])) != 0);
	lose(&family.stage);
	image_finish(&after);
	capture_with_cursor(&family, &after);
	expect_image_of(&after, &without, "no cursor");
	image_finish(&before);
	image_finish(&after);
	image_finish(&without);
	family_finish(&family);
}

TEST("renderer@lost-and-replaced-shows-the-icon-of-a-drag") {
	struct family family;
	struct picture icon;
	family_init(&family, WINDOW_LAYER);
	struct screen *screen = &family.stage.screen;
	struct wl_data_device_manager *manager = client_bind(&screen->client, &wl_data_device_manager_interface, 3);
	struct wl_data_device *device = wl_data_device_manager_get_data_device(manager, screen->seat);
	struct wl_surface *surface = wl_compositor_create_surface(screen->compositor);
	part_init(&family, &icon, FILE_SEALED, 3);
	mouse_press(&family.mouse, true);
	wl_data_device_start_drag(device, NULL, family.window.surface, surface, family.mouse.serial);
	commit(&family.stage, surface, icon.buffer);
	cursor_image_set_surface(family.stage.server.compositor, NULL, 0, 0);
	expect_family(&family, &family.part, &icon, 32, 30, "before");
	lose(&family.stage);
	expect_family(&family, &family.part, &icon, 32, 30, "after");
	mouse_press(&family.mouse, false);
	wl_surface_destroy(surface);
	picture_finish(&icon);
	wl_data_device_release(device);
	wl_data_device_manager_destroy(manager);
	family_finish(&family);
}

TEST("renderer@lost-and-replaced-shows-lock-surfaces") {
	struct stage stage;
	struct locker locker;
	stage_init(&stage, SIZE, SIZE);
	locker_init(&locker, &stage.server);
	locker_show(&locker, 1);
	stage_expect(&stage, &locker.picture, 0, 0, "before");
	int configures = locker.configures;
	lose(&stage);
	client_roundtrip(&locker.screen.client);
	stage_expect(&stage, &locker.picture, 0, 0, "after");
	expect_int(locker.configures, ==, configures);
	locker_unlock(&locker);
	locker_finish(&locker);
	stage_finish(&stage);
}

static void drop_buffer(struct picture *picture) {
	wl_buffer_destroy(picture->buffer);
	picture->buffer = NULL;
}

static void skip_if_in_place(const struct server *server) {
	if (server_shows_in_place(server)) {
		skip("the renderer reads pixels in place, so they are there");
	}
}

// Whatever part of the window is lost.
static void expect_frame_requested(enum window_kind kind, bool of_child) {
	struct family family;
	family_init(&family, kind);
	skip_if_in_place(&family.stage.server);
	hide_cursor(&family);
	drop_buffer(of_child ? &family.part : &family.picture);
	client_roundtrip(&family.stage.screen.client);
	family.window.configured = false;
	lose(&family.stage);
	client_roundtrip(&family.stage.screen.client);
	expect(family.window.configured);
	family.window.configured = false;
	client_roundtrip(&family.stage.screen.client);
	expect(!family.window.configured);
	if (of_child) {
		expect_family(&family, &family.blank, NULL, 0, 0, "without the subsurface");
	}
	family_finish(&family);
}

TEST("renderer@client-whose-pixels-are-gone-is-asked-for-a-frame") {
	expect_frame_requested(WINDOW_LAYER, false);
	expect_frame_requested(WINDOW_FULLSCREEN, false);
	expect_frame_requested(WINDOW_LAYER, true);
	expect_frame_requested(WINDOW_FULLSCREEN, true);
}

TEST("renderer@client-whose-pixels-are-there-is-asked-for-nothing") {
	struct family family;
	family_init(&family, WINDOW_FULLSCREEN);
	family.window.configured = false;
	lose(&family.stage);
	client_roundtrip(&family.stage.screen.client);
	expect(!family.window.configured);
	family_finish(&family);
}

TEST("renderer@locker-whose-pixels-are-gone-is-asked-for-a-frame") {
	struct stage stage;
	struct locker locker;
	stage_init(&stage, SIZE, SIZE);
	skip_if_in_place(&stage.server);
	locker_init(&locker, &stage.server);
	locker_show(&locker, 1);
	drop_buffer(&locker.picture);
	client_roundtrip(&locker.screen.client);
	// No more than a locker is sent that acknowledges none.
	for (int i = 0; i < 2 * SESSION_LOCK_CONFIGURES_MAX; i++) {
		lose(&stage);
	}
	client_roundtrip(&locker.screen.client);
	expect_int(locker.configures, ==, 1 + SESSION_LOCK_CONFIGURES_MAX);
	locker_draw(&locker, 2);
	stage_expect(&stage, &locker.picture, 0, 0, "drawn anew");
	locker_unlock(&locker);
	locker_finish(&locker);
	stage_finish(&stage);
}

TEST("renderer@file-truncated-after-its-upload-is-not-shown-and-no-error") {
	struct shown shown;
	struct picture blank;
	shown_init(&shown, FILE_UNSEALABLE);
	skip_if_in_place(&shown.stage.server);
	picture_init(&blank, &shown.stage.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, 4 * SIZE);
	file_set_size(shown.pictures[1].fd, 0);
	lose(&shown.stage);
	stage_expect(&shown.stage, &blank, 0, 0, "black");
	window_commit(&shown.window, shown.pictures[0].buffer);
	stage_expect(&shown.stage, &shown.pictures[0], 0, 0, "the next frame");
	picture_finish(&blank);
	shown_finish(&shown);
}

static void note_bytes(const struct lido_pool_stats *stats, void *data) {
	*(int64_t *)data += stats->bytes_read;
}

static int64_t get_bytes_read(const struct server *server) {
	int64_t bytes = 0;
	lido_manager_for_each_pool(server->manager, note_bytes, &bytes);
	return bytes;
}

TEST("renderer@what-a-client-makes-the-server-read-after-a-loss-is-bounded") {
	struct family family;
	struct picture huge;
	struct wl_surface *surfaces[HUGE_LEN];
	struct wl_subsurface *roles[HUGE_LEN];
	family_init(&family, WINDOW_LAYER);
	skip_if_in_place(&family.stage.server);
	struct screen *screen = &family.stage.screen;
	picture_init(&huge, &screen->client, FILE_UNSEALABLE, WL_SHM_FORMAT_XRGB8888, HUGE_SIZE, HUGE_SIZE, HUGE_SIZE * 4);
	for (int i = 0; i < HUGE_LEN; i++) {
		surfaces[i] = wl_compositor_create_surface(screen->compositor);
		roles[i] = wl_subcompositor_get_subsurface(screen->subcompositor, surfaces[i], family.window.surface);
		wl_subsurface_set_desync(roles[i]);
		commit(&family.stage, surfaces[i], huge.buffer);
	}
	int64_t before = get_bytes_read(&family.stage.server);
	lose(&family.stage);
	int64_t bytes = get_bytes_read(&family.stage.server) - before;
	expect_int(bytes, <=, LIDO_DISPATCH_BYTES_MAX);
	expect_int(bytes, >=, LIDO_DISPATCH_BYTES_MAX / 2);
	expect_alive(&screen->client);
	for (int i = 0; i < HUGE_LEN; i++) {
		wl_subsurface_destroy(roles[i]);
		wl_surface_destroy(surfaces[i]);
	}
	picture_finish(&huge);
	family_finish(&family);
}

// wlroots' Vulkan renderer needs a GPU, and refuses one in software.
TEST("renderer@that-cannot-be-created-again-gives-way-to-pixman") {
	struct shown shown;
	shown_init(&shown, FILE_SEALED);
	struct screen *screen = &shown.stage.screen;
	struct compositor *compositor = shown.stage.server.compositor;
	const struct wlr_renderer *lost = compositor->renderer;
	compositor->rendering->name = "vulkan";
	lose(&shown.stage);
	int attempts = 0;
	while (compositor->renderer == lost) {
		expect_int(compositor->rendering->attempts, >=, attempts);
		attempts = compositor->rendering->attempts;
		expect(client_pump(&screen->client, RENDERER_RETRY_MS));
	}
	expect_int(attempts, ==, RENDERER_ATTEMPTS_MAX - 1);
	expect(wlr_renderer_is_pixman(compositor->renderer));
	stage_expect(&shown.stage, &shown.pictures[1], 0, 0, "after");
	window_commit(&shown.window, shown.pictures[0].buffer);
	stage_expect(&shown.stage, &shown.pictures[0], 0, 0, "the next frame");
	// A format that OpenGL ES lacks.
	client_roundtrip(&screen->client);
	struct picture picture;
	picture_init(&picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_RGBA8888, SIZE, SIZE, 4 * SIZE);
	picture_fill(&picture, 3);
	window_commit(&shown.window, picture.buffer);
	stage_expect(&shown.stage, &picture, 0, 0, "another format");
	size_t count = 0;
	const uint32_t *format;
	wl_array_for_each(format, &screen->client.formats) {
		count += *format == WL_SHM_FORMAT_RGBA8888;
	}
	expect_int(count, ==, 1);
	lose(&shown.stage);
	stage_expect(&shown.stage, &picture, 0, 0, "pixman can be replaced, too");
	picture_finish(&picture);
	shown_finish(&shown);
}
