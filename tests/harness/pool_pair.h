/*
 * A pair whose first client has a pool_client.
 */
#ifndef HARNESS_POOL_PAIR_H
#define HARNESS_POOL_PAIR_H

#include "pair.h"
#include "pool_client.h"

struct pool_pair {
	struct pair base;
	struct pool_client pool; // of base.client
};

/* limits: NULL for the defaults. reserve_max: 0: no limit. */
void pool_pair_init(struct pool_pair *pair, const struct lido_limits *limits, uint32_t reserve_max);

/* Destroys the pool's blocks, then calls pair_finish(). */
void pool_pair_finish(struct pool_pair *pair);

#endif
