/*
 * A request for memory goes down this ladder; the first step that works answers it:
 *
 *     1. tampering     a file of the client has another size than the server made it      disconnect
 *     2. quota         one block more, or the bytes by which the block grows              failed: blocks, bytes
 *     3. in place      the range behind the block is free: grow it, then publish the area
 *     4. quota again   a block that moves is charged for both places while both exist     failed: blocks, bytes
 *     5. another area  the first, in the order of creation, that has room and that the object may use
 *     6. a new area    if address space and quota allow one                               failed: address_space, memory
 *
 * To publish an area is to make its file long enough (failed: memory) and to tell the client (failed: unread_events).
 * If that fails, step 3 is reverted, and in steps 5 and 6 the new block is given up; an area that was created in step 6
 * stays for the next request, and goes as all empty areas do.
 */
#include "wire/placement.h"

#include "base/number.h"
#include "base/page.h"

#include "lido-shm-v1-protocol.h"
#include <errno.h>

static bool fail(struct lido_placement *placement, enum lido_shm_block_v1_reason reason) {
	placement->result = LIDO_PLACEMENT_FAILED;
	placement->reason = reason;
	return false;
}

// May the pool have one more block (is_new), and that many more bytes?
static bool check_quota(struct lido_placement *placement, struct lido_quota *quota, bool is_new, int64_t more) {
	if (is_new && !lido_quota_allows_or_tells(quota, LIDO_QUOTA_BLOCKS, 1)) {
		return fail(placement, LIDO_SHM_BLOCK_V1_REASON_BLOCKS);
	}
	if (!lido_quota_allows_or_tells(quota, LIDO_QUOTA_BLOCK_BYTES, more)) {
		return fail(placement, LIDO_SHM_BLOCK_V1_REASON_BYTES);
	}
	return true;
}

// Makes the file as long as its blocks need, and tells the client.
static bool publish(
		struct lido_placement *placement, struct lido_announcer *announcer, struct lido_exported_area *area) {
	switch (lido_exported_area_grow(area)) {
	case LIDO_GROW_OK:
		break;
	case LIDO_GROW_NO_MEMORY:
		return fail(placement, LIDO_SHM_BLOCK_V1_REASON_MEMORY);
	case LIDO_GROW_TAMPERED:
		placement->result = LIDO_PLACEMENT_TAMPERED;
		return false;
	}
	switch (lido_announcer_announce(announcer, area)) {
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
		struct lido_placement *placement, struct lido_announcer *announcer, struct lido_block *block, uint32_t size) {
	int64_t range_size = block->range->size, wanted = block->wanted;
	if (!lido_block_resize(block, size)) {
		return false;
	}
	if (!publish(placement, announcer, block->area)) {
		lido_block_revert(block, range_size, wanted);
	}
	return true;
}

// Twice the reserve of the last area, so that the number of areas grows with the logarithm of the size. The first area
// of a client with little address space leaves room for such a series. The first private one has room for some blocks
// like this one, as windows have them: the client can fill it with pages up to its end, whatever its blocks need.
static int64_t choose_reserve(const struct lido_announcer *announcer, int64_t size_min) {
	const struct lido_exported_area *last = lido_exports_get_last(&announcer->pool->exports, announcer->owner);
	int64_t first = announcer->owner == NULL ? LIDO_RESERVE_FIRST
											 : lido_max(size_min * LIDO_PRIVATE_BLOCKS, LIDO_RESERVE_PRIVATE_MIN);
	int64_t reserve = lido_min(announcer->reserve_max / 8, first);
	if (last != NULL) {
		reserve = lido_max(last->reserve * 2, reserve);
	}
	reserve = lido_min(reserve, lido_min(LIDO_RESERVE_MAX, announcer->reserve_max - announcer->reserve));
	return lido_page_round_down(lido_max(reserve, size_min));
}

static struct lido_exported_area *create_area(
		struct lido_placement *placement, struct lido_announcer *announcer, int64_t size) {
	struct lido_pool *pool = announcer->pool;
	int64_t size_min = lido_page_round_up(size);
	if (size_min > announcer->reserve_max - announcer->reserve || size_min > LIDO_RESERVE_MAX ||
			!lido_quota_allows_or_tells(&pool->quota, LIDO_QUOTA_AREAS, 1)) {
		fail(placement, LIDO_SHM_BLOCK_V1_REASON_ADDRESS_SPACE);
		return NULL;
	}
	struct lido_exported_area *area = NULL;
	if (lido_quota_allows_or_tells(&pool->quota, LIDO_QUOTA_FILES, 1)) {
		int64_t reserve = choose_reserve(announcer, size_min);
		area = lido_exported_area_create(&pool->exports, announcer->owner, reserve, size_min);
	}
	if (area == NULL) {
		fail(placement, LIDO_SHM_BLOCK_V1_REASON_MEMORY);
	}
	return area;
}

// Returns NULL if there is no room or no memory; the placement has failed then.
static struct lido_block *find_room(struct lido_placement *placement, struct lido_announcer *announcer, int64_t size) {
	struct lido_exported_area *area;
	wl_list_for_each(area, &announcer->pool->exports.areas, base.link) {
		if (!lido_announcer_can_use(announcer, area)) {
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
	area = create_area(placement, announcer, size);
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

// Inspects all files of the pool: a client that changes one is not trusted with the others.
static bool detect_tampering(struct lido_placement *placement, const struct lido_pool *pool) {
	struct lido_exported_area *area;
	wl_list_for_each(area, &pool->exports.areas, base.link) {
		if (lido_area_inspect(&area->base) == LIDO_AREA_TAMPERED) {
			placement->result = LIDO_PLACEMENT_TAMPERED;
			return true;
		}
	}
	return false;
}

static void place(
		struct lido_placement *placement, struct lido_announcer *announcer, struct lido_block **block, uint32_t size) {
	struct lido_quota *quota = &announcer->pool->quota;
	int64_t wanted = lido_allocator_round(size);
	int64_t before = *block != NULL ? (*block)->range->size : 0;
	if (detect_tampering(placement, announcer->pool) ||
			!check_quota(placement, quota, *block == NULL, lido_max(wanted - before, 0))) {
		return;
	}
	if (*block != NULL && resize_in_place(placement, announcer, *block, size)) {
		return;
	}
	// The block moves, and the client is charged for both places while both exist.
	if (!check_quota(placement, quota, true, wanted)) {
		return;
	}
	struct lido_block *placed = find_room(placement, announcer, wanted);
	if (placed == NULL) {
		return;
	}
	if (!publish(placement, announcer, placed->area)) {
		lido_block_disown(placed);
		return;
	}
	lido_block_disown(*block);
	*block = placed;
}

struct lido_placement lido_place_block(struct lido_announcer *announcer, struct lido_block **block, uint32_t size) {
	struct lido_placement placement = {0};
	place(&placement, announcer, block, size);
	return placement;
}
