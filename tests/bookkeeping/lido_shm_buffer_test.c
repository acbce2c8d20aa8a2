/*
 * lido_shm_block_v1.create_buffer. Only these tests offer formats that renderers rarely offer, set the server's limits,
 * and read pixels as the server does. The rules of all other buffers are in check/create_buffer_rules.h.
 */
#include "file.h"
#include "pool_pair.h"
#include "runner.h"
#include <string.h>

#define BLOCK_SIZE 65536

struct request {
	int32_t offset, width, height, stride;
	uint32_t format;
};

static struct wl_buffer *create(struct pool_block *block, const struct request *request) {
	return lido_shm_block_v1_create_buffer(
			block->block, request->offset, request->width, request->height, request->stride, request->format);
}

// The request must disconnect the client with this error on the block.
static void expect_refused(const struct request *request, uint32_t code, const char *text) {
	struct pool_pair pair;
	struct pool_block block;
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&block, &pair.pool, BLOCK_SIZE);
	struct wl_buffer *buffer = create(&block, request);
	expect_protocol_error(&pair.base.client, block.block, code, text);
	wl_buffer_destroy(buffer);
	pool_pair_finish(&pair);
}

#define EXPECT_REFUSED(code, text, ...) \
	expect_refused(&(struct request){__VA_ARGS__}, LIDO_SHM_BLOCK_V1_ERROR_##code, text)

#define ARGB WL_SHM_FORMAT_ARGB8888

TEST("lido_shm_buffer@stride-below-bytes-of-row-is-invalid_stride") {
	EXPECT_REFUSED(INVALID_STRIDE, "stride 14", .width = 8, .height = 8, .stride = 14, .format = WL_SHM_FORMAT_RGB565);
}

TEST("lido_shm_buffer@stride-of-broken-pixels-is-invalid_stride") {
	EXPECT_REFUSED(INVALID_STRIDE, "multiple", .width = 8, .height = 8, .stride = 25, .format = WL_SHM_FORMAT_RGB888);
}

TEST("lido_shm_buffer@second-plane-beyond-block-is-invalid_stride") {
	EXPECT_REFUSED(INVALID_STRIDE, "98304", .width = 256, .height = 256, .stride = 256, .format = WL_SHM_FORMAT_NV12);
	EXPECT_REFUSED(INVALID_STRIDE, "76800", .width = 256, .height = 200, .stride = 256, .format = WL_SHM_FORMAT_YUV420);
}

TEST("lido_shm_buffer@beyond-a-shrunk-block-is-invalid_stride") {
	struct pool_pair pair;
	struct pool_block block;
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&block, &pair.pool, BLOCK_SIZE);
	// The client has read that the block was as large as that, but its last request counts.
	expect_place(&block);
	pool_block_resize(&block, 4096);
	struct wl_buffer *buffer = pool_block_create_buffer(&block, 0, 128, 128);
	expect_protocol_error(&pair.base.client, block.block, LIDO_SHM_BLOCK_V1_ERROR_INVALID_STRIDE, "65536");
	wl_buffer_destroy(buffer);
	pool_pair_finish(&pair);
}

TEST("lido_shm_buffer@what-fits-just-so-is-accepted-before-the-block-is-placed") {
	static const struct request requests[] = {
		{.width = 7, .height = 8, .stride = 14, .format = WL_SHM_FORMAT_RGB565},
		{.width = 7, .height = 3, .stride = 7, .format = WL_SHM_FORMAT_R8},
		{.width = 256, .height = 170, .stride = 256, .format = WL_SHM_FORMAT_NV12},
	};
	enum {
		COUNT = sizeof(requests) / sizeof(requests[0])
	};
	struct pool_pair pair;
	struct pool_block block;
	struct wl_buffer *buffers[COUNT];
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&block, &pair.pool, BLOCK_SIZE);
	for (int i = 0; i < COUNT; i++) {
		buffers[i] = create(&block, &requests[i]);
	}
	expect_place(&block);
	for (int i = 0; i < COUNT; i++) {
		wl_buffer_destroy(buffers[i]);
	}
	pool_pair_finish(&pair);
}

TEST("lido_shm_buffer@every-offered-format-is-accepted") {
	struct pool_pair pair;
	struct pool_block block;
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&block, &pair.pool, BLOCK_SIZE);
	const uint32_t *format;
	wl_array_for_each(format, &pair.base.client.formats) {
		// 48 bytes are a whole number of pixels in each format.
		struct wl_buffer *buffer = lido_shm_block_v1_create_buffer(block.block, 0, 6, 6, 48, *format);
		expect_alive(&pair.base.client);
		wl_buffer_destroy(buffer);
	}
	pool_pair_finish(&pair);
}

TEST("lido_shm_buffer@knows-where-the-block-lies-and-reads-what-the-client-drew") {
	struct pool_pair pair;
	struct pool_block blocks[5];
	struct wl_buffer *buffers[5];
	pool_pair_init(&pair, NULL, 0);
	for (int i = 0; i < 5; i++) {
		pool_block_init(&blocks[i], &pair.pool, BLOCK_SIZE);
		buffers[i] = pool_block_create_buffer(&blocks[i], i * 4096, 64, 64);
	}
	expect_place(&blocks[4]);
	for (int i = 0; i < 5; i++) {
		uint8_t wanted[64 * 64 * 4], got[64 * 64 * 4];
		file_fill_memory(pool_block_get_data(&blocks[i]) + i * 4096, 0, sizeof(wanted), (uint32_t)i);
		file_fill_memory(wanted, 0, sizeof(wanted), (uint32_t)i);
		struct lido_buffer *buffer = pair_get_buffer(&pair.base, buffers[i]);
		expect_int(lido_buffer_read(buffer, &(struct lido_box){0, 0, 64, 64}, got, 256), ==, LIDO_READ_OK);
		expect_bytes(got, wanted, sizeof(got));
		const void *pixels = lido_buffer_map(buffer, 0, 64, NULL);
		expect(pixels != NULL);
		expect_bytes(pixels, wanted, sizeof(wanted));
		wl_buffer_destroy(buffers[i]);
	}
	pool_pair_finish(&pair);
}

