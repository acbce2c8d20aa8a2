#include "memory/exported.h"

#include "base/clock.h"
#include "base/number.h"
#include "base/os.h"
#include "base/page.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdlib.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

// In how much of the free ranges of an area pages are counted, bytes: up to 1 ms.
#define CACHED_SEARCH_MAX (INT64_C(64) << 20)

static const struct lido_area_impl exported_impl;

static struct lido_exported_area *from_area(struct lido_area *base) {
	assert(base->impl == &exported_impl);
	struct lido_exported_area *area = wl_container_of(base, area, base);
	return area;
}

// The area stays for a while, since the client may want memory again soon, unless nobody could get it.
static void handle_unused(struct lido_refs *refs) {
	struct lido_exported_area *area = wl_container_of(refs, area, base.refs);
	area->idle_since = lido_clock_now();
	if (area->base.quota->client == NULL || area->owner == area) {
		lido_exported_area_destroy(area);
	} else {
		lido_reclaimer_schedule(area->base.reclaimer);
	}
}

// Kernels before 6.3 reject MFD_NOEXEC_SEAL with EINVAL.
static int create_file(void) {
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = lido_os.memfd_create("lido", flags | MFD_NOEXEC_SEAL);
	if (fd == -1 && errno == EINVAL) {
		fd = lido_os.memfd_create("lido", flags);
	}
	return fd;
}

