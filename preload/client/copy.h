/*
 * A copy of the bytes of a tracked file from one place to another. If threads of the program may draw meanwhile, it
 * takes two passes: between them the caller maps the destination wherever the source was mapped. The second pass copies
 * what was drawn since the first one had read it, unless it was drawn over in the destination meanwhile.
 */
#ifndef LIDO_RUN_COPY_H
#define LIDO_RUN_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct copy {
	int fd;                // of the source; -1: its bytes are read at source
	const uint8_t *source; // whole pages
	uint8_t *destination;  // whole pages, which read as zeros
	size_t size;           // bytes
	bool has_two_passes;
	uint8_t *snapshot; // what the first of two passes has read
	bool has_data;     // the source has pages
};

/*
 * The first pass. The other fields of *copy must be 0. Returns false if the source cannot be read, or the destination
 * cannot be written: then there is no second pass.
 */
bool copy_begin(struct copy *copy);

/* The second pass, if there is one and the destination was mapped, and the end of the copy. */
void copy_finish(struct copy *copy, bool is_mapped);

#endif
