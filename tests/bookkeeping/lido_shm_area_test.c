/*
 * Areas: the files that the server creates, how they grow, when there are several, and when they are removed. Only
 * these tests know the policy and the limits of the server, and count pages, fds and mappings of a file.
 */
#include "file.h"
#include "pool_pair.h"
#include "runner.h"
#include "wide.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

TEST("lido_shm_area@file-can-neither-be-shortened-nor-sealed") {
	struct pool_pair pair;
	struct pool_block block;
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&block, &pair.pool, 65536);
	expect_place(&block);
	int fd = block.area->fd;
	expect_int(file_get_seals(fd) & (F_SEAL_SHRINK | F_SEAL_SEAL), ==, F_SEAL_SHRINK | F_SEAL_SEAL);
	expect_int(ftruncate(fd, 0), ==, -1);
	expect_int(ftruncate(fd, 65535), ==, -1);
	expect_int(errno, ==, EPERM);
	expect_int(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), ==, -1);
	expect_int(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), ==, -1);
	expect_int(errno, ==, EPERM);
	expect_int(file_get_size(fd), ==, 65536);
	pool_pair_finish(&pair);
}

TEST("lido_shm_area@file-cannot-be-executed") {
	struct pool_pair pair;
	struct pool_block block;
	struct stat stat;
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&block, &pair.pool, 4096);
	expect_place(&block);
#ifdef MFD_NOEXEC_SEAL
	int probe = memfd_create("probe", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	if (probe == -1) {
		skip("the kernel has no MFD_NOEXEC_SEAL, which came with 6.3");
	}
	close(probe);
	expect_int(fstat(block.area->fd, &stat), ==, 0);
	expect_int(stat.st_mode & 0111, ==, 0);
	expect_int(fchmod(block.area->fd, 0755), ==, -1);
#else
	(void)stat;
	skip("the C library does not know MFD_NOEXEC_SEAL");
#endif
	pool_pair_finish(&pair);
}

TEST("lido_shm_area@file-is-readable-and-writable-and-all-zeros") {
	struct pool_pair pair;
	struct pool_block block;
	static uint8_t got[65536], zeros[65536];
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&block, &pair.pool, 65536);
	expect_place(&block);
	expect_int(fcntl(block.area->fd, F_GETFL) & O_ACCMODE, ==, O_RDWR);
	expect_int(file_get_allocated(block.area->fd), ==, 0);
	file_read(block.area->fd, 0, got, sizeof(got));
	expect_bytes(got, zeros, sizeof(got));
	pool_pair_finish(&pair);
}

TEST("lido_shm_area@file-is-just-as-long-as-its-last-block-needs") {
	static const uint32_t sizes[] = {1, 64, 4000, 4096, 1, 10000, 65536, 4097, 300000, 100, 5000, 1 << 20};
	enum {
		COUNT = sizeof(sizes) / sizeof(sizes[0])
	};
	struct pool_pair pair;
	struct pool_block block[COUNT];
	pool_pair_init(&pair, NULL, 0);
	int64_t end = 0;
	for (int i = 0; i < COUNT; i++) {
		pool_block_init(&block[i], &pair.pool, sizes[i]);
		expect_place(&block[i]);
		int64_t block_end = (int64_t)block[i].offset + block[i].size;
		end = block_end > end ? block_end : end;
		expect_int(block[i].area->size, ==, (end + 4095) / 4096 * 4096);
		expect_int(file_get_size(block[i].area->fd), ==, block[i].area->size);
	}
	expect_int(pool_client_count(&pair.pool, POOL_EVENT_AREA), ==, 1);
	pool_pair_finish(&pair);
}

TEST("lido_shm_area@area_size-comes-only-when-the-file-has-grown") {
	struct pool_pair pair;
	struct pool_block large, small[20];
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&large, &pair.pool, 1 << 20);
	expect_place(&large);
	pool_block_finish(&large);
	for (int i = 0; i < 20; i++) {
		pool_block_init(&small[i], &pair.pool, 8192);
	}
	expect_place(&small[19]);
	expect_int(pool_client_count(&pair.pool, POOL_EVENT_AREA_SIZE), ==, 0);
	pool_block_init(&large, &pair.pool, 1 << 20);
	expect_place(&large);
	expect_int(pool_client_count(&pair.pool, POOL_EVENT_AREA_SIZE), ==, 1);
	pool_pair_finish(&pair);
}

