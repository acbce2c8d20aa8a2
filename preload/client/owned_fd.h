/*
 * An fd that this library owns for as long as one of its functions runs, since it is mapped and closed there. Another
 * thread of the program may close it meanwhile, and get the number for a file of its own: so the device and inode
 * are compared before each use. If they differ the fd is lost, and its number is not used any more, nor closed.
 */
#ifndef LIDO_RUN_OWNED_FD_H
#define LIDO_RUN_OWNED_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct owned_fd {
	int number; // -1: none
	dev_t device;
	ino_t inode;
	off_t size; // bytes of the file, when the fd was taken
};

/* Takes ownership of the fd. */
void owned_fd_take(struct owned_fd *fd, int number);

/* Creates a file in memory of this size. Returns false, and takes nothing, if there is no memory or no fd. */
bool owned_fd_create(struct owned_fd *fd, size_t size);

/* Can this process have one more fd? Tries it with a duplicate of this one. */
bool owned_fd_is_available(int number);

/* Is it still the same file? */
bool owned_fd_is_intact(const struct owned_fd *fd);

/*
 * Is access to the first size bytes safe forever? Only of a regular file in memory that has these bytes, and that
 * nobody can shrink.
 */
bool owned_fd_is_safe(const struct owned_fd *fd, size_t size);

/* Maps the file from its start, shared, readable and writable; without swap space reserved. MAP_FAILED: impossible. */
void *owned_fd_map(const struct owned_fd *fd, size_t size);

/* Closes the fd unless it is lost. */
void owned_fd_close(struct owned_fd *fd);

#endif
