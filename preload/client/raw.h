/*
 * System calls that nobody interposes: the kernel's behavior, including errno.
 */
#ifndef LIDO_RUN_RAW_H
#define LIDO_RUN_RAW_H

#include <stddef.h>
#include <sys/types.h>

void *raw_mmap(void *address, size_t size, int prot, int flags, int fd, off_t offset);
void *raw_mremap(void *address, size_t size, size_t new_size, int flags, void *new_address);
int raw_munmap(void *address, size_t size);
int raw_mprotect(void *address, size_t size, int prot);
int raw_ftruncate(int fd, off_t size);
int raw_fallocate(int fd, int mode, off_t offset, off_t size);

#endif
