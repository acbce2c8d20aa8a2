/*
 * The program's wl_shm_pools and wl_buffers whose bytes are in stores. All functions are called without the state lock.
 */
#ifndef LIDO_RUN_SHM_POOL_H
#define LIDO_RUN_SHM_POOL_H

#include "file.h"

/*
 * Carries out wl_shm.create_pool with a block of the server's memory. args: those of wl_proxy_marshal_array_flags().
 * Returns the placeholder that the program takes for its wl_shm_pool. NULL: the file stays as it is, and the request is
 * to be sent unchanged.
 */
struct wl_proxy *shm_pool_create(struct wl_proxy *shm, uint32_t version, union wl_argument *args);

/*
 * Carries out a request on a wl_shm_pool. *result receives the return value for the program. False: the pool is not
 * tracked, and the request is to be sent unchanged.
 */
bool shm_pool_request(struct wl_proxy *pool, uint32_t opcode, const struct wl_interface *interface, uint32_t version,
		uint32_t flags, union wl_argument *args, struct wl_proxy **result);

/* The program destroys a wl_buffer, which need not be tracked. */
void shm_pool_remove_buffer(struct wl_display *display, uint32_t id);

/* Are there stale buffers: those whose file has moved to another store since? Cheap, and needs no lock. */
bool shm_pool_has_stale_buffers(void);

/* The program attaches the buffer with this id to a surface; 0: none. Needed only while there are stale buffers. */
void shm_pool_attach(struct wl_display *display, uint32_t surface, uint32_t id);

/* The program commits a surface: the stale buffer attached to it, if any, receives the present bytes of its file. */
void shm_pool_commit(struct wl_display *display, uint32_t surface);

/* The program is about to disconnect the display: forgets all of its pools and buffers. */
void shm_pool_handle_disconnect(struct wl_display *display);

/*
 * Grows the store of a file to at least size bytes, or moves the file to a larger one. The file must have a store, and
 * the caller must be one of its users. False: no memory.
 */
bool shm_pool_ensure_room(struct file *file, size_t size);

#endif
