/*
 * lido_shm_pool_v1: what its memory contains, which blocks can be requested, and when it can be destroyed.
 */
#include "rule.h"
#include "sight.h"
#include <stdlib.h>

#define ZEROS_CLAUSE \
	"Memory contains zeros, or what this client, or the server on its behalf, has written to it before."
#define NOBODY_CLAUSE "It never contains anything from another client."
#define EXIST_CLAUSE "If blocks that this object created have not been destroyed, the blocks_exist error is raised."
#define ANY_SIZE_CLAUSE "Any other size is valid; if the memory is unavailable, the failed event is sent."
#define ANSWER_CLAUSE "The server answers with one placed or failed event of the block."

RULE("lido_shm_pool_v1@memory-is-zero-at-first", .clause = ZEROS_CLAUSE, .expected = {ACCEPTED}) {
	static const uint32_t sizes[] = {1, 64, 100, 4096, 4097, 65536, 1 << 20};
	struct pool_client *pool = actor_get_pool(actor);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct pool_block *block = actor_place_block(actor, pool, sizes[i]);
		actor_expect_zeros(pool_block_get_data(block), block->size);
	}
}

RULE("lido_shm_pool_v1@memory-holds-zeros-or-the-same-client's-bytes", .clause = ZEROS_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	for (uint32_t i = 0; i < 20; i++) {
		struct pool_block *block = actor_place_block(actor, pool, 20000 + i * 5000);
		uint8_t *data = pool_block_get_data(block);
		for (uint32_t j = 0; j < block->size; j++) {
			expect(data[j] == 0 || data[j] == 0x5e);
			data[j] = 0x5e;
		}
		pool_block_finish(block);
	}
}

// All memory that is announced to a new client must be zero.
static void expect_blank(struct actor *actor, uint32_t size) {
	struct client client;
	struct pool_client pool;
	struct pool_block blocks[8];
	client_init(&client, actor->server);
	pool_client_init(&pool, &client, 0);
	for (int i = 0; i < 8; i++) {
		pool_block_init(&blocks[i], &pool, size);
	}
	for (int i = 0; i < 8; i++) {
		expect_place(&blocks[i]);
		actor_expect_zeros(pool_block_get_data(&blocks[i]), blocks[i].size);
	}
	const struct pool_area *area;
	wl_list_for_each(area, &pool.areas, link) {
		actor_expect_zeros(area->data, area->size);
	}
	pool_client_finish(&pool);
	client_finish(&client);
}

RULE("lido_shm_pool_v1@memory-of-a-client-that-is-gone-goes-to-nobody", .clause = NOBODY_CLAUSE,
		.expected = {ACCEPTED}) {
	static const uint32_t sizes[] = {64, 4096, 65536};
	actor_need(actor, lido_shm_manager_v1_interface.name, 1);
	for (int i = 0; i < 3; i++) {
		struct client client;
		struct pool_client pool;
		struct pool_block block;
		client_init(&client, actor->server);
		pool_client_init(&pool, &client, 0);
		pool_block_init(&block, &pool, sizes[i]);
		expect_place(&block);
		actor_fill_block(&block, 1);
		pool_client_finish(&pool);
		client_finish(&client);
		expect_blank(actor, sizes[i]);
	}
}

RULE("lido_shm_pool_v1@memory-of-destroyed-blocks-goes-to-no-other-client", .clause = NOBODY_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	for (int i = 0; i < 10; i++) {
		struct pool_block *block = actor_place_block(actor, pool, 65536);
		actor_fill_block(block, 2);
		pool_block_finish(block);
	}
	client_roundtrip(actor->client);
	expect_blank(actor, 65536);
}

RULE("lido_shm_pool_v1@memory-in-use-is-seen-by-no-other-client", .clause = NOBODY_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_block *block = actor_place_block(actor, actor_get_pool(actor), 65536);
	actor_fill_block(block, 3);
	expect_blank(actor, 65536);
	expect_blank(actor, 64);
	actor_expect_filled(pool_block_get_data(block), 65536, 3);
}

// Sends the request without destroying the proxy, which is still needed to compare it with that of the error.
static void send_destroy(struct actor *actor, struct pool_client *pool) {
	wl_proxy_marshal_flags((struct wl_proxy *)pool->pool, LIDO_SHM_POOL_V1_DESTROY, NULL, 1, 0);
	actor_blame(actor, pool->pool);
}

