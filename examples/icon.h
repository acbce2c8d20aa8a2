/*
 * Icons without files: each number has its own shape and hue.
 */
#ifndef ICON_H
#define ICON_H

#include <cairo.h>
#include <stdbool.h>
#include <stdint.h>

/* Draws icon number index into an empty square of that size in pixels; is_lit: as if light came from behind. */
void icon_draw(cairo_t *cairo, uint32_t index, int32_t size, bool is_lit);

#endif
