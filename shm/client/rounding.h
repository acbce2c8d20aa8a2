/*
 * Rounding of sizes, in 64 bits: no size that fits into 32 bits overflows.
 */
#ifndef LIDO_ROUNDING_H
#define LIDO_ROUNDING_H

#include <stdint.h>

/* The next multiple that is not below the value. value: at least 0; multiple: at least 1. */
static inline int64_t round_up(int64_t value, int64_t multiple) {
	return (value + multiple - 1) / multiple * multiple;
}

#endif
