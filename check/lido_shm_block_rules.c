/*
 * lido_shm_block_v1: where blocks are placed, what their events tell, and when their memory is returned.
 */
#include "rule.h"
#include "server.h"
#include <string.h>
#include <sys/socket.h>

#define START_CLAUSE "Blocks of a page or more start at a page boundary, smaller blocks at a multiple of 64 bytes."
#define PLACE_CLAUSE \
	"The memory of a block is a range of an area. This range is the place of the block, which the placed event tells."
#define MINE_CLAUSE \
	"lido_shm_v1: The memory of a block belongs to the client until the block and all buffers created in it are " \
	"destroyed and no longer used by the server."
#define GIVEN_BACK_CLAUSE \
	"The memory is returned once all buffers that were created in it are destroyed and no longer used by the server."
#define ORDER_CLAUSE "Answers are sent in the order of the requests, for all blocks of a pool object."
#define SIZE_CLAUSE "The size is at least the requested size, and the client may use all of it"
#define KEEPS_CLAUSE "A block that never had a place has none, and a block that had one keeps it."
#define AGAIN_CLAUSE "The client may try again with the resize request."

static const uint32_t sizes[] = {1, 63, 64, 65, 100, 4095, 4096, 4097, 8191, 1, 12345, 64, 65536, 65537, 3};

#define SIZES_LEN (sizeof(sizes) / sizeof(sizes[0]))

RULE("lido_shm_block_v1@starts-at-a-page-or-at-64-bytes", .clause = START_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	for (size_t i = 0; i < SIZES_LEN; i++) {
		struct pool_block *block = actor_place_block(actor, pool, sizes[i]);
		expect_int(block->offset % (sizes[i] < 4096 ? 64 : 4096), ==, 0);
	}
}

RULE("lido_shm_block_v1@starts-at-a-page-when-it-has-grown-to-one", .clause = START_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *blocks[10];
	for (int i = 0; i < 10; i++) {
		blocks[i] = actor_place_block(actor, pool, 64);
	}
	for (uint32_t i = 0; i < 10; i++) {
		pool_block_resize(blocks[i], 4096 + i);
		expect_place(blocks[i]);
		expect_int(blocks[i]->offset % 4096, ==, 0);
	}
}

RULE("lido_shm_block_v1@places-never-overlap", .clause = PLACE_CLAUSE, .expected = {ACCEPTED}) {
	enum {
		COUNT = 150
	};
	struct pool_client *pools[2] = {actor_add_pool(actor, 0), actor_add_pool(actor, 1 << 22)};
	struct pool_block *blocks[COUNT];
	uint32_t seed = 1;
	for (int i = 0; i < COUNT; i++) {
		seed = seed * 1103515245 + 12345;
		blocks[i] = actor_create_block(actor, pools[i % 2], 1 + (seed >> 16) % 20000);
	}
	for (int i = 0; i < COUNT; i += 3) {
		pool_block_finish(blocks[i]);
		blocks[i] = actor_create_block(actor, pools[i % 2], 300 * (uint32_t)(i + 1));
	}
	for (int i = 0; i < COUNT; i++) {
		expect_place(blocks[i]);
		actor_fill_block(blocks[i], (uint32_t)i);
	}
	for (int i = 0; i < COUNT; i++) {
		actor_expect_filled(pool_block_get_data(blocks[i]), blocks[i]->size, (uint32_t)i);
	}
}

RULE("lido_shm_block_v1.placed@size-is-at-least-what-was-asked-for", .clause = SIZE_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	for (size_t i = 0; i < SIZES_LEN; i++) {
		struct pool_block *block = actor_place_block(actor, pool, sizes[i]);
		expect_int(block->size, >=, sizes[i]);
		pool_block_resize(block, sizes[SIZES_LEN - 1 - i]);
		expect_place(block);
		expect_int(block->size, >=, sizes[SIZES_LEN - 1 - i]);
	}
}

