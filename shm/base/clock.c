#include "base/clock.h"

#include "base/os.h"

int64_t lido_clock_now(void) {
	struct timespec now;
	lido_os.clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}
