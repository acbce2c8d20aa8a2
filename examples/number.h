/*
 * Arithmetic on numbers of pixels and icons.
 */
#ifndef NUMBER_H
#define NUMBER_H

#include <stdint.h>

/* The quotient, rounded up. number: at least 0; divisor: at least 1. */
static inline int32_t divide_up(int32_t number, int32_t divisor) {
	return (number + divisor - 1) / divisor;
}

#endif