RULE("lido_shm_pool_v1.destroy@with-a-block-is-refused", .clause = EXIST_CLAUSE,
		.expected = {ERROR(lido_shm_pool_v1, LIDO_SHM_POOL_V1, BLOCKS_EXIST)}) {
	struct pool_client *pool = actor_get_pool(actor);
	actor_place_block(actor, pool, 4096);
	send_destroy(actor, pool);
}

RULE("lido_shm_pool_v1.destroy@with-a-block-that-is-not-placed-yet-is-refused", .clause = EXIST_CLAUSE,
		.expected = {ERROR(lido_shm_pool_v1, LIDO_SHM_POOL_V1, BLOCKS_EXIST)}) {
	struct pool_client *pool = actor_get_pool(actor);
	actor_create_block(actor, pool, 4096);
	send_destroy(actor, pool);
}

RULE("lido_shm_pool_v1.destroy@with-a-block-that-has-failed-is-refused", .clause = EXIST_CLAUSE,
		.expected = {ERROR(lido_shm_pool_v1, LIDO_SHM_POOL_V1, BLOCKS_EXIST)}, .lido_message = "blocks exist") {
	send_destroy(actor, actor_create_failed_block(actor, 65536)->pool);
}

RULE("lido_shm_pool_v1.destroy@with-one-block-left-is-refused", .clause = EXIST_CLAUSE,
		.expected = {ERROR(lido_shm_pool_v1, LIDO_SHM_POOL_V1, BLOCKS_EXIST)}, .lido_message = "blocks exist: 1") {
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *blocks[5];
	for (int i = 0; i < 5; i++) {
		blocks[i] = actor_place_block(actor, pool, 4096);
	}
	for (int i = 0; i < 4; i++) {
		pool_block_finish(blocks[(i + 3) % 5]);
	}
	send_destroy(actor, pool);
}

RULE("lido_shm_pool_v1.destroy@with-two-blocks-left-is-refused", .clause = EXIST_CLAUSE,
		.expected = {ERROR(lido_shm_pool_v1, LIDO_SHM_POOL_V1, BLOCKS_EXIST)}, .lido_message = "2 blocks") {
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *blocks[3];
	for (int i = 0; i < 3; i++) {
		blocks[i] = actor_create_block(actor, pool, 4096);
	}
	pool_block_finish(blocks[1]);
	expect_place(blocks[2]);
	send_destroy(actor, pool);
}

RULE("lido_shm_pool_v1.destroy@after-its-blocks", .clause = EXIST_CLAUSE, .expected = {ACCEPTED}) {
	for (uint32_t i = 0; i < 50; i++) {
		struct pool_client *pool = actor_add_pool(actor, i * 4096);
		for (int j = 0; j < 3; j++) {
			actor_create_block(actor, pool, 4096);
		}
		client_roundtrip(actor->client);
		pool_client_finish(pool);
	}
}

RULE("lido_shm_pool_v1.destroy@while-another-object-has-blocks", .clause = EXIST_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *first = actor_add_pool(actor, 0), *second = actor_add_pool(actor, 0);
	struct pool_block *block = actor_place_block(actor, first, 4096);
	actor_place_block(actor, second, 4096);
	actor_fill_block(block, 1);
	pool_client_finish(second);
	client_roundtrip(actor->client);
	actor_expect_filled(pool_block_get_data(block), 4096, 1);
	pool_block_resize(block, 1 << 20);
	expect_place(block);
}

RULE("lido_shm_pool_v1.destroy@areas-unmapped-by-one-serve-the-others",
		.clause = "It receives no more events about areas; the client may unmap them once it has no buffers left in "
				  "them.",
		.expected = {ACCEPTED}) {
	for (uint32_t i = 0; i < 5; i++) {
		struct pool_client *first = actor_add_pool(actor, 0), *second = actor_add_pool(actor, 0);
		struct pool_block *block = actor_place_block(actor, first, 65536);
		actor_fill_block(block, i);
		actor_place_block(actor, second, 65536);
		pool_client_finish(second);
		// The file grows while the other object no longer exists.
		actor_place_block(actor, first, 1 << 20);
		actor_expect_filled(pool_block_get_data(block), 65536, i);
		pool_client_finish(first);
	}
}

