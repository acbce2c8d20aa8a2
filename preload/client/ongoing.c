#include "ongoing.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/stat.h>

#define FDS_MAX 4096
#define EPOCH_SHIFT 16
#define COUNT_MASK ((1U << EPOCH_SHIFT) - 1)

// For each fd: number of calls, and from EPOCH_SHIFT on the epoch. The last one counts the calls by all higher fds.
static atomic_uint states[FDS_MAX + 1];

static atomic_uint *find(int fd) {
	return &states[fd < FDS_MAX ? fd : FDS_MAX];
}

void ongoing_begin(struct ongoing *call, int fd) {
	*call = (struct ongoing){.fd = fd};
	if (fd >= 0) {
		call->epoch = atomic_fetch_add(find(fd), 1) >> EPOCH_SHIFT;
	}
}

void ongoing_end(const struct ongoing *call) {
	if (call->fd < 0) {
		return;
	}
	atomic_uint *state = find(call->fd);
	unsigned present = atomic_load_explicit(state, memory_order_relaxed);
	while (present >> EPOCH_SHIFT == call->epoch && !atomic_compare_exchange_weak(state, &present, present - 1)) {
	}
}

bool ongoing_has_fd(int fd) {
	return fd >= 0 && fd < FDS_MAX && (atomic_load(find(fd)) & COUNT_MASK) > 0;
}

void ongoing_forget(int fd) {
	atomic_uint *state = find(fd);
	unsigned present = atomic_load(state);
	while (!atomic_compare_exchange_weak(state, &present, (present | COUNT_MASK) + 1)) {
	}
}

bool ongoing_has(dev_t device, ino_t inode) {
	for (int fd = 0; fd < FDS_MAX; fd++) {
		struct stat stat;
		if (ongoing_has_fd(fd) && fstat(fd, &stat) == 0 && stat.st_dev == device && stat.st_ino == inode) {
			return true;
		}
	}
	return (atomic_load(&states[FDS_MAX]) & COUNT_MASK) > 0;
}
