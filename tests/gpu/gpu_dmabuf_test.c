/*
 * DMA-BUFs of clients, on a headless output: what is shown, and what hostile clients can do with them. Each attack ends
 * with a witness, another client whose frames must go on and look right.
 */
#include "fence.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "picture.h"
#include "runner.h"
#include "screen.h"
#include "server.h"
#include "udmabuf.h"
#include "window.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"
#include <compositor/account.h>
#include <compositor/clients.h>
#include <compositor/surface.h>
#include <drm_fourcc.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SIZE 256 // of each window; the attacker's is at 0,0, and the witness' beside it
#define STRIDE (SIZE * 4)
#define BYTES ((size_t)STRIDE * SIZE)
#define PATIENCE_MS 3000 // the kernel signals forgotten fences after ten seconds

struct party {
	struct screen screen;
	struct window window;
};

struct fixture {
	struct server server;
	struct party witness, attacker;
	struct picture picture; // of the witness
	uint32_t frames;
	struct zwp_linux_dmabuf_v1 *dmabufs;
};

static int64_t get_ms(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000) + time.tv_nsec / 1000000;
}

static void attacker_init(struct fixture *fixture) {
	screen_init(&fixture->attacker.screen, &fixture->server);
	fixture->dmabufs = client_bind(&fixture->attacker.screen.client, &zwp_linux_dmabuf_v1_interface, 3);
	window_init(&fixture->attacker.window, &fixture->attacker.screen, WINDOW_LAYER, SIZE, SIZE);
}

// Also after the server has ended it.
static void attacker_finish(struct fixture *fixture) {
	window_finish(&fixture->attacker.window);
	zwp_linux_dmabuf_v1_destroy(fixture->dmabufs);
	screen_finish(&fixture->attacker.screen);
}

static void fixture_init(struct fixture *fixture) {
	*fixture = (struct fixture){0};
	if (getenv("LIDO_VKMS") == NULL) {
		skip("LIDO_VKMS names no GPU: run it by ./dev test --gpu");
	}
	server_take_dmabufs();
	server_init_compositor(&fixture->server, 2 * SIZE, SIZE, NULL);
	screen_init(&fixture->witness.screen, &fixture->server);
	window_init(&fixture->witness.window, &fixture->witness.screen, WINDOW_LAYER, SIZE, SIZE);
	zwlr_layer_surface_v1_set_margin(fixture->witness.window.layer_surface, 0, 0, 0, SIZE);
	picture_init(&fixture->picture, &fixture->witness.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE,
			STRIDE);
	attacker_init(fixture);
}

// The witness draws three frames, and sees each of them.
static void expect_witness(struct fixture *fixture) {
	struct window *window = &fixture->witness.window;
	for (int i = 0; i < 3; i++) {
		int64_t start = get_ms();
		picture_fill(&fixture->picture, ++fixture->frames);
		window_commit(window, fixture->picture.buffer);
		window_show(window);
		struct image got, wanted;
		image_init(&wanted, SIZE, SIZE);
		picture_draw(&fixture->picture, &wanted, 0, 0);
		screen_capture(&fixture->witness.screen, SIZE, 0, SIZE, SIZE, &got);
		expect_image_of(&got, &wanted, "the witness");
		image_finish(&got);
		image_finish(&wanted);
		expect_int(get_ms() - start, <, PATIENCE_MS);
	}
}

static void fixture_finish(struct fixture *fixture) {
	expect_witness(fixture);
	attacker_finish(fixture);
	expect_witness(fixture);
	picture_finish(&fixture->picture);
	window_finish(&fixture->witness.window);
	screen_finish(&fixture->witness.screen);
	server_finish(&fixture->server);
}

// The attacker was ended, with an error that has this text. Another one takes its place.
static void expect_ended(struct fixture *fixture, const char *text) {
	expect(!client_try_roundtrip(&fixture->attacker.screen.client));
	expect_contains(fixture->attacker.screen.client.error, text);
	expect_witness(fixture);
	attacker_finish(fixture);
	attacker_init(fixture);
}

