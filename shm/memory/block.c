#include "memory/block.h"

#include "base/os.h"
#include "memory/pool.h"
#include "memory/scratch.h"
#include "wire/manager.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct lido_block *lido_block_create(struct lido_exported_area *area, int64_t size) {
	struct lido_pool *pool = area->base.pool;
	struct lido_block *block = lido_os.calloc(1, sizeof(*block));
	if (block == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	block->range = lido_allocator_alloc(area->allocator, size);
	if (block->range == NULL) {
		free(block);
		return NULL;
	}
	block->area = area;
	block->users = 1;
	block->wanted = block->range->size;
	lido_area_ref(&area->base);
	pool->blocks++;
	pool->bytes_blocks += block->range->size;
	return block;
}

// Gives the end of its range back. False: no memory, nothing has changed.
static bool block_cut(struct lido_block *block, int64_t range_size) {
	struct lido_pool *pool = block->area->base.pool;
	int64_t before = block->range->size;
	if (!lido_allocator_resize(block->area->allocator, block->range, range_size, lido_memory_now())) {
		return false;
	}
	pool->bytes_blocks -= before - block->range->size;
	lido_manager_schedule_trim(pool->manager); // which is there: so is the owner
	return true;
}

// Takes what nobody can count on from its end.
static void block_shrink(struct lido_block *block) {
	if (block->wanted != block->range->size && block->users == 1) {
		block_cut(block, block->wanted);
	}
}

bool lido_block_resize(struct lido_block *block, int64_t size) {
	struct lido_pool *pool = block->area->base.pool;
	int64_t before = block->range->size;
	size = lido_allocator_round(size);
	if (size > before) {
		if (!lido_allocator_resize(block->area->allocator, block->range, size, lido_memory_now())) {
			return false;
		}
		pool->bytes_blocks += block->range->size - before;
	}
	block->wanted = size;
	block_shrink(block);
	return true;
}

void lido_block_take_back(struct lido_block *block, int64_t range_size, int64_t wanted) {
	assert(range_size <= block->range->size && wanted <= range_size);
	bool is_cut = block_cut(block, range_size);
	assert(is_cut);
	block->wanted = wanted;
}

int64_t lido_block_get_size(const struct lido_block *block) {
	return block->wanted;
}

void lido_block_ref(struct lido_block *block) {
	assert(block->users < UINT32_MAX);
	block->users++;
}

static void block_destroy(struct lido_block *block) {
	struct lido_pool *pool = block->area->base.pool;
	pool->bytes_blocks -= block->range->size;
	pool->blocks--;
	lido_allocator_free(block->area->allocator, block->range, lido_memory_now());
	if (pool->manager != NULL && pool->client != NULL) {
		lido_manager_schedule_trim(pool->manager);
	}
	lido_area_unref(&block->area->base);
	free(block);
}

void lido_block_unref(struct lido_block *block) {
	assert(block->users > 0);
	if (--block->users == 0) {
		block_destroy(block);
	} else {
		block_shrink(block);
	}
}

void lido_block_disown(struct lido_block *block) {
	if (block != NULL) {
		// The last user left will be a buffer, which may lie anywhere in it.
		block->wanted = block->range->size;
		lido_block_unref(block);
	}
}
