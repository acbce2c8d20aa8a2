/*
 * Pools of shared memory (lido/shm.h): limits of their own for clients in a sandbox, and messages about limits that
 * clients have met.
 */
#ifndef POOLS_H
#define POOLS_H

#include "bucket.h"
#include <lido/limits.h>
#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;

struct pools {
	struct compositor *compositor;
	struct lido_limits sandbox_limits;
	bool has_sandbox_limits; // otherwise clients in a sandbox have the limits of all
	struct bucket messages;  // that were printed lately

	struct {
		struct wl_listener pool, limit;
	} listeners;
};

/* Sets limits for clients in a sandbox that have no pool yet, also before pools_init(). NULL: those of all clients. */
void pools_set_sandbox_limits(struct compositor *compositor, const struct lido_limits *limits);

/* Does nothing if wlroots serves wl_shm. Returns true. */
bool pools_init(struct compositor *compositor);
void pools_finish(struct compositor *compositor);

#endif
