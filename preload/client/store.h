/*
 * A store: where the bytes of a file really are: in a block of the server's, or where that cannot be in a file of this
 * library's own, which the server knows by ordinary pools. All of this with the state lock held, unless it is said
 * otherwise.
 */
#ifndef LIDO_RUN_STORE_H
#define LIDO_RUN_STORE_H

#include "connection.h"

/* A wl_shm_pool of the library's own. */
struct fallback_pool {
	struct fallback_pool *next;
	struct block *pool; // without a place
	size_t size;        // as the server knows it
};

struct store {
	uint32_t users;      // files and buffers
	struct block *block; // NULL: a file of its own
	int fd;
	size_t offset, size; // bytes; whole pages
	uint8_t *data;
	struct fallback_pool *fallback_pools; // fallback_pool.next; if there is no block
};

/* Has the block from then on. NULL: no memory; the block is destroyed. One user. */
struct store *store_create_in_block(struct block *block);

/* A file of its own. NULL: no memory, or files. One user. */
struct store *store_create_fallback(size_t size);

/* Makes a file larger; its data may move. False: no memory. */
bool store_grow_fallback(struct store *store, size_t size);

void store_ref(struct store *store);
void store_unref(struct store *store);

/* Maps a range of it there. */
bool store_map(struct store *store, size_t offset, size_t size, int prot, void *address);

/* Not with the state lock held: the pool by which this connection's server knows a store without a block. NULL: no
 * memory.
 */
struct wl_proxy *store_get_fallback_pool(struct store *store, struct connection *connection);

#endif
