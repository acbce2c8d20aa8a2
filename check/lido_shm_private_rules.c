/*
 * lido_shm_manager_v1.get_private_pool: areas that serve one object, and whose fds the client can pass on.
 *
 * The harness checks that each of their files has its final size and seals, and that area_size is never sent; see
 * pool_client.h.
 */
#include "rule.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OWN_CLAUSE \
	"The blocks of this object lie in these areas, and nothing else ever does: all memory there contains zeros, or " \
	"what was written through this object."
#define PROCESS_CLAUSE "that process can read and write the memory of this object and no other."
#define SIZE_CLAUSE \
	"It cannot change the size of the file either. The file is sealed against shrinking and growing, and its size is " \
	"the reserve from the start, so the area_size event is never sent."
#define QUOTA_CLAUSE \
	"The quota and the limits of the client apply to all of its objects together, however they were created."
#define AREAS_CLAUSE "An area of one object has no room for others, and the number of areas is limited"
#define SAME_CLAUSE "The meaning of reserve_max, and the events that are sent immediately, are those of get_pool."

#define SIZE 65536
#define OBJECTS 100

static ino_t get_file(const struct pool_area *area) {
	struct stat info;
	expect_int(fstat(area->fd, &info), ==, 0);
	return info.st_ino;
}

RULE("lido_shm_manager_v1.get_private_pool@no-two-objects-share-an-area", .clause = OWN_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_client *pools[] = {actor_add_private_pool(actor, 0), actor_add_pool(actor, 0),
		actor_add_private_pool(actor, 0), actor_add_pool(actor, 0), actor_add_private_pool(actor, 0)};
	struct pool_block *blocks[5];
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 5; i++) {
			blocks[i] = actor_place_block(actor, pools[i], SIZE);
			actor_fill_block(blocks[i], (uint32_t)i);
		}
	}
	for (int i = 0; i < 5; i++) {
		for (int j = 0; j < i; j++) {
			bool may_share = !pools[i]->is_private && !pools[j]->is_private;
			expect(may_share || blocks[i]->area->id != blocks[j]->area->id);
			expect(may_share || get_file(blocks[i]->area) != get_file(blocks[j]->area));
		}
		actor_expect_filled(pool_block_get_data(blocks[i]), SIZE, (uint32_t)i);
	}
}

RULE("lido_shm_manager_v1.get_private_pool@what-others-have-freed-is-not-there", .clause = OWN_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_client *others[] = {actor_add_pool(actor, 0), actor_add_private_pool(actor, 0)};
	for (uint32_t i = 0; i < 6; i++) {
		struct pool_block *block = actor_place_block(actor, others[i % 2], SIZE);
		actor_fill_block(block, 1);
		pool_block_finish(block);
	}
	pool_client_finish(others[1]);
	struct pool_block *block = actor_place_block(actor, actor_add_private_pool(actor, 0), SIZE);
	actor_expect_zeros(block->area->data, block->area->size);
}

RULE("lido_shm_manager_v1.get_private_pool@objects-that-follow-each-other-share-nothing", .clause = OWN_CLAUSE,
		.expected = {ACCEPTED}) {
	ino_t files[10];
	for (int i = 0; i < 10; i++) {
		struct pool_client *pool = actor_add_private_pool(actor, 0);
		struct pool_block *block = actor_place_block(actor, pool, SIZE);
		files[i] = get_file(block->area);
		actor_keep(actor, fcntl(block->area->fd, F_DUPFD_CLOEXEC, 0)); // so that the number of the file is not reused
		actor_expect_zeros(block->area->data, block->area->size);
		actor_fill_block(block, (uint32_t)i);
		// A buffer keeps the area.
		actor_commit(actor, pool_block_create_buffer(block, 0, 64, 64));
		pool_client_finish(pool);
		client_roundtrip(actor->client);
		for (int j = 0; j < i; j++) {
			expect(files[j] != files[i]);
		}
	}
}

// Another process fills the block, with nothing but the fd of its area.
static void fill_elsewhere(const struct pool_block *block, uint32_t seed) {
	int status;
	pid_t child = fork();
	expect_int(child, !=, -1);
	if (child == 0) {
		munmap(block->area->data, block->area->reserve);
		uint8_t *data = mmap(NULL, block->area->size, PROT_READ | PROT_WRITE, MAP_SHARED, block->area->fd, 0);
		if (data == MAP_FAILED) {
			_exit(1);
		}
		file_fill_memory(data + block->offset, 0, block->size, seed);
		_exit(0);
	}
	expect_int(waitpid(child, &status, 0), ==, child);
	expect_int(status, ==, 0);
}

