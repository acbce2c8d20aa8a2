/*
 * lido_shm_block_v1.resize: blocks that grow, shrink and move, and what happens to their contents.
 */
#include "rule.h"
#include "sight.h"
#include <string.h>

#define STAYS_CLAUSE \
	"If possible, the block stays in its place, and its contents are preserved up to the smaller of both sizes."
#define MOVES_CLAUSE \
	"Otherwise the block gets another place, and nothing is copied; buffers created before stay valid in the old place."
#define FAILS_CLAUSE "If the answer is the failed event, the block keeps its place."
#define SMALLER_CLAUSE \
	"When the requested size is smaller, the client must no longer draw beyond it, except in buffers that lie there: " \
	"other blocks may get that memory at once."
#define ANSWER_CLAUSE "The server answers with one placed or failed event."
#define ZERO_CLAUSE "A size of 0 raises the invalid_size error."
#define BUFFER_CLAUSE \
	"lido_shm_block_v1.create_buffer: The buffer stays in place when the block is resized or destroyed."

RULE("lido_shm_block_v1.resize@to-0-is-refused", .clause = ZERO_CLAUSE,
		.expected = {ERROR(lido_shm_block_v1, LIDO_SHM_BLOCK_V1, INVALID_SIZE)}, .lido_message = "size 0") {
	struct pool_block *block = actor_place_block(actor, actor_get_pool(actor), 4096);
	pool_block_resize(block, 0);
	actor_blame(actor, block->block);
}

RULE("lido_shm_block_v1.resize@to-0-before-it-is-placed-is-refused", .clause = ZERO_CLAUSE,
		.expected = {ERROR(lido_shm_block_v1, LIDO_SHM_BLOCK_V1, INVALID_SIZE)}, .lido_message = "size 0") {
	struct pool_block *block = actor_create_block(actor, actor_get_pool(actor), 4096);
	pool_block_resize(block, 0);
	actor_blame(actor, block->block);
}

RULE("lido_shm_block_v1.resize@each-is-answered-once", .clause = ANSWER_CLAUSE, .expected = {ACCEPTED}) {
	static const uint32_t sizes[] = {4096, 4096, 1, 64, 8192, 4095, UINT32_MAX, 65536, 65536, UINT32_MAX, 1};
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *block = actor_create_block(actor, pool, 4096);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		pool_block_resize(block, sizes[i]);
	}
	client_roundtrip(actor->client);
	client_roundtrip(actor->client);
	expect_int(pool->answers, ==, 1 + sizeof(sizes) / sizeof(sizes[0]));
	expect_int(
			pool_client_count(pool, POOL_EVENT_PLACED) + pool_client_count(pool, POOL_EVENT_FAILED), ==, pool->answers);
}

RULE("lido_shm_block_v1.resize@last-block-of-an-area-grows-in-its-place", .clause = STAYS_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_block *block = actor_place_block(actor, actor_get_pool(actor), 8192);
	uint32_t offset = block->offset, id = block->area->id;
	actor_fill_block(block, 5);
	for (uint32_t size = 8193; size < 2000000 && offset + size <= block->area->reserve; size = size * 3 / 2) {
		pool_block_resize(block, size);
		expect_place(block);
		expect_int(block->area->id, ==, id);
		expect_int(block->offset, ==, offset);
		actor_expect_filled(pool_block_get_data(block), 8192, 5);
	}
}

RULE("lido_shm_block_v1.resize@shrunk-block-stays-in-its-place", .clause = STAYS_CLAUSE, .expected = {ACCEPTED}) {
	static const uint32_t sizes[] = {1000000, 65536, 65535, 4097, 4096};
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *block = actor_place_block(actor, pool, 1 << 20);
	actor_place_block(actor, pool, 4096);
	uint32_t offset = block->offset;
	actor_fill_block(block, 6);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		pool_block_resize(block, sizes[i]);
		expect_place(block);
		expect_int(block->offset, ==, offset);
		actor_expect_filled(pool_block_get_data(block), sizes[i], 6);
	}
}

RULE("lido_shm_block_v1.resize@what-a-block-holds-stays-when-it-shrinks-and-grows-again", .clause = STAYS_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_block *block = actor_place_block(actor, actor_get_pool(actor), 65536);
	uint32_t offset = block->offset;
	actor_fill_block(block, 7);
	pool_block_resize(block, 4096);
	pool_block_resize(block, 1 << 20);
	expect_place(block);
	expect_int(block->offset, ==, offset);
	actor_expect_filled(pool_block_get_data(block), 4096, 7);
}

