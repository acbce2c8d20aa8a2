#include "toolkit.h"

#define XRGB WL_SHM_FORMAT_XRGB8888

struct fixture {
	struct toolkit_pair pair;
	struct lido_swapchain *swapchain;
};

static struct lido_client *begin(
		struct fixture *fixture, const struct remote_options *options, enum lido_client_backend backend) {
	struct lido_client *client = toolkit_pair_init(&fixture->pair, options, backend);
	fixture->swapchain = lido_swapchain_create(client);
	expect(fixture->swapchain != NULL);
	return client;
}

static void expect_shown(struct fixture *fixture, struct lido_image *image, int32_t stride) {
	expect(image != NULL);
	expect_int(lido_image_get_stride(image), ==, stride);
	uint32_t sum = toolkit_draw(image, (uint32_t)stride);
	struct surfaces_commit commit;
	expect(toolkit_commit(&fixture->pair.toolkit, image));
	remote_receive(&fixture->pair.remote, &commit);
	expect_int(commit.stride, ==, stride);
	expect_int(commit.sum, ==, sum);
	toolkit_settle(&fixture->pair.toolkit);
}

TEST_EACH_BACKEND("client_stride@is-what-the-program-chose") {
	static const int32_t images[][2] = {{1, 4}, {10, 40}, {10, 64}, {513, 2052}, {513, 2064}, {600, 8192}};
	struct fixture fixture;
	struct lido_client *client = begin(&fixture, &(struct remote_options){.reports = true}, backend);
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		int32_t width = images[i][0], stride = images[i][1];
		expect_shown(&fixture, lido_image_create_with_stride(client, width, 7, stride, XRGB), stride);
		expect_shown(&fixture, lido_swapchain_acquire_with_stride(fixture.swapchain, width, 7, stride, XRGB), stride);
	}
	toolkit_pair_finish(&fixture.pair);
}

TEST_EACH_BACKEND("client_stride@of-zero-is-the-choice-of-the-library") {
	struct fixture fixture;
	struct lido_client *client = begin(&fixture, &(struct remote_options){.reports = true}, backend);
	expect_shown(&fixture, lido_image_create_with_stride(client, 10, 7, 0, XRGB), 40);
	expect_shown(&fixture, lido_image_create_with_stride(client, 513, 7, 0, XRGB), 2304);
	expect_shown(&fixture, lido_swapchain_acquire_with_stride(fixture.swapchain, 513, 7, 0, XRGB), 2304);
	toolkit_pair_finish(&fixture.pair);
}

static void expect_invalid(
		struct fixture *fixture, int32_t width, int32_t height, int32_t stride, enum lido_client_error error) {
	struct lido_client *client = fixture->pair.toolkit.client;
	expect(lido_image_create_with_stride(client, width, height, stride, XRGB) == NULL);
	expect_int(lido_client_get_error(client), ==, error);
	expect(lido_swapchain_acquire_with_stride(fixture->swapchain, width, height, stride, XRGB) == NULL);
	expect_int(lido_client_get_error(client), ==, error);
}

TEST_EACH_BACKEND("client_stride@must-hold-a-row") {
	struct fixture fixture;
	begin(&fixture, NULL, backend);
	static const int32_t images[][2] = {{10, 36}, {10, 4}, {1, -4}, {10, -40}, {1, INT32_MIN}, {INT32_MAX, 4},
		{INT32_MAX, INT32_MAX}, {(1 << 30) + 1, 4}, {536870912, INT32_MAX - 3}};
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		expect_invalid(&fixture, images[i][0], 1, images[i][1], LIDO_CLIENT_ERROR_STRIDE);
	}
	toolkit_pair_finish(&fixture.pair);
}

TEST_EACH_BACKEND("client_stride@must-be-of-whole-pixels") {
	static const struct {
		int32_t width;
		uint32_t format;
		int32_t wrong, right;
	} rows[] = {
		{10, XRGB, 41, 44},
		{10, XRGB, 42, 40},
		{3, WL_SHM_FORMAT_RGB565, 7, 6},
		{5, WL_SHM_FORMAT_RGB888, 16, 15},
		{3, WL_SHM_FORMAT_YUYV, 10, 8},
	};
	struct fixture fixture;
	struct lido_client *client = begin(&fixture, NULL, backend);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect(lido_image_create_with_stride(client, rows[i].width, 2, rows[i].wrong, rows[i].format) == NULL);
		expect_client_error(client, STRIDE);
		struct lido_image *image =
				lido_image_create_with_stride(client, rows[i].width, 2, rows[i].right, rows[i].format);
		// The server accepts the buffer.
		expect(image != NULL && lido_image_get_buffer(image) != NULL);
		toolkit_settle(&fixture.pair.toolkit);
	}
	toolkit_pair_finish(&fixture.pair);
}

TEST_EACH_BACKEND("client_stride@times-the-height-must-not-exceed-2-gib") {
	struct fixture fixture;
	begin(&fixture, NULL, backend);
	static const int32_t images[][2] = {
		{2, INT32_MAX - 3}, {INT32_MAX, INT32_MAX - 3}, {1 << 16, 1 << 15}, {(1 << 29) + 1, 4}, {INT32_MAX, 8}};
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		expect_invalid(&fixture, 1, images[i][0], images[i][1], LIDO_CLIENT_ERROR_INVALID);
	}
	// Other arguments are wrong as ever.
	expect_invalid(&fixture, 0, 1, 4, LIDO_CLIENT_ERROR_INVALID);
	expect_invalid(&fixture, 1, -1, 4, LIDO_CLIENT_ERROR_INVALID);
	toolkit_pair_finish(&fixture.pair);
}

TEST_EACH_BACKEND("client_stride@makes-an-image-of-a-swapchain-another-one") {
	struct fixture fixture;
	begin(&fixture, &(struct remote_options){.reports = true}, backend);
	static const int32_t strides[] = {128, 160, 160, 128, 128};
	static const uint32_t ages[] = {0, 0, 1, 0, 1};
	for (int i = 0; i < 5; i++) {
		struct lido_image *image = lido_swapchain_acquire_with_stride(fixture.swapchain, 32, 32, strides[i], XRGB);
		expect(image != NULL);
		expect_int(lido_image_get_age(image), ==, ages[i]);
		expect_shown(&fixture, image, strides[i]);
	}
	expect_int(toolkit_get_stats(&fixture.pair.toolkit).images, ==, 1);
	toolkit_pair_finish(&fixture.pair);
}
