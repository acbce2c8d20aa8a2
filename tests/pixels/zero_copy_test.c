/*
 * A GPU reads clients' buffers with no copy: what is shown, what is copied, when the client has its buffer back, and
 * what a client can do about it. Needs the renderer gles2 and /dev/udmabuf; otherwise these tests are skipped.
 */
#include "fence.h"
#include "gl_calls.h"
#include "pool_stage.h"
#include "runner.h"
#include <compositor/server.h>
#include <errno.h>
#include <fcntl.h>
#include <lido/wlroots.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>

#define SIZE 512 // across and down: a MiB, which is worth an import
#define BYTES (SIZE * 4 * SIZE)
#define WARM_UP 14 // frames after which two buffers are imported for sure

struct fixture {
	struct pool_stage stage;
	struct pool_picture pictures[2];
	uint32_t frames;
};

static void set_mode(struct fixture *fixture, enum lido_zero_copy_mode mode) {
	lido_wlroots_set_zero_copy(fixture->stage.base.server.compositor->shm, mode);
}

static void fixture_init(struct fixture *fixture, const struct lido_limits *limits) {
	*fixture = (struct fixture){0};
	pool_stage_init(&fixture->stage, SIZE, limits);
	if (server_shows_in_place(&fixture->stage.base.server)) {
		skip("the renderer is pixman");
	}
	if (access("/dev/udmabuf", R_OK | W_OK) != 0) {
		skip("/dev/udmabuf: %s", strerror(errno));
	}
	set_mode(fixture, LIDO_ZERO_COPY_YES);
	for (int i = 0; i < 2; i++) {
		pool_picture_init(&fixture->pictures[i], &fixture->stage.pool, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	}
}

static void fixture_finish(struct fixture *fixture) {
	pool_picture_finish(&fixture->pictures[0]);
	pool_picture_finish(&fixture->pictures[1]);
	pool_stage_finish(&fixture->stage);
}

static void show(struct fixture *fixture, int i, const char *what) {
	pool_picture_fill(&fixture->pictures[i], ++fixture->frames);
	window_commit(&fixture->stage.window, fixture->pictures[i].picture.buffer);
	stage_expect(&fixture->stage.base, &fixture->pictures[i].picture, 0, 0, what);
}

static void play(struct fixture *fixture, int frames) {
	for (int i = 0; i < frames; i++) {
		show(fixture, i % 2, "a frame");
	}
}

static void note_stats(const struct lido_pool_stats *stats, void *data) {
	struct lido_pool_stats *sum = data;
	sum->pins += stats->pins;
	sum->bytes_pinned += stats->bytes_pinned;
	sum->bytes_read += stats->bytes_read;
	sum->buffers += stats->buffers;
}

static struct lido_pool_stats get_stats(struct fixture *fixture) {
	struct lido_pool_stats sum = {0};
	lido_manager_for_each_pool(fixture->stage.base.server.manager, note_stats, &sum);
	return sum;
}

// The DMA-BUF of what the window shows. Owned by the compositor.
static int get_dmabuf(struct fixture *fixture) {
	struct wl_client *client = client_get_peer(&fixture->stage.base.screen.client);
	uint32_t id = wl_proxy_get_id((struct wl_proxy *)fixture->stage.window.surface);
	struct wlr_surface *surface = wlr_surface_from_resource(wl_client_get_object(client, id));
	struct wlr_dmabuf_attributes attributes;
	expect(surface->buffer != NULL && wlr_buffer_get_dmabuf(surface->buffer->source, &attributes));
	return attributes.fd[0];
}

TEST("zero_copy@two-buffers-are-imported-once-and-never-copied") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	play(&fixture, WARM_UP);
	expect_int(get_stats(&fixture).pins, ==, 2);
	expect_int(get_stats(&fixture).bytes_pinned, ==, 2 * BYTES);
	int64_t read = get_stats(&fixture).bytes_read, uploaded = gl_calls.uploaded;
	int images = gl_calls.images;
	for (int i = 0; i < 100; i++) {
		pool_picture_fill(&fixture.pictures[i % 2], ++fixture.frames);
		window_commit(&fixture.stage.window, fixture.pictures[i % 2].picture.buffer);
		window_show(&fixture.stage.window);
	}
	expect_int(get_stats(&fixture).bytes_read - read, ==, 0);
	expect_int(gl_calls.uploaded - uploaded, ==, 0);
	expect_int(gl_calls.images - images, ==, 0);
	play(&fixture, 4);
	fixture_finish(&fixture);
}

