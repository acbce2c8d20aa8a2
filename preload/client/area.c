#include "area.h"

#include "memory.h"
#include "own_heap.h"
#include "owned_fd.h"
#include "page.h"
#include "raw.h"

#include <string.h>
#include <sys/mman.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

// Of more bytes no pages are kept: writing zeros would take longer than the page faults that it saves.
#define CLEAR_SIZE_MAX ((size_t)64 << 20)

// Pages for which area.populated has one word.
#define WORD_PAGES 64

struct area *area_create(uint32_t id, int number, uint32_t size, uint32_t reserve) {
	struct owned_fd fd;
	owned_fd_take(&fd, number);
	struct area *area = own_calloc(1, sizeof(*area));
	uint64_t *populated = own_calloc(reserve / page_size() / WORD_PAGES + 1, sizeof(*populated));
	void *data = owned_fd_is_safe(&fd, size) ? owned_fd_map(&fd, reserve) : MAP_FAILED;
	owned_fd_close(&fd);
	if (area == NULL || populated == NULL || data == MAP_FAILED) {
		if (data != MAP_FAILED) {
			raw_munmap(data, reserve);
		}
		own_free(populated);
		own_free(area);
		return NULL;
	}
	*area = (struct area){
		.id = id, .size = size, .present = size, .reserve = reserve, .data = data, .populated = populated};
	return area;
}

void area_destroy(struct area *area) {
	raw_munmap(area->data, area->reserve);
	own_free(area->populated);
	own_free(area);
}

// Of all pages that the range touches.
static void set_populated(struct area *area, size_t offset, size_t size, bool is_populated) {
	size_t page = offset / page_size(), end = (offset + size + page_size() - 1) / page_size(), next;
	for (; page < end; page = next) {
		next = page - page % WORD_PAGES + WORD_PAGES;
		next = next < end ? next : end;
		uint64_t bits = UINT64_MAX >> (WORD_PAGES - (next - page)) << page % WORD_PAGES;
		uint64_t *word = &area->populated[page / WORD_PAGES];
		*word = is_populated ? *word | bits : *word & ~bits;
	}
}

static bool is_populated(const struct area *area, size_t page) {
	return (area->populated[page / WORD_PAGES] >> page % WORD_PAGES & 1) != 0;
}

// The end of the pages from here on, at most to end, that are all populated, or all not.
static size_t find_end(const struct area *area, size_t page, size_t end) {
	uint64_t equal = is_populated(area, page) ? UINT64_MAX : 0, unequal = 0;
	while (page < end && unequal == 0) {
		unequal = (area->populated[page / WORD_PAGES] ^ equal) >> page % WORD_PAGES;
		page += unequal != 0 ? (size_t)__builtin_ctzll(unequal) : WORD_PAGES - page % WORD_PAGES;
	}
	return page < end ? page : end;
}

// Calls fn for each range of pages that are all populated, or all not.
static void for_each_range(struct area *area, size_t offset, size_t size,
		void (*fn)(struct area *area, size_t offset, size_t size, bool is_populated)) {
	size_t page = offset / page_size(), end = (offset + size) / page_size(), next;
	for (; page < end; page = next) {
		next = find_end(area, page, end);
		fn(area, page * page_size(), (next - page) * page_size(), is_populated(area, page));
	}
}

static void clear_or_punch(struct area *area, size_t offset, size_t size, bool is_populated) {
	if (is_populated) {
		memset(area->data + offset, 0, size);
	} else {
		memory_punch(area->data + offset, size);
	}
}

static size_t count_populated(const struct area *area, size_t offset, size_t size) {
	size_t page = offset / page_size(), end = (offset + size) / page_size(), pages = 0, next;
	for (; page < end; page = next) {
		next = find_end(area, page, end);
		pages += is_populated(area, page) ? next - page : 0;
	}
	return pages * page_size();
}

// Makes a range of whole pages read as zeros. Pages that are in the page table are likely to be drawn into again, and
// are cleared by writing zeros. Most others have never been used: they are punched out.
static void clear(struct area *area, size_t offset, size_t size) {
	if (count_populated(area, offset, size) <= CLEAR_SIZE_MAX) {
		for_each_range(area, offset, size, clear_or_punch);
	} else {
		memory_punch(area->data + offset, size);
		set_populated(area, offset, size, false);
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
	clear(area, offset, dirty);
	area->high_water = end > area->high_water ? (uint32_t)end : area->high_water;
	area->users++;
	return true;
}

bool area_remap_to(struct area *area, size_t offset, size_t size, int prot, void *address) {
	// Before Linux 5.13 this fails for shared mappings. Then the range is mapped anew, without its pages.
	if (prot == (PROT_READ | PROT_WRITE) &&
			raw_mremap(area->data + offset, size, size, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, address) !=
					MAP_FAILED) {
		return true;
	}
	return memory_duplicate(area->data + offset, size, prot, address);
}

bool area_remap_from(struct area *area, size_t offset, size_t size, void *address) {
	return raw_mremap(address, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, area->data + offset) != MAP_FAILED;
}

void area_note_populated(struct area *area, size_t offset, size_t size) {
	set_populated(area, offset, size, true);
}
