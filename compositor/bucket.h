/*
 * Limits on rates: what was spent drains from a bucket at a constant rate, and whoever finds it full has to wait.
 */
#ifndef BUCKET_H
#define BUCKET_H

#include <stdint.h>

/* Zeroed: empty. */
struct bucket {
	uint64_t level; // what was spent and has not drained yet
	int64_t time;   // when it drained last, ms
};

/*
 * Drains what has to drain until now (ms). Less than one unit drains later, so it does not matter how often this is
 * called. Returns the level.
 */
static inline uint64_t bucket_drain(struct bucket *bucket, int64_t now, uint64_t per_second) {
	uint64_t drained = (uint64_t)(now - bucket->time) * per_second / 1000;
	if (drained > 0) {
		bucket->level -= drained < bucket->level ? drained : bucket->level;
		bucket->time = now;
	}
	return bucket->level;
}

#endif
