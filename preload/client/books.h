/*
 * What all parts of the preloaded library share: the lock of its books, and system calls that nobody interposes.
 *
 * The books (files, mappings, stores, pools, buffers, areas) are kept under one lock. Libwayland is never called while
 * it is held: libwayland has locks of its own, and calls the C library with these held. Memory for the books may come
 * from anywhere, also from an allocator of the program's own which maps and unmaps: such calls find the lock taken by
 * their own thread and go straight to the kernel.
 */
#ifndef LIDO_RUN_BOOKS_H
#define LIDO_RUN_BOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#define PUBLIC __attribute__((visibility("default")))

/* Takes the lock. False: this thread has it already, and must not touch the books. */
bool books_open(void);

void books_close(void);

/* Are there any mappings or files in the books? Asked without the lock. */
bool books_is_tracking(void);

/* To be told: something is in them now, or will be. Never taken back. */
void books_start_tracking(void);

/* Says something on standard error, if LIDO_RUN_DEBUG is set. */
void books_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Bytes of a page. */
size_t page_size(void);

/* Rounded up to whole pages. */
size_t page_round(size_t size);

/* As the kernel does them, errno and all. */
void *raw_mmap(void *address, size_t size, int prot, int flags, int fd, off_t offset);
void *raw_mremap(void *address, size_t size, size_t new_size, int flags, void *new_address);
int raw_munmap(void *address, size_t size);
int raw_mprotect(void *address, size_t size, int prot);
int raw_ftruncate(int fd, off_t size);
int raw_fallocate(int fd, int mode, off_t offset, off_t size);

#endif
