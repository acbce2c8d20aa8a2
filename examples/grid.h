/*
 * The positions of icons: rows of equal cells. As many whole cells are visible as fit into the window.
 */
#ifndef GRID_H
#define GRID_H

#include <stdbool.h>
#include <stdint.h>

struct grid {
	int32_t count; // number of icons
	int32_t size;  // width and height of an icon, pixels
	int32_t pitch; // from one icon to the next, pixels

	int32_t columns, rows; // visible ones; at least 1
	int32_t x, y;          // position of the first visible icon, pixels
	int32_t first_row;     // the first visible row
};

/* Lays out the icons in a window of this size in pixels; the first visible icon stays visible. */
void grid_layout(struct grid *grid, int32_t width, int32_t height);

/* Returns the size of a window for all icons in pixels, up to a maximum. */
void grid_measure(struct grid *grid, int32_t *width, int32_t *height);

/* Scrolls down by rows (up if negative), as far as there are icons. Returns whether it has scrolled. */
bool grid_scroll(struct grid *grid, int32_t rows);

/* Returns the number of rows, visible or not. */
int32_t grid_rows_all(const struct grid *grid);

/* Returns the visible cell at a point, counted from 0 at the top left; -1 if there is none. */
int32_t grid_cell_at(const struct grid *grid, double x, double y);

#endif
