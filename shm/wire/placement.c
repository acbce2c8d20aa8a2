#include "wire/placement.h"

#include "memory/pool.h"
#include "wire/manager.h"

#include "lido-shm-v1-protocol.h"
#include <assert.h>
#include <errno.h>
#include <unistd.h>

static bool fail(struct lido_placement *placement, enum lido_shm_block_v1_reason reason) {
	placement->result = LIDO_PLACEMENT_FAILED;
	placement->reason = reason;
	return false;
}

// May the pool have one block more (is_new), and so many bytes?
static bool check_quota(struct lido_placement *placement, const struct lido_pool *pool, bool is_new, int64_t more) {
	if (is_new && pool->blocks >= pool->limits.blocks_max) {
		return fail(placement, LIDO_SHM_BLOCK_V1_REASON_BLOCKS);
	}
	if (more > pool->limits.area_bytes_max - pool->bytes_blocks) {
		return fail(placement, LIDO_SHM_BLOCK_V1_REASON_BYTES);
	}
	return true;
}

// Makes the file as long as it must be, and tells the client.
static bool publish(
		struct lido_placement *placement, struct lido_pool_handle *handle, struct lido_exported_area *area) {
	switch (lido_exported_area_grow(area)) {
	case LIDO_GROW_OK:
		break;
	case LIDO_GROW_NO_MEMORY:
		return fail(placement, LIDO_SHM_BLOCK_V1_REASON_MEMORY);
	case LIDO_GROW_CHANGED:
		placement->result = LIDO_PLACEMENT_CHANGED;
		return false;
	}
	switch (lido_pool_handle_announce(handle, area)) {
	case LIDO_ANNOUNCE_OK:
		break;
	case LIDO_ANNOUNCE_NO_MEMORY:
		return fail(placement, LIDO_SHM_BLOCK_V1_REASON_MEMORY);
	case LIDO_ANNOUNCE_UNREAD:
		return fail(placement, LIDO_SHM_BLOCK_V1_REASON_UNREAD_EVENTS);
	}
	placement->result = LIDO_PLACEMENT_OK;
	return true;
}

static bool resize_in_place(
		struct lido_placement *placement, struct lido_pool_handle *handle, struct lido_block *block, uint32_t size) {
	int64_t range_size = block->range->size, wanted = block->wanted;
	if (!lido_block_resize(block, size)) {
		return false;
	}
	if (!publish(placement, handle, block->area)) {
		lido_block_take_back(block, range_size, wanted);
	}
	return true;
}

// Twice the last area's, so that their number grows with the logarithm; the first of a client with little to spare
// leaves room for such a series.
static int64_t choose_reserve(const struct lido_pool_handle *handle, int64_t size_min) {
	const struct wl_list *exported = &handle->pool->exported;
	const int64_t page = sysconf(_SC_PAGESIZE);
	int64_t budget = handle->reserve_max - handle->reserve;
	int64_t reserve = handle->reserve_max / 8 < LIDO_RESERVE_FIRST ? handle->reserve_max / 8 : LIDO_RESERVE_FIRST;
	if (!wl_list_empty(exported)) {
		const struct lido_exported_area *last = wl_container_of(exported->prev, last, base.link);
		reserve = last->reserve * 2 > reserve ? last->reserve * 2 : reserve;
	}
	reserve = reserve > LIDO_RESERVE_MAX ? LIDO_RESERVE_MAX : reserve;
	reserve = reserve > budget ? budget : reserve;
	reserve = reserve > size_min ? reserve : size_min;
	return reserve / page * page;
}

static struct lido_exported_area *create_area(
		struct lido_placement *placement, struct lido_pool_handle *handle, int64_t size) {
	struct lido_pool *pool = handle->pool;
	const int64_t page = sysconf(_SC_PAGESIZE);
	int64_t size_min = (size + page - 1) / page * page;
	if (size_min > handle->reserve_max - handle->reserve || size_min > LIDO_RESERVE_MAX ||
			pool->exported_len >= pool->limits.areas_max) {
		fail(placement, LIDO_SHM_BLOCK_V1_REASON_ADDRESS_SPACE);
		return NULL;
	}
	struct lido_exported_area *area = NULL;
	if (lido_pool_check_files(pool)) {
		area = lido_exported_area_create(pool, choose_reserve(handle, size_min), size_min);
	}
	if (area == NULL) {
		fail(placement, LIDO_SHM_BLOCK_V1_REASON_MEMORY);
	}
	return area;
}

// NULL: there is no room, or no memory; then the placement has failed.
static struct lido_block *find_room(struct lido_placement *placement, struct lido_pool_handle *handle, int64_t size) {
	struct lido_exported_area *area;
	wl_list_for_each(area, &handle->pool->exported, base.link) {
		if (!lido_pool_handle_can_use(handle, area)) {
			continue;
		}
		struct lido_block *block = lido_block_create(area, size);
		if (block != NULL) {
			return block;
		}
		if (errno != ENOSPC) {
			fail(placement, LIDO_SHM_BLOCK_V1_REASON_MEMORY);
			return NULL;
		}
	}
	area = create_area(placement, handle, size);
	if (area == NULL) {
		return NULL;
	}
	struct lido_block *block = lido_block_create(area, size);
	if (block == NULL) {
		lido_exported_area_destroy(area);
		fail(placement, LIDO_SHM_BLOCK_V1_REASON_MEMORY);
	}
	return block;
}

// Any file of the pool: who changes one is not to be trusted with the others.
static bool check_files(struct lido_placement *placement, const struct lido_pool *pool) {
	struct lido_exported_area *area;
	wl_list_for_each(area, &pool->exported, base.link) {
		if (!lido_area_check(&area->base)) {
			placement->result = LIDO_PLACEMENT_CHANGED;
			return false;
		}
	}
	return true;
}

void lido_placement_resize(
		struct lido_placement *placement, struct lido_pool_handle *handle, struct lido_block **block, uint32_t size) {
	int64_t wanted = lido_allocator_round(size);
	int64_t before = *block != NULL ? (*block)->range->size : 0;
	if (!check_files(placement, handle->pool) ||
			!check_quota(placement, handle->pool, *block == NULL, wanted > before ? wanted - before : 0)) {
		return;
	}
	if (*block != NULL && resize_in_place(placement, handle, *block, size)) {
		return;
	}
	if (!check_quota(placement, handle->pool, true, wanted)) {
		// Both places count, as long as there are both.
		return;
	}
	struct lido_block *placed = find_room(placement, handle, wanted);
	if (placed == NULL) {
		return;
	}
	if (!publish(placement, handle, placed->area)) {
		lido_block_disown(placed);
		return;
	}
	lido_block_disown(*block);
	*block = placed;
}
