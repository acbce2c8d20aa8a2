#include "area.h"

#include "memory.h"
#include "owned_fd.h"
#include "page.h"
#include "raw.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 // since Linux 5.14
#endif

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

// Larger ranges are cleared by punching their pages out, not by writing zeros: most of their bytes are never used.
#define CLEAR_SIZE_MAX (UINT32_C(64) << 20)

// From this size on one madvise() costs less than the page faults that it saves, as the client library has measured.
#define POPULATE_SIZE_MIN (32 * 1024)

// Bytes for which area.populated has one bit.
#define PART_SIZE (UINT32_C(64) << 10)

struct area *area_create(uint32_t id, int number, uint32_t size, uint32_t reserve) {
	struct owned_fd fd;
	owned_fd_take(&fd, number);
	struct area *area = calloc(1, sizeof(*area));
	uint8_t *populated = calloc(reserve / PART_SIZE / 8 + 1, 1);
	void *data = owned_fd_is_safe(&fd, size) ? owned_fd_map(&fd, reserve) : MAP_FAILED;
	owned_fd_close(&fd);
	if (area == NULL || populated == NULL || data == MAP_FAILED) {
		if (data != MAP_FAILED) {
			raw_munmap(data, reserve);
		}
		free(populated);
		free(area);
		return NULL;
	}
	*area = (struct area){
		.id = id, .size = size, .present = size, .reserve = reserve, .data = data, .populated = populated};
	return area;
}

void area_destroy(struct area *area) {
	raw_munmap(area->data, area->reserve);
	free(area->populated);
	free(area);
}

// Sets the bits of those parts that lie wholly in the range, or clears the bits of all parts that it touches.
static void set_populated(struct area *area, size_t offset, size_t size, bool is_populated) {
	size_t start = is_populated ? (offset + PART_SIZE - 1) / PART_SIZE : offset / PART_SIZE;
	size_t end = is_populated ? (offset + size) / PART_SIZE : (offset + size + PART_SIZE - 1) / PART_SIZE;
	for (size_t i = start; i < end; i++) {
		uint8_t bit = (uint8_t)(1U << i % 8);
		area->populated[i / 8] = (uint8_t)(is_populated ? area->populated[i / 8] | bit : area->populated[i / 8] & ~bit);
	}
}

static bool is_populated(const struct area *area, size_t offset) {
	size_t part = offset / PART_SIZE;
	return (area->populated[part / 8] >> part % 8 & 1) != 0;
}

// Populates those parts of the range that are not known to be populated.
static void populate(struct area *area, size_t offset, size_t size) {
	size_t end = offset + size;
	while (offset < end) {
		size_t next = (offset / PART_SIZE + 1) * PART_SIZE, start = offset;
		bool is_there = is_populated(area, offset);
		while (next < end && is_populated(area, next) == is_there) {
			next += PART_SIZE;
		}
		offset = next < end ? next : end;
		if (!is_there && offset - start >= POPULATE_SIZE_MIN) {
			madvise(area->data + start, offset - start, MADV_POPULATE_WRITE);
		}
	}
}

// Are there bytes up to this one? The file never shrinks, so what was there once stays.
static bool has_bytes(struct area *area, uint32_t end) {
	if (end > area->present && memory_exists(area->data + end - 1)) {
		area->present = end;
	}
	return end <= area->present;
}

bool area_use(struct area *area, uint32_t offset, uint32_t size) {
	uint64_t end = (uint64_t)offset + size;
	if (size == 0 || end > area->size || end > area->reserve || offset % page_size() != 0 ||
			!has_bytes(area, (uint32_t)end)) {
		return false;
	}
	size_t dirty = area->high_water > offset ? area->high_water - offset : 0;
	dirty = dirty < size ? dirty : size;
	if (dirty > 0 && size > CLEAR_SIZE_MAX) {
		memory_punch(area->data + offset, dirty);
	} else if (dirty > 0) {
		populate(area, offset, dirty);
		memset(area->data + offset, 0, dirty);
		set_populated(area, offset, dirty, true);
	}
	area->high_water = end > area->high_water ? (uint32_t)end : area->high_water;
	area->users++;
	return true;
}

bool area_remap_to(struct area *area, size_t offset, size_t size, int prot, void *address) {
	// Before Linux 5.13 this fails for shared mappings. Then the range is mapped anew, without its pages.
	if (is_populated(area, offset) && prot == (PROT_READ | PROT_WRITE) &&
			raw_mremap(area->data + offset, size, size, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, address) !=
					MAP_FAILED) {
		set_populated(area, offset, size, false);
		return true;
	}
	return memory_duplicate(area->data + offset, size, prot, address);
}

bool area_remap_from(struct area *area, size_t offset, size_t size, void *address) {
	if (raw_mremap(address, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, area->data + offset) == MAP_FAILED) {
		return false;
	}
	set_populated(area, offset, size, true);
	return true;
}
