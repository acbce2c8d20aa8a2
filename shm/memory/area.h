/*
 * An area: one file and its mappings. Imported, it is a stock client's (imported.c); exported, it is the server's own
 * and lent to the client (exported.c). This is what both have, and all that buffers know of them.
 */
#ifndef LIDO_AREA_H
#define LIDO_AREA_H

#include <lido/shm.h>

struct lido_area;

/* What differs. */
struct lido_area_impl {
	/* lido_area_map() */
	const void *(*map)(struct lido_area *area, int64_t offset, int64_t size, struct lido_pages *pages);

	/* lido_area_check() */
	bool (*check)(struct lido_area *area);

	/* The last user has gone. */
	void (*unused)(struct lido_area *area);
};

struct lido_area {
	const struct lido_area_impl *impl;
	struct wl_list link; // of the pool
	struct lido_pool *pool;
	uint32_t users; // imported: handles and buffers; exported: blocks
	int fd;
	bool sealed;      // bears F_SEAL_SHRINK
	bool writable;    // the fd is
	int64_t size;     // bytes that the file had when last looked at; a sealed file never has less
	uint32_t commits; // of buffers in it
};

/* Another user. */
void lido_area_ref(struct lido_area *area);

/* One user less. */
void lido_area_unref(struct lido_area *area);

/*
 * The bytes in place, or NULL if they are not all in the file, the file has a hole there, is not sealed, or cannot be
 * mapped. pages: of this very range; NULL: it is looked at just this once.
 */
const void *lido_area_map(struct lido_area *area, int64_t offset, int64_t size, struct lido_pages *pages);

/* Is it as the server may expect it? False: the client has changed the size of an exported file. */
bool lido_area_check(struct lido_area *area);

/* Bytes that the file takes, in pages or on a disk; 0 if the kernel does not say. A system call. */
int64_t lido_area_get_resident(const struct lido_area *area);

/* Fills the page table for a range of a mapping that has all its pages. Only a hint: otherwise they fault when read. */
void lido_area_populate(const uint8_t *mapping, int64_t offset, int64_t size);

#endif
