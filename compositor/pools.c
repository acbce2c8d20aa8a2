#include "pools.h"

#include "globals.h"
#include "listener.h"
#include "log.h"
#include "parts.h"
#include <lido/shm.h>
#include <wlr/types/wlr_security_context_v1.h>

void pools_set_sandbox_limits(struct compositor *compositor, const struct lido_limits *limits) {
	struct pools *pools = compositor->pools;
	pools->has_sandbox_limits = limits != NULL;
	if (limits != NULL) {
		pools->sandbox_limits = *limits;
	}
}

// A client is in its sandbox from the start, and so before it has a pool.
static void handle_pool(struct wl_listener *listener, void *data) {
	struct pools *pools = wl_container_of(listener, pools, listeners.pool);
	struct wlr_security_context_manager_v1 *security = pools->compositor->globals->security;
	struct lido_pool *pool = data;
	if (pools->has_sandbox_limits &&
			wlr_security_context_manager_v1_lookup_client(security, lido_pool_get_client(pool)) != NULL &&
			!lido_pool_set_limits(pool, &pools->sandbox_limits)) {
		log_error("invalid limits for clients in a sandbox");
	}
}

bool pools_init(struct compositor *compositor) {
	struct pools *pools = compositor->pools;
	struct lido_manager *manager = compositor_get_manager(compositor);
	pools->compositor = compositor;
	if (manager != NULL) {
		pools->listeners.pool.notify = handle_pool;
		lido_manager_add_pool_listener(manager, &pools->listeners.pool);
	}
	return true;
}

void pools_finish(struct compositor *compositor) {
	listener_remove(&compositor->pools->listeners.pool);
}
