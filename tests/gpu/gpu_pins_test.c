/*
 * Memory that the GPU reads with no copy is pinned: clients that have hundreds of such blocks, alone and together, and
 * what they can do with them. A witness, which is another client, must go on and look right.
 */
#include "fence.h"
#include "pool_picture.h"
#include "runner.h"
#include "screen.h"
#include "server.h"
#include "window.h"
#include <compositor/server.h>
#include <fcntl.h>
#include <lido/limits.h>
#include <lido/wlroots.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>

#define SIZE 512 // of the output and of each window; that of the witness covers the others, so that only it is drawn
#define BYTES (SIZE * 4 * SIZE)
#define WARM_UP 14 // frames after which two buffers are imported for sure
#define LIMIT (LIDO_PINNED_BYTES_MAX_DEFAULT / BYTES)
#define BLOCKS_MAX (LIMIT + 40)
#define HOARDERS 3 // may pin more than a quarter of the memory
#define FENCES 64
#define PATIENCE_MS 3000

struct witness {
	struct screen screen;
	struct window window;
	struct pool_client pool;
	struct pool_picture pictures[2];
	uint32_t frames;
};

// A client with one window and many buffers.
struct hoarder {
	struct screen screen;
	struct window window;
	struct pool_client pool;
	struct pool_picture *pictures;
	int len;
};

struct fixture {
	struct server server;
	struct witness witness;
};

static int64_t get_ms(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000) + time.tv_nsec / 1000000;
}