TEST("zero_copy@buffer-comes-back-when-the-next-one-replaces-it") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	play(&fixture, WARM_UP);
	for (int i = 0; i < 6; i++) {
		int own = fixture.pictures[i % 2].picture.releases, other = fixture.pictures[(i + 1) % 2].picture.releases;
		show(&fixture, i % 2, "a frame");
		expect_int(fixture.pictures[i % 2].picture.releases, ==, own);
		expect_int(fixture.pictures[(i + 1) % 2].picture.releases, ==, other + 1);
	}
	fixture_finish(&fixture);
}

TEST("zero_copy@small-damage-is-uploaded-and-the-buffer-released-at-once") {
	struct fixture fixture;
	struct picture *picture = &fixture.pictures[0].picture;
	fixture_init(&fixture, NULL);
	play(&fixture, WARM_UP);
	for (int32_t i = 0; i < 4; i++) {
		int releases = picture->releases;
		pool_picture_fill_box(&fixture.pictures[0], 10 * i, 20 * i, 30, 40, 1000 + (uint32_t)i);
		if (i == 0) {
			pool_picture_fill(&fixture.pictures[0], 999);
		}
		int64_t uploaded = gl_calls.uploaded;
		window_commit_box(&fixture.stage.window, picture->buffer, 10 * i, 20 * i, 30, 40);
		expect_int(picture->releases, ==, releases + 1);
		stage_expect(&fixture.stage.base, picture, 0, 0, "a box");
		expect_int(gl_calls.uploaded - uploaded, ==, i == 0 ? BYTES : 30 * 40 * 4);
	}
	expect_int(get_stats(&fixture).pins, ==, 1);
	window_commit_box(&fixture.stage.window, fixture.pictures[1].picture.buffer, 0, 0, 1, 1);
	expect_int(get_stats(&fixture).pins, ==, 0);
	play(&fixture, WARM_UP);
	expect_int(get_stats(&fixture).pins, ==, 2);
	fixture_finish(&fixture);
}

TEST("zero_copy@client-with-one-buffer-gets-it-back-and-nothing-is-pinned") {
	struct fixture fixture;
	struct picture *picture = &fixture.pictures[0].picture;
	fixture_init(&fixture, NULL);
	for (int i = 0; i < 100; i++) {
		pool_picture_fill(&fixture.pictures[0], ++fixture.frames);
		window_commit(&fixture.stage.window, picture->buffer);
		while (picture->releases <= i) {
			expect(client_pump(&fixture.stage.base.screen.client, 100));
		}
		expect_int(picture->releases, ==, i + 1);
	}
	stage_expect(&fixture.stage.base, picture, 0, 0, "the last frame");
	expect_int(get_stats(&fixture).pins, ==, 0);
	expect_int(gl_calls.images, <, 10);
	fixture_finish(&fixture);
}

TEST("zero_copy@client-with-a-new-buffer-for-each-frame-pins-nothing") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	for (uint32_t i = 0; i < 40; i++) {
		struct pool_picture picture;
		pool_picture_init(&picture, &fixture.stage.pool, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
		pool_picture_fill(&picture, i);
		window_commit(&fixture.stage.window, picture.picture.buffer);
		stage_expect(&fixture.stage.base, &picture.picture, 0, 0, "a frame");
		expect_int(get_stats(&fixture).pins, ==, 0);
		pool_picture_finish(&picture);
	}
	fixture_finish(&fixture);
}

TEST("zero_copy@client-that-does-not-wait-for-its-release-is-shown") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	play(&fixture, WARM_UP);
	for (int i = 0; i < 20; i++) {
		show(&fixture, 0, "the same buffer");
	}
	play(&fixture, WARM_UP);
	fixture_finish(&fixture);
}

TEST("zero_copy@off-means-that-nothing-is-pinned") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	set_mode(&fixture, LIDO_ZERO_COPY_NO);
	play(&fixture, WARM_UP);
	expect_int(get_stats(&fixture).pins, ==, 0);
	fixture_finish(&fixture);
}

TEST("zero_copy@software-renderers-are-left-out-unless-asked-for") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	set_mode(&fixture, LIDO_ZERO_COPY_AUTO);
	expect_string(getenv("WLR_RENDERER_ALLOW_SOFTWARE"), "1");
	play(&fixture, WARM_UP);
	expect_int(get_stats(&fixture).pins, ==, 0);
	fixture_finish(&fixture);
}

