#include "memory/block.h"

#include "base/clock.h"
#include "base/number.h"
#include "base/os.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct lido_block *lido_block_create(struct lido_exported_area *area, int64_t size) {
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
	lido_refs_ref(&area->base.refs);
	lido_quota_add(area->base.quota, LIDO_QUOTA_BLOCKS, 1);
	lido_quota_add(area->base.quota, LIDO_QUOTA_BLOCK_BYTES, block->range->size);
	return block;
}

// Frees the end of its range. Returns false if memory is short; nothing has changed then.
static bool block_cut(struct lido_block *block, int64_t range_size) {
	struct lido_area *area = &block->area->base;
	int64_t before = block->range->size;
	if (!lido_allocator_resize(block->area->allocator, block->range, range_size, lido_clock_now())) {
		return false;
	}
	lido_quota_subtract(area->quota, LIDO_QUOTA_BLOCK_BYTES, before - block->range->size);
	lido_reclaimer_schedule(area->reclaimer);
	return true;
}

// Frees the end of the range that no user may use.
static void block_shrink(struct lido_block *block) {
	if (block->wanted != block->range->size && block->users == 1) {
		block_cut(block, block->wanted);
	}
}

bool lido_block_resize(struct lido_block *block, int64_t size) {
	int64_t before = block->range->size;
	size = lido_allocator_round(size);
	if (size > before) {
		if (!lido_allocator_resize(block->area->allocator, block->range, size, lido_clock_now())) {
			return false;
		}
		lido_quota_add(block->area->base.quota, LIDO_QUOTA_BLOCK_BYTES, block->range->size - before);
	}
	block->wanted = size;
	block_shrink(block);
	return true;
}

void lido_block_revert(struct lido_block *block, int64_t range_size, int64_t wanted) {
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

// Reading in place was allowed because the buffer had no holes, and a GPU would go on to read pages that the file has
// no more. In which buffer a reader is does not matter: most blocks have one.
void lido_block_discard(struct lido_block *block, int64_t offset, int64_t size) {
	int64_t end = lido_min(offset + size, block->wanted);
	if (block->readers == 0 && offset < end) {
		lido_exported_area_discard(block->area, block->range->offset + offset, end - offset);
	}
}

static void block_destroy(struct lido_block *block) {
	struct lido_area *area = &block->area->base;
	assert(block->readers == 0);
	lido_quota_subtract(area->quota, LIDO_QUOTA_BLOCK_BYTES, block->range->size);
	lido_quota_subtract(area->quota, LIDO_QUOTA_BLOCKS, 1);
	lido_allocator_free(block->area->allocator, block->range, lido_clock_now());
	if (area->quota->client != NULL) {
		lido_reclaimer_schedule(area->reclaimer);
	}
	lido_refs_unref(&area->refs);
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
		// The remaining users are buffers, which may lie anywhere in the range.
		block->wanted = block->range->size;
		lido_block_unref(block);
	}
}
