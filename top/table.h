/*
 * The table as lines of text: for the screen, and printed once.
 */
#ifndef TABLE_H
#define TABLE_H

#include "column.h"

/* Columns that are shown, and the order of the rows. */
struct table {
	const struct rows *rows;
	int sorted; // index of a column
	bool is_reversed;
	bool has_utf8;
	bool shown[32];           // by the index of the column
	int name_width;           // cells
	int spark_width;          // cells; 0: no spark
	const struct row **order; // owned; NULL: not sorted yet
};

/* Chooses columns for so many cells, and sorts. False: out of memory. */
bool table_init(struct table *table, const struct rows *rows, int width, int sorted, bool is_reversed, bool has_utf8);

void table_finish(struct table *table);

/* Cells that a column takes here; 0: it is not shown. */
int table_get_width(const struct table *table, int column);

/* One line about all clients together. */
void table_write_summary(const struct table *table, char *text, size_t size);

/* The title of a column, or a cell of a row, padded to its width. text: COLUMN_TEXT_SIZE. */
void table_write_title(const struct table *table, int column, char *text);
void table_write_cell(const struct table *table, const struct row *row, int column, char *text);

#endif
