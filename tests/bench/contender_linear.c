/*
 * Linear best fit: one list of all ranges by address; alloc searches it from the start for the smallest free range that
 * fits. Haiku's app_server did so in 2006, with a list of free ranges for each area. This file contains none of its
 * code.
 */
#include "contender.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

struct chunk {
	int64_t offset, size;
	struct chunk *before, *after;           // by address
	struct chunk *free_before, *free_after; // while free: other free chunks, unordered
	bool is_free;
};

struct linear {
	struct chunk *first;
	struct chunk *first_free;
};

static struct chunk *add(struct chunk *before, struct chunk *after, int64_t offset, int64_t size) {
	struct chunk *chunk = calloc(1, sizeof(*chunk));
	if (chunk == NULL) {
		abort();
	}
	*chunk = (struct chunk){.offset = offset, .size = size, .before = before, .after = after};
	if (before != NULL) {
		before->after = chunk;
	}
	if (after != NULL) {
		after->before = chunk;
	}
	return chunk;
}

static void set_free(struct linear *linear, struct chunk *chunk) {
	chunk->is_free = true;
	chunk->free_before = NULL;
	chunk->free_after = linear->first_free;
	if (linear->first_free != NULL) {
		linear->first_free->free_before = chunk;
	}
	linear->first_free = chunk;
}

static void set_used(struct linear *linear, struct chunk *chunk) {
	chunk->is_free = false;
	*(chunk->free_before != NULL ? &chunk->free_before->free_after : &linear->first_free) = chunk->free_after;
	if (chunk->free_after != NULL) {
		chunk->free_after->free_before = chunk->free_before;
	}
}

static void *create(int64_t size) {
	struct linear *linear = calloc(1, sizeof(*linear));
	if (linear == NULL) {
		abort();
	}
	linear->first = add(NULL, NULL, 0, size);
	set_free(linear, linear->first);
	return linear;
}

static void destroy(void *allocator) {
	struct linear *linear = allocator;
	for (struct chunk *chunk = linear->first, *after; chunk != NULL; chunk = after) {
		after = chunk->after;
		free(chunk);
	}
	free(linear);
}

static int64_t align_up(int64_t offset, int64_t align) {
	return (offset + align - 1) & -align;
}

static struct chunk *find(struct linear *linear, int64_t size, int64_t align) {
	struct chunk *best = NULL;
	for (struct chunk *chunk = linear->first_free; chunk != NULL; chunk = chunk->free_after) {
		if (align_up(chunk->offset, align) + size <= chunk->offset + chunk->size &&
				(best == NULL || chunk->size < best->size)) {
			best = chunk;
		}
	}
	if (best == NULL) {
		fprintf(stderr, "linear: no room for %lld bytes\n", (long long)size);
		exit(EXIT_FAILURE);
	}
	return best;
}

static int64_t alloc(void *allocator, int64_t size, int64_t align, void **range) {
	struct linear *linear = allocator;
	struct chunk *chunk = find(linear, size, align);
	int64_t offset = align_up(chunk->offset, align), end = chunk->offset + chunk->size;
	set_used(linear, chunk);
	if (offset > chunk->offset) {
		chunk->size = offset - chunk->offset;
		set_free(linear, chunk);
		chunk = add(chunk, chunk->after, offset, end - offset);
	}
	if (offset + size < end) {
		set_free(linear, add(chunk, chunk->after, offset + size, end - offset - size));
		chunk->size = size;
	}
	*range = chunk;
	return offset;
}

// Merges the second of two neighbors into the first.
static void merge(struct linear *linear, struct chunk *chunk, struct chunk *after) {
	set_used(linear, after);
	chunk->size += after->size;
	chunk->after = after->after;
	if (after->after != NULL) {
		after->after->before = chunk;
	}
	free(after);
}

static void free_range(void *allocator, void *range) {
	struct linear *linear = allocator;
	struct chunk *chunk = range;
	set_free(linear, chunk);
	if (chunk->after != NULL && chunk->after->is_free) {
		merge(linear, chunk, chunk->after);
	}
	if (chunk->before != NULL && chunk->before->is_free) {
		merge(linear, chunk->before, chunk);
	}
}

const struct contender contender_linear = {
	.name = "linear",
	.is_linear = true,
	.create = create,
	.destroy = destroy,
	.alloc = alloc,
	.free = free_range,
};
