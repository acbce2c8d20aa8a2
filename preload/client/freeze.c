#include "freeze.h"

#include "raw.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1 // since Linux 5.11
#endif

// Needs no privileges. Some filters of system calls kill whoever makes an unusual one.
static int create_fd(void) {
	if (prctl(PR_GET_SECCOMP) != 0) {
		return -1;
	}
	int fd = (int)raw_call(SYS_userfaultfd, (long[6]){O_CLOEXEC | UFFD_USER_MODE_ONLY});
	struct uffdio_api api = {.api = UFFD_API, .features = UFFD_FEATURE_MISSING_SHMEM | UFFD_FEATURE_MINOR_SHMEM};
	if (fd >= 0 && ioctl(fd, UFFDIO_API, &api) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

// Once the pages are out of the page table, each access is a fault.
static bool freeze_mapping(const struct mapping *mapping, void *data) {
	const struct freeze *freeze = data;
	struct uffdio_register range = {.range = {.start = mapping->start, .len = mapping->size},
		.mode = UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_MINOR};
	return mapping->is_private || (mapping->prot & PROT_WRITE) == 0 ||
		   (ioctl(freeze->fd, UFFDIO_REGISTER, &range) == 0 &&
				   madvise((void *)mapping->start, mapping->size, MADV_DONTNEED) == 0);
}

bool freeze_begin(struct freeze *freeze, const struct file *file) {
	freeze->fd = create_fd();
	if (freeze->fd < 0) {
		return false;
	}
	if (!mapping_for_each(file, freeze_mapping, freeze)) {
		freeze_end(freeze);
		return false;
	}
	return true;
}

void freeze_end(struct freeze *freeze) {
	if (freeze->fd >= 0) {
		close(freeze->fd);
	}
	freeze->fd = -1;
}
