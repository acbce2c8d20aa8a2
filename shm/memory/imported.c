#include "memory/imported.h"

#include "base/number.h"
#include "base/os.h"
#include "base/page.h"
#include "memory/file.h"

#include <assert.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <unistd.h>

struct imported_area {
	struct lido_area base; // .link: lido_imports.buckets
	dev_t device;
	ino_t inode;
	bool is_unmappable; // an attempt to map more of it failed
	bool is_dense;      // had no holes when last inspected
	uid_t owner;        // at that time
	int64_t allocated;  // bytes of its pages at that time
	struct {
		int64_t start, end;
	} dense_range; // the range last read in place had no holes; empty once the file lost pages
	uint8_t mappings_len;
	struct lido_mapping *mappings[LIDO_MAPPINGS_PER_FILE]; // each may extend beyond the end of the file
};

static const struct lido_area_impl imported_impl;

static struct imported_area *from_area(struct lido_area *base) {
	assert(base->impl == &imported_impl);
	struct imported_area *area = wl_container_of(base, area, base);
	return area;
}

// A file on hugetlbfs can fault for lack of huge pages even when it is sealed.
static bool try_seal(int fd, const struct statfs *statfs) {
	if ((uint32_t)statfs->f_type != TMPFS_MAGIC) {
		return false;
	}
	if (lido_os.add_seals(fd, F_SEAL_SHRINK) == 0) {
		return true;
	}
	int seals = lido_os.get_seals(fd);
	return seals != -1 && (seals & F_SEAL_SHRINK) != 0;
}

static bool area_stat(struct imported_area *area) {
	struct stat stat;
	if (lido_os.fstat(area->base.fd, &stat) != 0) {
		return false;
	}
	area->base.size = stat.st_size;
	int64_t allocated = stat.st_blocks * INT64_C(512);
	area->is_dense = allocated == lido_page_round_up(stat.st_size);
	if (allocated < area->allocated) {
		area->dense_range.start = area->dense_range.end = 0;
		area->base.losses++;
	}
	area->allocated = allocated;
	area->owner = stat.st_uid;
	return true;
}

static bool is_writable(int fd) {
	int flags = lido_os.get_flags(fd);
	return flags != -1 && (flags & O_ACCMODE) == O_RDWR;
}

// Seals before it asks for the size: the other way round, the client could truncate the file in between.
static void area_adopt_fd(struct imported_area *area, int fd, const struct statfs *statfs) {
	area->base.fd = fd;
	area->base.writable = is_writable(fd);
	if (!area->base.sealed && try_seal(fd, statfs)) {
		area->base.sealed = true;
		lido_quota_add(area->base.quota, LIDO_QUOTA_SEALED_FILES, 1);
	}
	if (!area_stat(area)) {
		area->base.size = 0;
	}
}

// Hashes by multiplication. The client chooses among inodes, and could otherwise put all its files into one bucket. It
// does not know the address.
static struct wl_list *get_bucket(struct lido_imports *imports, const struct stat *stat) {
	uint64_t key = (uint64_t)stat->st_ino ^ (uint64_t)stat->st_dev ^ (uintptr_t)imports;
	return &imports->buckets[(key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - LIDO_IMPORTS_BUCKETS_LOG2)];
}

static struct imported_area *find_area(struct lido_imports *imports, const struct stat *stat) {
	struct imported_area *area;
	wl_list_for_each(area, get_bucket(imports, stat), base.link) {
		if (area->device == stat->st_dev && area->inode == stat->st_ino) {
			return area;
		}
	}
	return NULL;
}

static void handle_unused(struct lido_refs *refs) {
	struct imported_area *area = wl_container_of(refs, area, base.refs);
	struct lido_quota *quota = area->base.quota;
	for (unsigned i = 0; i < area->mappings_len; i++) {
		lido_reclaimer_unmap(area->base.reclaimer, quota, area->mappings[i]);
	}
	lido_quota_subtract(quota, LIDO_QUOTA_SEALED_FILES, area->base.sealed);
	lido_quota_subtract(quota, LIDO_QUOTA_FILES, 1);
	lido_reclaimer_close(area->base.reclaimer, area->base.fd, false);
	wl_list_remove(&area->base.link);
	free(area);
}

