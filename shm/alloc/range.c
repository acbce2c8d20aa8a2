#include "alloc/range.h"

#include "base/number.h"

int64_t lido_range_get_end(const struct lido_range *range) {
	return range->offset + range->size;
}

int64_t lido_range_get_pages(const struct lido_range *range) {
	int64_t start = (range->offset + LIDO_RANGE_PAGE - 1) / LIDO_RANGE_PAGE;
	int64_t end = lido_range_get_end(range) / LIDO_RANGE_PAGE;
	return lido_max(end - start, 0);
}
