/*
 * The columns of the table: what is in them, how wide they are, and which key sorts by them.
 */
#ifndef COLUMN_H
#define COLUMN_H

#include "row.h"
#include <stdbool.h>

/* What the text of a cell needs at most. */
#define COLUMN_TEXT_SIZE 64

struct column {
	const char *name;  // for --sort
	const char *title; // its capital letter is the key
	int width;         // cells of the terminal, with a blank behind
	int rank;          // where there is no room, the highest rank is left out first
	bool is_left;      // text, and sorted from a to z

	/* What is sorted by; of text columns NULL. */
	double (*get)(const struct row *row);

	/* Writes the cell. */
	void (*write)(const struct row *row, char text[COLUMN_TEXT_SIZE]);
};

extern const struct column columns[];
extern const int columns_len;

/* The index of the column with that name or key, or -1. */
int column_find(const char *name);
int column_find_key(int key);

/*
 * Chooses the columns that fit into so many cells, the one sorted by always. Returns what of the width is left;
 * shown[i] is whether the i-th is.
 */
int column_choose(int width, int sorted, bool *shown);

/* Sorts an array of rows. is_reversed: the other way round than a person would want first. */
void column_sort(const struct row **rows, size_t len, int column, bool is_reversed);

/* The same number as "0", "512", "1.5K", "12.0M": at most six characters. */
void column_write_bytes(double bytes, char text[COLUMN_TEXT_SIZE]);

#endif