static void fill(struct udmabuf *dmabuf, uint32_t seed) {
	uint32_t *pixels = (uint32_t *)(void *)dmabuf->data;
	for (uint32_t i = 0; i < dmabuf->size / 4; i++) {
		pixels[i] = (i * 2654435761u + seed * 40503u) ^ (i >> 8);
	}
}

static struct wl_buffer *create_buffer(struct fixture *fixture, const struct udmabuf *dmabuf) {
	struct udmabuf_plane plane = {dmabuf->fd, 0, STRIDE};
	return udmabuf_create_buffer(fixture->dmabufs, &plane, 1, DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_XRGB8888, SIZE, SIZE);
}

static void create_buffers(
		struct fixture *fixture, struct udmabuf *dmabufs, struct wl_buffer **buffers, uint32_t buffers_len) {
	for (uint32_t i = 0; i < buffers_len; i++) {
		udmabuf_init(&dmabufs[i], BYTES);
		buffers[i] = create_buffer(fixture, &dmabufs[i]);
		fill(&dmabufs[i], i);
	}
}

static void destroy_buffers(struct udmabuf *dmabufs, struct wl_buffer **buffers, uint32_t buffers_len) {
	for (uint32_t i = 0; i < buffers_len; i++) {
		wl_buffer_destroy(buffers[i]);
		udmabuf_finish(&dmabufs[i]);
	}
}

static void commit(struct fixture *fixture, struct wl_buffer *buffer) {
	window_commit(&fixture->attacker.window, buffer);
}

// Takes a picture of the attacker's window.
static void capture(struct fixture *fixture, struct image *image) {
	screen_capture(&fixture->witness.screen, 0, 0, SIZE, SIZE, image);
}

static void expect_pixels(
		struct fixture *fixture, const uint8_t *data, uint32_t format, int32_t stride, const char *what) {
	struct image got, wanted;
	image_init(&wanted, SIZE, SIZE);
	image_draw(&wanted, 0, 0, format, data, SIZE, SIZE, stride);
	capture(fixture, &got);
	expect_image_of(&got, &wanted, what);
	image_finish(&got);
	image_finish(&wanted);
}

static void expect_shown(struct fixture *fixture, const struct udmabuf *dmabuf, const char *what) {
	expect_pixels(fixture, dmabuf->data, DRM_FORMAT_XRGB8888, STRIDE, what);
}

TEST("gpu_dmabuf@picture-is-shown") {
	struct fixture fixture;
	struct udmabuf dmabufs[2];
	struct wl_buffer *buffers[2];
	fixture_init(&fixture);
	create_buffers(&fixture, dmabufs, buffers, 2);
	for (uint32_t i = 0; i < 10; i++) {
		fill(&dmabufs[i % 2], i);
		commit(&fixture, buffers[i % 2]);
		expect_shown(&fixture, &dmabufs[i % 2], "a frame");
	}
	destroy_buffers(dmabufs, buffers, 2);
	fixture_finish(&fixture);
}

TEST("gpu_dmabuf@offset-stride-and-format-are-followed") {
	static const uint32_t formats[] = {
		DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_XBGR8888, DRM_FORMAT_ABGR8888, DRM_FORMAT_RGB565};
	struct fixture fixture;
	struct udmabuf dmabuf;
	fixture_init(&fixture);
	udmabuf_init(&dmabuf, 3 * BYTES);
	fill(&dmabuf, 1);
	for (size_t i = 0; i < 2 * sizeof(formats) / sizeof(formats[0]); i++) {
		struct udmabuf_plane plane = {dmabuf.fd, i % 2 == 0 ? 0 : 8192, STRIDE + 256};
		uint32_t format = formats[i / 2];
		if (format == DRM_FORMAT_ARGB8888 || format == DRM_FORMAT_ABGR8888) {
			// Premultiplied: opaque.
			for (size_t j = 3; j < dmabuf.size; j += 4) {
				dmabuf.data[j] = 0xff;
			}
		}
		struct wl_buffer *buffer = udmabuf_try_buffer(
				&fixture.attacker.screen.client, fixture.dmabufs, &plane, 1, DRM_FORMAT_MOD_LINEAR, format, SIZE, SIZE);
		expect(buffer != NULL);
		commit(&fixture, buffer);
		expect_pixels(&fixture, dmabuf.data + plane.offset, format, (int32_t)plane.stride, "a format");
		wl_buffer_destroy(buffer);
	}
	udmabuf_finish(&dmabuf);
	fixture_finish(&fixture);
}