static void witness_init(struct witness *witness, struct server *server) {
	screen_init(&witness->screen, server);
	pool_client_init(&witness->pool, &witness->screen.client, 0);
	window_init(&witness->window, &witness->screen, WINDOW_LAYER, SIZE, SIZE);
	for (int i = 0; i < 2; i++) {
		pool_picture_init(&witness->pictures[i], &witness->pool, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	}
}

static void witness_finish(struct witness *witness) {
	pool_picture_finish(&witness->pictures[0]);
	pool_picture_finish(&witness->pictures[1]);
	window_finish(&witness->window);
	pool_client_finish(&witness->pool);
	screen_finish(&witness->screen);
}

// The witness draws that many frames, and sees each of them.
static void expect_witness(struct fixture *fixture, int frames) {
	struct witness *witness = &fixture->witness;
	for (int i = 0; i < frames; i++) {
		struct pool_picture *picture = &witness->pictures[witness->frames % 2];
		int64_t start = get_ms();
		pool_picture_fill(picture, ++witness->frames);
		window_commit(&witness->window, picture->picture.buffer);
		window_show(&witness->window);
		struct image got, wanted;
		image_init(&wanted, SIZE, SIZE);
		picture_draw(&picture->picture, &wanted, 0, 0);
		screen_capture(&witness->screen, 0, 0, SIZE, SIZE, &got);
		expect_image_of(&got, &wanted, "the witness");
		image_finish(&got);
		image_finish(&wanted);
		expect_int(get_ms() - start, <, PATIENCE_MS);
	}
}

static void fixture_init(struct fixture *fixture) {
	*fixture = (struct fixture){0};
	if (getenv("LIDO_VKMS") == NULL || access("/dev/udmabuf", R_OK | W_OK) != 0) {
		skip("LIDO_VKMS names no GPU, or there is no /dev/udmabuf: run it by ./dev test --gpu");
	}
	server_init_compositor(&fixture->server, SIZE, SIZE, NULL);
	lido_wlroots_set_zero_copy(fixture->server.compositor->shm, LIDO_ZERO_COPY_YES);
	witness_init(&fixture->witness, &fixture->server);
}

static void fixture_finish(struct fixture *fixture) {
	witness_finish(&fixture->witness);
	server_finish(&fixture->server);
}

struct sum {
	int64_t all, largest; // bytes that are pinned: of all clients, and of one
	int witnesses;        // clients with two buffers that are pinned
};

static void note_stats(const struct lido_pool_stats *stats, void *data) {
	struct sum *sum = data;
	sum->all += stats->bytes_pinned;
	sum->witnesses += stats->bytes_pinned == INT64_C(2) * BYTES;
	sum->largest = stats->bytes_pinned > sum->largest ? stats->bytes_pinned : sum->largest;
}

static struct sum get_sum(const struct fixture *fixture) {
	struct sum sum = {0};
	lido_manager_for_each_pool(fixture->server.manager, note_stats, &sum);
	expect_int(sum.largest, <=, LIDO_PINNED_BYTES_MAX_DEFAULT);
	expect_int(sum.all, <=, lido_limits_get_pinned_bytes_total_max());
	return sum;
}

static void commit(struct hoarder *hoarder, int i) {
	window_commit(&hoarder->window, hoarder->pictures[i].picture.buffer);
}

static void make_pictures(struct hoarder *hoarder, int first) {
	for (int i = first; i < hoarder->len; i++) {
		pool_picture_init(&hoarder->pictures[i], &hoarder->pool, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
		memset(hoarder->pictures[i].pixels, i, BYTES); // no hole is pinned
	}
}

// Commits each of its buffers twice, and never a new one after a new one, as which no client is made to hold buffers.
static void show_all(struct hoarder *hoarder) {
	for (int i = 0; i < WARM_UP; i++) {
		commit(hoarder, i % 2);
	}
	for (int i = 2; i < hoarder->len; i++) {
		commit(hoarder, i);
		commit(hoarder, i % 2);
	}
	for (int i = 2; i < hoarder->len; i++) {
		commit(hoarder, i);
	}
}

static void hoarder_init(struct hoarder *hoarder, struct fixture *fixture, int len) {
	*hoarder = (struct hoarder){.len = len};
	hoarder->pictures = calloc((size_t)len, sizeof(*hoarder->pictures));
	screen_init(&hoarder->screen, &fixture->server);
	pool_client_init(&hoarder->pool, &hoarder->screen.client, 0);
	window_init(&hoarder->window, &hoarder->screen, WINDOW_TOPLEVEL, SIZE, SIZE);
	make_pictures(hoarder, 0);
	show_all(hoarder);
}

// Also after the server has ended it.
static void hoarder_finish(struct hoarder *hoarder) {
	for (int i = 0; i < hoarder->len; i++) {
		pool_picture_finish(&hoarder->pictures[i]);
	}
	window_finish(&hoarder->window);
	pool_client_finish(&hoarder->pool);
	screen_finish(&hoarder->screen);
	free(hoarder->pictures);
}

TEST("gpu_pins@hundreds-of-blocks-pin-the-limit-of-their-client-and-no-more") {
	struct fixture fixture;
	struct hoarder hoarder;
	fixture_init(&fixture);
	hoarder_init(&hoarder, &fixture, BLOCKS_MAX);
	expect_int(get_sum(&fixture).all, ==, LIMIT * BYTES);
	expect_witness(&fixture, WARM_UP);
	expect_int(get_sum(&fixture).all, ==, (LIMIT + 2) * BYTES);
	// Whatever becomes of the pages, each is the client's own loss; a longer file ends it.
	struct pool_area *area = hoarder.pictures[0].block.area;
	expect_int(fallocate(area->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)area->size), ==, 0);
	for (int i = 0; i < hoarder.len; i++) {
		commit(&hoarder, i);
		get_sum(&fixture);
	}
	expect_witness(&fixture, 4);
	expect_alive(&hoarder.screen.client);
	for (int i = 0; i < hoarder.len; i++) {
		memset(hoarder.pictures[i].pixels, i, BYTES);
	}
	show_all(&hoarder);
	expect_int(get_sum(&fixture).largest, ==, LIMIT * BYTES);
	expect_int(ftruncate(area->fd, (off_t)area->size + (1 << 20)), ==, 0);
	wl_surface_attach(hoarder.window.surface, hoarder.pictures[0].picture.buffer, 0, 0);
	wl_surface_commit(hoarder.window.surface);
	expect(!client_try_roundtrip(&hoarder.screen.client));
	expect_contains(hoarder.screen.client.error, "file changed");
	expect_witness(&fixture, 4);
	hoarder_finish(&hoarder);
	expect_witness(&fixture, 4);
	expect_int(get_sum(&fixture).all, ==, 2 * BYTES);
	fixture_finish(&fixture);
}

TEST("gpu_pins@many-clients-pin-a-quarter-of-the-memory-and-no-more") {
	struct fixture fixture;
	struct hoarder hoarders[HOARDERS];
	fixture_init(&fixture);
	int64_t max = lido_limits_get_pinned_bytes_total_max();
	if (max > HOARDERS * LIDO_PINNED_BYTES_MAX_DEFAULT) {
		skip("a quarter of the memory is more than %d clients may pin", HOARDERS);
	}
	for (int i = 0; i < HOARDERS; i++) {
		hoarder_init(&hoarders[i], &fixture, LIMIT);
		expect_witness(&fixture, 4);
	}
	// No client pins more than it leaves for the others, so there is something left.
	expect_int(get_sum(&fixture).all, >, max - max / 4);
	expect_witness(&fixture, WARM_UP);
	expect_int(get_sum(&fixture).witnesses, ==, 1);
	hoarder_finish(&hoarders[0]);
	expect_witness(&fixture, WARM_UP);
	expect_int(get_sum(&fixture).all, <=, max - LIMIT * BYTES + 2 * BYTES);
	for (int i = 1; i < HOARDERS; i++) {
		hoarder_finish(&hoarders[i]);
		expect_witness(&fixture, 2);
	}
	expect_int(get_sum(&fixture).all, ==, 2 * BYTES);
	fixture_finish(&fixture);
}

// The DMA-BUF of what the window shows. Owned by the compositor.
static int get_dmabuf(struct hoarder *hoarder) {
	struct wl_client *client = client_get_peer(&hoarder->screen.client);
	uint32_t id = wl_proxy_get_id((struct wl_proxy *)hoarder->window.surface);
	struct wlr_surface *surface = wlr_surface_from_resource(wl_client_get_object(client, id));
	struct wlr_dmabuf_attributes attributes;
	expect(surface->buffer != NULL && wlr_buffer_get_dmabuf(surface->buffer->source, &attributes));
	return attributes.fd[0];
}

static void drop_all(struct hoarder *hoarder) {
	for (int i = 0; i < hoarder->len; i++) {
		pool_picture_finish(&hoarder->pictures[i]);
	}
	client_roundtrip(&hoarder->screen.client);
}

TEST("gpu_pins@blocks-destroyed-while-the-gpu-reads-count-until-it-has-finished") {
	struct fixture fixture;
	struct hoarder hoarder;
	struct fence fences[FENCES];
	fixture_init(&fixture);
	hoarder_init(&hoarder, &fixture, FENCES);
	expect_int(get_sum(&fixture).all, ==, FENCES * BYTES);
	int64_t start = get_ms();
	for (int i = 0; i < FENCES; i++) {
		commit(&hoarder, i);
		fence_init(&fences[i], get_dmabuf(&hoarder));
	}
	// Again and again, as long as the kernel lets the fences be.
	for (int round = 0; round < 3; round++) {
		drop_all(&hoarder);
		make_pictures(&hoarder, 0);
		commit(&hoarder, 0);
		if (get_ms() - start < 9000) {
			expect_int(get_sum(&fixture).all, >=, FENCES * BYTES);
		}
		expect_witness(&fixture, 1);
	}
	for (int i = 0; i < FENCES; i++) {
		close(fences[i].device_fd);
	}
	while (get_sum(&fixture).all > 2 * BYTES) {
		expect_witness(&fixture, 1);
	}
	hoarder_finish(&hoarder);
	expect_witness(&fixture, WARM_UP);
	expect_int(get_sum(&fixture).all, ==, 2 * BYTES);
	fixture_finish(&fixture);
}

TEST("gpu_pins@client-that-ends-while-the-gpu-reads-leaves-nothing-pinned") {
	struct fixture fixture;
	struct hoarder hoarder;
	struct fence fences[FENCES];
	fixture_init(&fixture);
	hoarder_init(&hoarder, &fixture, FENCES);
	for (int i = 0; i < FENCES; i++) {
		commit(&hoarder, i);
		fence_init(&fences[i], get_dmabuf(&hoarder));
	}
	hoarder_finish(&hoarder);
	expect_witness(&fixture, 2);
	for (int i = 0; i < FENCES; i++) {
		close(fences[i].device_fd); // signals the fence
	}
	expect_witness(&fixture, WARM_UP);
	expect_int(get_sum(&fixture).all, ==, 2 * BYTES);
	fixture_finish(&fixture);
}
