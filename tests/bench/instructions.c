/*
 * Hot paths whose instructions callgrind counts: see scripts/count-instructions.
 *
 *     instructions NAME COUNT
 *
 * Runs the path NAME COUNT times, deterministically. The difference between two counts is the cost of the additional
 * runs.
 */
#include "alloc/allocator.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANGES_MAX 10000

// Keeps a constant number of ranges allocated: small pictures, and one in sixteen of a page or two.
struct load {
	struct lido_allocator *allocator;
	struct lido_range *ranges[RANGES_MAX];
	int ranges_len;
	uint64_t random;
};

static int64_t random_below(struct load *load, int64_t limit) {
	load->random ^= load->random << 13;
	load->random ^= load->random >> 7;
	load->random ^= load->random << 17;
	return (int64_t)((load->random >> 11) % (uint64_t)limit);
}

static struct lido_range *alloc(struct load *load) {
	int64_t size = random_below(load, 16) == 0 ? 4097 + random_below(load, 4096) : 64 + random_below(load, 960);
	struct lido_range *range = lido_allocator_alloc(load->allocator, size);
	if (range == NULL) {
		abort();
	}
	return range;
}

static void replace(struct load *load, long count) {
	for (long i = 0; i < count; i++) {
		struct lido_range **range = &load->ranges[random_below(load, load->ranges_len)];
		lido_allocator_free(load->allocator, *range, 0);
		*range = alloc(load);
	}
}

static void run_replace(int ranges_len, long count) {
	static struct load load;
	load = (struct load){
		.allocator = lido_allocator_create(LIDO_RANGE_SPAN_MAX), .ranges_len = ranges_len, .random = 1};
	for (int i = 0; i < ranges_len; i++) {
		load.ranges[i] = alloc(&load);
	}
	replace(&load, 4L * ranges_len);
	replace(&load, count);
	lido_allocator_destroy(load.allocator);
}

static void run_alloc_100(long count) {
	run_replace(100, count);
}

static void run_alloc_10000(long count) {
	run_replace(10000, count);
}

static const struct path {
	const char *name;
	void (*run)(long count);
} paths[] = {
	{"alloc-and-free-of-100", run_alloc_100},
	{"alloc-and-free-of-10000", run_alloc_10000},
};

int main(int argc, char *argv[]) {
	for (size_t i = 0; argc == 3 && i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (strcmp(argv[1], paths[i].name) == 0) {
			paths[i].run(atol(argv[2]));
			return EXIT_SUCCESS;
		}
	}
	fprintf(stderr, "usage: instructions NAME COUNT\n");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		fprintf(stderr, "  %s\n", paths[i].name);
	}
	return EXIT_FAILURE;
}
