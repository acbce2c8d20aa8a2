#include "owned_fd.h"

#include "raw.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

void owned_fd_take(struct owned_fd *fd, int number) {
	struct stat stat;
	*fd = (struct owned_fd){.number = -1};
	if (number >= 0 && fstat(number, &stat) == 0) {
		*fd = (struct owned_fd){.number = number,
			.device = stat.st_dev,
			.inode = stat.st_ino,
			.size = S_ISREG(stat.st_mode) ? stat.st_size : 0};
	}
}

bool owned_fd_create(struct owned_fd *fd, size_t size) {
	owned_fd_take(fd, memfd_create("lido-run", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	// Of a file that is not new, its size must not change.
	if (fd->number != -1 && fd->size == 0 && owned_fd_is_intact(fd) && raw_ftruncate(fd->number, (off_t)size) == 0) {
		fd->size = (off_t)size;
		return true;
	}
	owned_fd_close(fd);
	return false;
}

bool owned_fd_is_available(int number) {
	struct owned_fd fd;
	owned_fd_take(&fd, (int)raw_call(SYS_fcntl, (long[6]){number, F_DUPFD_CLOEXEC, 0}));
	bool is_available = fd.number != -1;
	owned_fd_close(&fd);
	return is_available;
}

bool owned_fd_is_intact(const struct owned_fd *fd) {
	struct stat stat;
	return fd->number != -1 && fstat(fd->number, &stat) == 0 && stat.st_dev == fd->device && stat.st_ino == fd->inode;
}

bool owned_fd_is_safe(const struct owned_fd *fd, size_t size) {
	struct statfs statfs;
	if (fd->number == -1 || fd->size < (off_t)size || fstatfs(fd->number, &statfs) != 0 ||
			statfs.f_type != TMPFS_MAGIC) {
		return false;
	}
	int seals = raw_fcntl(fd->number, F_GET_SEALS, 0);
	return seals != -1 && (seals & F_SEAL_SHRINK) != 0 && owned_fd_is_intact(fd);
}

void *owned_fd_map(const struct owned_fd *fd, size_t size) {
	if (!owned_fd_is_intact(fd)) {
		return MAP_FAILED;
	}
	void *data = raw_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd->number, 0);
	if (data != MAP_FAILED && !owned_fd_is_intact(fd)) {
		raw_munmap(data, size);
		return MAP_FAILED;
	}
	return data;
}

void owned_fd_close(struct owned_fd *fd) {
	if (owned_fd_is_intact(fd)) {
		close(fd->number);
	}
	fd->number = -1;
}
