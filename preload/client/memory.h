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

/* How many bytes exist: whole pages from data on, up to the end of its file, which must not shrink meanwhile. */
size_t memory_count(const uint8_t *data, size_t size);

/*
 * Does the kernel give out more memory than it has? Then a file without a name that has its space is no safer than one
 * that gets it page by page.
 */
bool memory_is_overcommitted(void);

#endif
