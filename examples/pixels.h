/*
 * Drawing on images with cairo.
 */
#ifndef PIXELS_H
#define PIXELS_H

#include <cairo.h>
#include <lido/client.h>

/*
 * Starts drawing on an image. format: cairo's name for the format of the image, which must have 32 bits per pixel.
 * Blocks as lido_image_wait() does. Returns NULL if the image has no memory. End with pixels_end().
 */
cairo_t *pixels_begin(struct lido_image *image, cairo_format_t format);

/* Finishes the drawing, and destroys the context. */
void pixels_end(cairo_t *cairo);

/* Makes all pixels transparent. */
void pixels_clear(cairo_t *cairo);

/* Adds a path around a box with round corners. */
void pixels_round_box(cairo_t *cairo, double x, double y, double width, double height, double radius);

#endif
