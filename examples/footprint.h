/*
 * What the pixels of this process take: as the library counts them, and as the kernel does.
 */
#ifndef FOOTPRINT_H
#define FOOTPRINT_H

#include <lido/client.h>
#include <stdint.h>
#include <stdio.h>

struct footprint {
	uint32_t areas;       // of the pool; on wl_shm: files
	uint32_t mappings;    // of these, in this process; from the kernel, as the next three
	uint32_t fds;         // of any kind, that are open in this process
	int64_t bytes_mapped; // address space
	int64_t bytes_files;  // that they are long
	int64_t bytes_resident;
	int64_t bytes_images;
};

/* Finds out. */
void footprint_measure(struct footprint *footprint, const struct lido_client *client);

/* A line for a number of icons, under its header. */
void footprint_print_header(FILE *file);
void footprint_print(const struct footprint *footprint, int32_t icons, FILE *file);

#endif
