/*
 * Imported files: what the server maps, when, how often and where.
 */
#include "base/os.h"
#include "faults.h"
#include "file.h"
#include "memory/imported.h"
#include "memory/pool.h"
#include "pair.h"
#include "runner.h"
#include "wide.h"
#include "wire/buffer.h"
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <unistd.h>

#define SIZE 65536

// A client's file. Buffers have 128x128 pixels, 64 KiB.
struct fixture {
	struct pair pair;
	int fd;
	struct wl_shm_pool *shm_pool;
};

static void fixture_init(struct fixture *fixture, enum file_kind kind, int64_t file_size, int32_t claimed) {
	pair_init(&fixture->pair, NULL);
	fixture->fd = file_create(kind, file_size);
	fixture->shm_pool = wl_shm_create_pool(fixture->pair.client.shm, fixture->fd, claimed);
	client_roundtrip(&fixture->pair.client);
}

static void fixture_finish(struct fixture *fixture) {
	lido_pool_audit(pair_get_pool(&fixture->pair));
	wl_shm_pool_destroy(fixture->shm_pool);
	close(fixture->fd);
	pair_finish(&fixture->pair);
}

static struct lido_buffer *create_buffer(struct fixture *fixture, int32_t offset) {
	struct wl_buffer *buffer =
			wl_shm_pool_create_buffer(fixture->shm_pool, offset, 128, 128, 512, WL_SHM_FORMAT_ARGB8888);
	return pair_get_buffer(&fixture->pair, buffer);
}

static const void *map_all(struct lido_buffer *buffer) {
	return lido_buffer_map(buffer, 0, buffer->height, NULL);
}

static void expect_pixels(const void *pixels, int64_t offset, uint32_t seed) {
	static uint8_t wanted[SIZE];
	expect(pixels != NULL);
	file_fill_memory(wanted, offset, SIZE, seed);
	expect_bytes(pixels, wanted, SIZE);
}

TEST("imported@sealable-file-is-mapped-on-demand-and-has-the-right-pixels") {
	for (int kind = 0; FILE_KIND_IS_SEALABLE(kind); kind++) {
		struct fixture fixture;
		fixture_init(&fixture, kind, 2 * SIZE, 2 * SIZE);
		file_fill(fixture.fd, 0, 2 * SIZE, 5);
		struct lido_buffer *first = create_buffer(&fixture, 0), *second = create_buffer(&fixture, SIZE);
		expect(lido_buffer_is_sealed(first));
		expect_int(file_count_mappings(fixture.fd, NULL), ==, 0);
		expect_pixels(map_all(first), 0, 5);
		expect_pixels(map_all(second), SIZE, 5);
		expect_int(file_count_mappings(fixture.fd, NULL), ==, 1);
		fixture_finish(&fixture);
	}
}

TEST("imported@unsealable-file-is-never-mapped") {
	for (int kind = FILE_UNSEALABLE; kind < FILE_KINDS_LEN; kind++) {
		struct fixture fixture;
		fixture_init(&fixture, kind, SIZE, SIZE);
		file_fill(fixture.fd, 0, SIZE, 5);
		struct lido_buffer *buffer = create_buffer(&fixture, 0);
		expect(!lido_buffer_is_sealed(buffer));
		expect(map_all(buffer) == NULL);
		expect_int(file_count_mappings(fixture.fd, NULL), ==, 0);
		fixture_finish(&fixture);
	}
}

TEST("imported@file-with-other-seals-only-is-never-mapped") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED, SIZE, SIZE);
	// F_SEAL_SEAL without F_SEAL_SHRINK: the file can shrink, and the server cannot seal it.
	int fd = file_create_sealed(SIZE, F_SEAL_SEAL | F_SEAL_GROW);
	struct wl_shm_pool *shm_pool = wl_shm_create_pool(fixture.pair.client.shm, fd, SIZE);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(shm_pool, 0, 128, 128, 512, WL_SHM_FORMAT_ARGB8888);
	file_fill(fd, 0, SIZE, 1);
	expect(map_all(pair_get_buffer(&fixture.pair, buffer)) == NULL);
	expect_int(file_count_mappings(fd, NULL), ==, 0);
	wl_shm_pool_destroy(shm_pool);
	wl_buffer_destroy(buffer);
	close(fd);
	fixture_finish(&fixture);
}

