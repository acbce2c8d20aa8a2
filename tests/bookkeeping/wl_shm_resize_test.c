/*
 * wl_shm_pool.resize. Only this test knows that the server shares one imported file among pools. All other rules are in
 * check/wl_shm_resize_rules.c.
 */
#include "file.h"
#include "pair.h"
#include "runner.h"
#include <unistd.h>

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
