/*
 * System calls of the program that use files by their fds, while they last: a splice() waits for its pipe. A file must
 * not move into a block meanwhile, since the call would go on with the file itself.
 *
 * The caller of ongoing_begin() looks afterwards whether the file has moved, and whoever moves a file says so before it
 * calls ongoing_has(): so at least one of them sees the other.
 */
#ifndef LIDO_RUN_ONGOING_H
#define LIDO_RUN_ONGOING_H

#include <stdbool.h>
#include <sys/types.h>

struct ongoing {
	int fd;
	unsigned epoch; // of the fd: how often it was closed during a call
};

/* A system call by this fd, which may be any, is about to begin. */
void ongoing_begin(struct ongoing *call, int fd);

/* It has ended. A call never ends if its thread is cancelled. */
void ongoing_end(const struct ongoing *call);

/* Are there calls by this fd? */
bool ongoing_has_fd(int fd);

/* The fd is about to be closed: forgets calls that have not ended. */
void ongoing_forget(int fd);

/* May there be calls by any open fd of the file? */
bool ongoing_has(dev_t device, ino_t inode);

#endif
