/*
 * The requests of the program by which it makes and uses wl_shm_pools. All functions are called without the state lock.
 */
#ifndef LIDO_RUN_SHM_POOL_H
#define LIDO_RUN_SHM_POOL_H

#include "wayland.h"

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

/*
 * The server is about to write into a wl_buffer, proxy. Returns it, or if it is stale, its twin: that is in the place
 * where the program sees its pixels. NULL: no memory.
 */
struct wl_proxy *shm_pool_get_written(struct wl_proxy *proxy);

#endif
