/*
 * The core server and two of its clients: one that does what a test is about, and one that must not notice.
 */
#ifndef HARNESS_PAIR_H
#define HARNESS_PAIR_H

#include "client.h"
#include "memory/pool.h"
#include "server.h"

/* What a pool, or all pools of a manager, use of a kind: FILES, BUFFERS, and so on. */
#define pool_used(pool_, kind_) lido_quota_get_used(&(pool_)->quota, LIDO_QUOTA_##kind_)
#define manager_used(manager_, kind_) ((manager_)->total.counts[LIDO_QUOTA_##kind_].used)

struct pair {
	struct server server;
	struct client client; // of the test
	struct client other;  // must keep working, whatever happens to the first
};

/* limits: NULL for the defaults. */
void pair_init(struct pair *pair, const struct lido_limits *limits);

/* Checks that the other client can still do all that a client does, and ends all three. */
void pair_finish(struct pair *pair);

/* The pool of the test's client in the server; internals are in pool.h. */
struct lido_pool *pair_get_pool(struct pair *pair);

/* The server's buffer behind a wl_buffer of the test's client; it must be one. */
struct lido_buffer *pair_get_buffer(struct pair *pair, struct wl_buffer *buffer);

#endif
