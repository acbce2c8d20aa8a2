#include "grid.h"

#include "number.h"
#include <math.h>
#include <sys/param.h>

#define WIDTH_MAX 1040
#define HEIGHT_MAX 850

// Pixels around all icons, and below them for a line of text.
#define MARGIN 14
#define FOOTER 26

int32_t grid_rows_all(const struct grid *grid) {
	return divide_up(grid->count, grid->columns);
}

bool grid_scroll(struct grid *grid, int32_t rows) {
	int32_t last = grid_rows_all(grid) - grid->rows;
	int32_t row = MAX(MIN(grid->first_row + rows, last), 0);
	bool has_moved = row != grid->first_row;
	grid->first_row = row;
	return has_moved;
}

static int32_t count_cells(const struct grid *grid, int32_t room) {
	return MAX((room - 2 * MARGIN + grid->pitch - grid->size) / grid->pitch, 1);
}

void grid_layout(struct grid *grid, int32_t width, int32_t height) {
	int32_t first = grid->first_row * grid->columns;
	grid->columns = count_cells(grid, width);
	grid->rows = count_cells(grid, height - FOOTER);
	grid->x = (width - grid->columns * grid->pitch + grid->pitch - grid->size) / 2;
	grid->y = (height - FOOTER - grid->rows * grid->pitch + grid->pitch - grid->size) / 2;
	grid->first_row = first / grid->columns;
	grid_scroll(grid, 0);
}

void grid_measure(struct grid *grid, int32_t *width, int32_t *height) {
	// The aspect ratio is 5:4, about that of the maximum.
	int32_t columns = (int32_t)ceil(sqrt(grid->count * 1.25));
	int32_t columns_max = count_cells(grid, WIDTH_MAX), rows_max = count_cells(grid, HEIGHT_MAX - FOOTER);
	columns = MIN(columns, columns_max);
	int32_t rows = MIN(divide_up(grid->count, columns), rows_max);
	*width = 2 * MARGIN + columns * grid->pitch - grid->pitch + grid->size;
	*height = 2 * MARGIN + rows * grid->pitch - grid->pitch + grid->size + FOOTER;
}

int32_t grid_cell_at(const struct grid *grid, double x, double y) {
	double half = (grid->pitch - grid->size) / 2.0;
	int32_t column = (int32_t)floor((x - grid->x + half) / grid->pitch);
	int32_t row = (int32_t)floor((y - grid->y + half) / grid->pitch);
	if (column < 0 || column >= grid->columns || row < 0 || row >= grid->rows) {
		return -1;
	}
	return row * grid->columns + column;
}
