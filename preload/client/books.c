#include "books.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) == sizeof(long), "system calls take offsets as one word");

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread bool has_lock __attribute__((tls_model("initial-exec")));
static atomic_bool is_tracking;

bool books_open(void) {
	if (has_lock) {
		return false;
	}
	has_lock = true;
	pthread_mutex_lock(&lock);
	return true;
}

void books_close(void) {
	pthread_mutex_unlock(&lock);
	has_lock = false;
}

bool books_is_tracking(void) {
	return atomic_load_explicit(&is_tracking, memory_order_acquire);
}

void books_start_tracking(void) {
	atomic_store_explicit(&is_tracking, true, memory_order_release);
}

// The child of a fork must not find them locked by a thread that it does not have.
static void lock_for_fork(void) {
	pthread_mutex_lock(&lock);
}

static void unlock_after_fork(void) {
	pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void start(void) {
	pthread_atfork(lock_for_fork, unlock_after_fork, unlock_after_fork);
}

void books_say(const char *format, ...) {
	static int wanted = -1;
	if (wanted < 0) {
		const char *value = getenv("LIDO_RUN_DEBUG");
		wanted = value != NULL && strcmp(value, "0") != 0;
	}
	if (wanted == 0) {
		return;
	}
	char text[256];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	dprintf(STDERR_FILENO, "lido-run: %d: %s\n", (int)getpid(), text);
}

size_t page_size(void) {
	static size_t size;
	if (size == 0) {
		size = (size_t)sysconf(_SC_PAGESIZE);
	}
	return size;
}

size_t page_round(size_t size) {
	return (size + page_size() - 1) & ~(page_size() - 1);
}

void *raw_mmap(void *address, size_t size, int prot, int flags, int fd, off_t offset) {
	return (void *)syscall(SYS_mmap, address, size, prot, flags, fd, offset);
}

void *raw_mremap(void *address, size_t size, size_t new_size, int flags, void *new_address) {
	return (void *)syscall(SYS_mremap, address, size, new_size, flags, new_address);
}

int raw_munmap(void *address, size_t size) {
	return (int)syscall(SYS_munmap, address, size);
}

int raw_mprotect(void *address, size_t size, int prot) {
	return (int)syscall(SYS_mprotect, address, size, prot);
}

int raw_ftruncate(int fd, off_t size) {
	return (int)syscall(SYS_ftruncate, fd, size);
}

int raw_fallocate(int fd, int mode, off_t offset, off_t size) {
	return (int)syscall(SYS_fallocate, fd, mode, offset, size);
}
