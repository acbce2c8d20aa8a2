#include "file.h"

#include "copy.h"
#include "freeze.h"
#include "lock.h"
#include "mapping.h"
#include "memory.h"
#include "ongoing.h"
#include "own_heap.h"
#include "raw.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/single_threaded.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BUCKETS_LEN 256

// Numbers of fds that are tried if they cannot be listed.
#define NUMBERS_MAX 4096

// Files without a use are looked at again when there are this many more than after the last look.
#define LOOK_LEN 64

// Files that are noted by file_note_untracked(). If there are more, no file that is tracked later moves.
#define NOTED_MAX 64

static struct file *buckets[BUCKETS_LEN];
static struct {
	dev_t device;
	ino_t inode;
} noted[NOTED_MAX];
static size_t noted_len;                       // more than NOTED_MAX: unknown
static size_t files_len, next_look = LOOK_LEN; // number of files at which file_get() looks for those without a use
static atomic_uint moved_len;                  // files whose bytes are in a block or fallback file
static atomic_uint generation;                 // of these files; never 0 while there are any

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

// Nobody could be told that there is no space any more: the program would notice when it draws.
void file_keep_promise(struct file *file, int fd) {
	if (file->promised > 0 && file->store == NULL) {
		raw_fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)file->promised);
		file->promised = 0;
	}
}

void file_mark_unsupported(struct file *file, const char *why) {
	if (file->unsupported_reason == NULL) {
		file->unsupported_reason = why;
	}
}

static bool is_noted(const struct stat *stat) {
	for (size_t i = 0; i < noted_len && i < NOTED_MAX; i++) {
		if (noted[i].device == stat->st_dev && noted[i].inode == stat->st_ino) {
			return true;
		}
	}
	return noted_len > NOTED_MAX;
}

static bool note_untracked(int fd, void *data) {
	struct stat stat;
	if (file_is_eligible(fd, &stat) && stat.st_nlink == 0 && file_find(&stat) == NULL && !is_noted(&stat)) {
		if (noted_len < NOTED_MAX) {
			noted[noted_len].device = stat.st_dev;
			noted[noted_len].inode = stat.st_ino;
		}
		noted_len++;
	}
	return noted_len <= NOTED_MAX;
}

struct file *file_get(const struct stat *stat) {
	struct file *file = file_find(stat);
	if (file != NULL) {
		return file;
	}
	if (files_len >= next_look) {
		file_consider_all();
		next_look = 2 * files_len + LOOK_LEN;
	}
	file = own_calloc(1, sizeof(*file));
	if (file != NULL) {
		files_len++;
		struct file **bucket = find_bucket(stat->st_ino);
		*file = (struct file){.next = *bucket, .device = stat->st_dev, .inode = stat->st_ino};
		if (is_noted(stat)) {
			file_mark_unsupported(file, "a child process may have it");
		}
		if (stat->st_nlink > 0) {
			file_mark_unsupported(file, "its file has had a name, by which others may have opened it");
		}
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
	files_len--;
	if (file->store != NULL) {
		store_unref(file->store);
		atomic_fetch_sub(&moved_len, 1);
	}
	if (file->own != NULL) {
		store_unref(file->own);
	}
	if (file->former != NULL) {
		store_unref(file->former);
	}
	own_free(file);
}

struct store *file_get_store(const struct file *file) {
	return file->store != NULL ? file->store : file->own;
}

bool file_is_any_moved(void) {
	return atomic_load_explicit(&moved_len, memory_order_seq_cst) > 0;
}

unsigned file_get_generation(void) {
	return atomic_load_explicit(&generation, memory_order_seq_cst);
}

void file_for_each(void (*fn)(struct file *file, void *data), void *data) {
	for (size_t i = 0; i < BUCKETS_LEN; i++) {
		for (struct file *file = buckets[i]; file != NULL; file = file->next) {
			fn(file, data);
		}
	}
}

static bool is_unused(const struct file *file) {
	return file->shared_mappings == 0 && file->private_mappings == 0 && file->shm_pools == 0 && file->buffers == 0 &&
		   file->users == 0;
}

// The same as file_for_each_fd(), without /proc.
static bool for_each_number(bool (*fn)(int fd, void *data), void *data) {
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > NUMBERS_MAX) {
		return false;
	}
	for (int fd = 0; fd < NUMBERS_MAX && fn(fd, data); fd++) {
	}
	return true;
}

// Calls fn for each entry. Returns false once it does.
static bool for_each_entry(const char *entries, size_t size, bool (*fn)(int fd, void *data), void *data) {
	for (size_t done = 0; done < size;) {
		const struct dirent64 *entry = (const struct dirent64 *)(const void *)(entries + done);
		done += entry->d_reclen;
		if (entry->d_name[0] != '.' && !fn((int)strtol(entry->d_name, NULL, 10), data)) {
			return false;
		}
	}
	return true;
}

