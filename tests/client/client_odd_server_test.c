#include "toolkit.h"

#define XRGB WL_SHM_FORMAT_XRGB8888
#define WIDTH 100

struct fixture {
	struct remote remote;
	struct toolkit toolkit;
	struct lido_client *client;
	struct lido_image *image;
};

static void begin(struct fixture *fixture, enum odd_pool_manner manner) {
	remote_init(&fixture->remote, &(struct remote_options){.shm = REMOTE_SHM_ODD, .manner = manner});
	toolkit_init(&fixture->toolkit, &fixture->remote, LIDO_CLIENT_BACKEND_POOL);
	fixture->client = fixture->toolkit.client;
	fixture->image = lido_image_create(fixture->client, WIDTH, WIDTH, XRGB);
	expect(fixture->image != NULL);
}

static void end(struct fixture *fixture) {
	toolkit_finish(&fixture->toolkit);
	expect(remote_finish(&fixture->remote));
}

// The client reports that there is no memory, and nothing else happens.
static void expect_no_memory_from(enum odd_pool_manner manner) {
	struct fixture fixture;
	begin(&fixture, manner);
	for (int i = 0; i < 2; i++) {
		expect(!lido_image_wait(fixture.image));
		expect_client_error(fixture.client, MEMORY);
		expect(lido_image_get_pixels(fixture.image) == NULL);
		expect(lido_image_get_buffer(fixture.image) == NULL);
	}
	lido_image_destroy(fixture.image);
	struct lido_swapchain *swapchain = lido_swapchain_create(fixture.client);
	expect(lido_swapchain_acquire(swapchain, 10, 10, XRGB) == NULL);
	expect_client_error(fixture.client, MEMORY);
	toolkit_settle(&fixture.toolkit);
	end(&fixture);
}

static void expect_pixels_from(enum odd_pool_manner manner) {
	struct fixture fixture;
	begin(&fixture, manner);
	expect(lido_image_wait(fixture.image));
	toolkit_draw(fixture.image, 1);
	expect(lido_image_get_buffer(fixture.image) != NULL);
	toolkit_settle(&fixture.toolkit);
	toolkit_draw(fixture.image, 2);
	lido_image_destroy(fixture.image);
	toolkit_settle(&fixture.toolkit);
	end(&fixture);
}

TEST("client_odd_server@well-behaved-one-gives-pixels") {
	expect_pixels_from(ODD_POOL_PLAIN);
}

TEST("client_odd_server@unknown-area-is-no-memory") {
	expect_no_memory_from(ODD_POOL_UNKNOWN_AREA);
}

TEST("client_odd_server@place-beyond-the-file-is-no-memory") {
	expect_no_memory_from(ODD_POOL_BEYOND_SIZE);
}

TEST("client_odd_server@place-beyond-the-mapping-is-no-memory") {
	expect_no_memory_from(ODD_POOL_BEYOND_RESERVE);
}

TEST("client_odd_server@place-that-wraps-is-no-memory") {
	expect_no_memory_from(ODD_POOL_WRAPS);
}

TEST("client_odd_server@place-smaller-than-requested-is-no-memory") {
	expect_no_memory_from(ODD_POOL_LESS);
}

TEST("client_odd_server@area-without-a-reserve-is-no-memory") {
	expect_no_memory_from(ODD_POOL_NO_RESERVE);
}

TEST("client_odd_server@size-that-the-file-does-not-grow-to-is-no-memory") {
	expect_no_memory_from(ODD_POOL_GROWS_NOT);
}

TEST("client_odd_server@empty-file-is-no-memory") {
	expect_no_memory_from(ODD_POOL_EMPTY_FILE);
}

TEST("client_odd_server@file-that-can-be-truncated-is-no-memory") {
	expect_no_memory_from(ODD_POOL_UNSEALED_FILE);
}

TEST("client_odd_server@file-shorter-than-announced-is-no-memory") {
	expect_no_memory_from(ODD_POOL_SHORT_FILE);
}

TEST("client_odd_server@file-of-huge-pages-is-no-memory") {
	expect_no_memory_from(ODD_POOL_HUGE_PAGES);
}

TEST("client_odd_server@fd-of-no-file-is-no-memory") {
	expect_no_memory_from(ODD_POOL_PIPE);
	expect_no_memory_from(ODD_POOL_DEVICE);
}

