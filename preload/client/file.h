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
	struct store *store;            // a block or fallback file; NULL: the file has its own bytes
	struct store *own;              // in the file; NULL until its bytes have first moved
	struct store *former;           // before the file was returned; NULL: none, or given up
	uint32_t shared_mappings;       // of this process
	uint32_t private_mappings;      // of this process
	uint32_t shm_pools, buffers;    // of the program
	uint32_t users;                 // functions that use it while they do not hold the state lock
	size_t promised;                // bytes of space that the program has asked for and the file lacks; see calls.c
	const char *unsupported_reason; // why its own bytes cannot move into a block; NULL: they can
	bool has_fd;                    // this process had an fd of it at the last look
};

/* Is it the fd of a file that can be tracked? *stat receives the file's status. */
bool file_is_eligible(int fd, struct stat *stat);

/* NULL: the file is not tracked. */
struct file *file_find(const struct stat *stat);

/* Finds the file, or begins to track it. NULL: no memory. */
struct file *file_get(const struct stat *stat);

/*
 * A child process is about to have all fds: notes which files are not tracked, so that their bytes never move if they
 * are tracked later. Allocates no memory.
 */
void file_note_untracked(void);

/* Where its bytes are. NULL: in the file, and they have never moved. */
struct store *file_get_store(const struct file *file);

/* Are the bytes of any file elsewhere? Cheap, and needs no lock. */
bool file_is_any_moved(void);

/* Changes whenever the bytes of a file move, or fail to; never 0 while file_is_any_moved(). Needs no lock. */
unsigned file_get_generation(void);

/* Gives the file, by an fd of it, the space that was promised, unless its bytes are elsewhere. */
void file_keep_promise(struct file *file, int fd);

/* Marks the file as one whose own bytes cannot move into a block. */
void file_mark_unsupported(struct file *file, const char *why);

/*
 * Calls fn for each fd of this process until it returns false. Returns false if the fds cannot be listed: the program
 * has restricted its system calls, or has no /proc.
 */
bool file_for_each_fd(bool (*fn)(int fd, void *data), void *data);

/* Calls fn for each tracked file. It must not destroy any. */
void file_for_each(void (*fn)(struct file *file, void *data), void *data);

/*
 * Destroys the file and releases its store if nothing can show its bytes any more: no mapping, shm_pool, buffer, user
 * or fd. A file that has its own bytes and is unsupported, or was promised space, stays for a while, since looking for
 * fds takes time.
 */
void file_consider_destroy(struct file *file);

/* Does the same for all files. */
void file_consider_all(void);

/* Gives file->former up: the server knows the present store. */
void file_forget_former(struct file *file);

/*
 * Copies the bytes into another store and maps that wherever the file is mapped. file->own must exist; if it is the
 * other store, the file has its own bytes afterwards, and otherwise it has taken over the caller's reference to the
 * store. fd: of the file, if it has its own bytes and an fd is known, otherwise -1. On failure returns false, *why
 * receives the reason, and nothing has changed but the other store's bytes.
 */
bool file_move(struct file *file, struct store *store, int fd, const char **why);

#endif
