/*
 * lido_shm_pool_v1.area, area_size and area_removed: the files that the server creates.
 *
 * The harness checks what the protocol promises of each event when it receives the event; see pool_client.h.
 */
#include "rule.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BEFORE_CLAUSE \
	"This event is sent before the first placed event of a block of this object that lies in the area."
#define MAP_CLAUSE "The client should map the whole reserve, from the start of the file, shared, readable and writable."
#define BEYOND_CLAUSE "It must not access memory beyond that size, which this event and the area_size event tell."
#define SEALED_CLAUSE \
	"The file is sealed against shrinking, and the client must not change its size; see the file_changed error."
#define GROWN_CLAUSE \
	"This event is sent before the first placed event of a block of this object that needs the new size."
#define REMOVED_CLAUSE "No block or buffer of this client lies in the area any longer, and none ever will again."
#define ID_CLAUSE "id of the area; never 0, and never reused for another area of this client"

RULE("lido_shm_pool_v1.area@comes-before-the-first-block-in-it", .clause = BEFORE_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	actor_place_block(actor, pool, 4096);
	expect_int(pool_client_get_events_len(pool), ==, 3);
	expect_int(pool_client_get_event(pool, 1)->kind, ==, POOL_EVENT_AREA);
	expect_int(pool_client_get_event(pool, 2)->kind, ==, POOL_EVENT_PLACED);
	expect_int(pool_client_get_event(pool, 1)->area, ==, pool_client_get_event(pool, 2)->area);
}

RULE("lido_shm_pool_v1.area@comes-before-the-first-block-of-each-object", .clause = BEFORE_CLAUSE,
		.expected = {ACCEPTED}) {
	for (uint32_t i = 0; i < 10; i++) {
		struct pool_client *pool = actor_add_pool(actor, i % 2 * 65536);
		for (int j = 0; j < 3; j++) {
			actor_create_block(actor, pool, 8192);
		}
	}
	// The harness fails if a block is placed in an area that has not been announced.
	client_roundtrip(actor->client);
}

RULE("lido_shm_pool_v1.area@is-told-once", .clause = "Announces an area.", .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	for (int i = 0; i < 20; i++) {
		const struct pool_block *block = actor_place_block(actor, pool, 65536);
		expect(block->area != NULL);
	}
	// The harness fails if an id is announced twice.
	expect_int(pool_client_count(pool, POOL_EVENT_AREA), ==, (size_t)wl_list_length(&pool->areas));
}