RULE("lido_shm_block_v1.placed@all-of-the-size-may-be-used", .clause = SIZE_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *blocks[SIZES_LEN];
	for (uint32_t i = 0; i < SIZES_LEN; i++) {
		blocks[i] = actor_place_block(actor, pool, sizes[i]);
		actor_fill_block(blocks[i], i);
		int32_t width = (int32_t)blocks[i]->size / 4;
		if (width > 0) {
			actor_commit(actor, pool_block_create_buffer(blocks[i], 0, width, 1));
		}
	}
	client_roundtrip(actor->client);
	for (uint32_t i = 0; i < SIZES_LEN; i++) {
		actor_expect_filled(pool_block_get_data(blocks[i]), blocks[i]->size, i);
	}
}

RULE("lido_shm_block_v1.placed@answers-come-in-the-order-of-the-requests", .clause = ORDER_CLAUSE,
		.expected = {ACCEPTED}) {
	// The harness compares each answer with the oldest unanswered request.
	struct pool_client *pool = actor_add_pool(actor, 1 << 20);
	struct pool_block *blocks[20];
	for (uint32_t i = 0; i < 20; i++) {
		blocks[i] = actor_create_block(actor, pool, 1 + i % 7 * 70000);
		pool_block_resize(blocks[i / 2], 1 + i * 30000);
		pool_block_resize(blocks[i], 64);
	}
	client_roundtrip(actor->client);
	expect_int(pool->answers, ==, 60);
	expect_int(pool_client_count(pool, POOL_EVENT_FAILED), >, 0);
	expect_int(pool_client_count(pool, POOL_EVENT_PLACED), >, 0);
}

RULE("lido_shm_block_v1.placed@area-is-one-that-was-announced-to-the-object",
		.clause = "id of an area that was announced to the pool object", .expected = {ACCEPTED}) {
	static const uint32_t reserves[] = {0, 8192, 65536, 1 << 20};
	for (int i = 0; i < 16; i++) {
		// The harness fails at an id that has not been announced.
		struct pool_block *block = actor_place_block(actor, actor_add_pool(actor, reserves[i % 4]), 4096);
		expect(pool_client_find_area(block->pool, block->area->id) == block->area);
	}
}

RULE("lido_shm_block_v1.placed@place-lies-within-the-area", .clause = "bytes from the start of the area",
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	for (uint32_t i = 0; i < 40; i++) {
		struct pool_block *block = actor_place_block(actor, pool, 1 + i * 3333);
		expect_int((int64_t)block->offset + block->size, <=, file_get_size(block->area->fd));
	}
}

RULE("lido_shm_block_v1.failed@block-without-a-place-has-none", .clause = KEEPS_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_block *block = actor_create_failed_block(actor, 65536);
	expect(block->area == NULL);
	expect_int(pool_client_count(block->pool, POOL_EVENT_AREA), ==, 0);
	// The failed block takes no room from others.
	actor_place_block(actor, block->pool, 4096);
}

RULE("lido_shm_block_v1.failed@may-ask-again", .clause = AGAIN_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_block *block = actor_create_failed_block(actor, 65536);
	for (uint32_t size = 65536; size > 4096; size -= 4096) {
		pool_block_resize(block, size);
		client_roundtrip(actor->client);
		expect_int(block->answer, ==, POOL_ANSWER_FAILED);
	}
	pool_block_resize(block, 4096);
	expect_place(block);
	actor_commit(actor, pool_block_create_buffer(block, 0, 32, 32));
}

RULE("lido_shm_block_v1.failed@place-is-kept", .clause = KEEPS_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_block *block = actor_place_block(actor, actor_add_pool(actor, 4096), 4096);
	actor_fill_block(block, 1);
	pool_block_resize(block, 65536);
	client_roundtrip(actor->client);
	expect_int(block->answer, ==, POOL_ANSWER_FAILED);
	actor_expect_filled(pool_block_get_data(block), 4096, 1);
	actor_commit(actor, pool_block_create_buffer(block, 0, 32, 32));
	expect_reason(actor_create_block(actor, block->pool, 64), ADDRESS_SPACE);
}

RULE("lido_shm_block_v1.failed@reason-is-address-space-where-reserve_max-is-used-up",
		.clause = "lido_shm_block_v1.reason: no area has room, and reserve_max or a limit allows no further area",
		.expected = {ACCEPTED}) {
	expect_reason(actor_create_failed_block(actor, 65536), ADDRESS_SPACE);
}

