#include "memory.h"

#include "page.h"
#include "raw.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

// Bytes that memory_copy() asks mincore() about at once.
#define WINDOW_SIZE ((size_t)1 << 20)
#define PAGE_SIZE_MIN 4096

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
	return syscall(SYS_rt_sigprocmask, -1, set, NULL, set_size) == -1 && errno == EINVAL;
}

// Is swap space in use? mincore() does not tell pages in swap space from holes.
static bool is_swapping(void) {
	struct sysinfo info;
	return sysinfo(&info) != 0 || info.freeswap != info.totalswap;
}

static bool is_zero(const uint8_t *data, size_t size) {
	const uint64_t *words = (const uint64_t *)(const void *)data;
	for (size_t i = 0; i < size / sizeof(*words); i++) {
		if (words[i] != 0) {
			return false;
		}
	}
	return true;
}

// Reading a hole of shared memory gives it a page: so holes are left out as far as they are known.
static void copy_window(uint8_t *destination, const uint8_t *source, size_t size) {
	unsigned char resident[WINDOW_SIZE / PAGE_SIZE_MIN];
	bool is_uncertain = is_swapping();
	bool is_known = mincore((void *)(uintptr_t)source, size, resident) == 0;
	is_uncertain = is_uncertain || !is_known || is_swapping();
	for (size_t done = 0; done < size; done += page_size()) {
		bool is_resident = is_known && (resident[done / page_size()] & 1) != 0;
		if (is_resident || (is_uncertain && !is_zero(source + done, page_size()))) {
			memcpy(destination + done, source + done, page_size());
		}
	}
}

void memory_copy(uint8_t *destination, const uint8_t *source, size_t size) {
	for (size_t done = 0; done < size; done += WINDOW_SIZE) {
		copy_window(destination + done, source + done, size - done < WINDOW_SIZE ? size - done : WINDOW_SIZE);
	}
}
