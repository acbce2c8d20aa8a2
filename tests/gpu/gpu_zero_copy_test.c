/*
 * A window over the whole output that the GPU reads with no copy: the kernel may send the client's own pixels to the
 * output then.
 */
#include "driver.h"
#include "pool_picture.h"
#include "runner.h"
#include "scanout.h"
#include "screen.h"
#include "server.h"
#include "window.h"
#include <compositor/desktop.h>
#include <compositor/output.h>
#include <compositor/server.h>
#include <lido/wlroots.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/types/wlr_output.h>

#define FRAMES 30

static const char *card;

__attribute__((constructor)) static void prepare(void) {
	card = getenv("LIDO_VKMS");
	if (card != NULL) {
		setenv("WLR_DRM_DEVICES", card, true);
		setenv("WLR_LIBINPUT_NO_DEVICES", "1", true);
	}
}

static void note_stats(const struct lido_pool_stats *stats, void *data) {
	*(uint32_t *)data += stats->pins;
}

TEST("gpu_zero_copy@fullscreen-window-is-sent-to-the-output-directly") {
	if (card == NULL || getuid() != 0) {
		skip("LIDO_VKMS names no GPU: run it by ./dev test --gpu");
	}
	struct driver driver;
	struct server server;
	struct screen screen;
	struct pool_client pool;
	struct window window;
	driver_init(&driver, card);
	server_init_devices(&server);
	lido_wlroots_set_zero_copy(server.compositor->shm, LIDO_ZERO_COPY_YES);
	screen_init(&screen, &server);
	pool_client_init(&pool, &screen.client, 0);
	struct output *output = wl_container_of(server.compositor->desktop->outputs.next, output, link);
	int32_t width = output->wlr->width, height = output->wlr->height;
	window_init(&window, &screen, WINDOW_FULLSCREEN, width, height);
	struct pool_picture pictures[2];
	for (int i = 0; i < 2; i++) {
		pool_picture_init(&pictures[i], &pool, WL_SHM_FORMAT_XRGB8888, width, height, width * 4);
	}
	for (int i = 0; i < FRAMES; i++) {
		struct pool_picture *picture = &pictures[i % 2];
		pool_picture_fill(picture, (uint32_t)i);
		window_commit(&window, picture->picture.buffer);
		window_show(&window);
		struct image wanted;
		struct scanout scanout;
		image_init(&wanted, width, height);
		picture_draw(&picture->picture, &wanted, 0, 0);
		scanout_init(&scanout, card, SCANOUT_PRIMARY);
		expect(scanout.is_shown);
		expect_image_of(&scanout.image, &wanted, "a frame");
		scanout_finish(&scanout);
		image_finish(&wanted);
	}
	// The output shows what the client writes now: it has the client's own memory.
	struct scanout scanout;
	memset(pictures[(FRAMES - 1) % 2].pixels, 0x11, (size_t)width * 4);
	scanout_init(&scanout, card, SCANOUT_PRIMARY);
	expect_int(scanout.image.pixels[0] & 0xffffff, ==, 0x111111);
	scanout_finish(&scanout);
	uint32_t pins = 0;
	lido_manager_for_each_pool(server.manager, note_stats, &pins);
	expect_int(pins, ==, 2);
	pool_picture_finish(&pictures[0]);
	pool_picture_finish(&pictures[1]);
	window_finish(&window);
	pool_client_finish(&pool);
	screen_finish(&screen);
	server_finish(&server);
	driver_finish(&driver);
}