RULE("lido_shm_block_v1.failed@reason-is-bytes-beyond-the-limit",
		.clause = "lido_shm_block_v1.reason: all blocks of the client together would exceed the limit on bytes",
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *block = actor_place_block(actor, pool, 4096);
	if (pool->bytes_max >= UINT32_MAX) {
		skip("no block can be larger than the limit");
	}
	expect_reason(actor_create_block(actor, pool, (uint32_t)pool->bytes_max), BYTES);
	pool_block_resize(block, (uint32_t)pool->bytes_max + 1);
	expect_reason(block, BYTES);
}

RULE("lido_shm_block_v1.failed@reason-is-unread-events-where-areas-were-not-read",
		.clause = "lido_shm_block_v1.reason: the client has not read the area events that were sent to it",
		.expected = {ACCEPTED}) {
	enum {
		COUNT = 130 // any server disconnects a client with more unread events than fit into the socket
	};
	struct pool_block *blocks[COUNT];
	int unread = 0;
	for (int i = 0; i < COUNT; i++) {
		blocks[i] = actor_create_block(actor, actor_add_pool(actor, 1 << 16), 64);
		wl_display_flush(actor->client->display);
		server_work(actor->server, wl_display_get_fd(actor->client->display), 0);
	}
	client_roundtrip(actor->client);
	for (int i = 0; i < COUNT; i++) {
		expect_int(blocks[i]->answer, !=, POOL_ANSWER_NONE);
		if (blocks[i]->answer == POOL_ANSWER_FAILED) {
			expect_int(blocks[i]->reason, ==, LIDO_SHM_BLOCK_V1_REASON_UNREAD_EVENTS);
			unread++;
		}
	}
	printf("%d of %d blocks failed while nothing was read\n", unread, COUNT);
	// Now that the client has read its events, all blocks can be placed.
	for (int i = 0; i < COUNT; i++) {
		pool_block_resize(blocks[i], 64);
		expect_place(blocks[i]);
	}
}

RULE("lido_shm_block_v1.destroy@at-once", .clause = "Destroys this object.", .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	for (int i = 0; i < 100; i++) {
		struct pool_block *block = actor_create_block(actor, pool, 65536);
		if (i % 2 == 0) {
			client_roundtrip(actor->client);
		}
		pool_block_finish(block);
	}
}

RULE("lido_shm_block_v1.destroy@that-has-failed", .clause = "Destroys this object.", .expected = {ACCEPTED}) {
	struct pool_block *block = actor_create_failed_block(actor, 65536);
	struct wl_buffer *buffer = pool_block_create_buffer(block, 0, 32, 32);
	pool_block_finish(block);
	wl_buffer_destroy(buffer);
}

RULE("lido_shm_block_v1.destroy@gives-the-memory-back", .clause = "lido_shm_block_v1.destroy: The memory is returned",
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_add_pool(actor, 65536);
	for (int i = 0; i < 100; i++) {
		pool_block_finish(actor_place_block(actor, pool, 65536));
	}
}

RULE("lido_shm_block_v1.destroy@memory-is-kept-while-buffers-are-there", .clause = GIVEN_BACK_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_add_pool(actor, 65536);
	struct pool_block *block = actor_place_block(actor, pool, 65536);
	struct wl_buffer *buffers[4];
	for (int i = 0; i < 4; i++) {
		buffers[i] = pool_block_create_buffer(block, i * 16384, 64, 64);
	}
	actor_fill_block(block, 1);
	uint8_t *data = pool_block_get_data(block);
	pool_block_finish(block);
	struct pool_block *next = actor_create_block(actor, pool, 65536);
	for (int i = 0; i < 4; i++) {
		client_roundtrip(actor->client);
		expect_int(next->answer, ==, POOL_ANSWER_FAILED);
		actor_expect_filled(data, 65536, 1);
		wl_buffer_destroy(buffers[i * 3 % 4]);
		pool_block_resize(next, 65536);
	}
	expect_place(next);
}

RULE("lido_shm_block_v1.destroy@memory-comes-back-after-what-the-server-does-with-it", .clause = GIVEN_BACK_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_add_pool(actor, 65536);
	struct pool_block *block = actor_place_block(actor, pool, 65536);
	struct wl_surface *surface = actor_get_surface(actor);
	struct wl_buffer *buffer = pool_block_create_buffer(block, 0, 128, 128);
	actor_commit(actor, buffer);
	pool_block_finish(block);
	wl_buffer_destroy(buffer);
	client_roundtrip(actor->client);
	wl_surface_attach(surface, NULL, 0, 0);
	wl_surface_commit(surface);
	struct pool_block *next = actor_create_block(actor, pool, 65536);
	for (int i = 0; i < ACTOR_PATIENCE / 100 && next->answer != POOL_ANSWER_PLACED; i++) {
		actor_wait(actor, 100);
		pool_block_resize(next, 65536);
		client_roundtrip(actor->client);
	}
	expect_place(next);
}

