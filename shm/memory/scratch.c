#include "memory/scratch.h"

#include "base/clock.h"
#include "base/number.h"
#include "base/os.h"
#include "base/page.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

// From this size on huge pages are requested: one fault in place of 512. Bytes.
#define HUGE_PAGE_SIZE (2u << 20)

// Of a class so many idle scratches are looked at. Nearly all that are in a class that is searched fit.
#define TRIES_MAX 4

// One trim frees at most so many scratches, at 150 ns each.
#define TRIM_SCRATCHES_MAX 8192

void lido_scratches_init(struct lido_scratches *scratches, struct lido_quota *quota, struct lido_reclaimer *reclaimer,
		struct lido_refs *owner) {
	*scratches = (struct lido_scratches){.quota = quota, .reclaimer = reclaimer, .owner = owner};
	lido_chunks_init(&scratches->chunks, quota, reclaimer);
	wl_list_init(&scratches->used);
	wl_list_init(&scratches->idle);
	for (int i = 0; i < LIDO_SCRATCH_CLASSES; i++) {
		wl_list_init(&scratches->classes[i]);
	}
}

// The binary digits of the number of pages decide: their number, and the two after the first.
static int get_class(int64_t size) {
	uint64_t pages = (uint64_t)(size / lido_page_get_size());
	assert(pages > 0);
	int digits = 63 - __builtin_clzll(pages);
	return (int)lido_min(digits * 4 + (int)(pages * 4 >> digits & 3), LIDO_SCRATCH_CLASSES - 1);
}

static void add_idle(struct lido_scratch *scratch) {
	struct lido_scratches *scratches = scratch->scratches;
	scratch->idle_since = lido_clock_now();
	wl_list_remove(&scratch->link);
	wl_list_insert(&scratches->idle, &scratch->link);
	wl_list_insert(&scratches->classes[get_class((int64_t)scratch->capacity)], &scratch->class_link);
	scratches->idle_bytes += (int64_t)scratch->charged;
}

static void remove_idle(struct lido_scratch *scratch) {
	struct lido_scratches *scratches = scratch->scratches;
	wl_list_remove(&scratch->link);
	wl_list_insert(&scratches->used, &scratch->link);
	wl_list_remove(&scratch->class_link);
	scratches->idle_bytes -= (int64_t)scratch->charged;
}

// It must not be idle.
static void scratch_free(struct lido_scratch *scratch, int64_t now) {
	struct lido_scratches *scratches = scratch->scratches;
	wl_list_remove(&scratch->link);
	scratches->len--;
	lido_quota_subtract(scratches->quota, LIDO_QUOTA_SCRATCH_BYTES, (int64_t)scratch->charged);
	if (scratch->mapping != NULL) {
		lido_reclaimer_unmap(scratches->reclaimer, scratches->quota, scratch->mapping);
	} else {
		lido_chunks_free(&scratches->chunks, &scratch->piece, (int64_t)scratch->charged, now);
	}
	free(scratch);
}

// Returns whether any is left. The longest idle come last.
static bool free_idle(struct lido_scratches *scratches, int64_t before, uint32_t scratches_left, uint32_t *calls_left) {
	int64_t now = lido_clock_now();
	struct lido_scratch *scratch, *next;
	wl_list_for_each_reverse_safe(scratch, next, &scratches->idle, link) {
		if (before != 0 && scratch->idle_since >= before) {
			return true;
		}
		if (*calls_left == 0 || scratches_left == 0) {
			*calls_left = 0;
			return true;
		}
		scratches_left--;
		*calls_left -= scratch->mapping != NULL;
		remove_idle(scratch);
		scratch_free(scratch, now);
	}
	return false;
}

bool lido_scratches_trim(struct lido_scratches *scratches, int64_t before, uint32_t *calls_left) {
	bool is_left = free_idle(scratches, before, TRIM_SCRATCHES_MAX, calls_left);
	is_left |= lido_chunks_trim(&scratches->chunks, calls_left);
	return is_left;
}

void lido_scratches_free_idle(struct lido_scratches *scratches) {
	uint32_t calls_left = UINT32_MAX;
	free_idle(scratches, 0, UINT32_MAX, &calls_left);
	lido_chunks_trim(&scratches->chunks, &calls_left);
}

int64_t lido_scratches_get_idle(const struct lido_scratches *scratches) {
	return scratches->idle_bytes + lido_chunks_get_stale(&scratches->chunks);
}

