/*
 * Memory that buffers can be made in: a block of the server's pool, or a file of our own behind a wl_shm_pool.
 *
 * It is asked for, and has its place some time later: lido_client_storage_wait() knows. The place stays until the
 * memory is grown or destroyed.
 */
#ifndef LIDO_CLIENT_STORAGE_H
#define LIDO_CLIENT_STORAGE_H

#include "client_private.h"
#include "format.h"

struct wl_buffer;
struct lido_client_storage;

struct lido_client_storage_impl {
	/* Asks for another size, which is more than now. What was in it may be lost. False: noted in the client. */
	bool (*grow)(struct lido_client_storage *storage, uint32_t size);
	/* NULL: no memory. */
	struct wl_buffer *(*create_buffer)(struct lido_client_storage *storage, const struct lido_client_layout *layout);
	void (*destroy)(struct lido_client_storage *storage);
};

struct lido_client_storage {
	const struct lido_client_storage_impl *impl;
	struct lido_client *client;
	uint8_t *data;                // NULL: it has no place
	uint32_t size;                // bytes of the place
	uint32_t size_requested;      // bytes that the server was last asked for
	uint32_t answers_pending;     // answers to come
	enum lido_client_error error; // of the last answer
	bool is_retriable;            // the last answer: to ask again may help
	uint32_t populated;           // bytes from the start that need not fault
	bool is_populated_in_part;    // since it has its size
};

/*
 * Asks for memory. growable: it will probably grow. Does not wait. NULL: it cannot be; noted in the client.
 */
struct lido_client_storage *lido_client_storage_create(struct lido_client *client, uint32_t size, bool growable);

/* The buffers in it must be destroyed. NULL is fine. */
void lido_client_storage_destroy(struct lido_client_storage *storage);

/* Waits for the answers. False: it has no place, or not as many bytes as last asked for; noted in the client. */
bool lido_client_storage_wait(struct lido_client_storage *storage);

/* Asks for more bytes than it has, and waits. If that fails, it has what it had. */
bool lido_client_storage_grow(struct lido_client_storage *storage, uint32_t size);

/* Lets so many bytes be there before they are touched, where that is cheaper. It must have a place. */
void lido_client_storage_populate(struct lido_client_storage *storage, uint32_t size);

/* A buffer from the start of it. Requires a place of enough bytes. NULL: noted in the client. */
struct wl_buffer *lido_client_storage_create_buffer(
		struct lido_client_storage *storage, const struct lido_client_layout *layout);

/* For the two kinds of it: starts the common part; and notes that it has this place now. */
void lido_client_storage_init(
		struct lido_client_storage *storage, struct lido_client *client, const struct lido_client_storage_impl *impl);
void lido_client_storage_set_place(struct lido_client_storage *storage, uint8_t *data, uint32_t size);

/* The two kinds. */
struct lido_client_storage *lido_client_pool_storage_create(struct lido_client *client, uint32_t size);
struct lido_client_storage *lido_client_shm_storage_create(struct lido_client *client, uint32_t size, bool growable);

#endif
