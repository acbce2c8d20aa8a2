/*
 * The interposed functions of the C library: those that map memory, resize files, and allocate or punch ranges of them.
 * For tracked files they act on the store. Those that take offsets have two names: mmap64() takes one of 64 bits, and
 * mmap() one word, which is the same where words have 64 bits.
 */
#include "connection.h"
#include "interpose.h"
#include "lock.h"
#include "mapping.h"
#include "memory.h"
#include "moving.h"
#include "outside.h"
#include "page.h"
#include "raw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#define ALIAS(name, other) __asm__(other) __attribute__((visibility("default"), alias(name)))

#ifdef __OFF_T_MATCHES_OFF64_T
#define WIDE(name) name
#else
#define WIDE(name) name "64"
#endif

void *call_mmap(void *address, size_t size, int prot, int flags, int fd, off_t offset) SYMBOL(WIDE("mmap"));
int call_munmap(void *address, size_t size) SYMBOL("munmap");
void *call_mremap(void *address, size_t size, size_t new_size, int flags, ...) SYMBOL("mremap");
int call_mprotect(void *address, size_t size, int prot) SYMBOL("mprotect");
int call_remap_file_pages(void *address, size_t size, int prot, size_t page, int flags) SYMBOL("remap_file_pages");
int call_ftruncate(int fd, off_t size) SYMBOL(WIDE("ftruncate"));
int call_fallocate(int fd, int mode, off_t offset, off_t size) SYMBOL(WIDE("fallocate"));
int call_posix_fallocate(int fd, off_t offset, off_t size) SYMBOL(WIDE("posix_fallocate"));

#ifdef __OFF_T_MATCHES_OFF64_T
void *call_mmap64(void *address, size_t size, int prot, int flags, int fd, off_t offset) ALIAS("mmap", "mmap64");
int call_ftruncate64(int fd, off_t size) ALIAS("ftruncate", "ftruncate64");
int call_fallocate64(int fd, int mode, off_t offset, off_t size) ALIAS("fallocate", "fallocate64");
int call_posix_fallocate64(int fd, off_t offset, off_t size) ALIAS("posix_fallocate", "posix_fallocate64");
#else
void *call_word_mmap(void *address, size_t size, int prot, int flags, int fd, word_offset offset) SYMBOL("mmap");
int call_word_ftruncate(int fd, word_offset size) SYMBOL("ftruncate");
int call_word_fallocate(int fd, int mode, word_offset offset, word_offset size) SYMBOL("fallocate");
int call_word_posix_fallocate(int fd, word_offset offset, word_offset size) SYMBOL("posix_fallocate");

// The C library divides the offset as an unsigned number.
void *call_word_mmap(void *address, size_t size, int prot, int flags, int fd, word_offset offset) {
	return call_mmap(address, size, prot, flags, fd, (off_t)(unsigned long)offset);
}

int call_word_ftruncate(int fd, word_offset size) {
	return call_ftruncate(fd, size);
}

int call_word_fallocate(int fd, int mode, word_offset offset, word_offset size) {
	return call_fallocate(fd, mode, offset, size);
}

int call_word_posix_fallocate(int fd, word_offset offset, word_offset size) {
	return call_posix_fallocate(fd, offset, size);
}
#endif

#define BEYOND_WORDS "it is mapped beyond what a process can address"

// Can all bytes of a file up to this one be mapped at once? Words of 32 bits hold no larger sizes.
static bool is_within_words(uint64_t end) {
	return end <= PTRDIFF_MAX;
}

