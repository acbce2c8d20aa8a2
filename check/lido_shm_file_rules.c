/*
 * The files of lido_shm_v1: what happens if a client changes their size, which it must not, and what it may do to them.
 */
#include "rule.h"
#include "sight.h"
#include <fcntl.h>
#include <linux/falloc.h>

#define LOOKS_CLAUSE "The server checks whether the files of the pool still have the sizes that the server gave them."
#define CREATE_CLAUSE "If the client has changed the size of one of them, the file_changed error is raised."
#define RESIZE_CLAUSE \
	"As with lido_shm_pool_v1.create_block, the file_changed error is raised if the client has changed the size of a " \
	"file."
#define BUFFER_LOOKS_CLAUSE \
	"When such a buffer is committed to a surface, or passed to the server as the target of a screen capture, the " \
	"server checks whether the file still has the size that the server gave it."
#define BUFFER_CLAUSE \
	"If the client has changed the size, the file_changed error is raised at that time, on the wl_buffer: the block " \
	"may have been destroyed."
#define BUFFER_NUMBER_CLAUSE \
	"lido_shm_block_v1.error: The file_changed error is also raised on wl_buffer objects; see create_buffer."
#define NUMBER_CLAUSE "lido_shm_pool_v1.error: An error that also exists for blocks has the same number there."

RULE("lido_shm_pool_v1.create_block@file-made-larger-is-file_changed", .clause = CREATE_CLAUSE,
		.expected = {ERROR(lido_shm_pool_v1, LIDO_SHM_POOL_V1, FILE_CHANGED)}) {
	struct pool_client *pool = actor_get_pool(actor);
	actor_grow_file(actor_place_block(actor, pool, 65536)->area);
	actor_create_block(actor, pool, 64);
	actor_blame(actor, pool->pool);
}

RULE("lido_shm_pool_v1.create_block@file-made-one-byte-larger-is-file_changed", .clause = CREATE_CLAUSE,
		.expected = {ERROR(lido_shm_pool_v1, LIDO_SHM_POOL_V1, FILE_CHANGED)}) {
	struct pool_client *pool = actor_get_pool(actor);
	const struct pool_area *area = actor_place_block(actor, pool, 65536)->area;
	file_set_size(area->fd, file_get_size(area->fd) + 1);
	actor_create_block(actor, pool, 1 << 20);
	actor_blame(actor, pool->pool);
}

RULE("lido_shm_pool_v1.create_block@file-made-larger-than-its-reserve-is-file_changed", .clause = CREATE_CLAUSE,
		.expected = {ERROR(lido_shm_pool_v1, LIDO_SHM_POOL_V1, FILE_CHANGED)}) {
	struct pool_client *pool = actor_get_pool(actor);
	const struct pool_area *area = actor_place_block(actor, pool, 65536)->area;
	file_set_size(area->fd, (int64_t)area->reserve + 4096);
	actor_create_block(actor, pool, 4096);
	actor_blame(actor, pool->pool);
}

// Creates two areas: an object with a small reserve_max cannot share a large area. Grows one of them, and returns the
// block in the other.
static struct pool_block *change_other_file(struct actor *actor, int changed) {
	struct pool_block *blocks[2];
	blocks[0] = actor_place_block(actor, actor_add_pool(actor, 0), 1 << 20);
	blocks[1] = actor_place_block(actor, actor_add_pool(actor, 65536), 4096);
	expect_int(blocks[0]->area->id, !=, blocks[1]->area->id);
	actor_grow_file(blocks[changed]->area);
	return blocks[1 - changed];
}

#define OTHER_FILE_RULES(name_, changed) \
	RULE("lido_shm_pool_v1.create_block@" name_ "-file-made-larger-is-file_changed", .clause = CREATE_CLAUSE, \
			.expected = {ERROR(lido_shm_pool_v1, LIDO_SHM_POOL_V1, FILE_CHANGED)}) { \
		struct pool_client *pool = change_other_file(actor, changed)->pool; \
		actor_create_block(actor, pool, 64); \
		actor_blame(actor, pool->pool); \
	} \
	RULE("lido_shm_block_v1.resize@with-" name_ "-file-made-larger-is-file_changed", .clause = RESIZE_CLAUSE, \
			.expected = {ERROR(lido_shm_block_v1, LIDO_SHM_BLOCK_V1, FILE_CHANGED)}) { \
		struct pool_block *block = change_other_file(actor, changed); \
		pool_block_resize(block, 64); \
		actor_blame(actor, block->block); \
	}

