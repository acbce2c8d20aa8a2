#include "pool_pair.h"

void pool_pair_init(struct pool_pair *pair, const struct lido_limits *limits, uint32_t reserve_max) {
	pair_init(&pair->base, limits);
	pool_client_init(&pair->pool, &pair->base.client, reserve_max);
}

void pool_pair_finish(struct pool_pair *pair) {
	pool_client_finish(&pair->pool);
	pair_finish(&pair->base);
}
