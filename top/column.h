/*
 * The columns of the table: their content, their width, and the keys that sort by them.
 */
#ifndef COLUMN_H
#define COLUMN_H

#include "row.h"
#include <stdbool.h>

/* Bytes for the text of a cell, with a zero. */
#define COLUMN_TEXT_SIZE 64

struct column {
	const char *name; // for --sort
	const char *title;
	char key;     // a letter of the title, in lower case, that sorts by the column; 0: none does
	int width;    // cells of the terminal, including a blank at the end
	int rank;     // if there is no room, the columns of the highest rank are omitted first
	bool is_left; // text: left-aligned, and sorted from a to z

	/* Returns the number to sort by. NULL: sorts by the text. */
	double (*get)(const struct row *row);

	/* Writes the text of the cell. */
	void (*write)(const struct row *row, char text[COLUMN_TEXT_SIZE]);
};

extern const struct column columns[];
extern const int columns_len;

/* Return the index of the column with this name or key, or -1. */
int column_find(const char *name);
int column_find_key(int key);

/*
 * Chooses the columns that fit into width cells, always including the one sorted by. Sets shown[i] to whether column i
 * is shown. Returns the cells that remain.
 */
int column_choose(int width, int sorted, bool *shown);

/* Sorts an array of rows: the largest first, or text from a to z; is_reversed: the other way around. */
void column_sort(const struct row **rows, size_t len, int column, bool is_reversed);

/* Writes a number of bytes, such as "0", "512", "1.5K" or "12.0M": at most six characters. */
void column_write_bytes(double bytes, char text[COLUMN_TEXT_SIZE]);

#endif
