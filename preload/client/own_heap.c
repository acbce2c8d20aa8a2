#include "own_heap.h"

#include <stdlib.h>

// Leak checks follow pointers only through memory of the sanitizer's own allocator, which takes no lock to map memory.
#if defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SANITIZER
#endif
#endif

#if defined(__GLIBC__) && !defined(HAS_SANITIZER)

extern __typeof(calloc) __libc_calloc;
extern __typeof(realloc) __libc_realloc;
extern __typeof(free) __libc_free;

void *own_calloc(size_t len, size_t size) {
	return __libc_calloc(len, size);
}

void *own_realloc(void *data, size_t size) {
	return __libc_realloc(data, size);
}

void own_free(void *data) {
	__libc_free(data);
}

#else

void *own_calloc(size_t len, size_t size) {
	return calloc(len, size);
}

void *own_realloc(void *data, size_t size) {
	return realloc(data, size);
}

void own_free(void *data) {
	free(data);
}

#endif
