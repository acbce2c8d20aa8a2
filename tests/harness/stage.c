#include "stage.h"
#include "runner.h"
#include <stdlib.h>
#include <string.h>

// The server has been started.
static void init_client(struct stage *stage, int32_t width, int32_t height) {
	stage->width = width;
	stage->height = height;
	screen_init(&stage->screen, &stage->server);
	stage_capture(stage, &stage->background);
}

static void init(struct stage *stage, int32_t width, int32_t height, const struct lido_limits *limits) {
	*stage = (struct stage){0};
	server_init_compositor(&stage->server, width, height, limits);
	init_client(stage, width, height);
}

void stage_init_limited(struct stage *stage, int32_t width, int32_t height, const struct lido_limits *limits) {
	setenv("WLR_SCENE_DEBUG_DAMAGE", "rerender", true);
	init(stage, width, height, limits);
}

void stage_init(struct stage *stage, int32_t width, int32_t height) {
	stage_init_limited(stage, width, height, NULL);
}

void stage_init_wlroots_shm(struct stage *stage, int32_t width, int32_t height) {
	setenv("WLR_SCENE_DEBUG_DAMAGE", "rerender", true);
	*stage = (struct stage){0};
	server_init_wlroots_shm(&stage->server, width, height);
	init_client(stage, width, height);
}

void stage_init_tracking(struct stage *stage, int32_t width, int32_t height) {
	unsetenv("WLR_SCENE_DEBUG_DAMAGE");
	init(stage, width, height, NULL);
}

void stage_finish(struct stage *stage) {
	image_finish(&stage->background);
	screen_finish(&stage->screen);
	server_finish(&stage->server);
}

void stage_capture(struct stage *stage, struct image *image) {
	screen_capture(&stage->screen, 0, 0, stage->width, stage->height, image);
}

void stage_copy_background(struct stage *stage, struct image *image) {
	image_init(image, stage->width, stage->height);
	memcpy(image->pixels, stage->background.pixels, (size_t)stage->width * (size_t)stage->height * 4);
}

void stage_expect_at(const char *file, int line, struct stage *stage, const struct picture *picture, int32_t x,
		int32_t y, const char *what) {
	struct image wanted, got;
	stage_copy_background(stage, &wanted);
	if (picture != NULL) {
		picture_draw(picture, &wanted, x, y);
	}
	stage_capture(stage, &got);
	image_expect_at(file, line, &got, &wanted, what);
	image_finish(&wanted);
	image_finish(&got);
}