TEST("gpu_dmabuf@writes-punches-and-growth-are-the-clients-own-loss") {
	struct fixture fixture;
	struct udmabuf dmabuf;
	fixture_init(&fixture);
	udmabuf_init(&dmabuf, BYTES);
	fill(&dmabuf, 1);
	struct wl_buffer *buffer = create_buffer(&fixture, &dmabuf);
	commit(&fixture, buffer);
	for (uint32_t i = 0; i < 10; i++) {
		struct image image;
		fill(&dmabuf, 100 + i);
		capture(&fixture, &image);
		image_finish(&image);
	}
	commit(&fixture, buffer);
	expect_shown(&fixture, &dmabuf, "after writing");
	// The kernel does not let a file that has a udmabuf be cut.
	expect_int(ftruncate(dmabuf.memfd, 0), ==, -1);
	expect_int(ftruncate(dmabuf.memfd, (off_t)(2 * BYTES)), ==, 0);
	commit(&fixture, buffer);
	expect_shown(&fixture, &dmabuf, "after growing");
	// The DMA-BUF keeps the pages that it had.
	uint8_t *kept = malloc(BYTES);
	memcpy(kept, dmabuf.data, BYTES);
	expect_int(fallocate(dmabuf.memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)BYTES), ==, 0);
	commit(&fixture, buffer);
	expect_pixels(&fixture, kept, DRM_FORMAT_XRGB8888, STRIDE, "after punching");
	free(kept);
	wl_buffer_destroy(buffer);
	udmabuf_finish(&dmabuf);
	fixture_finish(&fixture);
}

TEST("gpu_dmabuf@file-closed-and-buffer-destroyed-while-shown-stay-shown") {
	struct fixture fixture;
	struct udmabuf dmabuf;
	fixture_init(&fixture);
	udmabuf_init(&dmabuf, BYTES);
	fill(&dmabuf, 1);
	struct wl_buffer *buffer = create_buffer(&fixture, &dmabuf);
	commit(&fixture, buffer);
	close(dmabuf.fd);
	dmabuf.fd = -1;
	wl_buffer_destroy(buffer);
	client_roundtrip(&fixture.attacker.screen.client);
	expect_shown(&fixture, &dmabuf, "a destroyed buffer");
	udmabuf_finish(&dmabuf);
	fixture_finish(&fixture);
}

// One layout that must be refused.
struct wrong {
	const char *error; // NULL: the failed event will do
	struct udmabuf_plane planes[4];
	size_t planes_len;
	uint64_t modifier;
	uint32_t format;
	int32_t width, height;
};

static void expect_refused(struct fixture *fixture, const struct wrong *wrong) {
	struct client *client = &fixture->attacker.screen.client;
	struct wl_buffer *buffer = udmabuf_try_buffer(client, fixture->dmabufs, wrong->planes, wrong->planes_len,
			wrong->modifier, wrong->format, wrong->width, wrong->height);
	if (buffer != NULL) {
		// It was not refused, so it must be harmless.
		commit(fixture, buffer);
		expect_witness(fixture);
		wl_buffer_destroy(buffer);
		fail("a layout was not refused: %s", wrong->error);
	}
	if (wrong->error != NULL) {
		expect_ended(fixture, wrong->error);
	}
}

