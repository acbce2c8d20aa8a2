/*
 * Shared memory that is mapped in this process. These functions do what is commonly done with a file's fd. This library
 * keeps no fds: the program could close them, and a file of the user's could have the same number afterwards.
 *
 * All addresses and sizes are whole pages, except where stated.
 */
#ifndef LIDO_RUN_MEMORY_H
#define LIDO_RUN_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Maps the same memory at address as well, replacing what is mapped there, without page table entries. Returns false if
 * that is impossible; then address may be unmapped, or show the memory with another protection.
 */
bool memory_duplicate(uint8_t *data, size_t size, int prot, void *address);

/* Clears bytes, and gives whole pages back to the kernel. data and size: any. */
void memory_punch(uint8_t *data, size_t size);

/* Can the byte be read? Not if it is beyond the end of its file: access would raise SIGBUS. data: any. */
bool memory_exists(const uint8_t *data);

/* Copies memory to other memory that reads as zeros, but for holes, if it is known where they are. */
void memory_copy(uint8_t *destination, const uint8_t *source, size_t size);

#endif
