#include "raw.h"

#include "interpose.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

_Static_assert(sizeof(off_t) == 8, "files may be larger than what a process can map");

#if defined(__x86_64__) && __SIZEOF_LONG__ != 8
#error "x32 passes offsets in registers that are wider than a word"
#endif

// A system call, whose arguments are added one by one.
struct call {
	long args[6];
	size_t len;
};

static _Atomic(uintptr_t) syscall_place;

void raw_prepare(void) {
	find_original(&syscall_place, "syscall");
}

long raw_call(long number, const long args[6]) {
	return ((long (*)(long, ...))find_original(&syscall_place, "syscall"))(
			number, args[0], args[1], args[2], args[3], args[4], args[5]);
}

int raw_fcntl(int fd, int command, long value) {
#ifdef SYS_fcntl64
	return (int)raw_call(SYS_fcntl64, (long[6]){fd, command, value});
#else
	return (int)raw_call(SYS_fcntl, (long[6]){fd, command, value});
#endif
}

// Where an offset has two words, they are in the order in which they lie in memory. Some machines pass them in a pair
// of registers that begins with an even one.
static size_t align(size_t i) {
#if __SIZEOF_LONG__ == 4 && (defined(__arm__) || defined(__mips__) || defined(__powerpc__))
	return i + i % 2;
#else
	return i;
#endif
}

off_t raw_get_offset(const long args[6], size_t i) {
	off_t offset;
	memcpy(&offset, &args[align(i)], sizeof(offset));
	return offset;
}

static void add_offset(struct call *call, off_t offset) {
	call->len = align(call->len);
	memcpy(&call->args[call->len], &offset, sizeof(offset));
	call->len += OFFSET_WORDS;
}

void *raw_mmap(void *address, size_t size, int prot, int flags, int fd, off_t offset) {
#ifdef SYS_mmap2
	long number = SYS_mmap2, place = (long)(offset / MMAP2_UNIT);
	if (offset % MMAP2_UNIT != 0 || (off_t)(unsigned long)place != offset / MMAP2_UNIT) {
		errno = offset % MMAP2_UNIT != 0 ? EINVAL : EOVERFLOW; // as the C library does
		return MAP_FAILED;
	}
#else
	long number = SYS_mmap, place = offset;
#endif
	return (void *)raw_call(number, (long[6]){(long)address, (long)size, prot, flags, fd, place});
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
	struct call call = {.args = {fd}, .len = 1};
	add_offset(&call, size);
#ifdef SYS_ftruncate64
	return (int)raw_call(SYS_ftruncate64, call.args);
#else
	return (int)raw_call(SYS_ftruncate, call.args);
#endif
}

int raw_fallocate(int fd, int mode, off_t offset, off_t size) {
	struct call call = {.args = {fd, mode}, .len = 2};
	add_offset(&call, offset);
	add_offset(&call, size);
	return (int)raw_call(SYS_fallocate, call.args);
}

off_t raw_lseek(int fd, off_t offset, int whence) {
#ifdef SYS__llseek
	off_t result;
	const uint64_t bits = (uint64_t)offset;
	long args[6] = {fd, (long)(uint32_t)(bits >> 32), (long)(uint32_t)bits, (long)&result, whence};
	return raw_call(SYS__llseek, args) == 0 ? result : -1;
#else
	return (off_t)raw_call(SYS_lseek, (long[6]){fd, offset, whence});
#endif
}

ssize_t raw_pread(int fd, void *data, size_t size, off_t offset) {
	struct call call = {.args = {fd, (long)data, (long)size}, .len = 3};
	add_offset(&call, offset);
	return (ssize_t)raw_call(SYS_pread64, call.args);
}