TEST("imported@mapping-is-read-only") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED, SIZE, SIZE);
	file_fill(fixture.fd, 0, SIZE, 5);
	const void *pixels = map_all(create_buffer(&fixture, 0));
	// A write by the kernel fails with EFAULT; one of ours would raise a signal.
	int other = file_create(FILE_SEALED, 16);
	expect_int(pread(other, (void *)(uintptr_t)pixels, 16, 0), ==, -1);
	close(other);
	fixture_finish(&fixture);
}

TEST("imported@second-pool-of-the-same-file-shares-fd-and-mapping") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALABLE, 2 * SIZE, SIZE);
	file_fill(fixture.fd, 0, 2 * SIZE, 5);
	int copy = dup(fixture.fd), other = file_reopen(fixture.fd, O_RDWR);
	struct wl_shm_pool *second = wl_shm_create_pool(fixture.pair.client.shm, copy, 2 * SIZE);
	struct wl_shm_pool *third = wl_shm_create_pool(fixture.pair.client.shm, other, 2 * SIZE);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(third, SIZE, 128, 128, 512, WL_SHM_FORMAT_ARGB8888);
	client_roundtrip(&fixture.pair.client);
	expect_int(file_count_fds(fixture.fd), ==, 4);
	const uint8_t *pixels = map_all(create_buffer(&fixture, 0));
	expect(map_all(pair_get_buffer(&fixture.pair, buffer)) == pixels + SIZE);
	expect_int(file_count_mappings(fixture.fd, NULL), ==, 1);
	expect_int(pool_used(pair_get_pool(&fixture.pair), FILES), ==, 1);
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(second);
	wl_shm_pool_destroy(third);
	close(copy);
	close(other);
	fixture_finish(&fixture);
}

TEST("imported@two-clients-of-one-file-share-nothing") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED, SIZE, SIZE);
	file_fill(fixture.fd, 0, SIZE, 5);
	struct wl_shm_pool *shm_pool = wl_shm_create_pool(fixture.pair.other.shm, fixture.fd, SIZE);
	expect_alive(&fixture.pair.other);
	expect_int(file_count_fds(fixture.fd), ==, 3);
	wl_shm_pool_destroy(shm_pool);
	expect_alive(&fixture.pair.other);
	expect(map_all(create_buffer(&fixture, 0)) != NULL);
	fixture_finish(&fixture);
}

TEST("imported@mapping-never-moves-when-the-file-grows") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED, SIZE, SIZE);
	file_fill(fixture.fd, 0, SIZE, 5);
	struct lido_buffer *first = create_buffer(&fixture, 0);
	const uint8_t *pixels = map_all(first);
	const int32_t size_max = HAS_WIDE_ADDRESSES ? 1 << 29 : 4 * SIZE;
	for (int32_t size = 2 * SIZE; size <= size_max; size *= 2) {
		file_set_size(fixture.fd, size);
		file_fill(fixture.fd, size - SIZE, SIZE, 6);
		wl_shm_pool_resize(fixture.shm_pool, size);
		struct lido_buffer *last = create_buffer(&fixture, size - SIZE);
		expect(map_all(last) == pixels + size - SIZE);
		expect_pixels(pixels + size - SIZE, size - SIZE, 6);
		expect(map_all(first) == pixels);
	}
	expect_pixels(pixels, 0, 5);
	expect_int(file_count_mappings(fixture.fd, NULL), ==, 1);
	fixture_finish(&fixture);
}