RULE("lido_shm_block_v1.destroy@other-blocks-stay-out-of-the-memory-of-buffers", .clause = MINE_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	struct wl_buffer *buffers[10];
	uint8_t *places[10];
	for (uint32_t i = 0; i < 10; i++) {
		struct pool_block *block = actor_place_block(actor, pool, 16384);
		actor_fill_block(block, i);
		buffers[i] = pool_block_create_buffer(block, 0, 64, 64);
		places[i] = pool_block_get_data(block);
		pool_block_finish(block);
	}
	for (int i = 0; i < 10; i++) {
		struct pool_block *block = actor_place_block(actor, pool, 16384);
		memset(pool_block_get_data(block), 0xee, block->size);
	}
	for (uint32_t i = 0; i < 10; i++) {
		actor_expect_filled(places[i], 16384, i);
		wl_buffer_destroy(buffers[i]);
	}
}

RULE("lido_shm_block_v1.destroy@other-blocks-stay-out-of-what-it-had-before-it-shrank", .clause = MINE_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *block = actor_place_block(actor, pool, 65536);
	uint8_t *data = pool_block_get_data(block);
	struct wl_buffer *buffer = pool_block_create_buffer(block, 32768, 64, 64);
	file_fill_memory(data + 32768, 0, 16384, 1);
	pool_block_resize(block, 4096);
	pool_block_finish(block);
	for (int i = 0; i < 10; i++) {
		struct pool_block *other = actor_place_block(actor, pool, 16384);
		memset(pool_block_get_data(other), 0xee, other->size);
	}
	actor_expect_filled(data + 32768, 16384, 1);
	wl_buffer_destroy(buffer);
}

RULE("lido_shm_block_v1.destroy@in-any-order-with-buffers-and-pool-objects", .clause = GIVEN_BACK_CLAUSE,
		.expected = {ACCEPTED}) {
	for (int order = 0; order < 8; order++) {
		struct pool_client *pool = actor_add_pool(actor, 0);
		struct pool_block *blocks[2];
		struct wl_buffer *buffers[2];
		for (int i = 0; i < 2; i++) {
			blocks[i] = actor_create_block(actor, pool, 65536);
			buffers[i] = pool_block_create_buffer(blocks[i], 4096 * order, 64, 64);
			actor_commit(actor, buffers[i]);
		}
		if (order & 1) {
			client_roundtrip(actor->client);
		}
		if (order & 2) {
			wl_buffer_destroy(buffers[0]);
		}
		pool_block_finish(blocks[order & 1]);
		if (order & 4) {
			wl_buffer_destroy(buffers[1]);
			pool_client_finish(pool);
		} else {
			pool_client_finish(pool);
			wl_buffer_destroy(buffers[1]);
		}
		if (!(order & 2)) {
			wl_buffer_destroy(buffers[0]);
		}
	}
}

RULE("lido_shm_block_v1.destroy@client-that-leaves-with-everything", .clause = MINE_CLAUSE, .expected = {ACCEPTED}) {
	actor_need(actor, lido_shm_manager_v1_interface.name, 1);
	for (int i = 0; i < 10; i++) {
		struct client client;
		struct pool_client pool;
		struct pool_block blocks[5];
		client_init(&client, actor->server);
		pool_client_init(&pool, &client, 0);
		for (int j = 0; j < 5; j++) {
			pool_block_init(&blocks[j], &pool, 65536);
			pool_block_create_buffer(&blocks[j], 0, 64, 64);
		}
		if (i % 2 == 0) {
			client_roundtrip(&client);
		}
		wl_display_flush(client.display);
		// The server only sees the connection end: requests after this are never sent.
		shutdown(wl_display_get_fd(client.display), SHUT_RDWR);
		pool_client_finish(&pool);
		client_finish(&client);
	}
}
