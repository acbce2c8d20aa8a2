/*
 * A picture of a client's pool, to scale.
 */
#ifndef MAP_H
#define MAP_H

#include "connection.h"
#include <stdio.h>

/*
 * Writes an SVG of the areas, an array of struct area, and of the compositor's copies for the client, used and idle.
 * Each area is drawn as rows with the same number of bytes, from the top left. Each range consists of one or more
 * rectangles. In the inner svg elements (class "area", with data-size), the unit of x is a byte and the unit of y is a
 * row, so the area of a rectangle is its number of bytes.
 */
void map_write(const struct row *row, const struct wl_array *areas, FILE *stream);

#endif