TEST("imported@scarce-address-space-costs-a-second-mapping-and-moves-nothing") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED, SIZE, SIZE);
	file_fill(fixture.fd, 0, SIZE, 5);
	faults_start_all_of(FAULT_MMAP, 4 * SIZE);
	struct lido_buffer *first = create_buffer(&fixture, 0);
	const uint8_t *pixels = map_all(first);
	expect_pixels(pixels, 0, 5);
	faults_stop();
	file_set_size(fixture.fd, 64 * SIZE);
	file_fill(fixture.fd, 63 * SIZE, SIZE, 6);
	wl_shm_pool_resize(fixture.shm_pool, 64 * SIZE);
	struct lido_buffer *last = create_buffer(&fixture, 63 * SIZE);
	expect_pixels(map_all(last), 63 * SIZE, 6);
	expect(map_all(first) == pixels);
	expect_int(file_count_mappings(fixture.fd, NULL), ==, 2);
	lido_pool_audit(pair_get_pool(&fixture.pair));
	fixture_finish(&fixture);
}

TEST("imported@file-is-read-where-there-is-no-address-space") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED, SIZE, SIZE);
	file_fill(fixture.fd, 0, SIZE, 5);
	faults_start_all_of(FAULT_MMAP, 0);
	struct lido_buffer *buffer = create_buffer(&fixture, 0);
	expect(map_all(buffer) == NULL);
	faults_stop();
	static uint8_t pixels[SIZE];
	struct lido_box whole = {.width = 128, .height = 128};
	expect_int(lido_buffer_read(buffer, &whole, pixels, 512), ==, LIDO_READ_OK);
	expect_pixels(pixels, 0, 5);
	fixture_finish(&fixture);
}

TEST("imported@bytes-beyond-the-end-of-the-file-are-mapped-only-once-they-exist") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED, 0, SIZE);
	struct lido_buffer *buffer = create_buffer(&fixture, 0);
	expect(map_all(buffer) == NULL);
	file_set_size(fixture.fd, SIZE - 1);
	file_fill(fixture.fd, 0, SIZE - 1, 5);
	expect(map_all(buffer) == NULL);
	file_set_size(fixture.fd, SIZE);
	file_fill(fixture.fd, 0, SIZE, 5);
	expect_pixels(map_all(buffer), 0, 5);
	fixture_finish(&fixture);
}

TEST("imported@holes-are-not-mapped-and-not-filled") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct fixture fixture;
		fixture_init(&fixture, kind, 4 * SIZE, 4 * SIZE);
		struct lido_buffer *buffer = create_buffer(&fixture, SIZE);
		expect_int(file_get_allocated(fixture.fd), ==, 0);
		expect(map_all(buffer) == NULL);
		static uint8_t pixels[SIZE];
		static const uint8_t zeros[SIZE];
		memset(pixels, 1, sizeof(pixels));
		struct lido_box whole = {.width = 128, .height = 128};
		expect_int(lido_buffer_read(buffer, &whole, pixels, 512), ==, LIDO_READ_OK);
		expect_bytes(pixels, zeros, SIZE);
		expect_int(file_get_allocated(fixture.fd), ==, 0);
		fixture_finish(&fixture);
	}
}

TEST("imported@hole-anywhere-in-the-buffer-prevents-mapping") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALABLE, SIZE, SIZE);
	struct lido_buffer *buffer = create_buffer(&fixture, 0);
	for (int64_t hole = 0; hole < SIZE; hole += 4096) {
		file_fill(fixture.fd, 0, SIZE, 5);
		expect(map_all(buffer) != NULL);
		expect_int(fallocate(fixture.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, hole, 4096), ==, 0);
		expect(map_all(buffer) == NULL);
		expect_int(file_get_allocated(fixture.fd), ==, SIZE - 4096);
	}
	fixture_finish(&fixture);
}

