#include "memory.h"

#include "page.h"
#include "raw.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

bool memory_duplicate(uint8_t *data, size_t size, int prot, void *address) {
	// With an old size of 0, mremap() duplicates a shared mapping.
	if (raw_mremap(data, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, address) == MAP_FAILED) {
		return false;
	}
	return prot == (PROT_READ | PROT_WRITE) || raw_mprotect(address, size, prot) == 0;
}

void memory_punch(uint8_t *data, size_t size) {
	uint8_t *end = data + size;
	uint8_t *first = (uint8_t *)page_round((uintptr_t)data), *last = end - (uintptr_t)end % page_size();
	if (first >= last || madvise(first, (size_t)(last - first), MADV_REMOVE) != 0) {
		memset(data, 0, size); // locked memory cannot be removed
		return;
	}
	memset(data, 0, (size_t)(first - data));
	memset(last, 0, (size_t)(end - last));
}

bool memory_exists(const uint8_t *data) {
	// The kernel reads the set of signals before it rejects the first argument, and reports EFAULT if it cannot.
	const size_t set_size = _NSIG / 8;
	const uint8_t *set = data - (uintptr_t)data % page_size();
	return raw_call(SYS_rt_sigprocmask, (long[6]){-1, (long)set, 0, (long)set_size}) == -1 && errno == EINVAL;
}

size_t memory_count(const uint8_t *data, size_t size) {
	size_t low = 0, high = size / page_size(); // the first page that does not exist is between these, or is high
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (memory_exists(data + middle * page_size())) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low * page_size();
}

bool memory_is_overcommitted(void) {
	enum {
		UNKNOWN,
		NEVER,
		ALWAYS
	};
	static _Atomic(int) known;
	if (known == UNKNOWN) {
		char mode = '2'; // strict
		int fd = (int)raw_call(
				SYS_openat, (long[6]){AT_FDCWD, (long)"/proc/sys/vm/overcommit_memory", O_RDONLY | O_CLOEXEC});
		if (fd >= 0) {
			raw_pread(fd, &mode, 1, 0);
			close(fd);
		}
		known = mode == '2' ? NEVER : ALWAYS;
	}
	return known == ALWAYS;
}
