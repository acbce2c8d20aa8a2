#include "heap.h"

#include "account.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define HAS_SANITIZER
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER
#endif

#if defined(__GLIBC__) && !defined(HAS_SANITIZER)

#define REPLACES_LIBC __attribute__((visibility("default")))

// What glibc needs for each block itself, on average, bytes.
#define OVERHEAD 16

#define UNIT 16 // bytes

// Lies before each block, and keeps its alignment.
struct header {
	_Alignas(UNIT) struct account *account; // NULL: nobody's
	uint32_t size;   // of the block, in units, rounded up; the largest number also stands for larger blocks
	uint32_t offset; // in units: glibc's block begins as far before this one
};

_Static_assert(sizeof(struct header) == UNIT && _Alignof(max_align_t) <= UNIT, "headers keep the alignment of blocks");

// glibc has its allocator under these names for programs that replace malloc().
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t len, size_t size);
extern void *__libc_realloc(void *data, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *data);

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): libc's headers use reserved names.

static _Thread_local struct account *current;

static struct header *get_header(void *data) {
	return (struct header *)data - 1;
}

static void *get_start(void *data) {
	return (char *)data - (size_t)get_header(data)->offset * UNIT;
}

static size_t get_cost(const struct header *header) {
	return (size_t)header->size * UNIT + sizeof(*header) + OVERHEAD;
}

static void charge(struct header *header, size_t size) {
	size_t units = (size + UNIT - 1) / UNIT;
	header->size = units < UINT32_MAX ? (uint32_t)units : UINT32_MAX;
	if (header->account != NULL) {
		atomic_fetch_add_explicit(&header->account->heap_size, get_cost(header), memory_order_relaxed);
	}
}

static void discharge(const struct header *header) {
	if (header->account != NULL) {
		atomic_fetch_sub_explicit(&header->account->heap_size, get_cost(header), memory_order_relaxed);
	}
}

// Writes the header of a block with this start in glibc's heap.
static void *begin(struct account *account, void *start, size_t offset, size_t size) {
	if (start == NULL) {
		return NULL;
	}
	void *data = (char *)start + offset;
	struct header *header = get_header(data);
	header->account = account;
	header->offset = (uint32_t)(offset / UNIT);
	charge(header, size);
	return data;
}

// All units of a block can be used.
static bool add_header(size_t size, size_t header_size, size_t *sum) {
	if (size > PTRDIFF_MAX - UNIT - header_size) {
		errno = ENOMEM;
		return false;
	}
	*sum = (size + UNIT - 1) / UNIT * UNIT + header_size;
	return true;
}

REPLACES_LIBC void *malloc(size_t size) {
	size_t sum;
	return add_header(size, sizeof(struct header), &sum)
				   ? begin(current, __libc_malloc(sum), sizeof(struct header), size)
				   : NULL;
}

REPLACES_LIBC void *calloc(size_t len, size_t size) {
	size_t product, sum;
	if (__builtin_mul_overflow(len, size, &product)) {
		errno = ENOMEM;
		return NULL;
	}
	return add_header(product, sizeof(struct header), &sum)
				   ? begin(current, __libc_calloc(1, sum), sizeof(struct header), product)
				   : NULL;
}

REPLACES_LIBC void free(void *data) {
	if (data != NULL) {
		discharge(get_header(data));
		__libc_free(get_start(data));
	}
}

static void *move(void *data, size_t size) {
	void *moved = malloc(size);
	if (moved != NULL) {
		size_t old = malloc_usable_size(data);
		memcpy(moved, data, old < size ? old : size);
		free(data);
	}
	return moved;
}

REPLACES_LIBC void *realloc(void *data, size_t size) {
	size_t sum;
	if (data == NULL) {
		return malloc(size);
	} else if (size == 0) {
		free(data);
		return NULL;
	} else if (get_header(data)->offset != sizeof(struct header) / UNIT) {
		return move(data, size);
	} else if (!add_header(size, sizeof(struct header), &sum)) {
		return NULL;
	}
	struct header old = *get_header(data);
	void *start = __libc_realloc(get_start(data), sum);
	if (start == NULL) {
		return NULL;
	}
	discharge(&old);
	struct header *header = start;
	header->account = current != NULL ? current : old.account;
	charge(header, size);
	return header + 1;
}

// Only renderers ask for aligned blocks, for the pixels of textures: a window may have more of them than the limit.
static void *allocate_aligned(size_t alignment, size_t size) {
	size_t offset = alignment > sizeof(struct header) ? alignment : sizeof(struct header), sum;
	if (offset > PTRDIFF_MAX / 2 || offset / UNIT > UINT32_MAX || !add_header(size, offset, &sum)) {
		errno = ENOMEM;
		return NULL;
	}
	return begin(NULL, __libc_memalign(offset, sum), offset, size);
}

static bool is_power_of_two(size_t number) {
	return number != 0 && (number & (number - 1)) == 0;
}

REPLACES_LIBC void *aligned_alloc(size_t alignment, size_t size) {
	if (!is_power_of_two(alignment)) {
		errno = EINVAL;
		return NULL;
	}
	return allocate_aligned(alignment, size);
}

REPLACES_LIBC void *memalign(size_t alignment, size_t size) {
	return aligned_alloc(alignment, size);
}

REPLACES_LIBC int posix_memalign(void **data, size_t alignment, size_t size) {
	if (!is_power_of_two(alignment) || alignment % sizeof(void *) != 0) {
		return EINVAL;
	}
	int saved = errno;
	void *aligned = allocate_aligned(alignment, size);
	errno = saved;
	if (aligned == NULL) {
		return ENOMEM;
	}
	*data = aligned;
	return 0;
}

static size_t get_page_size(void) {
	return (size_t)sysconf(_SC_PAGESIZE);
}

REPLACES_LIBC void *valloc(size_t size) {
	return allocate_aligned(get_page_size(), size);
}

REPLACES_LIBC void *pvalloc(size_t size) {
	size_t page = get_page_size();
	return size <= PTRDIFF_MAX - page ? valloc((size + page - 1) / page * page) : NULL;
}

REPLACES_LIBC size_t malloc_usable_size(void *data) {
	return data != NULL ? (size_t)get_header(data)->size * UNIT : 0;
}

void heap_set_account(struct account *account) {
	current = account;
}

// In a program that loads the compositor as a module (WLCS), malloc() is that of libc.
static bool is_malloc_ours(void) {
	struct account probe = {0}, *before = current;
	current = &probe;
	void *volatile data = malloc(1);
	bool is_ours = atomic_load(&probe.heap_size) > 0;
	free(data);
	current = before;
	return is_ours;
}

bool heap_is_counted(void) {
	static enum {
		UNKNOWN,
		NO,
		YES
	} known;
	if (known == UNKNOWN) {
		known = is_malloc_ours() ? YES : NO;
	}
	return known == YES;
}

void heap_give(void *data, struct account *account) {
	if (data != NULL && heap_is_counted()) {
		struct header *header = get_header(data);
		discharge(header);
		header->account = account;
		charge(header, (size_t)header->size * UNIT);
	}
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name)

#else

void heap_set_account(struct account *account) {
}

void heap_give(void *data, struct account *account) {
}

bool heap_is_counted(void) {
	return false;
}

#endif