// Its one user is the caller.
static struct imported_area *area_create(struct lido_imports *imports, const struct stat *stat) {
	struct imported_area *area = lido_os.calloc(1, sizeof(*area));
	if (area == NULL) {
		lido_quota_fail(imports->quota, "out of memory for a wl_shm pool");
		return NULL;
	}
	area->base.impl = &imported_impl;
	area->base.quota = imports->quota;
	area->base.reclaimer = imports->reclaimer;
	area->device = stat->st_dev;
	area->inode = stat->st_ino;
	lido_refs_init(&area->base.refs, handle_unused);
	wl_list_insert(get_bucket(imports, stat), &area->base.link);
	lido_quota_add(imports->quota, LIDO_QUOTA_FILES, 1);
	return area;
}

// Takes the fd over: a further one of a file that is known.
static void area_add_fd(struct imported_area *area, int fd, const struct statfs *statfs) {
	lido_refs_ref(&area->base.refs);
	if (area->base.writable || !is_writable(fd)) {
		lido_os.close(fd);
		return;
	}
	// The first fd allowed neither sealing nor writing; this one does.
	lido_os.close(area->base.fd);
	area_adopt_fd(area, fd, statfs);
}

void lido_imports_init(struct lido_imports *imports, struct lido_quota *quota, struct lido_reclaimer *reclaimer) {
	imports->quota = quota;
	imports->reclaimer = reclaimer;
	for (size_t i = 0; i < LIDO_IMPORTS_BUCKETS; i++) {
		wl_list_init(&imports->buckets[i]);
	}
}

enum lido_import_result lido_imports_add(struct lido_imports *imports, int fd, struct lido_area **area_out) {
	struct lido_file_info info;
	char reason[LIDO_ERROR_TEXT_SIZE];
	if (!lido_file_inspect(fd, &info, reason, sizeof(reason))) {
		lido_quota_fail(imports->quota, "%s", reason);
		lido_os.close(fd);
		return LIDO_IMPORT_BAD_FILE;
	}
	struct imported_area *area = find_area(imports, &info.stat);
	if (area != NULL) {
		area_add_fd(area, fd, &info.statfs);
	} else if (lido_quota_allows(imports->quota, LIDO_QUOTA_FILES, 1) &&
			   (area = area_create(imports, &info.stat)) != NULL) {
		area_adopt_fd(area, fd, &info.statfs);
	} else {
		lido_os.close(fd);
		return LIDO_IMPORT_NO_MEMORY;
	}
	*area_out = &area->base;
	return LIDO_IMPORT_OK;
}

// With 32-bit pointers: room to grow, within what many files can have.
static int64_t choose_scarce_reserve(int64_t size) {
	return lido_min(size * 4, lido_max(size, INT64_C(64) << 20));
}

// Maps as much address space as the wire can name, so that the file can grow under the mapping. Where address space is
// scarce it maps less, but at least the size of the file.
static bool area_add_mapping(struct imported_area *area) {
	if (area->mappings_len == LIDO_MAPPINGS_PER_FILE) {
		return false;
	}
	const int64_t reserve_max = INT64_C(1) << 31;
	_Static_assert(LIDO_IMPORT_SIZE_MAX < INT64_C(1) << 31, "the mapping holds every size that the wire can name");
	const int64_t size = lido_min(area->base.size, reserve_max);
	const int64_t reserve = UINTPTR_MAX > UINT32_MAX ? reserve_max : choose_scarce_reserve(size);
	struct lido_mapping *mapping = lido_mapping_create_of_file(area->base.quota, area->base.fd, reserve, size);
	if (mapping != NULL) {
		area->mappings[area->mappings_len++] = mapping;
	}
	return mapping != NULL;
}

static const struct lido_mapping *area_find_mapping(struct imported_area *area, int64_t end) {
	for (unsigned i = 0; i < area->mappings_len; i++) {
		if ((uint64_t)end <= area->mappings[i]->size) {
			return area->mappings[i];
		}
	}
	return NULL;
}

