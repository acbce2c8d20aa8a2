/*
 * Icons that are drawn without image files. The number of an icon determines its shape and hue.
 */
#ifndef ICON_H
#define ICON_H

#include <cairo.h>
#include <stdbool.h>
#include <stdint.h>

/* Draws icon number index on an empty square. size: pixels. is_lit: with a glow behind it. */
void icon_draw(cairo_t *cairo, uint32_t index, int32_t size, bool is_lit);

#endif
