/*
 * The allocator of shm/, as a contender. Its cost includes tracking how long ranges are idle.
 */
#include "contender.h"

#include "alloc/allocator.h"
#include <stdio.h>
#include <stdlib.h>

static void *create(int64_t size) {
	struct lido_allocator *allocator = lido_allocator_create(size);
	if (allocator == NULL) {
		abort();
	}
	return allocator;
}

static void destroy(void *allocator) {
	lido_allocator_destroy(allocator);
}

static int64_t alloc(void *allocator, int64_t size, int64_t align, void **range_out) {
	struct lido_range *range = lido_allocator_alloc(allocator, size);
	if (range == NULL) {
		fprintf(stderr, "lido: no room for %lld bytes\n", (long long)size);
		exit(EXIT_FAILURE);
	}
	*range_out = range;
	return range->offset;
}

static void free_range(void *allocator, void *range) {
	lido_allocator_free(allocator, range, 0);
}

const struct contender contender_lido = {
	.name = "lido",
	.create = create,
	.destroy = destroy,
	.alloc = alloc,
	.free = free_range,
};