TEST("imported@hole-prevents-mapping-of-its-own-rows-only") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED, SIZE, SIZE);
	struct lido_buffer *buffer = create_buffer(&fixture, 0);
	file_fill(fixture.fd, 0, SIZE, 5);
	const uint8_t *pixels = map_all(buffer);
	// Eight rows of 512 bytes are a page: the hole is in rows 64 to 71.
	expect_int(fallocate(fixture.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 32768, 4096), ==, 0);
	expect(lido_buffer_map(buffer, 0, 64, NULL) == pixels);
	expect(lido_buffer_map(buffer, 72, 56, NULL) == pixels);
	expect(lido_buffer_map(buffer, 0, 65, NULL) == NULL);
	expect(lido_buffer_map(buffer, 71, 1, NULL) == NULL);
	expect(lido_buffer_map(buffer, 64, 8, NULL) == NULL);
	expect_int(file_get_allocated(fixture.fd), ==, SIZE - 4096);
	fixture_finish(&fixture);
}

TEST("imported@end-of-file-prevents-mapping-of-rows-beyond-it-only") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALABLE, SIZE / 2, SIZE);
	struct lido_buffer *buffer = create_buffer(&fixture, 0);
	file_fill(fixture.fd, 0, SIZE / 2, 5);
	expect(lido_buffer_map(buffer, 0, 64, NULL) != NULL);
	expect(lido_buffer_map(buffer, 0, 65, NULL) == NULL);
	expect(lido_buffer_map(buffer, 127, 1, NULL) == NULL);
	fixture_finish(&fixture);
}

TEST("imported@hole-outside-the-buffer-does-not-matter") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED, 3 * SIZE, 3 * SIZE);
	file_fill(fixture.fd, SIZE, SIZE, 5);
	expect_pixels(map_all(create_buffer(&fixture, SIZE)), SIZE, 5);
	expect_int(file_get_allocated(fixture.fd), ==, SIZE);
	fixture_finish(&fixture);
}

TEST("imported@range-without-holes-is-searched-again-only-after-pages-were-lost") {
	// Half of the file is a hole, so that the server must search for holes.
	struct fixture fixture;
	const int64_t page = 4096;
	fixture_init(&fixture, FILE_SEALED, 2 * SIZE, 2 * SIZE);
	file_fill(fixture.fd, 0, SIZE, 5);
	struct lido_buffer *buffer = create_buffer(&fixture, 0);
	faults_start(0);
	expect(map_all(buffer) != NULL);
	expect(map_all(buffer) != NULL);
	expect(lido_buffer_map(buffer, 10, 20, NULL) != NULL);
	expect_int(faults_get_count(FAULT_MINCORE), ==, 1);
	expect_int(faults_get_count(FAULT_MADVISE), ==, 1);
	// A terminal scrolls: it draws a page at the end and punches one at the start.
	for (int i = 1; i < 8; i++) {
		file_fill(fixture.fd, SIZE + (i - 1) * page, page, 5);
		expect_int(fallocate(fixture.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, i * page), ==, 0);
		expect(map_all(create_buffer(&fixture, (int32_t)(i * page))) != NULL);
		expect_int(faults_get_count(FAULT_MINCORE), ==, 1 + i);
		expect_int(faults_get_count(FAULT_MADVISE), ==, 1 + i);
		expect_int(file_get_allocated(fixture.fd), ==, SIZE);
	}
	expect(map_all(buffer) == NULL);
	expect(map_all(create_buffer(&fixture, (int32_t)(8 * page))) == NULL);
	// A page in the middle of the last range.
	buffer = create_buffer(&fixture, (int32_t)(7 * page));
	expect(map_all(buffer) != NULL);
	expect_int(fallocate(fixture.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 9 * page, page), ==, 0);
	expect(map_all(buffer) == NULL);
	expect_int(file_get_allocated(fixture.fd), ==, SIZE - page);
	faults_stop();
	fixture_finish(&fixture);
}

static int pretend_other_owner(int fd, struct stat *stat) {
	int result = fstat(fd, stat);
	stat->st_uid++;
	return result;
}

TEST("imported@file-of-another-user-is-mapped-only-while-it-has-all-pages") {
	// The kernel does not tell which pages such a file has.
	struct fixture fixture;
	faults_start(0);
	lido_os.fstat = pretend_other_owner;
	fixture_init(&fixture, FILE_SEALED, 2 * SIZE, 2 * SIZE);
	file_fill(fixture.fd, 0, SIZE, 5);
	struct lido_buffer *buffer = create_buffer(&fixture, 0);
	expect(map_all(buffer) == NULL);
	expect_int(faults_get_count(FAULT_MINCORE), ==, 0);
	file_fill(fixture.fd, SIZE, SIZE, 5);
	expect_pixels(map_all(buffer), 0, 5);
	faults_stop();
	fixture_finish(&fixture);
}