TEST("gpu_dmabuf@layouts-beyond-the-file-are-refused") {
	struct fixture fixture;
	struct udmabuf dmabuf;
	fixture_init(&fixture);
	udmabuf_init(&dmabuf, BYTES);
	int fd = dmabuf.fd;
	const struct wrong all[] = {
		{"offset", {{fd, BYTES + 1, STRIDE}}, 1, 0, DRM_FORMAT_XRGB8888, SIZE, SIZE},
		{"", {{fd, 4096, STRIDE}}, 1, 0, DRM_FORMAT_XRGB8888, SIZE, SIZE},
		{"stride", {{fd, 0, 0}}, 1, 0, DRM_FORMAT_XRGB8888, SIZE, SIZE},
		{"", {{fd, 0, 2 * STRIDE}}, 1, 0, DRM_FORMAT_XRGB8888, SIZE, SIZE},
		{"", {{fd, 0, STRIDE}}, 1, 0, DRM_FORMAT_XRGB8888, SIZE, SIZE + 1},
		{"overflow", {{fd, UINT32_MAX, STRIDE}}, 1, 0, DRM_FORMAT_XRGB8888, SIZE, SIZE},
		{"overflow", {{fd, 0, UINT32_MAX}}, 1, 0, DRM_FORMAT_XRGB8888, SIZE, SIZE},
		{"", {{fd, 0, 1u << 31}}, 1, 0, DRM_FORMAT_XRGB8888, SIZE, 2},
		{"invalid width", {{fd, 0, STRIDE}}, 1, 0, DRM_FORMAT_XRGB8888, 0, SIZE},
		{"invalid width", {{fd, 0, STRIDE}}, 1, 0, DRM_FORMAT_XRGB8888, SIZE, -SIZE},
	};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		expect_refused(&fixture, &all[i]);
	}
	udmabuf_finish(&dmabuf);
	fixture_finish(&fixture);
}

// A stride that is less than a row, and others that a GPU cannot read. All lie within the file.
TEST("gpu_dmabuf@odd-layouts-are-refused-or-harmless") {
	struct fixture fixture;
	struct udmabuf dmabuf;
	fixture_init(&fixture);
	udmabuf_init(&dmabuf, 2 * BYTES);
	fill(&dmabuf, 1);
	static const uint32_t strides[] = {1, 3, 4, STRIDE / 2, STRIDE - 1, STRIDE + 1, STRIDE + 3, 2 * STRIDE};
	static const uint32_t offsets[] = {0, 1, 3, 4, 4095};
	struct client *client = &fixture.attacker.screen.client;
	for (size_t i = 0; i < sizeof(strides) / sizeof(strides[0]); i++) {
		for (size_t j = 0; j < sizeof(offsets) / sizeof(offsets[0]); j++) {
			struct udmabuf_plane plane = {dmabuf.fd, offsets[j], strides[i]};
			int32_t height = strides[i] > STRIDE ? SIZE - 8 : SIZE;
			struct wl_buffer *buffer = udmabuf_try_buffer(
					client, fixture.dmabufs, &plane, 1, DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_XRGB8888, SIZE, height);
			if (buffer != NULL) {
				commit(&fixture, buffer);
				expect_witness(&fixture);
				wl_buffer_destroy(buffer);
			} else {
				expect_alive(client);
			}
		}
	}
	udmabuf_finish(&dmabuf);
	fixture_finish(&fixture);
}

