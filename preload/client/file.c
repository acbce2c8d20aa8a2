#include "file.h"

#include "lock.h"
#include "mapping.h"
#include "memory.h"

#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <unistd.h>

#define BUCKETS_LEN 256
#define CHUNK_SIZE 65536

// Numbers of fds that are tried if they cannot be listed.
#define NUMBERS_MAX 4096

static struct file *buckets[BUCKETS_LEN];

bool file_is_eligible(int fd, struct stat *stat) {
	struct statfs statfs;
	return fd >= 0 && fstat(fd, stat) == 0 && S_ISREG(stat->st_mode) && fstatfs(fd, &statfs) == 0 &&
		   statfs.f_type == TMPFS_MAGIC;
}

static struct file **find_bucket(ino_t inode) {
	return &buckets[inode % BUCKETS_LEN];
}

struct file *file_find(const struct stat *stat) {
	struct file *file = *find_bucket(stat->st_ino);
	while (file != NULL && (file->inode != stat->st_ino || file->device != stat->st_dev)) {
		file = file->next;
	}
	return file;
}

struct file *file_get(const struct stat *stat) {
	struct file *file = file_find(stat);
	if (file != NULL) {
		return file;
	}
	file = calloc(1, sizeof(*file));
	if (file != NULL) {
		struct file **bucket = find_bucket(stat->st_ino);
		*file = (struct file){.next = *bucket, .device = stat->st_dev, .inode = stat->st_ino};
		*bucket = file;
		state_start_tracking();
	}
	return file;
}

static void file_destroy(struct file *file) {
	struct file **place = find_bucket(file->inode);
	while (*place != file) {
		place = &(*place)->next;
	}
	*place = file->next;
	if (file->store != NULL) {
		store_unref(file->store);
	}
	free(file);
}

static bool is_unused(const struct file *file) {
	return file->shared_mappings == 0 && file->private_mappings == 0 && file->shm_pools == 0 && file->buffers == 0 &&
		   file->users == 0;
}

static void mark_open_file(int fd) {
	struct stat stat;
	struct file *file = fstat(fd, &stat) == 0 ? file_find(&stat) : NULL;
	if (file != NULL) {
		file->has_fd = true;
	}
}

// The same as mark_open_files(), without /proc.
static bool mark_open_numbers(void) {
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > NUMBERS_MAX) {
		return false;
	}
	for (int fd = 0; fd < NUMBERS_MAX; fd++) {
		mark_open_file(fd);
	}
	return true;
}

// Sets has_fd of all files of which this process has an fd: the program may map such a file later. Returns false if the
// fds cannot be listed: the program has restricted its system calls, or has no /proc.
static bool mark_open_files(void) {
	DIR *folder = opendir("/proc/self/fd");
	if (folder == NULL) {
		return mark_open_numbers();
	}
	struct dirent *entry;
	errno = 0;
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.') {
			mark_open_file((int)strtol(entry->d_name, NULL, 10));
		}
		errno = 0;
	}
	bool is_complete = errno == 0;
	closedir(folder);
	return is_complete;
}

void file_consider_all(void) {
	bool is_any = false;
	for (size_t i = 0; i < BUCKETS_LEN; i++) {
		for (struct file *file = buckets[i]; file != NULL; file = file->next) {
			file->has_fd = false;
			is_any = is_any || is_unused(file);
		}
	}
	if (!is_any || !mark_open_files()) {
		return;
	}
	for (size_t i = 0; i < BUCKETS_LEN; i++) {
		struct file *next;
		for (struct file *file = buckets[i]; file != NULL; file = next) {
			next = file->next;
			if (is_unused(file) && !file->has_fd) {
				file_destroy(file);
			}
		}
	}
}

void file_consider_destroy(struct file *file) {
	if (!is_unused(file)) {
		return;
	}
	if (file->store == NULL) {
		file_destroy(file);
	} else {
		file_consider_all();
	}
}

// Calls fn for each range between start and end that is no hole. Returns false if one of the calls does.
static bool for_each_data(
		int fd, off_t start, off_t end, bool (*fn)(int fd, off_t offset, size_t size, void *data), void *data) {
	off_t position = lseek(fd, 0, SEEK_CUR); // belongs to the program, and is restored
	bool done = true;
	while (start < end && done) {
		off_t from = lseek(fd, start, SEEK_DATA);
		if (from < 0 || from >= end) {
			break;
		}
		off_t to = lseek(fd, from, SEEK_HOLE);
		to = to < 0 || to > end ? end : to;
		done = fn(fd, from, (size_t)(to - from), data);
		start = to;
	}
	lseek(fd, position, SEEK_SET);
	return done;
}

struct copy {
	uint8_t *data;  // of the destination
	bool is_second; // second pass: copies only words that are zero in the destination, since all others are newer
	bool is_any;    // some data has been found
};

static bool copy_range(int fd, off_t offset, size_t size, void *data) {
	struct copy *copy = data;
	copy->is_any = true;
	uint8_t *destination = copy->data + offset;
	if (!copy->is_second) {
		return pread(fd, destination, size, offset) == (ssize_t)size;
	}
	uint64_t words[CHUNK_SIZE / sizeof(uint64_t)];
	for (size_t done = 0; done < size; done += sizeof(words)) {
		ssize_t got = pread(fd, words, size - done < sizeof(words) ? size - done : sizeof(words), offset + (off_t)done);
		uint64_t *place = (uint64_t *)(void *)(destination + done);
		for (ssize_t i = 0; i < got / (ssize_t)sizeof(uint64_t); i++) {
			place[i] = words[i] != 0 && place[i] == 0 ? words[i] : place[i];
		}
	}
	return true;
}

static bool copy_file(const struct file *file, struct store *store, int fd, struct copy *copy) {
	if (file->store == NULL) {
		return for_each_data(fd, 0, (off_t)store->size, copy_range, copy);
	}
	memory_copy(store->data, file->store->data, file->store->size < store->size ? file->store->size : store->size);
	return true;
}

bool file_move(struct file *file, struct store *store, int fd, const char **why) {
	struct copy copy = {.data = store->data};
	if (!copy_file(file, store, fd, &copy)) {
		*why = "its bytes cannot be read";
		return false;
	}
	if (file->store == NULL && copy.is_any && file->shared_mappings == 0) {
		*why = "its file has data, but is not mapped";
		return false;
	}
	if (!mapping_move_all(file, store, fd)) {
		*why = "the new memory cannot be mapped";
		return false;
	}
	if (file->store == NULL && !copy.is_any) {
		// The first pass has found no data, but another thread may have drawn until its mapping was replaced.
		copy.is_second = true;
		copy_file(file, store, fd, &copy);
	}
	if (file->store != NULL) {
		store_unref(file->store);
	}
	file->store = store;
	return true;
}
