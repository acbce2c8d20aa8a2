/*
 * The core server and two clients: the test's, and one that must not be affected.
 */
#ifndef HARNESS_PAIR_H
#define HARNESS_PAIR_H

#include "client.h"
#include "memory/pool.h"
#include "server.h"

/* Used quota of a pool, or of all pools of a manager. kind_: FILES, BUFFERS, and so on. */
#define pool_used(pool_, kind_) lido_quota_get_used(&(pool_)->quota, LIDO_QUOTA_##kind_)
#define manager_used(manager_, kind_) ((manager_)->total.counts[LIDO_QUOTA_##kind_].used)

struct pair {
	struct server server;
	struct client client; // the test's
	struct client other;  // must keep working whatever happens to the first
};

/* limits: NULL for the defaults. */
void pair_init(struct pair *pair, const struct lido_limits *limits);

/* Expects that the other client still works, and ends the clients and the server. */
void pair_finish(struct pair *pair);

/* The server's pool of the test's client; see memory/pool.h. */
struct lido_pool *pair_get_pool(struct pair *pair);

/* The server's buffer behind a wl_buffer of the test's client. It must exist. */
struct lido_buffer *pair_get_buffer(struct pair *pair, struct wl_buffer *buffer);

#endif
