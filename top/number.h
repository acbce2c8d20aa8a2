/*
 * Arithmetic on numbers of cells and lines.
 */
#ifndef NUMBER_H
#define NUMBER_H

static inline int min(int a, int b) {
	return a < b ? a : b;
}

static inline int max(int a, int b) {
	return a > b ? a : b;
}

#endif