// Searches from the smallest class on. None of which more than three quarters would be wasted is taken.
static struct lido_scratch *find_idle(struct lido_scratches *scratches, size_t size) {
	int last = get_class((int64_t)size * 8);
	for (int i = get_class((int64_t)size); i <= last; i++) {
		int tries = 0;
		struct lido_scratch *scratch;
		wl_list_for_each(scratch, &scratches->classes[i], class_link) {
			if (scratch->capacity >= size && scratch->charged / 4 <= size) {
				return scratch;
			}
			if (++tries == TRIES_MAX) {
				break;
			}
		}
	}
	return NULL;
}

// Returns false if memory is short or a limit does not allow it; the reason is in the quota.
static bool scratch_alloc(struct lido_scratch *scratch, size_t size) {
	struct lido_scratches *scratches = scratch->scratches;
	if (scratch->capacity <= LIDO_PIECE_SIZE_MAX) {
		if (!lido_chunks_alloc(&scratches->chunks, scratch->capacity, &scratch->piece)) {
			return false;
		}
		scratch->data = lido_piece_get_data(&scratch->piece);
		return true;
	}
	scratch->mapping = lido_mapping_create_anonymous(scratches->quota, scratch->capacity);
	if (scratch->mapping == NULL) {
		return false;
	}
	scratch->data = scratch->mapping->data;
	if (size >= HUGE_PAGE_SIZE) {
		lido_os.madvise(scratch->data, scratch->capacity, MADV_HUGEPAGE);
	}
	return true;
}

static struct lido_scratch *scratch_create(struct lido_scratches *scratches, size_t size) {
	struct lido_scratch *scratch = lido_os.calloc(1, sizeof(*scratch));
	if (scratch == NULL) {
		lido_quota_fail(scratches->quota, "out of memory for a snapshot of %zu bytes", size);
		return NULL;
	}
	scratch->scratches = scratches;
	scratch->capacity = size + (size_t)lido_page_round_up((int64_t)size / 2);
	if (!scratch_alloc(scratch, size)) {
		// Idle ones may have what is short, such as mappings.
		lido_scratches_free_idle(scratches);
		if (!scratch_alloc(scratch, size)) {
			free(scratch);
			return NULL;
		}
	}
	wl_list_insert(&scratches->used, &scratch->link);
	scratches->len++;
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
		lido_scratches_free_idle(scratches);
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
		remove_idle(scratch);
	} else if ((scratch = scratch_create(scratches, size)) == NULL) {
		return NULL;
	}
	if (!scratch_charge(scratch, size)) {
		scratch_free(scratch, lido_clock_now());
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
	add_idle(scratch);
	if (scratches->quota->client == NULL) {
		lido_scratches_free_idle(scratches);
	} else {
		lido_reclaimer_schedule(scratches->reclaimer);
	}
	lido_refs_unref(scratches->owner);
}

void *lido_scratch_get_data(struct lido_scratch *scratch) {
	return scratch->data;
}

static void scratch_audit(const struct lido_scratch *scratch, struct lido_quota *sums) {
	assert(scratch->charged > 0 && scratch->charged <= scratch->capacity);
	lido_quota_add(sums, LIDO_QUOTA_SCRATCH_BYTES, (int64_t)scratch->charged);
	if (scratch->mapping != NULL) {
		assert(scratch->mapping->data == scratch->data && scratch->mapping->size == scratch->capacity);
		lido_quota_add(sums, LIDO_QUOTA_MAPPINGS, 1);
		lido_quota_add(sums, LIDO_QUOTA_ADDRESS_BYTES, (int64_t)scratch->mapping->size);
		lido_quota_add(sums, LIDO_QUOTA_SCRATCH_MAPPINGS, 1);
	}
}

uint32_t lido_scratches_audit(const struct lido_scratches *scratches, struct lido_quota *sums) {
	uint32_t used = 0, idle = 0;
	int64_t idle_bytes = 0;
	const struct lido_scratch *scratch;
	wl_list_for_each(scratch, &scratches->used, link) {
		scratch_audit(scratch, sums);
		used++;
	}
	wl_list_for_each(scratch, &scratches->idle, link) {
		scratch_audit(scratch, sums);
		idle_bytes += (int64_t)scratch->charged;
		idle++;
	}
	assert(idle_bytes == scratches->idle_bytes && used + idle == scratches->len);
	lido_chunks_audit(&scratches->chunks, sums);
	return used;
}