TEST("client_odd_server@missing-answer-is-no-memory") {
	expect_no_memory_from(ODD_POOL_NO_ANSWER);
}

TEST("client_odd_server@unknown-reason-is-no-memory") {
	expect_no_memory_from(ODD_POOL_UNKNOWN_REASON);
}

TEST("client_odd_server@unread_events-is-retried-once-after-reading") {
	expect_no_memory_from(ODD_POOL_UNREAD_ALWAYS);
	expect_pixels_from(ODD_POOL_UNREAD);
}

TEST("client_odd_server@unread_events-is-retried-also-if-another-function-has-read-it") {
	struct fixture fixture;
	begin(&fixture, ODD_POOL_UNREAD);
	toolkit_settle(&fixture.toolkit);
	expect(lido_image_is_ready(fixture.image));
	toolkit_draw(fixture.image, 1);
	lido_image_destroy(fixture.image);
	end(&fixture);
}

TEST("client_odd_server@block-has-no-memory-either") {
	static const enum odd_pool_manner manners[] = {ODD_POOL_LESS, ODD_POOL_BEYOND_SIZE, ODD_POOL_UNREAD_ALWAYS};
	for (size_t i = 0; i < sizeof(manners) / sizeof(manners[0]); i++) {
		struct fixture fixture;
		begin(&fixture, manners[i]);
		lido_image_destroy(fixture.image);
		struct lido_client_block *block = lido_client_block_create(fixture.client, 800);
		expect(block != NULL);
		for (uint32_t j = 0; j < 2; j++) {
			struct lido_image *image = lido_client_block_create_image(block, 400 * j, 10, 10, 40, XRGB);
			expect(image != NULL && lido_image_get_pixels(image) == NULL && lido_image_get_buffer(image) == NULL);
			expect_client_error(fixture.client, MEMORY);
		}
		end(&fixture);
	}
}

TEST("client_odd_server@area-that-is-in-use-stays-mapped") {
	expect_pixels_from(ODD_POOL_REMOVES_AREA);
}

TEST("client_odd_server@pixels-follow-a-block-that-moves") {
	struct fixture fixture;
	begin(&fixture, ODD_POOL_MOVES);
	lido_image_destroy(fixture.image);
	struct lido_swapchain *swapchain = lido_swapchain_create(fixture.client);
	for (int i = 1; i <= 10; i++) {
		struct lido_image *image = lido_swapchain_acquire(swapchain, 20 * i, 20 * i, XRGB);
		expect(image != NULL);
		expect_int(lido_image_get_age(image), ==, 0);
		toolkit_draw(image, 1);
		struct lido_client_stats stats = toolkit_get_stats(&fixture.toolkit);
		expect_int(stats.mappings, <=, 2); // the client unmaps the old one a moment later
		expect_int(stats.areas, ==, stats.mappings);
	}
	end(&fixture);
}

// The stride of an image of that many bytes per row.
static int32_t get_stride_from(enum odd_pool_manner manner, int32_t row_size) {
	struct fixture fixture;
	begin(&fixture, manner);
	lido_image_destroy(fixture.image);
	struct lido_image *image = lido_image_create(fixture.client, row_size / 4, 1, XRGB);
	expect(image != NULL);
	int32_t stride = lido_image_get_stride(image);
	lido_image_destroy(image);
	toolkit_settle(&fixture.toolkit);
	end(&fixture);
	return stride;
}

TEST("client_odd_server@layout-that-it-tells-is-followed-in-wide-images") {
	expect_int(get_stride_from(ODD_POOL_PLAIN, 8196), ==, 8448);
	expect_int(get_stride_from(ODD_POOL_WIDE_ROWS, 8196), ==, 9216);
	expect_int(get_stride_from(ODD_POOL_WIDE_ROWS, 8188), ==, 8188);
}

TEST("client_odd_server@layout-that-makes-no-sense-is-ignored") {
	expect_int(get_stride_from(ODD_POOL_HUGE_ROWS, 8196), ==, 8448);
	expect_int(get_stride_from(ODD_POOL_ODD_ROWS, 8196), ==, 8448);
	expect_int(get_stride_from(ODD_POOL_NO_ROWS, 8196), ==, 8448);
}
