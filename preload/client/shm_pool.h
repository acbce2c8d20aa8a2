/*
 * Pools and buffers of the program that live in stores. Not with the state lock held.
 */
#ifndef LIDO_RUN_SHM_POOL_H
#define LIDO_RUN_SHM_POOL_H

#include "file.h"

/*
 * Does what wl_shm.create_pool is to do, by a block of the server's. Arguments are those of
 * wl_proxy_marshal_array_flags(). NULL: that cannot be done; then the request is to go its ordinary way.
 */
struct wl_proxy *shm_pool_create(struct wl_proxy *shm, uint32_t version, union wl_argument *args);

/* A request of a wl_shm_pool. False: the pool is none of ours. *result receives what is to be returned. */
bool shm_pool_request(struct wl_proxy *pool, uint32_t opcode, const struct wl_interface *interface, uint32_t version,
		uint32_t flags, union wl_argument *args, struct wl_proxy **result);

/* A wl_buffer was destroyed. */
void shm_pool_remove_buffer(struct wl_display *display, uint32_t id);

/* Are there buffers whose bytes are not where their file's are now? Cheap. */
bool shm_pool_has_stale_buffers(void);

/* A surface was given the buffer with this id, or committed: whatever stale buffer it has receives the bytes of its
 * file. */
void shm_pool_attach(struct wl_display *display, uint32_t surface, uint32_t id);
void shm_pool_commit(struct wl_display *display, uint32_t surface);

/* The display is gone, and all of its objects. */
void shm_pool_handle_disconnect(struct wl_display *display);

/*
 * Makes room for that many bytes in the store of a file, which must have one. The caller has to be one of its users.
 * False: no memory.
 */
bool shm_pool_ensure_room(struct file *file, size_t size);

#endif
