/*
 * What one client uses.
 */
#ifndef LIDO_STATS_H
#define LIDO_STATS_H

#include "memory/pool.h"

/*
 * See <lido/shm.h>. Asks the kernel for the size of each file and visits everything idle: O(files + blocks). The client
 * must still exist.
 */
void lido_pool_get_stats(const struct lido_pool *pool, struct lido_pool_stats *stats);

#endif