TEST("gpu_dmabuf@formats-and-modifiers-that-the-gpu-lacks-are-refused") {
	struct fixture fixture;
	struct udmabuf dmabuf;
	fixture_init(&fixture);
	udmabuf_init(&dmabuf, 4 * BYTES);
	int fd = dmabuf.fd;
	const struct wrong all[] = {
		{NULL, {{fd, 0, STRIDE}}, 1, DRM_FORMAT_MOD_LINEAR, 0, SIZE, SIZE},
		{NULL, {{fd, 0, STRIDE}}, 1, DRM_FORMAT_MOD_LINEAR, fourcc_code('L', 'I', 'D', 'O'), SIZE, SIZE},
		{NULL, {{fd, 0, STRIDE}}, 1, DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_C8, SIZE, SIZE},
		{NULL, {{fd, 0, STRIDE}}, 1, I915_FORMAT_MOD_X_TILED, DRM_FORMAT_XRGB8888, SIZE, SIZE},
		{NULL, {{fd, 0, STRIDE}}, 1, UINT64_C(0xfffffffffffffffe), DRM_FORMAT_XRGB8888, SIZE, SIZE},
		{NULL, {{fd, 0, STRIDE}, {fd, 0, STRIDE}}, 2, DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_XRGB8888, SIZE, SIZE},
		{NULL, {{fd, 0, STRIDE}, {fd, 0, STRIDE}, {fd, 0, STRIDE}, {fd, 0, STRIDE}}, 4, DRM_FORMAT_MOD_LINEAR,
			DRM_FORMAT_XRGB8888, SIZE, SIZE},
		{NULL, {{fd, 0, STRIDE}}, 1, DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_NV12, SIZE, SIZE},
		{NULL, {{fd, 0, STRIDE}}, 1, DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_XRGB8888, 100000, 1},
		{NULL, {{fd, 0, STRIDE}}, 1, DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_XRGB8888, 16384, 4 * SIZE},
	};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct client *client = &fixture.attacker.screen.client;
		struct wl_buffer *buffer = udmabuf_try_buffer(client, fixture.dmabufs, all[i].planes, all[i].planes_len,
				all[i].modifier, all[i].format, all[i].width, all[i].height);
		if (buffer != NULL) {
			fail("layout %zu was not refused", i);
		}
		// Some are errors.
		if (!client_try_roundtrip(client)) {
			attacker_finish(&fixture);
			attacker_init(&fixture);
		}
		expect_witness(&fixture);
	}
	udmabuf_finish(&dmabuf);
	fixture_finish(&fixture);
}

// Of a format with two planes, the second one may end beyond the file.
TEST("gpu_dmabuf@second-planes-beyond-the-file-are-refused") {
	struct fixture fixture;
	struct udmabuf dmabuf;
	fixture_init(&fixture);
	udmabuf_init(&dmabuf, BYTES);
	fill(&dmabuf, 1);
	struct client *client = &fixture.attacker.screen.client;
	static const uint32_t offsets[] = {(uint32_t)BYTES - SIZE, (uint32_t)BYTES - SIZE * SIZE / 2 + SIZE};
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		const struct udmabuf_plane planes[] = {{dmabuf.fd, 0, SIZE}, {dmabuf.fd, offsets[i], SIZE}};
		struct wl_buffer *buffer = udmabuf_try_buffer(
				client, fixture.dmabufs, planes, 2, DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_NV12, SIZE, SIZE);
		expect(buffer == NULL);
		expect_alive(client);
		expect_witness(&fixture);
	}
	// The last one that lies within it.
	const struct udmabuf_plane planes[] = {{dmabuf.fd, 0, SIZE}, {dmabuf.fd, (uint32_t)BYTES - SIZE * SIZE / 2, SIZE}};
	struct wl_buffer *buffer =
			udmabuf_try_buffer(client, fixture.dmabufs, planes, 2, DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_NV12, SIZE, SIZE);
	if (buffer != NULL) {
		commit(&fixture, buffer);
		expect_witness(&fixture);
		wl_buffer_destroy(buffer);
	}
	udmabuf_finish(&dmabuf);
	fixture_finish(&fixture);
}

TEST("gpu_dmabuf@files-that-are-no-dmabufs-are-refused") {
	struct fixture fixture;
	int pipes[2];
	fixture_init(&fixture);
	expect_int(pipe2(pipes, O_CLOEXEC), ==, 0);
	int files[] = {file_create(FILE_SEALABLE, (int64_t)BYTES), pipes[0], open("/dev/zero", O_RDWR | O_CLOEXEC)};
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct udmabuf_plane plane = {files[i], 0, STRIDE};
		expect(udmabuf_try_buffer(&fixture.attacker.screen.client, fixture.dmabufs, &plane, 1, DRM_FORMAT_MOD_LINEAR,
					   DRM_FORMAT_XRGB8888, SIZE, SIZE) == NULL);
		if (!client_try_roundtrip(&fixture.attacker.screen.client)) {
			attacker_finish(&fixture);
			attacker_init(&fixture);
		}
		expect_witness(&fixture);
		close(files[i]);
	}
	close(pipes[1]);
	fixture_finish(&fixture);
}

