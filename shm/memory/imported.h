/*
 * An imported area: one file of a stock client and its mappings, however many wl_shm_pools name it.
 *
 * Sealed against shrinking, it can be read in place: what it held once it holds forever. Otherwise it is never mapped,
 * only ever read with pread(). Either way the compositor touches no memory that the client can take away.
 */
#ifndef LIDO_IMPORTED_H
#define LIDO_IMPORTED_H

#include "memory/area.h"

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

/* Asserts that an imported area is as its pool says; adds its mappings and their bytes to the sums. */
void lido_imported_area_validate(struct lido_area *base, uint32_t *mappings, int64_t *bytes_mapped);

#endif
