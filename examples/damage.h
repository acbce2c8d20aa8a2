/*
 * What has changed in a window in each of the last frames. An older image needs only these changes.
 */
#ifndef DAMAGE_H
#define DAMAGE_H

#include <cairo.h>
#include <stdbool.h>
#include <stdint.h>

/* Images that are older than this many frames are redrawn completely. */
#define DAMAGE_FRAMES_MAX 8

struct damage {
	cairo_region_t *frames[DAMAGE_FRAMES_MAX]; // [0]: the next frame; [n]: the n-th before it
};

void damage_init(struct damage *damage);
void damage_finish(struct damage *damage);

/* Adds a box to the next frame. */
void damage_add(struct damage *damage, const cairo_rectangle_int_t *box);

/* Returns whether the next frame has no damage. */
bool damage_is_empty(const struct damage *damage);

/*
 * Returns what must be drawn on an image for the next frame. age: of its pixels, see lido_image_get_age(). width,
 * height: of the image, pixels. The caller destroys the region.
 */
cairo_region_t *damage_collect(const struct damage *damage, uint32_t age, int32_t width, int32_t height);

/* Starts a new frame without damage. */
void damage_advance(struct damage *damage);

#endif
