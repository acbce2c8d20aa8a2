#include "interfaces.h"

#include <stddef.h>

// Each request that creates an object passes its interface to libwayland, so no argument needs a type here. But
// libwayland reads one entry per argument.
static const struct wl_interface *no_types[8];

static const struct wl_message manager_requests[] = {
	{"destroy", "", no_types},
	{"get_pool", "nu", no_types},
};

static const struct wl_message manager_events[] = {
	{"peer", "a", no_types},
};

const struct wl_interface interface_manager = {"lido_shm_manager_v1", 1, 2, manager_requests, 1, manager_events};

static const struct wl_message pool_requests[] = {
	{"destroy", "", no_types},
	{"create_block", "nu", no_types},
};

static const struct wl_message pool_events[] = {
	{"limits", "uuuu", no_types},
	{"area", "uhuu", no_types},
	{"area_size", "uu", no_types},
	{"area_removed", "u", no_types},
};

const struct wl_interface interface_pool = {"lido_shm_pool_v1", 1, 2, pool_requests, 4, pool_events};

static const struct wl_message block_requests[] = {
	{"destroy", "", no_types},
	{"create_buffer", "niiiiu", no_types},
	{"resize", "u", no_types},
};

static const struct wl_message block_events[] = {
	{"placed", "uuu", no_types},
	{"failed", "u", no_types},
};

const struct wl_interface interface_block = {"lido_shm_block_v1", 1, 3, block_requests, 2, block_events};

static const struct wl_message placeholder_requests[] = {
	{"create_buffer", "niiiiu", no_types},
	{"destroy", "", no_types},
	{"resize", "i", no_types},
};

static const struct wl_message placeholder_events[] = {
	{"done", "u", no_types},
};

const struct wl_interface interface_placeholder = {"wl_shm_pool", 2, 3, placeholder_requests, 1, placeholder_events};