TEST("imported@range-is-searched-page-by-page-and-no-further") {
	// The first page that the file lacks lies behind the buffer.
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED, 64 * SIZE, 64 * SIZE);
	file_fill(fixture.fd, 0, 63 * SIZE, 5);
	struct lido_buffer *buffer = create_buffer(&fixture, 3 * SIZE);
	struct lido_quota *quota = &pair_get_pool(&fixture.pair)->quota;
	expect(lido_buffer_map(buffer, 10, 1, NULL) != NULL);
	expect_int(lido_quota_get_used(quota, LIDO_QUOTA_SEARCHED_BYTES), ==, 4096);
	expect(map_all(buffer) != NULL);
	expect_int(lido_quota_get_used(quota, LIDO_QUOTA_SEARCHED_BYTES), ==, 4096 + SIZE);
	expect(map_all(buffer) != NULL);
	expect_int(lido_quota_get_used(quota, LIDO_QUOTA_SEARCHED_BYTES), ==, 4096 + SIZE);
	fixture_finish(&fixture);
}

TEST("imported@page-table-is-filled-as-far-as-the-work-of-a-dispatch-allows") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED, 4 * SIZE, 4 * SIZE);
	file_fill(fixture.fd, 0, 4 * SIZE, 5);
	struct lido_quota *quota = &pair_get_pool(&fixture.pair)->quota;
	struct lido_buffer *buffers[4];
	for (int i = 0; i < 4; i++) {
		buffers[i] = create_buffer(&fixture, i * SIZE);
	}
	// One and a half buffers are left.
	expect(lido_quota_spend(quota, LIDO_QUOTA_POPULATED_BYTES, LIDO_DISPATCH_POPULATED_BYTES_MAX - SIZE * 3 / 2));
	faults_start(0);
	for (int i = 0; i < 4; i++) {
		expect(map_all(buffers[i]) != NULL);
		expect_int(lido_quota_get_left(quota, LIDO_QUOTA_POPULATED_BYTES), ==, i == 0 ? SIZE / 2 : 0);
		expect_int(faults_get_count(FAULT_MADVISE), ==, i == 0 ? 1 : 2);
	}
	faults_stop();
	fixture_finish(&fixture);
}

TEST("imported@search-beyond-the-work-of-a-dispatch-is-not-made") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED, 2 * SIZE, 2 * SIZE);
	file_fill(fixture.fd, 0, SIZE, 5);
	struct lido_buffer *buffer = create_buffer(&fixture, 0);
	struct lido_quota *quota = &pair_get_pool(&fixture.pair)->quota;
	expect(lido_quota_spend(quota, LIDO_QUOTA_SEARCHED_BYTES, LIDO_DISPATCH_SEARCHED_BYTES_MAX - SIZE + 1));
	faults_start(0);
	expect(map_all(buffer) == NULL);
	expect_int(faults_get_count(FAULT_MINCORE), ==, 0);
	faults_stop();
	expect_alive(&fixture.pair.client);
	expect(map_all(buffer) != NULL);
	fixture_finish(&fixture);
}

TEST("imported@position-of-the-clients-file-description-does-not-change") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct fixture fixture;
		// Half of the file is a hole, so that the server must search for holes.
		fixture_init(&fixture, kind, 2 * SIZE, 2 * SIZE);
		file_fill(fixture.fd, 0, SIZE, 5);
		expect_int(lseek(fixture.fd, 1234, SEEK_SET), ==, 1234);
		struct lido_buffer *buffer = create_buffer(&fixture, 0);
		static uint8_t pixels[SIZE];
		struct lido_box whole = {.width = 128, .height = 128};
		expect((map_all(buffer) != NULL) == FILE_KIND_IS_SEALABLE(kind));
		expect((map_all(buffer) != NULL) == FILE_KIND_IS_SEALABLE(kind));
		expect_int(lido_buffer_read(buffer, &whole, pixels, 512), ==, LIDO_READ_OK);
		expect(lido_buffer_write(buffer, &whole, pixels, 512));
		expect_int(lseek(fixture.fd, 0, SEEK_CUR), ==, 1234);
		fixture_finish(&fixture);
	}
}

