/*
 * Placement: puts a block where it fits, in an area that exists or in a new one, and tells the client of the area.
 */
#ifndef LIDO_PLACEMENT_H
#define LIDO_PLACEMENT_H

#include "memory/block.h"
#include "wire/announcement.h"

enum lido_placement_result {
	LIDO_PLACEMENT_OK,
	LIDO_PLACEMENT_FAILED,   // for the reason given
	LIDO_PLACEMENT_TAMPERED, // the client has changed the size of a file: it must be disconnected
};

struct lido_placement {
	enum lido_placement_result result;
	uint32_t reason; // enum lido_shm_block_v1_reason
};

/*
 * Gives *block at least that many bytes: creates it if it is NULL, resizes it in place if possible, or else replaces it
 * by another one. Everything that the client must know about the area has been sent on return. Unless the result is
 * LIDO_PLACEMENT_OK, *block is unchanged.
 */
struct lido_placement lido_place_block(struct lido_announcer *announcer, struct lido_block **block, uint32_t size);

#endif
