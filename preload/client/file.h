/*
 * Tracked files: those that the program may use for wl_shm_pools. All functions need the state lock.
 *
 * A file is identified by device and inode, so every fd of it will do. Only files on tmpfs (including memfds) are
 * tracked: their inode numbers are not reused while this library tracks them.
 */
#ifndef LIDO_RUN_FILE_H
#define LIDO_RUN_FILE_H

#include "store.h"
#include <sys/stat.h>

struct file {
	struct file *next; // of its bucket
	dev_t device;
	ino_t inode;
	struct store *store;            // NULL: the file has its own bytes
	uint32_t shared_mappings;       // of this process
	uint32_t private_mappings;      // of this process
	uint32_t shm_pools, buffers;    // of the program
	uint32_t users;                 // functions that use it while they do not hold the state lock
	const char *unsupported_reason; // why its bytes cannot move into a store; NULL: they can
	bool has_fd;                    // this process had an fd of it at the last look
};

/* Is it the fd of a file that can be tracked? *stat receives the file's status. */
bool file_is_eligible(int fd, struct stat *stat);

/* NULL: the file is not tracked. */
struct file *file_find(const struct stat *stat);

/* Finds the file, or begins to track it. NULL: no memory. */
struct file *file_get(const struct stat *stat);

/*
 * Destroys the file and releases its store if nothing can show its bytes any more: no mapping, shm_pool, buffer, user
 * or fd.
 */
void file_consider_destroy(struct file *file);

/* Does the same for all files. */
void file_consider_all(void);

/*
 * Copies the bytes into another store and maps that wherever the file is mapped. fd: of the file; not used if the file
 * has a store already. On success the file has taken over the caller's reference to the store. On failure returns
 * false, *why receives the reason, and nothing has changed but the store's bytes.
 */
bool file_move(struct file *file, struct store *store, int fd, const char **why);

#endif
