/*
 * What has changed in a window, and since when: so that an older image is only brought up to date.
 */
#ifndef DAMAGE_H
#define DAMAGE_H

#include <cairo.h>
#include <stdbool.h>
#include <stdint.h>

/* Images that are older than this are drawn anew. */
#define DAMAGE_FRAMES_MAX 8

struct damage {
	cairo_region_t *frames[DAMAGE_FRAMES_MAX]; // [0]: of the frame to come; [n]: of the n-th before it
};

void damage_init(struct damage *damage);
void damage_finish(struct damage *damage);

/* Adds a box to the frame to come. */
void damage_add(struct damage *damage, const cairo_rectangle_int_t *box);

/* Has nothing changed? */
bool damage_is_empty(const struct damage *damage);

/*
 * What must be drawn on an image of that size for the frame to come, given the age of its pixels as
 * lido_image_get_age() counts it. The caller destroys it.
 */
cairo_region_t *damage_collect(const struct damage *damage, uint32_t age, int32_t width, int32_t height);

/* The frame is done, and the next one has no damage yet. */
void damage_advance(struct damage *damage);

#endif
