/*
 * The clock by which memory is idle. Tests replace lido_os.clock_gettime.
 */
#ifndef LIDO_CLOCK_H
#define LIDO_CLOCK_H

#include <stdint.h>

/* Milliseconds; never less than before. */
int64_t lido_clock_now(void);

#endif
