/*
 * A stage with a window of the server's own pool's, as large as the output.
 */
#ifndef HARNESS_POOL_STAGE_H
#define HARNESS_POOL_STAGE_H

#include "pool_picture.h"
#include "stage.h"

struct pool_stage {
	struct stage base;
	struct pool_client pool;
	struct window window; // a layer
};

/* size: of the output, across and down; pixels. limits: NULL for the defaults. */
void pool_stage_init(struct pool_stage *stage, int32_t size, const struct lido_limits *limits);

void pool_stage_finish(struct pool_stage *stage);

/* Fills two pictures of that size in turn, and shows them, so often. Initialises them. */
void pool_stage_play(struct pool_stage *stage, struct pool_picture *pictures, int32_t size, int frames);

#endif