OTHER_FILE_RULES("an-older", 0)
OTHER_FILE_RULES("a-newer", 1)

RULE("lido_shm_pool_v1.create_block@file_changed-has-the-number-of-blocks", .clause = NUMBER_CLAUSE,
		.expected = {ERROR(lido_shm_pool_v1, LIDO_SHM_BLOCK_V1, FILE_CHANGED)}) {
	struct pool_client *pool = actor_get_pool(actor);
	actor_grow_file(actor_place_block(actor, pool, 65536)->area);
	actor_create_block(actor, pool, 64);
}

RULE("lido_shm_pool_v1.create_block@file-given-the-size-that-it-has-is-as-before", .clause = LOOKS_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	for (uint32_t i = 0; i < 10; i++) {
		struct pool_block *block = actor_place_block(actor, pool, 1 + i * 5000);
		file_set_size(block->area->fd, file_get_size(block->area->fd));
	}
}

RULE("lido_shm_pool_v1.create_block@file-with-holes-punched-is-as-before", .clause = LOOKS_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	for (uint32_t i = 0; i < 10; i++) {
		struct pool_block *block = actor_place_block(actor, pool, 65536);
		struct wl_buffer *buffer = pool_block_create_buffer(block, 0, 128, 128);
		actor_fill_block(block, i);
		actor_commit(actor, buffer);
		client_roundtrip(actor->client);
		expect_int(fallocate(block->area->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, block->offset, 65536), ==, 0);
		actor_expect_zeros(pool_block_get_data(block), 65536);
		actor_commit(actor, buffer);
		client_roundtrip(actor->client);
	}
}

RULE("lido_shm_pool_v1.create_block@file-of-another-client-is-its-own-business", .clause = LOOKS_CLAUSE,
		.expected = {ACCEPTED}) {
	struct client client;
	struct pool_client pool;
	struct pool_block block;
	actor_place_block(actor, actor_get_pool(actor), 4096);
	client_init(&client, actor->server);
	pool_client_init(&pool, &client, 0);
	pool_block_init(&block, &pool, 4096);
	expect_place(&block);
	actor_grow_file(block.area);
	pool_block_resize(&block, 8192);
	expect(!client_try_roundtrip(&client));
	actor_place_block(actor, &actor->pool, 1 << 20);
	pool_client_finish(&pool);
	client_finish(&client);
}

#define RESIZE_RULE(name_, size) \
	RULE("lido_shm_block_v1.resize@" name_ "-with-a-file-made-larger-is-file_changed", .clause = RESIZE_CLAUSE, \
			.expected = {ERROR(lido_shm_block_v1, LIDO_SHM_BLOCK_V1, FILE_CHANGED)}) { \
		struct pool_block *block = actor_place_block(actor, actor_get_pool(actor), 65536); \
		actor_grow_file(block->area); \
		pool_block_resize(block, size); \
		actor_blame(actor, block->block); \
	}

RESIZE_RULE("to-less", 64)
RESIZE_RULE("to-the-same", 65536)
RESIZE_RULE("to-more", 1 << 20)

// Returns a buffer in a file that has since grown.
static struct wl_buffer *create_changed(struct actor *actor, uint32_t format) {
	struct pool_block *block = actor_place_block(actor, actor_get_pool(actor), 65536);
	struct wl_buffer *buffer = lido_shm_block_v1_create_buffer(block->block, 4096, 64, 64, 256, format);
	client_roundtrip(actor->client);
	actor_grow_file(block->area);
	return buffer;
}

RULE("lido_shm_block_v1.create_buffer@committed-with-a-file-made-larger-is-file_changed", .clause = BUFFER_CLAUSE,
		.expected = {ERROR(wl_buffer, LIDO_SHM_BLOCK_V1, FILE_CHANGED)}) {
	actor_get_window(actor);
	struct wl_buffer *buffer = create_changed(actor, WL_SHM_FORMAT_XRGB8888);
	actor_commit(actor, buffer);
	actor_blame(actor, buffer);
}