TEST("lido_shm_area@address-of-a-block-never-changes-as-the-file-grows") {
	struct pool_pair pair;
	struct pool_block first, block[64];
	uint8_t wanted[4096];
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&first, &pair.pool, 4096);
	expect_place(&first);
	file_fill_memory(pool_block_get_data(&first), 0, 4096, 1);
	file_fill_memory(wanted, 0, 4096, 1);
	struct wl_buffer *wl_buffer = pool_block_create_buffer(&first, 0, 32, 32);
	struct lido_buffer *buffer = lido_buffer_lock(pair_get_buffer(&pair.base, wl_buffer));
	const void *pixels = lido_buffer_map(buffer, 0, 32, NULL);
	expect(pixels != NULL);
	for (int i = 0; i < 64; i++) {
		pool_block_init(&block[i], &pair.pool, 100000);
		expect_place(&block[i]);
		expect(lido_buffer_map(buffer, 0, 32, NULL) == pixels);
	}
	expect_bytes(pixels, wanted, 4096);
	lido_buffer_unlock(buffer);
	wl_buffer_destroy(wl_buffer);
	pool_pair_finish(&pair);
}

// Creates blocks until no room is left. Returns how many were placed. The harness checks the sum of the reserves.
static size_t fill(struct pool_pair *pair, struct pool_block *blocks, size_t blocks_len, uint32_t size) {
	size_t placed = 0;
	for (size_t i = 0; i < blocks_len; i++) {
		pool_block_init(&blocks[i], &pair->pool, size);
	}
	client_roundtrip(&pair->base.client);
	for (size_t i = 0; i < blocks_len; i++) {
		placed += blocks[i].answer == POOL_ANSWER_PLACED;
	}
	return placed;
}

TEST("lido_shm_area@further-areas-are-larger-and-stay-within-reserve_max") {
	struct pool_pair pair;
	struct pool_block blocks[40];
	pool_pair_init(&pair, NULL, 1 << 20);
	expect_int(fill(&pair, blocks, 40, 32768), >=, 24); // of the 32 that one area of that size would hold
	expect_reason(&blocks[39], ADDRESS_SPACE);
	expect_int(pool_client_count(&pair.pool, POOL_EVENT_AREA), >=, 2);
	const struct pool_area *first = pool_client_get_first_area(&pair.pool);
	const struct pool_area *second = wl_container_of(first->link.next, second, link);
	expect_int(second->reserve, >, first->reserve);
	pool_pair_finish(&pair);
}

TEST("lido_shm_area@any-reserve_max-is-kept-to") {
	// That of a 32-bit client, some that are not whole pages, and the largest where there is address space for them.
	static const uint32_t reserves[] = {256u << 20, (256u << 20) + 1, 8191, 123457, INT32_MAX, UINT32_MAX};
	for (size_t i = 0; i < sizeof(reserves) / sizeof(reserves[0]) - (HAS_WIDE_ADDRESSES ? 0 : 2); i++) {
		struct pool_pair pair;
		struct pool_block blocks[40];
		struct lido_limits limits = lido_limits_default();
		limits.area_bytes_max = INT64_C(1) << 40;
		pool_pair_init(&pair, &limits, reserves[i]);
		// The harness compares the sum of the reserves with reserve_max.
		size_t placed = fill(&pair, blocks, 40, reserves[i] / 30);
		// Most of it is usable: all but the unused ends of areas.
		expect_int((int64_t)placed * blocks[0].size, >=, reserves[i] / 4 * 3 - 4096);
		expect_reason(&blocks[39], ADDRESS_SPACE);
		pool_pair_finish(&pair);
	}
}

TEST("lido_shm_area@object-that-can-spare-little-does-not-get-a-large-area") {
	struct pool_pair pair;
	struct pool_client small;
	struct pool_block blocks[2];
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&blocks[0], &pair.pool, 4096);
	expect_place(&blocks[0]);
	expect_int(blocks[0].area->reserve, >, 65536);
	pool_client_init(&small, &pair.base.client, 65536);
	pool_block_init(&blocks[1], &small, 4096);
	expect_place(&blocks[1]);
	expect_int(blocks[1].area->id, !=, blocks[0].area->id);
	expect_int(blocks[1].area->reserve, <=, 65536);
	pool_client_finish(&small);
	pool_pair_finish(&pair);
}