// A client commits before its GPU has drawn. The others are not made to wait.
TEST("gpu_dmabuf@commit-waits-until-the-client-has-drawn") {
	struct fixture fixture;
	struct udmabuf dmabufs[3];
	struct wl_buffer *buffers[3];
	struct fence fences[2];
	fixture_init(&fixture);
	create_buffers(&fixture, dmabufs, buffers, 3);
	commit(&fixture, buffers[0]);
	expect_shown(&fixture, &dmabufs[0], "the first frame");
	fence_init_write(&fences[0], dmabufs[1].fd);
	fence_init_write(&fences[1], dmabufs[2].fd);
	commit(&fixture, buffers[1]);
	commit(&fixture, buffers[2]);
	// A frame that is drawn at once waits as well: frames are shown in their order.
	commit(&fixture, buffers[0]);
	expect_witness(&fixture);
	expect_shown(&fixture, &dmabufs[0], "while the second frame is drawn");
	fence_finish(&fences[1]);
	expect_witness(&fixture);
	expect_shown(&fixture, &dmabufs[0], "while the second frame is still drawn");
	fence_finish(&fences[0]);
	expect_witness(&fixture);
	expect_shown(&fixture, &dmabufs[0], "the last frame");
	fence_init_write(&fences[0], dmabufs[1].fd);
	commit(&fixture, buffers[1]);
	expect_witness(&fixture);
	expect_shown(&fixture, &dmabufs[0], "while a frame is drawn again");
	fence_finish(&fences[0]);
	expect_witness(&fixture);
	expect_shown(&fixture, &dmabufs[1], "the frame that was drawn");
	destroy_buffers(dmabufs, buffers, 3);
	fixture_finish(&fixture);
}

static size_t count_fds(const struct party *party) {
	return client_get_account(client_get_peer(&party->screen.client))->fds_len;
}

// Also while the compositor serves another client, or none.
TEST("gpu_dmabuf@fd-that-waits-for-a-fence-counts-on-its-client") {
	struct fixture fixture;
	struct udmabuf dmabufs[3];
	struct wl_buffer *buffers[3];
	struct fence fences[2];
	fixture_init(&fixture);
	create_buffers(&fixture, dmabufs, buffers, 3);
	for (int i = 0; i < 3; i++) {
		commit(&fixture, buffers[i]);
		expect_witness(&fixture);
	}
	size_t attacker = count_fds(&fixture.attacker), witness = count_fds(&fixture.witness);
	fence_init_write(&fences[0], dmabufs[0].fd);
	fence_init_write(&fences[1], dmabufs[1].fd);
	commit(&fixture, buffers[0]);
	expect_int(count_fds(&fixture.attacker), ==, attacker + 1);
	commit(&fixture, buffers[1]);
	expect_witness(&fixture);
	expect_int(count_fds(&fixture.attacker), ==, attacker + 1);
	fence_finish(&fences[0]);
	expect_witness(&fixture);
	expect_shown(&fixture, &dmabufs[0], "the first that waits");
	expect_int(count_fds(&fixture.attacker), ==, attacker + 1);
	expect_int(count_fds(&fixture.witness), ==, witness);
	fence_finish(&fences[1]);
	expect_witness(&fixture);
	expect_shown(&fixture, &dmabufs[1], "the second");
	expect_int(count_fds(&fixture.attacker), ==, attacker);
	destroy_buffers(dmabufs, buffers, 3);
	fixture_finish(&fixture);
}

