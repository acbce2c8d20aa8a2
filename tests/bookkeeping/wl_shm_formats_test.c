/*
 * wl_shm_pool.create_buffer in a pool of 64 KiB. Only these tests offer formats that renderers rarely offer, and see
 * who has the file open after an error. The rules of all other buffers are in check/create_buffer_rules.h.
 */
#include "file.h"
#include "pair.h"
#include "runner.h"
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

// The request must disconnect the client with this error on the wl_shm_pool. Only the client keeps the file open.
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

TEST("wl_shm_formats@refused-buffer-leaves-the-file-to-the-client") {
	EXPECT_REFUSED(INVALID_STRIDE, "0x8", .width = 0, .height = 8, .stride = 32, .format = ARGB);
	EXPECT_REFUSED(INVALID_STRIDE, "66048", .width = 128, .height = 129, .stride = 512, .format = ARGB);
	EXPECT_REFUSED(INVALID_FORMAT, "0xffffffff", .width = 8, .height = 8, .stride = 32, .format = UINT32_MAX);
}

TEST("wl_shm_formats@stride-below-bytes-of-row-is-invalid_stride") {
	EXPECT_REFUSED(INVALID_STRIDE, "stride 14", .width = 8, .height = 8, .stride = 14, .format = WL_SHM_FORMAT_RGB565);
	EXPECT_REFUSED(INVALID_STRIDE, "stride 21", .width = 8, .height = 8, .stride = 21, .format = WL_SHM_FORMAT_RGB888);
	EXPECT_REFUSED(INVALID_STRIDE, "stride 7", .width = 8, .height = 8, .stride = 7, .format = WL_SHM_FORMAT_R8);
}

TEST("wl_shm_formats@stride-of-broken-pixels-is-invalid_stride") {
	EXPECT_REFUSED(INVALID_STRIDE, "multiple", .width = 8, .height = 8, .stride = 17, .format = WL_SHM_FORMAT_RGB565);
	EXPECT_REFUSED(INVALID_STRIDE, "multiple", .width = 8, .height = 8, .stride = 25, .format = WL_SHM_FORMAT_RGB888);
}

TEST("wl_shm_formats@second-plane-beyond-pool-is-invalid_stride") {
	// The first plane alone fits exactly.
	EXPECT_REFUSED(INVALID_STRIDE, "98304", .width = 256, .height = 256, .stride = 256, .format = WL_SHM_FORMAT_NV12);
	EXPECT_REFUSED(INVALID_STRIDE, "98304", .width = 256, .height = 256, .stride = 256, .format = WL_SHM_FORMAT_YUV420);
	// The first two of three planes would fit.
	EXPECT_REFUSED(INVALID_STRIDE, "76800", .width = 256, .height = 200, .stride = 256, .format = WL_SHM_FORMAT_YUV420);
}

TEST("wl_shm_formats@what-fits-just-so-is-accepted") {
	static const struct request requests[] = {
		{.width = 7, .height = 8, .stride = 14, .format = WL_SHM_FORMAT_RGB565},
		{.width = 7, .height = 8, .stride = 21, .format = WL_SHM_FORMAT_RGB888},
		{.width = 7, .height = 3, .stride = 7, .format = WL_SHM_FORMAT_R8},
		{.width = 7, .height = 3, .stride = 16, .format = WL_SHM_FORMAT_YUYV},
		{.width = 256, .height = 170, .stride = 256, .format = WL_SHM_FORMAT_NV12},
		{.width = 7, .height = 7, .stride = 7, .format = WL_SHM_FORMAT_YUV420},
	};
	expect_accepted(requests, sizeof(requests) / sizeof(requests[0]));
}

TEST("wl_shm_formats@every-offered-format-is-accepted") {
	struct pair pair;
	pair_init(&pair, NULL);
	int fd = file_create(FILE_SEALED, POOL_SIZE);
	struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, POOL_SIZE);
	const uint32_t *format;
	wl_array_for_each(format, &pair.client.formats) {
		// 48 bytes are a whole number of pixels in each format.
		struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, 6, 6, 48, *format);
		expect_alive(&pair.client);
		wl_buffer_destroy(buffer);
	}
	wl_shm_pool_destroy(pool);
	close(fd);
	pair_finish(&pair);
}
