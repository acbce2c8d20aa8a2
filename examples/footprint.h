/*
 * What the pixels of this process take: as the library counts them, and as the kernel does.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <lido/client.h>
#include <stdint.h>
#include <stdio.h>

struct memory {
	uint32_t areas;       // of the pool; on wl_shm: files
	uint32_t mappings;    // of these, in this process; from the kernel, as the next three
	uint32_t fds;         // of any kind, that are open in this process
	int64_t bytes_mapped; // address space
	int64_t bytes_files;  // that they are long
	int64_t bytes_resident;
	int64_t bytes_images;
};

/* Finds out. */
void memory_measure(struct memory *memory, const struct lido_client *client);

/* A line for a number of icons, under its header. */
void memory_print_header(FILE *file);
void memory_print(const struct memory *memory, int32_t icons, FILE *file);

#endif