TEST("zero_copy@other-layouts-are-uploaded") {
	struct fixture fixture;
	struct pool_picture pictures[2];
	fixture_init(&fixture, NULL);
	for (int i = 0; i < 2; i++) {
		pool_picture_init(&pictures[i], &fixture.stage.pool, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4 + 64);
	}
	for (int i = 0; i < WARM_UP; i++) {
		pool_picture_fill(&pictures[i % 2], ++fixture.frames);
		window_commit(&fixture.stage.window, pictures[i % 2].picture.buffer);
		stage_expect(&fixture.stage.base, &pictures[i % 2].picture, 0, 0, "a frame");
	}
	expect_int(get_stats(&fixture).pins, ==, 0);
	pool_picture_finish(&pictures[0]);
	pool_picture_finish(&pictures[1]);
	fixture_finish(&fixture);
}

TEST("zero_copy@import-that-fails-is-not-tried-again") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	play(&fixture, 4);
	int images = gl_calls.images;
	gl_calls.fails = true;
	play(&fixture, WARM_UP);
	expect_int(gl_calls.images, ==, images + 1);
	gl_calls.fails = false;
	play(&fixture, WARM_UP);
	expect_int(gl_calls.images, ==, images + 1);
	expect_int(get_stats(&fixture).pins, ==, 0);
	fixture_finish(&fixture);
}

TEST("zero_copy@beyond-the-limit-buffers-are-uploaded") {
	struct fixture fixture;
	struct lido_limits limits = lido_limits_default();
	limits.pinned_bytes_max = BYTES + BYTES / 2;
	fixture_init(&fixture, &limits);
	play(&fixture, 2 * WARM_UP);
	expect_int(get_stats(&fixture).bytes_pinned, ==, BYTES);
	fixture_finish(&fixture);
}

TEST("zero_copy@buffer-destroyed-while-shown-stays-shown") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	play(&fixture, WARM_UP);
	pool_picture_drop_block(&fixture.pictures[1]);
	pool_picture_drop_buffer(&fixture.pictures[1]);
	struct pool_picture other;
	pool_picture_init(&other, &fixture.stage.pool, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	pool_picture_fill(&other, 12345);
	expect(other.block.offset != fixture.pictures[1].block.offset);
	stage_expect(&fixture.stage.base, &fixture.pictures[1].picture, 0, 0, "the destroyed buffer");
	expect_int(get_stats(&fixture).pins, ==, 2);
	window_commit(&fixture.stage.window, other.picture.buffer);
	stage_expect(&fixture.stage.base, &other.picture, 0, 0, "its successor");
	client_roundtrip(&fixture.stage.base.screen.client);
	expect_int(get_stats(&fixture).pins, ==, 1);
	pool_picture_finish(&other);
	fixture_finish(&fixture);
}

