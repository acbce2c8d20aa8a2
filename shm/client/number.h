/*
 * Arithmetic on sizes. It is done in 64 bits, so sums and products of sizes that fit into 32 bits cannot overflow.
 */
#ifndef LIDO_CLIENT_NUMBER_H
#define LIDO_CLIENT_NUMBER_H

#include <stdint.h>

static inline int64_t min(int64_t a, int64_t b) {
	return a < b ? a : b;
}

static inline int64_t max(int64_t a, int64_t b) {
	return a > b ? a : b;
}

/* The next multiple that is not below the value. value: at least 0; multiple: at least 1. */
static inline int64_t round_up(int64_t value, int64_t multiple) {
	return (value + multiple - 1) / multiple * multiple;
}

#endif
