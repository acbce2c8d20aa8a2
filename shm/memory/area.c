#include "memory/area.h"

#include "base/number.h"
#include "base/os.h"
#include "base/page.h"

#include <assert.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

// The kernel is asked about this many pages at once.
#define PAGES_MAX 4096

const void *lido_area_map(
		struct lido_area *area, int64_t offset, int64_t size, struct lido_pages *pages, bool is_inspected) {
	return area->impl->map(area, offset, size, pages, is_inspected);
}

enum lido_area_state lido_area_inspect(struct lido_area *area) {
	return area->impl->inspect(area);
}

int64_t lido_area_get_resident(const struct lido_area *area) {
	struct stat stat;
	return lido_os.fstat(area->fd, &stat) == 0 ? (int64_t)stat.st_blocks * 512 : 0;
}

static bool has_pages(const uint8_t *start, size_t pages_len) {
	unsigned char pages[PAGES_MAX], all = 1;
	assert(pages_len <= PAGES_MAX);
	if (lido_os.mincore((void *)(uintptr_t)start, pages_len * (size_t)lido_page_get_size(), pages) != 0) {
		return false;
	}
	for (size_t i = 0; i < pages_len; i++) {
		all &= pages[i];
	}
	return all == 1;
}

bool lido_area_has_pages(struct lido_area *area, const uint8_t *mapping, int64_t offset, int64_t size) {
	int64_t start = lido_page_round_down(offset), end = lido_page_round_up(offset + size);
	if (!lido_quota_spend(area->quota, LIDO_QUOTA_SEARCHED_BYTES, end - start)) {
		return false;
	}
	while (start < end) {
		int64_t pages_len = lido_min((end - start) / lido_page_get_size(), PAGES_MAX);
		if (!has_pages(mapping + start, (size_t)pages_len)) {
			return false;
		}
		start += pages_len * lido_page_get_size();
	}
	return true;
}

int64_t lido_area_count_pages(const uint8_t *mapping, int64_t size) {
	int64_t page_size = lido_page_get_size(), count = 0;
	while (size > 0) {
		unsigned char pages[PAGES_MAX];
		int64_t pages_len = lido_min(size / page_size, PAGES_MAX);
		size_t part = (size_t)(pages_len * page_size);
		bool is_known = lido_os.mincore((void *)(uintptr_t)mapping, part, pages) == 0;
		for (int64_t i = 0; i < pages_len && is_known; i++) {
			count += pages[i] & 1;
		}
		mapping += part;
		size -= (int64_t)part;
	}
	return count * page_size;
}

void lido_area_populate(struct lido_area *area, const uint8_t *mapping, int64_t offset, int64_t size) {
	int64_t start = lido_page_round_down(offset);
	size = lido_min(offset + size - start, lido_quota_get_left(area->quota, LIDO_QUOTA_POPULATED_BYTES));
	if (size > 0 && lido_quota_spend(area->quota, LIDO_QUOTA_POPULATED_BYTES, size)) {
		lido_os.madvise((void *)(uintptr_t)(mapping + start), (size_t)size, MADV_POPULATE_READ);
	}
}