RULE("lido_shm_pool_v1.area@whole-reserve-can-be-mapped", .clause = MAP_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_block *block = actor_place_block(actor, actor_get_pool(actor), 65536);
	const struct pool_area *area = block->area;
	expect_int(fcntl(area->fd, F_GETFL) & O_ACCMODE, ==, O_RDWR);
	expect_int(fcntl(area->fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC); // libwayland sets it for all fds
	uint8_t *data = mmap(NULL, area->reserve, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, area->fd, 0);
	expect(data != MAP_FAILED);
	actor_fill_block(block, 1);
	actor_expect_filled(data + block->offset, 65536, 1);
	munmap(data, area->reserve);
}

RULE("lido_shm_pool_v1.area@mapping-lasts-while-the-file-grows", .clause = MAP_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *blocks[30];
	for (uint32_t i = 0; i < 30; i++) {
		blocks[i] = actor_place_block(actor, pool, 10000 + i * 10000);
		actor_fill_block(blocks[i], i);
	}
	for (uint32_t i = 0; i < 30; i++) {
		actor_expect_filled(pool_block_get_data(blocks[i]), blocks[i]->size, i);
	}
}

RULE("lido_shm_pool_v1.area@fd-may-be-closed-once-it-is-mapped", .clause = MAP_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *block = actor_place_block(actor, pool, 4096);
	// The harness needs an fd of the file, which may be another one.
	int fd = file_reopen(block->area->fd, O_RDWR);
	close(block->area->fd);
	block->area->fd = fd;
	actor_fill_block(block, 1);
	actor_place_block(actor, pool, 1 << 20);
	actor_expect_filled(pool_block_get_data(block), 4096, 1);
	actor_commit(actor, pool_block_create_buffer(block, 0, 32, 32));
}

RULE("lido_shm_pool_v1.area@size-is-that-of-the-file", .clause = BEYOND_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	for (uint32_t i = 0; i < 20; i++) {
		struct pool_block *block = actor_place_block(actor, pool, 1 + i * 7000);
		expect_int(file_get_size(block->area->fd), ==, block->area->size);
		// The whole size that was announced is accessible.
		memset(block->area->data + block->area->size - 1, 1, 1);
	}
}

RULE("lido_shm_pool_v1.area@file-cannot-be-made-shorter", .clause = SEALED_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_block *block = actor_place_block(actor, actor_get_pool(actor), 65536);
	int fd = block->area->fd;
	expect_int(file_get_seals(fd) & F_SEAL_SHRINK, ==, F_SEAL_SHRINK);
	expect_int(ftruncate(fd, 0), ==, -1);
	expect_int(errno, ==, EPERM);
	expect_int(ftruncate(fd, (off_t)block->area->size - 1), ==, -1);
	expect_int(file_get_size(fd), ==, block->area->size);
}

RULE("lido_shm_pool_v1.area@client-cannot-seal-the-file", .clause = SEALED_CLAUSE,
		.silent = "a seal against growing or writing would also bind the server", .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *block = actor_place_block(actor, pool, 4096);
	expect_int(fcntl(block->area->fd, F_ADD_SEALS, F_SEAL_GROW), ==, -1);
	expect_int(fcntl(block->area->fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), ==, -1);
	actor_place_block(actor, pool, 1 << 20);
}

RULE("lido_shm_pool_v1.area@file-made-larger-ends-the-client", .clause = SEALED_CLAUSE,
		.expected = {ERROR(lido_shm_pool_v1, LIDO_SHM_POOL_V1, FILE_CHANGED)}) {
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *block = actor_place_block(actor, pool, 4096);
	actor_grow_file(block->area);
	actor_create_block(actor, pool, 4096);
	actor_blame(actor, pool->pool);
}

RULE("lido_shm_pool_v1.area@position-is-nobody's", .clause = "The file position is unspecified.",
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *block = actor_place_block(actor, pool, 4096);
	actor_fill_block(block, 1);
	for (int i = 0; i < 10; i++) {
		expect_int(lseek(block->area->fd, i * 4321, SEEK_SET), ==, i * 4321);
		actor_place_block(actor, pool, 65536);
		actor_commit(actor, pool_block_create_buffer(block, 0, 32, 32));
		client_roundtrip(actor->client);
	}
	actor_expect_filled(pool_block_get_data(block), 4096, 1);
}

RULE("lido_shm_pool_v1.area@ids-are-not-0-and-each-is-used-once", .clause = ID_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	uint32_t id = 0;
	for (int i = 0; i < 2; i++) {
		struct pool_block *block = actor_place_block(actor, pool, 65536);
		expect_int(block->area->id, !=, 0);
		expect_int(block->area->id, !=, id);
		id = block->area->id;
		pool_block_finish(block);
		actor_wait(actor, ACTOR_PATIENCE);
		if (pool_client_count(pool, POOL_EVENT_AREA_REMOVED) == 0) {
			skip("the server keeps areas without blocks");
		}
	}
}

RULE("lido_shm_pool_v1.area@reserve-is-whole-pages-and-holds-the-size",
		.clause = "maximum size of the file in bytes; whole pages", .expected = {ACCEPTED}) {
	static const uint32_t reserves[] = {4096, 5000, 65537, 1 << 20, 0};
	for (size_t i = 0; i < sizeof(reserves) / sizeof(reserves[0]); i++) {
		struct pool_client *pool = actor_add_pool(actor, reserves[i]);
		for (int j = 0; j < 20; j++) {
			actor_create_block(actor, pool, 3000);
		}
		client_roundtrip(actor->client);
		const struct pool_area *area;
		wl_list_for_each(area, &pool->areas, link) {
			expect_int(area->reserve % 4096, ==, 0);
			expect_int(file_get_size(area->fd), <=, area->reserve);
		}
	}
}

RULE("lido_shm_pool_v1.area_size@comes-before-what-needs-it", .clause = GROWN_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	for (uint32_t i = 0; i < 50; i++) {
		struct pool_block *block = actor_place_block(actor, pool, 1 + i * 5000);
		memset(pool_block_get_data(block), 1, block->size);
	}
}

RULE("lido_shm_pool_v1.area_size@tells-the-size-that-the-file-has",
		.clause = "The file of an announced area has grown. The client only needs to remember the new size.",
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	for (uint32_t i = 0; i < 20; i++) {
		struct pool_block *block = actor_place_block(actor, pool, 50000 + i * 1000);
		expect_int(file_get_size(block->area->fd), ==, block->area->size);
	}
	expect_int(pool_client_count(pool, POOL_EVENT_AREA_SIZE), >, 0);
}

RULE("lido_shm_pool_v1.area_size@comes-before-what-grows-into-it", .clause = GROWN_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *block = actor_place_block(actor, pool, 64);
	for (uint32_t size = 4096; size < 2000000; size *= 2) {
		pool_block_resize(block, size);
		expect_place(block);
		memset(pool_block_get_data(block), 1, block->size);
	}
}

RULE("lido_shm_pool_v1.area_size@comes-to-another-object-when-it-needs-it", .clause = GROWN_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_client *first = actor_add_pool(actor, 0), *second = actor_add_pool(actor, 0);
	actor_place_block(actor, second, 4096);
	for (uint32_t i = 0; i < 10; i++) {
		actor_place_block(actor, first, 100000);
		struct pool_block *block = actor_place_block(actor, second, 100 + i * 4096);
		memset(pool_block_get_data(block), 1, block->size);
	}
}

RULE("lido_shm_pool_v1.area_size@is-told-to-no-other-object",
		.clause = "lido_shm_manager_v1.get_pool: An announcement to one of them applies to that object alone",
		.expected = {ACCEPTED}) {
	struct pool_client *first = actor_add_pool(actor, 0), *second = actor_add_pool(actor, 0);
	actor_place_block(actor, first, 4096);
	actor_place_block(actor, second, 4096);
	actor_place_block(actor, second, 1 << 20);
	size_t events = pool_client_get_events_len(first);
	actor_place_block(actor, second, 2 << 20);
	expect_int(pool_client_get_events_len(first), ==, events);
}

RULE("lido_shm_pool_v1.area_removed@not-while-a-block-lies-there", .clause = REMOVED_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *kept = actor_place_block(actor, pool, 4096);
	struct pool_block *other = actor_place_block(actor, pool, 65536);
	actor_fill_block(kept, 1);
	pool_block_finish(other);
	actor_wait(actor, ACTOR_PATIENCE);
	expect(pool_client_find_area(pool, kept->area->id) != NULL);
	actor_expect_filled(pool_block_get_data(kept), 4096, 1);
}

RULE("lido_shm_pool_v1.area_removed@not-while-a-block-of-another-object-lies-there", .clause = REMOVED_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_client *first = actor_add_pool(actor, 0), *second = actor_add_pool(actor, 0);
	struct pool_block *kept = actor_place_block(actor, first, 4096);
	struct pool_block *other = actor_place_block(actor, second, 4096);
	if (kept->area->id != other->area->id) {
		skip("the blocks are in different areas");
	}
	pool_block_finish(other);
	actor_wait(actor, ACTOR_PATIENCE);
	expect_int(pool_client_count(first, POOL_EVENT_AREA_REMOVED), ==, 0);
	expect_int(pool_client_count(second, POOL_EVENT_AREA_REMOVED), ==, 0);
}

RULE("lido_shm_pool_v1.area_removed@not-while-a-buffer-lies-there", .clause = REMOVED_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *block = actor_place_block(actor, pool, 65536);
	struct wl_buffer *buffer = pool_block_create_buffer(block, 0, 64, 64);
	pool_block_finish(block);
	actor_wait(actor, ACTOR_PATIENCE);
	expect_int(pool_client_count(pool, POOL_EVENT_AREA_REMOVED), ==, 0);
	actor_commit(actor, buffer);
}

RULE("lido_shm_pool_v1.area_removed@nothing-lies-there-afterwards", .clause = REMOVED_CLAUSE, .expected = {ACCEPTED}) {
	// The block takes the whole reserve_max, so without the event there is no room for another area.
	struct pool_client *pools[2] = {actor_add_pool(actor, 1 << 20), actor_add_pool(actor, 1 << 20)};
	pool_block_finish(actor_place_block(actor, pools[0], 1 << 20));
	pool_block_finish(actor_place_block(actor, pools[1], 1 << 20));
	actor_wait(actor, ACTOR_PATIENCE);
	for (int i = 0; i < 2; i++) {
		// The harness fails if a block is placed in an area that is not announced, or if the areas exceed reserve_max.
		// So the area is the same as before, or it is announced after the event.
		pool_block_finish(actor_place_block(actor, pools[i], 1 << 20));
	}
}

RULE("lido_shm_pool_v1.area_removed@all-objects-that-know-it-are-told", .clause = "The client should unmap it.",
		.expected = {ACCEPTED}) {
	struct pool_client *pools[3];
	for (int i = 0; i < 3; i++) {
		pools[i] = actor_add_pool(actor, 0);
		pool_block_finish(actor_place_block(actor, pools[i], 4096));
	}
	size_t areas = pool_client_count(pools[0], POOL_EVENT_AREA);
	actor_wait(actor, ACTOR_PATIENCE);
	size_t count = pool_client_count(pools[0], POOL_EVENT_AREA_REMOVED);
	if (count == 0) {
		skip("the server keeps areas without blocks");
	}
	expect_int(count, ==, areas);
	for (int i = 1; i < 3; i++) {
		expect_int(pool_client_count(pools[i], POOL_EVENT_AREA_REMOVED), ==, count);
	}
}
