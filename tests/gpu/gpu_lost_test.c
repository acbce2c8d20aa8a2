/*
 * A reset of the GPU: the renderer is lost while it draws, and another one takes its place. Everything that was shown
 * is shown again, without a commit of any client, and nothing is left of the renderer before.
 */
#include "driver.h"
#include "fence.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "locker.h"
#include "mouse.h"
#include "pool_picture.h"
#include "reset.h"
#include "runner.h"
#include "scanout.h"
#include "screen.h"
#include "server.h"
#include "udmabuf.h"
#include "window.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"
#include <compositor/desktop.h>
#include <compositor/output.h>
#include <compositor/server.h>
#include <dirent.h>
#include <drm_fourcc.h>
#include <lido/wlroots.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_output.h>

#define SIZE 512 // of the headless output, and of the window that the GPU reads with no copy
#define PART 64  // of all others
#define HOT 5    // hotspot of the cursor, both ways
#define POINTER 300
#define LOSSES 4
#define WARM_UP 14 // frames after which two buffers are imported for sure

static const char *card;

__attribute__((constructor)) static void prepare(void) {
	card = getenv("LIDO_VKMS");
	setenv("WLR_LIBINPUT_NO_DEVICES", "1", true);
}

// A window of uploaded pixels with a subsurface.
struct family {
	struct window window;
	struct picture picture, part;
	struct wl_surface *child;
	struct wl_subsurface *role;
};

struct scene {
	struct server server;
	struct screen screen;
	int32_t width, height; // of the output
	struct pool_client pool;
	struct window window;            // over the whole output
	struct pool_picture pictures[2]; // that the GPU reads with no copy
	uint32_t frames;
	struct family family;
	struct mouse mouse;
	struct wl_surface *cursor;
	struct picture image; // of the cursor
	int32_t x, y;         // of its image
};

