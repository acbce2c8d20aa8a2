#include "calls.h"
#include "toolkit.h"
#include <lido/limits.h>
#include <string.h>

#define XRGB WL_SHM_FORMAT_XRGB8888

TEST("client_error@each-has-its-own-text") {
	for (int i = 0; i <= LIDO_CLIENT_ERROR_RANGE; i++) {
		const char *text = lido_client_error_to_string(i);
		expect(text[0] != '\0' && strcmp(text, "unknown error") != 0);
		for (int j = 0; j < i; j++) {
			expect(strcmp(text, lido_client_error_to_string(j)) != 0);
		}
	}
	expect_string(lido_client_error_to_string(-1), "unknown error");
	expect_string(lido_client_error_to_string(LIDO_CLIENT_ERROR_RANGE + 1), "unknown error");
}

static enum lido_client_error try_create(enum remote_shm shm, enum lido_client_backend backend) {
	struct remote remote;
	struct toolkit toolkit;
	enum lido_client_error error = LIDO_CLIENT_ERROR_MEMORY;
	remote_init(&remote, &(struct remote_options){.shm = shm});
	expect(toolkit_try_connect(&toolkit, &remote));
	const struct lido_client_options options = {.backend = backend};
	toolkit.client = lido_client_create(toolkit.display, &options, &error);
	expect((toolkit.client != NULL) == (error == LIDO_CLIENT_ERROR_NONE));
	// The display still works.
	expect(wl_display_roundtrip(toolkit.display) >= 0);
	toolkit_finish(&toolkit);
	expect(remote_finish(&remote));
	return error;
}

TEST("client_error@no-wl-shm-is-unsupported") {
	expect_int(try_create(REMOTE_SHM_NONE, LIDO_CLIENT_BACKEND_AUTO), ==, LIDO_CLIENT_ERROR_UNSUPPORTED);
	expect_int(try_create(REMOTE_SHM_NONE, LIDO_CLIENT_BACKEND_WL_SHM), ==, LIDO_CLIENT_ERROR_UNSUPPORTED);
}

TEST("client_error@pool-is-unsupported-where-there-is-none") {
	expect_int(try_create(REMOTE_SHM_STOCK, LIDO_CLIENT_BACKEND_POOL), ==, LIDO_CLIENT_ERROR_UNSUPPORTED);
	expect_int(try_create(REMOTE_SHM_STOCK, LIDO_CLIENT_BACKEND_AUTO), ==, LIDO_CLIENT_ERROR_NONE);
	expect_int(try_create(REMOTE_SHM_LIDO, LIDO_CLIENT_BACKEND_POOL), ==, LIDO_CLIENT_ERROR_NONE);
}

static void begin(struct toolkit_pair *pair, const struct lido_limits *limits, enum lido_client_backend backend) {
	toolkit_pair_init(pair, &(struct remote_options){.limits = limits}, backend);
}

static struct lido_image *create(struct toolkit_pair *pair, int32_t width, int32_t height) {
	struct lido_image *image = lido_image_create(pair->toolkit.client, width, height, XRGB);
	expect(image != NULL);
	return image;
}

static void expect_failed_image(struct lido_image *image) {
	expect(!lido_image_wait(image));
	expect(lido_image_get_pixels(image) == NULL);
	expect(lido_image_get_buffer(image) == NULL);
	expect(!lido_image_is_busy(image));
}

TEST("client_error@bytes-are-limited") {
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = 1 << 20;
	struct toolkit_pair pair;
	begin(&pair, &limits, LIDO_CLIENT_BACKEND_POOL);
	struct lido_image *first = create(&pair, 512, 400), *second = create(&pair, 512, 400);
	toolkit_draw(first, 1);
	expect_failed_image(second);
	expect_client_error(pair.toolkit.client, LIMIT);
	// Freed memory can be allocated again.
	lido_image_destroy(first);
	lido_image_destroy(second);
	toolkit_draw(create(&pair, 512, 400), 2);
	toolkit_pair_finish(&pair);
}

TEST("client_error@blocks-are-limited") {
	struct lido_limits limits = lido_limits_default();
	limits.blocks_max = 4;
	struct toolkit_pair pair;
	begin(&pair, &limits, LIDO_CLIENT_BACKEND_POOL);
	struct lido_image *images[4];
	for (int i = 0; i < 4; i++) {
		images[i] = create(&pair, 10, 10);
	}
	for (int i = 0; i < 100; i++) {
		expect(lido_image_create(pair.toolkit.client, 10, 10, XRGB) == NULL);
		expect_client_error(pair.toolkit.client, LIMIT);
	}
	lido_image_destroy(images[2]);
	toolkit_draw(create(&pair, 10, 10), 1);
	toolkit_pair_finish(&pair);
}

TEST("client_error@blocks-of-other-libraries-count-towards-the-limit") {
	struct lido_limits limits = lido_limits_default();
	limits.blocks_max = 4;
	struct toolkit_pair pair;
	begin(&pair, &limits, LIDO_CLIENT_BACKEND_POOL);
	struct lido_client *other = lido_client_create(pair.toolkit.display, NULL, NULL);
	for (int i = 0; i < 3; i++) {
		struct lido_image *image = lido_image_create(other, 10, 10, XRGB);
		expect(image != NULL && lido_image_wait(image));
	}
	toolkit_draw(create(&pair, 10, 10), 1);
	expect_failed_image(create(&pair, 10, 10));
	expect_client_error(pair.toolkit.client, LIMIT);
	lido_client_destroy(other);
	toolkit_draw(create(&pair, 10, 10), 1);
	toolkit_pair_finish(&pair);
}

