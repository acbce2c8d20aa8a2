#include "memory/exported.h"

#include "base/os.h"
#include "memory/pool.h"
#include "memory/scratch.h"
#include "wire/manager.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

static const struct lido_area_impl exported_impl;

static struct lido_exported_area *from_area(struct lido_area *base) {
	assert(base->impl == &exported_impl);
	struct lido_exported_area *area = wl_container_of(base, area, base);
	return area;
}

// Kernels before 6.3 do not know how to make a file that cannot be executed.
static int create_file(void) {
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = lido_os.memfd_create("lido", flags | MFD_NOEXEC_SEAL);
	if (fd == -1 && errno == EINVAL) {
		fd = lido_os.memfd_create("lido", flags);
	}
	if (fd != -1 && lido_os.add_seals(fd, F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
		lido_os.close(fd);
		return -1;
	}
	return fd;
}

// Where address space is scarce a smaller reserve will do.
static bool area_map_reserve(struct lido_exported_area *area, int64_t reserve, int64_t reserve_min) {
	const int64_t page = sysconf(_SC_PAGESIZE);
	for (;;) {
		void *data = lido_os.mmap(NULL, (size_t)reserve, PROT_READ, MAP_SHARED | MAP_NORESERVE, area->base.fd, 0);
		if (data != MAP_FAILED) {
			area->data = data;
			area->reserve = reserve;
			return true;
		}
		if (reserve == reserve_min) {
			return false;
		}
		int64_t half = reserve / 2 / page * page;
		reserve = half > reserve_min ? half : reserve_min;
	}
}

struct lido_exported_area *lido_exported_area_create(struct lido_pool *pool, int64_t reserve, int64_t reserve_min) {
	struct lido_exported_area *area = lido_os.calloc(1, sizeof(*area));
	if (area == NULL) {
		return NULL;
	}
	area->base = (struct lido_area){.impl = &exported_impl, .pool = pool, .sealed = true, .writable = true};
	area->base.fd = create_file();
	if (area->base.fd == -1) {
		goto error_area;
	}
	if (!area_map_reserve(area, reserve, reserve_min)) {
		goto error_fd;
	}
	area->allocator = lido_allocator_create(area->reserve);
	if (area->allocator == NULL) {
		goto error_mapping;
	}
	area->id = ++pool->last_area_id;
	area->generation = 1;
	wl_list_init(&area->announcements);
	wl_list_insert(pool->exported.prev, &area->base.link);
	pool->exported_len++;
	pool->files++;
	pool->manager->files++;
	pool->mappings++;
	pool->bytes_mapped += area->reserve;
	return area;

error_mapping:
	lido_os.munmap((void *)(uintptr_t)area->data, (size_t)area->reserve);
error_fd:
	lido_os.close(area->base.fd);
error_area:
	free(area);
	return NULL;
}

void lido_exported_area_destroy(struct lido_exported_area *area) {
	struct lido_pool *pool = area->base.pool;
	assert(area->base.users == 0 && wl_list_empty(&area->announcements));
	assert(lido_allocator_get_count(area->allocator) == 0);
	lido_allocator_destroy(area->allocator);
	lido_os.munmap((void *)(uintptr_t)area->data, (size_t)area->reserve);
	lido_manager_close(pool->manager, area->base.fd, true);
	wl_list_remove(&area->base.link);
	pool->exported_len--;
	pool->files--;
	pool->mappings--;
	pool->bytes_mapped -= area->reserve;
	free(area);
}

enum look {
	LOOK_OK,
	LOOK_CHANGED, // its size is not ours any more
	LOOK_FAILED,
};

static enum look area_look(struct lido_exported_area *area) {
	struct stat stat;
	if (lido_os.fstat(area->base.fd, &stat) != 0) {
		return LOOK_FAILED;
	}
	if (stat.st_size != area->base.size) {
		return LOOK_CHANGED;
	}
	int64_t present = (int64_t)stat.st_blocks * 512;
	area->generation += present < area->bytes_present;
	area->bytes_present = present;
	return LOOK_OK;
}

enum lido_grow_result lido_exported_area_grow(struct lido_exported_area *area) {
	const int64_t page = sysconf(_SC_PAGESIZE);
	int64_t size = (lido_allocator_get_end(area->allocator) + page - 1) / page * page;
	assert(size <= area->reserve);
	if (size <= area->base.size) {
		return LIDO_GROW_OK;
	}
	if (lido_os.ftruncate(area->base.fd, size) != 0) {
		// It can never be made shorter: so this is what happens if the client was quicker.
		return area_look(area) == LOOK_CHANGED ? LIDO_GROW_CHANGED : LIDO_GROW_NO_MEMORY;
	}
	area->base.size = size;
	return LIDO_GROW_OK;
}

// Reading a hole in place would make the kernel allocate its pages, on the client's behalf and in the server's time. A
// file with as many pages as it is long has none. Otherwise SEEK_HOLE tells, which looks at each page; what it has seen
// once stays so until the file has fewer pages than before. (Who punches one page and fills another at the same time
// can have that one filled by the server's reading, and pays as much himself.)
static bool range_has_holes(struct lido_exported_area *area, int64_t offset, int64_t size, struct lido_pages *pages) {
	if (area->bytes_present >= area->base.size || (pages != NULL && pages->generation == area->generation)) {
		return false;
	}
	if (lido_os.seek_hole(area->base.fd, offset) < offset + size) {
		return true;
	}
	if (pages != NULL) {
		pages->generation = area->generation;
	}
	return false;
}

// Buffers come and go in the same places, whose page table is filled already. One range of these is remembered: that of
// the latest, and what adjoins it.
static void area_populate(struct lido_exported_area *area, int64_t offset, int64_t size) {
	int64_t end = offset + size;
	bool is_current = area->populated.generation == area->generation;
	if (is_current && offset >= area->populated.start && end <= area->populated.end) {
		return;
	}
	lido_area_populate(area->data, offset, size);
	if (!is_current || offset > area->populated.end || end < area->populated.start) {
		area->populated.start = offset;
		area->populated.end = end;
		area->populated.generation = area->generation;
		return;
	}
	area->populated.start = offset < area->populated.start ? offset : area->populated.start;
	area->populated.end = end > area->populated.end ? end : area->populated.end;
}

static const void *handle_map(struct lido_area *base, int64_t offset, int64_t size, struct lido_pages *pages) {
	struct lido_exported_area *area = from_area(base);
	assert(offset + size <= base->size);
	if (area_look(area) != LOOK_OK || range_has_holes(area, offset, size, pages)) {
		return NULL;
	}
	if (pages != NULL && !pages->populated) {
		pages->populated = true;
		area_populate(area, offset, size);
	}
	return area->data + offset;
}

static bool handle_check(struct lido_area *base) {
	return area_look(from_area(base)) != LOOK_CHANGED;
}

// It stays for a while, since the client may want memory again at once.
static void handle_unused(struct lido_area *base) {
	struct lido_exported_area *area = from_area(base);
	area->idle_since = lido_memory_now();
	if (base->pool->client == NULL) {
		lido_exported_area_destroy(area);
	} else {
		lido_manager_schedule_trim(base->pool->manager);
	}
}

static const struct lido_area_impl exported_impl = {
	.map = handle_map,
	.check = handle_check,
	.unused = handle_unused,
};

static void area_punch(struct lido_exported_area *area, struct lido_range *range) {
	const int64_t page = sysconf(_SC_PAGESIZE);
	int64_t start = (range->offset + page - 1) / page * page;
	int64_t end = (range->offset + range->size) / page * page;
	// What cannot be given back now is forgotten, rather than tried each second.
	lido_range_set_cold(range);
	if (start < end) {
		lido_os.punch_hole(area->base.fd, start, end - start);
	}
}

bool lido_exported_area_trim(struct lido_exported_area *area, int64_t before, uint32_t *calls_left) {
	bool punched = false;
	struct lido_range *range;
	while ((range = lido_allocator_get_oldest_warm(area->allocator)) != NULL && *calls_left > 0 &&
			(before == 0 || range->idle_since < before)) {
		(*calls_left)--;
		area_punch(area, range);
		punched = true;
	}
	if (punched) {
		// These pages went by our own hand: no live range has lost any.
		area->bytes_present = lido_area_get_resident(&area->base);
		area->populated.start = area->populated.end = 0;
	}
	return range != NULL;
}
