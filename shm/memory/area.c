#include "memory/area.h"

#include "base/os.h"
#include "base/page.h"

#include <sys/mman.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

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

void lido_area_populate(const uint8_t *mapping, int64_t offset, int64_t size) {
	int64_t start = lido_page_round_down(offset);
	lido_os.madvise((void *)(uintptr_t)(mapping + start), (size_t)(offset + size - start), MADV_POPULATE_READ);
}
