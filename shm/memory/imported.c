#include "memory/imported.h"

#include "base/os.h"
#include "memory/file.h"
#include "memory/pool.h"
#include "wire/manager.h"

#include <assert.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct mapping {
	const uint8_t *data; // never moves while the area lives
	size_t size;         // bytes of address space; may reach beyond the end of the file
};

struct imported_area {
	struct lido_area base; // .link: lido_pool.imported
	dev_t device;
	ino_t inode;
	bool is_private;    // the fd is a file description of our own: seeking in it moves nothing of the client's
	bool is_unmappable; // mapping more of it was tried, in vain
	bool is_dense;      // it had no holes when last looked at
	int64_t blocks;     // bytes that its pages had then
	struct {
		int64_t start, end;
	} seen; // the last range that was read in place: it had no holes; empty once the file has lost pages
	uint8_t mappings_len;
	struct mapping mappings[LIDO_MAPPINGS_PER_FILE]; // each from the start of the file
};

static const struct lido_area_impl imported_impl;

static struct imported_area *from_area(struct lido_area *base) {
	assert(base->impl == &imported_impl);
	struct imported_area *area = wl_container_of(base, area, base);
	return area;
}

// A file in huge pages may fault for want of them even when sealed.
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
	int64_t page_size = sysconf(_SC_PAGESIZE);
	int64_t blocks = stat.st_blocks * INT64_C(512);
	area->is_dense = blocks == (stat.st_size + page_size - 1) / page_size * page_size;
	if (blocks < area->blocks) {
		area->seen.start = area->seen.end = 0;
	}
	area->blocks = blocks;
	return true;
}

static bool is_writable(int fd) {
	int flags = lido_os.get_flags(fd);
	return flags != -1 && (flags & O_ACCMODE) == O_RDWR;
}

// The order matters: seal first, then look at the size.
static void area_adopt_fd(struct imported_area *area, int fd, const struct statfs *statfs) {
	area->base.fd = fd;
	area->base.writable = is_writable(fd);
	if (!area->base.sealed && try_seal(fd, statfs)) {
		area->base.sealed = true;
		area->base.pool->sealed_files++;
	}
	if (!area_stat(area)) {
		area->base.size = 0;
	}
}

static struct imported_area *find_area(struct lido_pool *pool, const struct stat *stat) {
	struct imported_area *area;
	wl_list_for_each(area, lido_pool_get_bucket(pool, stat), base.link) {
		if (area->device == stat->st_dev && area->inode == stat->st_ino) {
			return area;
		}
	}
	return NULL;
}

static struct imported_area *area_create(struct lido_pool *pool, const struct stat *stat) {
	struct imported_area *area = lido_os.calloc(1, sizeof(*area));
	if (area == NULL) {
		lido_pool_fail(pool, "out of memory for a wl_shm pool");
		return NULL;
	}
	area->base.impl = &imported_impl;
	area->base.pool = pool;
	area->device = stat->st_dev;
	area->inode = stat->st_ino;
	wl_list_insert(lido_pool_get_bucket(pool, stat), &area->base.link);
	pool->files++;
	pool->manager->files++;
	return area;
}

enum lido_import_result lido_area_import(struct lido_pool *pool, int fd, struct lido_area **area_out) {
	enum lido_import_result error = LIDO_IMPORT_BAD_FILE;
	struct lido_file_info info;
	if (!lido_file_inspect(fd, &info, pool->error, sizeof(pool->error))) {
		goto error_fd;
	}
	struct imported_area *area = find_area(pool, &info.stat);
	if (area == NULL) {
		error = LIDO_IMPORT_NO_MEMORY;
		if (!lido_pool_check_files(pool) || (area = area_create(pool, &info.stat)) == NULL) {
			goto error_fd;
		}
		area_adopt_fd(area, fd, &info.statfs);
	} else if (!area->base.writable && is_writable(fd)) {
		// The file came before by an fd that allowed less: neither sealing nor writing.
		lido_os.close(area->base.fd);
		area->is_private = false;
		area_adopt_fd(area, fd, &info.statfs);
	} else {
		lido_os.close(fd);
	}
	lido_area_ref(&area->base);
	*area_out = &area->base;
	return LIDO_IMPORT_OK;

error_fd:
	lido_os.close(fd);
	return error;
}

static void handle_unused(struct lido_area *base) {
	struct imported_area *area = from_area(base);
	struct lido_pool *pool = area->base.pool;
	for (unsigned i = 0; i < area->mappings_len; i++) {
		lido_os.munmap((void *)(uintptr_t)area->mappings[i].data, area->mappings[i].size);
		pool->bytes_mapped -= (int64_t)area->mappings[i].size;
		pool->mappings--;
	}
	lido_manager_close(pool->manager, area->base.fd, false);
	pool->sealed_files -= area->base.sealed;
	pool->files--;
	wl_list_remove(&area->base.link);
	free(area);
}

