/*
 * wl_shm_pool.create_buffer over the wire: each row of the table with its object, code and message, on a pool of 64
 * KiB.
 */
#include "file.h"
#include "pair.h"
#include "runner.h"
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define POOL_SIZE 65536

struct request {
	int32_t offset, width, height, stride;
	uint32_t format;
};

static struct wl_buffer *create(struct wl_shm_pool *pool, const struct request *request) {
	return wl_shm_pool_create_buffer(
			pool, request->offset, request->width, request->height, request->stride, request->format);
}

// The request must end the client with this error on the wl_shm_pool.
static void expect_refused(const struct request *request, uint32_t code, const char *text) {
	struct pair pair;
	pair_init(&pair, NULL);
	int fd = file_create(FILE_SEALED, POOL_SIZE);
	struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, POOL_SIZE);
	struct wl_buffer *buffer = create(pool, request);
	expect_protocol_error(&pair.client, pool, code, text);
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	expect_int(file_count_fds(fd), ==, 1);
	close(fd);
	pair_finish(&pair);
}

#define EXPECT_REFUSED(code, text, ...) expect_refused(&(struct request){__VA_ARGS__}, WL_SHM_ERROR_##code, text)

// All of these must be accepted, by the same client.
static void expect_accepted(const struct request *requests, size_t requests_len) {
	struct pair pair;
	pair_init(&pair, NULL);
	int fd = file_create(FILE_SEALED, POOL_SIZE);
	struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, POOL_SIZE);
	for (size_t i = 0; i < requests_len; i++) {
		struct wl_buffer *buffer = create(pool, &requests[i]);
		expect_alive(&pair.client);
		wl_buffer_destroy(buffer);
	}
	wl_shm_pool_destroy(pool);
	close(fd);
	pair_finish(&pair);
}

#define ARGB WL_SHM_FORMAT_ARGB8888

TEST("wl_shm_create_buffer@negative-offset-is-invalid_stride") {
	EXPECT_REFUSED(INVALID_STRIDE, "offset -1", .offset = -1, .width = 8, .height = 8, .stride = 32, .format = ARGB);
	EXPECT_REFUSED(INVALID_STRIDE, "offset -2147483648", .offset = INT32_MIN, .width = 8, .height = 8, .stride = 32,
			.format = ARGB);
}

TEST("wl_shm_create_buffer@width-or-height-below-one-is-invalid_stride") {
	EXPECT_REFUSED(INVALID_STRIDE, "0x8", .width = 0, .height = 8, .stride = 32, .format = ARGB);
	EXPECT_REFUSED(INVALID_STRIDE, "8x0", .width = 8, .height = 0, .stride = 32, .format = ARGB);
	EXPECT_REFUSED(INVALID_STRIDE, "-8x8", .width = -8, .height = 8, .stride = 32, .format = ARGB);
	EXPECT_REFUSED(INVALID_STRIDE, "8x-2147483648", .width = 8, .height = INT32_MIN, .stride = 32, .format = ARGB);
}

TEST("wl_shm_create_buffer@stride-below-bytes-of-row-is-invalid_stride") {
	EXPECT_REFUSED(INVALID_STRIDE, "stride 28", .width = 8, .height = 8, .stride = 28, .format = ARGB);
	// Enough for its pixels counted in pixels: what two peers check.
	EXPECT_REFUSED(INVALID_STRIDE, "stride 8", .width = 8, .height = 8, .stride = 8, .format = ARGB);
	EXPECT_REFUSED(INVALID_STRIDE, "stride 0", .width = 8, .height = 8, .stride = 0, .format = ARGB);
	EXPECT_REFUSED(INVALID_STRIDE, "stride -32", .width = 8, .height = 8, .stride = -32, .format = ARGB);
	EXPECT_REFUSED(INVALID_STRIDE, "stride 14", .width = 8, .height = 8, .stride = 14, .format = WL_SHM_FORMAT_RGB565);
	EXPECT_REFUSED(INVALID_STRIDE, "stride 21", .width = 8, .height = 8, .stride = 21, .format = WL_SHM_FORMAT_RGB888);
	EXPECT_REFUSED(INVALID_STRIDE, "stride 7", .width = 8, .height = 8, .stride = 7, .format = WL_SHM_FORMAT_R8);
}

