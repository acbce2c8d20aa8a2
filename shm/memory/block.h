/*
 * A block: a range of an exported area that belongs to one lido_shm_block_v1, and to the buffers that were created in
 * it. It ends with the last of them.
 */
#ifndef LIDO_BLOCK_H
#define LIDO_BLOCK_H

#include "memory/exported.h"

struct lido_block {
	struct lido_exported_area *area;
	struct lido_range *range;
	uint32_t users; // its owner, which is a block handle, and buffers
	int64_t wanted; // bytes: if less than the range has, the rest goes back when the owner is the only user
};

/*
 * A block of that many bytes in this area, with an owner and no other user, the file not grown yet. NULL: errno is
 * ENOSPC if the area has no room, else ENOMEM.
 */
struct lido_block *lido_block_create(struct lido_exported_area *area, int64_t size);

/* Makes it larger or smaller where it is, as its owner wants. False: that is not possible, and nothing has changed. */
bool lido_block_resize(struct lido_block *block, int64_t size);

/*
 * Takes the last lido_block_resize() back, if it made the block larger and nobody was told: range_size and wanted are
 * what there was before. Never fails, whoever uses the block.
 */
void lido_block_take_back(struct lido_block *block, int64_t range_size, int64_t wanted);

/* Bytes that its owner can count on. */
int64_t lido_block_get_size(const struct lido_block *block);

/* Another user: a buffer. */
void lido_block_ref(struct lido_block *block);

/* That buffer is gone. To be followed by lido_pool_consider_destroy(). */
void lido_block_unref(struct lido_block *block);

/* The owner is gone; what the buffers have, they keep. NULL is fine. To be followed by lido_pool_consider_destroy(). */
void lido_block_disown(struct lido_block *block);

#endif
