/*
 * Where a block goes: where it is, in an area that there is, or in a further one.
 */
#ifndef LIDO_PLACEMENT_H
#define LIDO_PLACEMENT_H

#include "memory/block.h"
#include "wire/pool_resource.h"

enum lido_placement_result {
	LIDO_PLACEMENT_OK,
	LIDO_PLACEMENT_FAILED,  // for the reason given
	LIDO_PLACEMENT_CHANGED, // the client has changed the size of the file: to be ended
};

struct lido_placement {
	bool is_first; // the block was just created: it is the pool object that asked
	enum lido_placement_result result;
	uint32_t reason; // enum lido_shm_block_v1_reason
};

/*
 * Gives *block a size of at least so many bytes: makes it if it is NULL; leaves it where it is if that can be, else
 * replaces it by another one. All that the client must know before it hears of the place has been sent. Otherwise
 * than on LIDO_PLACEMENT_OK, *block is as it was.
 */
void lido_placement_resize(
		struct lido_placement *placement, struct lido_pool_handle *handle, struct lido_block **block, uint32_t size);

#endif