TEST("client_error@buffers-are-limited") {
	struct lido_limits limits = lido_limits_default();
	limits.buffers_max = 3;
	struct toolkit_pair pair;
	begin(&pair, &limits, LIDO_CLIENT_BACKEND_POOL);
	struct lido_image *images[4];
	for (int i = 0; i < 4; i++) {
		images[i] = create(&pair, 10, 10);
		bool has_buffer = lido_image_get_buffer(images[i]) != NULL;
		expect(has_buffer == (i < 3));
	}
	expect_client_error(pair.toolkit.client, LIMIT);
	lido_image_destroy(images[0]);
	expect(lido_image_get_buffer(images[3]) != NULL);
	toolkit_pair_finish(&pair);
}

TEST("client_error@swapchain-takes-no-spare-size-where-the-limit-forbids-it") {
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = 1 << 20;
	struct toolkit_pair pair;
	begin(&pair, &limits, LIDO_CLIENT_BACKEND_POOL);
	struct lido_swapchain *swapchain = lido_swapchain_create(pair.toolkit.client);
	expect(lido_swapchain_acquire(swapchain, 512, 300, XRGB) != NULL);
	// 1.5 times the size exceeds the limit, but the size itself does not.
	expect(lido_swapchain_acquire(swapchain, 512, 400, XRGB) != NULL);
	expect(lido_swapchain_acquire(swapchain, 512, 600, XRGB) == NULL);
	expect_client_error(pair.toolkit.client, LIMIT);
	// The old image is still usable.
	struct lido_image *image = lido_swapchain_acquire(swapchain, 512, 400, XRGB);
	expect(image != NULL);
	toolkit_draw(image, 1);
	expect(toolkit_commit(&pair.toolkit, image));
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_error@address-space-is-limited") {
	struct toolkit_pair pair;
	remote_init(&pair.remote, NULL);
	expect(toolkit_try_connect(&pair.toolkit, &pair.remote));
	const struct lido_client_options options = {.backend = backend, .reserve_max = 4 << 20};
	pair.toolkit.client = lido_client_create(pair.toolkit.display, &options, NULL);
	expect(pair.toolkit.client != NULL);
	pair.toolkit.client = pair.toolkit.client;
	struct lido_swapchain *swapchain = lido_swapchain_create(pair.toolkit.client);
	for (int i = 1; i < 20; i++) {
		struct lido_image *image = lido_swapchain_acquire(swapchain, 20 * i, 20 * i, XRGB);
		expect(image != NULL);
		toolkit_draw(image, 1);
		expect(toolkit_commit(&pair.toolkit, image));
		expect_int(toolkit_get_stats(&pair.toolkit).bytes_mapped, <=, options.reserve_max);
		toolkit_settle(&pair.toolkit);
	}
	expect(lido_swapchain_acquire(swapchain, 2000, 2000, XRGB) == NULL);
	expect_client_error(pair.toolkit.client, MEMORY);
	toolkit_draw(create(&pair, 20, 20), 1);
	toolkit_pair_finish(&pair);
}

TEST("client_error@area-that-could-not-be-mapped-is-mapped-later") {
	struct toolkit_pair pair;
	begin(&pair, NULL, LIDO_CLIENT_BACKEND_POOL);
	struct lido_image *image = create(&pair, 100, 100);
	calls_start_all_of(CALL_MMAP);
	expect_failed_image(image);
	expect_client_error(pair.toolkit.client, MEMORY);
	calls_stop();
	expect_failed_image(image);
	toolkit_draw(create(&pair, 100, 100), 1);
	expect_int(toolkit_get_stats(&pair.toolkit).mappings, ==, 1);
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_error@broken-connection-is-reported-as-an-error") {
	struct toolkit_pair pair;
	begin(&pair, NULL, backend);
	struct lido_image *there = create(&pair, 10, 10);
	expect(lido_image_wait(there));
	struct lido_swapchain *swapchain = lido_swapchain_create(pair.toolkit.client);
	expect(remote_finish(&pair.remote));
	expect(wl_display_roundtrip(pair.toolkit.display) < 0);
	expect(!lido_client_dispatch(pair.toolkit.client));
	expect_client_error(pair.toolkit.client, CONNECTION);
	expect(lido_swapchain_acquire(swapchain, 10, 10, XRGB) == NULL);
	expect_client_error(pair.toolkit.client, CONNECTION);
	// The program can still draw into an existing image, though nobody sees it.
	toolkit_draw(there, 1);
	struct lido_image *image = lido_image_create(pair.toolkit.client, 10, 10, XRGB);
	if (backend == LIDO_CLIENT_BACKEND_POOL) {
		expect_failed_image(image);
		expect_client_error(pair.toolkit.client, CONNECTION);
	}
	enum lido_client_error error;
	expect(lido_client_create(pair.toolkit.display, NULL, &error) == NULL);
	expect_int(error, ==, LIDO_CLIENT_ERROR_CONNECTION);
	toolkit_finish(&pair.toolkit);
}
