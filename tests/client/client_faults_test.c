#include "calls.h"
#include "toolkit.h"
#include <lido/limits.h>

#define XRGB WL_SHM_FORMAT_XRGB8888
#define IMAGES_LEN 3
#define DRAWN_SIZE_MAX 400 // drawing larger images is slow

static void show(struct toolkit *toolkit, struct lido_swapchain *swapchain, int32_t size) {
	struct lido_image *image = lido_swapchain_acquire(swapchain, size, size, XRGB);
	if (image == NULL) {
		return;
	}
	if (size <= DRAWN_SIZE_MAX && lido_image_get_pixels(image) != NULL) {
		toolkit_draw(image, 1);
	}
	toolkit_commit(toolkit, image);
	toolkit_try_settle(toolkit);
}

static void show_block(struct toolkit *toolkit) {
	struct lido_client_block *block = lido_client_block_create(toolkit->client, 40000);
	for (int i = 0; block != NULL && i < IMAGES_LEN; i++) {
		struct lido_image *image = lido_client_block_create_image(block, 10000 * i, 50, 50, 200, XRGB);
		if (image != NULL && lido_image_wait(image)) {
			toolkit_draw(image, 1);
			toolkit_commit(toolkit, image);
		}
	}
	lido_client_block_destroy(block);
}

// Does what a program does, and continues after any failure.
static void run_program(struct toolkit *toolkit, enum lido_client_backend backend) {
	const struct lido_client_options options = {.backend = backend};
	struct lido_image *images[IMAGES_LEN] = {0};
	enum lido_client_error error;
	toolkit->client = lido_client_create(toolkit->display, &options, &error);
	if (toolkit->client == NULL) {
		expect_int(error, !=, LIDO_CLIENT_ERROR_NONE);
		return;
	}
	for (int i = 0; i < IMAGES_LEN; i++) {
		images[i] = lido_image_create(toolkit->client, 40 << i, 300, XRGB);
	}
	for (int i = 0; i < IMAGES_LEN; i++) {
		if (images[i] != NULL && lido_image_wait(images[i])) {
			toolkit_draw(images[i], 1);
			toolkit_commit(toolkit, images[i]);
		}
	}
	lido_image_destroy(images[1]);
	if (images[0] != NULL) {
		toolkit_try_settle(toolkit);
		lido_image_discard(images[0]);
		if (lido_image_wait(images[0])) {
			toolkit_draw(images[0], 2);
		}
	}
	show_block(toolkit);
	struct lido_swapchain *swapchain = lido_swapchain_create(toolkit->client);
	if (swapchain != NULL) {
		show(toolkit, swapchain, 40);
		show(toolkit, swapchain, 40);
		show(toolkit, swapchain, 300);
		lido_swapchain_discard(swapchain);
		show(toolkit, swapchain, 320);
		show(toolkit, swapchain, 4000); // exceeds the reserve
		show(toolkit, swapchain, 100);
		lido_swapchain_destroy(swapchain);
	}
}

static void die(struct toolkit *toolkit) {
	// Destroy only the client, like a program that continues without it.
	lido_client_destroy(toolkit->client);
	toolkit->client = NULL;
}

static void let_any_call_fail(enum lido_client_backend backend, const struct lido_limits *limits) {
	struct remote remote;
	struct toolkit toolkit;
	remote_init(&remote, &(struct remote_options){.release = SURFACES_RELEASE_REPLACED, .limits = limits});
	expect(toolkit_try_connect(&toolkit, &remote));
	uint64_t n = 0, count;
	do {
		calls_start(++n);
		run_program(&toolkit, backend);
		die(&toolkit);
		count = calls_stop();
		expect_int(wl_display_get_error(toolkit.display), ==, 0);
		expect(wl_display_roundtrip(toolkit.display) >= 0);
	} while (count >= n);
	expect_int(n, >, 20);
	toolkit_finish(&toolkit);
	expect(remote_finish(&remote));
}

TEST_EACH_BACKEND("client_faults@any-call-may-fail") {
	let_any_call_fail(backend, NULL);
}

TEST("client_faults@any-call-may-fail-where-the-pool-refuses-memory") {
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = 300 << 10;
	limits.blocks_max = 2;
	let_any_call_fail(LIDO_CLIENT_BACKEND_AUTO, &limits);
}

TEST_EACH_BACKEND("client_faults@server-may-die-at-any-request") {
	uint32_t n = 0;
	bool is_alive;
	do {
		struct remote remote;
		struct toolkit toolkit;
		remote_init(&remote, &(struct remote_options){.release = SURFACES_RELEASE_REPLACED, .requests_max = ++n});
		if (toolkit_try_connect(&toolkit, &remote)) {
			run_program(&toolkit, backend);
		}
		toolkit_finish(&toolkit);
		is_alive = remote_finish(&remote);
	} while (!is_alive);
	expect_int(n, >, 30);
}
