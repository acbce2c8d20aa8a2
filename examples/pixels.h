/*
 * An image's pixels, as cairo draws on them.
 */
#ifndef PIXELS_H
#define PIXELS_H

#include <cairo.h>
#include <lido/client.h>

/*
 * Draws on the image, whose format must be the one that cairo is told; 32 bits per pixel. Waits for its memory as
 * lido_image_wait() does. NULL if it has none. Ends with pixels_end().
 */
cairo_t *pixels_begin(struct lido_image *image, cairo_format_t format);

/* The pixels are drawn. */
void pixels_end(cairo_t *cairo);

/* Makes all transparent. */
void pixels_clear(cairo_t *cairo);

/* A path around a box with round corners. */
void pixels_round_box(cairo_t *cairo, double x, double y, double width, double height, double radius);

#endif
