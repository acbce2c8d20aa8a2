/*
 * An allocator as programs have that replace malloc() (PartitionAlloc in Chromium, jemalloc in Firefox): it changes the
 * protection of pages while it holds a lock of its own.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

extern __typeof(malloc) __libc_malloc;
extern __typeof(calloc) __libc_calloc;
extern __typeof(realloc) __libc_realloc;
extern __typeof(free) __libc_free;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static _Alignas(65536) char pages[65536];

static void lock(void) {
	pthread_mutex_lock(&mutex);
	mprotect(pages, sizeof(pages), PROT_READ | PROT_WRITE);
}

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

__attribute__((visibility("default"))) void *realloc(void *data, size_t size) {
	lock();
	data = __libc_realloc(data, size);
	pthread_mutex_unlock(&mutex);
	return data;
}

__attribute__((visibility("default"))) void free(void *data) {
	lock();
	__libc_free(data);
	pthread_mutex_unlock(&mutex);
}
