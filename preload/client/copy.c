#include "copy.h"

#include "page.h"
#include "raw.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 // since Linux 5.14
#endif

// Bytes that mincore() is asked about at once.
#define WINDOW_SIZE ((size_t)1 << 20)
#define PAGE_SIZE_MIN 4096

// What the machine compares and exchanges at once.
typedef unsigned long word;

#define CHUNK_WORDS 8192

typedef bool range_fn(struct copy *copy, size_t offset, size_t size);

// Is swap space in use? mincore() does not tell pages in swap space from holes.
static bool is_swapping(void) {
	struct sysinfo info;
	return sysinfo(&info) != 0 || info.freeswap != info.totalswap;
}

static bool is_zero(const uint8_t *data, size_t size) {
	const word *words = (const word *)(const void *)data;
	for (size_t i = 0; i < size / sizeof(*words); i++) {
		if (words[i] != 0) {
			return false;
		}
	}
	return true;
}

// Reading a hole of shared memory gives it a page: so holes are left out as far as they are known.
static bool for_each_in_window(struct copy *copy, size_t start, size_t size, range_fn *fn) {
	unsigned char resident[WINDOW_SIZE / PAGE_SIZE_MIN];
	const size_t page = page_size();
	const uint8_t *data = copy->source + start;
	bool is_uncertain = is_swapping();
	bool is_known = mincore((void *)(uintptr_t)data, size, resident) == 0;
	is_uncertain = is_uncertain || !is_known || is_swapping();
	for (size_t from = 0, to = 0; to <= size; to += page) {
		bool is_data = to < size &&
					   ((is_known && (resident[to / page] & 1) != 0) || (is_uncertain && !is_zero(data + to, page)));
		if (is_data) {
			continue;
		}
		if (to > from && !fn(copy, start + from, to - from)) {
			return false;
		}
		from = to + page;
	}
	return true;
}

static bool for_each_in_file(struct copy *copy, range_fn *fn) {
	off_t position = raw_lseek(copy->fd, 0, SEEK_CUR); // belongs to the program, and is restored
	off_t start = 0, end = (off_t)copy->size;
	bool done = true;
	while (start < end && done) {
		off_t from = raw_lseek(copy->fd, start, SEEK_DATA);
		if (from < 0 || from >= end) {
			break;
		}
		off_t to = raw_lseek(copy->fd, from, SEEK_HOLE);
		to = to < 0 || to > end ? end : to;
		done = fn(copy, (size_t)from, (size_t)(to - from));
		start = to;
	}
	raw_lseek(copy->fd, position, SEEK_SET);
	return done;
}

// Calls fn for each range of the source that is no hole. Returns false if one of the calls does.
static bool for_each_data(struct copy *copy, range_fn *fn) {
	if (copy->fd >= 0) {
		return for_each_in_file(copy, fn);
	}
	bool done = true;
	for (size_t start = 0; start < copy->size && done; start += WINDOW_SIZE) {
		done = for_each_in_window(copy, start, copy->size - start < WINDOW_SIZE ? copy->size - start : WINDOW_SIZE, fn);
	}
	return done;
}

static bool read_source(const struct copy *copy, void *data, size_t offset, size_t size) {
	if (copy->fd >= 0) {
		return raw_pread(copy->fd, data, size, (off_t)offset) == (ssize_t)size;
	}
	memcpy(data, copy->source + offset, size);
	return true;
}

// Populating first tells whether there is memory: where there is none, writing would kill the program.
static bool copy_range(struct copy *copy, size_t offset, size_t size) {
	copy->has_data = true;
	bool is_there = madvise(copy->destination + offset, page_round(size), MADV_POPULATE_WRITE) == 0 || errno == EINVAL;
	if (!is_there || !read_source(copy, copy->destination + offset, offset, size)) {
		return false;
	}
	if (copy->snapshot != NULL) {
		memcpy(copy->snapshot + offset, copy->destination + offset, size);
	}
	return true;
}

// Another thread may be drawing there: it wins, byte by byte.
static void merge_word(word *place, word earlier, word later) {
	word present = __atomic_load_n(place, __ATOMIC_RELAXED), wanted;
	do {
		wanted = present;
		for (size_t shift = 0; shift < 8 * sizeof(word); shift += 8) {
			word byte = (word)0xff << shift;
			wanted = ((present ^ earlier) & byte) == 0 ? (wanted & ~byte) | (later & byte) : wanted;
		}
	} while (!__atomic_compare_exchange_n(place, &present, wanted, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

// The stack of a signal handler is small; the state lock is held.
static bool merge_range(struct copy *copy, size_t offset, size_t size) {
	static word words[CHUNK_WORDS];
	for (size_t done = 0; done < size; done += sizeof(words)) {
		size_t part = size - done < sizeof(words) ? size - done : sizeof(words);
		memset(words, 0, sizeof(words));
		if (!read_source(copy, words, offset + done, part)) {
			break;
		}
		word *places = (word *)(void *)(copy->destination + offset + done);
		const word *earlier = (const word *)(const void *)(copy->snapshot + offset + done);
		for (size_t i = 0; i < (part + sizeof(*words) - 1) / sizeof(*words); i++) {
			if (words[i] != earlier[i]) {
				merge_word(&places[i], earlier[i], words[i]);
			}
		}
	}
	return true;
}

bool copy_begin(struct copy *copy) {
	if (copy->has_two_passes) {
		copy->snapshot =
				raw_mmap(NULL, copy->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (copy->snapshot == MAP_FAILED) {
			copy->snapshot = NULL;
			return false;
		}
	}
	if (!for_each_data(copy, copy_range)) {
		copy_finish(copy, false);
		return false;
	}
	return true;
}

void copy_finish(struct copy *copy, bool is_mapped) {
	if (copy->snapshot == NULL) {
		return;
	}
	if (is_mapped) {
		for_each_data(copy, merge_range);
	}
	raw_munmap(copy->snapshot, copy->size);
	copy->snapshot = NULL;
}
