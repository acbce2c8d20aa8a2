#include "memory/mapping.h"

#include "base/number.h"
#include "base/os.h"
#include "base/page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

// Returns NULL if memory is short or the limit does not allow another one. The record exists before the mapping, so
// that unmapping needs no memory.
static struct lido_mapping *create_record(struct lido_quota *quota) {
	if (!lido_quota_allows(quota, LIDO_QUOTA_MAPPINGS, 1)) {
		return NULL;
	}
	struct lido_mapping *mapping = lido_os.calloc(1, sizeof(*mapping));
	if (mapping == NULL) {
		lido_quota_fail(quota, "out of memory for a mapping");
	}
	return mapping;
}

static int64_t get_mapped_bytes(const struct lido_mapping *mapping) {
	return mapping->is_anonymous ? 0 : (int64_t)mapping->size;
}

// fd: -1: anonymous memory. On failure returns MAP_FAILED.
static void *map(struct lido_quota *quota, int64_t size, int fd) {
	if (!lido_quota_allows(quota, LIDO_QUOTA_ADDRESS_BYTES, size)) {
		return MAP_FAILED;
	}
	int protection = fd == -1 ? PROT_READ | PROT_WRITE : PROT_READ;
	int flags = fd == -1 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	void *data = lido_os.mmap(NULL, (size_t)size, protection, flags | MAP_NORESERVE, fd, 0);
	if (data == MAP_FAILED) {
		lido_quota_fail(quota, "out of memory for a mapping of %" PRId64 " bytes: %s", size, strerror(errno));
	}
	return data;
}

// Returns the mapping, now charged; or NULL, without the record.
static struct lido_mapping *finish_record(
		struct lido_quota *quota, struct lido_mapping *mapping, void *data, int64_t size) {
	if (data == MAP_FAILED) {
		free(mapping);
		return NULL;
	}
	mapping->data = data;
	mapping->size = (size_t)size;
	lido_quota_add(quota, LIDO_QUOTA_MAPPINGS, 1);
	lido_quota_add(quota, LIDO_QUOTA_ADDRESS_BYTES, size);
	lido_quota_add(quota, LIDO_QUOTA_SCRATCH_MAPPINGS, mapping->is_anonymous);
	lido_quota_add(quota, LIDO_QUOTA_MAPPED_BYTES, get_mapped_bytes(mapping));
	return mapping;
}

struct lido_mapping *lido_mapping_create_anonymous(struct lido_quota *quota, size_t size) {
	struct lido_mapping *mapping = create_record(quota);
	if (mapping == NULL) {
		return NULL;
	}
	mapping->is_anonymous = true;
	return finish_record(quota, mapping, map(quota, (int64_t)size, -1), (int64_t)size);
}

// Halves the size until it is allowed, and the kernel maps it.
struct lido_mapping *lido_mapping_create_of_file(struct lido_quota *quota, int fd, int64_t size, int64_t size_min) {
	struct lido_mapping *mapping = create_record(quota);
	if (mapping == NULL) {
		return NULL;
	}
	size = lido_page_round_up(size);
	size_min = lido_page_round_up(size_min);
	void *data = map(quota, size, fd);
	while (data == MAP_FAILED && size > size_min) {
		size = lido_max(lido_page_round_down(size / 2), size_min);
		data = map(quota, size, fd);
	}
	return finish_record(quota, mapping, data, size);
}

void lido_unmapping_init(struct lido_unmapping *unmapping, struct lido_quota_total *total) {
	unmapping->total = total;
	wl_list_init(&unmapping->mappings);
}

static bool unmap(struct lido_mapping *mapping) {
	return lido_os.munmap(mapping->data, mapping->size) == 0;
}

bool lido_unmapping_unmap(struct lido_unmapping *unmapping, struct lido_quota *quota, struct lido_mapping *mapping) {
	lido_quota_subtract(quota, LIDO_QUOTA_MAPPINGS, 1);
	lido_quota_subtract(quota, LIDO_QUOTA_ADDRESS_BYTES, (int64_t)mapping->size);
	lido_quota_subtract(quota, LIDO_QUOTA_SCRATCH_MAPPINGS, mapping->is_anonymous);
	lido_quota_subtract(quota, LIDO_QUOTA_MAPPED_BYTES, get_mapped_bytes(mapping));
	if (unmap(mapping)) {
		free(mapping);
		return true;
	}
	if (mapping->is_anonymous) {
		lido_os.madvise(mapping->data, mapping->size, MADV_DONTNEED);
	}
	if (unmapping == NULL) {
		free(mapping);
		return false;
	}
	wl_list_insert(unmapping->mappings.prev, &mapping->link);
	lido_quota_total_add(unmapping->total, LIDO_QUOTA_MAPPINGS, 1);
	lido_quota_total_add(unmapping->total, LIDO_QUOTA_ADDRESS_BYTES, (int64_t)mapping->size);
	return false;
}

static bool try_again(struct lido_unmapping *unmapping, struct lido_mapping *mapping) {
	if (!unmap(mapping)) {
		return false;
	}
	lido_quota_total_subtract(unmapping->total, LIDO_QUOTA_MAPPINGS, 1);
	lido_quota_total_subtract(unmapping->total, LIDO_QUOTA_ADDRESS_BYTES, (int64_t)mapping->size);
	free(mapping);
	return true;
}

// Tries each at most once. Those that fail go to the end of the list, so that each gets its turn.
bool lido_unmapping_retry(struct lido_unmapping *unmapping, uint32_t *calls_left) {
	struct wl_list failed;
	wl_list_init(&failed);
	struct lido_mapping *mapping, *next;
	wl_list_for_each_safe(mapping, next, &unmapping->mappings, link) {
		if (*calls_left == 0) {
			break;
		}
		(*calls_left)--;
		wl_list_remove(&mapping->link);
		if (!try_again(unmapping, mapping)) {
			wl_list_insert(failed.prev, &mapping->link);
		}
	}
	wl_list_insert_list(unmapping->mappings.prev, &failed);
	return !wl_list_empty(&unmapping->mappings);
}

void lido_unmapping_finish(struct lido_unmapping *unmapping) {
	struct lido_mapping *mapping, *next;
	wl_list_for_each_safe(mapping, next, &unmapping->mappings, link) {
		wl_list_remove(&mapping->link);
		if (!try_again(unmapping, mapping)) {
			free(mapping);
		}
	}
}
