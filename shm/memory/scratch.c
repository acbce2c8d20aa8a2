#include "memory/scratch.h"

#include "base/clock.h"
#include "base/os.h"
#include "base/page.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

// From this size on huge pages are requested: one fault in place of 512. Bytes.
#define HUGE_PAGE_SIZE (2u << 20)

void lido_scratches_init(struct lido_scratches *scratches, struct lido_quota *quota, struct lido_reclaimer *reclaimer,
		struct lido_refs *owner) {
	*scratches = (struct lido_scratches){.quota = quota, .reclaimer = reclaimer, .owner = owner};
	wl_list_init(&scratches->idle);
}

static void scratch_free(struct lido_scratch *scratch) {
	lido_quota_subtract(scratch->scratches->quota, LIDO_QUOTA_SCRATCH_BYTES, (int64_t)scratch->charged);
	lido_os.munmap(scratch->data, scratch->capacity);
	free(scratch);
}

bool lido_scratches_trim(struct lido_scratches *scratches, int64_t before) {
	// The longest idle come last.
	struct lido_scratch *scratch, *next;
	wl_list_for_each_reverse_safe(scratch, next, &scratches->idle, link) {
		if (before != 0 && scratch->idle_since >= before) {
			return true;
		}
		wl_list_remove(&scratch->link);
		scratch_free(scratch);
	}
	return false;
}

int64_t lido_scratches_get_idle(const struct lido_scratches *scratches) {
	int64_t bytes = 0;
	const struct lido_scratch *scratch;
	wl_list_for_each(scratch, &scratches->idle, link) {
		bytes += (int64_t)scratch->charged;
	}
	return bytes;
}

// The smallest that has the size, but none of which more than three quarters would be wasted.
static struct lido_scratch *find_idle(struct lido_scratches *scratches, size_t size) {
	struct lido_scratch *best = NULL, *scratch;
	wl_list_for_each(scratch, &scratches->idle, link) {
		if (scratch->capacity >= size && scratch->charged / 4 <= size &&
				(best == NULL || scratch->charged < best->charged)) {
			best = scratch;
		}
	}
	return best;
}

static struct lido_scratch *scratch_map(struct lido_scratches *scratches, size_t size) {
	struct lido_scratch *scratch = lido_os.calloc(1, sizeof(*scratch));
	if (scratch == NULL) {
		lido_quota_fail(scratches->quota, "out of memory for a snapshot of %zu bytes", size);
		return NULL;
	}
	scratch->scratches = scratches;
	scratch->capacity = size + (size_t)lido_page_round_up((int64_t)size / 2);
	scratch->data = lido_os.mmap(
			NULL, scratch->capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (scratch->data == MAP_FAILED) {
		lido_quota_fail(scratches->quota, "out of memory for a snapshot of %zu bytes: %s", size, strerror(errno));
		free(scratch);
		return NULL;
	}
	if (size >= HUGE_PAGE_SIZE) {
		lido_os.madvise(scratch->data, scratch->capacity, MADV_HUGEPAGE);
	}
	return scratch;
}

// Charges the client for pages of the scratch that were not requested before. Frees idle scratches if the limit
// requires it.
static bool scratch_charge(struct lido_scratch *scratch, size_t size) {
	if (size <= scratch->charged) {
		return true;
	}
	struct lido_scratches *scratches = scratch->scratches;
	int64_t more = (int64_t)(size - scratch->charged);
	if (!lido_quota_allows(scratches->quota, LIDO_QUOTA_SCRATCH_BYTES, more)) {
		lido_scratches_trim(scratches, 0);
		if (!lido_quota_allows(scratches->quota, LIDO_QUOTA_SCRATCH_BYTES, more)) {
			return false;
		}
	}
	lido_quota_add(scratches->quota, LIDO_QUOTA_SCRATCH_BYTES, more);
	scratch->charged = size;
	return true;
}

struct lido_scratch *lido_scratches_take(struct lido_scratches *scratches, size_t size) {
	assert(size > 0);
	size = (size_t)lido_page_round_up((int64_t)size);
	struct lido_scratch *scratch = find_idle(scratches, size);
	if (scratch != NULL) {
		wl_list_remove(&scratch->link);
	} else if ((scratch = scratch_map(scratches, size)) == NULL) {
		return NULL;
	}
	if (!scratch_charge(scratch, size)) {
		scratch_free(scratch);
		return NULL;
	}
	lido_refs_ref(scratches->owner);
	return scratch;
}

void lido_scratch_destroy(struct lido_scratch *scratch) {
	if (scratch == NULL) {
		return;
	}
	struct lido_scratches *scratches = scratch->scratches;
	scratch->idle_since = lido_clock_now();
	wl_list_insert(&scratches->idle, &scratch->link);
	if (scratches->quota->client == NULL) {
		lido_scratches_trim(scratches, 0);
	} else {
		lido_reclaimer_schedule(scratches->reclaimer);
	}
	lido_refs_unref(scratches->owner);
}

void *lido_scratch_get_data(struct lido_scratch *scratch) {
	return scratch->data;
}
