/*
 * A block of the program's own: a storage that several images share.
 */
#ifndef LIDO_CLIENT_BLOCK_H
#define LIDO_CLIENT_BLOCK_H

#include "storage.h"

struct lido_client_block {
	struct wl_list link;                 // lido_client.blocks
	struct lido_client_storage *storage; // a reference
	uint32_t size;                       // bytes that images may use
};

#endif
