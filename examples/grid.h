/*
 * Where icons are: rows of equal cells, of which as many whole ones are seen as fit.
 */
#ifndef GRID_H
#define GRID_H

#include <stdbool.h>
#include <stdint.h>

struct grid {
	int32_t count; // of icons
	int32_t size;  // of an icon, in pixels
	int32_t pitch; // from one icon to the next

	int32_t columns, rows; // that are seen; at least one
	int32_t x, y;          // of the first icon
	int32_t first_row;     // that is seen
};

/* Lays out the icons in a window; keeps the first icon that is seen in sight. */
void grid_layout(struct grid *grid, int32_t width, int32_t height);

/* The size of a window that shows all, if it is not larger than the maximum. */
void grid_measure(struct grid *grid, int32_t *width, int32_t *height);

/* Moves by rows, downwards, as far as there are icons. Returns whether it has moved. */
bool grid_scroll(struct grid *grid, int32_t rows);

/* All rows that there are, seen or not. */
int32_t grid_rows_all(const struct grid *grid);

/* The cell at a point, from 0 at the top left; -1: none. */
int32_t grid_cell_at(const struct grid *grid, double x, double y);

#endif
