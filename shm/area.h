/*
 * An imported area: one file of a stock client and its mappings, however many wl_shm_pools name it.
 *
 * Sealed against shrinking, it can be read in place: what it held once it holds forever. Otherwise it is never mapped,
 * only ever read with pread(). Either way the compositor touches no memory that the client can take away.
 */
#ifndef LIDO_AREA_H
#define LIDO_AREA_H

#include <lido/shm.h>
#include <sys/types.h>

struct lido_mapping {
	const uint8_t *data; // never moves while the area lives
	size_t size;         // bytes of address space; may reach beyond the end of the file
};

struct lido_area {
	struct wl_list link; // lido_pool.areas
	struct lido_pool *pool;
	uint32_t users; // handles and buffers; the last one frees the area
	dev_t device;
	ino_t inode;
	int fd;
	bool sealed;        // bears F_SEAL_SHRINK
	bool writable;      // the fd is
	bool is_private;    // the fd is a file description of our own: seeking in it moves nothing of the client's
	bool is_unmappable; // mapping more of it was tried, in vain
	bool is_dense;      // it had no holes when last looked at
	int64_t size;       // bytes that the file had when last looked at; a sealed file never has less
	uint8_t mappings_len;
	struct lido_mapping mappings[LIDO_MAPPINGS_PER_FILE]; // each from the start of the file
};

/* Why a file was not imported. */
enum lido_import_result {
	LIDO_IMPORT_OK,
	LIDO_IMPORT_BAD_FILE,  // of a kind that cannot be read, or might block: the client's fault
	LIDO_IMPORT_NO_MEMORY, // or over a limit
};

/*
 * Adds a user to the area of the file (*area_out), which is made if this pool has none. Takes the fd over, whatever the
 * result. Otherwise than on LIDO_IMPORT_OK the reason is in pool->error.
 */
enum lido_import_result lido_area_import(struct lido_pool *pool, int fd, struct lido_area **area_out);

/* Another user. */
void lido_area_ref(struct lido_area *area);

/* One user less. */
void lido_area_unref(struct lido_area *area);

/*
 * The bytes in place, or NULL if they are not all in the file, the file has a hole there, is not sealed, or cannot be
 * mapped. populate: fill the page table now, since the range is new.
 */
const void *lido_area_map(struct lido_area *area, int64_t offset, int64_t size, bool populate);

#endif
