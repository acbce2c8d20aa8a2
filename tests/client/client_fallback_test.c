/*
 * Memory that the pool refuses: with AUTO, it is a file of wl_shm.
 */
#include "calls.h"
#include "toolkit.h"
#include <lido/limits.h>

#define XRGB WL_SHM_FORMAT_XRGB8888
#define FILES_MAX 64

static struct lido_client *connect_to(struct toolkit_pair *pair, const struct remote_options *options) {
	remote_init(&pair->remote, options);
	expect(toolkit_try_connect(&pair->toolkit, &pair->remote));
	pair->toolkit.client = lido_client_create(pair->toolkit.display, NULL, NULL);
	expect(pair->toolkit.client != NULL);
	return pair->toolkit.client;
}

static struct lido_client *begin(struct toolkit_pair *pair, const struct lido_limits *limits) {
	return connect_to(pair, &(struct remote_options){.limits = limits, .reports = true});
}

static struct lido_limits limit_bytes(void) {
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = 1 << 20;
	return limits;
}

static struct lido_limits limit_blocks(uint32_t blocks_max) {
	struct lido_limits limits = lido_limits_default();
	limits.blocks_max = blocks_max;
	return limits;
}

// The server gets what was drawn.
static void show(struct toolkit_pair *pair, struct lido_image *image, uint32_t seed) {
	struct surfaces_commit commit;
	expect(image != NULL);
	uint32_t sum = toolkit_draw(image, seed);
	expect(toolkit_commit(&pair->toolkit, image));
	remote_receive(&pair->remote, &commit);
	expect_int(commit.sum, ==, sum);
	toolkit_settle(&pair->toolkit);
}

static void expect_files(struct toolkit_pair *pair, uint32_t files) {
	struct lido_client_stats stats = toolkit_get_stats(&pair->toolkit);
	expect_int(stats.files, ==, files);
	expect(stats.areas == files || stats.areas == files + 1);
	expect_int(lido_client_get_backend(pair->toolkit.client), ==, LIDO_CLIENT_BACKEND_POOL);
}

TEST("client_fallback@image-beyond-the-limit-on-bytes-is-a-file") {
	struct lido_limits limits = limit_bytes();
	struct toolkit_pair pair;
	struct lido_client *client = begin(&pair, &limits);
	struct lido_image *first = lido_image_create(client, 512, 400, XRGB);
	struct lido_image *second = lido_image_create(client, 512, 400, XRGB);
	show(&pair, first, 1);
	expect_files(&pair, 0);
	show(&pair, second, 2);
	expect_files(&pair, 1);
	// It stays one, and gives up nothing.
	lido_image_destroy(first);
	lido_image_discard(second);
	show(&pair, second, 3);
	expect_files(&pair, 1);
	lido_image_destroy(second);
	expect_files(&pair, 0);
	show(&pair, lido_image_create(client, 512, 400, XRGB), 4);
	expect_files(&pair, 0);
	toolkit_pair_finish(&pair);
}

TEST("client_fallback@image-beyond-the-limit-on-blocks-is-a-file") {
	struct lido_limits limits = limit_blocks(1);
	struct toolkit_pair pair;
	struct lido_client *client = begin(&pair, &limits);
	for (uint32_t i = 0; i < 3; i++) {
		show(&pair, lido_image_create(client, 20, 20, XRGB), i);
		expect_files(&pair, i);
	}
	toolkit_pair_finish(&pair);
}

TEST("client_fallback@block-is-one-file-for-all-its-images") {
	struct lido_limits limits = limit_bytes();
	struct toolkit_pair pair;
	struct lido_client *client = begin(&pair, &limits);
	struct lido_client_block *block = lido_client_block_create(client, 3 << 20);
	expect(block != NULL);
	struct lido_image *images[3];
	for (uint32_t i = 0; i < 3; i++) {
		images[i] = lido_client_block_create_image(block, i << 20, 512, 512, 2048, XRGB);
		show(&pair, images[i], i);
		expect_files(&pair, 1);
	}
	lido_client_block_destroy(block);
	show(&pair, images[2], 7);
	for (uint32_t i = 0; i < 3; i++) {
		lido_image_destroy(images[i]);
	}
	expect_files(&pair, 0);
	toolkit_pair_finish(&pair);
}

TEST("client_fallback@swapchain-grows-beyond-the-limit-on-bytes") {
	struct lido_limits limits = limit_bytes();
	struct toolkit_pair pair;
	struct lido_client *client = begin(&pair, &limits);
	struct lido_swapchain *swapchain = lido_swapchain_create(client);
	show(&pair, lido_swapchain_acquire(swapchain, 512, 300, XRGB), 1);
	// 1.5 times the size exceeds the limit, but the size itself does not.
	show(&pair, lido_swapchain_acquire(swapchain, 512, 400, XRGB), 2);
	expect_files(&pair, 0);
	for (int32_t height = 600; height < 1000; height += 50) {
		show(&pair, lido_swapchain_acquire(swapchain, 512, height, XRGB), 3);
		expect_files(&pair, 1);
		expect_int(toolkit_get_stats(&pair.toolkit).images, ==, 1);
	}
	uint32_t round_trips = toolkit_get_stats(&pair.toolkit).round_trips;
	show(&pair, lido_swapchain_acquire(swapchain, 300, 300, XRGB), 4);
	show(&pair, lido_swapchain_acquire(swapchain, 512, 900, XRGB), 5);
	expect_int(toolkit_get_stats(&pair.toolkit).round_trips, ==, round_trips);
	lido_swapchain_destroy(swapchain);
	expect_files(&pair, 0);
	toolkit_pair_finish(&pair);
}