TEST("wl_shm_create_buffer@stride-below-bytes-of-row-whose-bytes-overflow-is-invalid_stride") {
	// 4 * width is 0 in 32 bits.
	EXPECT_REFUSED(INVALID_STRIDE, "4294967296", .width = 1 << 30, .height = 1, .stride = 4, .format = ARGB);
	EXPECT_REFUSED(INVALID_STRIDE, "stride 2147483644", .width = INT32_MAX, .height = 1, .stride = INT32_MAX - 3,
			.format = ARGB);
}

TEST("wl_shm_create_buffer@stride-of-broken-pixels-is-invalid_stride") {
	EXPECT_REFUSED(INVALID_STRIDE, "multiple", .width = 8, .height = 8, .stride = 33, .format = ARGB);
	EXPECT_REFUSED(INVALID_STRIDE, "multiple", .width = 8, .height = 8, .stride = 17, .format = WL_SHM_FORMAT_RGB565);
	EXPECT_REFUSED(INVALID_STRIDE, "multiple", .width = 8, .height = 8, .stride = 25, .format = WL_SHM_FORMAT_RGB888);
}

TEST("wl_shm_create_buffer@end-beyond-pool-is-invalid_stride") {
	EXPECT_REFUSED(INVALID_STRIDE, "65537", .offset = 1, .width = 128, .height = 128, .stride = 512, .format = ARGB);
	EXPECT_REFUSED(INVALID_STRIDE, "66048", .width = 128, .height = 129, .stride = 512, .format = ARGB);
	EXPECT_REFUSED(INVALID_STRIDE, "65664", .width = 127, .height = 128, .stride = 512, .offset = 128, .format = ARGB);
	EXPECT_REFUSED(INVALID_STRIDE, "65536", .offset = POOL_SIZE, .width = 1, .height = 1, .stride = 4, .format = ARGB);
}

TEST("wl_shm_create_buffer@end-that-overflows-32-bits-is-invalid_stride") {
	// stride * height is 0 in 32 bits.
	EXPECT_REFUSED(INVALID_STRIDE, "4294967296", .width = 1, .height = 1 << 16, .stride = 1 << 16, .format = ARGB);
	// offset + stride * height is 0 in 32 bits.
	EXPECT_REFUSED(INVALID_STRIDE, "offset 2147483584", .offset = INT32_MAX - 63, .width = 1, .height = 1 << 15,
			.stride = 1 << 16, .format = ARGB);
	EXPECT_REFUSED(INVALID_STRIDE, "height 2147483647", .offset = INT32_MAX, .width = 1, .height = INT32_MAX,
			.stride = INT32_MAX - 3, .format = ARGB);
}

TEST("wl_shm_create_buffer@unknown-format-is-invalid_format") {
	EXPECT_REFUSED(INVALID_FORMAT, "0xffffffff", .width = 8, .height = 8, .stride = 32, .format = UINT32_MAX);
	EXPECT_REFUSED(INVALID_FORMAT, "0x2", .width = 8, .height = 8, .stride = 32, .format = 2);
}

TEST("wl_shm_create_buffer@known-format-that-is-not-offered-is-invalid_format") {
	EXPECT_REFUSED(
			INVALID_FORMAT, "not offered", .width = 8, .height = 8, .stride = 32, .format = WL_SHM_FORMAT_BGRA8888);
}

TEST("wl_shm_create_buffer@drm-code-of-argb8888-is-invalid_format") {
	// wl_shm has its own number for this format; the DRM one is not announced.
	EXPECT_REFUSED(INVALID_FORMAT, "0x34325241", .width = 8, .height = 8, .stride = 32, .format = 0x34325241);
}

TEST("wl_shm_create_buffer@format-is-checked-first") {
	EXPECT_REFUSED(
			INVALID_FORMAT, "0xffffffff", .offset = -1, .width = -1, .height = -1, .stride = -1, .format = UINT32_MAX);
}