// With the state lock held. Reserves the address space first, since store_map() replaces an existing mapping.
static void *map_store(struct store *store, const struct mapping *mapping, int flags) {
	const int fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
	void *address = (void *)mapping->start;
	address = raw_mmap(address, mapping->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
	if (address == MAP_FAILED) {
		return MAP_FAILED;
	}
	if (!store_map(store, (size_t)mapping->offset, mapping->size, mapping->prot, address)) {
		raw_munmap(address, mapping->size);
		errno = ENOMEM;
		return MAP_FAILED;
	}
	return address;
}

// With the state lock held: maps a file, and adds it to the table of mappings.
static void *map_file(struct mapping *mapping, int flags, int fd) {
	struct store *store = mapping->file->store;
	void *address;
	if (store == NULL) {
		address = raw_mmap((void *)mapping->start, mapping->size, mapping->prot, flags, fd, mapping->offset);
	} else {
		address = map_store(store, mapping, flags);
	}
	if (address != MAP_FAILED) {
		// With MAP_FIXED the new mapping may have replaced the last one of its own file.
		mapping->file->users++;
		mapping_remove((uintptr_t)address, mapping->size);
		mapping->file->users--;
		mapping->start = (uintptr_t)address;
		mapping_add(mapping);
	}
	return address;
}

// Finds or begins to track the file. If it has a store, makes room for end bytes there, as far as there is memory.
// Returns with the state lock held. NULL: the file is not tracked, and the state lock is not held.
static struct file *lock_file(int fd, size_t end) {
	struct stat stat;
	if (!file_is_eligible(fd, &stat) || !state_lock()) {
		return NULL;
	}
	struct file *file = file_get(&stat);
	if (file != NULL && file->store != NULL && end > file->store->size) {
		file->users++;
		state_unlock();
		moving_ensure_room(file, end);
		state_lock();
		file->users--;
	}
	if (file == NULL) {
		state_unlock();
	}
	return file;
}

static void remove_mapping(void *address, size_t size) {
	if (state_is_tracking() && state_lock()) {
		mapping_remove((uintptr_t)address, page_round(size));
		state_unlock();
	}
}

void *call_mmap(void *address, size_t size, int prot, int flags, int fd, off_t offset) {
	bool is_private = (flags & MAP_TYPE) == MAP_PRIVATE;
	bool is_sane = (flags & MAP_ANONYMOUS) == 0 && size > 0 && size <= PTRDIFF_MAX && offset >= 0 &&
				   offset % (off_t)page_size() == 0;
	bool is_ours = is_sane && is_within_words((uint64_t)offset + page_round(size));
	if (is_sane && !is_ours) {
		outside_share(fd, BEYOND_WORDS, false);
	}
	struct file *file = is_ours ? lock_file(fd, (size_t)offset + page_round(size)) : NULL;
	if (file == NULL) {
		void *result = raw_mmap(address, size, prot, flags, fd, offset);
		if (result != MAP_FAILED && (flags & MAP_FIXED) != 0) {
			remove_mapping(result, size);
		}
		return result;
	}
	struct mapping mapping = {
		.start = (uintptr_t)address,
		.size = page_round(size),
		.offset = offset,
		.prot = prot,
		.is_private = is_private,
		.file = file,
	};
	void *result = MAP_FAILED;
	bool is_returned = !is_private || file->store == NULL || outside_return(file, "it is mapped privately");
	if (is_returned && (file->store == NULL || (size_t)offset + mapping.size <= file->store->size)) {
		result = map_file(&mapping, flags, fd);
	} else {
		errno = ENOMEM;
	}
	state_unlock();
	return result;
}

// With the state lock held: moves a mapping of a block back to its area. Only a whole mapping, readable and writable,
// can.
static bool remap_to_area(void *address, size_t size) {
	const struct mapping *mapping = mapping_find((uintptr_t)address);
	if (mapping == NULL || mapping->start != (uintptr_t)address || mapping->size != size || mapping->is_private ||
			mapping->prot != (PROT_READ | PROT_WRITE)) {
		return false;
	}
	struct store *store = mapping->file->store;
	return store != NULL && store_remap_from(store, (size_t)mapping->offset, size, address);
}

int call_munmap(void *address, size_t size) {
	if (!state_is_tracking() || !state_lock()) {
		return raw_munmap(address, size);
	}
	int result = remap_to_area(address, page_round(size)) ? 0 : raw_munmap(address, size);
	if (result == 0) {
		mapping_remove((uintptr_t)address, page_round(size));
	}
	state_unlock();
	return result;
}

// With the state lock held, which is released while the store grows. *moved receives the mapping as it will be, but for
// its address. Adds a user to the file. NULL: no tracked file is mapped there.
static struct file *prepare_remap(void *address, size_t size, size_t new_size, struct mapping *moved) {
	const struct mapping *mapping = mapping_find((uintptr_t)address);
	if (mapping == NULL) {
		return NULL;
	}
	*moved = *mapping;
	moved->offset += (off_t)((uintptr_t)address - mapping->start);
	moved->size = new_size;
	struct file *file = mapping->file;
	file->users++;
	uint64_t end = (uint64_t)moved->offset + new_size;
	if (new_size > size && file->store != NULL && end > file->store->size && is_within_words(end)) {
		state_unlock();
		moving_ensure_room(file, (size_t)end);
		state_lock();
	} else if (file->store == NULL && !is_within_words(end)) {
		file_mark_unsupported(file, BEYOND_WORDS);
	}
	return file;
}

static void *remap(void *address, size_t size, size_t new_size, int flags, void *new_address) {
	struct mapping moved;
	struct file *file = prepare_remap(address, size, new_size, &moved);
	void *result = MAP_FAILED;
	if (file != NULL && file->store != NULL && (uint64_t)moved.offset + new_size > file->store->size) {
		errno = ENOMEM; // beyond the end of the block is the memory of other blocks
	} else {
		result = raw_mremap(address, size, new_size, flags, new_address);
	}
	if (result != MAP_FAILED) {
		if ((flags & MREMAP_FIXED) != 0) {
			mapping_remove((uintptr_t)result, new_size);
		}
		if (file != NULL && (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)) == 0) {
			mapping_remove((uintptr_t)address, size);
		}
		moved.start = (uintptr_t)result;
		if (file != NULL) {
			mapping_add(&moved);
		}
	}
	if (file != NULL) {
		file->users--;
		file_consider_destroy(file);
	}
	return result;
}