TEST("zero_copy@nothing-stays-pinned-after-the-client") {
	struct fixture fixture;
	struct screen screen;
	struct pool_client pool;
	struct window window;
	struct pool_picture pictures[2];
	fixture_init(&fixture, NULL);
	screen_init(&screen, &fixture.stage.base.server);
	pool_client_init(&pool, &screen.client, 0);
	window_init(&window, &screen, WINDOW_LAYER, SIZE, SIZE);
	for (int i = 0; i < 2; i++) {
		pool_picture_init(&pictures[i], &pool, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	}
	for (int i = 0; i < WARM_UP; i++) {
		pool_picture_fill(&pictures[i % 2], (uint32_t)i);
		window_commit(&window, pictures[i % 2].picture.buffer);
		window_show(&window);
	}
	expect_int(get_stats(&fixture).pins, ==, 2);
	pool_picture_finish(&pictures[0]);
	pool_picture_finish(&pictures[1]);
	window_finish(&window);
	pool_client_finish(&pool);
	screen_finish(&screen);
	play(&fixture, 1);
	expect_int(get_stats(&fixture).pins, ==, 0);
	fixture_finish(&fixture);
}

TEST("zero_copy@buffer-comes-back-only-when-the-gpu-has-finished") {
	struct fixture fixture;
	struct fence fence;
	fixture_init(&fixture, NULL);
	play(&fixture, WARM_UP);
	int releases = fixture.pictures[1].picture.releases;
	fence_init(&fence, get_dmabuf(&fixture));
	show(&fixture, 0, "the next frame");
	for (int i = 0; i < 10; i++) {
		client_roundtrip(&fixture.stage.base.screen.client);
	}
	expect_int(fixture.pictures[1].picture.releases, ==, releases);
	fence_finish(&fence);
	while (fixture.pictures[1].picture.releases == releases) {
		expect(client_pump(&fixture.stage.base.screen.client, 100));
	}
	expect_int(fixture.pictures[1].picture.releases, ==, releases + 1);
	play(&fixture, 5);
	fixture_finish(&fixture);
}

TEST("zero_copy@buffer-committed-while-the-gpu-reads-is-shown-and-released-later") {
	struct fixture fixture;
	struct fence fence;
	fixture_init(&fixture, NULL);
	play(&fixture, WARM_UP);
	int releases = fixture.pictures[1].picture.releases;
	fence_init(&fence, get_dmabuf(&fixture));
	show(&fixture, 0, "the next frame");
	show(&fixture, 1, "the buffer that the GPU reads");
	expect_int(fixture.pictures[1].picture.releases, ==, releases);
	fence_finish(&fence);
	show(&fixture, 0, "the next frame");
	expect_int(fixture.pictures[1].picture.releases, ==, releases + 1);
	fixture_finish(&fixture);
}

TEST("zero_copy@buffer-uploaded-while-the-gpu-reads-it-comes-back-later-too") {
	struct fixture fixture;
	struct fence fence;
	fixture_init(&fixture, NULL);
	play(&fixture, WARM_UP);
	int releases = fixture.pictures[1].picture.releases;
	fence_init(&fence, get_dmabuf(&fixture));
	window_commit_box(&fixture.stage.window, fixture.pictures[1].picture.buffer, 0, 0, 1, 1);
	expect_int(fixture.pictures[1].picture.releases, ==, releases);
	fence_finish(&fence);
	while (fixture.pictures[1].picture.releases == releases) {
		expect(client_pump(&fixture.stage.base.screen.client, 100));
	}
	fixture_finish(&fixture);
}

TEST("zero_copy@memory-goes-to-no-other-block-while-the-gpu-reads") {
	struct fixture fixture;
	struct fence fence;
	fixture_init(&fixture, NULL);
	play(&fixture, WARM_UP);
	fence_init(&fence, get_dmabuf(&fixture));
	show(&fixture, 0, "the next frame");
	uint32_t offset = fixture.pictures[1].block.offset;
	pool_picture_drop_block(&fixture.pictures[1]);
	pool_picture_drop_buffer(&fixture.pictures[1]);
	client_roundtrip(&fixture.stage.base.screen.client);
	expect_int(get_stats(&fixture).pins, ==, 2);
	struct pool_picture other;
	pool_picture_init(&other, &fixture.stage.pool, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	expect(other.block.offset != offset);
	pool_picture_finish(&other);
	fence_finish(&fence);
	while (get_stats(&fixture).pins > 1) {
		expect(client_pump(&fixture.stage.base.screen.client, 100));
	}
	fixture_finish(&fixture);
}

TEST("zero_copy@compositor-ends-while-the-gpu-reads") {
	struct fixture fixture;
	struct fence fence;
	fixture_init(&fixture, NULL);
	play(&fixture, WARM_UP);
	fence_init(&fence, get_dmabuf(&fixture));
	show(&fixture, 0, "the next frame");
	pool_picture_drop_block(&fixture.pictures[1]);
	pool_picture_drop_buffer(&fixture.pictures[1]);
	fixture_finish(&fixture);
	fence_finish(&fence);
}

TEST("zero_copy@client-ends-while-the-gpu-reads") {
	struct fixture fixture;
	struct fence fence;
	fixture_init(&fixture, NULL);
	play(&fixture, WARM_UP);
	fence_init(&fence, get_dmabuf(&fixture));
	show(&fixture, 0, "the next frame");
	pool_picture_finish(&fixture.pictures[0]);
	pool_picture_finish(&fixture.pictures[1]);
	window_finish(&fixture.stage.window);
	pool_client_finish(&fixture.stage.pool);
	screen_finish(&fixture.stage.base.screen);
	server_dispatch(&fixture.stage.base.server, 0);
	fence_finish(&fence);
	server_finish(&fixture.stage.base.server);
	image_finish(&fixture.stage.base.background);
}

TEST("zero_copy@punched-grown-and-torn-pictures-are-the-clients-own-loss") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	play(&fixture, WARM_UP);
	const struct pool_picture *picture = &fixture.pictures[1];
	int fd = picture->block.area->fd;
	// The GPU sees the pages that the file had.
	expect_int(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, picture->block.offset, BYTES), ==, 0);
	stage_expect(&fixture.stage.base, &picture->picture, 0, 0, "a punched frame");
	// It reads whatever is written; nobody else is harmed.
	for (int i = 0; i < 10; i++) {
		memset(fixture.pictures[0].pixels, i, BYTES);
		struct image image;
		stage_capture(&fixture.stage.base, &image);
		image_finish(&image);
	}
	expect_alive(&fixture.stage.base.screen.client);
	expect_int(ftruncate(fd, picture->block.area->size + (1 << 20)), ==, 0);
	wl_surface_attach(fixture.stage.window.surface, fixture.pictures[0].picture.buffer, 0, 0);
	wl_surface_commit(fixture.stage.window.surface);
	expect(!client_try_roundtrip(&fixture.stage.base.screen.client));
	expect_contains(fixture.stage.base.screen.client.error, "file changed");
	struct screen other;
	screen_init(&other, &fixture.stage.base.server);
	expect_alive(&other.client);
	screen_finish(&other);
	fixture_finish(&fixture);
}

