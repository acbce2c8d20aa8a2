/*
 * An area: one file and its mappings. An imported area is a stock client's file (imported.c); an exported area is the
 * server's own file, lent to the client (exported.c). This header has what both share, and all that buffers see.
 */
#ifndef LIDO_AREA_H
#define LIDO_AREA_H

#include "base/refs.h"
#include "memory/quota.h"
#include "memory/reclaim.h"

#include <lido/shm.h>
#include <sys/stat.h>

struct lido_area;

enum lido_area_state {
	LIDO_AREA_OK,
	LIDO_AREA_TAMPERED, // the client has changed the size of an exported file
	LIDO_AREA_UNKNOWN,  // not inspected, or fstat() failed
};

/* What differs between the two kinds. */
struct lido_area_impl {
	/* lido_area_map() */
	const void *(*map)(
			struct lido_area *area, int64_t offset, int64_t size, struct lido_pages *pages, bool is_inspected);

	/* lido_area_inspect() */
	enum lido_area_state (*inspect)(struct lido_area *area);
};

struct lido_area {
	const struct lido_area_impl *impl;
	struct wl_list link;   // of its owner's list of areas
	struct lido_refs refs; // imported: wl_shm_pools and buffers; exported: blocks
	struct lido_quota *quota;
	struct lido_reclaimer *reclaimer;
	int fd;
	bool sealed;      // has F_SEAL_SHRINK
	bool writable;    // the fd is
	int64_t size;     // bytes of the file when last inspected; a sealed file never gets shorter
	uint32_t commits; // of buffers in it; stops at UINT32_MAX
	uint32_t losses;  // how often an inspection found fewer pages than the one before, by the client's doing
};

/*
 * Returns the bytes in place, or NULL if the file does not hold all of them, has a hole there, is not sealed, or cannot
 * be mapped. pages: of exactly this range; NULL: this range is mapped once only. is_inspected: lido_area_inspect()
 * returned LIDO_AREA_OK for this request, so that the file is not inspected again.
 */
const void *lido_area_map(
		struct lido_area *area, int64_t offset, int64_t size, struct lido_pages *pages, bool is_inspected);

/* Compares the size of an exported file with what the server made it. A system call; none for imported files. */
enum lido_area_state lido_area_inspect(struct lido_area *area);

/* Bytes that the file takes, in memory or on a disk; 0 if the kernel does not say. A system call. */
int64_t lido_area_get_resident(const struct lido_area *area);

/*
 * Has the file all pages of that range of its mapping, in memory? Asks the kernel about each, up to the work that the
 * quota allows in one dispatch. False: not all, or unknown. The answer is right only for files of this process's user:
 * of others the kernel says that all pages are there.
 */
bool lido_area_has_pages(struct lido_area *area, const uint8_t *mapping, int64_t offset, int64_t size);

/* Bytes of the pages in memory, of whole pages of a mapping of a file. Asks the kernel about each. */
int64_t lido_area_count_pages(const uint8_t *mapping, int64_t size);

/*
 * Fills the page table for a range of a mapping of the area that has all its pages, or for as much of its start as the
 * quota allows in one dispatch. A hint: without it, the first read faults.
 */
void lido_area_populate(struct lido_area *area, const uint8_t *mapping, int64_t offset, int64_t size);

#endif
