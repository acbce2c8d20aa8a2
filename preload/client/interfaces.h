/*
 * Interfaces of the objects that this library creates. The generated ones would need to be linked with
 * libwayland-client.
 */
#ifndef LIDO_RUN_INTERFACES_H
#define LIDO_RUN_INTERFACES_H

#include <wayland-util.h>

extern const struct wl_interface interface_manager;     // lido_shm_manager_v1
extern const struct wl_interface interface_pool;        // lido_shm_pool_v1
extern const struct wl_interface interface_block;       // lido_shm_block_v1
extern const struct wl_interface interface_placeholder; // of a wl_callback that the program takes for a wl_shm_pool

#endif
