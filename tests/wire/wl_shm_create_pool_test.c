/*
 * wl_shm.create_pool over the wire: what is accepted, and each error with its object, code and message.
 */
#include "file.h"
#include "pair.h"
#include "runner.h"
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <unistd.h>

// Takes the fd over. It must be refused on wl_shm; afterwards nobody else has it open.
static void expect_refused(int fd, int32_t size, uint32_t code, const char *text) {
	struct pair pair;
	size_t fds = file_count_fds(fd);
	pair_init(&pair, NULL);
	struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, size);
	expect_protocol_error(&pair.client, pair.client.shm, code, text);
	wl_shm_pool_destroy(pool);
	expect_int(file_count_fds(fd), ==, fds);
	close(fd);
	pair_finish(&pair);
}

TEST("wl_shm_create_pool@size-of-zero-is-invalid_stride") {
	expect_refused(file_create(FILE_SEALED, 4096), 0, WL_SHM_ERROR_INVALID_STRIDE, "size 0");
}

TEST("wl_shm_create_pool@negative-size-is-invalid_stride") {
	expect_refused(file_create(FILE_SEALED, 4096), -1, WL_SHM_ERROR_INVALID_STRIDE, "size -1");
	expect_refused(file_create(FILE_SEALED, 4096), INT32_MIN, WL_SHM_ERROR_INVALID_STRIDE, "size -2147483648");
}

TEST("wl_shm_create_pool@pipe-is-invalid_fd") {
	int fds[2];
	expect_int(pipe2(fds, O_CLOEXEC), ==, 0);
	expect_refused(dup(fds[0]), 4096, WL_SHM_ERROR_INVALID_FD, "invalid fd");
	close(fds[0]);
	close(fds[1]);
}

TEST("wl_shm_create_pool@directory-is-invalid_fd") {
	expect_refused(open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC), 4096, WL_SHM_ERROR_INVALID_FD, "invalid fd");
}

TEST("wl_shm_create_pool@device-is-invalid_fd") {
	expect_refused(open("/dev/zero", O_RDWR | O_CLOEXEC), 4096, WL_SHM_ERROR_INVALID_FD, "invalid fd");
}

TEST("wl_shm_create_pool@dev-null-is-invalid_fd") {
	expect_refused(open("/dev/null", O_RDWR | O_CLOEXEC), 4096, WL_SHM_ERROR_INVALID_FD, "invalid fd");
}

TEST("wl_shm_create_pool@path-only-fd-is-invalid_fd") {
	int file = file_create(FILE_RUNTIME_DIR, 4096);
	int fd = file_reopen(file, O_PATH);
	close(file);
	expect_refused(fd, 4096, WL_SHM_ERROR_INVALID_FD, "invalid fd");
}

TEST("wl_shm_create_pool@write-only-fd-is-invalid_fd") {
	int file = file_create(FILE_SEALABLE, 4096);
	int fd = file_reopen(file, O_WRONLY);
	close(file);
	expect_refused(fd, 4096, WL_SHM_ERROR_INVALID_FD, "cannot be read");
}

TEST("wl_shm_create_pool@proc-file-is-invalid_fd") {
	// A regular file whose reads are somebody's code.
	expect_refused(open("/proc/self/maps", O_RDONLY | O_CLOEXEC), 4096, WL_SHM_ERROR_INVALID_FD, "file system");
}

TEST("wl_shm_create_pool@every-kind-of-file-is-accepted") {
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

TEST("wl_shm_create_pool@read-only-fd-is-accepted") {
	struct pair pair;
	pair_init(&pair, NULL);
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		int file = file_create(kind, 4096), fd = file_reopen(file, O_RDONLY);
		struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, 4096);
		expect_alive(&pair.client);
		wl_shm_pool_destroy(pool);
		close(file);
		close(fd);
	}
	pair_finish(&pair);
}

TEST("wl_shm_create_pool@size-beyond-the-end-of-the-file-is-accepted") {
	struct pair pair;
	pair_init(&pair, NULL);
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		int fd = file_create(kind, 0);
		struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, INT32_MAX);
		struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, 32, 32, 128, WL_SHM_FORMAT_ARGB8888);
		expect_alive(&pair.client);
		wl_buffer_destroy(buffer);
		wl_shm_pool_destroy(pool);
		close(fd);
	}
	pair_finish(&pair);
}

TEST("wl_shm_create_pool@size-of-one-byte-and-of-the-most-is-accepted") {
	struct pair pair;
	pair_init(&pair, NULL);
	int fd = file_create(FILE_SEALABLE, INT64_C(1) << 32);
	struct wl_shm_pool *one = wl_shm_create_pool(pair.client.shm, fd, 1);
	struct wl_shm_pool *most = wl_shm_create_pool(pair.client.shm, fd, INT32_MAX);
	expect_alive(&pair.client);
	wl_shm_pool_destroy(one);
	wl_shm_pool_destroy(most);
	close(fd);
	pair_finish(&pair);
}

TEST("wl_shm_create_pool@unsealable-file-is-never-mapped") {
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

TEST("wl_shm_create_pool@sealable-file-is-sealed-against-shrinking-alone") {
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

TEST("wl_shm_create_pool@same-file-again-shares-one-fd") {
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
