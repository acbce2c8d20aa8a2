/*
 * Files behind wl_shm pools. Only these tests see who has a file open, whether the server maps it, which seals it gets,
 * and that several pools share it. The errors are in check/wl_shm_create_pool_rules.c and wl_shm_resize_rules.c.
 */
#include "file.h"
#include "pair.h"
#include "runner.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

// Takes ownership of the fd. The server must refuse it, and close its copy.
static void expect_refused_and_closed(int fd, int32_t size) {
	struct pair pair;
	size_t fds = file_count_fds(fd);
	pair_init(&pair, NULL);
	struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, size);
	expect(!client_try_roundtrip(&pair.client));
	wl_shm_pool_destroy(pool);
	expect_int(file_count_fds(fd), ==, fds);
	close(fd);
	pair_finish(&pair);
}

TEST("wl_shm_files@refused-fd-is-closed") {
	expect_refused_and_closed(file_create(FILE_SEALED, 4096), 0);
	expect_refused_and_closed(file_create(FILE_SEALED, 4096), -1);
	int fds[2];
	expect_int(pipe2(fds, O_CLOEXEC), ==, 0);
	expect_refused_and_closed(dup(fds[0]), 4096);
	close(fds[0]);
	close(fds[1]);
	expect_refused_and_closed(open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC), 4096);
	expect_refused_and_closed(open("/dev/zero", O_RDWR | O_CLOEXEC), 4096);
	expect_refused_and_closed(open("/dev/null", O_RDWR | O_CLOEXEC), 4096);
	// A regular file, but code of the kernel answers each read.
	expect_refused_and_closed(open("/proc/self/maps", O_RDONLY | O_CLOEXEC), 4096);
	static const int modes[] = {O_PATH, O_WRONLY};
	for (int i = 0; i < 2; i++) {
		int file = file_create(i == 0 ? FILE_RUNTIME_DIR : FILE_SEALABLE, 4096);
		int fd = file_reopen(file, modes[i]);
		close(file);
		expect_refused_and_closed(fd, 4096);
	}
}

TEST("wl_shm_files@every-kind-of-file-is-accepted") {
	struct pair pair;
	pair_init(&pair, NULL);
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		int fd = file_create(kind, 4096);
		struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, 4096);
		expect_alive(&pair.client);
		expect_int(file_count_fds(fd), ==, 2);
		wl_shm_pool_destroy(pool);
		expect_alive(&pair.client);
		expect_int(file_count_fds(fd), ==, 1);
		close(fd);
	}
	pair_finish(&pair);
}

TEST("wl_shm_files@unsealable-file-is-never-mapped") {
	struct pair pair;
	pair_init(&pair, NULL);
	for (int kind = FILE_UNSEALABLE; kind < FILE_KINDS_LEN; kind++) {
		int fd = file_create(kind, 1 << 20);
		struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, 1 << 20);
		struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, 512, 512, 2048, WL_SHM_FORMAT_ARGB8888);
		wl_shm_pool_resize(pool, 1 << 21);
		expect_alive(&pair.client);
		expect_int(file_count_mappings(fd, NULL), ==, 0);
		wl_buffer_destroy(buffer);
		wl_shm_pool_destroy(pool);
		close(fd);
	}
	pair_finish(&pair);
}

TEST("wl_shm_files@sealable-file-is-sealed-against-shrinking-alone") {
	struct pair pair;
	pair_init(&pair, NULL);
	int fd = file_create(FILE_SEALABLE, 4096);
	struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, 4096);
	expect_alive(&pair.client);
	expect_int(file_get_seals(fd), ==, F_SEAL_SHRINK);
	expect_int(ftruncate(fd, 8192), ==, 0);
	expect_int(ftruncate(fd, 4096), ==, -1);
	wl_shm_pool_destroy(pool);
	close(fd);
	pair_finish(&pair);
}

TEST("wl_shm_files@same-file-again-shares-one-fd") {
	struct pair pair;
	pair_init(&pair, NULL);
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct wl_shm_pool *pools[10];
		int fd = file_create(kind, 4096);
		for (int i = 0; i < 10; i++) {
			pools[i] = wl_shm_create_pool(pair.client.shm, fd, 4096);
		}
		expect_alive(&pair.client);
		expect_int(file_count_fds(fd), ==, 2);
		for (int i = 0; i < 10; i++) {
			wl_shm_pool_destroy(pools[i]);
		}
		expect_alive(&pair.client);
		expect_int(file_count_fds(fd), ==, 1);
		close(fd);
	}
	pair_finish(&pair);
}

TEST("wl_shm_files@resize-of-one-pool-leaves-others-of-the-file-alone") {
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
