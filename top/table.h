/*
 * The table as lines of text, for the screen and for --once.
 */
#ifndef TABLE_H
#define TABLE_H

#include "column.h"

/* The shown columns, and the order of the rows. */
struct table {
	const struct rows *rows; // not owned
	int sorted;              // index of a column
	bool is_reversed;
	bool has_utf8;
	bool shown[32];           // by the index of the column
	int name_width;           // cells
	int spark_width;          // cells; 0: no spark
	const struct row **order; // owned; in the order of the table
};

/* Chooses columns that fit into width cells, and sorts. Returns false if out of memory. The rows must outlive it. */
bool table_init(struct table *table, const struct rows *rows, int width, int sorted, bool is_reversed, bool has_utf8);

/* Frees what table_init() allocated. */
void table_finish(struct table *table);

/* Returns the width of a column in cells; 0: it is not shown. */
int table_get_width(const struct table *table, int column);

/* Writes one line with the sums of all clients. */
void table_write_summary(const struct table *table, char *text, size_t size);

/*
 * Write the title of a column, or a cell of a row, padded to its width. text: COLUMN_TEXT_SIZE bytes. The former
 * returns the index of the letter that sorts by the column, or -1.
 */
int table_write_title(const struct table *table, int column, char *text);
void table_write_cell(const struct table *table, const struct row *row, int column, char *text);

#endif