TEST("lido_shm_area@memory-holds-zeros-or-what-this-client-wrote") {
	struct pool_pair pair;
	struct pool_block block;
	pool_pair_init(&pair, NULL, 0);
	for (int i = 0; i < 20; i++) {
		pool_block_init(&block, &pair.pool, 65536);
		expect_place(&block);
		uint8_t *data = pool_block_get_data(&block);
		for (int j = 0; j < 65536; j++) {
			expect(data[j] == 0 || data[j] == 0x5e);
			data[j] = 0x5e;
		}
		pool_block_finish(&block);
	}
	pool_pair_finish(&pair);
}

TEST("lido_shm_area@memory-of-a-client-that-is-gone-goes-to-nobody") {
	struct pool_pair pair;
	struct pool_block block;
	static const uint8_t zeros[65536];
	pool_pair_init(&pair, NULL, 0);
	for (int i = 0; i < 5; i++) {
		pool_block_init(&block, &pair.pool, 65536);
		expect_place(&block);
		expect_bytes(pool_block_get_data(&block), zeros, sizeof(zeros));
		file_fill_memory(pool_block_get_data(&block), 0, 65536, 7);
		pool_client_finish(&pair.pool);
		client_finish(&pair.base.client);
		client_init(&pair.base.client, &pair.base.server);
		pool_client_init(&pair.pool, &pair.base.client, 0);
	}
	pool_pair_finish(&pair);
}

static void wait_for(struct pool_pair *pair, enum pool_event_kind kind, size_t count) {
	while (pool_client_count(&pair->pool, kind) < count) {
		expect(client_pump(&pair->base.client, 100));
	}
}

TEST("lido_shm_area@without-blocks-and-buffers-is-removed-after-a-while") {
	struct pool_pair pair;
	struct pool_block block;
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&block, &pair.pool, 65536);
	expect_place(&block);
	uint32_t id = block.area->id;
	int fd = dup(block.area->fd);
	struct wl_buffer *wl_buffer = pool_block_create_buffer(&block, 0, 64, 64);
	pool_block_finish(&block);
	for (int i = 0; i < 50; i++) {
		expect(client_pump(&pair.base.client, 100));
	}
	expect_int(pool_client_count(&pair.pool, POOL_EVENT_AREA_REMOVED), ==, 0); // a buffer lies in it
	wl_buffer_destroy(wl_buffer);
	wait_for(&pair, POOL_EVENT_AREA_REMOVED, 1);
	expect_int(file_count_mappings(fd, NULL), ==, 0);
	expect_int(file_count_fds(fd), ==, 1);
	close(fd);
	// The next area has another id.
	pool_block_init(&block, &pair.pool, 65536);
	expect_place(&block);
	expect_int(block.area->id, !=, id);
	expect_int(pool_client_count(&pair.pool, POOL_EVENT_AREA), ==, 2);
	pool_pair_finish(&pair);
}

TEST("lido_shm_area@idle-memory-goes-back-to-the-system-while-others-stay") {
	struct pool_pair pair;
	struct pool_block kept, freed;
	uint8_t wanted[4096];
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&kept, &pair.pool, 4096);
	pool_block_init(&freed, &pair.pool, 1 << 20);
	expect_place(&freed);
	file_fill_memory(pool_block_get_data(&kept), 0, 4096, 1);
	file_fill_memory(wanted, 0, 4096, 1);
	file_fill_memory(pool_block_get_data(&freed), 0, 1 << 20, 2);
	int fd = freed.area->fd;
	expect_int(file_get_allocated(fd), ==, 4096 + (1 << 20));
	pool_block_finish(&freed);
	while (file_get_allocated(fd) > 4096) {
		expect(client_pump(&pair.base.client, 100));
	}
	expect_bytes(pool_block_get_data(&kept), wanted, 4096);
	expect_int(pool_client_count(&pair.pool, POOL_EVENT_AREA_REMOVED), ==, 0);
	pool_pair_finish(&pair);
}