TEST("wl_shm_create_buffer@second-plane-beyond-pool-is-invalid_stride") {
	// The first plane alone fits just so.
	EXPECT_REFUSED(INVALID_STRIDE, "98304", .width = 256, .height = 256, .stride = 256, .format = WL_SHM_FORMAT_NV12);
	EXPECT_REFUSED(INVALID_STRIDE, "98304", .width = 256, .height = 256, .stride = 256, .format = WL_SHM_FORMAT_YUV420);
	// Both of three would fit.
	EXPECT_REFUSED(INVALID_STRIDE, "76800", .width = 256, .height = 200, .stride = 256, .format = WL_SHM_FORMAT_YUV420);
}

TEST("wl_shm_create_buffer@what-fits-just-so-is-accepted") {
	static const struct request requests[] = {
		{.width = 128, .height = 128, .stride = 512, .format = ARGB},
		{.width = 1, .height = 1, .stride = 4, .format = ARGB},
		{.offset = POOL_SIZE - 4, .width = 1, .height = 1, .stride = 4, .format = ARGB},
		{.offset = 3, .width = 1, .height = 1, .stride = 4, .format = ARGB},
		{.width = POOL_SIZE / 4, .height = 1, .stride = POOL_SIZE, .format = ARGB},
		{.width = 1, .height = POOL_SIZE / 4, .stride = 4, .format = WL_SHM_FORMAT_XRGB8888},
		{.width = 7, .height = 8, .stride = 14, .format = WL_SHM_FORMAT_RGB565},
		{.width = 7, .height = 8, .stride = 21, .format = WL_SHM_FORMAT_RGB888},
		{.width = 7, .height = 3, .stride = 7, .format = WL_SHM_FORMAT_R8},
		{.width = 7, .height = 3, .stride = 16, .format = WL_SHM_FORMAT_YUYV},
		{.width = 256, .height = 170, .stride = 256, .format = WL_SHM_FORMAT_NV12},
		{.width = 7, .height = 7, .stride = 7, .format = WL_SHM_FORMAT_YUV420},
	};
	expect_accepted(requests, sizeof(requests) / sizeof(requests[0]));
}

TEST("wl_shm_create_buffer@buffers-may-overlap") {
	struct pair pair;
	pair_init(&pair, NULL);
	int fd = file_create(FILE_SEALED, POOL_SIZE);
	struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, POOL_SIZE);
	struct wl_buffer *buffers[20];
	for (int i = 0; i < 20; i++) {
		buffers[i] = wl_shm_pool_create_buffer(pool, i * 100, 64, 64, 256, ARGB);
	}
	expect_alive(&pair.client);
	for (int i = 0; i < 20; i++) {
		wl_buffer_destroy(buffers[i]);
	}
	wl_shm_pool_destroy(pool);
	close(fd);
	pair_finish(&pair);
}

TEST("wl_shm_create_buffer@every-offered-format-is-accepted") {
	struct pair pair;
	pair_init(&pair, NULL);
	int fd = file_create(FILE_SEALED, POOL_SIZE);
	struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, POOL_SIZE);
	const uint32_t *format;
	wl_array_for_each(format, &pair.client.formats) {
		// 48 bytes are whole pixels in each.
		struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, 6, 6, 48, *format);
		expect_alive(&pair.client);
		wl_buffer_destroy(buffer);
	}
	wl_shm_pool_destroy(pool);
	close(fd);
	pair_finish(&pair);
}

TEST("wl_shm_create_buffer@second-error-does-no-harm") {
	struct pair pair;
	pair_init(&pair, NULL);
	int fd = file_create(FILE_SEALED, POOL_SIZE);
	struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, POOL_SIZE);
	struct wl_buffer *first = wl_shm_pool_create_buffer(pool, -1, 8, 8, 32, ARGB);
	struct wl_buffer *second = wl_shm_pool_create_buffer(pool, 0, 8, 8, 32, 99);
	struct wl_buffer *third = wl_shm_pool_create_buffer(pool, 0, 8, 8, 32, ARGB);
	wl_shm_pool_resize(pool, 1);
	expect_protocol_error(&pair.client, pool, WL_SHM_ERROR_INVALID_STRIDE, "offset -1");
	wl_buffer_destroy(first);
	wl_buffer_destroy(second);
	wl_buffer_destroy(third);
	wl_shm_pool_destroy(pool);
	close(fd);
	pair_finish(&pair);
}