TEST("imported@writable-fd-replaces-a-read-only-one") {
	struct pair pair;
	pair_init(&pair, NULL);
	int fd = file_create(FILE_SEALABLE, SIZE), read_only = file_reopen(fd, O_RDONLY);
	file_fill(fd, 0, SIZE, 5);
	struct wl_shm_pool *first = wl_shm_create_pool(pair.client.shm, read_only, SIZE);
	struct wl_buffer *wl_buffer = wl_shm_pool_create_buffer(first, 0, 128, 128, 512, WL_SHM_FORMAT_ARGB8888);
	struct lido_buffer *buffer = pair_get_buffer(&pair, wl_buffer);
	// A read-only fd cannot seal the file.
	expect(!lido_buffer_is_sealed(buffer) && !lido_buffer_is_writable(buffer));
	expect(map_all(buffer) == NULL);
	struct wl_shm_pool *second = wl_shm_create_pool(pair.client.shm, fd, SIZE);
	client_roundtrip(&pair.client);
	expect(lido_buffer_is_sealed(buffer) && lido_buffer_is_writable(buffer));
	expect_int(file_get_seals(fd) & F_SEAL_SHRINK, ==, F_SEAL_SHRINK);
	expect_pixels(map_all(buffer), 0, 5);
	expect_int(file_count_fds(fd), ==, 3);
	lido_pool_audit(pair_get_pool(&pair));
	wl_buffer_destroy(wl_buffer);
	wl_shm_pool_destroy(first);
	wl_shm_pool_destroy(second);
	close(read_only);
	close(fd);
	pair_finish(&pair);
}

TEST("imported@read-only-fd-of-a-sealed-file-is-mapped") {
	struct pair pair;
	pair_init(&pair, NULL);
	int fd = file_create(FILE_SEALED, SIZE), read_only = file_reopen(fd, O_RDONLY);
	file_fill(fd, 0, SIZE, 5);
	struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, read_only, SIZE);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, 128, 128, 512, WL_SHM_FORMAT_ARGB8888);
	expect_pixels(map_all(pair_get_buffer(&pair, buffer)), 0, 5);
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	close(read_only);
	close(fd);
	pair_finish(&pair);
}

TEST("imported@five-hundred-pools-in-one-file-cost-one-mapping") {
	// Other servers make a mapping for each bitmap.
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED, 1 << 20, 1 << 20);
	file_fill(fixture.fd, 0, 1 << 20, 5);
	struct wl_shm_pool *pools[500];
	for (int i = 0; i < 500; i++) {
		pools[i] = wl_shm_create_pool(fixture.pair.client.shm, fixture.fd, 1 << 20);
		struct wl_buffer *buffer = wl_shm_pool_create_buffer(pools[i], i * 2048, 16, 16, 64, WL_SHM_FORMAT_ARGB8888);
		expect(map_all(pair_get_buffer(&fixture.pair, buffer)) != NULL);
	}
	expect_int(file_count_mappings(fixture.fd, NULL), ==, 1);
	expect_int(file_count_fds(fixture.fd), ==, 2);
	for (int i = 0; i < 500; i++) {
		wl_shm_pool_destroy(pools[i]);
	}
	fixture_finish(&fixture);
}

