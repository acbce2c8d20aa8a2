/*
 * What the kernel sends to the output of a GPU: the framebuffer of a plane. Reading it needs root.
 */
#ifndef GPU_SCANOUT_H
#define GPU_SCANOUT_H

#include "image.h"
#include <stdbool.h>
#include <stdint.h>

struct scanout {
	bool is_shown; // does the plane have a framebuffer?
	int32_t x, y;  // of the plane on the output
	struct image image;
};

enum scanout_plane {
	SCANOUT_PRIMARY, // the whole output
	SCANOUT_CURSOR,
};

/* Reads the plane of this GPU (a path), which has one output. Alpha is ignored. */
void scanout_init(struct scanout *scanout, const char *card, enum scanout_plane plane);
void scanout_finish(struct scanout *scanout);

/* Fails unless the kernel sends exactly this image to the output of this GPU. what: said of the image if it fails. */
void expect_scanout(const char *card, const struct image *wanted, const char *what);

#endif
