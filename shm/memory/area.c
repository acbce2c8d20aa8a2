#include "memory/area.h"

#include "base/os.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

void lido_area_ref(struct lido_area *area) {
	assert(area->users < UINT32_MAX);
	area->users++;
}

void lido_area_unref(struct lido_area *area) {
	assert(area->users > 0);
	if (--area->users == 0) {
		area->impl->unused(area);
	}
}

const void *lido_area_map(struct lido_area *area, int64_t offset, int64_t size, struct lido_pages *pages) {
	return area->impl->map(area, offset, size, pages);
}

bool lido_area_check(struct lido_area *area) {
	return area->impl->check(area);
}

int64_t lido_area_get_resident(const struct lido_area *area) {
	struct stat stat;
	return lido_os.fstat(area->fd, &stat) == 0 ? (int64_t)stat.st_blocks * 512 : 0;
}

void lido_area_populate(const uint8_t *mapping, int64_t offset, int64_t size) {
	int64_t start = offset & ~(int64_t)(sysconf(_SC_PAGESIZE) - 1);
	lido_os.madvise((void *)(uintptr_t)(mapping + start), (size_t)(offset + size - start), MADV_POPULATE_READ);
}
