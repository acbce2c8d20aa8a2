/*
 * System calls that nobody interposes: the kernel's behavior, including errno.
 */
#ifndef LIDO_RUN_RAW_H
#define LIDO_RUN_RAW_H

#include <stddef.h>
#include <sys/types.h>

/*
 * On machines whose words have 32 bits, mmap2() takes an offset in units of so many bytes, whatever the size of a page.
 */
#define MMAP2_UNIT 4096

/* System calls take an offset as so many words. */
#define OFFSET_WORDS (8 / sizeof(long))

/* The offset among the arguments of a system call that follows i other words. */
off_t raw_get_offset(const long args[6], size_t i);

/* Any system call. */
long raw_call(long number, const long args[6]);

/*
 * Finds syscall(), which the functions here call. The state lock must not be held: dlsym() waits for a thread that
 * loads a library, which may wait for the state lock in malloc().
 */
void raw_prepare(void);

/* fcntl() with an argument that is a number, or with none (0). */
int raw_fcntl(int fd, int command, long value);

void *raw_mmap(void *address, size_t size, int prot, int flags, int fd, off_t offset);
void *raw_mremap(void *address, size_t size, size_t new_size, int flags, void *new_address);
int raw_munmap(void *address, size_t size);
int raw_mprotect(void *address, size_t size, int prot);
int raw_ftruncate(int fd, off_t size);
int raw_fallocate(int fd, int mode, off_t offset, off_t size);
off_t raw_lseek(int fd, off_t offset, int whence);
ssize_t raw_pread(int fd, void *data, size_t size, off_t offset);

#endif
