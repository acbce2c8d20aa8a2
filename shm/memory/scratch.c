#include "memory/scratch.h"

#include "base/os.h"
#include "memory/pool.h"
#include "wire/manager.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

// From this size on huge pages are worth asking for: one fault in place of 512. Bytes.
#define HUGE_PAGE_SIZE (2u << 20)

int64_t lido_memory_now(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static size_t round_up(size_t size, size_t to) {
	return (size + to - 1) / to * to;
}

static void memory_free(struct lido_memory *memory) {
	memory->pool->bytes -= (int64_t)memory->charged;
	lido_os.munmap(memory->data, memory->capacity);
	free(memory);
}

bool lido_memory_trim(struct lido_pool *pool, int64_t before) {
	// The oldest come last.
	struct lido_memory *memory, *next;
	wl_list_for_each_reverse_safe(memory, next, &pool->warm, link) {
		if (before != 0 && memory->idle_since >= before) {
			return true;
		}
		wl_list_remove(&memory->link);
		memory_free(memory);
	}
	return false;
}

int64_t lido_memory_get_warm(const struct lido_pool *pool) {
	int64_t bytes = 0;
	const struct lido_memory *memory;
	wl_list_for_each(memory, &pool->warm, link) {
		bytes += (int64_t)memory->charged;
	}
	return bytes;
}

// The smallest that holds the size; but none of which most would lie idle.
static struct lido_memory *find_warm(struct lido_pool *pool, size_t size) {
	struct lido_memory *best = NULL, *memory;
	wl_list_for_each(memory, &pool->warm, link) {
		if (memory->capacity >= size && memory->charged / 4 <= size &&
				(best == NULL || memory->charged < best->charged)) {
			best = memory;
		}
	}
	return best;
}

static struct lido_memory *memory_map(struct lido_pool *pool, size_t size) {
	struct lido_memory *memory = lido_os.calloc(1, sizeof(*memory));
	if (memory == NULL) {
		lido_pool_fail(pool, "out of memory for a snapshot of %zu bytes", size);
		return NULL;
	}
	memory->pool = pool;
	memory->capacity = size + round_up(size / 2, (size_t)sysconf(_SC_PAGESIZE));
	memory->data = lido_os.mmap(
			NULL, memory->capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory->data == MAP_FAILED) {
		lido_pool_fail(pool, "out of memory for a snapshot of %zu bytes: %s", size, strerror(errno));
		free(memory);
		return NULL;
	}
	if (size >= HUGE_PAGE_SIZE) {
		lido_os.madvise(memory->data, memory->capacity, MADV_HUGEPAGE);
	}
	return memory;
}

// Charges the pool for what the memory was not yet asked for. Where that is too much, what lies idle is given back
// first.
static bool memory_charge(struct lido_memory *memory, size_t size) {
	if (size <= memory->charged) {
		return true;
	}
	int64_t more = (int64_t)(size - memory->charged);
	if (!lido_pool_check_bytes(memory->pool, more)) {
		lido_memory_trim(memory->pool, 0);
		if (!lido_pool_check_bytes(memory->pool, more)) {
			return false;
		}
	}
	struct lido_pool *pool = memory->pool;
	pool->bytes += more;
	pool->bytes_peak = pool->bytes > pool->bytes_peak ? pool->bytes : pool->bytes_peak;
	memory->charged = size;
	return true;
}

struct lido_memory *lido_memory_create(struct lido_pool *pool, size_t size) {
	assert(size > 0);
	size = round_up(size, (size_t)sysconf(_SC_PAGESIZE));
	struct lido_memory *memory = find_warm(pool, size);
	if (memory != NULL) {
		wl_list_remove(&memory->link);
	} else if ((memory = memory_map(pool, size)) == NULL) {
		return NULL;
	}
	if (!memory_charge(memory, size)) {
		memory_free(memory);
		return NULL;
	}
	pool->memories++;
	return memory;
}

void lido_memory_destroy(struct lido_memory *memory) {
	if (memory == NULL) {
		return;
	}
	struct lido_pool *pool = memory->pool;
	assert(pool->memories > 0);
	pool->memories--;
	memory->idle_since = lido_memory_now();
	wl_list_insert(&pool->warm, &memory->link);
	if (pool->client == NULL) {
		lido_memory_trim(pool, 0);
		lido_pool_consider_destroy(pool);
	} else {
		lido_manager_schedule_trim(pool->manager);
	}
}

void *lido_memory_get_data(struct lido_memory *memory) {
	return memory->data;
}