RULE("lido_shm_block_v1.resize@what-was-given-up-can-be-had-by-others", .clause = SMALLER_CLAUSE,
		.silent = "other blocks may get the memory, but need not", .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_add_pool(actor, 65536);
	struct pool_block *block = actor_place_block(actor, pool, 65536);
	actor_fill_block(block, 8);
	pool_block_resize(block, 4096);
	struct pool_block *other = actor_place_block(actor, pool, 61440);
	memset(pool_block_get_data(other), 0, other->size);
	actor_expect_filled(pool_block_get_data(block), 4096, 8);
}

// A block directly followed by another one, if the server places them so.
static struct pool_block *place_hemmed_in(struct actor *actor, uint32_t size) {
	struct pool_block *block = actor_place_block(actor, actor_get_pool(actor), size);
	actor_place_block(actor, &actor->pool, 4096);
	return block;
}

RULE("lido_shm_block_v1.resize@block-that-moves-leaves-its-buffers-where-they-are", .clause = MOVES_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_block *block = place_hemmed_in(actor, 16384);
	struct wl_buffer *buffer = pool_block_create_buffer(block, 0, 64, 64);
	uint8_t *old = pool_block_get_data(block);
	actor_fill_block(block, 1);
	pool_block_resize(block, 1 << 20);
	expect_place(block);
	if (pool_block_get_data(block) == old) {
		skip("the block has not moved");
	}
	actor_fill_block(block, 2);
	// No other block gets the old place.
	for (int i = 0; i < 10; i++) {
		struct pool_block *other = actor_place_block(actor, &actor->pool, 16384);
		memset(pool_block_get_data(other), 0xee, other->size);
	}
	actor_expect_filled(old, 16384, 1);
	actor_commit(actor, buffer);
}

RULE("lido_shm_block_v1.resize@nothing-is-copied-when-a-block-moves", .clause = MOVES_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_block *block = place_hemmed_in(actor, 16384);
	uint32_t size = block->area->size, id = block->area->id;
	uint8_t *old = pool_block_get_data(block);
	actor_fill_block(block, 1);
	pool_block_resize(block, 1 << 20);
	expect_place(block);
	if (pool_block_get_data(block) == old || (block->area->id == id && block->offset < size)) {
		skip("the block has not moved to memory that the client has never drawn to");
	}
	actor_expect_zeros(pool_block_get_data(block), block->size);
}

RULE("lido_shm_block_v1.resize@old-place-is-given-back-without-buffers", .clause = MOVES_CLAUSE,
		.silent = "memory that no block has is free", .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_add_pool(actor, 1 << 20);
	for (int i = 0; i < 100; i++) {
		struct pool_block *block = actor_place_block(actor, pool, 16384);
		struct pool_block *other = actor_place_block(actor, pool, 4096);
		pool_block_resize(block, 65536);
		expect_place(block);
		pool_block_finish(block);
		pool_block_finish(other);
	}
}

RULE("lido_shm_block_v1.resize@shrunk-block-keeps-the-memory-of-its-buffers", .clause = BUFFER_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *block = actor_place_block(actor, pool, 65536);
	uint8_t *data = pool_block_get_data(block);
	struct wl_buffer *buffer = pool_block_create_buffer(block, 32768, 64, 64);
	file_fill_memory(data + 32768, 0, 16384, 3);
	pool_block_resize(block, 4096);
	expect_place(block);
	for (int i = 0; i < 5; i++) {
		struct pool_block *other = actor_place_block(actor, pool, 16384);
		memset(pool_block_get_data(other), 0xee, other->size);
	}
	actor_expect_filled(data + 32768, 16384, 3);
	actor_commit(actor, buffer);
}

