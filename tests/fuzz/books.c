#include "books.h"
#include "base/os.h"
#include "runner.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

// Beyond this nobody gets: what an input may have is limited.
#define FDS_MAX 512
#define MAPPINGS_MAX 512

static struct {
	struct lido_os real;
	bool is_open[FDS_MAX];
	struct {
		void *address; // NULL: none
		size_t size;
	} mappings[MAPPINGS_MAX];
} books;

static void *count_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset) {
	void *data = books.real.mmap(address, size, protection, flags, fd, offset);
	for (int i = 0; data != MAP_FAILED && i < MAPPINGS_MAX; i++) {
		if (books.mappings[i].address == NULL) {
			books.mappings[i].address = data;
			books.mappings[i].size = size;
			return data;
		}
	}
	expect(data == MAP_FAILED);
	return data;
}

static int count_munmap(void *address, size_t size) {
	for (int i = 0; i < MAPPINGS_MAX; i++) {
		if (books.mappings[i].address == address) {
			expect_int(size, ==, books.mappings[i].size);
			books.mappings[i].address = NULL;
			return books.real.munmap(address, size);
		}
	}
	fail("%p was unmapped, but never mapped", address);
}

// The kernel takes 20 ms to close a trigger, ten times what an input takes.
static int have_no_pressure(const char *trigger) {
	errno = ENOENT;
	return -1;
}

// A look at each fd would take a call each.
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

void books_open(void) {
	list_fds(books.is_open);
	books.real = lido_os;
	lido_os.open_pressure = have_no_pressure;
	lido_os.mmap = count_mmap;
	lido_os.munmap = count_munmap;
}

void books_close(void) {
	lido_os = books.real;
	for (int i = 0; i < MAPPINGS_MAX; i++) {
		if (books.mappings[i].address != NULL) {
			fail("a mapping of %zu bytes was left behind", books.mappings[i].size);
		}
	}
	bool is_open[FDS_MAX];
	list_fds(is_open);
	for (int fd = 0; fd < FDS_MAX; fd++) {
		if (is_open[fd] != books.is_open[fd]) {
			fail("fd %d was %s", fd, books.is_open[fd] ? "closed" : "left behind");
		}
	}
}
