/*
 * lido_shm_pool_v1.limits: how much a client can have, and what happens to a client that exceeds it.
 */
#include "rule.h"

#define FIRST_CLAUSE "Sent once, before any other event of this object."
#define PROMISE_CLAUSE \
	"The limits on bytes and blocks tell when the client must expect the failed event; they do not guarantee that it " \
	"will not be sent earlier."
#define ALL_CLAUSE "The most that the server will provide to this client, through all of its pool objects together."
#define EXCEEDED_CLAUSE \
	"A client that creates more buffers than the limit, through wl_shm and blocks together, is disconnected with " \
	"wl_display.error.no_memory."
#define OBJECTS_CLAUSE \
	"So is a client that has more lido_shm_pool_v1 and lido_shm_block_v1 objects than four times the limit on blocks"

#define MANY 200000          // higher limits are not tested
#define REQUESTS_AT_ONCE 100 // few enough that the server reads all before it sends an error and disconnects

RULE("lido_shm_pool_v1.limits@come-first-and-once", .clause = FIRST_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	for (uint32_t i = 0; i < 20; i++) {
		actor_place_block(actor, pool, 64 + i * 10000);
	}
	expect_int(pool_client_get_event(pool, 0)->kind, ==, POOL_EVENT_LIMITS);
	expect_int(pool_client_count(pool, POOL_EVENT_LIMITS), ==, 1);
}

RULE("lido_shm_pool_v1.limits@of-nothing-are-none", .clause = ALL_CLAUSE,
		.silent = "a pool without memory is of no use", .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	client_roundtrip(actor->client);
	expect_int(pool->bytes_max, >=, 4096);
	expect_int(pool->blocks_max, >=, 1);
	expect_int(pool->buffers_max, >=, 1);
}

RULE("lido_shm_pool_v1.limits@block-beyond-the-bytes-fails", .clause = PROMISE_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	client_roundtrip(actor->client);
	if (pool->bytes_max >= UINT32_MAX) {
		skip("no block can be larger than the limit");
	}
	struct pool_block *block = actor_create_block(actor, pool, (uint32_t)pool->bytes_max + 1);
	expect_reason(block, BYTES);
}

RULE("lido_shm_pool_v1.limits@all-blocks-together-stay-within-the-bytes", .clause = PROMISE_CLAUSE,
		.expected = {ACCEPTED}, .is_hostile = true) {
	struct pool_client *pools[2] = {actor_add_pool(actor, 0), actor_add_pool(actor, 0)};
	client_roundtrip(actor->client);
	int64_t size = pools[0]->bytes_max / 16, sum = 0;
	size = size > 0x40000000 ? 0x40000000 : size + 1;
	for (int64_t i = 0; i <= pools[0]->bytes_max / size && i < 1000; i++) {
		struct pool_block *block = actor_create_block(actor, pools[i % 2], (uint32_t)size);
		client_roundtrip(actor->client);
		sum += block->size; // 0 if the block failed
		expect_int(sum, <=, pools[0]->bytes_max);
	}
}

RULE("lido_shm_pool_v1.limits@bytes-given-back-can-be-had-again", .clause = ALL_CLAUSE, .expected = {ACCEPTED},
		.is_hostile = true) {
	struct pool_client *pool = actor_get_pool(actor);
	client_roundtrip(actor->client);
	if (pool->bytes_max > INT64_C(1) << 31) {
		skip("the limit on bytes is too high for one block");
	}
	for (int i = 0; i < 5; i++) {
		pool_block_finish(actor_place_block(actor, pool, (uint32_t)pool->bytes_max));
	}
}

// Creates count blocks of 64 bytes. Returns how many were placed.
static uint32_t create_blocks(struct actor *actor, struct pool_client *pool, uint32_t count) {
	for (uint32_t i = 0; i < count; i++) {
		actor_create_block(actor, pool, 64);
		if (i % REQUESTS_AT_ONCE == 0) {
			client_roundtrip(actor->client);
		}
	}
	client_roundtrip(actor->client);
	return (uint32_t)pool_client_count(pool, POOL_EVENT_PLACED);
}

static struct pool_client *get_pool_of_few_blocks(struct actor *actor) {
	struct pool_client *pool = actor_get_pool(actor);
	client_roundtrip(actor->client);
	if (pool->blocks_max > MANY) {
		skip("the limit of %u blocks is too high to be reached", pool->blocks_max);
	}
	return pool;
}

RULE("lido_shm_pool_v1.limits@one-block-too-many-fails", .clause = PROMISE_CLAUSE, .expected = {ACCEPTED},
		.is_hostile = true) {
	struct pool_client *pool = get_pool_of_few_blocks(actor);
	struct pool_block *given = actor_place_block(actor, pool, 64);
	uint32_t placed = create_blocks(actor, pool, pool->blocks_max);
	expect_int(placed, <=, pool->blocks_max);
	struct pool_block *block = actor_create_block(actor, pool, 64);
	client_roundtrip(actor->client);
	expect_int(block->answer, ==, POOL_ANSWER_FAILED);
	expect(placed < pool->blocks_max || block->reason == LIDO_SHM_BLOCK_V1_REASON_BLOCKS);
	pool_block_finish(given);
	pool_block_resize(block, 64);
	expect_place(block);
}

