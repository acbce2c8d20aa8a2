/*
 * A store holds the bytes of a tracked file, in one of three places: a block of the server's memory; the program's own
 * file; or a fallback file, a memfd of this library. Servers know the latter two by ordinary wl_shm_pools. This library
 * keeps no fd of a fallback file: so a connection that it was not created for cannot be told of it, and the file needs
 * another store. All functions need the state lock, but for those that say otherwise.
 */
#ifndef LIDO_RUN_STORE_H
#define LIDO_RUN_STORE_H

#include "connection.h"

/* The wl_shm_pool by which one connection's server knows a store that is no block. */
struct plain_pool {
	struct plain_pool *next;
	struct block *pool; // a wl_shm_pool: see connection_create_shm_pool()
	size_t size;        // bytes, as the server knows it
};

struct store {
	uint32_t users;                 // the file, and buffers made while the file had this store
	struct block *block;            // NULL: the bytes are in a fallback file, or in the program's own
	bool is_own;                    // the bytes are in the program's own file
	size_t offset;                  // of the block in its area; bytes
	size_t size;                    // bytes; whole pages, or if is_own: of the largest pool
	size_t reserve;                 // bytes of the mapping, to which a fallback file may grow; whole pages
	uint8_t *data;                  // mapping of the bytes
	size_t drawn_start, drawn_end;  // the program has probably drawn into these bytes of a block; empty: none
	struct plain_pool *plain_pools; // plain_pool.next; empty if there is a block
	struct store *next_deferred;    // of those with a user that store_flush_deferred() removes
};

/*
 * Creates a store with one user, and takes ownership of the block. NULL: no memory; then the destruction of the block
 * is deferred.
 */
struct store *store_create_in_block(struct block *block);

/*
 * Without the state lock: creates a store in a fallback file, with one user, and tells the servers of these
 * connections. Those for which there is no memory, and dead ones, are not told. NULL: no memory, or no fd.
 */
struct store *store_create_fallback(
		size_t size, size_t reserve, struct connection *const *connections, size_t connections_len);

/*
 * Creates a store in the program's own file, with one user and without plain pools. fd: of the file; borrowed. NULL: no
 * memory, or the file must not be written.
 */
struct store *store_create_own(int fd, size_t size, size_t reserve);

/*
 * Without the state lock: tells the server of this connection of a store that is no block. fd: of its file. Nothing
 * happens if there is no memory, or the connection is dead.
 */
void store_tell(struct store *store, struct connection *connection, const struct owned_fd *fd);

/*
 * Grows a store that is no block, and the reserve of the program's own file. Returns true at once if it has that size.
 * False: it is a block, its reserve ends, or there is no memory.
 */
bool store_grow(struct store *store, size_t size);

/* Adds a user. */
void store_ref(struct store *store);

/* The program has created a buffer of this range, which may be beyond the end. */
void store_note_buffer(struct store *store, size_t offset, size_t size);

/* Punches a hole, also if it ends beyond the end. */
void store_punch(struct store *store, size_t offset, size_t size);

/* Moves a readable and writable mapping of a block back to its area. False: nothing has changed. */
bool store_remap_from(struct store *store, size_t offset, size_t size, void *address);

/* Removes a user. With the last one the store is destroyed, and the destruction of its block or pools is deferred. */
void store_unref(struct store *store);

/*
 * Removes a user, a file, later: in store_flush_deferred(). A file may move in a handler of a signal, which must not
 * free memory.
 */
void store_defer_unref(struct store *store);

/* Without the state lock: removes the users whose removal was deferred. Cheap if there are none. */
void store_flush_deferred(void);

/* Maps a range of the store at address, replacing what is mapped there. Returns false if that is impossible. */
bool store_map(struct store *store, size_t offset, size_t size, int prot, void *address);

/* Does the connection's server know the store? */
bool store_is_known_to(const struct store *store, const struct connection *connection);

/*
 * Without the state lock: the block or wl_shm_pool by which this connection's server knows the store, resized if need
 * be. Owned by the store, of which the caller must be a user. NULL: the server does not know it.
 */
struct wl_proxy *store_get_proxy(struct store *store, const struct connection *connection);

#endif
