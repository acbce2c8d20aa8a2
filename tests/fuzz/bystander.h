/*
 * A client that does nothing wrong, beside one that does. It has pixels in a file and in a block, and must be able to
 * go on as if it were alone.
 */
#ifndef FUZZ_BYSTANDER_H
#define FUZZ_BYSTANDER_H

#include "pool_client.h"

struct bystander {
	struct client client;
	struct pool_client pool;
	struct pool_block block;
	int fd;
	struct wl_shm_pool *shm_pool;
	struct wl_buffer *in_block, *in_file;
};

/* Connects and draws. */
void bystander_init(struct bystander *bystander, struct server *server);

/* Expects that its pixels are what they were, and that a whole session is possible. */
void bystander_expect_unharmed(struct bystander *bystander);

/* Leaves. */
void bystander_finish(struct bystander *bystander);

#endif
