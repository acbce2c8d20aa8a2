/*
 * A store holds the bytes of a tracked file, in one of two places: a block of the server's memory, or a fallback file,
 * a memfd of this library that the server knows by ordinary wl_shm_pools. All functions need the state lock, but for
 * store_get_fallback_pool().
 */
#ifndef LIDO_RUN_STORE_H
#define LIDO_RUN_STORE_H

#include "connection.h"

/* The wl_shm_pool by which one connection's server knows a fallback file. */
struct fallback_pool {
	struct fallback_pool *next;
	struct block *pool; // a wl_shm_pool: see connection_create_shm_pool()
	size_t size;        // bytes, as the server knows it
};

struct store {
	uint32_t users;                       // the file, and buffers made while the file had this store
	struct block *block;                  // NULL: the bytes are in a fallback file
	int fd;                               // the area's, or the fallback file's
	size_t offset, size;                  // bytes in fd; whole pages
	uint8_t *data;                        // mapping of the range
	struct fallback_pool *fallback_pools; // fallback_pool.next; one per connection; empty if there is a block
};

/*
 * Creates a store with one user, and takes ownership of the block. NULL: no memory; then the destruction of the block
 * is deferred.
 */
struct store *store_create_in_block(struct block *block);

/* Creates a store in a fallback file, with one user. NULL: no memory, or no fd. */
struct store *store_create_fallback(size_t size);

/* Grows a fallback file; data may move. Returns true at once if it has that size. False: no memory. */
bool store_grow_fallback(struct store *store, size_t size);

/* Adds a user. */
void store_ref(struct store *store);

/* Removes a user. With the last one the store is destroyed, and the destruction of its block or pools is deferred. */
void store_unref(struct store *store);

/* Maps a range of the store at address, replacing what is mapped there. Returns false if that is impossible. */
bool store_map(struct store *store, size_t offset, size_t size, int prot, void *address);

/*
 * Without the state lock: the wl_shm_pool by which this connection's server knows a fallback file, created or resized
 * if need be. Owned by the store, of which the caller must be a user. NULL: no memory.
 */
struct wl_proxy *store_get_fallback_pool(struct store *store, struct connection *connection);

#endif