TEST("client_fallback@swapchain-has-more-images-than-the-limit-on-blocks") {
	struct lido_limits limits = limit_blocks(1);
	struct toolkit_pair pair;
	struct lido_client *client = connect_to(
			&pair, &(struct remote_options){.limits = &limits, .release = SURFACES_RELEASE_REPLACED, .reports = true});
	struct lido_swapchain *swapchain = lido_swapchain_create(client);
	for (uint32_t i = 0; i < 6; i++) {
		show(&pair, lido_swapchain_acquire(swapchain, 60, 60, XRGB), i);
		expect_files(&pair, i > 0);
	}
	toolkit_pair_finish(&pair);
}

TEST("client_fallback@files-are-limited") {
	struct lido_limits limits = limit_blocks(1);
	struct toolkit_pair pair;
	struct lido_client *client = begin(&pair, &limits);
	struct lido_image *images[FILES_MAX + 1];
	for (uint32_t i = 0; i <= FILES_MAX; i++) {
		images[i] = lido_image_create(client, 10, 10, XRGB);
		expect(images[i] != NULL);
	}
	expect_files(&pair, FILES_MAX);
	expect(lido_image_create(client, 10, 10, XRGB) == NULL);
	expect_client_error(client, LIMIT);
	expect(lido_swapchain_acquire(lido_swapchain_create(client), 10, 10, XRGB) == NULL);
	expect_client_error(client, LIMIT);
	lido_image_destroy(images[FILES_MAX]);
	show(&pair, lido_image_create(client, 10, 10, XRGB), 1);
	toolkit_pair_finish(&pair);
}

TEST("client_fallback@pool-that-gives-nothing-is-not-used") {
	struct lido_limits limits[] = {limit_blocks(0), lido_limits_default()};
	limits[1].area_bytes_max = 0;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct toolkit_pair pair;
		struct lido_client *client = begin(&pair, &limits[i]);
		expect_int(lido_client_get_backend(client), ==, LIDO_CLIENT_BACKEND_WL_SHM);
		for (uint32_t j = 0; j < 2 * FILES_MAX; j++) {
			expect(lido_image_create(client, 10, 10, XRGB) != NULL);
		}
		toolkit_pair_finish(&pair);
	}
}

TEST("client_fallback@server-that-places-nothing-usable-gets-files") {
	static const enum odd_pool_manner manners[] = {ODD_POOL_UNKNOWN_AREA, ODD_POOL_BEYOND_SIZE, ODD_POOL_LESS,
		ODD_POOL_UNSEALED_FILE, ODD_POOL_UNREAD_ALWAYS, ODD_POOL_UNKNOWN_REASON, ODD_POOL_NO_RESERVE};
	for (size_t i = 0; i < sizeof(manners) / sizeof(manners[0]); i++) {
		struct toolkit_pair pair;
		struct lido_client *client =
				connect_to(&pair, &(struct remote_options){.shm = REMOTE_SHM_ODD, .manner = manners[i]});
		struct lido_image *image = lido_image_create(client, 100, 100, XRGB);
		expect(image != NULL);
		toolkit_draw(image, 1);
		expect(toolkit_commit(&pair.toolkit, image));
		expect_int(toolkit_get_stats(&pair.toolkit).files, ==, 1);
		toolkit_pair_finish(&pair);
	}
}

TEST("client_fallback@server-that-never-answers-gets-no-file") {
	struct toolkit_pair pair;
	struct lido_client *client =
			connect_to(&pair, &(struct remote_options){.shm = REMOTE_SHM_ODD, .manner = ODD_POOL_NO_ANSWER});
	struct lido_image *image = lido_image_create(client, 100, 100, XRGB);
	expect(image != NULL && !lido_image_wait(image));
	expect_client_error(client, MEMORY);
	expect_int(toolkit_get_stats(&pair.toolkit).files, ==, 0);
	toolkit_pair_finish(&pair);
}

TEST("client_fallback@error-is-that-of-the-pool-if-the-file-fails-too") {
	struct lido_limits limits = limit_bytes();
	struct toolkit_pair pair;
	struct lido_client *client = begin(&pair, &limits);
	struct lido_image *image = lido_image_create(client, 1024, 1024, XRGB);
	expect(image != NULL);
	calls_start_all_of(CALL_FTRUNCATE);
	expect(!lido_image_wait(image));
	calls_stop();
	expect_client_error(client, LIMIT);
	expect(!lido_image_wait(image));
	expect_int(toolkit_get_stats(&pair.toolkit).files, ==, 0);
	toolkit_pair_finish(&pair);
}