RULE("lido_shm_block_v1.resize@that-fails-keeps-the-place", .clause = FAILS_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_add_pool(actor, 65536);
	struct pool_block *block = actor_place_block(actor, pool, 8192);
	uint32_t offset = block->offset, size = block->size, id = block->area->id;
	actor_fill_block(block, 4);
	for (uint32_t i = 0; i < 10; i++) {
		pool_block_resize(block, 65537 + i * 100000);
		client_roundtrip(actor->client);
		expect_int(block->answer, ==, POOL_ANSWER_FAILED);
		actor_expect_filled(pool_block_get_data(block), size, 4);
	}
	// No other block gets any of its memory.
	for (int i = 0; i < 20; i++) {
		struct pool_block *other = actor_create_block(actor, pool, 4096);
		client_roundtrip(actor->client);
		if (other->answer == POOL_ANSWER_PLACED) {
			memset(pool_block_get_data(other), 0xee, other->size);
		}
	}
	pool_block_resize(block, size);
	expect_place(block);
	expect_int(block->area->id, ==, id);
	expect_int(block->offset, ==, offset);
	actor_expect_filled(pool_block_get_data(block), size, 4);
}

RULE("lido_shm_block_v1.resize@that-fails-takes-nothing-from-others", .clause = FAILS_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_add_pool(actor, 1 << 20);
	struct pool_block *block = actor_place_block(actor, pool, 4096);
	for (int i = 0; i < 50; i++) {
		pool_block_resize(block, 2 << 20);
	}
	client_roundtrip(actor->client);
	struct pool_block *other = actor_place_block(actor, pool, 1 << 18);
	pool_block_finish(other);
}

RULE("lido_shm_block_v1.resize@many-times-before-the-first-answer", .clause = ANSWER_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_block *block = actor_create_block(actor, actor_get_pool(actor), 64);
	for (uint32_t i = 0; i < 200; i++) {
		pool_block_resize(block, 1 + i * 7919 % 300000);
	}
	expect_place(block);
	expect_int(block->size, >=, 1 + 199 * 7919 % 300000);
}

RULE("lido_shm_block_v1.resize@shown-buffer-stays-when-its-block-moves", .clause = MOVES_CLAUSE,
		.expected = {ACCEPTED}) {
	sight_need(actor);
	struct pool_picture *picture = actor_create_pool_picture(actor, 1);
	actor_place_block(actor, &actor->pool, 4096);
	actor_commit(actor, picture->picture.buffer);
	sight_expect_shown(actor, &picture->picture, "before");
	pool_block_resize(&picture->block, 4 * picture->block.size);
	expect_place(&picture->block);
	if (pool_block_get_data(&picture->block) == picture->pixels) {
		skip("the block has not moved");
	}
	memset(pool_block_get_data(&picture->block), 0x77, picture->block.size);
	actor_commit(actor, picture->picture.buffer);
	sight_expect_shown(actor, &picture->picture, "committed again after its block has moved");
	pool_picture_fill(picture, 2);
	actor_commit(actor, picture->picture.buffer);
	sight_expect_shown(actor, &picture->picture, "drawn anew in the old place");
}

RULE("lido_shm_block_v1.resize@shown-buffer-stays-when-its-block-shrinks", .clause = BUFFER_CLAUSE,
		.expected = {ACCEPTED}) {
	sight_need(actor);
	struct pool_picture *picture = actor_create_pool_picture(actor, 3);
	actor_commit(actor, picture->picture.buffer);
	sight_expect_shown(actor, &picture->picture, "before");
	pool_block_resize(&picture->block, 64);
	expect_place(&picture->block);
	struct pool_block *other = actor_place_block(actor, &actor->pool, 1 << 18);
	memset(pool_block_get_data(other), 0xee, other->size);
	pool_picture_fill(picture, 4);
	actor_commit(actor, picture->picture.buffer);
	sight_expect_shown(actor, &picture->picture, "drawn anew");
}

RULE("lido_shm_block_v1.resize@buffers-of-a-block-that-is-resized-for-each-are-shown", .clause = MOVES_CLAUSE,
		.expected = {ACCEPTED}) {
	sight_need(actor);
	struct window *window = actor_get_sized_window(actor);
	int32_t width = window->configured_width, height = window->configured_height;
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALED, 0);
	struct pool_block *block = actor_create_block(actor, actor_get_pool(actor), 64);
	for (int32_t i = 0; i < 10; i++) {
		int32_t offset = i * 37 % 10 * 5000;
		pool_block_resize(block, (uint32_t)(offset + width * height * 4));
		struct wl_buffer *buffer = pool_block_create_buffer(block, offset, width, height);
		expect_place(block);
		picture_fill(picture, (uint32_t)i);
		memcpy(pool_block_get_data(block) + offset, picture->data, (size_t)width * (size_t)height * 4);
		actor_commit(actor, buffer);
		sight_expect_shown(actor, picture, "of another size of the block");
		wl_buffer_destroy(buffer);
	}
}