// What a GPU reads is not waited for.
TEST("gpu_dmabuf@read-fences-delay-no-commit") {
	struct fixture fixture;
	struct udmabuf dmabuf;
	struct fence fence;
	fixture_init(&fixture);
	udmabuf_init(&dmabuf, BYTES);
	fill(&dmabuf, 1);
	struct wl_buffer *buffer = create_buffer(&fixture, &dmabuf);
	fence_init(&fence, dmabuf.fd);
	commit(&fixture, buffer);
	expect_shown(&fixture, &dmabuf, "a frame that is read");
	fence_finish(&fence);
	wl_buffer_destroy(buffer);
	udmabuf_finish(&dmabuf);
	fixture_finish(&fixture);
}

TEST("gpu_dmabuf@fence-that-nobody-signals-delays-that-client-alone") {
	struct fixture fixture;
	struct udmabuf dmabufs[2];
	struct wl_buffer *buffers[2];
	struct fence fence;
	fixture_init(&fixture);
	create_buffers(&fixture, dmabufs, buffers, 2);
	commit(&fixture, buffers[0]);
	int64_t start = get_ms();
	fence_init_write(&fence, dmabufs[1].fd);
	commit(&fixture, buffers[1]);
	while (get_ms() - start < 8000) {
		expect_witness(&fixture);
		expect_shown(&fixture, &dmabufs[0], "the frame before");
	}
	// The kernel does, at last.
	while (get_ms() - start < 12000) {
		expect_witness(&fixture);
	}
	expect_shown(&fixture, &dmabufs[1], "the frame");
	close(fence.device_fd);
	destroy_buffers(dmabufs, buffers, 2);
	fixture_finish(&fixture);
}

TEST("gpu_dmabuf@client-ends-and-surfaces-and-buffers-go-while-commits-wait") {
	struct fixture fixture;
	struct udmabuf dmabuf;
	struct fence fence;
	fixture_init(&fixture);
	udmabuf_init(&dmabuf, BYTES);
	fence_init_write(&fence, dmabuf.fd);
	for (int round = 0; round < 3; round++) {
		struct wl_buffer *buffer = create_buffer(&fixture, &dmabuf);
		for (int i = 0; i < 20; i++) {
			commit(&fixture, buffer);
		}
		if (round > 0) {
			wl_buffer_destroy(buffer);
		}
		if (round > 1) {
			window_finish(&fixture.attacker.window);
			client_roundtrip(&fixture.attacker.screen.client);
			window_init(&fixture.attacker.window, &fixture.attacker.screen, WINDOW_LAYER, SIZE, SIZE);
		}
		expect_witness(&fixture);
		if (round == 0) {
			wl_proxy_destroy((struct wl_proxy *)buffer); // tells the server nothing
		}
		attacker_finish(&fixture);
		attacker_init(&fixture);
	}
	fence_finish(&fence);
	expect_witness(&fixture);
	udmabuf_finish(&dmabuf);
	fixture_finish(&fixture);
}

TEST("gpu_dmabuf@commits-that-wait-without-end-end-the-client") {
	struct fixture fixture;
	struct udmabuf dmabuf;
	struct fence fence;
	fixture_init(&fixture);
	udmabuf_init(&dmabuf, BYTES);
	fence_init_write(&fence, dmabuf.fd);
	struct wl_buffer *buffer = create_buffer(&fixture, &dmabuf);
	for (int i = 0; i < SURFACES_QUEUED_MAX; i++) {
		wl_surface_attach(fixture.attacker.window.surface, buffer, 0, 0);
		wl_surface_commit(fixture.attacker.window.surface);
		if (i % 64 == 0) {
			expect_alive(&fixture.attacker.screen.client);
		}
	}
	expect_witness(&fixture);
	for (int i = 0; i < 2; i++) {
		wl_surface_attach(fixture.attacker.window.surface, buffer, 0, 0);
		wl_surface_commit(fixture.attacker.window.surface);
	}
	wl_buffer_destroy(buffer);
	expect_ended(&fixture, "too many queued commits");
	fence_finish(&fence);
	udmabuf_finish(&dmabuf);
	fixture_finish(&fixture);
}
