// Attacks on the server's areas, which the client can write to at any time.
#include "attack.h"

#include "lido-shm-v1-client-protocol.h"
#include <lido/limits.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCKS 32
#define AREAS 4

struct area {
	int fd; // 0: not announced
	uint8_t *data;
	size_t size; // bytes, all writable
};

static struct area areas[AREAS];

static void handle_limits(void *data, struct lido_shm_pool_v1 *pool, uint32_t bytes_hi, uint32_t bytes_lo,
		uint32_t blocks, uint32_t buffers) {
}

static void handle_area(
		void *data, struct lido_shm_pool_v1 *pool, uint32_t id, int32_t fd, uint32_t size, uint32_t reserve) {
	struct area *area = &areas[id % AREAS];
	area->fd = fd;
	area->size = size;
	area->data = mmap(NULL, reserve, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (area->data == MAP_FAILED) {
		fail("cannot map an area: %s", strerror(errno));
	}
}

static void handle_area_size(void *data, struct lido_shm_pool_v1 *pool, uint32_t id, uint32_t size) {
	areas[id % AREAS].size = size;
}

static void handle_area_removed(void *data, struct lido_shm_pool_v1 *pool, uint32_t id) {
	areas[id % AREAS].size = 0;
}

static void handle_layout(void *data, struct lido_shm_pool_v1 *pool, uint32_t stride, uint32_t offset) {
}

static const struct lido_shm_pool_v1_listener pool_listener = {
	.limits = handle_limits,
	.area = handle_area,
	.area_size = handle_area_size,
	.area_removed = handle_area_removed,
	.layout = handle_layout,
};

static void handle_placed(void *data, struct lido_shm_block_v1 *block, uint32_t area, uint32_t offset, uint32_t size) {
	if ((size_t)offset + size > areas[area % AREAS].size) {
		fail("a block of %u bytes at %u lies beyond its area", size, offset);
	}
}

static void handle_failed(void *data, struct lido_shm_block_v1 *block, uint32_t reason) {
}

static const struct lido_shm_block_v1_listener block_listener = {.placed = handle_placed, .failed = handle_failed};

static void write_over(void *data) {
	struct area *area = data;
	for (int byte = 0;; byte++) {
		memset(area->data, byte, area->size);
		for (size_t i = 0; i + 8 <= area->size; i += 8) {
			uint64_t word = (uint64_t)random_below(UINT32_MAX) << (i % 32);
			memcpy(area->data + i, &word, sizeof(word));
		}
	}
}

static void punch(void *data) {
	struct area *area = data;
	for (;;) {
		off_t offset = random_below((uint32_t)area->size);
		fallocate(area->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, 65536);
	}
}

static struct lido_shm_pool_v1 *pool_create(struct attacker *attacker) {
	struct lido_shm_pool_v1 *pool = lido_shm_manager_v1_get_pool(attacker->lido_shm, 0);
	lido_shm_pool_v1_add_listener(pool, &pool_listener, NULL);
	return pool;
}

static struct lido_shm_block_v1 *block_create(struct lido_shm_pool_v1 *pool, uint32_t size) {
	struct lido_shm_block_v1 *block = lido_shm_pool_v1_create_block(pool, size);
	lido_shm_block_v1_add_listener(block, &block_listener, NULL);
	return block;
}

// Uses blocks of many sizes like any client, while another process changes their memory.
static void use_meanwhile(void (*change)(void *data)) {
	struct attacker attacker;
	struct window window;
	struct lido_shm_block_v1 *blocks[BLOCKS];
	attacker_connect(&attacker);
	window_init(&window, &attacker);
	struct lido_shm_pool_v1 *pool = pool_create(&attacker);
	for (int i = 0; i < BLOCKS; i++) {
		blocks[i] = block_create(pool, 320 * 240 * 4);
	}
	expect_alive(&attacker);
	struct area *area = areas[1].fd != 0 ? &areas[1] : &areas[0];
	if (area->fd == 0) {
		fail("no area was announced");
	}
	pid_t child = start_child(change, area);
	for (int i = 0; i < attack_count(1500); i++) {
		struct lido_shm_block_v1 **block = &blocks[random_below(BLOCKS)];
		if (i % 8 == 0) {
			lido_shm_block_v1_destroy(*block);
			*block = block_create(pool, 320 * 240 * 4 + random_below(100000));
		}
		struct wl_buffer *buffer = lido_shm_block_v1_create_buffer(*block, 0, 320, 240, 1280, WL_SHM_FORMAT_ARGB8888);
		window_commit(&window, buffer);
		wl_buffer_destroy(buffer);
		expect_alive(&attacker);
	}
	stop_child(child);
}

ATTACK("shared-bytes-written-all-the-time") {
	use_meanwhile(write_over);
}

ATTACK("area-punched-while-read") {
	use_meanwhile(punch);
}

ATTACK("blocks-discarded-all-the-time") {
	const uint32_t size = 256 << 20;
	struct attacker attacker;
	attacker_connect(&attacker);
	attacker.lido_shm = attacker_bind(&attacker, &lido_shm_manager_v1_interface, 3);
	struct lido_shm_block_v1 *block = block_create(pool_create(&attacker), size);
	expect_alive(&attacker);
	struct area *area = areas[1].fd != 0 ? &areas[1] : &areas[0];
	for (int i = 0; i < attack_count(40); i++) {
		// All of it is to be returned at once, and then in as many requests as the server reads.
		if (fallocate(area->fd, 0, 0, (off_t)area->size) != 0) {
			skip("not enough memory: %s", strerror(errno));
		}
		lido_shm_block_v1_discard(block, 0, size);
		expect_alive(&attacker);
		for (uint32_t j = 0; j < 8000; j++) {
			lido_shm_block_v1_discard(block, random_below(size / 4096) * 4096, j % 8 == 0 ? 0 : 4096);
		}
		expect_alive(&attacker);
	}
}

ATTACK("area-cannot-be-shrunk-or-sealed") {
	struct attacker attacker;
	attacker_connect(&attacker);
	block_create(pool_create(&attacker), 1 << 20);
	expect_alive(&attacker);
	int fd = areas[1].fd != 0 ? areas[1].fd : areas[0].fd;
	const int seals[] = {F_SEAL_GROW, F_SEAL_WRITE, F_SEAL_FUTURE_WRITE, F_SEAL_SEAL};
	if (ftruncate(fd, 0) == 0) {
		fail("the area could be truncated");
	}
	for (size_t i = 0; i < sizeof(seals) / sizeof(seals[0]); i++) {
		if (fcntl(fd, F_ADD_SEALS, seals[i]) == 0) {
			fail("the area could be sealed: %x", (unsigned)seals[i]);
		}
	}
	expect_alive(&attacker);
}

ATTACK("area-grown") {
	struct attacker attacker;
	attacker_connect(&attacker);
	struct lido_shm_pool_v1 *pool = pool_create(&attacker);
	block_create(pool, 1 << 20);
	expect_alive(&attacker);
	int fd = areas[1].fd != 0 ? areas[1].fd : areas[0].fd;
	if (ftruncate(fd, INT64_C(1) << 40) != 0) {
		skip("the area cannot be grown: %s", strerror(errno));
	}
	block_create(pool, 4096);
	expect_error(&attacker, &lido_shm_pool_v1_interface, LIDO_SHM_POOL_V1_ERROR_FILE_CHANGED);
}

ATTACK("area-of-512-MiB-dropped") {
	struct attacker attacker;
	attacker_connect(&attacker);
	struct lido_shm_pool_v1 *pool = pool_create(&attacker);
	for (int i = 0; i < 4; i++) {
		block_create(pool, 128 << 20);
	}
	expect_alive(&attacker);
	for (int i = 0; i < AREAS; i++) {
		if (areas[i].fd != 0 && fallocate(areas[i].fd, 0, 0, (off_t)areas[i].size) != 0) {
			skip("not enough memory: %s", strerror(errno));
		}
	}
	expect_alive(&attacker);
	hold();
}

// Tells the server of as many private areas as it allows, and fills each file.
static int fill_private_pools(struct attacker *attacker, int count) {
	int filled = 0;
	for (int i = 0; i < count; i++) {
		struct lido_shm_pool_v1 *pool = lido_shm_manager_v1_get_private_pool(attacker->lido_shm, 0);
		lido_shm_pool_v1_add_listener(pool, &pool_listener, NULL);
		areas[0] = areas[1] = areas[2] = areas[3] = (struct area){0};
		block_create(pool, 4096);
		if (i % 64 != 0 && i >= 2 * LIDO_AREAS_MAX_DEFAULT) {
			continue;
		}
		expect_alive(attacker);
		for (int j = 0; j < AREAS; j++) {
			if (areas[j].fd != 0) {
				memset(areas[j].data, i, areas[j].size);
				filled++;
			}
		}
	}
	return filled;
}

ATTACK("private-pools-without-end") {
	struct attacker attacker;
	attacker_connect(&attacker);
	attacker.lido_shm = attacker_bind(&attacker, &lido_shm_manager_v1_interface, 4);
	int filled = fill_private_pools(&attacker, attack_count(20000));
	if (filled == 0 || filled > LIDO_AREAS_MAX_DEFAULT) {
		fail("the server has made %d areas", filled);
	}
	hold();
}

ATTACK("private-pools-come-and-go") {
	struct attacker attacker;
	struct window window;
	attacker_connect(&attacker);
	window_init(&window, &attacker);
	attacker.lido_shm = attacker_bind(&attacker, &lido_shm_manager_v1_interface, 4);
	for (int i = 0; i < attack_count(3000); i++) {
		struct lido_shm_pool_v1 *pool = lido_shm_manager_v1_get_private_pool(attacker.lido_shm, 0);
		lido_shm_pool_v1_add_listener(pool, &pool_listener, NULL);
		struct lido_shm_block_v1 *block = block_create(pool, 320 * 240 * 4);
		struct wl_buffer *buffer = lido_shm_block_v1_create_buffer(block, 0, 320, 240, 1280, WL_SHM_FORMAT_ARGB8888);
		window_commit(&window, buffer);
		lido_shm_block_v1_destroy(block);
		lido_shm_pool_v1_destroy(pool); // before its buffer
		if (i % 2 == 0) {
			expect_alive(&attacker);
		}
		wl_buffer_destroy(buffer);
	}
	expect_alive(&attacker);
}

ATTACK("private-area-enlarged-by-another-process") {
	struct attacker attacker;
	attacker_connect(&attacker);
	attacker.lido_shm = attacker_bind(&attacker, &lido_shm_manager_v1_interface, 4);
	struct lido_shm_pool_v1 *pool = lido_shm_manager_v1_get_private_pool(attacker.lido_shm, 0);
	lido_shm_pool_v1_add_listener(pool, &pool_listener, NULL);
	block_create(pool, 4096);
	expect_alive(&attacker);
	struct area *area = areas[1].fd != 0 ? &areas[1] : &areas[0];
	if (ftruncate(area->fd, (off_t)area->size + 1) == 0 || ftruncate(area->fd, 0) == 0 ||
			fallocate(area->fd, 0, (off_t)area->size, 4096) == 0) {
		fail("the size of the file can be changed");
	}
	block_create(pool, 4096);
	expect_alive(&attacker);
}