// opendir() would allocate memory, which is not possible everywhere before fork() and after vfork().
bool file_for_each_fd(bool (*fn)(int fd, void *data), void *data) {
	_Alignas(struct dirent64) char entries[4096];
	int folder =
			(int)raw_call(SYS_openat, (long[6]){AT_FDCWD, (long)"/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC});
	if (folder < 0) {
		return for_each_number(fn, data);
	}
	long size = 0;
	do {
		size = raw_call(SYS_getdents64, (long[6]){folder, (long)entries, sizeof(entries)});
	} while (size > 0 && for_each_entry(entries, (size_t)size, fn, data));
	close(folder);
	return size >= 0;
}

// Those of an earlier child that still have an fd are noted again; of others this process cannot create pools.
void file_note_untracked(void) {
	noted_len = 0;
	if (!file_for_each_fd(note_untracked, NULL)) {
		noted_len = NOTED_MAX + 1;
	}
}

static bool mark_open_file(int fd, void *data) {
	struct stat stat;
	struct file *file = fstat(fd, &stat) == 0 ? file_find(&stat) : NULL;
	if (file != NULL) {
		file->has_fd = true;
	}
	return true;
}

void file_consider_all(void) {
	bool is_any = false;
	for (size_t i = 0; i < BUCKETS_LEN; i++) {
		for (struct file *file = buckets[i]; file != NULL; file = file->next) {
			file->has_fd = false;
			is_any = is_any || is_unused(file);
		}
	}
	// The program may map a file later of which it has an fd.
	if (!is_any || !file_for_each_fd(mark_open_file, NULL)) {
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
	if (file->store != NULL) {
		file_consider_all();
	} else if (file->unsupported_reason == NULL && file->promised == 0) {
		file_destroy(file);
	}
}

// The destination must read as zeros, so the file keeps no bytes while they are elsewhere.
static void empty_own(struct store *own) {
	memory_punch(own->data, memory_count(own->data, own->reserve));
}

static bool move_bytes(struct file *file, struct store *store, struct copy *copy, const char **why) {
	bool is_own = file->store == NULL;
	if (!copy_begin(copy)) {
		*why = "its bytes cannot be copied";
		return false;
	}
	bool is_written = is_own && copy->has_data && file->shared_mappings == 0;
	bool is_mapped = !is_written && mapping_move_all(file, store);
	copy_finish(copy, is_mapped);
	if (is_mapped && is_own && copy->has_data) {
		empty_own(file->own);
	}
	*why = is_written ? "its file has data, but is not mapped" : "the new memory cannot be mapped";
	return is_mapped;
}

// While other threads wait that draw.
static bool move_frozen(struct file *file, struct store *store, int fd, const char **why) {
	struct store *from = file_get_store(file);
	size_t from_size = from->is_own ? from->reserve : from->size;
	size_t to_size = store->is_own ? memory_count(store->data, store->reserve) : store->size;
	struct copy copy = {.fd = from->is_own ? fd : -1,
		.source = from->data,
		.destination = store->data,
		.size = from_size < to_size ? from_size : to_size};
	struct freeze freeze = {.fd = -1};
	bool is_drawn = !__libc_single_threaded && file->shared_mappings > 0;
	copy.has_two_passes = is_drawn && !freeze_begin(&freeze, file);
	bool done = move_bytes(file, store, &copy, why);
	freeze_end(&freeze);
	return done;
}

void file_forget_former(struct file *file) {
	if (file->former != NULL) {
		store_defer_unref(file->former);
	}
	file->former = NULL;
}

bool file_move(struct file *file, struct store *store, int fd, const char **why) {
	struct store *from = file_get_store(file);
	bool is_leaving = from->is_own && !store->is_own, done = false;
	// Calls that begin from now on wait for the state lock; see ongoing.h.
	atomic_fetch_add(&moved_len, is_leaving);
	atomic_fetch_add(&generation, 1);
	if (is_leaving && ongoing_has(file->device, file->inode)) {
		*why = "another thread reads or writes it";
	} else {
		done = move_frozen(file, store, fd, why);
	}
	atomic_fetch_add(&generation, 1);
	if (!done) {
		atomic_fetch_sub(&moved_len, is_leaving);
		return false;
	}
	file->store = store->is_own ? NULL : store;
	atomic_fetch_sub(&moved_len, !from->is_own && store->is_own);
	file_forget_former(file);
	if (store->is_own && file->shm_pools > 0) {
		file->former = from;
	} else if (!from->is_own) {
		store_defer_unref(from);
	}
	return true;
}
