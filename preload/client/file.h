/*
 * Files that may be those of pools. All of this with the state lock held.
 *
 * A file is known by device and inode, so it does not matter by which fd. Only files in memory count (tmpfs, memfd): an
 * inode there is never another file's later on, as long as we care.
 */
#ifndef LIDO_RUN_FILE_H
#define LIDO_RUN_FILE_H

#include "store.h"
#include <sys/stat.h>

struct file {
	struct file *next; // of its bucket
	dev_t device;
	ino_t inode;
	struct store *store;       // NULL: its bytes are its own
	uint32_t shared_mappings;  // shared ones, of this process
	uint32_t private_mappings; // private ones
	uint32_t shm_pools, buffers;
	uint32_t users;                 // who work on it without the state lock
	const char *unsupported_reason; // why it cannot be moved; NULL: it can
	bool has_fd;                    // by an fd, when last looked at
};

/* Is the fd one of a file that counts? stat receives its status. */
bool file_is_eligible(int fd, struct stat *stat);

/* NULL: it is not known. */
struct file *file_find(const struct stat *stat);

/* Finds it, or makes it known. NULL: no memory. */
struct file *file_get(const struct stat *stat);

/* Forgets the file, and what it has, if nothing is left that could show its bytes: no mapping, pool, buffer or fd. */
void file_consider_destroy(struct file *file);

/* The same for all files. */
void file_consider_all(void);

/*
 * Puts the bytes into another store and maps it wherever the file is mapped. fd: of the file, if it has no store yet.
 * The file has the store from then on. False: *why says why not, and all is as it was.
 */
bool file_move(struct file *file, struct store *store, int fd, const char **why);

#endif
