/*
 * Arithmetic on numbers of pixels and icons.
 */
#ifndef NUMBER_H
#define NUMBER_H

#include <stdint.h>

static inline int32_t min(int32_t a, int32_t b) {
	return a < b ? a : b;
}

static inline int32_t max(int32_t a, int32_t b) {
	return a > b ? a : b;
}

/* The quotient, rounded up. number: at least 0; divisor: at least 1. */
static inline int32_t divide_up(int32_t number, int32_t divisor) {
	return (number + divisor - 1) / divisor;
}

#endif