// Creates blocks without memory until the client has as many objects as it may have. The pool object is one of them.
static void create_objects(struct actor *actor, struct pool_client *pool) {
	for (uint32_t i = 1; i < 4 * pool->blocks_max; i++) {
		lido_shm_pool_v1_create_block(pool->pool, UINT32_MAX);
		if (i % REQUESTS_AT_ONCE == 0) {
			client_roundtrip(actor->client);
		}
	}
	client_roundtrip(actor->client);
}

RULE("lido_shm_pool_v1.limits@as-many-objects-as-it-says", .clause = OBJECTS_CLAUSE, .expected = {ACCEPTED},
		.is_hostile = true) {
	create_objects(actor, get_pool_of_few_blocks(actor));
}

RULE("lido_shm_pool_v1.limits@one-object-too-many-is-punished", .clause = OBJECTS_CLAUSE,
		.expected = {ERROR(wl_display, WL_DISPLAY, NO_MEMORY)}, .is_hostile = true) {
	struct pool_client *pool = get_pool_of_few_blocks(actor);
	create_objects(actor, pool);
	lido_shm_pool_v1_create_block(pool->pool, UINT32_MAX);
}

RULE("lido_shm_pool_v1.limits@one-pool-object-too-many-is-punished", .clause = OBJECTS_CLAUSE,
		.expected = {ERROR(wl_display, WL_DISPLAY, NO_MEMORY)}, .is_hostile = true) {
	struct pool_client *pool = get_pool_of_few_blocks(actor);
	create_objects(actor, pool);
	lido_shm_manager_v1_get_pool(pool->manager, 0);
}

// Creates count buffers, every second one through wl_shm. False: the server has disconnected the client.
static bool create_buffers(struct actor *actor, struct pool_client *pool, uint32_t count) {
	struct pool_block *block = actor_place_block(actor, pool, 4096);
	struct wl_shm_pool *other = actor_create_pool(actor, FILE_SEALED, 4096);
	for (uint32_t i = 0; i < count; i++) {
		if (i % 2 == 0) {
			pool_block_create_buffer(block, 0, 8, 8);
		} else {
			actor_create_buffer(other, 0, 8, 8);
		}
		if (i % REQUESTS_AT_ONCE == 0 && !client_try_roundtrip(actor->client)) {
			return false;
		}
	}
	return client_try_roundtrip(actor->client);
}

static struct pool_client *get_pool_of_few_buffers(struct actor *actor) {
	struct pool_client *pool = actor_get_pool(actor);
	client_roundtrip(actor->client);
	if (pool->buffers_max > MANY) {
		skip("the limit of %u buffers is too high to be reached", pool->buffers_max);
	}
	return pool;
}

RULE("lido_shm_pool_v1.limits@as-many-buffers-as-it-says", .clause = EXCEEDED_CLAUSE, .expected = {ACCEPTED},
		.is_hostile = true) {
	struct pool_client *pool = get_pool_of_few_buffers(actor);
	create_buffers(actor, pool, pool->buffers_max);
}

RULE("lido_shm_pool_v1.limits@one-buffer-too-many-is-punished", .clause = EXCEEDED_CLAUSE,
		.expected = {ERROR(wl_display, WL_DISPLAY, NO_MEMORY)}, .is_hostile = true) {
	struct pool_client *pool = get_pool_of_few_buffers(actor);
	expect(create_buffers(actor, pool, pool->buffers_max));
	actor_create_buffer(actor_create_pool(actor, FILE_SEALED, 4096), 0, 8, 8);
}

RULE("lido_shm_pool_v1.limits@one-buffer-too-many-of-a-block-is-punished", .clause = EXCEEDED_CLAUSE,
		.expected = {ERROR(wl_display, WL_DISPLAY, NO_MEMORY)}, .is_hostile = true) {
	struct pool_client *pool = get_pool_of_few_buffers(actor);
	expect(create_buffers(actor, pool, pool->buffers_max));
	pool_block_create_buffer(actor_create_block(actor, pool, 4096), 0, 8, 8);
}

RULE("lido_shm_pool_v1.limits@destroyed-buffers-do-not-count", .clause = EXCEEDED_CLAUSE, .expected = {ACCEPTED},
		.is_hostile = true) {
	struct pool_client *pool = get_pool_of_few_buffers(actor);
	struct pool_block *block = actor_place_block(actor, pool, 4096);
	for (uint32_t i = 0; i <= pool->buffers_max; i++) {
		wl_buffer_destroy(pool_block_create_buffer(block, 0, 8, 8));
		if (i % REQUESTS_AT_ONCE == 0) {
			client_roundtrip(actor->client);
		}
	}
}

RULE("lido_shm_pool_v1.limits@destroyed-objects-do-not-count", .clause = EXCEEDED_CLAUSE, .expected = {ACCEPTED},
		.is_hostile = true) {
	struct pool_client *pool = get_pool_of_few_blocks(actor);
	for (uint32_t i = 0; i < 8 * pool->blocks_max; i++) {
		lido_shm_block_v1_destroy(lido_shm_pool_v1_create_block(pool->pool, UINT32_MAX));
		if (i % REQUESTS_AT_ONCE == 0) {
			client_roundtrip(actor->client);
		}
	}
}