static const struct lido_mapping *area_get_mapping(struct imported_area *area, int64_t end) {
	const struct lido_mapping *mapping = area_find_mapping(area, end);
	if (mapping != NULL || area->is_unmappable) {
		return mapping;
	}
	// Tries once only: a file that cannot be mapped must not cost a system call at each commit.
	area->is_unmappable = !area_add_mapping(area);
	return area_find_mapping(area, end);
}

// Reading a hole in place would make the kernel allocate its pages. The file's block count tells in O(1) that there is
// no hole at all. Pages beyond the end of the file are counted as well, and the client can move pages; a client that
// does so can have as many holes filled as it pays pages for. Otherwise the pages of the range are looked at. Of files
// of other users the kernel tells nothing about them.
static bool area_has_holes(struct imported_area *area, const struct lido_mapping *mapping, int64_t start, int64_t end) {
	return !area->is_dense &&
		   (area->owner != geteuid() || !lido_area_has_pages(&area->base, mapping->data, start, end - start));
}

// Skips the part of a range that lies in the range read last and so is known to have no holes: a terminal that scrolls
// makes buffers that overlap. Returns where the rest starts.
//
//     dense_range       |==========|
//     offset, end            |--------|      the rest starts at the end of dense_range
//     offset, end          |-----|           nothing is left: returns end
//     offset, end    |-----|                 begins before it: nothing is skipped
static int64_t area_skip_dense(const struct imported_area *area, int64_t offset, int64_t end) {
	bool begins_inside = area->dense_range.start <= offset && offset <= area->dense_range.end;
	return begins_inside ? lido_min(end, area->dense_range.end) : offset;
}

static const void *handle_map(
		struct lido_area *base, int64_t offset, int64_t size, struct lido_pages *pages, bool is_inspected) {
	struct imported_area *area = from_area(base);
	int64_t end = offset + size;
	if (!area->base.sealed || !area_stat(area) || end > area->base.size) {
		return NULL;
	}
	const struct lido_mapping *mapping = area_get_mapping(area, end);
	if (mapping == NULL) {
		return NULL;
	}
	int64_t start = area_skip_dense(area, offset, end);
	if (start < end && area_has_holes(area, mapping, start, end)) {
		return NULL;
	}
	if (start < end) {
		area->dense_range.start = offset;
		area->dense_range.end = end;
	}
	if (pages != NULL && !pages->populated) {
		pages->populated = true;
		if (start < end) {
			lido_area_populate(base, mapping->data, start, end - start);
		}
	}
	return mapping->data + offset;
}

// The size of an imported file does not matter: bytes that are not there cannot be read.
static enum lido_area_state handle_inspect(struct lido_area *base) {
	return LIDO_AREA_UNKNOWN;
}

static const struct lido_area_impl imported_impl = {
	.map = handle_map,
	.inspect = handle_inspect,
};

int64_t lido_imports_get_resident(const struct lido_imports *imports) {
	int64_t bytes = 0;
	for (size_t i = 0; i < LIDO_IMPORTS_BUCKETS; i++) {
		const struct lido_area *area;
		wl_list_for_each(area, &imports->buckets[i], link) {
			bytes += lido_area_get_resident(area);
		}
	}
	return bytes;
}

static void area_audit(const struct imported_area *area, struct lido_quota *sums) {
	assert(area->base.refs.count > 0);
	lido_quota_add(sums, LIDO_QUOTA_FILES, 1);
	lido_quota_add(sums, LIDO_QUOTA_SEALED_FILES, area->base.sealed);
	lido_quota_add(sums, LIDO_QUOTA_MAPPINGS, area->mappings_len);
	for (unsigned i = 0; i < area->mappings_len; i++) {
		lido_quota_add(sums, LIDO_QUOTA_ADDRESS_BYTES, (int64_t)area->mappings[i]->size);
		lido_quota_add(sums, LIDO_QUOTA_MAPPED_BYTES, (int64_t)area->mappings[i]->size);
	}
}

void lido_imports_audit(const struct lido_imports *imports, struct lido_quota *sums) {
	for (size_t i = 0; i < LIDO_IMPORTS_BUCKETS; i++) {
		const struct imported_area *area;
		wl_list_for_each(area, &imports->buckets[i], base.link) {
			assert(area->base.impl == &imported_impl && area->base.quota == imports->quota);
			area_audit(area, sums);
		}
	}
}
