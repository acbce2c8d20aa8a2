/*
 * A small picture for --example: a sailboat on a summer day.
 */
#ifndef DOODLE_H
#define DOODLE_H

#include "canvas.h"

/* Draws it with the palette's brushes, in the top left width x height pixels of the canvas. */
void doodle_draw(struct canvas *canvas, int32_t width, int32_t height);

#endif
