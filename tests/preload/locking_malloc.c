/*
 * An allocator as programs have that replace malloc() (PartitionAlloc in Chromium, jemalloc in Firefox): it changes the
 * protection of pages while it holds a lock of its own, and holds that lock during a fork.
 */
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>

void *malloc(size_t size);
void *calloc(size_t len, size_t size);
void *realloc(void *old, size_t size);
void free(void *data);
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t len, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *data);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static _Alignas(65536) char pages[65536];

static void lock(void) {
	pthread_mutex_lock(&mutex);
	mprotect(pages, sizeof(pages), PROT_READ | PROT_WRITE);
}

static void lock_alone(void) {
	pthread_mutex_lock(&mutex);
}

static void unlock(void) {
	pthread_mutex_unlock(&mutex);
}

// Before the constructors of libraries, as what allocates for the first of them.
static void handle_forks(void) {
	pthread_atfork(lock_alone, unlock, unlock);
}

__attribute__((section(".preinit_array"), used)) static void (*const preinit)(void) = handle_forks;

__attribute__((visibility("default"))) void *malloc(size_t size) {
	lock();
	void *data = __libc_malloc(size);
	pthread_mutex_unlock(&mutex);
	return data;
}

__attribute__((visibility("default"))) void *calloc(size_t len, size_t size) {
	lock();
	void *data = __libc_calloc(len, size);
	pthread_mutex_unlock(&mutex);
	return data;
}

__attribute__((visibility("default"))) void *realloc(void *old, size_t size) {
	lock();
	void *data = __libc_realloc(old, size);
	pthread_mutex_unlock(&mutex);
	return data;
}

__attribute__((visibility("default"))) void free(void *data) {
	lock();
	__libc_free(data);
	pthread_mutex_unlock(&mutex);
}
