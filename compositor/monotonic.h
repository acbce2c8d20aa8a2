/*
 * The clock of events and timers.
 */
#ifndef MONOTONIC_H
#define MONOTONIC_H

#include <stdint.h>
#include <time.h>

static inline int64_t monotonic_nsec(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Milliseconds. Events carry the low 32 bits. */
static inline int64_t monotonic_msec(void) {
	return monotonic_nsec() / 1000000;
}

#endif
