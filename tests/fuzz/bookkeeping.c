#include "bookkeeping.h"
#include "base/os.h"
#include "runner.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

// More than any input can use, because of the limits.
#define FDS_MAX 512
#define MAPPINGS_MAX 512

static struct {
	struct lido_os real;
	bool is_open[FDS_MAX];
	struct {
		void *address; // NULL: none
		size_t size;
	} mappings[MAPPINGS_MAX];
} bookkeeping;

static void *count_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset) {
	void *data = bookkeeping.real.mmap(address, size, protection, flags, fd, offset);
	for (int i = 0; data != MAP_FAILED && i < MAPPINGS_MAX; i++) {
		if (bookkeeping.mappings[i].address == NULL) {
			bookkeeping.mappings[i].address = data;
			bookkeeping.mappings[i].size = size;
			return data;
		}
	}
	expect(data == MAP_FAILED);
	return data;
}

static int count_munmap(void *address, size_t size) {
	for (int i = 0; i < MAPPINGS_MAX; i++) {
		if (bookkeeping.mappings[i].address == address) {
			expect_int(size, ==, bookkeeping.mappings[i].size);
			bookkeeping.mappings[i].address = NULL;
			return bookkeeping.real.munmap(address, size);
		}
	}
	fail("%p was unmapped, but never mapped", address);
}

// The kernel takes 20 ms to close a trigger, ten times as long as an input takes.
static int have_no_pressure(const char *trigger) {
	errno = ENOENT;
	return -1;
}

// One directory listing is cheaper than a call for each possible fd.
static void list_fds(bool *is_open) {
	memset(is_open, 0, FDS_MAX * sizeof(*is_open));
	DIR *dir = opendir("/proc/self/fd");
	expect(dir != NULL);
	for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		int fd = atoi(entry->d_name);
		expect_int(fd, <, FDS_MAX);
		is_open[fd] = entry->d_name[0] != '.' && fd != dirfd(dir);
	}
	closedir(dir);
}

void bookkeeping_start(void) {
	list_fds(bookkeeping.is_open);
	bookkeeping.real = lido_os;
	lido_os.open_pressure = have_no_pressure;
	lido_os.mmap = count_mmap;
	lido_os.munmap = count_munmap;
}

void bookkeeping_finish(void) {
	lido_os = bookkeeping.real;
	for (int i = 0; i < MAPPINGS_MAX; i++) {
		if (bookkeeping.mappings[i].address != NULL) {
			fail("a mapping of %zu bytes is left behind", bookkeeping.mappings[i].size);
		}
	}
	bool is_open[FDS_MAX];
	list_fds(is_open);
	for (int fd = 0; fd < FDS_MAX; fd++) {
		if (is_open[fd] != bookkeeping.is_open[fd]) {
			fail("fd %d %s", fd, bookkeeping.is_open[fd] ? "was closed" : "is left behind");
		}
	}
}