RULE("lido_shm_block_v1.create_buffer@file_changed-has-its-number-when-the-block-is-destroyed",
		.clause = BUFFER_NUMBER_CLAUSE, .expected = {ERROR(wl_buffer, LIDO_SHM_BLOCK_V1, FILE_CHANGED)}) {
	actor_get_window(actor);
	struct pool_block *block = actor_place_block(actor, actor_get_pool(actor), 65536);
	struct wl_buffer *buffer = pool_block_create_buffer(block, 0, 64, 64);
	actor_grow_file(block->area);
	pool_block_finish(block);
	actor_commit(actor, buffer);
	actor_blame(actor, buffer);
}

RULE("lido_shm_block_v1.create_buffer@committed-again-with-a-file-made-larger-is-file_changed",
		.clause = BUFFER_LOOKS_CLAUSE, .expected = {ERROR(wl_buffer, LIDO_SHM_BLOCK_V1, FILE_CHANGED)}) {
	actor_get_window(actor);
	struct pool_block *block = actor_place_block(actor, actor_get_pool(actor), 1 << 20);
	struct wl_buffer *buffer = pool_block_create_buffer(block, 0, 256, 256);
	for (int i = 0; i < 5; i++) {
		actor_commit(actor, buffer);
		client_roundtrip(actor->client);
	}
	actor_grow_file(block->area);
	actor_commit(actor, buffer);
	actor_blame(actor, buffer);
}

RULE("lido_shm_block_v1.create_buffer@captured-into-with-a-file-made-larger-is-file_changed", .clause = BUFFER_CLAUSE,
		.expected = {ERROR(wl_buffer, LIDO_SHM_BLOCK_V1, FILE_CHANGED)}) {
	sight_need(actor);
	struct wl_buffer *buffer = create_changed(actor, screen_get_capture_format(&actor->screen));
	screen_capture_into(&actor->screen, 0, 0, 64, 64, buffer);
	actor_blame(actor, buffer);
}

RULE("lido_shm_block_v1.create_buffer@file-made-larger-is-nothing-until-then", .clause = BUFFER_CLAUSE,
		.expected = {ACCEPTED}) {
	struct wl_buffer *buffer = create_changed(actor, WL_SHM_FORMAT_XRGB8888);
	struct pool_block *block = wl_container_of(actor->pool.blocks.next, block, link);
	struct wl_buffer *other = pool_block_create_buffer(block, 0, 64, 64);
	wl_surface_attach(actor_get_surface(actor), other, 0, 0);
	client_roundtrip(actor->client);
	wl_surface_attach(actor_get_surface(actor), NULL, 0, 0);
	wl_buffer_destroy(buffer);
	wl_buffer_destroy(other);
	pool_block_finish(block);
	pool_client_finish(&actor->pool);
}

RULE("lido_shm_block_v1.create_buffer@file-made-larger-since-it-is-shown-stays-shown", .clause = BUFFER_LOOKS_CLAUSE,
		.expected = {ACCEPTED}) {
	sight_need(actor);
	struct pool_picture *picture = actor_create_pool_picture(actor, 1);
	actor_commit(actor, picture->picture.buffer);
	sight_expect_shown(actor, &picture->picture, "before");
	actor_grow_file(picture->block.area);
	window_show(actor_get_window(actor));
	sight_expect_shown(actor, &picture->picture, "after its file was made larger");
}

RULE("lido_shm_block_v1.create_buffer@without-memory-has-no-file-that-could-change", .clause = BUFFER_LOOKS_CLAUSE,
		.expected = {ACCEPTED}) {
	actor_get_window(actor);
	struct pool_block *failed = actor_create_failed_block(actor, 65536);
	struct wl_buffer *buffer = pool_block_create_buffer(failed, 0, 64, 64);
	struct pool_block *block = actor_place_block(actor, actor_get_pool(actor), 65536);
	actor_commit(actor, buffer);
	client_roundtrip(actor->client);
	actor_grow_file(block->area);
	actor_commit(actor, buffer);
}
