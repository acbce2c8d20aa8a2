#include "pools.h"

#include "globals.h"
#include "listener.h"
#include "log.h"
#include "monotonic.h"
#include "parts.h"
#include <lido/shm.h>
#include <wlr/types/wlr_security_context_v1.h>

// So many messages at once, and another one after so many seconds.
#define MESSAGES_MAX 10
#define MESSAGE_SECONDS 10

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

// A client may come back again and again to be disconnected.
static bool may_print(struct pools *pools) {
	if (bucket_drain(&pools->messages, monotonic_msec(), 1) >= MESSAGES_MAX * MESSAGE_SECONDS) {
		return false;
	}
	pools->messages.level += MESSAGE_SECONDS;
	return true;
}

static void handle_limit(struct wl_listener *listener, void *data) {
	struct pools *pools = wl_container_of(listener, pools, listeners.limit);
	const struct lido_limit_event *event = data;
	struct lido_pool *pool = lido_pool_from_client(compositor_get_manager(pools->compositor), event->client);
	struct lido_pool_stats stats;
	bool is_printed = event->is_fatal || wlr_log_get_verbosity() >= WLR_INFO;
	if (!is_printed || !may_print(pools)) {
		return;
	}
	lido_pool_get_stats(pool, &stats);
	if (event->is_fatal) {
		log_error("disconnected %s (process %d): %s", stats.name, (int)stats.pid, event->text);
	} else {
		log_info("%s (process %d) met a limit: %s", stats.name, (int)stats.pid, event->text);
	}
}

bool pools_init(struct compositor *compositor) {
	struct pools *pools = compositor->pools;
	struct lido_manager *manager = compositor_get_manager(compositor);
	pools->compositor = compositor;
	if (manager != NULL) {
		pools->listeners.pool.notify = handle_pool;
		lido_manager_add_pool_listener(manager, &pools->listeners.pool);
		pools->listeners.limit.notify = handle_limit;
		lido_manager_add_limit_listener(manager, &pools->listeners.limit);
	}
	return true;
}

void pools_finish(struct compositor *compositor) {
	listener_remove(&compositor->pools->listeners.pool);
	listener_remove(&compositor->pools->listeners.limit);
}
