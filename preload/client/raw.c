#include "raw.h"

#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) == sizeof(long), "system calls take offsets as one word");

void *raw_mmap(void *address, size_t size, int prot, int flags, int fd, off_t offset) {
	return (void *)syscall(SYS_mmap, address, size, prot, flags, fd, offset);
}

void *raw_mremap(void *address, size_t size, size_t new_size, int flags, void *new_address) {
	return (void *)syscall(SYS_mremap, address, size, new_size, flags, new_address);
}

int raw_munmap(void *address, size_t size) {
	return (int)syscall(SYS_munmap, address, size);
}

int raw_mprotect(void *address, size_t size, int prot) {
	return (int)syscall(SYS_mprotect, address, size, prot);
}

int raw_ftruncate(int fd, off_t size) {
	return (int)syscall(SYS_ftruncate, fd, size);
}

int raw_fallocate(int fd, int mode, off_t offset, off_t size) {
	return (int)syscall(SYS_fallocate, fd, mode, offset, size);
}
