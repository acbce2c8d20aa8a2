/*
 * A well-behaved client on the same server as the attacker. It has pixels in a file and in a block, and must keep
 * working as if it were alone.
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

/* Expects that its pixels are unchanged, and that a whole session still works. */
void bystander_expect_unharmed(struct bystander *bystander);

/* Disconnects. */
void bystander_finish(struct bystander *bystander);

#endif