RULE("lido_shm_pool_v1.destroy@buffers-live-on", .clause = "Buffers may outlive this object.", .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_add_pool(actor, 0);
	struct wl_buffer *buffers[10];
	struct pool_block *block = actor_place_block(actor, pool, 40960);
	for (int i = 0; i < 10; i++) {
		buffers[i] = pool_block_create_buffer(block, i * 4096, 32, 32);
	}
	pool_client_finish(pool);
	client_roundtrip(actor->client);
	for (int i = 0; i < 10; i++) {
		actor_commit(actor, buffers[i * 7 % 10]);
	}
	client_roundtrip(actor->client);
	for (int i = 0; i < 10; i++) {
		wl_buffer_destroy(buffers[i * 3 % 10]);
	}
}

RULE("lido_shm_pool_v1.destroy@buffers-of-it-are-shown", .clause = "Buffers may outlive this object.",
		.expected = {ACCEPTED}) {
	sight_need(actor);
	struct pool_picture *picture = actor_create_pool_picture(actor, 1);
	pool_picture_drop_block(picture);
	pool_client_finish(&actor->pool);
	client_roundtrip(actor->client);
	actor_commit(actor, picture->picture.buffer);
	sight_expect_shown(actor, &picture->picture, "without its pool object");
}

RULE("lido_shm_pool_v1.create_block@size-of-0-is-refused", .clause = "A size of 0 raises the invalid_size error.",
		.expected = {ERROR(lido_shm_pool_v1, LIDO_SHM_POOL_V1, INVALID_SIZE)}, .lido_message = "size 0") {
	struct pool_client *pool = actor_get_pool(actor);
	actor_create_block(actor, pool, 0);
	actor_blame(actor, pool->pool);
}

RULE("lido_shm_pool_v1.create_block@any-other-size-is-answered", .clause = ANY_SIZE_CLAUSE, .expected = {ACCEPTED}) {
	static const uint32_t sizes[] = {1, 2, 63, 64, 65, 4095, 4096, 4097, 1 << 20, UINT32_MAX, UINT32_MAX - 1,
		UINT32_MAX - 4094, UINT32_MAX - 4095, 0x80000000, 0x7fffffff, 0xfffff001};
	struct pool_client *pool = actor_get_pool(actor);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct pool_block *block = actor_create_block(actor, pool, sizes[i]);
		client_roundtrip(actor->client);
		expect_int(block->answer, !=, POOL_ANSWER_NONE);
		pool_block_finish(block);
	}
}

RULE("lido_shm_pool_v1.create_block@wanting-too-much-is-no-error",
		.clause =
				"lido_shm_v1: If the server cannot or will not provide memory, it sends the failed event of the block, "
				"and the client continues with what it has.",
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *block = actor_place_block(actor, pool, 4096);
	actor_fill_block(block, 1);
	for (int i = 0; i < 100; i++) {
		struct pool_block *failed = actor_create_block(actor, pool, UINT32_MAX);
		client_roundtrip(actor->client);
		if (failed->answer == POOL_ANSWER_PLACED) {
			skip("the server provides 4 GiB");
		}
	}
	actor_expect_filled(pool_block_get_data(block), 4096, 1);
	actor_commit(actor, pool_block_create_buffer(block, 0, 32, 32));
	actor_place_block(actor, pool, 4096);
}

RULE("lido_shm_pool_v1.create_block@each-is-answered-once", .clause = ANSWER_CLAUSE, .expected = {ACCEPTED}) {
	// The harness fails at an answer without a request.
	struct pool_client *pool = actor_add_pool(actor, 1 << 20);
	for (uint32_t i = 0; i < 40; i++) {
		actor_create_block(actor, pool, 1 + i * 3000);
	}
	client_roundtrip(actor->client);
	client_roundtrip(actor->client);
	expect_int(pool->answers, ==, 40);
	expect_int(pool_client_count(pool, POOL_EVENT_PLACED) + pool_client_count(pool, POOL_EVENT_FAILED), ==, 40);
}

RULE("lido_shm_pool_v1.create_block@five-hundred-before-the-first-answer",
		.clause =
				"lido_shm_v1: Requests may be pipelined: a client can create any number of blocks before it waits for "
				"the first one to be placed.",
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *blocks[500];
	for (int i = 0; i < 500; i++) {
		blocks[i] = actor_create_block(actor, pool, 64 * 64 * 4);
	}
	for (int i = 0; i < 500; i++) {
		expect_place(blocks[i]);
	}
	expect_int(pool_client_count(pool, POOL_EVENT_PLACED), ==, 500);
}

RULE("lido_shm_pool_v1.create_block@block-that-is-destroyed-at-once", .clause = ANSWER_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	for (int i = 0; i < 50; i++) {
		pool_block_finish(actor_create_block(actor, pool, 8192));
	}
	actor_place_block(actor, pool, 8192);
}