// A private file gets its size first: afterwards the server cannot change it either.
static bool area_seal(struct lido_exported_area *area) {
	if (area->owner == NULL) {
		return lido_os.add_seals(area->base.fd, F_SEAL_SHRINK | F_SEAL_SEAL) == 0;
	}
	area->base.size = area->reserve;
	return lido_os.ftruncate(area->base.fd, area->reserve) == 0 &&
		   lido_os.add_seals(area->base.fd, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
}

struct lido_exported_area *lido_exported_area_create(
		struct lido_exports *exports, const void *owner, int64_t reserve, int64_t reserve_min) {
	struct lido_exported_area *area = lido_os.calloc(1, sizeof(*area));
	if (area == NULL) {
		return NULL;
	}
	area->base = (struct lido_area){.impl = &exported_impl,
		.quota = exports->quota,
		.reclaimer = exports->reclaimer,
		.refs = {.unused = handle_unused},
		.sealed = true,
		.writable = true};
	area->base.fd = create_file();
	if (area->base.fd == -1) {
		goto error_area;
	}
	area->mapping = lido_mapping_create_of_file(exports->quota, area->base.fd, reserve, reserve_min);
	if (area->mapping == NULL) {
		goto error_fd;
	}
	area->reserve = (int64_t)area->mapping->size;
	area->owner = owner;
	if (!area_seal(area)) {
		goto error_mapping;
	}
	area->allocator = lido_allocator_create(area->reserve);
	if (area->allocator == NULL) {
		goto error_mapping;
	}
	area->id = ++exports->last_id;
	area->generation = 1;
	area->idle_since = lido_clock_now();
	wl_signal_init(&area->events.removed);
	wl_list_insert(exports->areas.prev, &area->base.link);
	lido_quota_add(exports->quota, LIDO_QUOTA_AREAS, 1);
	lido_quota_add(exports->quota, LIDO_QUOTA_FILES, 1);
	return area;

error_mapping:
	lido_reclaimer_unmap(exports->reclaimer, exports->quota, area->mapping);
error_fd:
	lido_os.close(area->base.fd);
error_area:
	free(area);
	return NULL;
}

void lido_exported_area_destroy(struct lido_exported_area *area) {
	struct lido_quota *quota = area->base.quota;
	assert(area->base.refs.count == 0 && lido_allocator_get_count(area->allocator) == 0);
	wl_signal_emit(&area->events.removed, area);
	assert(wl_list_empty(&area->events.removed.listener_list));
	lido_allocator_destroy(area->allocator);
	lido_reclaimer_unmap(area->base.reclaimer, quota, area->mapping);
	wl_list_remove(&area->base.link);
	lido_quota_subtract(quota, LIDO_QUOTA_AREAS, 1);
	lido_quota_subtract(quota, LIDO_QUOTA_FILES, 1);
	lido_reclaimer_close(area->base.reclaimer, area->base.fd, true);
	free(area);
}

static enum lido_area_state handle_inspect(struct lido_area *base) {
	struct lido_exported_area *area = from_area(base);
	struct stat stat;
	if (lido_os.fstat(area->base.fd, &stat) != 0) {
		return LIDO_AREA_UNKNOWN;
	}
	if (stat.st_size != area->base.size) {
		return LIDO_AREA_TAMPERED;
	}
	int64_t present = (int64_t)stat.st_blocks * 512;
	area->generation += present < area->bytes_present;
	area->base.losses += present < area->bytes_present;
	area->bytes_present = present;
	return LIDO_AREA_OK;
}

enum lido_grow_result lido_exported_area_grow(struct lido_exported_area *area) {
	int64_t size = lido_page_round_up(lido_allocator_get_end(area->allocator));
	assert(size <= area->reserve);
	if (size <= area->base.size) {
		return LIDO_GROW_OK;
	}
	if (lido_os.ftruncate(area->base.fd, size) != 0) {
		// The seal forbids to make the file shorter: it fails like this if the client has grown the file further.
		return handle_inspect(&area->base) == LIDO_AREA_TAMPERED ? LIDO_GROW_TAMPERED : LIDO_GROW_NO_MEMORY;
	}
	area->base.size = size;
	return LIDO_GROW_OK;
}

// Reading a hole in place would make the kernel allocate its pages, on the client's behalf and in the server's time. A
// file with as many pages as it is long has no hole. Otherwise the pages of the range are looked at; a range without
// holes stays so until the file has fewer pages than before. (A client that punches one page and fills another at the
// same time can have the first one filled by the server's reading; it pays for as many pages as it gains.)
static bool range_has_holes(struct lido_exported_area *area, int64_t offset, int64_t size, struct lido_pages *pages) {
	if (area->bytes_present >= area->base.size || (pages != NULL && pages->generation == area->generation)) {
		return false;
	}
	if (!lido_area_has_pages(&area->base, area->mapping->data, offset, size)) {
		return true;
	}
	if (pages != NULL) {
		pages->generation = area->generation;
	}
	return false;
}

// New buffers mostly lie where old ones were, and the page table is filled there. Remembers one range of that kind: the
// last one, joined with those that touch it.
static void area_populate(struct lido_exported_area *area, int64_t offset, int64_t size) {
	int64_t end = offset + size;
	bool is_current = area->populated.generation == area->generation;
	if (is_current && offset >= area->populated.start && end <= area->populated.end) {
		return;
	}
	lido_area_populate(&area->base, area->mapping->data, offset, size);
	if (!is_current || offset > area->populated.end || end < area->populated.start) {
		area->populated.start = offset;
		area->populated.end = end;
		area->populated.generation = area->generation;
		return;
	}
	area->populated.start = lido_min(offset, area->populated.start);
	area->populated.end = lido_max(end, area->populated.end);
}

static const void *handle_map(
		struct lido_area *base, int64_t offset, int64_t size, struct lido_pages *pages, bool is_inspected) {
	struct lido_exported_area *area = from_area(base);
	assert(offset + size <= base->size);
	if (!is_inspected && handle_inspect(base) != LIDO_AREA_OK) {
		return NULL;
	}
	if (range_has_holes(area, offset, size, pages)) {
		return NULL;
	}
	if (pages != NULL && !pages->populated) {
		pages->populated = true;
		area_populate(area, offset, size);
	}
	return area->mapping->data + offset;
}

static const struct lido_area_impl exported_impl = {
	.map = handle_map,
	.inspect = handle_inspect,
};

static void area_punch(struct lido_exported_area *area, struct lido_range *range) {
	int64_t start = lido_page_round_up(range->offset), end = lido_page_round_down(lido_range_get_end(range));
	// If punching fails, the range stays as it is, rather than being tried again each second.
	lido_range_set_cold(range);
	if (start < end) {
		lido_os.punch_hole(area->base.fd, start, end - start);
	}
}

// We punched pages ourselves, so that there are fewer is no loss.
static void area_note_punched(struct lido_exported_area *area) {
	area->bytes_present = lido_area_get_resident(&area->base);
	area->populated.start = area->populated.end = 0;
}

bool lido_exported_area_trim(struct lido_exported_area *area, int64_t before, uint32_t *calls_left) {
	bool is_punched = false;
	struct lido_range *range;
	while ((range = lido_allocator_get_oldest_warm(area->allocator)) != NULL && *calls_left > 0 &&
			(before == 0 || range->idle_since < before)) {
		(*calls_left)--;
		area_punch(area, range);
		is_punched = true;
	}
	if (is_punched) {
		// No allocated range has lost any, so the generation stays.
		area_note_punched(area);
	}
	return range != NULL;
}

// How much of so many bytes may be discarded in this dispatch; counts that. Whole pages.
static int64_t spend_discard(struct lido_quota *quota, int64_t size) {
	int64_t left = lido_page_round_down(lido_quota_get_left(quota, LIDO_QUOTA_DISCARDED_BYTES));
	size = lido_min(size, left);
	int64_t cost = lido_max(size, LIDO_DISPATCH_DISCARD_COST_MIN);
	return size > 0 && cost <= left && lido_quota_spend(quota, LIDO_QUOTA_DISCARDED_BYTES, cost) ? size : 0;
}

// The pages that the file has lost so far are counted first, as the client's doing: they are not taken for ours.
void lido_exported_area_discard(struct lido_exported_area *area, int64_t offset, int64_t size) {
	int64_t start = lido_page_round_up(offset), end = lido_page_round_down(offset + size);
	assert(offset >= 0 && size >= 0 && offset + size <= area->reserve);
	size = spend_discard(area->base.quota, end - start);
	if (size == 0 || handle_inspect(&area->base) != LIDO_AREA_OK ||
			lido_os.punch_hole(area->base.fd, start, size) != 0) {
		return;
	}
	area_note_punched(area);
	area->generation++;
}

int64_t lido_exported_area_get_cached(const struct lido_exported_area *area) {
	int64_t cached = 0, left = CACHED_SEARCH_MAX, rest = 0;
	const struct lido_range *range = NULL;
	while ((range = lido_allocator_get_next_warm(area->allocator, range)) != NULL) {
		int64_t start = lido_page_round_up(range->offset), end = lido_page_round_down(lido_range_get_end(range));
		int64_t size = lido_max(lido_min(end - start, left), 0);
		cached += lido_area_count_pages(area->mapping->data + start, size);
		left -= size;
		rest += lido_max(end - start - size, 0);
	}
	return cached + lido_min(rest, lido_max(lido_area_get_resident(&area->base) - cached, 0));
}

void lido_exports_init(struct lido_exports *exports, struct lido_quota *quota, struct lido_reclaimer *reclaimer) {
	*exports = (struct lido_exports){.quota = quota, .reclaimer = reclaimer};
	wl_list_init(&exports->areas);
}

struct lido_exported_area *lido_exports_get_last(const struct lido_exports *exports, const void *owner) {
	struct lido_exported_area *area;
	wl_list_for_each_reverse(area, &exports->areas, base.link) {
		if (area->owner == owner) {
			return area;
		}
	}
	return NULL;
}

void lido_exports_disown(struct lido_exports *exports, const void *owner) {
	struct lido_exported_area *area, *next;
	wl_list_for_each_safe(area, next, &exports->areas, base.link) {
		if (area->owner != owner) {
			continue;
		}
		area->owner = area;
		if (area->base.refs.count == 0) {
			lido_exported_area_destroy(area);
		}
	}
}

bool lido_exports_trim(struct lido_exports *exports, int64_t before, uint32_t *calls_left) {
	bool is_left = false;
	struct lido_exported_area *area, *next;
	wl_list_for_each_safe(area, next, &exports->areas, base.link) {
		if (area->base.refs.count > 0 || (before != 0 && area->idle_since >= before)) {
			is_left |= area->base.refs.count == 0;
			is_left |= lido_exported_area_trim(area, before, calls_left);
		} else {
			lido_exported_area_destroy(area);
		}
	}
	return is_left;
}

static void area_audit(const struct lido_exported_area *area, struct lido_quota *sums) {
	lido_allocator_audit(area->allocator);
	assert(area->base.refs.count == lido_allocator_get_count(area->allocator));
	assert(lido_allocator_get_end(area->allocator) <= area->base.size && area->base.size <= area->reserve);
	assert(area->owner == NULL || area->base.size == area->reserve);
	assert(area->owner != area || area->base.refs.count > 0);
	lido_quota_add(sums, LIDO_QUOTA_AREAS, 1);
	lido_quota_add(sums, LIDO_QUOTA_FILES, 1);
	lido_quota_add(sums, LIDO_QUOTA_MAPPINGS, 1);
	lido_quota_add(sums, LIDO_QUOTA_ADDRESS_BYTES, area->reserve);
	lido_quota_add(sums, LIDO_QUOTA_MAPPED_BYTES, area->reserve);
	lido_quota_add(sums, LIDO_QUOTA_BLOCKS, area->base.refs.count);
	lido_quota_add(sums, LIDO_QUOTA_BLOCK_BYTES, lido_allocator_get_allocated(area->allocator));
}

void lido_exports_audit(const struct lido_exports *exports, struct lido_quota *sums) {
	const struct lido_exported_area *area;
	wl_list_for_each(area, &exports->areas, base.link) {
		assert(area->base.impl == &exported_impl && area->base.quota == exports->quota);
		area_audit(area, sums);
	}
}
