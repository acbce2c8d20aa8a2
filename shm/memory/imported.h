/*
 * Imported areas: the files of a stock client, each once with its mappings, however many wl_shm_pools name it.
 *
 * A file that is sealed against shrinking can be read in place: what it held once, it holds forever. Any other file is
 * unsealable; it is never mapped, only read with pread(). Either way the compositor touches no memory that the client
 * can take away.
 */
#ifndef LIDO_IMPORTED_H
#define LIDO_IMPORTED_H

#include "memory/area.h"

#define LIDO_IMPORTS_BUCKETS_LOG2 6
#define LIDO_IMPORTS_BUCKETS (1 << LIDO_IMPORTS_BUCKETS_LOG2)

/* The imported areas of one client. */
struct lido_imports {
	struct lido_quota *quota;
	struct lido_reclaimer *reclaimer;
	struct wl_list buckets[LIDO_IMPORTS_BUCKETS]; // lido_area.link; by a hash of device and inode
};

enum lido_import_result {
	LIDO_IMPORT_OK,
	LIDO_IMPORT_BAD_FILE,  // a kind of file that cannot be read, or might block: the client's fault
	LIDO_IMPORT_NO_MEMORY, // or over a limit
};

/* quota and reclaimer must outlive the imports. */
void lido_imports_init(struct lido_imports *imports, struct lido_quota *quota, struct lido_reclaimer *reclaimer);

/*
 * Adds a user to the area of the file, and sets *area to it; creates the area if there is none. Takes the fd over,
 * whatever the result. Unless the result is LIDO_IMPORT_OK, the reason is in the quota.
 */
enum lido_import_result lido_imports_add(struct lido_imports *imports, int fd, struct lido_area **area);

/* Bytes that all the files take. A system call for each. */
int64_t lido_imports_get_resident(const struct lido_imports *imports);

/* Asserts that the areas are consistent, and adds what they hold to sums. */
void lido_imports_audit(const struct lido_imports *imports, struct lido_quota *sums);

#endif
