/*
 * wl_shm_pool.resize over the wire.
 */
#include "file.h"
#include "pair.h"
#include "runner.h"
#include <limits.h>
#include <unistd.h>

static void expect_refused(int32_t from, int32_t to, const char *text) {
	struct pair pair;
	pair_init(&pair, NULL);
	int fd = file_create(FILE_SEALABLE, from);
	struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, from);
	wl_shm_pool_resize(pool, to);
	expect_protocol_error(&pair.client, pool, WL_SHM_ERROR_INVALID_FD, text);
	wl_shm_pool_destroy(pool);
	close(fd);
	pair_finish(&pair);
}

TEST("wl_shm_resize@smaller-is-invalid_fd") {
	expect_refused(8192, 8191, "shrinking from 8192");
	expect_refused(8192, 0, "size 0");
	expect_refused(8192, -1, "size -1");
	// What an int32 that has overflowed looks like.
	expect_refused(8192, INT32_MIN, "size -2147483648");
}

TEST("wl_shm_resize@smaller-than-last-resize-is-invalid_fd") {
	struct pair pair;
	pair_init(&pair, NULL);
	int fd = file_create(FILE_SEALABLE, 4096);
	struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, 4096);
	wl_shm_pool_resize(pool, 16384);
	wl_shm_pool_resize(pool, 8192);
	expect_protocol_error(&pair.client, pool, WL_SHM_ERROR_INVALID_FD, "from 16384");
	wl_shm_pool_destroy(pool);
	close(fd);
	pair_finish(&pair);
}

TEST("wl_shm_resize@same-size-and-most-are-accepted") {
	struct pair pair;
	pair_init(&pair, NULL);
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		int fd = file_create(kind, 4096);
		struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, 4096);
		wl_shm_pool_resize(pool, 4096);
		wl_shm_pool_resize(pool, 4097);
		// The file need not hold it yet.
		wl_shm_pool_resize(pool, INT32_MAX);
		expect_alive(&pair.client);
		wl_shm_pool_destroy(pool);
		close(fd);
	}
	pair_finish(&pair);
}

TEST("wl_shm_resize@makes-room-for-buffers") {
	struct pair pair;
	pair_init(&pair, NULL);
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		int fd = file_create(kind, 4096);
		struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, 4096);
		wl_shm_pool_resize(pool, 8192);
		struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 4096, 32, 32, 128, WL_SHM_FORMAT_ARGB8888);
		expect_alive(&pair.client);
		wl_buffer_destroy(buffer);
		wl_shm_pool_destroy(pool);
		close(fd);
	}
	pair_finish(&pair);
}

TEST("wl_shm_resize@of-one-handle-leaves-others-of-the-file-alone") {
	struct pair pair;
	pair_init(&pair, NULL);
	int fd = file_create(FILE_SEALABLE, 8192);
	struct wl_shm_pool *small = wl_shm_create_pool(pair.client.shm, fd, 4096);
	struct wl_shm_pool *large = wl_shm_create_pool(pair.client.shm, fd, 4096);
	wl_shm_pool_resize(large, 8192);
	struct wl_buffer *fits = wl_shm_pool_create_buffer(large, 4096, 32, 32, 128, WL_SHM_FORMAT_ARGB8888);
	expect_alive(&pair.client);
	struct wl_buffer *beyond = wl_shm_pool_create_buffer(small, 4096, 32, 32, 128, WL_SHM_FORMAT_ARGB8888);
	expect_protocol_error(&pair.client, small, WL_SHM_ERROR_INVALID_STRIDE, "beyond pool size 4096");
	wl_buffer_destroy(fits);
	wl_buffer_destroy(beyond);
	wl_shm_pool_destroy(small);
	wl_shm_pool_destroy(large);
	close(fd);
	pair_finish(&pair);
}

TEST("wl_shm_resize@as-libwayland-cursor-does") {
	// 2304 bytes are claimed of a file that doubles eight times, with images made in between that live on.
	struct pair pair;
	pair_init(&pair, NULL);
	int fd = file_create(FILE_SEALABLE, 2304);
	struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, 2304);
	struct wl_buffer *images[9];
	int32_t size = 2304;
	for (int i = 0; i < 9; i++, size *= 2) {
		file_set_size(fd, size);
		wl_shm_pool_resize(pool, size);
		images[i] = wl_shm_pool_create_buffer(pool, size - 2304, 24, 24, 96, WL_SHM_FORMAT_ARGB8888);
	}
	expect_alive(&pair.client);
	wl_shm_pool_destroy(pool);
	for (int i = 0; i < 9; i++) {
		wl_buffer_destroy(images[i]);
	}
	close(fd);
	pair_finish(&pair);
}
