#include "outside.h"

#include "debug.h"
#include "lock.h"
#include "moving.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FDS_MAX 4096
#define RING "anon_inode:[io_uring]"

// For each fd: the generation (file_get_generation()) in which it was found to be of no file that has moved.
static atomic_uint known_fds[FDS_MAX];

// Why no file moves at all.
static _Atomic(const char *) reason;

static bool return_file(struct file *file, const char *why) {
	if (file->store != NULL) {
		debug_log("the file of a pool is plain from now on: %s", why);
	}
	return moving_return(file, why);
}

// Returns the file with this status, if its bytes have moved.
static bool access_file(const struct stat *stat, bool *is_moved) {
	*is_moved = true;
	if (!state_lock()) {
		return true; // this library's own access
	}
	struct file *file = file_find(stat);
	*is_moved = file != NULL && file->store != NULL;
	bool done = !*is_moved || return_file(file, "the program reads or writes it");
	state_unlock();
	return done;
}

bool outside_access_new(int fd) {
	struct stat stat;
	int before = errno;
	if (!file_is_any_moved()) {
		return true;
	}
	unsigned generation = file_get_generation();
	bool is_moved = true;
	if (fstat(fd, &stat) == 0 && !access_file(&stat, &is_moved)) {
		errno = ENOMEM;
		return false;
	}
	if (!is_moved && fd >= 0 && fd < FDS_MAX) {
		atomic_store_explicit(&known_fds[fd], generation, memory_order_release);
	}
	errno = before;
	return true;
}

bool outside_access(int fd) {
	if (!file_is_any_moved()) {
		return true;
	}
	bool is_known = fd < 0 || (fd < FDS_MAX && atomic_load_explicit(&known_fds[fd], memory_order_acquire) ==
													   file_get_generation());
	return is_known || outside_access_new(fd);
}

bool outside_was_moving(unsigned generation) {
	if (errno != EFAULT || !state_is_tracking() || !state_lock()) {
		return false;
	}
	state_unlock();
	errno = EFAULT;
	return file_get_generation() != generation;
}

bool outside_access_path(int folder, const char *path, int flags) {
	struct stat stat;
	int before = errno;
	bool is_moved;
	if (file_is_any_moved() && fstatat(folder, path, &stat, flags) == 0 && !access_file(&stat, &is_moved)) {
		errno = ENOMEM;
		return false;
	}
	errno = before;
	return true;
}

void outside_share(int fd, const char *why, bool is_sent) {
	struct stat stat;
	int before = errno;
	if (file_is_eligible(fd, &stat) && stat.st_nlink == 0 && state_lock()) {
		struct file *file = file_get(&stat);
		if (file != NULL) {
			return_file(file, why);
		}
		state_unlock();
		if (is_sent) {
			moving_tell(fd);
		}
	}
	errno = before;
}

static bool share_fd(int fd, void *data) {
	const bool *only_inherited = data;
	struct stat stat;
	int flags = *only_inherited ? fcntl(fd, F_GETFD) : 0;
	struct file *file = flags != -1 && (flags & FD_CLOEXEC) == 0 && fstat(fd, &stat) == 0 ? file_find(&stat) : NULL;
	if (file != NULL) {
		return_file(file, "another process has it");
	}
	return true;
}

static void share_file(struct file *file, void *data) {
	return_file(file, "another process may have it");
}

// With the state lock held. If the fds cannot be listed, there may be one of each file.
static void share_fds(bool only_inherited) {
	if (!file_for_each_fd(share_fd, &only_inherited)) {
		file_for_each(share_file, NULL);
	}
}

void outside_share_all(bool only_inherited) {
	int before = errno;
	if (state_is_tracking() && state_lock()) {
		share_fds(only_inherited);
		state_unlock();
	}
	errno = before;
}

static void give_up_file(struct file *file, void *data) {
	return_file(file, data);
}

void outside_give_up(const char *why) {
	int before = errno;
	atomic_store(&reason, why);
	if (state_is_tracking() && state_lock()) {
		file_for_each(give_up_file, (void *)(uintptr_t)why);
		state_unlock();
	}
	errno = before;
}

// A ring reads and writes files by system calls that no library sees.
static bool is_no_ring(int fd, void *data) {
	char path[32], link[32];
	struct stat stat;
	bool *has_ring = data;
	if (fstat(fd, &stat) == 0 && (stat.st_mode & S_IFMT) == 0) { // one of the kernel's own
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ssize_t len = readlink(path, link, sizeof(link));
		*has_ring = len == (ssize_t)strlen(RING) && memcmp(link, RING, (size_t)len) == 0;
	}
	return !*has_ring;
}

const char *outside_get_reason(void) {
	bool has_ring = false;
	if (atomic_load(&reason) == NULL) {
		file_for_each_fd(is_no_ring, &has_ring);
	}
	if (has_ring) {
		outside_give_up("the program uses io_uring");
	}
	return atomic_load(&reason);
}

static void mark_mapped(struct file *file, void *data) {
	file_mark_unsupported(file, "a child process may have it mapped");
}

// The child has all mappings, and its mappings of blocks show the same bytes. It has all fds, too: those that are
// closed on execve() are rarely for it. The lock is held meanwhile: the child has only the thread that forks, so no
// other one may hold it. Sanitizers do not allow to allocate memory here.
static void prepare_fork(void) {
	state_lock();
	if (state_is_tracking()) {
		share_fds(true);
		file_for_each(mark_mapped, NULL);
	}
}

static bool mark_inherited(int fd, void *data) {
	outside_share(fd, "another process has it", false);
	return true;
}

__attribute__((constructor)) static void start(void) {
	pthread_atfork(prepare_fork, state_unlock, state_unlock);
	file_for_each_fd(mark_inherited, NULL);
}