RULE("lido_shm_manager_v1.get_private_pool@another-process-draws", .clause = PROCESS_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_block *other = actor_place_block(actor, actor_add_pool(actor, 0), SIZE);
	struct pool_block *block = actor_place_block(actor, actor_add_private_pool(actor, 0), SIZE);
	actor_fill_block(other, 9);
	for (uint32_t seed = 0; seed < 5; seed++) {
		fill_elsewhere(block, seed);
		actor_expect_filled(pool_block_get_data(block), SIZE, seed);
		actor_commit(actor, pool_block_create_buffer(block, 0, 64, 64));
	}
	actor_expect_filled(pool_block_get_data(other), SIZE, 9);
}

RULE("lido_shm_manager_v1.get_private_pool@nobody-changes-the-size-of-the-file", .clause = SIZE_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_add_private_pool(actor, 0);
	struct pool_block *block = actor_place_block(actor, pool, SIZE);
	int fd = block->area->fd;
	off_t size = block->area->reserve;
	static const int changes[] = {-1, 1, 4096};
	for (int i = 0; i < 3; i++) {
		expect_int(ftruncate(fd, size + changes[i]), ==, -1);
		expect_int(errno, ==, EPERM);
	}
	expect_int(fallocate(fd, 0, size, 4096), ==, -1);
	expect_int(pwrite(fd, "x", 1, size), ==, -1);
	expect_int(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), ==, -1);
	expect_int(file_get_size(fd), ==, size);
	actor_commit(actor, pool_block_create_buffer(block, 0, 64, 64));
	pool_block_resize(block, 2 * SIZE);
	expect_place(block);
	actor_place_block(actor, pool, SIZE);
}

RULE("lido_shm_manager_v1.get_private_pool@area_size-is-never-sent", .clause = SIZE_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_add_private_pool(actor, 0);
	struct pool_block *blocks[40];
	for (uint32_t i = 0; i < 40; i++) {
		blocks[i] = actor_place_block(actor, pool, 1 + i * 20000);
		actor_fill_block(blocks[i], i);
	}
	for (uint32_t i = 0; i < 40; i++) {
		actor_expect_filled(pool_block_get_data(blocks[i]), blocks[i]->size, i);
	}
	expect_int(pool_client_count(pool, POOL_EVENT_AREA_SIZE), ==, 0);
}

RULE("lido_shm_manager_v1.get_private_pool@bytes-of-all-objects-count-together", .clause = QUOTA_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	client_roundtrip(actor->client);
	int64_t size = pool->bytes_max / 2 / 4096 * 4096 + 4096;
	if (size > UINT32_MAX / 2) {
		skip("the client may have more bytes than two areas");
	}
	struct pool_block *blocks[2];
	for (int i = 0; i < 2; i++) {
		blocks[i] = actor_create_block(actor, actor_add_private_pool(actor, (uint32_t)size), (uint32_t)size);
		client_roundtrip(actor->client);
	}
	expect_int(blocks[1]->answer, ==, POOL_ANSWER_FAILED);
	expect(blocks[0]->answer == POOL_ANSWER_FAILED || blocks[1]->reason == LIDO_SHM_BLOCK_V1_REASON_BYTES);
}

RULE("lido_shm_manager_v1.get_private_pool@too-many-areas-fail", .clause = AREAS_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pools[OBJECTS];
	int placed = 0;
	for (int i = 0; i < OBJECTS; i++) {
		pools[i] = actor_add_private_pool(actor, 0);
		const struct pool_block *block = actor_create_block(actor, pools[i], SIZE);
		client_roundtrip(actor->client);
		placed += block->answer == POOL_ANSWER_PLACED;
		expect(block->answer == POOL_ANSWER_PLACED || block->reason == LIDO_SHM_BLOCK_V1_REASON_ADDRESS_SPACE ||
				block->reason == LIDO_SHM_BLOCK_V1_REASON_MEMORY);
	}
	expect_int(placed, >, 0);
	for (int i = 0; i < OBJECTS; i++) {
		pool_client_finish(pools[i]);
	}
	actor_place_block(actor, actor_add_private_pool(actor, 0), SIZE);
	actor_place_block(actor, actor_add_pool(actor, 0), SIZE);
}

RULE("lido_shm_manager_v1.get_private_pool@limits-come-first-and-reserve_max-holds", .clause = SAME_CLAUSE,
		.expected = {ACCEPTED}) {
	// The harness fails if the areas exceed reserve_max, or if limits is not the first event.
	struct pool_client *pool = actor_add_private_pool(actor, 1 << 20);
	client_roundtrip(actor->client);
	expect_int(pool_client_get_events_len(pool), ==, 1);
	int failed = 0;
	for (int i = 0; i < 40; i++) {
		const struct pool_block *block = actor_create_block(actor, pool, SIZE);
		client_roundtrip(actor->client);
		failed += block->answer == POOL_ANSWER_FAILED;
		expect(block->answer == POOL_ANSWER_PLACED || block->reason == LIDO_SHM_BLOCK_V1_REASON_ADDRESS_SPACE);
	}
	expect_int(failed, >=, 40 - 16);
}