// A buffer without memory reads as zeros, cannot be written, and breaks nothing.
static void expect_no_pixels(struct pair *pair, struct wl_buffer *wl_buffer) {
	uint8_t got[64 * 64 * 4];
	static const uint8_t zeros[sizeof(got)];
	struct lido_buffer *buffer = pair_get_buffer(pair, wl_buffer);
	memset(got, 0xff, sizeof(got));
	expect_int(lido_buffer_read(buffer, &(struct lido_box){0, 0, 64, 64}, got, 256), ==, LIDO_READ_OK);
	expect_bytes(got, zeros, sizeof(got));
	expect(!lido_buffer_write(buffer, &(struct lido_box){0, 0, 64, 64}, got, 256));
	lido_buffer_map(buffer, 0, 64, NULL);
}

TEST("lido_shm_buffer@of-a-block-that-failed-has-no-memory") {
	struct pool_pair pair;
	struct pool_block block;
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = BLOCK_SIZE;
	pool_pair_init(&pair, &limits, 0);
	pool_block_init(&block, &pair.pool, BLOCK_SIZE + 1);
	struct wl_buffer *buffer = pool_block_create_buffer(&block, 0, 64, 64);
	expect_reason(&block, BYTES);
	expect_no_pixels(&pair.base, buffer);
	// The buffer stays without memory, even when the block gets some.
	pool_block_resize(&block, BLOCK_SIZE);
	expect_place(&block);
	file_fill_memory(pool_block_get_data(&block), 0, 64 * 64 * 4, 1);
	expect_no_pixels(&pair.base, buffer);
	wl_buffer_destroy(buffer);
	pool_pair_finish(&pair);
}

TEST("lido_shm_buffer@beyond-what-a-failed-resize-left-has-no-memory") {
	struct pool_pair pair;
	struct pool_block block;
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = BLOCK_SIZE;
	pool_pair_init(&pair, &limits, 0);
	pool_block_init(&block, &pair.pool, 64 * 64 * 4);
	pool_block_resize(&block, BLOCK_SIZE + 64 * 64 * 4);
	struct wl_buffer *within = pool_block_create_buffer(&block, 0, 64, 64);
	struct wl_buffer *beyond = pool_block_create_buffer(&block, BLOCK_SIZE, 64, 64);
	struct wl_buffer *across = pool_block_create_buffer(&block, 4, 64, 64);
	expect_reason(&block, BYTES);
	uint8_t wanted[64 * 64 * 4], got[64 * 64 * 4];
	file_fill_memory(pool_block_get_data(&block), 0, sizeof(wanted), 8);
	file_fill_memory(wanted, 0, sizeof(wanted), 8);
	lido_buffer_read(pair_get_buffer(&pair.base, within), &(struct lido_box){0, 0, 64, 64}, got, 256);
	expect_bytes(got, wanted, sizeof(got));
	expect_no_pixels(&pair.base, beyond);
	expect_no_pixels(&pair.base, across);
	wl_buffer_destroy(within);
	wl_buffer_destroy(beyond);
	wl_buffer_destroy(across);
	pool_pair_finish(&pair);
}

TEST("lido_shm_buffer@lives-on-without-its-block") {
	struct pool_pair pair;
	struct pool_block block;
	uint8_t wanted[64 * 64 * 4], got[64 * 64 * 4];
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&block, &pair.pool, BLOCK_SIZE);
	expect_place(&block);
	struct wl_buffer *buffer = pool_block_create_buffer(&block, 4096, 64, 64);
	uint8_t *data = pool_block_get_data(&block) + 4096;
	pool_block_finish(&block);
	// The memory still belongs to the client alone.
	pool_block_init(&block, &pair.pool, BLOCK_SIZE);
	expect_place(&block);
	file_fill_memory(data, 0, sizeof(wanted), 4);
	memset(pool_block_get_data(&block), 0xee, BLOCK_SIZE);
	file_fill_memory(wanted, 0, sizeof(wanted), 4);
	lido_buffer_read(pair_get_buffer(&pair.base, buffer), &(struct lido_box){0, 0, 64, 64}, got, 256);
	expect_bytes(got, wanted, sizeof(got));
	wl_buffer_destroy(buffer);
	pool_pair_finish(&pair);
}

TEST("lido_shm_buffer@in-pages-that-were-never-written-costs-none") {
	struct pool_pair pair;
	struct pool_block block;
	static uint8_t got[512 * 512 * 4];
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&block, &pair.pool, sizeof(got));
	expect_place(&block);
	struct wl_buffer *wl_buffer = pool_block_create_buffer(&block, 0, 512, 512);
	struct lido_buffer *buffer = pair_get_buffer(&pair.base, wl_buffer);
	expect(lido_buffer_map(buffer, 0, 512, NULL) == NULL);
	expect_int(lido_buffer_read(buffer, &(struct lido_box){0, 0, 512, 512}, got, 2048), ==, LIDO_READ_OK);
	expect_int(file_get_allocated(block.area->fd), ==, 0);
	wl_buffer_destroy(wl_buffer);
	pool_pair_finish(&pair);
}
