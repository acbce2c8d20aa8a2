/*
 * A stage with a window that uses the server's pool, as large as the output.
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

/* size: width and height of the output; pixels. limits: NULL for the defaults. */
void pool_stage_init(struct pool_stage *stage, int32_t size, const struct lido_limits *limits);

void pool_stage_finish(struct pool_stage *stage);

/* Initializes two pictures of that size and shows frames in them by turns, filled anew each time. */
void pool_stage_play(struct pool_stage *stage, struct pool_picture *pictures, int32_t size, int frames);

#endif
