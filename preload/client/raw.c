#include "raw.h"

#include "interpose.h"

#include <sys/syscall.h>

_Static_assert(sizeof(off_t) == sizeof(long), "system calls take offsets as one word");

long raw_call(long number, const long args[6]) {
	static _Atomic(uintptr_t) place;
	return ((long (*)(long, ...))find_original(&place, "syscall"))(
			number, args[0], args[1], args[2], args[3], args[4], args[5]);
}

void *raw_mmap(void *address, size_t size, int prot, int flags, int fd, off_t offset) {
	return (void *)raw_call(SYS_mmap, (long[6]){(long)address, (long)size, prot, flags, fd, offset});
}

void *raw_mremap(void *address, size_t size, size_t new_size, int flags, void *new_address) {
	return (void *)raw_call(SYS_mremap, (long[6]){(long)address, (long)size, (long)new_size, flags, (long)new_address});
}

int raw_munmap(void *address, size_t size) {
	return (int)raw_call(SYS_munmap, (long[6]){(long)address, (long)size});
}

int raw_mprotect(void *address, size_t size, int prot) {
	return (int)raw_call(SYS_mprotect, (long[6]){(long)address, (long)size, prot});
}

int raw_ftruncate(int fd, off_t size) {
	return (int)raw_call(SYS_ftruncate, (long[6]){fd, size});
}

int raw_fallocate(int fd, int mode, off_t offset, off_t size) {
	return (int)raw_call(SYS_fallocate, (long[6]){fd, mode, offset, size});
}

off_t raw_lseek(int fd, off_t offset, int whence) {
	return (off_t)raw_call(SYS_lseek, (long[6]){fd, offset, whence});
}

ssize_t raw_pread(int fd, void *data, size_t size, off_t offset) {
	return (ssize_t)raw_call(SYS_pread64, (long[6]){fd, (long)data, (long)size, offset});
}