TEST("imported@third-mapping-is-neither-made-nor-tried-again") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED, SIZE, SIZE);
	file_fill(fixture.fd, 0, SIZE, 5);
	faults_start_all_of(FAULT_MMAP, 4 * SIZE);
	expect(map_all(create_buffer(&fixture, 0)) != NULL);
	faults_stop();
	for (int64_t size = 8 * SIZE; size <= 32 * SIZE; size *= 4) {
		file_set_size(fixture.fd, size);
		file_fill(fixture.fd, 0, (size_t)size, 6);
		wl_shm_pool_resize(fixture.shm_pool, (int32_t)size);
		faults_start_all_of(FAULT_MMAP, 8 * SIZE);
		struct lido_buffer *last = create_buffer(&fixture, (int32_t)size - SIZE);
		expect((map_all(last) != NULL) == (size == 8 * SIZE));
		expect((map_all(last) != NULL) == (size == 8 * SIZE));
		faults_stop();
	}
	expect_int(faults_get_count(FAULT_MMAP), ==, 0); // the limit of mappings per file refuses it, not mmap()
	expect_int(file_count_mappings(fixture.fd, NULL), ==, 2);
	fixture_finish(&fixture);
}

static int pretend_disk(int fd, struct statfs *statfs) {
	statfs->f_type = EXT4_SUPER_MAGIC;
	return 0;
}

TEST("imported@file-on-a-disk-is-read-and-left-unsealed") {
	struct fixture fixture;
	lido_os.fstatfs = pretend_disk;
	fixture_init(&fixture, FILE_SEALABLE, SIZE, SIZE);
	file_fill(fixture.fd, 0, SIZE, 5);
	struct lido_buffer *buffer = create_buffer(&fixture, 0);
	expect(!lido_buffer_is_sealed(buffer) && map_all(buffer) == NULL);
	expect_int(file_get_seals(fixture.fd), ==, 0);
	lido_os.fstatfs = fstatfs;
	fixture_finish(&fixture);
}

TEST("imported@files-in-one-hash-bucket-stay-distinct") {
	struct pair pair;
	struct wl_shm_pool *shm_pools[LIDO_IMPORTS_BUCKETS + 1];
	int fds[LIDO_IMPORTS_BUCKETS + 1];
	pair_init(&pair, NULL);
	for (uint32_t i = 0; i <= LIDO_IMPORTS_BUCKETS; i++) {
		fds[i] = file_create(FILE_SEALABLE, SIZE);
		shm_pools[i] = wl_shm_create_pool(pair.client.shm, fds[i], SIZE);
		expect_alive(&pair.client);
		expect_int(pool_used(pair_get_pool(&pair), FILES), ==, i + 1);
	}
	for (uint32_t i = 0; i <= LIDO_IMPORTS_BUCKETS; i++) {
		wl_shm_pool_destroy(shm_pools[i]);
		close(fds[i]);
	}
	pair_finish(&pair);
}

static ino_t pretended_inode;

static int pretend_inode(int fd, struct stat *stat) {
	int result = fstat(fd, stat);
	stat->st_ino = pretended_inode;
	return result;
}

TEST("imported@files-whose-inodes-the-client-has-chosen-spread-over-the-buckets") {
	enum {
		FILES = 8 * LIDO_IMPORTS_BUCKETS
	};
	struct pair pair;
	pair_init(&pair, NULL);
	struct wl_shm_pool *shm_pools[FILES];
	int fd = file_create(FILE_SEALABLE, SIZE);
	lido_os.fstat = pretend_inode;
	for (int i = 0; i < FILES; i++) {
		pretended_inode = (ino_t)i * LIDO_IMPORTS_BUCKETS;
		shm_pools[i] = wl_shm_create_pool(pair.client.shm, fd, SIZE);
		client_roundtrip(&pair.client);
	}
	lido_os.fstat = fstat;
	expect_int(pool_used(pair_get_pool(&pair), FILES), ==, FILES);
	for (int i = 0; i < LIDO_IMPORTS_BUCKETS; i++) {
		expect_int(wl_list_length(&pair_get_pool(&pair)->imports.buckets[i]), <, FILES / 8);
	}
	for (int i = 0; i < FILES; i++) {
		wl_shm_pool_destroy(shm_pools[i]);
	}
	close(fd);
	pair_finish(&pair);
}
