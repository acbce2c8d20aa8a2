/*
 * A compositor with one output, a client, and an image of the empty output.
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
 * Every frame is drawn as a whole, so a capture shows what the compositor would draw now, not what it drew earlier.
 */
void stage_init(struct stage *stage, int32_t width, int32_t height);

/* The same, but the compositor draws only damaged parts, as in normal use. */
void stage_init_tracking(struct stage *stage, int32_t width, int32_t height);

/* As stage_init(), with these limits for each client; NULL for the defaults. */
void stage_init_limited(struct stage *stage, int32_t width, int32_t height, const struct lido_limits *limits);

/* As stage_init(), but wlroots serves wl_shm. */
void stage_init_wlroots_shm(struct stage *stage, int32_t width, int32_t height);
void stage_finish(struct stage *stage);

/* Captures what the output shows now. The caller finishes the image. */
void stage_capture(struct stage *stage, struct image *image);

/* The output must show the picture at that place, and the background elsewhere. picture: NULL for background only. */
#define stage_expect(stage, picture, x, y, what) stage_expect_at(__FILE__, __LINE__, stage, picture, x, y, what)

void stage_expect_at(const char *file, int line, struct stage *stage, const struct picture *picture, int32_t x,
		int32_t y, const char *what);

/* Copies the background, to draw on it. The caller finishes the image. */
void stage_copy_background(struct stage *stage, struct image *image);

#endif
