/*
 * A compositor with one output, a client on it, and what the output shows when it is empty.
 */
#ifndef HARNESS_STAGE_H
#define HARNESS_STAGE_H

#include "server.h"
#include "window.h"

struct stage {
	struct server server;
	struct screen screen;
	int32_t width, height;   // of the output, pixels
	struct image background; // the output without any window
};

/*
 * Every frame is drawn anew as a whole: so a capture shows what the compositor would draw now, not what it drew once.
 */
void stage_init(struct stage *stage, int32_t width, int32_t height);

/* The same, but only what was damaged is drawn, as users have it. */
void stage_init_tracking(struct stage *stage, int32_t width, int32_t height);

/* With limits for each client. */
void stage_init_limited(struct stage *stage, int32_t width, int32_t height, const struct lido_limits *limits);
void stage_finish(struct stage *stage);

/* What the output shows now. The image is the caller's. */
void stage_capture(struct stage *stage, struct image *image);

/* The output must show the picture at that place, and the background elsewhere. picture: NULL for nothing but that. */
#define stage_expect(stage, picture, x, y, what) stage_expect_at(__FILE__, __LINE__, stage, picture, x, y, what)

void stage_expect_at(const char *file, int line, struct stage *stage, const struct picture *picture, int32_t x,
		int32_t y, const char *what);

/* A copy of the background to draw upon. The image is the caller's. */
void stage_copy_background(struct stage *stage, struct image *image);

#endif