void *call_mremap(void *address, size_t size, size_t new_size, int flags, ...) {
	void *new_address = NULL;
	if ((flags & MREMAP_FIXED) != 0) {
		va_list list;
		va_start(list, flags);
		new_address = va_arg(list, void *);
		va_end(list);
	}
	if (!state_is_tracking() || new_size == 0 || !state_lock()) {
		return raw_mremap(address, size, new_size, flags, new_address);
	}
	void *result = remap(address, page_round(size), page_round(new_size), flags, new_address);
	state_unlock();
	return result;
}

int call_mprotect(void *address, size_t size, int prot) {
	int result = raw_mprotect(address, size, prot);
	if (result == 0 && state_is_tracking() && state_lock()) {
		mapping_protect((uintptr_t)address, page_round(size), prot);
		state_unlock();
	}
	return result;
}

// Pages are counted in the file, not in the area of its block. Tables of such mappings would not pay.
int call_remap_file_pages(void *address, size_t size, int prot, size_t page, int flags) {
	bool done = true;
	if (state_is_tracking() && state_lock()) {
		const struct mapping *mapping = mapping_find((uintptr_t)address);
		done = mapping == NULL || outside_return(mapping->file, "the pages of a mapping of it are in another order");
		state_unlock();
	}
	if (!done) {
		errno = ENOMEM;
		return -1;
	}
	return (int)raw_call(SYS_remap_file_pages, (long[6]){(long)address, (long)size, prot, (long)page, flags});
}

// Begins to track the file: programs set a file's size before they map it or create a pool of it. Only a larger size
// leaves its bytes where they are.
int call_ftruncate(int fd, off_t size) {
	struct stat stat;
	if (fstat(fd, &stat) == 0 && size < stat.st_size) {
		struct ongoing call;
		if (!outside_begin(&call, fd)) {
			return -1;
		}
		int result = raw_ftruncate(fd, size);
		outside_end(&call);
		return result;
	}
	if (size > 0 && lock_file(fd, 0) != NULL) {
		state_unlock();
	}
	return raw_ftruncate(fd, size);
}

// With the state lock held. store: NULL for mode 0. Holes are punched into the store as well; of other ranges the file
// only has the size: space is the server's concern.
static int allocate_in_store(struct store *store, int fd, int mode, off_t offset, off_t size) {
	if ((mode & FALLOC_FL_PUNCH_HOLE) != 0) {
		int result = raw_fallocate(fd, mode, offset, size);
		if (result == 0) {
			store_punch(store, (size_t)offset, (size_t)size);
		}
		return result;
	}
	struct stat stat;
	if ((mode & FALLOC_FL_KEEP_SIZE) != 0 || fstat(fd, &stat) != 0 || stat.st_size >= offset + size) {
		return 0;
	}
	return raw_ftruncate(fd, offset + size);
}

// With the state lock held: a new file that will probably move into a block needs no space of its own, whose pages
// would only be freed by that. Files on a tmpfs that is mounted may find it full, and keep their space.
static bool is_space_unneeded(const struct file *file, int fd) {
	struct statfs statfs;
	int flags = raw_fcntl(fd, F_GETFL, 0);
	return moving_find_reason(file) == NULL && connection_has_any_pool() && memory_is_overcommitted() && flags != -1 &&
		   (flags & O_PATH) == 0 && (flags & O_ACCMODE) != O_RDONLY && fstatfs(fd, &statfs) == 0 &&
		   statfs.f_blocks == 0;
}

static int allocate(struct file *file, int fd, int mode, off_t offset, off_t size) {
	if (file->store != NULL) {
		return allocate_in_store(file->store, fd, mode, offset, size);
	}
	if (mode != 0 || !is_space_unneeded(file, fd)) {
		return raw_fallocate(fd, mode, offset, size);
	}
	int result = allocate_in_store(NULL, fd, mode, offset, size);
	if (result == 0 && file->promised < (size_t)(offset + size)) {
		file->promised = (size_t)(offset + size);
	}
	return result;
}

int call_fallocate(int fd, int mode, off_t offset, off_t size) {
	const int known_modes = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;
	bool is_sane = offset >= 0 && size > 0 && offset <= PTRDIFF_MAX - size;
	struct file *file = is_sane && (mode & ~known_modes) == 0 ? lock_file(fd, 0) : NULL;
	if (file == NULL) {
		struct ongoing call;
		if (!outside_begin(&call, fd)) {
			return -1;
		}
		int result = raw_fallocate(fd, mode, offset, size);
		outside_end(&call);
		return result;
	}
	int result = allocate(file, fd, mode, offset, size);
	state_unlock();
	return result;
}

int call_posix_fallocate(int fd, off_t offset, off_t size) {
	int before = errno;
	int error = call_fallocate(fd, 0, offset, size) == 0 ? 0 : errno;
	errno = before;
	return error;
}
