/*
 * lido_shm_block_v1.discard: which ranges can be named, and what memory contains afterwards.
 */
#include "rule.h"
#include "sight.h"
#include <stdlib.h>
#include <string.h>

#define TELLS_CLAUSE \
	"Tells that the client no longer needs the contents of a range of the block, so that the server can return whole " \
	"pages of it to the system."
#define BYTES_CLAUSE \
	"Each byte of the range is unchanged or zero afterwards, until the client draws there again. Nothing outside the " \
	"range changes."
#define KEEPS_CLAUSE "The block keeps its place and its size."
#define WAIT_CLAUSE \
	"The client must not draw in the range until the server has handled the request, which for instance the answer " \
	"to a later wl_display.sync tells"
#define BEYOND_CLAUSE "A range that ends beyond the size of the block raises the invalid_range error."
#define NOTHING_CLAUSE "Where the block has no memory, there is nothing to return."
#define DRAWING_CLAUSE \
	"while the server uses a buffer (see wl_buffer.release), discarding its contents can change what is shown."

#define SIZE (16 * 4096)

static struct pool_client *get_pool(struct actor *actor) {
	actor_need(actor, lido_shm_manager_v1_interface.name, LIDO_SHM_BLOCK_V1_DISCARD_SINCE_VERSION);
	return actor_get_pool(actor);
}

static struct pool_block *place_filled(struct actor *actor, uint32_t size, uint32_t seed) {
	struct pool_block *block = actor_place_block(actor, get_pool(actor), size);
	actor_fill_block(block, seed);
	return block;
}

// The range must contain the pattern or zeros, and the rest of the block the pattern.
static void expect_discarded(const struct pool_block *block, uint32_t seed, uint32_t offset, uint32_t size) {
	const uint8_t *data = pool_block_get_data(block);
	uint8_t *wanted = malloc(block->size);
	expect(wanted != NULL);
	file_fill_memory(wanted, 0, block->size, seed);
	for (uint32_t i = 0; i < block->size; i++) {
		expect(data[i] == wanted[i] || (data[i] == 0 && i >= offset && i - offset < size));
	}
	free(wanted);
}

RULE("lido_shm_block_v1.discard@bytes-are-unchanged-or-zero-and-others-unchanged", .clause = BYTES_CLAUSE,
		.expected = {ACCEPTED}) {
	static const uint32_t ranges[][2] = {{0, SIZE}, {0, 4096}, {4096, 8192}, {1, SIZE - 2}, {5000, 20000}, {100, 50},
		{SIZE - 1, 1}, {SIZE, 0}, {0, 0}, {4095, 4098}};
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		struct pool_block *block = place_filled(actor, SIZE, (uint32_t)i);
		struct pool_block *next = place_filled(actor, SIZE, 99);
		pool_block_discard(block, ranges[i][0], ranges[i][1]);
		client_roundtrip(actor->client);
		expect_discarded(block, (uint32_t)i, ranges[i][0], ranges[i][1]);
		actor_expect_filled(pool_block_get_data(next), SIZE, 99);
	}
}

RULE("lido_shm_block_v1.discard@small-blocks-in-the-same-page-are-left-alone", .clause = BYTES_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_block *blocks[100];
	for (uint32_t i = 0; i < 100; i++) {
		blocks[i] = place_filled(actor, 64 + i % 3 * 1000, i);
	}
	for (uint32_t i = 0; i < 100; i += 2) {
		pool_block_discard(blocks[i], 0, blocks[i]->size);
	}
	client_roundtrip(actor->client);
	for (uint32_t i = 0; i < 100; i++) {
		expect_discarded(blocks[i], i, 0, i % 2 == 0 ? blocks[i]->size : 0);
	}
}

RULE("lido_shm_block_v1.discard@place-and-size-are-kept", .clause = KEEPS_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_block *block = place_filled(actor, SIZE, 1);
	uint32_t offset = block->offset, size = block->size;
	size_t answers = block->pool->answers;
	pool_block_discard(block, 0, size);
	struct pool_block *other = actor_place_block(actor, block->pool, SIZE);
	memset(pool_block_get_data(other), 0xee, other->size);
	expect_int(block->offset, ==, offset);
	expect_int(block->size, ==, size);
	expect_int(block->pool->answers, ==, answers + 1); // of the other block
	expect_discarded(block, 1, 0, size);
	actor_commit(actor, pool_block_create_buffer(block, SIZE - 32 * 32 * 4, 32, 32));
}

RULE("lido_shm_block_v1.discard@what-is-drawn-after-the-answer-stays", .clause = WAIT_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_block *block = place_filled(actor, SIZE, 1);
	for (uint32_t seed = 2; seed < 10; seed++) {
		pool_block_discard(block, 0, SIZE);
		client_roundtrip(actor->client);
		actor_fill_block(block, seed);
		actor_commit(actor, pool_block_create_buffer(block, 0, 64, 64));
		client_roundtrip(actor->client);
		actor_expect_filled(pool_block_get_data(block), SIZE, seed);
	}
}

