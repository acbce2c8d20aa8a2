/*
 * A storage: memory for buffers, either a block of the server's pool or a file of our own behind a wl_shm_pool.
 *
 * A new storage has no place, that is, no address, until the server has answered: see lido_client_storage_wait(). The
 * place stays the same until the storage is grown or destroyed.
 */
#ifndef LIDO_CLIENT_STORAGE_H
#define LIDO_CLIENT_STORAGE_H

#include "client_private.h"
#include "format.h"

struct wl_buffer;
struct lido_client_storage;

struct lido_client_storage_impl {
	/* Requests size bytes, more than now. The content may be lost. On failure returns false and records the error. */
	bool (*grow)(struct lido_client_storage *storage, uint32_t size);
	/* Creates a buffer. Returns NULL if out of memory. */
	struct wl_buffer *(*create_buffer)(struct lido_client_storage *storage, const struct lido_client_layout *layout);
	/* Gives up contents of the place, and sets is_discarding if the server may have to answer. NULL: does nothing. */
	void (*discard)(struct lido_client_storage *storage, uint32_t offset, uint32_t size);
	/* Becomes a file of wl_shm, as the server has refused memory. Returns false on failure. NULL: never called. */
	bool (*fall_back)(struct lido_client_storage *storage);
	/* Tells the file of the place, and the offset of the place in it. The client must be private. */
	void (*get_file)(struct lido_client_storage *storage, struct lido_image_file *file);
	/* Frees everything. */
	void (*destroy)(struct lido_client_storage *storage);
};

struct lido_client_storage {
	const struct lido_client_storage_impl *impl;
	struct lido_client *client;
	uint32_t refs;                // its users: an image; or a block, and the images in it
	uint8_t *data;                // the place; NULL: none
	uint32_t size;                // bytes of the place
	uint32_t size_requested;      // bytes of the last request to the server
	uint32_t answers_pending;     // answers of the server yet to come
	bool is_discarding;           // the server has yet to handle a discard: nothing may be drawn
	enum lido_client_error error; // of the last answer
	bool is_retriable;            // after the last answer, repeating the request may succeed
	bool falls_back;              // becomes a file if the server has no memory for it
	uint32_t populated;           // bytes from the start that need no page faults
	bool is_populated_in_part;    // since the place was last set
};

/*
 * Creates a storage with one reference, and requests size bytes for it, which stay that many. If the pool refuses them,
 * it becomes a file of wl_shm where the options allow that. Does not wait. On failure returns NULL and records the
 * error.
 */
struct lido_client_storage *lido_client_storage_create(struct lido_client *client, uint32_t size);

/* The same of a storage that will probably grow, and is never a file if the client has a pool. */
struct lido_client_storage *lido_client_storage_create_growable(struct lido_client *client, uint32_t size);

/*
 * Creates a storage that is a file of wl_shm, after the pool has refused as many bytes. growable: it will probably
 * grow. On failure returns NULL, and leaves the error of the pool recorded.
 */
struct lido_client_storage *lido_client_storage_create_fallback(
		struct lido_client *client, uint32_t size, bool growable);

/* Adds a reference. Returns the storage. */
struct lido_client_storage *lido_client_storage_ref(struct lido_client_storage *storage);

/* Removes a reference. With the last one destroys the storage, whose buffers must have been destroyed. NULL is fine. */
void lido_client_storage_unref(struct lido_client_storage *storage);

/*
 * Waits for the server's answers. Returns false and records the error if the storage has no place, or fewer bytes than
 * last requested.
 */
bool lido_client_storage_wait(struct lido_client_storage *storage);

/*
 * Requests size bytes, more than now, and waits. The storage must have one reference. On failure returns false and
 * records the error; the place stays.
 */
bool lido_client_storage_grow(struct lido_client_storage *storage, uint32_t size);

/* Populates the first size bytes if that is cheaper than page faults. The storage must have a place. */
void lido_client_storage_populate(struct lido_client_storage *storage, uint32_t size);

/* Populates the bytes from start to end if that is cheaper than page faults. The storage must have a place. */
void lido_client_storage_populate_range(struct lido_client_storage *storage, uint32_t start, uint32_t end);

/*
 * Creates a buffer with a layout that ends within the place. The caller destroys it. On failure returns NULL and
 * records the error.
 */
struct wl_buffer *lido_client_storage_create_buffer(
		struct lido_client_storage *storage, const struct lido_client_layout *layout);

/*
 * Gives up the contents of a range: they are what they were or zeros once the storage was waited for. Nothing may be
 * drawn before. Does nothing to a storage that has no place, or is being grown.
 */
void lido_client_storage_discard(struct lido_client_storage *storage, uint32_t offset, uint32_t size);

/* Would lido_client_storage_wait() block? */
bool lido_client_storage_is_pending(const struct lido_client_storage *storage);

/* For the two kinds: initializes the common part. */
void lido_client_storage_init(
		struct lido_client_storage *storage, struct lido_client *client, const struct lido_client_storage_impl *impl);

/* For the two kinds: sets the place, and clears the error. size: bytes. data: not owned; NULL: no place. */
void lido_client_storage_set_place(struct lido_client_storage *storage, uint8_t *data, uint32_t size);

/* Create the two kinds, as lido_client_storage_create() does. growable: it will probably grow. */
struct lido_client_storage *lido_client_pool_storage_create(struct lido_client *client, uint32_t size);
struct lido_client_storage *lido_client_shm_storage_create(struct lido_client *client, uint32_t size, bool growable);

#endif