enum {
	WINDOWS = 12
};

// A client with many windows, each with two buffers that are worth an import.
struct greedy {
	struct screen screen;
	struct pool_client pool;
	struct window windows[WINDOWS];
	struct pool_picture pictures[WINDOWS][2];
};

static void greedy_init(struct greedy *greedy, struct server *server) {
	screen_init(&greedy->screen, server);
	pool_client_init(&greedy->pool, &greedy->screen.client, 0);
	for (int i = 0; i < WINDOWS; i++) {
		window_init(&greedy->windows[i], &greedy->screen, WINDOW_LAYER, SIZE, SIZE);
		for (int j = 0; j < 2; j++) {
			pool_picture_init(&greedy->pictures[i][j], &greedy->pool, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
			memset(greedy->pictures[i][j].pixels, 0x40 + i, BYTES);
		}
	}
	for (int frame = 0; frame < WARM_UP; frame++) {
		for (int i = 0; i < WINDOWS; i++) {
			window_commit(&greedy->windows[i], greedy->pictures[i][frame % 2].picture.buffer);
		}
	}
}

static void greedy_finish(struct greedy *greedy) {
	for (int i = 0; i < WINDOWS; i++) {
		pool_picture_finish(&greedy->pictures[i][0]);
		pool_picture_finish(&greedy->pictures[i][1]);
		window_finish(&greedy->windows[i]);
	}
	pool_client_finish(&greedy->pool);
	screen_finish(&greedy->screen);
}

TEST("zero_copy@client-with-many-buffers-pins-its-limit-and-leaves-the-others-theirs") {
	struct fixture fixture;
	struct lido_limits limits = lido_limits_default();
	limits.pinned_bytes_max = 9 * BYTES;
	fixture_init(&fixture, &limits);
	struct greedy *greedy = calloc(1, sizeof(*greedy));
	greedy_init(greedy, &fixture.stage.base.server);
	expect_int(get_stats(&fixture).bytes_pinned, ==, 9 * BYTES);
	expect_alive(&greedy->screen.client);
	// The windows of the other one cover this one's.
	for (int i = 0; i < WARM_UP; i++) {
		pool_picture_fill(&fixture.pictures[i % 2], ++fixture.frames);
		window_commit(&fixture.stage.window, fixture.pictures[i % 2].picture.buffer);
	}
	expect_int(get_stats(&fixture).bytes_pinned, ==, 11 * BYTES);
	greedy_finish(greedy);
	free(greedy);
	fixture_finish(&fixture);
}

// Shows frames in files of the client's own, which are on a stage without pool pictures.
static void play_files(struct fixture *fixture, struct picture *pictures, int frames) {
	for (int i = 0; i < frames; i++) {
		picture_fill(&pictures[i % 2], ++fixture->frames);
		window_commit(&fixture->stage.window, pictures[i % 2].buffer);
		stage_expect(&fixture->stage.base, &pictures[i % 2], 0, 0, "a frame in a file");
	}
}

TEST("zero_copy@sealed-files-of-stock-clients-are-read-with-no-copy-too") {
	for (enum file_kind kind = FILE_SEALABLE; kind <= FILE_UNSEALABLE; kind++) {
		struct fixture fixture;
		struct picture pictures[2];
		fixture_init(&fixture, NULL);
		for (int i = 0; i < 2; i++) {
			picture_init(&pictures[i], &fixture.stage.base.screen.client, kind, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE,
					SIZE * 4);
		}
		play_files(&fixture, pictures, WARM_UP);
		expect_int(get_stats(&fixture).pins, ==, FILE_KIND_IS_SEALABLE(kind) ? 2 : 0);
		int64_t uploaded = gl_calls.uploaded;
		play_files(&fixture, pictures, 4);
		expect_int(gl_calls.uploaded - uploaded, ==, FILE_KIND_IS_SEALABLE(kind) ? 0 : 4 * BYTES);
		picture_finish(&pictures[0]);
		picture_finish(&pictures[1]);
		fixture_finish(&fixture);
	}
}

TEST("zero_copy@file-that-lost-pages-and-was-drawn-anew-is-shown") {
	struct fixture fixture;
	struct picture pictures[2];
	fixture_init(&fixture, NULL);
	for (int i = 0; i < 2; i++) {
		picture_init(&pictures[i], &fixture.stage.base.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE,
				SIZE * 4);
	}
	play_files(&fixture, pictures, WARM_UP);
	for (int i = 0; i < 4; i++) {
		expect_int(fallocate(pictures[i % 2].fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, BYTES / 2), ==, 0);
		// The compositor sees that at the next commit, if the file has fewer pages then.
		window_commit(&fixture.stage.window, pictures[i % 2].buffer);
		play_files(&fixture, pictures, 6);
	}
	expect_int(get_stats(&fixture).pins, ==, 2);
	picture_finish(&pictures[0]);
	picture_finish(&pictures[1]);
	fixture_finish(&fixture);
}

TEST("zero_copy@withheld-buffer-comes-back-when-the-window-shows-nothing") {
	struct fixture fixture;
	struct picture *picture = &fixture.pictures[0].picture;
	fixture_init(&fixture, NULL);
	for (int i = 0;; i++) {
		expect_int(i, <, 20);
		pool_picture_fill(&fixture.pictures[0], ++fixture.frames);
		window_commit(&fixture.stage.window, picture->buffer);
		if (picture->releases == i) {
			// This one is withheld.
			wl_surface_attach(fixture.stage.window.surface, NULL, 0, 0);
			wl_surface_commit(fixture.stage.window.surface);
			client_roundtrip(&fixture.stage.base.screen.client);
			expect_int(picture->releases, ==, i + 1);
			break;
		}
	}
	fixture_finish(&fixture);
}

// wlroots makes textures of what a synchronized subsurface has committed only when its parent commits.
TEST("zero_copy@synchronized-subsurface-is-shown-with-its-parent") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	struct screen *screen = &fixture.stage.base.screen;
	struct picture background;
	picture_init(&background, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	picture_fill(&background, 1);
	window_commit(&fixture.stage.window, background.buffer);
	struct wl_surface *child = wl_compositor_create_surface(screen->compositor);
	struct wl_subsurface *role =
			wl_subcompositor_get_subsurface(screen->subcompositor, child, fixture.stage.window.surface);
	for (int i = 0; i < 2 * WARM_UP; i++) {
		struct pool_picture *picture = &fixture.pictures[i % 2];
		struct image before, during;
		stage_capture(&fixture.stage.base, &before);
		pool_picture_fill(picture, ++fixture.frames);
		wl_surface_attach(child, picture->picture.buffer, 0, 0);
		wl_surface_damage_buffer(child, 0, 0, SIZE, SIZE);
		wl_surface_commit(child);
		stage_capture(&fixture.stage.base, &during);
		expect_image_of(&during, &before, "before the parent's commit");
		image_finish(&during);
		image_finish(&before);
		wl_surface_commit(fixture.stage.window.surface);
		stage_expect(&fixture.stage.base, &picture->picture, 0, 0, "after the parent's commit");
	}
	expect_int(get_stats(&fixture).pins, ==, 2);
	wl_subsurface_destroy(role);
	wl_surface_destroy(child);
	picture_finish(&background);
	fixture_finish(&fixture);
}