static void commit(struct screen *screen, struct wl_surface *surface, struct wl_buffer *buffer) {
	wl_surface_attach(surface, buffer, 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(surface);
	client_roundtrip(&screen->client);
}

static void part_init(struct scene *scene, struct picture *picture, enum file_kind kind, uint32_t seed) {
	picture_init(picture, &scene->screen.client, kind, WL_SHM_FORMAT_XRGB8888, PART, PART, PART * 4);
	picture_fill(picture, seed);
}

static void family_init(struct family *family, struct scene *scene) {
	struct screen *screen = &scene->screen;
	window_init(&family->window, screen, WINDOW_LAYER, PART, PART);
	part_init(scene, &family->picture, FILE_SEALED, 1001);
	part_init(scene, &family->part, FILE_UNSEALABLE, 1002);
	family->child = wl_compositor_create_surface(screen->compositor);
	family->role = wl_subcompositor_get_subsurface(screen->subcompositor, family->child, family->window.surface);
	wl_subsurface_set_position(family->role, PART, PART);
	wl_subsurface_set_desync(family->role);
	window_commit(&family->window, family->picture.buffer);
	commit(screen, family->child, family->part.buffer);
}

static void family_finish(struct family *family) {
	wl_subsurface_destroy(family->role);
	wl_surface_destroy(family->child);
	picture_finish(&family->part);
	picture_finish(&family->picture);
	window_finish(&family->window);
}

static void draw_frame(struct scene *scene) {
	struct pool_picture *picture = &scene->pictures[++scene->frames % 2];
	pool_picture_fill(picture, scene->frames);
	window_commit(&scene->window, picture->picture.buffer);
	window_show(&scene->window);
}

// The server runs, and its only output has this size.
static void scene_init(struct scene *scene, enum window_kind kind) {
	lido_wlroots_set_zero_copy(scene->server.compositor->shm, LIDO_ZERO_COPY_YES);
	screen_init(&scene->screen, &scene->server);
	pool_client_init(&scene->pool, &scene->screen.client, 0);
	window_init(&scene->window, &scene->screen, kind, scene->width, scene->height);
	for (int i = 0; i < 2; i++) {
		pool_picture_init(&scene->pictures[i], &scene->pool, WL_SHM_FORMAT_XRGB8888, scene->width, scene->height,
				scene->width * 4);
	}
	for (int i = 0; i < WARM_UP; i++) {
		draw_frame(scene);
	}
}

static void scene_finish(struct scene *scene) {
	pool_picture_finish(&scene->pictures[0]);
	pool_picture_finish(&scene->pictures[1]);
	window_finish(&scene->window);
	pool_client_finish(&scene->pool);
	screen_finish(&scene->screen);
	server_finish(&scene->server);
}

static void add_parts(struct scene *scene) {
	struct screen *screen = &scene->screen;
	family_init(&scene->family, scene);
	mouse_init(&scene->mouse, screen, scene->width);
	scene->cursor = wl_compositor_create_surface(screen->compositor);
	part_init(scene, &scene->image, FILE_SEALED, 1003);
	mouse_move(&scene->mouse, 1, 1);
	mouse_move(&scene->mouse, POINTER, POINTER);
	scene->x = (int32_t)scene->server.compositor->cursor->wlr->x - HOT;
	scene->y = (int32_t)scene->server.compositor->cursor->wlr->y - HOT;
	expect(client_wait(&screen->client, &scene->mouse.entered));
	wl_pointer_set_cursor(scene->mouse.pointer, scene->mouse.serial, scene->cursor, HOT, HOT);
	commit(screen, scene->cursor, scene->image.buffer);
}

static void finish_parts(struct scene *scene) {
	wl_surface_destroy(scene->cursor);
	picture_finish(&scene->image);
	mouse_finish(&scene->mouse);
	family_finish(&scene->family);
}

// What the output must show without the cursor. The caller finishes the image.
static void draw_wanted(const struct scene *scene, struct image *wanted) {
	image_init(wanted, scene->width, scene->height);
	picture_draw(&scene->pictures[scene->frames % 2].picture, wanted, 0, 0);
	if (scene->cursor != NULL) {
		picture_draw(&scene->family.picture, wanted, 0, 0);
		picture_draw(&scene->family.part, wanted, PART, PART);
	}
}

static void expect_shown(struct scene *scene, const char *what) {
	struct image wanted, got;
	draw_wanted(scene, &wanted);
	if (scene->cursor != NULL) {
		picture_draw(&scene->image, &wanted, scene->x, scene->y);
	}
	screen_capture_with_cursor(&scene->screen, 0, 0, scene->width, scene->height, &got);
	expect_image_of(&got, &wanted, what);
	image_finish(&got);
	image_finish(&wanted);
}

static void note_stats(const struct lido_pool_stats *stats, void *data) {
	*(uint32_t *)data += stats->pins;
}

static uint32_t count_pins(const struct scene *scene) {
	uint32_t pins = 0;
	lido_manager_for_each_pool(scene->server.manager, note_stats, &pins);
	return pins;
}

static int count_fds(void) {
	int len = 0;
	DIR *folder = opendir("/proc/self/fd");
	expect(folder != NULL);
	while (readdir(folder) != NULL) {
		len++;
	}
	closedir(folder);
	return len;
}

static size_t count_pinned_mappings(const struct scene *scene) {
	return file_count_mappings(scene->pictures[0].block.area->fd, NULL);
}

// The frame of a capture notices the reset. It is drawn again.
static void lose(struct scene *scene) {
	struct image image;
	int before = reset_get_attempts();
	reset_gpu();
	screen_capture(&scene->screen, 0, 0, 1, 1, &image);
	image_finish(&image);
	expect_int(reset_get_attempts(), ==, before + 1);
}

static void skip_without_gpu(void) {
	if (card == NULL || getuid() != 0 || access("/dev/udmabuf", R_OK | W_OK) != 0) {
		skip("LIDO_VKMS names no GPU, or there is no /dev/udmabuf: run it by ./dev test --gpu");
	}
}

static void init_headless(struct scene *scene) {
	*scene = (struct scene){.width = SIZE, .height = SIZE};
	skip_without_gpu();
	server_take_dmabufs();
	server_init_compositor(&scene->server, SIZE, SIZE, NULL);
	scene_init(scene, WINDOW_LAYER);
}

TEST("gpu_lost@everything-is-shown-again-and-nothing-is-left") {
	struct scene scene;
	init_headless(&scene);
	add_parts(&scene);
	expect_shown(&scene, "before");
	expect_int(count_pins(&scene), ==, 2);
	int fds = 0;
	size_t mappings = count_pinned_mappings(&scene);
	for (int i = 0; i < LOSSES; i++) {
		lose(&scene);
		expect_shown(&scene, "after a loss");
		expect_int(count_pins(&scene), ==, 2);
		expect_int(count_pinned_mappings(&scene), ==, mappings);
		fds = i == 0 ? count_fds() : fds; // drivers keep some of the first renderer
		expect_int(count_fds(), ==, fds);
	}
	for (int i = 0; i < WARM_UP; i++) {
		draw_frame(&scene);
		expect_shown(&scene, "a frame after it");
	}
	expect_int(count_pins(&scene), ==, 2);
	expect_int(count_fds(), ==, fds);
	finish_parts(&scene);
	scene_finish(&scene);
}

TEST("gpu_lost@capture-that-notices-the-reset-has-the-right-picture") {
	struct scene scene;
	init_headless(&scene);
	add_parts(&scene);
	for (int i = 0; i < LOSSES; i++) {
		int before = reset_get_attempts();
		reset_gpu();
		expect_shown(&scene, "the capture");
		expect_int(reset_get_attempts(), ==, before + 1);
	}
	finish_parts(&scene);
	scene_finish(&scene);
}

TEST("gpu_lost@block-destroyed-while-shown-is-shown-again-and-then-unpinned") {
	struct scene scene;
	init_headless(&scene);
	struct pool_picture *shown = &scene.pictures[scene.frames % 2];
	pool_picture_drop_block(shown);
	pool_picture_drop_buffer(shown);
	client_roundtrip(&scene.screen.client);
	lose(&scene);
	expect_shown(&scene, "the block that is gone");
	expect_int(count_pins(&scene), ==, 2);
	pool_picture_finish(shown);
	pool_picture_init(shown, &scene.pool, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	draw_frame(&scene);
	draw_frame(&scene);
	expect_shown(&scene, "the next frame");
	expect_int(count_pins(&scene), ==, 1);
	scene_finish(&scene);
}

// The DMA-BUF of what the window shows. Owned by the compositor.
static int get_dmabuf(const struct scene *scene) {
	struct wl_client *client = client_get_peer(&scene->screen.client);
	uint32_t id = wl_proxy_get_id((struct wl_proxy *)scene->window.surface);
	struct wlr_surface *surface = wlr_surface_from_resource(wl_client_get_object(client, id));
	struct wlr_dmabuf_attributes attributes;
	expect(surface->buffer != NULL && wlr_buffer_get_dmabuf(surface->buffer->source, &attributes));
	return attributes.fd[0];
}

TEST("gpu_lost@buffer-that-the-lost-gpu-still-reads-comes-back-when-its-fence-is-signaled") {
	struct scene scene;
	struct fence fence;
	init_headless(&scene);
	const struct picture *shown = &scene.pictures[scene.frames % 2].picture;
	int releases = shown->releases;
	fence_init(&fence, get_dmabuf(&scene));
	lose(&scene);
	expect_shown(&scene, "after the loss");
	draw_frame(&scene);
	expect_int(shown->releases, ==, releases);
	fence_finish(&fence);
	while (shown->releases == releases) {
		expect(client_pump(&scene.screen.client, 100));
	}
	expect_int(shown->releases, ==, releases + 1);
	scene_finish(&scene);
}

TEST("gpu_lost@dmabufs-of-clients-are-shown-again-and-can-be-made") {
	struct scene scene;
	struct udmabuf dmabuf;
	struct window window;
	init_headless(&scene);
	struct client *client = &scene.screen.client;
	struct zwp_linux_dmabuf_v1 *dmabufs = client_bind(client, &zwp_linux_dmabuf_v1_interface, 3);
	udmabuf_init(&dmabuf, PART * 4 * PART);
	memset(dmabuf.data, 0x40, dmabuf.size);
	struct udmabuf_plane plane = {.fd = dmabuf.fd, .stride = PART * 4};
	window_init(&window, &scene.screen, WINDOW_LAYER, PART, PART);
	struct wl_buffer *buffers[2];
	for (int i = 0; i < 2; i++) {
		buffers[i] = udmabuf_create_buffer(dmabufs, &plane, 1, DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_XRGB8888, PART, PART);
		window_commit(&window, buffers[i]);
		lose(&scene);
		struct image got;
		screen_capture(&scene.screen, 0, 0, PART, PART, &got);
		for (int k = 0; k < PART * PART; k++) {
			expect_int(got.pixels[k] & 0xffffff, ==, 0x404040);
		}
		image_finish(&got);
	}
	// The same formats on the same device: the same global.
	size_t count;
	client_find_global(client, zwp_linux_dmabuf_v1_interface.name, &count);
	expect_int(count, ==, 1);
	wl_buffer_destroy(buffers[0]);
	wl_buffer_destroy(buffers[1]);
	window_finish(&window);
	udmabuf_finish(&dmabuf);
	zwp_linux_dmabuf_v1_destroy(dmabufs);
	scene_finish(&scene);
}

TEST("gpu_lost@locked-session-stays-locked-and-is-shown-again") {
	struct scene scene;
	struct locker locker;
	init_headless(&scene);
	locker_init(&locker, &scene.server);
	locker_show(&locker, 1);
	for (int i = 0; i < LOSSES; i++) {
		lose(&scene);
		struct image got, wanted;
		image_init(&wanted, SIZE, SIZE);
		picture_draw(&locker.picture, &wanted, 0, 0);
		screen_capture(&scene.screen, 0, 0, SIZE, SIZE, &got);
		expect_image_of(&got, &wanted, "the lock surface");
		image_finish(&got);
		image_finish(&wanted);
	}
	expect(!locker.finished);
	locker_unlock(&locker);
	locker_finish(&locker);
	expect_shown(&scene, "unlocked");
	scene_finish(&scene);
}

TEST("gpu_lost@gpu-that-takes-a-while-is-tried-again") {
	struct scene scene;
	init_headless(&scene);
	add_parts(&scene);
	int before = reset_get_attempts();
	reset_gpu_failing(2);
	expect_shown(&scene, "after two attempts");
	expect_int(reset_get_attempts(), ==, before + 3);
	lose(&scene);
	expect_shown(&scene, "after another loss");
	finish_parts(&scene);
	scene_finish(&scene);
}

static bool offers_dmabufs(struct scene *scene) {
	struct client client;
	client_init(&client, &scene->server);
	bool is_offered = client_find_global(&client, zwp_linux_dmabuf_v1_interface.name, NULL) != NULL;
	client_finish(&client);
	return is_offered;
}

static void expect_fallback(struct scene *scene) {
	reset_gpu_failing(RENDERER_ATTEMPTS_MAX);
	expect_shown(scene, "without the GPU");
	expect(server_shows_in_place(&scene->server));
	for (int i = 0; i < 2; i++) {
		draw_frame(scene);
		expect_shown(scene, "frames without the GPU");
	}
	expect_int(count_pins(scene), ==, 0);
}

TEST("gpu_lost@gpu-that-never-returns-gives-way-to-pixman") {
	struct scene scene;
	struct udmabuf dmabuf;
	init_headless(&scene);
	add_parts(&scene);
	struct client *client = &scene.screen.client;
	struct zwp_linux_dmabuf_v1 *dmabufs = client_bind(client, &zwp_linux_dmabuf_v1_interface, 3);
	udmabuf_init(&dmabuf, PART * 4 * PART);
	struct udmabuf_plane plane = {.fd = dmabuf.fd, .stride = PART * 4};
	expect(offers_dmabufs(&scene));
	expect_fallback(&scene);
	expect(!offers_dmabufs(&scene));
	expect(udmabuf_try_buffer(client, dmabufs, &plane, 1, DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_XRGB8888, PART, PART) ==
			NULL);
	expect_alive(client);
	zwp_linux_dmabuf_v1_destroy(dmabufs);
	udmabuf_finish(&dmabuf);
	finish_parts(&scene);
	scene_finish(&scene);
}

// On the GPU with outputs.
static void init_devices(struct scene *scene, struct driver *driver, enum window_kind kind) {
	*scene = (struct scene){0};
	skip_without_gpu();
	setenv("WLR_DRM_DEVICES", card, true);
	driver_init(driver, card);
	server_init_devices(&scene->server);
	struct output *output = wl_container_of(scene->server.compositor->desktop->outputs.next, output, link);
	scene->width = output->wlr->width;
	scene->height = output->wlr->height;
	scene_init(scene, kind);
}

TEST("gpu_lost@output-shows-everything-again-without-a-commit-of-any-client") {
	struct scene scene;
	struct driver driver;
	init_devices(&scene, &driver, WINDOW_LAYER);
	add_parts(&scene);
	for (int i = 0; i < LOSSES; i++) {
		struct image wanted;
		lose(&scene);
		expect_shown(&scene, "after a loss");
		draw_wanted(&scene, &wanted);
		picture_draw(&scene.image, &wanted, scene.x, scene.y);
		expect_scanout(card, &wanted, "the output after a loss");
		image_finish(&wanted);
	}
	for (int i = 0; i < WARM_UP; i++) {
		draw_frame(&scene);
	}
	expect_shown(&scene, "frames after it");
	expect_int(count_pins(&scene), ==, 2);
	finish_parts(&scene);
	scene_finish(&scene);
	driver.renderers += LOSSES;
	driver_finish(&driver);
}

TEST("gpu_lost@window-that-was-sent-to-the-output-directly-is-again") {
	struct scene scene;
	struct driver driver;
	init_devices(&scene, &driver, WINDOW_FULLSCREEN);
	for (int i = 0; i < LOSSES; i++) {
		struct image wanted;
		int before = reset_get_attempts();
		reset_gpu();
		expect_shown(&scene, "the capture, which is drawn");
		expect_int(reset_get_attempts(), ==, before + 1);
		draw_frame(&scene);
		draw_frame(&scene);
		draw_wanted(&scene, &wanted);
		expect_scanout(card, &wanted, "the output");
		image_finish(&wanted);
	}
	expect_int(count_pins(&scene), ==, 2);
	scene_finish(&scene);
	driver.renderers += LOSSES;
	driver_finish(&driver);
}

TEST("gpu_lost@output-is-drawn-by-pixman-if-the-gpu-never-returns") {
	struct scene scene;
	struct driver driver;
	struct image wanted;
	init_devices(&scene, &driver, WINDOW_LAYER);
	expect_fallback(&scene);
	draw_wanted(&scene, &wanted);
	expect_scanout(card, &wanted, "the output");
	image_finish(&wanted);
	scene_finish(&scene);
	driver.renderers += RENDERER_ATTEMPTS_MAX;
	driver_finish(&driver);
}
