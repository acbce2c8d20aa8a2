#include "outside.h"

#include "debug.h"
#include "direct_calls.h"
#include "interpose.h"
#include "lock.h"
#include "moving.h"
#include "ongoing.h"
#include "raw.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
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

// For each fd: was it found to be of the kernel's own, and no ring? Until it is closed.
static atomic_bool no_rings[FDS_MAX];

// Why no file moves at all.
static _Atomic(const char *) reason;

bool outside_return(struct file *file, const char *why) {
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
	bool done = !*is_moved || outside_return(file, "the program reads or writes it");
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

static bool access_any(int fd) {
	if (!file_is_any_moved()) {
		return true;
	}
	bool is_known = fd < 0 || (fd < FDS_MAX && atomic_load_explicit(&known_fds[fd], memory_order_acquire) ==
													   file_get_generation());
	return is_known || outside_access_new(fd);
}

bool outside_begin(struct ongoing *call, int fd) {
	ongoing_begin(call, fd);
	if (access_any(fd)) {
		return true;
	}
	ongoing_end(call);
	return false;
}

void outside_end(const struct ongoing *call) {
	ongoing_end(call);
}

bool outside_begin_two(struct ongoing calls[2], int fd, int other) {
	if (!outside_begin(&calls[0], fd)) {
		return false;
	}
	if (outside_begin(&calls[1], other)) {
		return true;
	}
	outside_end(&calls[0]);
	return false;
}

void outside_end_two(const struct ongoing calls[2]) {
	outside_end(&calls[0]);
	outside_end(&calls[1]);
}

bool outside_begin_for_good(int fd, const char *why) {
	outside_share(fd, why, false);
	struct ongoing call;
	bool done = outside_begin(&call, fd);
	if (done) {
		outside_end(&call);
	}
	return done;
}

// A call that has not ended keeps the file, but not its number.
static void forget_calls(int fd) {
	if (fd >= 0 && fd < FDS_MAX) {
		atomic_store_explicit(&no_rings[fd], false, memory_order_relaxed);
	}
	if (ongoing_has_fd(fd)) {
		outside_share(fd, "another thread reads or writes it", false);
		ongoing_forget(fd);
	}
}

void outside_close(int fd) {
	forget_calls(fd);
	moving_tell(fd);
}

void outside_close_range(unsigned first, unsigned last) {
	for (unsigned fd = first; fd <= last && fd < FDS_MAX; fd++) {
		forget_calls((int)fd);
	}
	moving_tell_range(first, last);
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
	bool done = true;
	if (state_is_tracking() && fstatat(folder, path, &stat, flags) == 0 && state_lock()) {
		struct file *file = file_find(&stat);
		done = file == NULL || outside_return(file, "the program uses it by a path");
		state_unlock();
	}
	errno = done ? before : ENOMEM;
	return done;
}

void outside_share(int fd, const char *why, bool is_sent) {
	struct stat stat;
	int before = errno;
	if (file_is_eligible(fd, &stat) && state_lock()) {
		struct file *file = file_get(&stat);
		if (file != NULL) {
			outside_return(file, why);
			file_keep_promise(file, fd);
		}
		state_unlock();
		if (is_sent) {
			moving_tell(fd);
		}
	}
	errno = before;
}

bool outside_share_requests(struct iocb *const *requests, long len) {
	bool done = true;
	for (long i = 0; i < len && done; i++) {
		done = outside_begin_for_good((int)requests[i]->aio_fildes, "asynchronous requests read or write it");
	}
	return done;
}

static bool share_fd(int fd, void *data) {
	const bool *only_inherited = data;
	struct stat stat;
	int flags = *only_inherited ? raw_fcntl(fd, F_GETFD, 0) : 0;
	struct file *file = flags != -1 && (flags & FD_CLOEXEC) == 0 && fstat(fd, &stat) == 0 ? file_find(&stat) : NULL;
	if (file != NULL) {
		outside_return(file, "another process has it");
		file_keep_promise(file, fd);
	}
	return true;
}

static void share_file(struct file *file, void *data) {
	outside_return(file, "another process may have it");
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
	outside_return(file, data);
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
	bool *has_ring = data, is_known = fd < FDS_MAX && atomic_load_explicit(&no_rings[fd], memory_order_relaxed);
	if (!is_known && fstat(fd, &stat) == 0 && (stat.st_mode & S_IFMT) == 0) { // one of the kernel's own
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ssize_t len = readlink(path, link, sizeof(link));
		*has_ring = len == (ssize_t)strlen(RING) && memcmp(link, RING, (size_t)len) == 0;
		if (fd < FDS_MAX) {
			atomic_store_explicit(&no_rings[fd], !*has_ring, memory_order_relaxed);
		}
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
	if (atomic_load(&reason) == NULL && direct_calls_exist()) {
		outside_give_up("the program makes direct system calls");
	}
	return atomic_load(&reason);
}

static void mark_mapped(struct file *file, void *data) {
	file_mark_unsupported(file, "a child process may have it mapped");
}

// The child has all mappings, and its mappings of blocks show the same bytes. It has all fds, too: those that are
// closed on execve() are rarely for it.
static void share_with_child(void) {
	if (state_is_tracking()) {
		share_fds(true);
		file_for_each(mark_mapped, NULL);
	}
	file_note_untracked();
}

// The lock is held meanwhile: the child has only the thread that forks, so no other one may hold it. Sanitizers do not
// allow to allocate memory here.
static void prepare_fork(void) {
	state_lock();
	share_with_child();
}

void outside_prepare_child(void) {
	int before = errno;
	if (state_lock()) {
		share_with_child();
		state_unlock();
	}
	errno = before;
}

static bool mark_inherited(int fd, void *data) {
	outside_share(fd, "another process has it", false);
	return true;
}

static void handle_forks(void) {
	static atomic_bool is_handling;
	if (!atomic_exchange(&is_handling, true)) {
		pthread_atfork(prepare_fork, state_unlock, state_unlock);
	}
}

// The handlers of before a fork run in reverse order. The program's malloc() calls mprotect() with its own lock held,
// and may register a handler that takes this lock before our constructor runs. That handler must come first, so ours is
// registered before all others.
#ifdef __GLIBC__
int call_register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *object)
		SYMBOL("__register_atfork");
int call_register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *object) {
	static _Atomic(uintptr_t) place;
	handle_forks();
	return ((int (*)(void (*)(void), void (*)(void), void (*)(void), void *))find_original(
			&place, "__register_atfork"))(prepare, parent, child, object);
}
#endif

__attribute__((constructor)) static void start(void) {
	handle_forks();
	file_for_each_fd(mark_inherited, NULL);
}
