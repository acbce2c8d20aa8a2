/*
 * A small picture to begin with: a sail boat on a summer's day.
 */
#ifndef DOODLE_H
#define DOODLE_H

#include "canvas.h"

/* Draws it with the palette's brushes, in a box of that size at the canvas' top left corner. */
void doodle_draw(struct canvas *canvas, int32_t width, int32_t height);

#endif