RULE("lido_shm_block_v1.discard@drawn-again-is-shown", .clause = WAIT_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	get_pool(actor);
	struct pool_picture *pictures[2] = {actor_create_pool_picture(actor, 1), actor_create_pool_picture(actor, 2)};
	for (uint32_t i = 0; i < 20; i++) {
		struct pool_picture *picture = pictures[i % 2], *other = pictures[(i + 1) % 2];
		pool_picture_fill(picture, i);
		actor_commit(actor, picture->picture.buffer);
		sight_expect_shown(actor, &picture->picture, "after the other one was discarded");
		pool_block_discard(&other->block, 0, other->block.size);
		client_roundtrip(actor->client);
	}
}

RULE("lido_shm_block_v1.discard@while-shown-ends-nobody", .clause = DRAWING_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	get_pool(actor);
	struct pool_picture *picture = actor_create_pool_picture(actor, 1);
	for (uint32_t seed = 1; seed < 20; seed++) {
		pool_picture_fill(picture, seed);
		actor_commit(actor, picture->picture.buffer);
		pool_block_discard(&picture->block, 0, picture->block.size);
		window_show(actor_get_window(actor));
		client_roundtrip(actor->client);
	}
	pool_picture_fill(picture, 20);
	actor_commit(actor, picture->picture.buffer);
	sight_expect_shown(actor, &picture->picture, "drawn anew");
}

RULE("lido_shm_block_v1.discard@range-may-end-with-the-block", .clause = TELLS_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = get_pool(actor);
	for (uint32_t size = 1; size < 100000; size = size * 3 + 1) {
		struct pool_block *block = actor_create_block(actor, pool, size);
		pool_block_discard(block, 0, size); // the size is known before the answer
		expect_place(block);
		pool_block_discard(block, 0, block->size);
		pool_block_discard(block, block->size, 0);
	}
}

#define BEYOND_RULE(name_, offset, size) \
	RULE("lido_shm_block_v1.discard@" name_ "-is-refused", .clause = BEYOND_CLAUSE, \
			.expected = {ERROR(lido_shm_block_v1, LIDO_SHM_BLOCK_V1, INVALID_RANGE)}, \
			.lido_message = "beyond block size 65536") { \
		struct pool_block *block = place_filled(actor, SIZE, 1); \
		pool_block_discard(block, offset, size); \
		actor_blame(actor, block->block); \
	}

BEYOND_RULE("one-byte-too-many", 0, SIZE + 1)
BEYOND_RULE("range-behind-the-end", SIZE + 1, 0)
BEYOND_RULE("end-that-overflows-32-bits", 4096, UINT32_MAX)
BEYOND_RULE("largest-range", UINT32_MAX, UINT32_MAX)

RULE("lido_shm_block_v1.discard@beyond-what-a-resize-has-left-is-refused", .clause = BEYOND_CLAUSE,
		.expected = {ERROR(lido_shm_block_v1, LIDO_SHM_BLOCK_V1, INVALID_RANGE)}) {
	struct pool_block *block = place_filled(actor, SIZE, 1);
	pool_block_resize(block, 4096);
	pool_block_discard(block, 0, SIZE);
	actor_blame(actor, block->block);
}

RULE("lido_shm_block_v1.discard@of-a-block-that-has-failed", .clause = NOTHING_CLAUSE, .expected = {ACCEPTED}) {
	get_pool(actor);
	struct pool_block *block = actor_create_failed_block(actor, SIZE);
	pool_block_discard(block, 0, SIZE);
	client_roundtrip(actor->client);
	pool_block_resize(block, 4096);
	expect_place(block);
	actor_fill_block(block, 1);
	pool_block_resize(block, SIZE);
	pool_block_discard(block, 4096, SIZE - 4096);
	client_roundtrip(actor->client);
	expect_int(block->answer, ==, POOL_ANSWER_FAILED);
	actor_expect_filled(pool_block_get_data(block), 4096, 1);
}

RULE("lido_shm_block_v1.discard@without-end", .clause = TELLS_CLAUSE, .expected = {ACCEPTED}, .is_hostile = true) {
	struct pool_block *block = place_filled(actor, 32 << 20, 1);
	for (uint32_t i = 0; i < 20000; i++) {
		pool_block_discard(block, i % 8000 * 4096, i % 100 == 0 ? 1 << 20 : 4096);
		if (i % 200 == 199) {
			client_roundtrip(actor->client);
			memset(pool_block_get_data(block) + i % 8000 * 4096, 1, 4096);
		}
	}
}
