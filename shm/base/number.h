/*
 * The smaller and the larger of two numbers.
 */
#ifndef LIDO_NUMBER_H
#define LIDO_NUMBER_H

#include <stdint.h>

static inline int64_t lido_min(int64_t a, int64_t b) {
	return a < b ? a : b;
}

static inline int64_t lido_max(int64_t a, int64_t b) {
	return a > b ? a : b;
}

#endif
