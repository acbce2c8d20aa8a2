/*
 * A picture of what lies in a client's pool, to scale.
 */
#ifndef MAP_H
#define MAP_H

#include "connection.h"
#include <stdio.h>

/*
 * Writes an SVG of the areas (struct area): each as rows of equally many bytes, from the top left on, in which each
 * range is one or several rectangles; and the server's own memory for the client, in use and warm. In the inner svg
 * elements (class "area", with data-size) the unit of x is a byte and that of y a row, so that the areas of rectangles
 * are bytes.
 */
void map_write(const struct row *row, const struct wl_array *areas, FILE *stream);

#endif
