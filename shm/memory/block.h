/*
 * A block: a range of an exported area that belongs to one lido_shm_block_v1 and to the buffers created in it. It lives
 * until all of them are gone.
 */
#ifndef LIDO_BLOCK_H
#define LIDO_BLOCK_H

#include "memory/exported.h"

#include <assert.h>

struct lido_block {
	struct lido_exported_area *area;
	struct lido_range *range;
	uint32_t users;    // its owner, which is a block resource, and buffers
	uint32_t readers;  // buffers that were committed and not released, and pins
	bool is_committed; // a buffer in it was
	int64_t wanted;    // bytes: the end of the range beyond them is freed when the owner is the only user
};

/*
 * Creates a block of that many bytes in this area, with an owner and no other user. Does not grow the file. Returns
 * NULL with errno ENOSPC if the area has no room, else ENOMEM.
 */
struct lido_block *lido_block_create(struct lido_exported_area *area, int64_t size);

/* Makes it larger or smaller in place, for its owner. Returns false if that is not possible; nothing has changed then.
 */
bool lido_block_resize(struct lido_block *block, int64_t size);

/*
 * Reverts the last lido_block_resize() if that made the block larger and the client was not told: range_size and wanted
 * are the values from before. Never fails, whoever uses the block.
 */
void lido_block_revert(struct lido_block *block, int64_t range_size, int64_t wanted);

/* Bytes that its owner may use. */
int64_t lido_block_get_size(const struct lido_block *block);

/* Adds a buffer as a user. */
void lido_block_ref(struct lido_block *block);

/* Removes that buffer; the block is freed with its last user. */
void lido_block_unref(struct lido_block *block);

/* Somebody reads a buffer in it, at any time until the reader is removed. */
static inline void lido_block_add_reader(struct lido_block *block) {
	block->readers++; // each is a buffer or a pin, whose number is limited
}

static inline void lido_block_remove_reader(struct lido_block *block) {
	assert(block->readers > 0);
	block->readers--;
}

/*
 * Its owner no longer needs these bytes, of which those beyond its size are ignored. Returns whole pages of them to the
 * kernel, unless the block has readers: see lido_exported_area_discard().
 */
void lido_block_discard(struct lido_block *block, int64_t offset, int64_t size);

/* Removes the owner; buffers keep their memory. NULL is fine. */
void lido_block_disown(struct lido_block *block);

#endif
