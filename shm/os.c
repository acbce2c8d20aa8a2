#include "os.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int get_flags(int fd) {
	return fcntl(fd, F_GETFL);
}

static int get_seals(int fd) {
	return fcntl(fd, F_GET_SEALS);
}

static int add_seals(int fd, int seals) {
	return fcntl(fd, F_ADD_SEALS, seals);
}

static off_t seek_hole(int fd, off_t offset) {
	return lseek(fd, offset, SEEK_HOLE);
}

static int reopen(int fd, int flags) {
	char path[32];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags | O_CLOEXEC);
}

static int call_fstat(int fd, struct stat *stat) {
	return fstat(fd, stat);
}

struct lido_os lido_os = {
	.calloc = calloc,
	.fstat = call_fstat, // a macro in some libcs
	.fstatfs = fstatfs,
	.get_flags = get_flags,
	.get_seals = get_seals,
	.add_seals = add_seals,
	.seek_hole = seek_hole,
	.reopen = reopen,
	.close = close,
	.pread = pread,
	.preadv = preadv,
	.pwrite = pwrite,
	.mmap = mmap,
	.munmap = munmap,
	.madvise = madvise,
};
