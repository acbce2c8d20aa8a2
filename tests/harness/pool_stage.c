#include "pool_stage.h"

void pool_stage_init(struct pool_stage *stage, int32_t size, const struct lido_limits *limits) {
	stage_init_limited(&stage->base, size, size, limits);
	pool_client_init(&stage->pool, &stage->base.screen.client, 0);
	window_init(&stage->window, &stage->base.screen, WINDOW_LAYER, size, size);
}

void pool_stage_finish(struct pool_stage *stage) {
	window_finish(&stage->window);
	pool_client_finish(&stage->pool);
	stage_finish(&stage->base);
}

void pool_stage_play(struct pool_stage *stage, struct pool_picture *pictures, int32_t size, int frames) {
	for (int i = 0; i < 2; i++) {
		pool_picture_init(&pictures[i], &stage->pool, WL_SHM_FORMAT_XRGB8888, size, size, size * 4);
	}
	for (int i = 0; i < frames; i++) {
		pool_picture_fill(&pictures[i % 2], (uint32_t)i);
		window_commit(&stage->window, pictures[i % 2].picture.buffer);
		stage_expect(&stage->base, &pictures[i % 2].picture, 0, 0, "a frame");
	}
}
