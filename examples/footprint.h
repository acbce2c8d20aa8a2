/*
 * The memory that the pixels of this process use, as counted by the library and by the kernel.
 */
#ifndef FOOTPRINT_H
#define FOOTPRINT_H

#include <lido/client.h>
#include <stdint.h>
#include <stdio.h>

struct footprint {
	uint32_t areas;         // areas of the pool; on wl_shm: files
	uint32_t mappings;      // mappings of these files in this process, from the kernel
	uint32_t fds;           // all open file descriptors of this process, from the kernel
	int64_t bytes_mapped;   // address space of the mappings, from the kernel
	int64_t bytes_files;    // size of the files
	int64_t bytes_resident; // pages of the mappings that this process has accessed, from the kernel
	int64_t bytes_images;   // pixels of all images
};

/* Fills in the current values. */
void footprint_measure(struct footprint *footprint, const struct lido_client *client);

/* Print a header line, and a line of values with the number of icons. */
void footprint_print_header(FILE *file);
void footprint_print(const struct footprint *footprint, int32_t icons, FILE *file);

#endif