// SEEK_HOLE moves the position of the file description, which the client shares: so get one of our own.
static bool area_make_private(struct imported_area *area) {
	if (area->is_private) {
		return true;
	}
	int fd = lido_os.reopen(area->base.fd, area->base.writable ? O_RDWR : O_RDONLY);
	if (fd == -1) {
		return false;
	}
	lido_os.close(area->base.fd);
	area->base.fd = fd;
	area->is_private = true;
	return true;
}

// As much address space as the wire can ever name, so that growth needs no other mapping; where it is scarce less, and
// at least what the file has.
static bool area_add_mapping(struct imported_area *area) {
	if (area->mappings_len == LIDO_MAPPINGS_PER_FILE) {
		return false;
	}
	const int64_t reserve_max = INT64_C(1) << 31;
	_Static_assert(LIDO_IMPORT_SIZE_MAX < INT64_C(1) << 31, "the reserve holds whatever the wire can name");
	int64_t size = area->base.size < reserve_max ? area->base.size : reserve_max;
	int64_t reserve = reserve_max;
	void *data = lido_os.mmap(NULL, (size_t)reserve, PROT_READ, MAP_SHARED, area->base.fd, 0);
	while (data == MAP_FAILED && reserve > size) {
		reserve = reserve / 4 > size ? reserve / 4 : size;
		data = lido_os.mmap(NULL, (size_t)reserve, PROT_READ, MAP_SHARED, area->base.fd, 0);
	}
	if (data == MAP_FAILED) {
		return false;
	}
	area->mappings[area->mappings_len++] = (struct mapping){.data = data, .size = (size_t)reserve};
	area->base.pool->mappings++;
	area->base.pool->bytes_mapped += reserve;
	return true;
}

static const struct mapping *area_find_mapping(struct imported_area *area, int64_t end) {
	for (unsigned i = 0; i < area->mappings_len; i++) {
		if ((uint64_t)end <= area->mappings[i].size) {
			return &area->mappings[i];
		}
	}
	return NULL;
}

static const struct mapping *area_get_mapping(struct imported_area *area, int64_t end) {
	const struct mapping *mapping = area_find_mapping(area, end);
	if (mapping != NULL || area->is_unmappable) {
		return mapping;
	}
	// Not asked for again: a client that cannot be mapped once must not cost a system call at each commit.
	area->is_unmappable = !area_add_mapping(area);
	return area_find_mapping(area, end);
}

// Reading a hole in place would make the kernel allocate it. SEEK_HOLE looks at each page, so first ask whether the
// file has any: st_blocks counts its pages in O(1). (Pages beyond the end count too, and a page may come where another
// one goes: who does so can have as many holes filled, and pays for them.)
static bool area_has_holes(struct imported_area *area, int64_t start, int64_t end) {
	return !area->is_dense && (!area_make_private(area) || lido_os.seek_hole(area->base.fd, start) < end);
}

// What lies within the range that was read last has been looked at. The next buffer may lie there in part: terminals
// scroll by that. Returns where the rest starts.
static int64_t area_skip_seen(const struct imported_area *area, int64_t offset, int64_t end) {
	bool begins_inside = area->seen.start <= offset && offset <= area->seen.end;
	return !begins_inside ? offset : end < area->seen.end ? end : area->seen.end;
}

static const void *handle_map(struct lido_area *base, int64_t offset, int64_t size, struct lido_pages *pages) {
	struct imported_area *area = from_area(base);
	int64_t end = offset + size;
	if (!area->base.sealed || !area_stat(area) || end > area->base.size) {
		return NULL;
	}
	int64_t start = area_skip_seen(area, offset, end);
	if (start < end && area_has_holes(area, start, end)) {
		return NULL;
	}
	const struct mapping *mapping = area_get_mapping(area, end);
	if (mapping == NULL) {
		return NULL;
	}
	if (start < end) {
		area->seen.start = offset;
		area->seen.end = end;
	}
	if (pages != NULL && !pages->populated) {
		pages->populated = true;
		if (start < end) {
			lido_area_populate(mapping->data, start, end - start);
		}
	}
	return mapping->data + offset;
}

static bool handle_check(struct lido_area *base) {
	return true; // of any size: what is not there cannot be read
}

static const struct lido_area_impl imported_impl = {
	.map = handle_map,
	.check = handle_check,
	.unused = handle_unused,
};

void lido_imported_area_validate(struct lido_area *base, uint32_t *mappings, int64_t *bytes_mapped) {
	const struct imported_area *area = from_area(base);
	assert(base->users > 0);
	*mappings += area->mappings_len;
	for (unsigned i = 0; i < area->mappings_len; i++) {
		*bytes_mapped += (int64_t)area->mappings[i].size;
	}
}
